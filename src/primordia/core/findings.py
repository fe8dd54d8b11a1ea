"""What an experiment can say about a state beyond numbers: tables, texts, charts, pictures and films for people."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from primordia.core.errors import ContractError
from primordia.core.views import Colour, View


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows under named columns; `note` says how to read it. Cells are text, numbers or truth values."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | bool | None, ...], ...]
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Text:
    """A monospaced text, such as a disassembly."""

    title: str
    text: str
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Picture:
    """Palette indices, axes [row, column], with what each index means."""

    title: str
    pixels: np.ndarray[Any, np.dtype[np.uint8]]
    palette: tuple[Colour, ...]
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Chart:
    """Lines over a common axis, such as a loss by position beside that of the best predictor.

    Args:
        title: what is shown.
        x: the name of the horizontal axis, with its unit.
        y: the name of the vertical axis, with its unit.
        lines: name -> ((x, y), …), finite numbers; drawn in order, the first is the one to look at.
        note: how to read it.
        log_x: whether the horizontal axis is logarithmic.
        log_y: whether the vertical axis is.
        bands: name of a line -> ((x, low, high), …), drawn as a shade of its colour: quartiles over seeds, say.
    """

    title: str
    x: str
    y: str
    lines: Mapping[str, tuple[tuple[float, float], ...]]
    note: str = ""
    log_x: bool = False
    log_y: bool = False
    bands: Mapping[str, tuple[tuple[float, float, float], ...]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Animation:
    """A film of palette indices, such as the replay of an episode.

    Args:
        title: what is shown.
        frames: axes [frame, row, column], at least one frame.
        palette: what each index means.
        note: how to read it.
        per_second: frames a second, from 1 to 50.
    """

    title: str
    frames: np.ndarray[Any, np.dtype[np.uint8]]
    palette: tuple[Colour, ...]
    note: str = ""
    per_second: int = 8


@dataclasses.dataclass(frozen=True)
class Matrix:
    """Numbers in rows and columns, such as attention by head, shown as colours that can be read off.

    Args:
        title: what is shown.
        values: float [row, column], finite.
        rows: a name for each row.
        columns: a name for each column.
        unit: of the values, or "dimensionless".
        centre: the value from which colours go two ways, such as 0 for weights; None where they go one way.
        note: how to read it.
        scale: the values that the ends of the colours stand for, so that matrices can be compared by eye; None: the
            least and the greatest here, or where there is a centre the farthest from it, both ways.
    """

    title: str
    values: np.ndarray[Any, np.dtype[np.floating[Any]]]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    unit: str = "dimensionless"
    centre: float | None = None
    note: str = ""
    scale: tuple[float, float] | None = None


@dataclasses.dataclass(frozen=True)
class Node:
    """A node of a graph: a name of its own, what to write, its size (1 is usual), and an index into the palette."""

    name: str
    label: str
    size: float = 1.0
    kind: int = 0


@dataclasses.dataclass(frozen=True)
class Edge:
    """An arrow from the node of one name to that of another; `weight` is its breadth (1 is usual)."""

    source: str
    target: str
    weight: float = 1.0
    label: str = ""


@dataclasses.dataclass(frozen=True)
class Graph:
    """Nodes and arrows, such as a family tree or who beats whom.

    Args:
        title: what is shown.
        nodes: each with a name of its own.
        edges: between those.
        palette: what the kinds of nodes mean.
        layered: whether arrows go from one generation to the next; else the nodes stand in a circle.
        note: how to read it.
    """

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    palette: tuple[Colour, ...]
    layered: bool = False
    note: str = ""


Finding: TypeAlias = Table | Text | Picture | Chart | Animation | Matrix | Graph


def pixels(finding: Finding) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The palette indices of a picture or film, all frames below one another; of anything else none."""
    if isinstance(finding, Picture):
        return finding.pixels
    if isinstance(finding, Animation):
        return finding.frames.reshape(-1, finding.frames.shape[-1])
    return np.zeros((0, 0), np.uint8)


def fault(finding: Any) -> str | None:
    """What keeps a finding from being kept and shown, in one sentence, or None."""
    if not isinstance(finding, Finding):
        kinds = "Table, Text, Picture, Chart, Animation, Matrix and Graph"
        return f"A finding is a {type(finding).__name__}; allowed: {kinds}."
    if sentence := unworded(finding.title, finding.note):
        return sentence
    if isinstance(finding, Table):
        return next((sentence for row in finding.rows if (sentence := _row_fault(finding, row))), None)
    if isinstance(finding, Chart):
        return _chart_fault(finding)
    if isinstance(finding, Matrix):
        return _matrix_fault(finding)
    if isinstance(finding, Graph):
        return _graph_fault(finding)
    if isinstance(finding, Animation):
        if finding.frames.ndim != 3 or not finding.frames.size:
            return f"Film {finding.title!r} is {list(finding.frames.shape)}; it needs [frame, row, column]."
        if not 1 <= finding.per_second <= 50:
            return f"Film {finding.title!r} shows {finding.per_second} frames a second; allowed: from 1 to 50."
    if isinstance(finding, Picture | Animation):
        try:
            View(lambda config, state: state, finding.palette, "").pixels(None, pixels(finding), finding.title)
        except ContractError as error:
            return str(error)
    return None


def unworded(title: Any, note: Any) -> str | None:
    """What is wrong with a title and a note that people will read, in one sentence, or None."""
    worded = isinstance(title, str) and isinstance(note, str)
    return None if worded else f"A finding has the title {title!r} and the note {note!r}; both must be text."


def _row_fault(table: Table, row: tuple[Any, ...]) -> str | None:
    said = f"Table {table.title!r} has the row {row!r} under {len(table.columns)} columns"
    if len(row) != len(table.columns):
        return f"{said}; it needs a cell for each."
    if not all(cell is None or isinstance(cell, str | int | float) for cell in row):
        return f"{said}; cells are text, numbers or truth values of Python's own, or None."
    return None


def _chart_fault(chart: Chart) -> str | None:
    if not chart.bands.keys() <= chart.lines.keys():
        return (
            f"Chart {chart.title!r} has a band for {sorted(chart.bands.keys() - chart.lines.keys())}, not for a line."
        )
    for line, points in (*chart.lines.items(), *chart.bands.items()):
        if not points or not all(math.isfinite(value) for point in points for value in point):
            return f"Chart {chart.title!r} has the line {line!r}; it needs points, and finite numbers."
    return None


def _matrix_fault(matrix: Matrix) -> str | None:
    shape = (len(matrix.rows), len(matrix.columns))
    if matrix.values.shape != shape or not matrix.values.size:
        return f"Matrix {matrix.title!r} is {list(matrix.values.shape)} under names for {list(shape)}; they must agree."
    if not (np.isfinite(matrix.values).all() and math.isfinite(matrix.centre or 0.0)):
        return f"Matrix {matrix.title!r} holds numbers that are not finite."
    if matrix.scale and not -math.inf < matrix.scale[0] < matrix.scale[1] < math.inf:
        return f"Matrix {matrix.title!r} has the scale {list(matrix.scale)}; it needs two numbers, the lower first."
    return None


def _graph_fault(graph: Graph) -> str | None:
    known = {node.name for node in graph.nodes}
    if len(known) != len(graph.nodes) or not known:
        return f"Graph {graph.title!r} needs nodes, each with a name of its own."
    if lost := {end for edge in graph.edges for end in (edge.source, edge.target)} - known:
        return f"Graph {graph.title!r} has arrows to or from {sorted(lost)}, which are no nodes of it."
    if any(not 0 <= node.kind < len(graph.palette) for node in graph.nodes):
        return f"Graph {graph.title!r} has a node of a kind outside its palette of {len(graph.palette)}."
    if not all(map(math.isfinite, (*(node.size for node in graph.nodes), *(edge.weight for edge in graph.edges)))):
        return f"Graph {graph.title!r} has a size or a weight that is not finite."
    return None
