"""What a number in a row means, and which lines in it are worth an event."""

from __future__ import annotations

import dataclasses
import numbers
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

from primordia.core.errors import ContractError

Row: TypeAlias = Mapping[str, float | int]


def plain(name: str, value: Any) -> float | int:
    """A number as Python's own, also where NumPy made it; `ContractError` when it is none."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        kind = type(value).__name__
        raise ContractError(f"Metric {name} is a {kind}; allowed are finite numbers, and int(...) of a truth value.")
    return int(value) if isinstance(value, numbers.Integral) else float(value)


@dataclasses.dataclass(frozen=True)
class Metric:
    """A declared scalar.

    Args:
        unit: its unit, or "dimensionless".
        direction: which way is "more": "up", "down" or "none" when neither is better.
        meaning: one sentence that a newcomer understands, with its source if the paper defines it.
        needs: the setting, or property of the config, that must be on for rows to have it; empty if all rows do.
    """

    unit: str
    direction: Literal["up", "down", "none"]
    meaning: str
    needs: str = ""


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


def watched(transitions: Mapping[str, Transition]) -> list[str]:
    """The metrics that transitions watch, each once, in the order of the transitions."""
    return list(dict.fromkeys(transition.metric for transition in transitions.values()))


def crossings(
    transitions: Mapping[str, Transition], rows: Iterable[Row], known: Mapping[str, int] | None = None
) -> dict[str, int]:
    """The step of the first row that shows each transition, by name and in order; only those that happened.

    Args:
        transitions: what to look for.
        rows: in the order of their steps, each with the key "step".
        known: what was crossed before these rows.
    """
    found = dict(known or {})
    for row in rows:
        for name, transition in transitions.items():
            if name not in found and transition.crossed(row):
                found[name] = int(row["step"])
    return found
