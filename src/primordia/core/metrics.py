"""What a number in a row means, and which lines in it are worth an event."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal, TypeAlias

Row: TypeAlias = Mapping[str, float | int]


@dataclasses.dataclass(frozen=True)
class Metric:
    """A declared scalar.

    Args:
        unit: its unit, or "dimensionless".
        direction: which way is "more": "up", "down" or "none" when neither is better.
        meaning: one sentence that a newcomer understands, with its source if the paper defines it.
    """

    unit: str
    direction: Literal["up", "down", "none"]
    meaning: str


@dataclasses.dataclass(frozen=True)
class Transition:
    """A line in a metric whose first crossing is an event of the run.

    Args:
        metric: the declared metric that is watched.
        threshold: the line; the crossing counts from the first row at or beyond it.
        rising: whether the metric must reach the line from below (True) or from above.
        before: what to call the phase before the crossing, for people.
        after: what to call the phase after it.
        meaning: one sentence, with the source of the threshold.
    """

    metric: str
    threshold: float
    meaning: str
    rising: bool = True
    before: str = "before"
    after: str = "after"

    def crossed(self, row: Row) -> bool:
        """Whether this row lies at or beyond the line."""
        if self.metric not in row:
            return False
        value = row[self.metric]
        return value >= self.threshold if self.rising else value <= self.threshold
