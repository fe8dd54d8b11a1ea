"""Points of a sweep: cells that differ in the seed only, and how people are told which they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TypeGuard, final

from primordia.engine import looking
from primordia.engine.analysis.table import CellRow, CellTable, Value, finished


@final
@dataclasses.dataclass(frozen=True)
class Point:
    """Cells with the same values on some axes.

    Args:
        at: those values, by axis.
        rows: its cells, by index, whatever became of them.
    """

    at: Mapping[str, Value]
    rows: tuple[CellRow, ...]

    @property
    def label(self) -> str:
        """Which point it is, in words: "mutation rate 0.001, n programs 8,192"."""
        return ", ".join(f"{axis.replace('_', ' ')} {said(value)}" for axis, value in self.at.items()) or "all cells"

    @property
    def done(self) -> list[CellRow]:
        """Its finished cells."""
        return finished(self.rows)

    def values(self, metric: str) -> list[float]:
        """The last values of a metric over its finished cells that have it."""
        return [float(row.last[metric]) for row in self.done if metric in row.last]

    def n_crossed(self, transition: str) -> int:
        """How many of its finished cells crossed a transition."""
        return sum(transition in row.crossed for row in self.done)

    def times(self, transition: str) -> tuple[list[int], list[bool]]:
        """The step at which each observed cell crossed, or was last seen without having crossed; and which those are.

        Cells that have not ended count as far as they were seen, and so do those that failed.
        """
        seen = [row for row in self.rows if row.observed_until >= 0 or transition in row.crossed]
        steps = [row.crossed.get(transition, row.observed_until) for row in seen]
        return steps, [transition not in row.crossed for row in seen]


def points(table: CellTable, axes: Sequence[str] | None = None) -> list[Point]:
    """The points of a sweep, over all of its axes, or over those named and pooled over the others.

    They come in the order of their values: numbers in theirs, other values in that of the plan.
    """
    named = table.axes if axes is None else tuple(axes)
    found: dict[tuple[str, ...], list[CellRow]] = {}
    for row in table.rows:
        found.setdefault(tuple(repr(row.settings.get(axis)) for axis in named), []).append(row)
    made = [Point({axis: rows[0].settings.get(axis) for axis in named}, tuple(rows)) for rows in found.values()]
    places = {axis: {repr(value): place for place, value in enumerate(values(table, axis))} for axis in named}
    return sorted(made, key=lambda point: [places[axis][repr(value)] for axis, value in point.at.items()])


def values(table: CellTable, axis: str) -> list[Value]:
    """The values that a setting takes over the cells, numbers in their order, others in that of the plan."""
    there = list({repr(row.settings.get(axis)): row.settings.get(axis) for row in table.rows}.values())
    numbers = sorted((float(value), place) for place, value in enumerate(there) if is_number(value))
    return [there[place] for _, place in numbers] + [value for value in there if not is_number(value)]


def is_number(value: Value) -> TypeGuard[int | float]:
    """Whether an axis may have this value on a scale of numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def said(value: Value) -> str:
    """A value of a setting for people: thousands separated, no more digits than it has."""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{int(value):,}" if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"
    return looking.brief(value) or "empty"
