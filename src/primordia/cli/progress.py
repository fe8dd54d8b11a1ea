"""What a watcher knows about a run in progress: rate, time left, phase, and the course of every metric."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from typing import Any

from primordia.core import metrics
from primordia.core.metrics import Row
from primordia.engine import catalogue, interventions
from primordia.engine.folder import Opened

RATE_SECONDS = 4.0
"""The rate is an average that forgets with this time constant."""
KEPT = 512


class Course:
    """The values of one metric over a whole run, thinned evenly so that long runs cost no more than short ones."""

    def __init__(self) -> None:
        self._kept: list[float] = []
        self._latest = math.nan
        self._seen = 0
        self._stride = 1

    def add(self, value: float) -> None:
        """The next value."""
        if self._seen % self._stride == 0:
            self._kept.append(value)
            if len(self._kept) > KEPT:
                self._kept = self._kept[::2]
                self._stride *= 2
        self._seen += 1
        self._latest = value

    def values(self) -> list[float]:
        """At most about `KEPT` values at even distances, and the latest."""
        missed = (self._seen - 1) % self._stride if self._seen else 0
        return [*self._kept, self._latest] if missed else list(self._kept)


class Progress:
    """Everything shown about one run, updated by the loop's callbacks.

    Args:
        run: the run.
        step: completed steps at the beginning.
        rows: the rows already written.
    """

    def __init__(self, run: Opened, step: int, rows: Iterable[Row]) -> None:
        self.run, self.step = run, step
        self.began_at = step
        self.rate = 0.0
        self.names = catalogue.main_metrics(run.experiment)
        self.row: Row = {}
        self.previous: Row = {}
        self.courses = {name: Course() for name in self.names}
        self.crossed = run.crossings(())
        self._clock: float | None = None
        self._weight = 0.0
        for row in rows:
            self.add_row(row)

    def advance(self, step: int) -> None:
        """The run has completed `step` steps by now."""
        now = time.monotonic()
        if self._clock is not None:
            seconds = max(now - self._clock, 1e-6)
            forget = math.exp(-seconds / RATE_SECONDS)
            # The weight makes the first values count fully instead of starting from a rate of zero.
            self._weight = self._weight * forget + (1 - forget)
            self.rate += ((step - self.step) / seconds - self.rate) * (1 - forget) / self._weight
        self._clock, self.step = now, step

    def add_row(self, row: Row) -> None:
        """A row was written."""
        self.previous, self.row = self.row, row
        for name, course in self.courses.items():
            if name in row:
                course.add(float(row[name]))
        self.crossed = metrics.crossings(self.run.experiment.transitions, [row], self.crossed)

    @property
    def target(self) -> int:
        """The step at which the run ends as things stand."""
        rule = self.run.schedule.stop_rule()
        if rule and rule[0] in self.crossed:
            return min(self.run.schedule.steps, self.crossed[rule[0]] + rule[1])
        return self.run.schedule.steps

    @property
    def seconds_left(self) -> float:
        """Time to the target at the present rate; infinite while there is no rate."""
        return max(self.target - self.step, 0) / self.rate if self.rate > 0 else math.inf

    @property
    def phase(self) -> str | None:
        """What the transition crossed last leads to, or what the first one starts from; None without transitions."""
        transitions = self.run.experiment.transitions
        if not transitions:
            return None
        if not self.crossed:
            return next(iter(transitions.values())).before
        return transitions[max(self.crossed, key=lambda name: self.crossed[name])].after

    def trend(self, name: str) -> int:
        """1 when the metric rose from the row before, -1 when it fell, 0 otherwise."""
        if name not in self.row or name not in self.previous:
            return 0
        return (self.row[name] > self.previous[name]) - (self.row[name] < self.previous[name])

    @property
    def rate_text(self) -> str:
        """The rate as people read it."""
        word = self.run.experiment.step_word
        if self.rate <= 0:
            return f"– {word}s/s"
        return f"{self.rate:,.0f} {word}s/s" if self.rate >= 100 else f"{self.rate:.3g} {word}s/s"


def event_text(event: Mapping[str, Any]) -> str:
    """An event of a run as a short sentence."""
    kind = str(event["event"])
    if kind == "transition":
        return f"transition {event['name']}: {event['metric']} = {event['value']:.4g}"
    if kind == "forked":
        changed = ", ".join(f"{key}={value}" for key, value in dict(event.get("changed", {})).items())
        return f"forked from {event['parent']}" + (f" with {changed}" if changed else "")
    if kind == "intervention":
        return interventions.said(event)
    return ending_text(kind, event.get("reason"))


def ending_text(status: str, reason: str | None) -> str:
    """A status with its reason, without saying the same word twice."""
    if not reason:
        return status
    return reason if reason.startswith(status) else f"{status}: {reason}"
