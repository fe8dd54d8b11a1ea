"""Pictures of matrices: blue below zero, white at zero, red above; side by side and as large as an eye needs.

Nothing here imports JAX, so that palettes can be declared with an experiment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from primordia.core.views import Colour

SHADES = 17
"""Shades of a palette unless another number is asked for; odd, so that one of them is zero."""
READABLE = 320
"""Pixels that the longer side of a small picture is blown up to: what a poster shows whole."""
LOWEST, MIDDLE, HIGHEST = (0x21, 0x4E, 0x9C), (0xF7, 0xF7, 0xF5), (0xB2, 0x24, 0x2B)
GAP = Colour("no value", "#3c4043")

Pixels = npt.NDArray[np.uint8]


def palette(n: int = SHADES) -> tuple[Colour, ...]:
    """`n` shades (odd) from blue over white to red, and after them, at index `n`, the colour of gaps."""
    half = n // 2
    return (*(Colour(_share(place, half), _blend(place / half)) for place in range(-half, half + 1)), GAP)


def heat(matrix: npt.ArrayLike, limit: float | None = None, n: int = SHADES) -> Pixels:
    """A matrix [row, column] as indices of `palette(n)`.

    Args:
        matrix: the values; what is not finite becomes a gap.
        limit: the magnitude that the ends of the palette stand for, larger ones are cut off; None: the largest here.
        n: shades.
    """
    values = np.atleast_2d(np.asarray(matrix, np.float64))
    finite = np.isfinite(values)
    known = np.where(finite, values, 0.0)
    reach = float(np.abs(known).max(initial=0.0)) if limit is None else limit
    half = n // 2
    shades = np.rint(np.clip(known / reach, -1, 1) * half) + half if reach > 0 else np.full(values.shape, half)
    return np.where(finite, shades, n).astype(np.uint8)


def together(rows: Sequence[Sequence[npt.ArrayLike]], limit: float | None = None, n: int = SHADES) -> Pixels:
    """Matrices [row, column] in a grid, with gaps between them and one scale for all; readable in size.

    Args:
        rows: the matrices of each row of the grid; they may differ in shape.
        limit: as in `heat`; None: the largest magnitude of all.
        n: shades.
    """
    if limit is None:
        limit = max((_largest(matrix) for row in rows for matrix in row), default=0.0)
    return readable(grid([[heat(matrix, limit, n) for matrix in row] for row in rows], n))


def grid(rows: Sequence[Sequence[Pixels]], n: int = SHADES, gap: int = 1) -> Pixels:
    """Pictures [row, column] in rows, `gap` pixels of the colour of gaps between them and at their short ends."""
    height = [max(picture.shape[0] for picture in row) for row in rows]
    widths = [[picture.shape[1] for picture in row] for row in rows]
    width = max(sum(row) + gap * (len(row) - 1) for row in widths)
    whole = np.full((sum(height) + gap * (len(rows) - 1), width), n, np.uint8)
    top = 0
    for row, tall in zip(rows, height, strict=True):
        left = 0
        for picture in row:
            whole[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
            left += picture.shape[1] + gap
        top += tall + gap
    return whole


def readable(pixels: Pixels, longest: int = READABLE) -> Pixels:
    """A picture blown up by the whole number that brings its longer side closest to `longest` from below."""
    factor = max(1, longest // max(pixels.shape))
    return np.ascontiguousarray(pixels.repeat(factor, axis=0).repeat(factor, axis=1))


def _largest(matrix: npt.ArrayLike) -> float:
    values = np.abs(np.asarray(matrix, np.float64))
    return float(values[np.isfinite(values)].max(initial=0.0))


def _share(place: int, half: int) -> str:
    return "0" if place == 0 else f"{100 * place / half:+.0f} % of the scale"


def _blend(share: float) -> str:
    end: Any = HIGHEST if share > 0 else LOWEST
    mixed = (round(middle + abs(share) * (far - middle)) for middle, far in zip(MIDDLE, end, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)
