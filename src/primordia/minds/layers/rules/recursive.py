"""The mesa layer of 2023: the inverse is carried along token by token, by recursive least squares.

Source: arXiv 2309.05858, section on the mesa layer and its appendix; Sherman and Morrison 1950. Symbols: R the inverse
of sum zeta k k^T + I / lambda; S = sum zeta v k^T; gamma the forget gate.
    R_t = (R_{t-1} - R_{t-1} k k^T R_{t-1} / (gamma_t + k^T R_{t-1} k)) / gamma_t,    o_t = S_t R_t q_t
With forgetting the regulariser fades with everything else: R grows as 1 / (gamma_1 … gamma_t) wherever no key points,
and 32 bits end after 132 tokens at gamma = 0.5. The layer of 2025 (`layers.mesa`) never forgets it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, final

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.core.errors import ConfigError
from primordia.minds.layers import segments
from primordia.minds.layers.mesa import products
from primordia.minds.layers.rule import Rule, Signals, by_time


class Recursion(NamedTuple):
    """What a head remembers: the sum S and the inverse R."""

    values: Float[Array, "batch head value key"]
    inverse: Float[Array, "batch head key key2"]


@final
class RecursiveMesa(Rule):
    """Least squares over all pairs so far, sequential by its nature.

    We differ: where the paper runs the recursion backwards in the backward pass to recover R_{t-1}, which loses its
    digits in 32 bits as k^T R_t k nears 1 and cannot pass a document's border, here states are kept at the chunks'
    borders and made again within a chunk. No input gate, as in the paper.
    """

    parameter: Float[Array, " head"]
    forgets: bool = eqx.field(static=True)

    def __init__(self, n_heads: int, strength: float = 1.0, forgets: bool = False) -> None:
        """The rule at its beginning.

        Args:
            n_heads: heads.
            strength: where lambda, the inverse of the regulariser, begins; one for each head, kept above 0.
            forgets: whether heads have forget gates.

        Raises:
            ConfigError: `strength` is not above 0.
        """
        if not strength > 0:
            raise ConfigError(f"The regulariser's inverse begins at {strength}; it must be above 0, such as 1.")
        self.parameter = jnp.full(n_heads, jnp.log(strength), jnp.float32)
        self.forgets = forgets

    @property
    def decay(self) -> Literal["none", "head"]:  # type: ignore[override]
        """Whether heads forget is a setting of this rule."""
        return "head" if self.forgets else "none"

    @property
    def strength(self) -> Float[Array, " head"]:
        """Lambda of the paper, the inverse of the regulariser."""
        return jnp.exp(self.parameter)

    def init_state(self, n_batch: int, n_heads: int, d_key: int, d_value: int) -> Recursion:
        """Nothing stored: R = lambda I."""
        values = jnp.zeros((n_batch, n_heads, d_value, d_key), jnp.float32)
        return Recursion(values, jnp.broadcast_to(self._first(d_key), (n_batch, n_heads, d_key, d_key)))

    def parallel(self, signals: Signals, state: Recursion) -> tuple[Array, Recursion]:
        """Every token's matrix and a direct solve."""
        signals, n_time = self._whole(signals), signals.query.shape[2]
        one = segments.chunks(signals, n_time)
        assert one.log_decay is not None
        left = products.weights(one.log_decay, jnp.ones_like(one.log_decay), None, one.reset)
        memory = products.Memory(state.values[None], jnp.linalg.inv(_symmetric(state.inverse))[None])
        floor = jnp.zeros((*one.query.shape[:3], one.query.shape[-1]))
        chunk = products.Chunk(one.query, one.key, one.value, left.pairs, left.before, memory, floor)
        matrices = products.matrices(chunk)
        if one.reset is not None:
            begun = jnp.where(one.reset[:, :, None], jnp.exp(one.log_decay), 0)
            fresh = jnp.sum(left.pairs * begun[..., None, :], axis=-1) / self.strength[:, None]
            matrices += fresh[..., None, None] * jnp.eye(floor.shape[-1])
        rows = jnp.linalg.solve(matrices, one.query[..., None])[..., 0]
        end = products.borders(jax.tree.map(lambda sums: sums[0], memory), one, left)[1]
        return products.read(chunk, rows)[0], Recursion(end.values, _symmetric(jnp.linalg.inv(matrices[0, :, :, -1])))

    def chunkwise(self, signals: Signals, state: Recursion, chunk: int) -> tuple[Array, Recursion]:
        """A scan over chunks of scans over tokens; of a chunk only the state before it is kept for the gradient."""

        def token(state: Recursion, one: Signals) -> tuple[Recursion, Array]:
            out, state = self.step(one, state)
            return state, out

        @jax.checkpoint
        def move(state: Recursion, one: Signals) -> tuple[Recursion, Array]:
            state, outputs = jax.lax.scan(token, state, by_time(one))
            return state, jnp.moveaxis(outputs, 0, 2)

        state = Recursion(state.values, _symmetric(state.inverse))
        state, outputs = jax.lax.scan(move, state, segments.chunks(self._whole(signals), chunk))
        return segments.joined(outputs, signals.query.shape[2]), state

    def step(self, signals: Signals, state: Recursion) -> tuple[Array, Recursion]:
        """One update of rank one of the inverse: 10 d^2 operations."""
        signals = self._whole(signals)
        assert signals.log_decay is not None
        if signals.reset is not None:
            begins = signals.reset[:, None, None, None]
            first = self._first(signals.key.shape[-1])
            state = Recursion(jnp.where(begins, 0, state.values), jnp.where(begins, first, state.inverse))
        gamma = jnp.exp(signals.log_decay)[..., None, None]
        key = signals.key[..., None]
        moved = products.times(state.inverse, key)
        met = gamma + jnp.sum(key * moved, axis=-2, keepdims=True)
        # The product before the division: what rounding breaks of the symmetry would grow as 1 / gamma for ever.
        inverse = (state.inverse - moved * jnp.swapaxes(moved, -1, -2) / met) / gamma
        values = gamma * state.values + signals.value[..., None] * signals.key[..., None, :]
        solution = products.times(inverse, signals.query[..., None])
        return products.times(values, solution)[..., 0], Recursion(values, inverse)

    def _whole(self, signals: Signals) -> Signals:
        """The signals in at least 32 bits, with a forget gate, of 1 if there is none."""
        signals = products.wide(signals)
        return signals if self.forgets else signals._replace(log_decay=jnp.zeros_like(signals.key[..., 0]))

    def _first(self, d_key: int) -> Float[Array, "head key key2"]:
        """R before the first token."""
        return self.strength[:, None, None] * jnp.eye(d_key)


def _symmetric(matrices: Float[Array, "*rest key key2"]) -> Float[Array, "*rest key key2"]:
    """The symmetric part: an inverse that is symmetric keeps its bits, and its gradient is symmetric too."""
    return (matrices + jnp.swapaxes(matrices, -1, -2)) / 2
