"""A stream through many blocks: one after the other, or the repetitions of a pattern as one compiled loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

Move = Callable[[Any, Array, Any], tuple[Array, Any]]
"""(block, stream, what its layer remembers) -> the stream after it, and what the layer remembers now."""


def through_all(
    move: Move, blocks: Sequence[Any], x: Array, states: Sequence[Any], period: int
) -> tuple[Array, tuple[Any, ...]]:
    """The stream after all blocks, and their states.

    Args:
        move: what one block does.
        blocks: block i and block i + `period` have the same structure.
        x: the stream.
        states: of each block.
        period: blocks that are compiled one by one; what repeats them is a loop over their stacked weights. The
            number of blocks, or more: no loop.
    """
    n_rounds = len(blocks) // period
    if n_rounds < 2:
        return _one_by_one(move, blocks, x, states)
    looped = n_rounds * period
    rounds = [
        (tuple(blocks[begin : begin + period]), tuple(states[begin : begin + period]))
        for begin in range(0, looped, period)
    ]

    def turn(x: Array, one: Any) -> tuple[Array, Any]:
        return _one_by_one(move, one[0], x, one[1])

    x, stacked = jax.lax.scan(turn, x, jax.tree.map(lambda *parts: jnp.stack(parts), *rounds))
    after = [state for place in range(n_rounds) for state in jax.tree.map(lambda part, i=place: part[i], stacked)]
    x, rest = _one_by_one(move, blocks[looped:], x, states[looped:])
    return x, (*after, *rest)


def _one_by_one(move: Move, blocks: Sequence[Any], x: Array, states: Sequence[Any]) -> tuple[Array, tuple[Any, ...]]:
    after = []
    for block, state in zip(blocks, states, strict=True):
        x, state = move(block, x, state)
        after.append(state)
    return x, tuple(after)
