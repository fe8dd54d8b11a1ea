"""Who watches a run: the terminal panel, plain lines, a test. The run neither waits for them nor knows them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, Protocol

from primordia.core.metrics import Row
from primordia.engine.folder import Opened, RunFolder


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a call to the engine ended.

    Args:
        folder: the run.
        status: "finished", "interrupted" (resumable) or "failed" (resumable once the reason is gone).
        step: completed steps.
        reason: why it ended, in a sentence.
    """

    folder: RunFolder
    status: Literal["finished", "interrupted", "failed"]
    step: int
    reason: str


class Observer(Protocol):
    """Callbacks of the loop, in the loop's own thread; they must return quickly and must not raise."""

    def started(self, run: Opened, step: int, rows: list[dict[str, Any]]) -> None:
        """The loop begins at `step`; `rows` are those already written."""

    def progressed(self, step: int, steps_per_second: float) -> None:
        """Some steps were done; at most about five times a second."""

    def row_written(self, row: Row) -> None:
        """A row of metrics was written."""

    def event_noted(self, event: Mapping[str, Any]) -> None:
        """Something was added to the run's events."""

    def ended(self, outcome: Outcome) -> None:
        """The loop is over; everything is on disk."""


class Unwatched:
    """An observer that looks away."""

    def started(self, run: Opened, step: int, rows: list[dict[str, Any]]) -> None:
        """Nothing."""

    def progressed(self, step: int, steps_per_second: float) -> None:
        """Nothing."""

    def row_written(self, row: Row) -> None:
        """Nothing."""

    def event_noted(self, event: Mapping[str, Any]) -> None:
        """Nothing."""

    def ended(self, outcome: Outcome) -> None:
        """Nothing."""
