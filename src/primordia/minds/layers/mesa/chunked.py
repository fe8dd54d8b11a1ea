"""A stretch through the mesa layer in chunks, and its gradient by the implicit solution.

Source: arXiv 2506.05233, section 3 and appendix D. The gradient is that of the exact solution: it is right as far as
the solver has converged, whichever way it got there, and costs one more solve. We differ: the gradient reaches the
state that came before the stretch (so training may go through a carried prefix), and stops at documents' borders.

Kept for the backward pass: what came in, the solutions, and the sums at the chunks' borders. All else is made again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.minds.layers.mesa import products
from primordia.minds.layers.mesa.products import Chunk, Memory, Weights
from primordia.minds.layers.mesa.solver import Rows, Solver
from primordia.minds.layers.rule import Signals

Outputs: TypeAlias = tuple[Float[Array, "chunk batch head time value"], Memory]

CACHE = 2**18
"""Numbers that one core's second-level cache holds (a MiB): what the solver of a group of chunks works on stays in."""


class _Kept(NamedTuple):
    """What the backward pass needs."""

    signals: Signals
    floor: Float[Array, "head key"]
    borders: Memory
    solutions: Rows


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def stretch(solver: Solver, signals: Signals, floor: Float[Array, "head key"], state: Memory) -> Outputs:
    """Outputs of every token of a stretch in chunks, and the sums after it.

    Args:
        solver: how the systems are solved.
        signals: the stretch in chunks (`segments.chunks`).
        floor: Lambda.
        state: the sums before it.
    """
    return _forward(solver, signals, floor, state)[0]


def _forward(solver: Solver, signals: Signals, floor: Array, state: Memory) -> tuple[Outputs, _Kept]:
    left = weights_of(signals)
    borders, end = products.borders(state, signals, left)

    def solve(chunk: Chunk) -> tuple[Array, Rows]:
        rows = products.solved(chunk, chunk.query, solver).rows
        return products.read(chunk, rows), rows

    out, rows = _in_groups(solve, chunk_of(signals, left, borders, floor))
    return (out, end), _Kept(signals, floor, borders, rows)


class _Slopes(NamedTuple):
    """Gradients with respect to what a chunk is made of; of `memory`, those through the chunk's own tokens."""

    query: Array
    key: Array
    value: Array
    pairs: Array
    before: Array
    memory: Memory
    floor: Array


def _backward(solver: Solver, kept: _Kept, slopes: Outputs) -> tuple[Signals, Array, Memory]:
    """Appendix D, with e_t the slope of the output, q*_t the solution, e*_t = (H_t + Lambda)^-1 G_t^T e_t."""
    signals, floor, borders, solutions = kept
    left, pull = jax.vjp(
        lambda *gates: weights_of(signals._replace(log_decay=gates[0], write=gates[1])), *_gates(signals)
    )
    chunk = chunk_of(signals, left, borders, floor)
    own = _in_groups(functools.partial(_chunk_slopes, solver), (chunk, solutions, slopes[0]))
    start, after = _carried(own.memory, slopes[1], left.through)
    key, value, written = _through_writing(signals, left.after, after)
    through = sum(jnp.sum(one * other, axis=(-2, -1)) for one, other in zip(after, borders, strict=True))
    log_decay, write = pull(Weights(own.pairs, own.before, written, through))
    found = Signals(own.query, own.key + key, own.value + value, log_decay, write, None, None)
    return found, jnp.sum(own.floor, axis=(0, 1)), start


stretch.defvjp(_forward, _backward)


def _chunk_slopes(solver: Solver, one: tuple[Chunk, Rows, Array]) -> _Slopes:
    chunk, rows, slope = one
    back = products.solved(chunk, products.read_back(chunk, slope), solver).rows
    turned = jnp.swapaxes(chunk.key, -1, -2)
    by_row, by_back = products.times(rows, turned), products.times(back, turned)
    by_value = products.times(slope, jnp.swapaxes(chunk.value, -1, -2))
    fresh = chunk.pairs * (by_value - by_back)
    key = products.outer(fresh, rows) - products.outer(chunk.pairs * by_row, back)
    scaled = chunk.before[..., None]
    memory = Memory(products.outer(scaled * slope, rows), -products.outer(scaled * back, rows))
    before = jnp.sum(slope * products.times(rows, jnp.swapaxes(chunk.memory.values, -1, -2)), axis=-1)
    before -= jnp.sum(back * products.times(rows, chunk.memory.keys), axis=-1)
    return _Slopes(
        query=back,
        key=key,
        value=products.outer(chunk.pairs * by_row, slope),
        pairs=by_row * (by_value - by_back),
        before=before,
        memory=memory,
        floor=-jnp.sum(rows * back, axis=-2),
    )


def _carried(own: Memory, end: Memory, through: Float[Array, "chunk batch head"]) -> tuple[Memory, Memory]:
    """Gradients with respect to the sums before the stretch, and after every chunk."""

    def move(after: Memory, chunk: tuple[Memory, Array]) -> tuple[Memory, Memory]:
        own, through = chunk
        return jax.tree.map(lambda new, old: new + through[..., None, None] * old, own, after), after

    return jax.lax.scan(move, end, (own, through), reverse=True)


def _through_writing(signals: Signals, left: Array, after: Memory) -> tuple[Array, Array, Array]:
    """Gradients with respect to keys, values and what is left of them, through the sums after their chunk."""
    by_value = products.times(signals.value, after.values)
    by_key = products.times(signals.key, after.keys)
    both = by_key + products.times(signals.key, jnp.swapaxes(after.keys, -1, -2))
    value = products.times(signals.key, jnp.swapaxes(after.values, -1, -2))
    written = jnp.sum((by_value + by_key) * signals.key, axis=-1)
    return left[..., None] * (by_value + both), left[..., None] * value, written


def chunk_of(signals: Signals, left: Weights, borders: Memory, floor: Array) -> Chunk:
    """The chunks of a stretch, each with all it needs."""
    spread = jnp.broadcast_to(floor, (*signals.query.shape[:3], floor.shape[-1]))
    return Chunk(signals.query, signals.key, signals.value, left.pairs, left.before, borders, spread)


def _gates(signals: Signals) -> tuple[Array, Array]:
    assert signals.log_decay is not None
    assert signals.write is not None
    return signals.log_decay, signals.write


def weights_of(signals: Signals) -> Weights:
    """What the gates leave of each token of a stretch in chunks."""
    return products.weights(*_gates(signals), signals.sign, signals.reset)


def _in_groups(function: Callable[[Any], Any], chunks: Any) -> Any:
    """A function of chunks [chunk, batch, head, …], group by group where caches are small, else all at once.

    Every chunk's numbers are the same either way.
    """

    def grouped(chunks: Any) -> Any:
        arrays = jax.tree.leaves(chunks)
        outer = arrays[0].shape[:3]
        n_chunks = outer[0] * outer[1] * outer[2]
        size = _group(n_chunks, sum(array.size for array in arrays) // n_chunks)
        split = jax.tree.map(lambda array: array.reshape(-1, size, *array.shape[3:]), chunks)
        found = jax.lax.map(function, split)
        return jax.tree.map(lambda array: array.reshape(*outer, *array.shape[2:]), found)

    return jax.lax.platform_dependent(chunks, cpu=grouped, default=function)


def _group(n_chunks: int, size: int) -> int:
    """The largest part of `n_chunks` whose chunks of `size` numbers, twice over for the solver's own, fit the cache."""
    most = max(1, CACHE // (2 * size))
    return max(part for part in range(1, min(most, n_chunks) + 1) if n_chunks % part == 0)
