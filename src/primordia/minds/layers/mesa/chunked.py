"""A stretch through the mesa layer in chunks, and its gradient by the implicit solution.

Source: arXiv 2506.05233, section 3 and appendix D. The gradient is that of the exact solution: it is right as far as
the solver has converged, whichever way it got there, and costs one more solve. We differ: the gradient reaches the
state that came before the stretch (so training may go through a carried prefix), and stops at documents' borders.

Kept for the backward pass: what came in, the solutions, and the sums at the chunks' borders. All else is made again.
"""

from __future__ import annotations

import functools
import math
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
    before: Memory
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
    """A scan over groups of chunks that are solved together; only the sums before each group are kept."""

    def move(state: Memory, group: Signals) -> tuple[Memory, tuple[Array, Rows, Memory]]:
        left = weights_of(group)
        borders, end = products.borders(state, group, left)
        chunk = _folded(chunk_of(group, left, borders, floor))
        rows = products.solved(chunk, chunk.query, solver).rows
        return end, (*_unfolded((products.read(chunk, rows), rows), group.query), state)

    end, (out, rows, before) = jax.lax.scan(move, state, _grouped(signals))
    return (_ungrouped(out), end), _Kept(signals, floor, before, rows)


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
    """Group by group from the last on."""
    signals, floor, before, solutions = kept

    def move(carried: tuple[Memory, Array], group: tuple[Any, ...]) -> tuple[tuple[Memory, Array], Signals]:
        start, floor_slope, found = _group_slopes(solver, floor, carried[0], *group)
        return (start, carried[1] + floor_slope), found

    groups = (_grouped(signals), before, solutions, _grouped(slopes[0]))
    (start, floor_slope), found = jax.lax.scan(move, (slopes[1], jnp.zeros_like(floor)), groups, reverse=True)
    return jax.tree.map(_ungrouped, found), floor_slope, start


def _group_slopes(
    solver: Solver, floor: Array, after: Memory, signals: Signals, before: Memory, rows: Rows, slope: Array
) -> tuple[Memory, Array, Signals]:
    """Appendix D, with e_t the slope of the output, q*_t the solution, e*_t = (H_t + Lambda)^-1 G_t^T e_t.

    Gradients with respect to the sums before a group of chunks, Lambda, and the signals, given those with respect to
    the outputs and to the sums after it.
    """
    left, pull = jax.vjp(lambda *gates: products.weights(*gates, signals.sign, signals.reset), *_gates(signals))
    borders, _ = products.borders(before, signals, left)
    folded = _folded((chunk_of(signals, left, borders, floor), rows, slope))
    own = _unfolded(_own_slopes(solver, *folded), signals.query)
    start, afters = _carried(own.memory, after, left.through)
    key, value, written = _through_writing(signals, left.after, afters)
    through = sum(jnp.sum(one * other, axis=(-2, -1)) for one, other in zip(afters, borders, strict=True))
    log_decay, write = pull(Weights(own.pairs, own.before, written, through))
    found = Signals(own.query, own.key + key, own.value + value, log_decay, write, None, None)
    return start, jnp.sum(own.floor, axis=(0, 1)), found


stretch.defvjp(_forward, _backward)


def _own_slopes(solver: Solver, chunk: Chunk, rows: Rows, slope: Array) -> _Slopes:
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


def _grouped(signals: Any) -> Any:
    """Arrays [chunk, …] as [group, chunk, …]; a group is what is solved together."""
    first = jax.tree.leaves(signals)[0]
    size = together(first.shape[0], math.prod(first.shape[1:3]), *first.shape[3:])
    return jax.tree.map(lambda array: array.reshape(-1, size, *array.shape[1:]), signals)


def _ungrouped(array: Array) -> Array:
    return array.reshape(-1, *array.shape[2:])


def _folded(arrays: Any) -> Any:
    """Arrays [chunk, batch, head, …] with one axis for the three on a CPU: XLA is up to three times as fast that way.

    Elsewhere they stay as they are: an axis over which devices share the work would be lost in the fold.
    """
    if jax.default_backend() != "cpu":
        return arrays
    return jax.tree.map(lambda array: array.reshape(-1, *array.shape[3:]), arrays)


def _unfolded(arrays: Any, like: Array) -> Any:
    """Folded arrays with their axes [chunk, batch, head, …] again."""
    if jax.default_backend() != "cpu":
        return arrays
    return jax.tree.map(lambda array: array.reshape(*like.shape[:3], *array.shape[1:]), arrays)


def together(n_chunks: int, n_heads: int, n_time: int, d_key: int) -> int:
    """How many chunks of all heads are solved together: all, where arithmetic is many times as wide as a problem.

    On a CPU it is the largest part of the chunks that fits its cache.

    Args:
        n_chunks: chunks of the stretch.
        n_heads: heads of all sequences.
        n_time: tokens of a chunk.
        d_key: channels of a key.
    """
    if jax.default_backend() != "cpu":
        return n_chunks
    # Six arrays like the queries (query, key, value; solution, residual, direction), pairs, and both sums.
    numbers = n_heads * (6 * n_time * d_key + n_time**2 + 2 * d_key**2)
    most = max(1, min(CACHE // numbers, n_chunks))
    return max(part for part in range(1, most + 1) if n_chunks % part == 0)
