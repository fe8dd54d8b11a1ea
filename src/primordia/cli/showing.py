"""Findings in a terminal: tables and texts as they are, pictures as half blocks, matrices thinned, arrows listed."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from primordia.cli import printing
from primordia.core.findings import Animation, Chart, Finding, Graph, Matrix, Picture, Table
from primordia.engine import looking

MOST_STRIDE = 8
"""A picture of which fewer than every eighth pixel could be shown is not drawn."""
MOST_LINES = 64
MOST_POINTS = 16
MOST_NUMBERS = 12
"""Rows and columns of a matrix that are shown; of more every second, third …"""
MOST_ARROWS = 40
HALF_BLOCK = "▀"


def show(finding: Finding, file: Path | None) -> None:
    """Print one finding, and where it was saved if it was."""
    from rich.text import Text

    parts = [printing.heading(finding.title)]
    if isinstance(finding, Table):
        parts.append(_table(finding))
    elif isinstance(finding, Chart):
        parts.append(_table(_points(finding)))
    elif isinstance(finding, Picture):
        parts += _drawn(finding, file)
    elif isinstance(finding, Matrix):
        parts += _numbers(finding)
    elif isinstance(finding, Graph):
        parts += _arrows(finding)
    elif isinstance(finding, Animation):
        parts.append(Text(_film(finding, file)))
    else:
        parts.append(Text(finding.text))
    if finding.note:
        parts.append(Text(finding.note, style="dim"))
    printing.show(*parts)
    if file is not None:
        print(f"saved as {file}", flush=True)


def as_json(finding: Finding, saved: Mapping[str, Any] | None) -> dict[str, Any]:
    """One finding as a JSON value: what a run's findings.json holds of it; pixels only where no file has them."""
    if saved is not None:
        return dict(saved)
    entry: dict[str, Any] = {"title": finding.title, "note": finding.note}
    if isinstance(finding, Table):
        return {**entry, "kind": "table", "columns": list(finding.columns), "rows": [list(row) for row in finding.rows]}
    if isinstance(finding, Picture):
        legend = [[colour.meaning, colour.rgb] for colour in finding.palette]
        return {**entry, "kind": "picture", "legend": legend, "pixels": finding.pixels.tolist()}
    if isinstance(finding, Chart):
        return {**entry, "kind": "chart", **looking.chart_entry(finding)}
    if isinstance(finding, Matrix):
        return {**entry, "kind": "matrix", **looking.matrix_entry(finding)}
    if isinstance(finding, Graph):
        return {**entry, "kind": "graph", **looking.graph_entry(finding)}
    if isinstance(finding, Animation):
        legend = [[colour.meaning, colour.rgb] for colour in finding.palette]
        film = {"legend": legend, "per_second": finding.per_second, "frames": finding.frames.tolist()}
        return {**entry, "kind": "animation", **film}
    return {**entry, **dataclasses.asdict(finding), "kind": "text"}


def _film(film: Animation, file: Path | None) -> str:
    n_frames, height, width = film.frames.shape
    keep = "; --save FOLDER keeps it as GIF" if file is None else ""
    return f"a film of {n_frames} frames of {width} x {height} pixels{keep}"


def _points(chart: Chart) -> Table:
    """Some points of a chart as a table: a row for each place on the axis, a column for each line."""
    lines = [dict(points) for points in chart.lines.values()]
    places = sorted({x for line in lines for x in line})
    stride = -(-len(places) // MOST_POINTS)
    shown = places[::stride] if stride > 1 else places
    if shown and shown[-1] != places[-1]:
        shown = [*shown, places[-1]]
    rows = tuple((x, *(line.get(x) for line in lines)) for x in shown)
    return Table(chart.title, (chart.x, *chart.lines), rows)


def _numbers(found: Matrix) -> list[Any]:
    """The matrix as a table, thinned out until it fits."""
    from rich.text import Text

    down, across = (-(-n // MOST_NUMBERS) for n in found.values.shape)
    rows = tuple(
        (name, *values)
        for name, values in zip(found.rows[::down], found.values[::down, ::across].tolist(), strict=True)
    )
    said = "" if found.unit == "dimensionless" else f"in {found.unit}; "
    if max(down, across) > 1:
        height, width = found.values.shape
        said += f"row 1 of every {down} and column 1 of every {across} of {height} x {width}"
    shown = [_table(Table(found.title, ("", *found.columns[::across]), rows))]
    return [*shown, Text(said.removesuffix("; "))] if said else shown


def _arrows(found: Graph) -> list[Any]:
    """The arrows, the heaviest first, and nodes without any."""
    from rich.text import Text

    labels = {node.name: node.label or node.name for node in found.nodes}
    edges = sorted(found.edges, key=lambda edge: -abs(edge.weight))
    lines = [(labels[edge.source], "→", labels[edge.target], edge.weight, edge.label) for edge in edges[:MOST_ARROWS]]
    shown: list[Any] = (
        [_table(Table(found.title, ("from", "", "to", "weight", "label"), tuple(lines)))] if lines else []
    )
    if len(edges) > MOST_ARROWS:
        shown.append(Text(f"the {MOST_ARROWS} heaviest of {len(edges):,} arrows"))
    met = {end for edge in edges for end in (edge.source, edge.target)}
    alone = [label for name, label in labels.items() if name not in met]
    return [*shown, Text(f"without arrows: {', '.join(alone)}")] if alone else shown


def _table(found: Table) -> Any:
    numbers = {
        column
        for index, column in enumerate(found.columns)
        if any(isinstance(row[index], int | float) and not isinstance(row[index], bool) for row in found.rows)
    }
    rows = [[_cell(cell) for cell in row] for row in found.rows]
    return printing.table(found.columns, rows, right=tuple(numbers))


def _cell(cell: Any) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return printing.number(cell)


def _drawn(picture: Picture, file: Path | None) -> list[Any]:
    """The picture in half blocks, two pixels of a column to a character, thinned out until it fits; or a hint."""
    from rich.text import Text

    height, width = picture.pixels.shape
    size = f"{width} x {height} pixels"
    stride = max(-(-width // shutil.get_terminal_size().columns), -(-height // (2 * MOST_LINES)), 1)
    if not printing.on_terminal() or stride > MOST_STRIDE:
        if file is None:
            return [Text(f"a picture of {size}; --save FOLDER keeps it as PNG")]
        return [Text(f"a picture of {size}"), _legend(picture)]
    pixels = picture.pixels[::stride, ::stride]
    colours = [colour.rgb for colour in picture.palette]
    lines = Text()
    for row in range(0, len(pixels), 2):
        below = pixels[row + 1] if row + 1 < len(pixels) else pixels[row]
        for upper, lower in zip(pixels[row], below, strict=True):
            lines.append(HALF_BLOCK, style=f"{colours[upper]} on {colours[lower]}")
        lines.append("\n")
    lines.rstrip()
    return [lines, _legend(picture), *([Text(f"every {stride}th pixel of {size}")] if stride > 1 else [])]


def _legend(picture: Picture) -> Any:
    """What the colours that occur mean; where text has no colour, their numbers."""
    from rich.text import Text

    shown = [picture.palette[index] for index in sorted(set(picture.pixels.ravel().tolist()))]
    if printing.on_terminal():
        return Text.assemble(*((f"■ {colour.meaning}  ", colour.rgb) for colour in shown))
    return Text(", ".join(f"{colour.rgb} {colour.meaning}" for colour in shown))
