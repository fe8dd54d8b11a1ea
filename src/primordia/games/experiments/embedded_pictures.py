"""Pictures of many matches side by side: who did what to whom, and when twins began to cooperate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from primordia.core.views import Colour

Pixels = npt.NDArray[np.uint8]

OUTCOMES = (
    Colour("both cooperate", "#0072B2"),
    Colour("the agent cooperates, the other defects", "#CC79A7"),
    Colour("the agent defects, the other cooperates", "#E69F00"),
    Colour("both defect", "#D55E00"),
    Colour("not yet played", "#F2F2F2"),
    Colour("between", "#FFFFFF"),
)
NOT_YET, BETWEEN = 4, 5
SWITCHES = (
    Colour("cooperates from round 0", "#08306B"),
    Colour("from round 1", "#2171B5"),
    Colour("from round 2", "#4292C6"),
    Colour("from round 3", "#6BAED6"),
    Colour("from round 4", "#9ECAE1"),
    Colour("later", "#DEEBF7"),
    Colour("never in the run", "#D55E00"),
    Colour("between", "#FFFFFF"),
)
LATER, NEVER = 5, 6
READABLE = 320
"""Pixels that the longer side of a picture is blown up to: what a poster shows whole."""
LINE = 2


def outcomes(joint: npt.NDArray[np.int8]) -> Pixels:
    """One round, axes [kind, horizon, mass, alpha]: twins left, strangers right; embedded above decoupled.

    Further horizons follow below.
    """
    colours = np.where(joint < 0, NOT_YET, joint).astype(np.uint8)
    rows = [(agent, place) for place in range(colours.shape[1]) for agent in (0, 1)]
    return _tiled([[colours[agent, place], colours[agent + 2, place]] for agent, place in rows], BETWEEN)


def switches(rounds: Sequence[npt.NDArray[np.int64]]) -> Pixels:
    """Tables [mass, alpha] of first rounds of cooperation, -1 for never, one below the other."""
    tiles = [np.where(one < 0, NEVER, np.minimum(one, LATER)).astype(np.uint8) for one in rounds]
    return _tiled([[tile] for tile in tiles], len(SWITCHES) - 1)


class Place(NamedTuple):
    """Where a pixel lies: which tile of the grid, and which row and column of it."""

    tile_row: int
    tile_column: int
    row: int
    column: int


def place(grid: tuple[int, int], tile: tuple[int, int], row: int, column: int) -> Place | None:
    """What a grid of so many tiles of this shape has at a pixel; None on the lines between and outside."""
    factor = _factor(grid, tile)
    tall, wide = tile[0] * factor + LINE, tile[1] * factor + LINE
    (down, top), (across, left) = divmod(row, tall), divmod(column, wide)
    found = Place(down, across, top // factor, left // factor)
    inside = 0 <= down < grid[0] and 0 <= across < grid[1] and found.row < tile[0] and found.column < tile[1]
    return found if inside else None


def _factor(grid: tuple[int, int], tile: tuple[int, int]) -> int:
    room = READABLE - LINE * (max(grid) - 1)
    return max(1, room // max(grid[0] * tile[0], grid[1] * tile[1]))


def _tiled(tiles: Sequence[Sequence[Pixels]], between: int) -> Pixels:
    """Tiles of one size in a grid, a line between them, blown up to be readable."""
    n_rows, n_columns = len(tiles), len(tiles[0])
    height, width = tiles[0][0].shape
    factor = _factor((n_rows, n_columns), (height, width))
    tall, wide = height * factor + LINE, width * factor + LINE
    whole = np.full((n_rows * tall - LINE, n_columns * wide - LINE), between, np.uint8)
    for row, strip in enumerate(tiles):
        for column, tile in enumerate(strip):
            blown = tile.repeat(factor, 0).repeat(factor, 1)
            whole[row * tall : (row + 1) * tall - LINE, column * wide : (column + 1) * wide - LINE] = blown
    return whole
