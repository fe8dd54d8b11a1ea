"""Delta rules: a token writes what the memory got wrong about it.

Symbols: S the state [value, key]; gamma the forget gate; beta the write strength.
    u_t = beta_t (v_t - gamma_t S_{t-1} k_t),    S_t = gamma_t S_{t-1} + u_t k_t^T,    o_t = S_t q_t

Within a stretch the u of a token depends on those before it, (I + M) U = diag(beta)(V - old K S^T) with M_ts =
beta_t zeta_ts k_t.k_s below the diagonal: zeta_ts is the decay from s to t and `old` that from the stretch's begin.
So U = U_0 - W S^T with parts U_0 and W that do not depend on the state (the UT or WY form: Yang et al. 2024,
arXiv 2406.06484; with decay Yang et al. 2024, arXiv 2412.06464).
"""

from __future__ import annotations

import abc
from typing import ClassVar, Literal, NamedTuple, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from primordia.minds.layers import segments
from primordia.minds.layers.rule import Rule, Signals
from primordia.minds.layers.rules.doubling import unit_lower_inverse
from primordia.minds.layers.rules.products import by_columns, by_rows, product

GROUP = 8
"""Chunks that are prepared together: a device with many cores wants many, a cache of a few megabytes wants few."""

Memory = Float[Array, "batch head value key"]


class DeltaRule(Rule):
    """All delta rules; they differ in what `strength` makes of the input gate, and in whether they forget.

    Sums run in the type of the state.
    """

    writes: ClassVar[bool] = True

    @abc.abstractmethod
    def strength(self, signals: Signals) -> Float[Array, "batch head *time"]:
        """The share of its error that a token of length 1 writes: 1 corrects it at once."""

    def init_state(self, n_batch: int, n_heads: int, d_key: int, d_value: int) -> Memory:
        """Nothing stored."""
        return jnp.zeros((n_batch, n_heads, d_value, d_key), jnp.float32)

    def parallel(self, signals: Signals, state: Memory) -> tuple[Array, Memory]:
        """The whole stretch as one system of equations, solved by substitution: quadratic in time."""
        sight = segments.sight(signals.reset, signals.key.shape[0], signals.key.shape[2])
        parts = self._parts(signals, state, sight)
        equations = jnp.eye(signals.key.shape[2], dtype=state.dtype) + parts.overlap
        right = parts.bringing - parts.asking @ jnp.swapaxes(state, -1, -2)
        written = jax.scipy.linalg.solve_triangular(equations, right, lower=True, unit_diagonal=True)
        out = jnp.einsum("bhtk,bhvk->bhtv", parts.asked, state) + parts.scores @ written
        return out, parts.kept * state + jnp.einsum("bhsv,bhsk->bhvk", written, parts.stored)

    def chunkwise(self, signals: Signals, state: Memory, chunk: int) -> tuple[Array, Memory]:
        """A scan over groups of chunks; of a group, all but the state's way through it is done together."""
        cut = segments.chunks(signals, _group_size(signals.key.shape[2], chunk))

        def move(state: Memory, one: Signals) -> tuple[Memory, Array]:
            outputs, state = self._group(one, state, chunk)
            return state, outputs

        # The state is turned round, [key, value], so that every product is a plain one of rows with columns.
        turned = jnp.swapaxes(state, -1, -2)
        turned, outputs = jax.lax.scan(move, turned, cut)
        return segments.joined(outputs, signals.key.shape[2]), jnp.swapaxes(turned, -1, -2)

    def step(self, signals: Signals, state: Memory) -> tuple[Array, Memory]:
        """Forget, see what is wrong, write it, read."""
        value, key, query = (array.astype(state.dtype) for array in (signals.value, signals.key, signals.query))
        if signals.log_decay is not None:
            state = jnp.exp(signals.log_decay)[..., None, None] * state
        if signals.reset is not None:
            state = jnp.where(signals.reset[:, None, None, None], 0, state)
        written = self.strength(signals)[..., None] * (value - jnp.einsum("bhvk,bhk->bhv", state, key))
        state = state + written[..., :, None] * key[..., None, :]
        return jnp.einsum("bhvk,bhk->bhv", state, query), state

    def _group(self, signals: Signals, state: Array, chunk: int) -> tuple[Array, Array]:
        """The outputs of a few chunks, and the state after them, turned round as it came."""
        cut = segments.chunks(signals, chunk)
        parts = self._parts(cut, state, _sights(cut))
        kept = jnp.broadcast_to(parts.kept, (*cut.key.shape[:3], 1, 1))
        inverse = unit_lower_inverse(parts.overlap)

        def move(state: Array, one: tuple[Array, ...]) -> tuple[Array, tuple[Array, Array]]:
            inverse, bringing, asking, stored, kept = one
            written = product(inverse, bringing - product(asking, state))
            return kept * state + by_columns(stored, written), (written, state)

        each = (inverse, parts.bringing, parts.asking, parts.stored, kept)
        state, (written, before) = jax.lax.scan(move, state, each)
        outputs = product(parts.scores, written) + product(parts.asked, before)
        return segments.joined(outputs, signals.key.shape[2]), state

    def _parts(self, signals: Signals, state: Array, sight: segments.Sight) -> _Parts:
        """What the signals contribute, in the type of the state."""
        typed = Signals(*(None if array is None else array.astype(state.dtype) for array in signals))
        return _parts(typed, self.strength(typed), sight)


@final
class DeltaNet(DeltaRule):
    """One step of gradient descent on the newest pair, with the input gate as learning rate.

    Source: Schlag et al. 2021; Yang et al. 2024, arXiv 2406.06484.
    """

    def strength(self, signals: Signals) -> Float[Array, "batch head *time"]:
        """The input gate."""
        return _gate(signals)


@final
class GatedDelta(DeltaRule):
    """The same after forgetting.

    Source: Yang et al. 2024, arXiv 2412.06464. The forget gate is the plain sigmoid of arXiv 2506.05233.
    """

    decay: ClassVar[Literal["none", "head", "channel"]] = "head"

    def strength(self, signals: Signals) -> Float[Array, "batch head *time"]:
        """The input gate."""
        return _gate(signals)


@final
class Longhorn(DeltaRule):
    """The newest pair is fitted as far as staying close to the old memory allows: an implicit step.

    min_S |S - S_{t-1}|^2 + beta |v - S k|^2 has the solution S_{t-1} + eps (v - S_{t-1} k) k^T with eps = beta / (1 +
    beta k.k): a delta rule with another write strength.
    Source: Liu et al. 2024, arXiv 2407.14207. We differ: beta is one gate for each head, not for each channel of the
    value, and the products k k^T are kept whole where the paper's layer keeps their diagonal.
    """

    def strength(self, signals: Signals) -> Float[Array, "batch head *time"]:
        """The input gate beta as an implicit step: beta / (1 + beta k.k)."""
        gate = _gate(signals)
        return gate / (1 + gate * jnp.sum(signals.key**2, axis=-1))


class _Parts(NamedTuple):
    """What a stretch contributes, whatever the state: leading axes are those of its queries.

    Args:
        overlap: M of the module's equation.
        asking: its right hand side for W: diag(beta) old K.
        bringing: its right hand side for U_0: diag(beta) V.
        scores: how much a token reads of what another wrote.
        asked: queries as the state sees them.
        stored: keys as the state after the stretch sees them.
        kept: what is left of the state after the stretch.
    """

    overlap: Float[Array, "*batch time time"]
    asking: Float[Array, "*batch time key"]
    bringing: Float[Array, "*batch time value"]
    scores: Float[Array, "*batch time time"]
    asked: Float[Array, "*batch time key"]
    stored: Float[Array, "*batch time key"]
    kept: Float[Array, "*batch 1 1"]


def _parts(signals: Signals, strength: Float[Array, "*batch time"], sight: segments.Sight) -> _Parts:
    pairs, before = sight.pairs[..., None, :, :], sight.before[..., None, :]
    after, through = sight.after[..., None, :], sight.through[..., None]
    if signals.log_decay is None:
        between, old, left, kept = (seen.astype(strength.dtype) for seen in (pairs, before, after, through))
    else:
        total = segments.elapsed(signals.log_decay)
        between = jnp.exp(jnp.where(pairs, total.between(), -jnp.inf))
        old = jnp.exp(total.since_begin()) * before
        left = jnp.exp(total.until_end()) * after
        kept = old[..., -1] * through
    beta = strength[..., None]
    return _Parts(
        overlap=jnp.tril(by_rows(signals.key, signals.key) * between * beta, -1),
        asking=beta * old[..., None] * signals.key,
        bringing=beta * signals.value,
        scores=by_rows(signals.query, signals.key) * between,
        asked=old[..., None] * signals.query,
        stored=left[..., None] * signals.key,
        kept=kept[..., None, None],
    )


def _group_size(n_time: int, chunk: int) -> int:
    """Tokens of a group: as even as can be, so that little is filled. What is no chunk stays, to be refused."""
    if chunk < 1:
        return chunk
    n_chunks = max(1, -(-n_time // chunk))
    return chunk * -(-n_chunks // -(-n_chunks // GROUP))


def _sights(cut: Signals) -> segments.Sight:
    """Who sees whom in each chunk, with the axis of chunks first."""
    n_batch, n_time = cut.key.shape[1], cut.key.shape[3]
    if cut.reset is None:
        return segments.Sight(*(seen[None] for seen in segments.sight(None, 1, n_time)))

    def one(reset: Bool[Array, "batch time"]) -> segments.Sight:
        return segments.sight(reset, n_batch, n_time)

    return jax.vmap(one)(cut.reset)


def _gate(signals: Signals) -> Float[Array, "batch head *time"]:
    assert signals.write is not None
    return signals.write
