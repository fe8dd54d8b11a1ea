"""Phase diagrams: a quantity over two axes as a map, over one as points with their intervals, over draws as dots."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from primordia.core.errors import BadInputError
from primordia.engine import plots
from primordia.engine.analysis import canvas, points
from primordia.engine.analysis.canvas import Quantity
from primordia.engine.analysis.intervals import Estimate
from primordia.engine.analysis.points import Point
from primordia.engine.analysis.table import CellTable, Value, finished

MOST_PANELS = 12
MOST_WRITTEN = 16
"""Rows and columns of a map up to which each field has its number written in it."""
FEW = 8
"""Fewer finished cells than these, and the field of a map says how many."""
MOST_LEVEL = 10
"""Points of one axis whose labels have room beside each other."""
MOST_PLACES = 30
"""Values of an axis up to which each has a place of its own."""
DOTS = 0.32
"""Half the breadth over which the dots of a point are spread."""


def draw(table: CellTable, quantity: Quantity, x: str | None, y: str | None) -> Any:
    """The phase diagram as a matplotlib figure.

    Args:
        table: the sweep; only its finished cells count.
        quantity: what is shown.
        x: the axis along the bottom; None: there is none, all cells are one point.
        y: the axis upwards; None: the quantity itself is drawn upwards.

    Raises:
        BadInputError: x and y are the same.
    """
    if x is not None and x == y:
        raise BadInputError(f"x and y are both {x}; name two axes, or leave out --y.")
    if x is not None and (canvas.is_drawn(table) or len(points.values(table, x)) > MOST_PLACES):
        return _scattered(table, quantity, x, y)
    return _one_axis(table, quantity, x) if y is None else _map(table, quantity, str(x), y)


def _one_axis(table: CellTable, quantity: Quantity, x: str | None) -> Any:
    found = points.points(table, [x] if x else [])
    figure = canvas.figure(canvas.WIDTH, 3.8)
    axis = figure.subplots()
    told = [quantity.of(point) for point in found]
    if not quantity.is_share:
        for place, point in enumerate(found):
            values = point.values(quantity.name)
            spread = np.linspace(-DOTS, DOTS, len(values)) if len(values) > 1 else np.zeros(len(values))
            axis.scatter(place + spread, values, s=12, color=plots.COLOURS[0], alpha=0.45, lw=0, label=None)
    for place, each in enumerate(told):
        if each.value is None:
            continue
        if each.low is not None and each.high is not None:
            axis.plot([place, place], [each.low, each.high], color=plots.MARK, lw=2.0, solid_capstyle="butt", zorder=3)
        axis.plot([place], [each.value], "D", color=plots.MARK, ms=6, zorder=4)
    if quantity.is_share:
        axis.set_ylim(-0.03, 1.05)
        axis.set_yticks(np.linspace(0, 1, 6), [f"{share:.0f} %" for share in np.linspace(0, 100, 6)])
    axis.set_xlim(-0.6, len(found) - 0.4)
    ticks = [f"{_tick(point, x)}\n{_counted(quantity, point, each)}" for point, each in zip(found, told, strict=True)]
    axis.set_xticks(range(len(found)), ticks)
    if len(found) > MOST_LEVEL:
        axis.tick_params(axis="x", rotation=45)
    axis.set_xlabel(canvas.with_unit(table, x) if x else "", fontsize=canvas.NORMAL)
    axis.set_ylabel("" if quantity.unit in ("share", "dimensionless") else quantity.unit, fontsize=canvas.NORMAL)
    canvas.plain(axis)
    axis.grid(False, axis="x")
    said = "exact binomial interval" if quantity.is_share else "bootstrap interval; a dot is a cell"
    canvas.titled(axis, f"{quantity.title} (95 % {said})")
    return figure


def _map(table: CellTable, quantity: Quantity, x: str, y: str) -> Any:
    rest = [axis for axis in table.axes if axis not in (x, y)]
    panels = list(itertools.product(*(points.values(table, axis) for axis in rest)))
    pooled = len(panels) > MOST_PANELS
    panels = [()] if pooled else panels
    across, up = points.values(table, x), points.values(table, y)
    found = {_key(point, [x, y, *([] if pooled else rest)]): point for point in points.points(
        table, [x, y, *([] if pooled else rest)])}  # fmt: skip
    grids = [[[found.get((repr(a), repr(b), *map(repr, panel))) for a in across] for b in up] for panel in panels]
    n_columns = min(len(panels), 3)
    n_rows = math.ceil(len(panels) / n_columns)
    # Fields of one panel are kept from becoming slabs.
    width = canvas.WIDTH if len(panels) > 1 else min(canvas.WIDTH, 2.6 + 0.95 * len(across))
    height = min(max(0.56 * len(up), 1.6), 6.5) + 0.9
    figure = canvas.figure(max(width, 4.6), 0.5 + height * n_rows)
    axes = list(figure.subplots(n_rows, n_columns, squeeze=False).flat)
    low, high = _range(quantity, [point for grid in grids for row in grid for point in row if point is not None])
    image = None
    for axis, panel, grid in zip(axes, panels, grids, strict=False):
        image = _fields(axis, quantity, grid, low, high)
        axis.set_xticks(range(len(across)), list(map(points.said, across)))
        axis.set_yticks(range(len(up)), list(map(points.said, up)))
        axis.set_xlabel(canvas.with_unit(table, x), fontsize=canvas.NORMAL)
        axis.set_ylabel(canvas.with_unit(table, y), fontsize=canvas.NORMAL)
        axis.tick_params(labelsize=canvas.SMALL, length=0)
        axis.spines[:].set_visible(False)
        if panel:
            said = ", ".join(
                f"{canvas.named(key)} {points.said(value)}" for key, value in zip(rest, panel, strict=True)
            )
            canvas.titled(axis, said, size=canvas.NORMAL)
    for axis in axes[len(panels) :]:
        axis.set_visible(False)
    bar = figure.colorbar(image, ax=axes[: len(panels)], fraction=0.06, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=canvas.SMALL, length=2)
    if quantity.unit == "share":
        bar.ax.yaxis.set_major_formatter(lambda value, place: f"{100 * value:.3g} %")
    elif quantity.unit != "dimensionless":
        bar.set_label(quantity.unit, fontsize=canvas.NORMAL)
    over = f", pooled over {', '.join(map(canvas.named, rest))}" if pooled else ""
    figure.suptitle(quantity.title + over, fontsize=canvas.LARGE, x=0.01, ha="left")
    return figure


def _fields(axis: Any, quantity: Quantity, grid: Sequence[Sequence[Point | None]], low: float, high: float) -> Any:
    """The map itself; a field without a finished cell is hatched."""
    told = [[quantity.of(point, with_interval=False) if point else None for point in row] for row in grid]
    values = np.array(
        [[math.nan if each is None or each.value is None else each.value for each in row] for row in told]
    )
    image = axis.imshow(values, origin="lower", aspect="auto", cmap=canvas.SCALE, vmin=low, vmax=high)
    axis.set_facecolor("#eef0f2")
    if max(values.shape) > MOST_WRITTEN:
        return image
    for (up, across), value in np.ndenumerate(values):
        each = told[up][across]
        if math.isnan(value) or each is None:
            axis.text(
                across, up, "no cell\nended", ha="center", va="center", fontsize=canvas.SMALL - 1, color="#5b6470"
            )
            continue
        shade = (value - low) / (high - low) if high > low else 0.0
        text = quantity.said(value) + (f"\nn = {each.n}" if each.n < FEW else "")
        axis.text(
            across, up, text, ha="center", va="center", fontsize=canvas.SMALL,
            color="#ffffff" if shade < 0.55 else "#1a1d21",
        )  # fmt: skip
    return image


def _scattered(table: CellTable, quantity: Quantity, x: str, y: str | None) -> Any:
    """Every finished cell as a dot at its settings; what is drawn upwards or in colour is the quantity."""
    rows = [row for row in finished(table.rows) if quantity.of_cell(row) is not None]
    values = np.array([quantity.of_cell(row) for row in rows], float)
    figure = canvas.figure(canvas.WIDTH, 4.6 if y else 3.8)
    axis = figure.subplots()
    first = _positions(axis.xaxis, [row.settings.get(x) for row in rows], points.values(table, x))
    up = values if y is None else _positions(axis.yaxis, [row.settings.get(y) for row in rows], points.values(table, y))
    if quantity.is_share:
        for is_in, name, face in ((1.0, "crossed", plots.MARK), (0.0, "not crossed", "none")):
            chosen = values == is_in
            axis.scatter(
                first[chosen], up[chosen], s=28, facecolors=face, edgecolors=plots.MARK if is_in else plots.COLOURS[0],
                lw=1.0, alpha=0.85, label=f"{name} ({int(chosen.sum())})",
            )  # fmt: skip
        axis.legend(fontsize=canvas.NORMAL, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    elif y is None:
        axis.scatter(first, values, s=20, color=plots.COLOURS[0], alpha=0.7, lw=0)
    else:
        dots = axis.scatter(first, up, c=values, cmap=canvas.SCALE, s=32, edgecolors="#5b6470", lw=0.4)
        bar = figure.colorbar(dots, ax=axis, fraction=0.06, pad=0.02)
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=canvas.SMALL)
    for key, set_label, set_scale in (
        (x, axis.set_xlabel, axis.set_xscale), (y, axis.set_ylabel, axis.set_yscale),
    ):  # fmt: skip
        if key is not None:
            set_label(canvas.with_unit(table, key), fontsize=canvas.NORMAL)
            if canvas.is_log(table, key):
                set_scale("log")
    if y is None and quantity.is_share:
        axis.set_yticks([0, 1], ["not crossed", "crossed"])
        axis.set_ylim(-0.3, 1.3)
    elif y is None:
        axis.set_ylabel("" if quantity.unit in ("share", "dimensionless") else quantity.unit, fontsize=canvas.NORMAL)
    canvas.plain(axis)
    canvas.titled(axis, quantity.title.removesuffix(", median").replace("share of cells with", "cells with"))
    return figure


def _positions(axis: Any, values: Sequence[Value], there: Sequence[Value]) -> np.ndarray[Any, Any]:
    """Where values lie along an axis: at themselves, or where some are no numbers at places of their own.

    The places get their labels.
    """
    if canvas.numbers(there):
        return np.array([float(value) for value in values if points.is_number(value)])
    places: Mapping[str, int] = {repr(value): place for place, value in enumerate(there)}
    axis.set_ticks(range(len(there)), list(map(points.said, there)))
    return np.array([places[repr(value)] for value in values], float)


def _range(quantity: Quantity, found: Sequence[Point]) -> tuple[float, float]:
    if quantity.is_share:
        return 0.0, 1.0
    values = [each.value for point in found if (each := quantity.of(point, with_interval=False)).value is not None]
    return (min(values), max(values)) if values else (0.0, 1.0)


def _key(point: Point, axes: Sequence[str]) -> tuple[str, ...]:
    return tuple(repr(point.at[axis]) for axis in axes)


def _counted(quantity: Quantity, point: Point, estimate: Estimate) -> str:
    return f"{point.n_crossed(quantity.name)} of {estimate.n}" if quantity.is_share else f"n = {estimate.n}"


def _tick(point: Point, x: str | None) -> str:
    return points.said(point.at[x]) if x else "all cells"
