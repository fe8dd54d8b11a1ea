"""How far a sweep is: counts, rate and time left, as its folders tell at one moment."""

from __future__ import annotations

import dataclasses
import datetime
import statistics
from collections.abc import Sequence
from typing import final, get_args

from primordia.engine.sweeps.cells import CellStatus, Found
from primordia.engine.sweeps.plan import Plan
from primordia.engine.sweeps.sweepfolder import Look, SweepFolder

RECENT_SECONDS = 120.0
ENOUGH = 8
"""So many endings of late tell the rate better than the length of a cell does, which folders know to the second."""


@final
@dataclasses.dataclass(frozen=True)
class Standing:
    """A sweep at one moment.

    Args:
        found: what the folder of every cell says, by index.
        cells_per_second: that end while things go on as they do; None where nothing tells.
        seconds_left: until no cell is left at that rate; None where nothing tells.
    """

    found: Sequence[Found]
    cells_per_second: float | None
    seconds_left: float | None

    @property
    def counts(self) -> dict[CellStatus, int]:
        """How many cells have each status."""
        statuses = [one.status for one in self.found]
        return {status: statuses.count(status) for status in get_args(CellStatus)}

    @property
    def n_left(self) -> int:
        """Cells that another call would compute, those that run now included."""
        return sum(one.status in ("waiting", "running", "stopped") for one in self.found)

    @property
    def failures(self) -> dict[str, list[Found]]:
        """The failed cells by their reason, the most frequent reason first."""
        reasons: dict[str, list[Found]] = {}
        for one in self.found:
            if one.status == "failed":
                reasons.setdefault(one.reason or "it failed without a word", []).append(one)
        return dict(sorted(reasons.items(), key=lambda item: -len(item[1])))


def standing(sweep: SweepFolder, plan: Plan, at: datetime.datetime | None = None) -> Standing:
    """How far a sweep is; reads folders only, so that it may be asked anywhere and at any time.

    Args:
        sweep: where it is.
        plan: its plan.
        at: the time to measure from; None: now.
    """
    looks = sweep.looks(plan)
    rate = _rate(looks, at or datetime.datetime.now(datetime.UTC))
    steps = max(int(plan.schedule["steps"]), 1)
    left = 0.0
    for one in (look.found for look in looks):
        if one.status in ("waiting", "running", "stopped"):
            left += 1.0 - min(one.step / steps, 1.0)
    return Standing([look.found for look in looks], rate, left / rate if rate else None)


def _rate(looks: Sequence[Look], at: datetime.datetime) -> float | None:
    """Cells a second: those that ended of late, or else the running ones by the usual length of a cell."""
    n_running = sum(look.found.status == "running" for look in looks)
    if not n_running:
        return None
    ages = [(at - look.ended).total_seconds() for look in looks if look.ended and look.found.status == "finished"]
    recent = sorted(age for age in ages if 0 <= age <= RECENT_SECONDS)
    if len(recent) >= ENOUGH:
        return len(recent) / max(recent[-1], 1.0)
    lengths = [
        (look.ended - look.created).total_seconds()
        for look in looks
        if look.found.status == "finished" and look.created and look.ended
    ]
    return n_running / max(statistics.median(lengths), 1.0) if lengths else None
