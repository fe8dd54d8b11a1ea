"""What grid worlds share: cells, moves, chance for every cell from one word, and tiles of a picture.

A cell is one number, row · n_columns + column; a cell that is off the grid (such as that of an agent who is away) is
negative, so that no comparison with a grid finds it.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, UInt32

from primordia.core.views import Colour
from primordia.games.environments.environment import choice

RIGHT, LEFT, UP, DOWN = range(4)
STEPS = ((0, 1), (0, -1), (-1, 0), (1, 0))
"""What right, left, up and down add to (row, column)."""
TILE = 8
"""Pixels of a side of a tile."""
AGENTS = ("#0072B2", "#D55E00", "#CC79A7", "#F0E442", "#56B4E9", "#E69F00", "#009E73", "#FFFFFF")
"""Colours of the agents: those of Okabe and Ito, which colour-blind people can tell apart; they repeat after eight."""


def mixed(words: UInt32[Array, "*shape"]) -> UInt32[Array, "*shape"]:
    """Words stirred so that neighbours have nothing in common: the last steps of MurmurHash3 (32 bits)."""
    words = (words ^ (words >> 16)) * jnp.uint32(0x85EBCA6B)
    words = (words ^ (words >> 13)) * jnp.uint32(0xC2B2AE35)
    return words ^ (words >> 16)


def spread(word: UInt32[Array, ""], n: int) -> UInt32[Array, " n"]:
    """A random word for each of `n` cells out of one: the word plus multiples of the golden ratio, stirred.

    A world needs a word for every cell that something may grow on; drawing them all from a key would cost more than
    the rest of the step.
    """
    return mixed(word + jnp.arange(1, n + 1, dtype=jnp.uint32) * jnp.uint32(0x9E3779B9))


def chosen(free: Bool[Array, " cell"], word: UInt32[Array, ""]) -> Bool[Array, " cell"]:
    """One of the free cells, each as likely as the others, as a mask; none where none is free."""
    places = jnp.cumsum(free.astype(jnp.int32))
    return free & (places == choice(word, places[-1]) + 1)


def moved(cells: Int[Array, " agent"], wanted: Int[Array, " agent"], word: UInt32[Array, ""]) -> Int[Array, " agent"]:
    """Where agents stand after they all tried to move at once; no two share a cell.

    Nobody enters a cell that somebody stands on as the step begins, be it that this agent leaves. Of several who want
    the same free cell one gets it: agents come first in the order i, i + 1, … with a random i. An agent that wants
    its own cell stays.
    """
    n = cells.shape[0]
    numbers = jnp.arange(n, dtype=jnp.int32)
    turn = (numbers - choice(word, n)) % n
    others = numbers[:, None] != numbers[None, :]
    taken = (others & (wanted[:, None] == cells[None, :])).any(1)
    beaten = (others & (wanted[:, None] == wanted[None, :]) & (turn[:, None] > turn[None, :])).any(1)
    return jnp.where(taken | beaten, cells, wanted)


def ranks(scores: UInt32[Array, " n"]) -> Int[Array, " n"]:
    """The place of each score when they are put in order, smallest first; equal scores keep their order."""
    n = scores.shape[0]
    earlier = jnp.arange(n)[None, :] < jnp.arange(n)[:, None]
    below = (scores[None, :] < scores[:, None]) | ((scores[None, :] == scores[:, None]) & earlier)
    return below.sum(1, dtype=jnp.int32)


def one_hot(index: Int[Array, "*shape"], n: int) -> Bool[Array, "*shape n"]:
    """Where each index points; nowhere for an index below 0 or from `n` on."""
    return index[..., None] == jnp.arange(n, dtype=index.dtype)


def colours(ground: tuple[Colour, ...], n_agents: int) -> tuple[Colour, ...]:
    """The palette of a world: its ground, black for marks, then its agents."""
    people = tuple(Colour(f"agent {i}", AGENTS[i % len(AGENTS)]) for i in range(n_agents))
    return (*ground, Colour("marks of agents", "#000000"), *people)


def tiled(ground: np.ndarray) -> np.ndarray:
    """Palette indices of cells, axes [row, column], as a picture with a tile for each cell."""
    return np.kron(ground.astype(np.uint8), np.ones((TILE, TILE), np.uint8))


def dot(picture: np.ndarray, row: int, column: int, colour: int, size: int) -> None:
    """Draw a square with its corners cut off in the middle of a tile, into the picture."""
    top, left = row * TILE + (TILE - size) // 2, column * TILE + (TILE - size) // 2
    kept = [picture[top + i, left + j] for i in (0, size - 1) for j in (0, size - 1)]
    picture[top : top + size, left : left + size] = colour
    for (i, j), old in zip(((0, 0), (0, size - 1), (size - 1, 0), (size - 1, size - 1)), kept, strict=True):
        picture[top + i, left + j] = old
