"""Linear attention that forgets each channel of the key by a gate of its own.

Symbols: S the state [value, key]; alpha the forget gates, one for each channel of the key; zeta_ts their product from
after token s up to token t.
    S_t = S_{t-1} diag(alpha_t) + v_t k_t^T,    o_t = S_t q_t = sum_s (q_t . zeta_ts k_s) v_s

Splitting the weight of a pair into q_t exp(c_t) and k_s exp(-c_s), with c the running sum of log gates, overflows as
soon as a channel forgets much. But for any place m between s and t both q_t zeta_tm and zeta_ms k_s are bounded.
`_scores` takes the middle of ever larger blocks for m, so that each pair is computed once, as a product of matrices,
and no exponent is ever positive. The source's own answer is chunks within chunks (Yang et al. 2024, arXiv 2312.06635).
"""

from __future__ import annotations

from typing import ClassVar, Literal, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.minds.layers import segments
from primordia.minds.layers.rule import Rule, Signals
from primordia.minds.layers.rules.doubling import doubled, padded_size
from primordia.minds.layers.rules.products import by_columns, by_rows, product

Memory = Float[Array, "batch head value key"]


@final
class ChannelGatedLinear(Rule):
    """GLA with all its gates.

    Source: Yang et al. 2024, arXiv 2312.06635. We differ: gates are a full linear map of the token through a sigmoid
    that starts near 1, where the source has a map of low rank and a high root of the sigmoid.
    Sums run in the type of the state.
    """

    decay: ClassVar[Literal["none", "head", "channel"]] = "channel"

    def init_state(self, n_batch: int, n_heads: int, d_key: int, d_value: int) -> Memory:
        """Nothing stored."""
        return jnp.zeros((n_batch, n_heads, d_value, d_key), jnp.float32)

    def parallel(self, signals: Signals, state: Memory) -> tuple[Array, Memory]:
        """Every pair of tokens by itself, channel by channel: memory for time^2 times channels."""
        query, key, value, log_decay = _typed(signals, state)
        sight = segments.sight(signals.reset, key.shape[0], key.shape[2])
        total = _sums(log_decay)
        later = segments.Elapsed(*(part[:, :, :, None] for part in total))
        earlier = segments.Elapsed(*(part[:, :, None] for part in total))
        apart = _apart(later, earlier)
        weights = jnp.exp(jnp.where(sight.pairs[:, None, :, :, None], apart, -jnp.inf))
        out = jnp.einsum("bhtk,bhtsk,bhsk,bhsv->bhtv", query, weights, key, value)
        old = jnp.exp(total.coarse + total.fine) * sight.before[:, None, :, None]
        out += jnp.einsum("bhtk,bhtk,bhvk->bhtv", query, old, state)
        stored = key * weights[:, :, -1]
        return out, state * old[:, :, -1:] + jnp.einsum("bhsv,bhsk->bhvk", value, stored)

    def chunkwise(self, signals: Signals, state: Memory, chunk: int) -> tuple[Array, Memory]:
        """A scan over chunks; within one, blocks of doubling size."""
        cut = segments.chunks(signals, chunk)

        def move(state: Array, one: Signals) -> tuple[Array, Array]:
            outputs, state = _chunk(one, state)
            return state, outputs

        # The state is turned round, [key, value], so that every product is a plain one of rows with columns.
        turned, outputs = jax.lax.scan(move, jnp.swapaxes(state, -1, -2), cut)
        return segments.joined(outputs, signals.key.shape[2]), jnp.swapaxes(turned, -1, -2)

    def step(self, signals: Signals, state: Memory) -> tuple[Array, Memory]:
        """Forget, write, read."""
        query, key, value, log_decay = _typed(signals, state)
        kept = jnp.exp(log_decay)[..., None, :] * state
        if signals.reset is not None:
            kept = jnp.where(signals.reset[:, None, None, None], 0, kept)
        state = kept + value[..., :, None] * key[..., None, :]
        return jnp.einsum("bhvk,bhk->bhv", state, query), state


def _chunk(signals: Signals, state: Float[Array, "batch head key value"]) -> tuple[Array, Array]:
    """The outputs of a chunk, and the state after it."""
    query, key, value, log_decay = _typed(signals, state)
    sight = segments.sight(signals.reset, key.shape[0], key.shape[2])
    total = _sums(log_decay)
    old = jnp.exp(total.coarse + total.fine) * sight.before[:, None, :, None]
    end = segments.Elapsed(*(part[:, :, -1:] for part in total))
    left = jnp.exp(_apart(end, total)) * sight.after[:, None, :, None]
    scores = jnp.where(sight.pairs[:, None], _scores(query, key, total), 0)
    outputs = product(scores, value) + product(query * old, state)
    kept = (old[:, :, -1] * sight.through[:, None, None])[..., None]
    return outputs, kept * state + by_columns(key * left, value)


def _scores(
    query: Float[Array, "batch head time key"], key: Float[Array, "batch head time key"], total: segments.Elapsed
) -> Float[Array, "batch head time time"]:
    """q_t . zeta_ts k_s for s <= t, and 0 above."""
    n_time = query.shape[2]
    size = padded_size(n_time)
    room = ((0, 0), (0, 0), (0, size - n_time), (0, 0))
    signals = [jnp.pad(part, room, mode="edge") for part in (query, key, *total)]
    blocks = jnp.sum(signals[0] * signals[1], axis=-1)[..., None, None]
    while blocks.shape[-1] < size:
        # [batch, head, block, time in it, key]: even blocks come before the odd ones that read them.
        q, k, *sums = (part.reshape(*part.shape[:2], -1, blocks.shape[-1], part.shape[-1]) for part in signals)
        before, after = (segments.Elapsed(*(part[:, :, odd::2] for part in sums)) for odd in (0, 1))
        middle = segments.Elapsed(*(part[..., -1:, :] for part in before))
        asked = q[:, :, 1::2] * jnp.exp(_apart(after, middle))
        stored = k[:, :, 0::2] * jnp.exp(_apart(middle, before))
        blocks = doubled(blocks[:, :, 0::2], by_rows(asked, stored), blocks[:, :, 1::2])
    return blocks[:, :, 0, :n_time, :n_time]


def _sums(log_decay: Float[Array, "batch head time key"]) -> segments.Elapsed:
    """The sums of log gates over time, which here is the axis before the last."""
    return segments.Elapsed(*(jnp.swapaxes(part, -1, -2) for part in segments.elapsed(jnp.swapaxes(log_decay, -1, -2))))


def _apart(later: segments.Elapsed, earlier: segments.Elapsed) -> Array:
    """The log gates between two places, exact where they are small."""
    return (later.coarse - earlier.coarse) + (later.fine - earlier.fine)


def _typed(signals: Signals, state: Array) -> tuple[Array, Array, Array, Array]:
    assert signals.log_decay is not None
    query, key, value, log_decay = (
        array.astype(state.dtype) for array in (signals.query, signals.key, signals.value, signals.log_decay)
    )
    return query, key, value, log_decay
