"""What the figures of a sweep share: their paper, their colours, and which quantity they show. No pyplot."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, final

from primordia.engine import plots
from primordia.engine.analysis import intervals
from primordia.engine.analysis.intervals import Estimate
from primordia.engine.analysis.points import Point, is_number
from primordia.engine.analysis.table import CellRow, CellTable, Value

WIDTH = 9.0
"""Inches; text of 8 points is then readable on a printed page."""
SCALE = "cividis"
"""From dark blue to yellow, for every kind of eye the same order."""
SMALL, NORMAL, LARGE = 7, 8, 10


@final
@dataclasses.dataclass(frozen=True)
class Quantity:
    """What a phase diagram shows of each point: the median of a metric, or the share that crossed a transition.

    Args:
        name: of the metric or the transition.
        is_share: whether it is a transition.
        title: over the figure.
        unit: of the values; "share" is written in percent.
    """

    name: str
    is_share: bool
    title: str
    unit: str

    def of(self, point: Point, *, with_interval: bool = True) -> Estimate:
        """Its value at a point, over the finished cells; the interval of a median costs some milliseconds."""
        if self.is_share:
            return intervals.share(point.n_crossed(self.name), len(point.done))
        found = point.values(self.name)
        return intervals.median(found if with_interval else found[:0]) if with_interval else _bare(found)

    def of_cell(self, row: CellRow) -> float | None:
        """Its value in one cell: of a transition 1 or 0."""
        if self.is_share:
            return float(self.name in row.crossed)
        return None if self.name not in row.last else float(row.last[self.name])

    def said(self, value: float) -> str:
        """A value as it is written into a figure."""
        if self.unit == "share":
            return f"{100 * value:.3g} %"
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def quantity_of_metric(table: CellTable, name: str) -> Quantity:
    """The median of a metric at the last row."""
    declared = table.experiment.metrics.get(name)
    return Quantity(name, False, f"{name.replace('_', ' ')} at the end, median", declared.unit if declared else "")


def quantity_of_transition(table: CellTable, name: str) -> Quantity:
    """The share of cells that crossed a transition."""
    return Quantity(name, True, f"share of cells with {name.replace('_', ' ')}", "share")


def figure(width: float, height: float) -> Any:
    """An empty figure, in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def plain(axis: Any, *, grid: bool = True) -> None:
    """The house's axes: no frame, faint lines, small figures."""
    axis.tick_params(labelsize=SMALL)
    plots.in_full(axis)
    axis.spines[["top", "right"]].set_visible(False)
    if grid:
        axis.grid(True, lw=0.3, alpha=0.6)


def titled(axis: Any, text: str, *, size: int = LARGE) -> None:
    """A title at the left."""
    axis.set_title(text, fontsize=size, loc="left")


def colours(points: Sequence[Point]) -> list[Any]:
    """A colour a point: along the scale where the points are ordered by one number, else colours that differ most."""
    from matplotlib import colormaps

    ordered = all(len(point.at) == 1 and all(map(is_number, point.at.values())) for point in points)
    if len(points) <= len(plots.COLOURS) and not (ordered and len(points) > 2):
        return list(plots.COLOURS[: len(points)])
    # The last part of the scale is too light to be read on white.
    return [colormaps["viridis"](0.82 * place / max(len(points) - 1, 1)) for place in range(len(points))]


def named(axis: str) -> str:
    """A setting as it stands at an axis."""
    return axis.replace("_", " ")


def with_unit(table: CellTable, axis: str) -> str:
    """A setting with its unit."""
    from primordia.core import config as configs

    field = configs.fields(table.experiment.Config).get(axis)
    unit = field.spec.unit if field is not None else "dimensionless"
    return named(axis) if unit in ("dimensionless", "") or unit in named(axis) else f"{named(axis)} ({unit})"


def numbers(values: Sequence[Value]) -> bool:
    """Whether all of these are numbers."""
    return all(map(is_number, values))


def is_drawn(table: CellTable) -> bool:
    """Whether the points are draws of a random or Sobol design, which lie on no grid."""
    return any(design.kind != "grid" for design in (table.plan.design, *table.plan.added))


def is_log(table: CellTable, axis: str) -> bool:
    """Whether a setting was drawn uniformly in its logarithm."""
    designs = (table.plan.design, *table.plan.added)
    return any(each.log for design in designs for each in design.axes if each.key == axis)


def _bare(found: Sequence[float]) -> Estimate:
    import statistics

    return Estimate(statistics.median(found) if found else None, None, None, len(found))
