"""Figures over steps: survival curves of a transition, and a metric's course in one small panel a point."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from primordia.core.errors import PrimordiaError
from primordia.engine import plots
from primordia.engine.analysis import canvas, intervals, points
from primordia.engine.analysis.points import Point
from primordia.engine.analysis.table import CellRow, CellTable
from primordia.engine.folder import RunFolder

MOST_CURVES = 8
MOST_PANELS = 24
PER_ROW, MOST_BESIDE = 4, 6
LINE = "\n"


def survival(table: CellTable, transition: str, axes: Sequence[str] | None = None) -> Any:
    """Kaplan-Meier curves as a matplotlib figure, one a point, with 95 % bands and the number at risk below.

    Args:
        table: the sweep; every cell with a row counts, as far as it was seen.
        transition: whose first row is waited for.
        axes: that make the points; None: as many of the sweep's as leave at most eight curves.
    """
    chosen = fitting(table, MOST_CURVES) if axes is None else list(axes)
    found = points.points(table, chosen)
    curves = [intervals.survival(*point.times(transition)) for point in found]
    end = max([1.0, *(curve.steps[-1] for curve in curves if curve.steps)])
    colours = canvas.colours(found)
    figure = canvas.figure(canvas.WIDTH, 3.6 + 0.19 * len(found))
    axis, below = figure.subplots(2, 1, sharex=True, height_ratios=[3.3, 0.3 + 0.19 * len(found)])
    for place, (curve, colour) in enumerate(zip(curves, colours, strict=True)):
        if not curve.steps:
            continue
        steps = [0.0, *curve.steps]
        axis.step(
            steps, [1.0, *curve.share], where="post", color=colour, lw=1.8, ls=plots.DASHES[place % len(plots.DASHES)]
        )
        if len(found) <= MOST_CURVES:
            axis.fill_between(steps, [1.0, *curve.low], [1.0, *curve.high], step="post", color=colour, alpha=0.12, lw=0)
    axis.set_ylim(-0.02, 1.04)
    axis.set_xlim(-0.02 * end, end * 1.01)
    axis.set_yticks(np.linspace(0, 1, 6), [f"{share:.0f} %" for share in np.linspace(0, 100, 6)])
    axis.set_ylabel(f"share without {transition.replace('_', ' ')}", fontsize=canvas.NORMAL)
    canvas.plain(axis)
    canvas.titled(
        axis, f"how long until {transition.replace('_', ' ')} (Kaplan-Meier, 95 % bands)" + pooled(table, chosen)
    )
    _at_risk(below, axis, found, curves, colours, end)
    below.set_xlabel(f"{table.experiment.step_word} of the first row that shows it", fontsize=canvas.NORMAL)
    return figure


def multiples(table: CellTable, metric: str, axes: Sequence[str] | None = None) -> Any:
    """A metric over the steps as a matplotlib figure, one panel a point: median, middle half, and every cell.

    The median and the middle half go as far as every cell of the point has rows: beyond, those that a stop rule ended
    would be missing from them. Such an end is a dot. Reads all rows of all cells.

    Args:
        table: the sweep.
        metric: that is drawn.
        axes: that make the points; None: as many of the sweep's as leave at most 24 panels.
    """
    chosen = fitting(table, MOST_PANELS) if axes is None else list(axes)
    found = points.points(table, chosen)
    n_columns = _columns(table, chosen, len(found))
    n_rows = math.ceil(len(found) / n_columns)
    figure = canvas.figure(canvas.WIDTH, 0.7 + (2.1 if n_columns > 2 else 2.9) * n_rows)
    axes_ = list(figure.subplots(n_rows, n_columns, squeeze=False, sharex=True, sharey=True).flat)
    for place, (axis, point) in enumerate(zip(axes_, found, strict=False)):
        courses = [course for row in point.rows if (course := course_of(table, row, metric))]
        _course(axis, courses, {row.observed_until for row in point.done} - {table.plan.schedule["steps"]})
        canvas.titled(axis, f"{point.label.replace(', ', LINE)} (n = {len(courses)})", size=canvas.NORMAL)
        canvas.plain(axis)
        if place + n_columns >= len(found):
            axis.tick_params(labelbottom=True)
            axis.set_xlabel(table.experiment.step_word, fontsize=canvas.NORMAL)
    for axis in axes_[len(found) :]:
        axis.set_visible(False)
    declared = table.experiment.metrics.get(metric)
    unit = (
        f" ({declared.unit})" if declared and declared.unit not in ("dimensionless", metric.replace("_", " ")) else ""
    )
    title = f"{metric.replace('_', ' ')}{unit}: median, middle half of the cells, and each cell" + pooled(table, chosen)
    figure.suptitle(title, fontsize=canvas.LARGE, x=0.01, ha="left")
    return figure


def course_of(table: CellTable, row: CellRow, metric: str) -> dict[int, float]:
    """A metric of one cell by step; empty where it has none, or where its rows cannot be read."""
    if row.observed_until < 0:
        return {}
    folder = RunFolder(table.sweep.path / table.plan.experiment / row.folder)
    try:
        return {int(each["step"]): float(each[metric]) for each in folder.metrics.read() if metric in each}
    except PrimordiaError:
        return {}


def fitting(table: CellTable, most: int) -> list[str]:
    """The axes of a sweep, or as many of the first as leave at most so many points; others are pooled over."""
    chosen = list(table.axes)
    while chosen and len(points.points(table, chosen)) > most:
        chosen.pop()
    return chosen


def pooled(table: CellTable, axes: Sequence[str]) -> str:
    """Which axes of a sweep a figure pools over, as the end of its title."""
    over = [canvas.named(axis) for axis in table.axes if axis not in axes]
    return f", pooled over {', '.join(over)}" if over else ""


def _columns(table: CellTable, axes: Sequence[str], n_panels: int) -> int:
    """Panels beside each other: one for each value of the last of several axes, where they have room."""
    n_values = len(points.values(table, axes[-1])) if len(axes) > 1 else 0
    return n_values if 1 < n_values <= MOST_BESIDE else min(n_panels, PER_ROW)


def _course(axis: Any, courses: Sequence[Mapping[int, float]], early: Collection[int]) -> None:
    """One panel; courses that end at a step of `early` were ended there."""
    for course in courses:
        axis.plot(list(course), list(course.values()), color=plots.COLOURS[0], lw=0.6, alpha=0.3)
        if max(course) in early:
            axis.plot([max(course)], [course[max(course)]], "o", color=plots.COLOURS[0], ms=2.5)
    common = sorted(set.intersection(*(set(course) for course in courses))) if courses else []
    if not common:
        axis.text(
            0.5, 0.5, "no rows yet", transform=axis.transAxes, ha="center", fontsize=canvas.NORMAL, color="#5b6470"
        )
        return
    values = np.array([[course[step] for step in common] for course in courses])
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
    axis.fill_between(common, low, high, color=plots.COLOURS[0], alpha=0.25, lw=0)
    axis.plot(common, middle, color=plots.MARK, lw=1.7)


def _at_risk(
    below: Any, axis: Any, found: Sequence[Point], curves: Sequence[Any], colours: Sequence[Any], end: float
) -> None:
    """The numbers at risk, a line a curve, which are the legend too."""
    from matplotlib.ticker import MaxNLocator

    ticks = [tick for tick in MaxNLocator(7, integer=True).tick_values(0, end) if 0 <= tick <= end]
    axis.set_xticks(ticks)
    for place, (curve, colour) in enumerate(zip(curves, colours, strict=True)):
        for tick in ticks:
            below.text(
                tick,
                place,
                f"{curve.n_at_risk(tick):,}",
                ha="center",
                va="center",
                fontsize=canvas.SMALL,
                color="#1a1d21",
            )
        below.plot(
            [-0.035, -0.008],
            [place, place],
            transform=below.get_yaxis_transform(),
            clip_on=False,
            color=colour,
            lw=1.8,
            ls=plots.DASHES[place % len(plots.DASHES)],
        )
    below.set_ylim(len(found) - 0.4, -0.6)
    below.set_yticks(range(len(found)), [point.label for point in found])
    below.tick_params(labelsize=canvas.SMALL, length=0)
    below.tick_params(axis="y", pad=24)
    below.spines[:].set_visible(False)
    below.set_title("observed and not crossed yet", fontsize=canvas.SMALL, loc="left", color="#5b6470", pad=2)
