"""Pictures of many matches side by side: who did what to whom, and when twins began to cooperate."""

from __future__ import annotations

from collections.abc import Sequence

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
"""Pixels that the longer side of a picture is blown up to."""


def outcomes(joint: npt.NDArray[np.int8]) -> Pixels:
    """One round, axes [kind, horizon, mass, alpha]: a row of tiles for each horizon, a column for each kind."""
    colours = np.where(joint < 0, NOT_YET, joint).astype(np.uint8)
    return _tiled([[colours[kind, place] for kind in range(len(colours))] for place in range(colours.shape[1])])


def switches(rounds: Sequence[npt.NDArray[np.int64]]) -> Pixels:
    """Tables [mass, alpha] of first rounds of cooperation, -1 for never, side by side."""
    tiles = [np.where(one < 0, NEVER, np.minimum(one, LATER)).astype(np.uint8) for one in rounds]
    return _tiled([tiles], len(SWITCHES) - 1)


def _tiled(tiles: Sequence[Sequence[Pixels]], between: int = BETWEEN) -> Pixels:
    """Tiles of one size in a grid, a line between them, blown up to be readable."""
    height, width = tiles[0][0].shape
    factor = max(1, READABLE // (len(tiles[0]) * width))
    line = max(1, factor // 2)
    whole = np.full(
        (len(tiles) * (height * factor + line) - line, len(tiles[0]) * (width * factor + line) - line),
        between,
        np.uint8,
    )
    for row, line_of_tiles in enumerate(tiles):
        for column, tile in enumerate(line_of_tiles):
            top, left = row * (height * factor + line), column * (width * factor + line)
            blown = tile.repeat(factor, 0).repeat(factor, 1)
            whole[top : top + blown.shape[0], left : left + blown.shape[1]] = blown
    return whole
