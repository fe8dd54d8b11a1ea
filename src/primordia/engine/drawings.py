"""Matrices and graphs as PNG. No pyplot, so any thread may draw."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

from primordia.core.findings import Graph, Matrix
from primordia.engine import layout

BELOW, MIDDLE, ABOVE = "#214e9c", "#f7f7f5", "#b2242b"
LEAST, GREATEST = "#f7f7f5", "#0b3d66"
MOST_WRITTEN = 16
"""Rows and columns up to which numbers are written into the cells."""
MOST_NAMES = 40
"""Names along a side; of more every second, third … is written."""
INK, LINE = "#202124", "#8b949e"
BOX = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.8}


def ends(matrix: Matrix) -> tuple[float, float]:
    """The values that the ends of its colours stand for, the lower below the upper."""
    low, high = matrix.scale or (float(matrix.values.min()), float(matrix.values.max()))
    if matrix.scale is None and matrix.centre is not None:
        reach = max(matrix.centre - low, high - matrix.centre)
        low, high = matrix.centre - reach, matrix.centre + reach
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def matrix(found: Matrix) -> bytes:
    """A matrix as PNG: colours with their scale, names at its sides, and the numbers where there is room for them."""
    from matplotlib.colors import LinearSegmentedColormap, Normalize, TwoSlopeNorm

    low, high = ends(found)
    n_rows, n_columns = found.values.shape
    figure = _figure(min(14.0, 2.6 + 0.42 * n_columns), min(14.0, 1.5 + 0.34 * n_rows))
    axis = figure.subplots()
    shades: tuple[str, ...] = (LEAST, GREATEST)
    norm = Normalize(low, high)
    if found.centre is not None and low < found.centre < high:
        shades, norm = (BELOW, MIDDLE, ABOVE), TwoSlopeNorm(found.centre, low, high)
    colours = LinearSegmentedColormap.from_list("house", shades)
    shown = axis.imshow(found.values, colours, norm, aspect="auto", interpolation="nearest")
    _named(axis.xaxis, found.columns)
    _named(axis.yaxis, found.rows)
    axis.tick_params(axis="x", rotation=0 if max(map(len, found.columns)) <= 6 else 90)
    if max(n_rows, n_columns) <= MOST_WRITTEN:
        _written(axis, found, shown)
    bar = figure.colorbar(shown, ax=axis, fraction=0.05, pad=0.02)
    bar.set_label("" if found.unit == "dimensionless" else found.unit, fontsize=8)
    bar.ax.tick_params(labelsize=7)
    bar.outline.set_visible(False)
    axis.set_title(found.title, fontsize=10, loc="left")
    axis.tick_params(labelsize=7, length=0)
    axis.spines[:].set_visible(False)
    return _png(figure)


def _named(axis: Any, names: Sequence[str]) -> None:
    every = -(-len(names) // MOST_NAMES)
    axis.set_ticks(range(0, len(names), every), names[::every])


def _written(axis: Any, found: Matrix, shown: Any) -> None:
    for row, values in enumerate(found.values.tolist()):
        for column, value in enumerate(values):
            red, green, blue, _ = shown.cmap(shown.norm(value))
            dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
            colour = "white" if dark else INK
            axis.text(column, row, short(value), ha="center", va="center", color=colour, fontsize=6)


def short(value: float) -> str:
    """A number in at most six characters or so, as it is written into a cell."""
    if value == 0 or 0.001 <= abs(value) < 100:
        return f"{value:.2f}" if abs(value) >= 0.01 else f"{value:.3f}" if value else "0"
    return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")


def graph(found: Graph) -> bytes:
    """A graph as PNG: nodes with their labels, arrows as broad as their weights."""
    from matplotlib.patches import FancyArrowPatch

    places = layout.layered(found) if found.layered else layout.circle(found)
    bend = 0.0 if found.layered else 0.12
    deep = len({y for _, y in places.values()}) if found.layered else 7
    figure = _figure(9.0, min(14.0, 1.2 + 0.9 * deep))
    axis = figure.subplots()
    sizes = {node.name: 13 * math.sqrt(max(node.size, 0.05)) for node in found.nodes}
    heaviest = max((abs(edge.weight) for edge in found.edges), default=1.0) or 1.0
    for edge in found.edges:
        if edge.source == edge.target:
            continue
        start, end = places[edge.source], places[edge.target]
        axis.add_patch(
            FancyArrowPatch(
                start, end, arrowstyle="-|>", mutation_scale=9, color=LINE, lw=0.4 + 2.2 * abs(edge.weight) / heaviest,
                connectionstyle=f"arc3,rad={bend}", alpha=0.85,
                shrinkA=sizes[edge.source] / 2 + 1, shrinkB=sizes[edge.target] / 2 + 2,
            )
        )  # fmt: skip
        if edge.label:
            x, y = _along(start, end, bend)
            axis.text(x, y, edge.label, fontsize=6, color=INK, ha="center", va="center", bbox=BOX, zorder=2)
    for node in found.nodes:
        x, y = places[node.name]
        colour = found.palette[node.kind].rgb
        axis.plot([x], [y], "o", ms=sizes[node.name], color=colour, mec="white", mew=1, zorder=3)
        _label(axis, node.label, x, y, sizes[node.name], round_about=not found.layered)
    axis.set_title(found.title, fontsize=10, loc="left")
    axis.set_axis_off()
    if found.layered:
        axis.margins(0.12)
    else:
        axis.set(aspect="equal", xlim=(-1.7, 1.7), ylim=(-1.15, 1.15))
    return _png(figure)


def _label(axis: Any, text: str, x: float, y: float, size: float, *, round_about: bool) -> None:
    """The label of a node: outside the circle, or below a node of a generation."""
    away = size / 2 + 3
    dx, dy = (x * away, y * away) if round_about else (0.0, -away)
    side = "left" if dx > 1 else "right" if dx < -1 else "center"
    above = "center" if abs(dx) > 1 else "bottom" if dy > 0 else "top"
    at = {"xy": (x, y), "xytext": (dx, dy), "textcoords": "offset points"}
    axis.annotate(text, fontsize=7, color=INK, ha=side, va=above, zorder=4, bbox=BOX, **at)


def _along(start: layout.Place, end: layout.Place, bend: float) -> layout.Place:
    """Where the label of an arrow stands: a third of the way, on the curve that matplotlib's arc3 draws."""
    (x, y), (to_x, to_y) = start, end
    over = ((x + to_x) / 2 + bend * (to_y - y), (y + to_y) / 2 - bend * (to_x - x))
    return (4 * x + 4 * over[0] + to_x) / 9, (4 * y + 4 * over[1] + to_y) / 9


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _png(figure: Any) -> bytes:
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=130)
    return drawn.getvalue()
