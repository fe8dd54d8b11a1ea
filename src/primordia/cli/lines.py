"""A run off the terminal: one plain line per row and per event, for logs and pipes."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from typing import Any

from primordia.cli import printing
from primordia.cli.progress import Progress, event_text
from primordia.core.metrics import Row
from primordia.engine.folder import Opened
from primordia.engine.observer import Outcome

SHOWN_METRICS = 4


class Lines:
    """An observer that prints.

    Args:
        quiet: print only the run's folder.
        silent: print nothing at all.
    """

    def __init__(self, *, quiet: bool = False, silent: bool = False) -> None:
        self.quiet, self.silent = quiet or silent, silent
        self.run: Opened | None = None
        self._progress: Progress | None = None
        self._width = 1

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def started(self, run: Opened, step: int, rows: list[dict[str, Any]]) -> None:
        """Print the run's folder."""
        self.run = run
        self._progress = Progress(run, step, rows)
        self._width = len(str(run.schedule.steps))
        if not self.silent:
            self._print(str(run.folder.path))

    def progressed(self, step: int, steps_per_second: float) -> None:
        """Remember the rate."""
        if self._progress:
            self._progress.advance(step)

    def row_written(self, row: Row) -> None:
        """Print step, main metrics and rate."""
        if self._progress is None or self.quiet:
            return
        self._progress.add_row(row)
        metrics = self._progress.run.experiment.metrics
        parts = [
            f"{name} {printing.quantity(row[name], metrics[name].unit)}"
            for name in self._progress.names[:SHOWN_METRICS]
            if name in row
        ]
        rate = [self._progress.rate_text] if self._progress.rate > 0 else []
        self._print(f"{self._step(row['step'])}  " + "  ".join([*parts, *rate]))

    def event_noted(self, event: Mapping[str, Any]) -> None:
        """Print an event; the last one is told by the closing lines."""
        if not self.quiet and event["event"] not in ("finished", "interrupted", "failed"):
            self._print(f"{self._step(event['step'])}  * {event_text(event)}")

    def ended(self, outcome: Outcome) -> None:
        """Nothing; the closing lines follow."""

    def announce(self, sentence: str) -> None:
        """Say something about the run that is not part of its record."""
        with contextlib.suppress(OSError):
            print(sentence, file=sys.stderr, flush=True)

    def _step(self, step: Any) -> str:
        return f"{step:>{self._width}}"

    def _print(self, line: str) -> None:
        # A reader that has gone away must not end the run, which is worth more than its log.
        with contextlib.suppress(BrokenPipeError):
            print(line, flush=True)
