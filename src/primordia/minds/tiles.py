"""Views made of matrices: what each is called, how they stand side by side, and which number lies under a pixel.

A view and the answer to "what stands here?" are made from the same tiles, so that they cannot part. Nothing here
imports JAX.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from primordia.core.findings import Matrix, Table
from primordia.core.inspection import Inspected
from primordia.minds import pictures

Values = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class Tile:
    """One matrix of a view.

    Args:
        title: what it is.
        values: [row, column]; what is not finite is drawn as a gap.
        rows: a name for each row.
        columns: a name for each column.
        kind: what its numbers are: "learned", say.
        limit: the magnitude that the ends of the palette stand for; None: the largest here.
        others: name -> numbers at the same places, such as constructed weights beside learned ones.
        hidden: whether it is drawn as a gap all over; its numbers can still be asked for.
        note: what else is to be known of it.
    """

    title: str
    values: Values
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    kind: str = "value"
    limit: float | None = None
    others: Mapping[str, Values] = dataclasses.field(default_factory=dict)
    hidden: bool = False
    note: str = ""

    @property
    def pixels(self) -> pictures.Pixels:
        """A pixel for each number."""
        return pictures.heat(np.full(self.values.shape, np.nan) if self.hidden else self.values, self.limit)

    def matrix(self, scale: tuple[float, float] | None = None, unit: str = "dimensionless") -> Matrix:
        """The same as a finding; colours go both ways from zero."""
        return Matrix(self.title, self.values, self.rows, self.columns, unit, 0.0, self.note, scale)


class Place(NamedTuple):
    """Where a pixel lies: which line of tiles, which tile of it, and which of its numbers."""

    line: int
    tile: int
    row: int
    column: int


def drawn(lines: Sequence[Sequence[Tile]]) -> pictures.Pixels:
    """The view: lines of tiles below each other, as large as an eye needs."""
    return pictures.readable(pictures.grid([[tile.pixels for tile in line] for line in lines]))


def place(lines: Sequence[Sequence[Tile]], row: int, column: int) -> Place | None:
    """What `drawn` has drawn at a pixel; None between tiles and outside."""
    heights = [max(len(tile.rows) for tile in line) for line in lines]
    widths = [sum(len(tile.columns) for tile in line) + len(line) - 1 for line in lines]
    factor = max(1, pictures.READABLE // max(sum(heights) + len(lines) - 1, max(widths)))
    top, left = row // factor, column // factor
    for number, (line, height) in enumerate(zip(lines, heights, strict=True)):
        if top < height:
            for at, tile in enumerate(line):
                if left < len(tile.columns):
                    return Place(number, at, top, left) if top < len(tile.rows) and left >= 0 <= top else None
                left -= len(tile.columns) + 1
            return None
        top -= height + 1
    return None


def inspected(lines: Sequence[Sequence[Tile]], row: int, column: int) -> tuple[Inspected, ...]:
    """The number under a pixel with its names, the row and the column that it belongs to, and the whole matrix."""
    found = place(lines, row, column)
    if found is None:
        return ()
    tile = lines[found.line][found.tile]
    kinds = {tile.kind: tile.values, **tile.others}
    named = (("matrix", tile.title), ("row", tile.rows[found.row]), ("column", tile.columns[found.column]))
    numbers = tuple((kind, _plain(values[found.row, found.column])) for kind, values in kinds.items())
    along = [(name, *(_plain(one[found.row, at]) for one in kinds.values())) for at, name in enumerate(tile.columns)]
    down = [(name, *(_plain(one[at, found.column]) for one in kinds.values())) for at, name in enumerate(tile.rows)]
    whole = (tile.matrix(),) if np.isfinite(tile.values).all() else ()
    return (
        Table("What stands here", ("what", "value"), (*named, *numbers), tile.note),
        Table(f"The row: {tile.rows[found.row]}", ("column", *kinds), tuple(along)),
        Table(f"The column: {tile.columns[found.column]}", ("row", *kinds), tuple(down)),
        *whole,
    )


def _plain(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def learned_and_constructed(tile: Tile) -> tuple[Matrix, ...]:
    """A tile, what its numbers are held against, and the difference, all on one scale."""
    matrices = {f"{tile.title}, {tile.kind}": tile.values}
    for kind, values in tile.others.items():
        matrices[f"{tile.title}, {kind}"] = values
        matrices[f"{tile.title}, {tile.kind} less {kind}"] = tile.values - values
    reach = max(float(np.abs(values).max()) for values in matrices.values()) or 1.0
    return tuple(
        dataclasses.replace(tile, title=title, values=values).matrix((-reach, reach))
        for title, values in matrices.items()
    )


def numbered(letter: str, n: int) -> tuple[str, ...]:
    """Names of channels, counted from 1: x1, x2, x3."""
    return tuple(f"{letter}{place}" for place in range(1, n + 1))
