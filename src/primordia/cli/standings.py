"""How far a sweep is, as people read it: one picture for the live panel, for `sweep status` and for its following."""

from __future__ import annotations

import collections
import contextlib
import itertools
import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from primordia.cli import printing
from primordia.core.errors import StoreError
from primordia.engine.sweeps import standing as standings
from primordia.engine.sweeps import storemirror
from primordia.engine.sweeps.cells import Found
from primordia.engine.sweeps.plan import Plan
from primordia.engine.sweeps.standing import Standing
from primordia.engine.sweeps.sweepfolder import SWEEPS, SweepFolder

COLOURS = {"finished": "green", "running": "cyan", "failed": "red", "stopped": "yellow", "waiting": "bright_black"}
WORDS = {"finished": "done"}
MOST_POINTS = 40
MOST_RUNNING = 8
MOST_REASONS = 5
MOST_INDEXES = 8
MAX_WIDTH = 120
FRAME_WIDTH = 4
# See cli/panel.py: the terminal writes ^C after the last line.
ECHO_WIDTH = 2
PAUSE_SECONDS = 1.0
SHARE_OF_LOOKING = 0.05
"""Looking at the folders of a sweep takes at most this share of a processor, however many they are."""


class Watch:
    """A sweep's standing, looked at again from time to time; its panel as a renderable.

    Args:
        sweep: the sweep.
        plan: its plan.
        fetching: whether a copy of a sweep in a store is brought up to date here; a driver does that by itself.
    """

    def __init__(self, sweep: SweepFolder, plan: Plan, *, fetching: bool = False) -> None:
        self.sweep, self.plan, self.fetching = sweep, plan, fetching
        self.announcement = ""
        self.standing = self._look()

    def draw(self, console: Console) -> RenderableType:
        """The panel as it stands, after another look where one is due."""
        if time.monotonic() >= self._due:
            self.standing = self._look()
        width = min(console.width - ECHO_WIDTH, MAX_WIDTH) - FRAME_WIDTH
        parts: list[RenderableType] = [bar(self.standing, width), counts(self.standing)]
        parts += running(self.plan, self.standing)
        parts += [Text(line, "red", no_wrap=True, overflow="ellipsis") for line in failures(self.standing)]
        if self.announcement:
            parts.append(Text(self.announcement, "bold yellow"))
        title = Text.assemble((self.plan.experiment, "bold"), f" · {self.sweep.name}", style="default")
        return Panel(
            Group(*parts), title=title, title_align="left", box=box.ROUNDED, border_style="blue", padding=(0, 1),
            width=width + FRAME_WIDTH,
        )  # fmt: skip

    def look(self) -> Standing:
        """Look at the folders now."""
        self.standing = self._look()
        return self.standing

    def _look(self) -> Standing:
        began = time.monotonic()
        mirror = storemirror.of(self.sweep.path) if self.fetching else None
        if mirror:
            # What cannot be reached for a moment is shown as it was.
            with contextlib.suppress(StoreError):
                mirror.fetch()
        if (self.sweep.path / "plan.json").stat().st_mtime_ns != getattr(self, "_planned", None):
            self._planned = (self.sweep.path / "plan.json").stat().st_mtime_ns
            self.plan = self.sweep.plan()
        found = standings.standing(self.sweep, self.plan)
        now = time.monotonic()
        self._due = now + max(PAUSE_SECONDS, (now - began) / SHARE_OF_LOOKING)
        return found


def described(plan: Plan) -> str:
    """What a sweep computes, in a line."""
    n_points = len({cell.point for cell in plan.cells})
    n_seeds = len({cell.seed for cell in plan.cells})
    varied = f" · {plan.design.kind} over {', '.join(plan.axes)}" if plan.axes else ""
    cells = "1 cell" if len(plan.cells) == 1 else f"{len(plan.cells):,} cells"
    points = f"{n_points:,} {'point' if n_points == 1 else 'points'}"
    seeds = f"{n_seeds:,} {'seed' if n_seeds == 1 else 'seeds'}"
    preset = f" · {plan.preset}" if plan.preset else ""
    return f"{plan.experiment}{preset}{varied} · {points}, {seeds}: {cells}"


def named(sweep: SweepFolder, root: Path | str) -> str:
    """How a command names this sweep, with the option that goes with it."""
    url = storemirror.url_of(root)
    if url is None and sweep.path.parent != Path(root) / SWEEPS:
        return shlex.quote(str(sweep.path))
    root = url or str(root)
    return shlex.quote(sweep.name) + (f" --root {shlex.quote(root)}" if root != "runs" else "")


def bar(standing: Standing, width: int) -> RenderableType:
    """A bar of all cells, those that are over at its left, with the rate and the time left."""
    n, over = len(standing.found), standing.counts
    share = (over["finished"] + over["failed"]) / max(n, 1)
    told = f" {100 * share:3.0f} %  {over['finished'] + over['failed']:,}/{n:,} cells" + pace(standing)
    length = max(width - len(told), 8)
    done, failed = round(over["finished"] / max(n, 1) * length), round(over["failed"] / max(n, 1) * length)
    rest = max(length - done - failed, 0)
    return Text.assemble(("━" * done, "green"), ("━" * failed, "red"), ("━" * rest, "bright_black"), told, no_wrap=True)


def pace(standing: Standing) -> str:
    """Rate and time left, where they are known."""
    if standing.cells_per_second is None or standing.seconds_left is None:
        return ""
    rate = printing.number(60 * standing.cells_per_second)
    return f"  {rate} cells/min  {printing.duration(standing.seconds_left)} left"


def counts(standing: Standing) -> Text:
    """How many cells have which status."""
    parts: list[Any] = []
    for status in ("finished", "running", "stopped", "waiting", "failed"):
        number = standing.counts[status]  # type: ignore[index]
        if number or status in ("finished", "failed"):
            parts += [" · "] if parts else []
            parts.append((f"{WORDS.get(status, status)} {number:,}", COLOURS[status] if number else "bright_black"))
    return Text.assemble(*parts)


def running(plan: Plan, standing: Standing) -> list[Text]:
    """A line for each cell that runs now: what it is, and how far."""
    steps = int(plan.schedule["steps"])
    now = [one for one in standing.found if one.status == "running"]
    lines = []
    for one in now[:MOST_RUNNING]:
        values = [f"{key}={plan_value(plan, one, key)}" for key in plan.axes]
        text = "  ".join([f"{one.cell.index:>7}", f"{one.step:,}/{steps:,}", *values, f"seed={one.cell.seed}"])
        lines.append(Text(text, "cyan", no_wrap=True, overflow="ellipsis"))
    if len(now) > MOST_RUNNING:
        lines.append(Text(f"         and {len(now) - MOST_RUNNING:,} more", "cyan"))
    return lines


def plan_value(plan: Plan, found: Found, key: str) -> str:
    """The value of a setting in a cell, as people read it."""
    value = found.cell.settings.get(key, plan.config[key])
    # As it was asked for, 0.1 and not 0.1000; a drawn value to so many digits that points can be told apart.
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def failures(standing: Standing) -> list[str]:
    """A line for each reason why cells failed, with their numbers."""
    reasons = standing.failures
    lines = []
    for reason, failed in itertools.islice(reasons.items(), MOST_REASONS):
        shown = ", ".join(str(one.cell.index) for one in failed[:MOST_INDEXES])
        more = f", … ({len(failed)} in all)" if len(failed) > MOST_INDEXES else ""
        lines.append(f"{'cells' if len(failed) > 1 else 'cell'} {shown}{more} failed: {' '.join(reason.split())}")
    if len(reasons) > MOST_REASONS:
        lines.append(f"and {len(reasons) - MOST_REASONS} more reasons; --json lists them all")
    return lines


def points(plan: Plan, standing: Standing) -> Table:
    """A row for each point of the plan: its settings, and how many of its cells have which status."""
    cells: dict[int, list[Found]] = collections.defaultdict(list)
    for one in standing.found:
        cells[one.cell.point].append(one)
    statuses = ("finished", "running", "stopped", "waiting", "failed")
    rows: list[Sequence[Any]] = []
    for found in itertools.islice(cells.values(), MOST_POINTS):
        tally = collections.Counter(one.status for one in found)
        values = [plan_value(plan, found[0], key) for key in plan.axes]
        shown = [Text(f"{tally[status]:,}", COLOURS[status]) if tally[status] else "–" for status in statuses]
        rows.append([*values, *shown, f"{len(found):,}"])
    columns = [*plan.axes, *(WORDS.get(status, status) for status in statuses), "cells"]
    return printing.table(columns, rows, right=columns)
