"""A stretch of tokens in chunks, and the products with every token's own matrix that never form it.

Symbols of arXiv 2506.05233, sections 2 and 3, and their names here: gamma the forget gate (`log_decay`, `sign`), beta
the input gate (`write`), G = sum zeta beta v k^T (`Memory.values`), H = sum zeta beta k k^T (`Memory.keys`), Lambda the
regulariser (`floor`), zeta_ts = gamma_{s+1} … gamma_t what is left at t of what was written at s.

Arrays have the axes [chunk, batch, head, …]; a function that needs only the last ones takes any others before them.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from primordia.minds.layers import norms, segments
from primordia.minds.layers.mesa.solver import Rows, Solved, Solver, conjugate_gradient, first_guess
from primordia.minds.layers.rule import Signals

FULL = jax.lax.Precision.HIGHEST
"""Matrix units of accelerators round the factors of a product to 11 bits; no solver converges on that."""


class Memory(NamedTuple):
    """What a head remembers: the sums G and H."""

    values: Float[Array, "*rest value key"]
    keys: Float[Array, "*rest key key2"]


class Weights(NamedTuple):
    """What the gates leave of each token within its chunk.

    Args:
        pairs: zeta_ts beta_s, of token s for token t; 0 where t does not see s.
        before: of what came before the chunk, for each token.
        after: zeta beta of each token at the end of the chunk.
        through: of what came before the chunk, at its end.
    """

    pairs: Float[Array, "*rest time time2"]
    before: Float[Array, "*rest time"]
    after: Float[Array, "*rest time"]
    through: Float[Array, "*rest"]


def weights(
    log_decay: Float[Array, "chunk batch head time"],
    write: Float[Array, "chunk batch head time"],
    sign: Float[Array, "chunk batch head time"] | None,
    reset: Bool[Array, "chunk batch time"] | None,
) -> Weights:
    """The weights of all chunks."""
    n_chunks, n_batch, _, n_time = log_decay.shape
    flat = None if reset is None else reset.reshape(-1, n_time)
    sight = segments.sight(flat, n_chunks * n_batch, n_time)
    sees, sees_before, after_sees, passes = (part.reshape(n_chunks, n_batch, 1, *part.shape[1:]) for part in sight)
    elapsed = segments.elapsed(log_decay)
    pairs = jnp.exp(jnp.where(sees, elapsed.between(), -jnp.inf))
    before, after = jnp.exp(elapsed.since_begin()), jnp.exp(elapsed.until_end())
    if sign is not None:
        signs = jnp.cumprod(sign, axis=-1)
        pairs *= signs[..., :, None] * signs[..., None, :]
        before, after = before * signs, after * signs[..., -1:] * signs
    return Weights(
        pairs * write[..., None, :], before * sees_before, after * after_sees * write, before[..., -1] * passes
    )


def borders(state: Memory, chunked: Signals, left: Weights) -> tuple[Memory, Memory]:
    """The sums before every chunk [chunk, batch, head, …], and those after the last."""
    written = left.after[..., None] * chunked.key
    added = Memory(outer(chunked.value, written), outer(chunked.key, written))

    def move(state: Memory, chunk: tuple[Memory, Array]) -> tuple[Memory, Memory]:
        added, through = chunk
        return jax.tree.map(lambda old, new: through[..., None, None] * old + new, state, added), state

    end, before = jax.lax.scan(move, state, (added, left.through))
    return before, end


class Chunk(NamedTuple):
    """Chunks of tokens, with what their own matrices are made of.

    Args:
        query: right sides, a row for each token.
        key: keys.
        value: values.
        pairs: see `Weights`.
        before: see `Weights`.
        memory: the sums before the chunk.
        floor: Lambda.
    """

    query: Float[Array, "*rest time key"]
    key: Float[Array, "*rest time key"]
    value: Float[Array, "*rest time value"]
    pairs: Float[Array, "*rest time time2"]
    before: Float[Array, "*rest time"]
    memory: Memory
    floor: Float[Array, "*rest key"]


def solved(chunk: Chunk, right: Rows, solver: Solver) -> Solved:
    """(H_t + Lambda)^-1 of a row for each token, all rows of a chunk together (arXiv 2506.05233, section 3).

    Cost: for each step and token 2 d^2 + 4 C d operations, as much as gated linear attention.
    """
    turned = jnp.swapaxes(chunk.key, -1, -2)
    guess = first_guess(right, diagonal(chunk), solver)
    return conjugate_gradient(functools.partial(_multiplied, chunk, turned), right, guess, solver)


def multiplied(chunk: Chunk, rows: Rows) -> Rows:
    """H_t + Lambda of every token times its row."""
    return _multiplied(chunk, jnp.swapaxes(chunk.key, -1, -2), rows)


def _multiplied(chunk: Chunk, turned: Float[Array, "*rest key time"], rows: Rows) -> Rows:
    within = times(times(rows, turned) * chunk.pairs, chunk.key)
    return times(chunk.before[..., None] * rows, chunk.memory.keys) + within + chunk.floor[..., None, :] * rows


def diagonal(chunk: Chunk) -> Rows:
    """The diagonals of all H_t + Lambda."""
    old = chunk.before[..., None] * jnp.diagonal(chunk.memory.keys, axis1=-2, axis2=-1)[..., None, :]
    return old + times(chunk.pairs, chunk.key**2) + chunk.floor[..., None, :]


def matrices(chunk: Chunk) -> Float[Array, "*rest time key key2"]:
    """H_t + Lambda of every token, formed."""
    pairs, key = chunk.pairs[..., None], chunk.key[..., None, :, :]
    own = times(jnp.swapaxes(pairs * key, -1, -2), key)
    old = chunk.before[..., None, None] * chunk.memory.keys[..., None, :, :]
    return old + own + (jnp.eye(chunk.floor.shape[-1]) * chunk.floor[..., None, :])[..., None, :, :]


def read(chunk: Chunk, rows: Rows) -> Float[Array, "*rest time value"]:
    """G_t of every token times its row."""
    within = times(times(rows, jnp.swapaxes(chunk.key, -1, -2)) * chunk.pairs, chunk.value)
    return times(chunk.before[..., None] * rows, jnp.swapaxes(chunk.memory.values, -1, -2)) + within


def read_back(chunk: Chunk, rows: Float[Array, "*rest time value"]) -> Rows:
    """G_t^T of every token times its row."""
    within = times(times(rows, jnp.swapaxes(chunk.value, -1, -2)) * chunk.pairs, chunk.key)
    return times(chunk.before[..., None] * rows, chunk.memory.values) + within


def times(one: Float[Array, "*rest a b"], other: Float[Array, "*rest b c"]) -> Float[Array, "*rest a c"]:
    """The matrix product with all bits."""
    return jnp.matmul(one, other, precision=FULL)


def wide(signals: Signals) -> Signals:
    """The signals with queries, keys and values in at least 32 bits."""
    found = {name: norms.wide(getattr(signals, name)) for name in ("query", "key", "value")}
    return signals._replace(**found)


def outer(left: Float[Array, "*rest time one"], right: Float[Array, "*rest time other"]) -> Float[Array, "*rest a b"]:
    """sum_t left_t right_t^T."""
    return times(jnp.swapaxes(left, -1, -2), right)
