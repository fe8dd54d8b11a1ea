"""The kernel of linear attention with at most one forget gate and one input gate for each head.

Symbols: S the state [value, key]; gamma the forget gate; beta the input gate.
    S_t = gamma_t S_{t-1} + beta_t v_t k_t^T,    o_t = S_t q_t
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.minds.layers import segments
from primordia.minds.layers.rule import Rule, Signals

Memory = Float[Array, "batch head value key"]


class ScalarGated(Rule):
    """What the rules of this kernel share. A gate that a rule does not have is None in its signals and counts as 1.

    Operations of a token and head in the chunkwise face: 2 C (d_key + d_value) + 4 d_key d_value, for chunks of C.
    The backward pass computes the inside of each chunk again and stores the states at the borders of chunks only.
    """

    def init_state(self, n_batch: int, n_heads: int, d_key: int, d_value: int) -> Memory:
        """Nothing stored."""
        return jnp.zeros((n_batch, n_heads, d_value, d_key), jnp.float32)

    def parallel(self, signals: Signals, state: Memory) -> tuple[Array, Memory]:
        """The whole stretch as one chunk: a masked product of all queries with all keys."""
        return _chunk(signals, state)

    def chunkwise(self, signals: Signals, state: Memory, chunk: int) -> tuple[Array, Memory]:
        """A scan over chunks; each is a masked product, and the state carries the rest."""

        @jax.checkpoint
        def move(state: Memory, one: Signals) -> tuple[Memory, Array]:
            out, state = _chunk(one, state)
            return state, out

        state, outputs = jax.lax.scan(move, state, segments.chunks(signals, chunk))
        return segments.joined(outputs, signals.query.shape[2]), state

    def step(self, signals: Signals, state: Memory) -> tuple[Array, Memory]:
        """Forget, write, read."""
        gamma = _gate(signals)
        if gamma is not None:
            state = gamma[..., None, None] * state
        state += jnp.einsum("bhv,bhk->bhvk", _written(signals), signals.key)
        return jnp.einsum("bhvk,bhk->bhv", state, signals.query), state


def _gate(signals: Signals) -> Float[Array, "batch head"] | None:
    """What one token leaves of the state; None: all of it."""
    gamma = None if signals.log_decay is None else jnp.exp(signals.log_decay)
    if signals.reset is None:
        return gamma
    kept = jnp.broadcast_to(~signals.reset[:, None], signals.query.shape[:2])
    return kept.astype(signals.query.dtype) if gamma is None else jnp.where(kept, gamma, 0.0)


def _written(signals: Signals) -> Float[Array, "batch head *time value"]:
    return signals.value if signals.write is None else signals.write[..., None] * signals.value


def _chunk(signals: Signals, state: Memory) -> tuple[Array, Memory]:
    """Outputs of one chunk and the state after it."""
    n_batch, _, n_time, _ = signals.query.shape
    seen = segments.sight(signals.reset, n_batch, n_time)
    written = _written(signals)
    scores = jnp.einsum("bhtk,bhsk->bhts", signals.query, signals.key)
    old, left, through = (mask.astype(scores.dtype)[:, None] for mask in (seen.before, seen.after, seen.through))
    if signals.log_decay is None:
        scores = jnp.where(seen.pairs[:, None], scores, 0)
    else:
        time = segments.elapsed(signals.log_decay)
        scores *= jnp.exp(jnp.where(seen.pairs[:, None], time.between(), -jnp.inf))
        old = old * jnp.exp(time.since_begin())
        left = left * jnp.exp(time.until_end())
        through = through * jnp.exp(time.since_begin()[..., -1])
    out = jnp.einsum("bhts,bhsv->bhtv", scores, written)
    out += old[..., None] * jnp.einsum("bhtk,bhvk->bhtv", signals.query, state)
    new = jnp.einsum("bhsv,bhsk->bhvk", left[..., None] * written, signals.key)
    return out, through[..., None, None] * state + new
