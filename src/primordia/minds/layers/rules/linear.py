"""Linear attention with one forget gate and one input gate for each head: the plainest associative memory.

Symbols: S the state [value, key]; gamma the forget gate; beta the input gate.
    S_t = gamma_t S_{t-1} + beta_t v_t k_t^T,    o_t = S_t q_t
"""

from __future__ import annotations

from typing import ClassVar, Literal, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.minds.layers import segments
from primordia.minds.layers.rule import Rule, Signals

Memory = Float[Array, "batch head value key"]


@final
class GatedLinear(Rule):
    """Scalar gates: Mamba2 without its input gate (`write` all ones), the scalar form of GLA with it.

    Source: Dao and Gu 2024 (Mamba2); Yang et al. 2024 (GLA) with the scalar gate of arXiv 2506.05233, section 2.8.
    """

    decay: ClassVar[Literal["none", "head", "channel"]] = "head"
    writes: ClassVar[bool] = True

    def init_state(self, n_batch: int, n_heads: int, d_key: int, d_value: int) -> Memory:
        """Nothing stored."""
        return jnp.zeros((n_batch, n_heads, d_value, d_key), jnp.float32)

    def parallel(self, signals: Signals, state: Memory) -> tuple[Array, Memory]:
        """The whole stretch as one chunk: a masked product of all queries with all keys."""
        return _chunk(signals, state)

    def chunkwise(self, signals: Signals, state: Memory, chunk: int) -> tuple[Array, Memory]:
        """A scan over chunks; each is a masked product, and the state carries the rest."""

        def move(state: Memory, one: Signals) -> tuple[Memory, Array]:
            out, state = _chunk(one, state)
            return state, out

        state, outputs = jax.lax.scan(move, state, segments.chunks(signals, chunk))
        return segments.joined(outputs, signals.query.shape[2]), state

    def step(self, signals: Signals, state: Memory) -> tuple[Array, Memory]:
        """Forget, write, read."""
        assert signals.log_decay is not None
        assert signals.write is not None
        gamma = jnp.exp(signals.log_decay)
        if signals.reset is not None:
            gamma = jnp.where(signals.reset[:, None], 0.0, gamma)
        written = jnp.einsum("bh,bhv,bhk->bhvk", signals.write, signals.value, signals.key)
        state = gamma[..., None, None] * state + written
        return jnp.einsum("bhvk,bhk->bhv", state, signals.query), state


def _chunk(signals: Signals, state: Memory) -> tuple[Array, Memory]:
    """Outputs of one chunk and the state after it."""
    assert signals.log_decay is not None
    assert signals.write is not None
    n_batch, _, n_time, _ = signals.query.shape
    sight = segments.sight(signals.reset, n_batch, n_time)
    total = jnp.cumsum(signals.log_decay, axis=-1)
    apart = total[..., :, None] - total[..., None, :]
    weights = jnp.exp(jnp.where(sight.pairs[:, None], apart, -jnp.inf)) * signals.write[..., None, :]
    scores = jnp.einsum("bhtk,bhsk->bhts", signals.query, signals.key) * weights
    old = jnp.exp(total) * sight.before[:, None]
    out = jnp.einsum("bhts,bhsv->bhtv", scores, signals.value)
    out += old[..., None] * jnp.einsum("bhtk,bhvk->bhtv", signals.query, state)
    left = jnp.exp(total[..., -1:] - total) * signals.write * sight.after[:, None]
    state = (jnp.exp(total[..., -1]) * sight.through[:, None])[..., None, None] * state
    state += jnp.einsum("bhs,bhsv,bhsk->bhvk", left, signals.value, signals.key)
    return out, state
