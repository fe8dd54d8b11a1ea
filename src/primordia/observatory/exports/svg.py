"""Pictures and curves as SVG: cells as paths with crisp edges, lines as lines, words as text."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

import numpy as np

from primordia.core.errors import BadInputError
from primordia.core.views import Colour
from primordia.observatory.exports.axes import Axis, written
from primordia.observatory.exports.curves import Curve
from primordia.observatory.exports.ink import Pixels, width_of

MOST_RECTANGLES = 250_000
FONT_SIZE = 11
FONT = "font-family='DejaVu Sans, Helvetica, Arial, sans-serif'"
GROUND, INK, SOFT, FAINT = "#ffffff", "#1b2230", "#5b6475", "#d9dde5"
LINE, MARK = "#0072b2", "#d55e00"
LINE_HEIGHT, MARGIN, CURVE_HEIGHT = 18, 16, 170
NARROWEST = 320
"""The width of curves below a picture, at least."""


def rectangles(pixels: Pixels) -> list[tuple[int, int, int, int, int]]:
    """(index, row, column, rows, columns) of rectangles of one index each that cover all cells [row, column] once.

    Runs along a row, joined downwards where the rows below begin and end alike.
    """
    found: list[tuple[int, int, int, int, int]] = []
    above: dict[tuple[int, int, int], int] = {}
    for row, cells in enumerate(pixels):
        edges = np.flatnonzero(np.diff(cells)) + 1
        starts = [0, *edges.tolist()]
        ends = [*edges.tolist(), len(cells)]
        here: dict[tuple[int, int, int], int] = {}
        for start, end in zip(starts, ends, strict=True):
            key = (int(cells[start]), start, end)
            at = above.get(key)
            if at is None:
                at = len(found)
                found.append((key[0], row, start, 1, end - start))
            else:
                index, top, left, rows, columns = found[at]
                found[at] = (index, top, left, rows + 1, columns)
            here[key] = at
        above = here
    return found


def picture(
    pixels: Pixels, palette: Sequence[Colour], scale: int, *, title: str, source: str, curves: Sequence[str] = ()
) -> str:
    """A picture with title, legend of what occurs in it, curves below it, and where it comes from.

    Args:
        pixels: palette indices [row, column].
        palette: what they mean.
        scale: pixels to a cell.
        title: one line above it.
        source: one line at the bottom.
        curves: drawings as `curve` makes them, of the width of the picture.

    Raises:
        BadInputError: it would take more than `MOST_RECTANGLES` rectangles.
    """
    found = rectangles(pixels)
    if len(found) > MOST_RECTANGLES:
        raise BadInputError(
            f"As svg this picture takes {len(found):,} rectangles; allowed are {MOST_RECTANGLES:,}. "
            "Take png, or a part of it."
        )
    rows, columns = pixels.shape
    width = max(columns * scale, NARROWEST)
    top = MARGIN + LINE_HEIGHT + 8
    below = top + rows * scale + 12
    legend = [palette[index] for index in np.unique(pixels).tolist()]
    widest = max(width_of(colour.meaning, FONT_SIZE) for colour in legend)
    words = [_legend(legend, MARGIN + width + MARGIN, top), *_stacked(curves, MARGIN, below)]
    height = max(below + CURVE_HEIGHT * len(curves), top + len(legend) * LINE_HEIGHT) + LINE_HEIGHT + MARGIN
    return _document(
        2 * MARGIN + width + MARGIN + 18 + widest, height, title, source,
        [f"<g transform='translate({MARGIN} {top}) scale({scale})' shape-rendering='crispEdges'>",
         *_cells(found, palette), "</g>", *words],
    )  # fmt: skip


CURVE_HEIGHT = 170


def curve(drawn: Curve, step_word: str, width: int) -> str:
    """One metric over the steps in a frame `width` x `CURVE_HEIGHT`, with dashed marks at its transitions."""
    first, last = drawn.points[0][0], drawn.points[-1][0]
    across, up = Axis(first, max(last, first + 1)), drawn.up
    left, right, top, bottom = 52, width - 8, 26, CURVE_HEIGHT - 34

    def x(value: float) -> float:
        return left + across.place(value) * (right - left)

    def y(value: float) -> float:
        return bottom - up.place(value) * (bottom - top)

    name = f"{drawn.name}, {drawn.unit}" if drawn.unit else drawn.name
    parts = [f"<text x='0' y='12' font-size='12' fill='{INK}'>{escape(name)}</text>"]
    for tick in up.ticks(4):
        parts.append(f"<path d='M{left} {y(tick):.1f}H{right}' stroke='{FAINT}'/>")
        parts.append(_text(left - 6, y(tick) + 4, written(tick), anchor="end"))
    parts += [_text(x(tick), bottom + 16, written(tick), anchor="middle") for tick in across.ticks(6)]
    parts.append(_text(right, bottom + 30, step_word, anchor="end"))
    for number, (label, step) in enumerate(drawn.marks.items()):
        parts.append(f"<path d='M{x(step):.1f} {top}V{bottom}' stroke='{MARK}' stroke-dasharray='4 3'/>")
        late = across.place(step) > 0.7
        words = f"{label}, {step_word} {step:,}"
        place = x(step) + (-5 if late else 5)
        parts.append(_text(place, top + 10 + 12 * number, words, anchor="end" if late else "start", fill=MARK))
    joined = " ".join(f"{x(step):.1f},{y(value):.1f}" for step, value in drawn.points)
    parts.append(f"<polyline points='{joined}' fill='none' stroke='{LINE}' stroke-width='1.8'/>")
    return "".join(parts)


def alone(curves: Sequence[str], width: int, *, title: str, source: str) -> str:
    """Curves below one another, without a picture."""
    top = MARGIN + LINE_HEIGHT + 8
    height = top + CURVE_HEIGHT * len(curves) + LINE_HEIGHT + MARGIN
    return _document(width + 2 * MARGIN, height, title, source, _stacked(curves, MARGIN, top))


def _document(width: int, height: int, title: str, source: str, parts: Sequence[str]) -> str:
    return "\n".join([
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' viewBox='0 0 {width} {height}'",
        f" {FONT}>",
        f"<title>{escape(title)}</title>",
        f"<rect width='{width}' height='{height}' fill='{GROUND}'/>",
        f"<text x='{MARGIN}' y='{MARGIN + 12}' font-size='14' fill='{INK}'>{escape(title)}</text>",
        *parts,
        _text(MARGIN, height - MARGIN + 4, source),
        "</svg>",
        "",
    ])  # fmt: skip


def _cells(found: Sequence[tuple[int, int, int, int, int]], palette: Sequence[Colour]) -> list[str]:
    """A path for each colour that occurs, of all its rectangles."""
    by_index: dict[int, list[str]] = {}
    for index, row, column, rows, columns in found:
        by_index.setdefault(index, []).append(f"M{column} {row}h{columns}v{rows}h-{columns}z")
    return [f"<path fill='{palette[index].rgb}' d='{''.join(drawn)}'/>" for index, drawn in sorted(by_index.items())]


def _legend(entries: Sequence[Colour], left: int, top: int) -> str:
    lines = []
    for number, colour in enumerate(entries):
        y = top + number * LINE_HEIGHT
        lines.append(f"<rect x='{left}' y='{y}' width='12' height='12' fill='{colour.rgb}' stroke='{SOFT}'/>")
        lines.append(_text(left + 18, y + 10, colour.meaning, fill=INK))
    return "\n".join(lines)


def _stacked(curves: Sequence[str], left: int, top: int) -> list[str]:
    return [
        f"<g transform='translate({left} {top + CURVE_HEIGHT * number})'>{drawn}</g>"
        for number, drawn in enumerate(curves)
    ]


def _text(x: float, y: float, words: str, *, anchor: str = "start", fill: str = SOFT) -> str:
    placed = f"x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'"
    halo = f"stroke='{GROUND}' stroke-width='3' paint-order='stroke'"  # Readable over lines, too.
    return f"<text {placed} font-size='{FONT_SIZE}' fill='{fill}' {halo}>{escape(words)}</text>"
