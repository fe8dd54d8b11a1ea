"""One picture of a film: the view, the step in words, and beside it the curves as far as they have come."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, final

import numpy as np

from primordia.observatory.exports import axes, ink
from primordia.observatory.exports.axes import Axis
from primordia.observatory.exports.curves import Curve
from primordia.observatory.exports.ink import Inks, Pixels

MARGIN, GAP = 20, 24
PANEL_LEAST, PANEL_MOST = 320, 440
PLOT_LEAST = 150
WIDE = 1.6
"""A picture so many times wider than high has its curves below it, else they stand beside it."""


class Box(NamedTuple):
    """A place on a page, in pixels."""

    top: int
    left: int
    rows: int
    columns: int


@final
class Plate:
    """Draws the pages of one film, all of one size.

    Args:
        inks: whose palette the pages have.
        shape: rows and columns of the picture, enlarged.
        title: above the step, such as the experiment and its seed.
        step_word: what a step is called.
        drawn: the curves; at least one.
        ends: the first and the last step of the curves.
    """

    def __init__(
        self,
        inks: Inks,
        shape: tuple[int, int],
        *,
        title: str,
        step_word: str,
        drawn: Sequence[Curve],
        ends: tuple[int, int],
    ) -> None:
        self.inks, self.shape, self.title, self.word = inks, shape, title, step_word
        self.drawn = list(drawn)
        self.across = Axis(ends[0], max(ends[1], ends[0] + 1))
        rows, columns = shape
        self.beside = columns <= WIDE * rows
        panel = min(max(columns, PANEL_LEAST), PANEL_MOST) if self.beside else max(columns, PANEL_LEAST)
        least = 56 + PLOT_LEAST * len(self.drawn)
        height = max(rows, least) if self.beside else least
        if self.beside:
            self.picture = Box(MARGIN + (height - rows) // 2, MARGIN, rows, columns)
            self.panel = Box(MARGIN, MARGIN + columns + GAP, height, panel)
        else:
            self.picture = Box(MARGIN, MARGIN + (panel - columns) // 2, rows, columns)
            self.panel = Box(MARGIN + rows + GAP // 2, MARGIN, height, panel)
        whole = Box(0, 0, self.panel.top + height + MARGIN, self.panel.left + panel + MARGIN)
        # Even, because films of other kinds need it.
        self.empty = inks.page(whole.rows + whole.rows % 2, whole.columns + whole.columns % 2)
        self._furnish()

    def page(self, pixels: Pixels, t: int) -> Pixels:
        """The page after `t` steps; `pixels` are the indices of the picture, enlarged."""
        page = self.empty.copy()
        top, left, rows, columns = self.picture
        page[top : top + rows, left : left + columns] = pixels
        self.inks.write(page, f"{self.word} {t:,}", self.panel.top + 42, self.panel.left, size=24)
        for curve, box in zip(self.drawn, self._plots(), strict=True):
            self._draw(page, curve, box, t)
        return page

    def _plots(self) -> list[Box]:
        """Where the lines of each curve run, inside its axes."""
        each = (self.panel.rows - 56) // len(self.drawn)
        tops = [self.panel.top + 56 + each * place for place in range(len(self.drawn))]
        return [Box(top + 34, self.panel.left + 40, each - 34 - 24, self.panel.columns - 48) for top in tops]

    def _furnish(self) -> None:
        """What is the same on every page: title, axes and their numbers."""
        page, inks = self.empty, self.inks
        top, left, rows, columns = self.picture
        page[top - 1 : top + rows + 1, left - 1 : left + columns + 1] = inks.shade("faint")
        inks.write(page, self.title, self.panel.top + 12, self.panel.left, size=12, ink="soft")
        for curve, box in zip(self.drawn, self._plots(), strict=True):
            for tick in curve.up.ticks(max(3, box.rows // 40)):
                row = self._row(curve, box, tick)
                inks.blend(page, _rule(1, box.columns), "faint", row, box.left)
                inks.write(page, axes.written(tick), row + 4, box.left - 8, size=11, ink="soft", anchor="r")
            bottom = box.top + box.rows
            for tick in self.across.ticks(max(2, box.columns // 90)):
                column = box.left + round(self.across.place(tick) * box.columns)
                inks.write(page, axes.written(tick), bottom + 18, column, size=11, ink="soft", anchor="m")
            for line in curve.thresholds:
                if 0 < curve.up.place(line) < 1:
                    inks.blend(page, _dashes(1, box.columns, 3), "mark", self._row(curve, box, line), box.left)

    def _draw(self, page: Pixels, curve: Curve, box: Box, t: int) -> None:
        inks = self.inks
        past = [point for point in curve.points if point[0] <= t]
        # Adding nought makes of a rounded minus nought a plain one.
        now = f"{round(past[-1][1], _decimals(curve.up)) + 0.0:,.{_decimals(curve.up)}f}" if past else "…"
        taken = inks.write(page, curve.name, box.top - 14, self.panel.left, size=14, ink="soft")
        value = inks.write(page, now, box.top - 14, self.panel.left + taken + 8, size=14)
        if curve.unit:
            inks.write(page, curve.unit, box.top - 14, self.panel.left + taken + value + 14, size=12, ink="soft")
        for number, (name, step) in enumerate(item for item in curve.marks.items() if item[1] <= t):
            self._mark(page, box, name, step, number)
        placed = [
            (box.left + self.across.place(step) * box.columns, box.top + (1 - curve.up.place(value)) * box.rows)
            for step, value in past
        ]
        room = Box(box.top - 4, box.left - 4, box.rows + 8, box.columns + 8)
        inks.line(page, placed, room, width=2.2)
        if placed:
            inks.dot(page, *placed[-1], 4.0)

    def _mark(self, page: Pixels, box: Box, name: str, step: int, number: int) -> None:
        """A dashed line where a transition was crossed, and its name beside it, where there is room."""
        place = self.across.place(step)
        column = box.left + round(place * box.columns)
        self.inks.blend(page, _dashes(box.rows, 1, 4), "mark", box.top, column)
        late = place * box.columns + ink.width_of(name, 12) + 8 > box.columns
        at = column - 6 if late else column + 6
        row = box.top + 12 + 15 * number
        self.inks.write(page, name, row, at, size=12, ink="mark", anchor="r" if late else "l")

    def _row(self, curve: Curve, box: Box, value: float) -> int:
        return box.top + round((1 - curve.up.place(value)) * box.rows)


def _rule(rows: int, columns: int) -> Pixels:
    return np.full((rows, columns), 255, np.uint8)


def _dashes(rows: int, columns: int, length: int) -> Pixels:
    """A line of dashes, as long as the gaps between them."""
    along: Any = np.arange(rows)[:, None] + np.arange(columns)[None, :]
    dashed: Pixels = (255 * (along // length % 2 == 0)).astype(np.uint8)
    return dashed


def _decimals(axis: Axis) -> int:
    """So many that a number on this axis has about three digits that count, and does not jitter."""
    return max(0, 2 - math.floor(math.log10(max(abs(axis.high), abs(axis.low), 1e-12))))
