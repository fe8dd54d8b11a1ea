"""Driving a sweep with somebody watching: the panel or the lines, Ctrl-C, and the closing words."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from primordia.cli import printing, standings
from primordia.cli.progress import ending_text
from primordia.core.errors import EXIT_CODES
from primordia.engine.sweeps import driver
from primordia.engine.sweeps.lock import DriverLock
from primordia.engine.sweeps.plan import Plan
from primordia.engine.sweeps.standing import standing as standing_of
from primordia.engine.sweeps.sweepfolder import SweepFolder

if TYPE_CHECKING:
    from primordia.engine.executors.executor import Executor
    from primordia.engine.sweeps.driver import Tally

FIRST = "the cells under way write a checkpoint and end; press Ctrl-C again to stop at once"
SECOND = "stopping at once"
FRAMES_PER_SECOND = 4


class View(Protocol):
    """Where it is shown how a sweep goes."""

    def __enter__(self) -> View: ...

    def __exit__(self, *_: object) -> None: ...

    def changed(self, tally: Tally) -> None:
        """A cell was begun or ended; in the driver's thread."""

    def announce(self, sentence: str) -> None:
        """Say something at once; in any thread."""


def drive(
    sweep: SweepFolder,
    executor: Executor,
    *,
    within: float | None,
    command: str,
    root: Path,
    quiet: bool,
    as_json: bool,
) -> int:
    """Drive a sweep, show how it goes, and say how it ended and what to type next; returns the exit code.

    Args:
        sweep: its folder.
        executor: computes the cells, and is closed here.
        within: seconds after which no cell is begun; None: no limit.
        command: as it was typed, for the records of the runs.
        root: where runs are kept, for the commands that are shown.
        quiet: only the first and the last lines.
        as_json: only one JSON value at the end.
    """
    plan, began = sweep.plan(), time.monotonic()
    try:
        try:
            with DriverLock(sweep.path):
                # Asked here too: a second driver is refused before anything is said.
                pass
            view = _view(sweep, plan, executor, quiet=quiet, as_json=as_json)
            with view, _signals_heard(view.announce):
                tally = driver.drive(sweep, executor, within=within, on_change=view.changed, command=command)
        finally:
            executor.close()
    except KeyboardInterrupt:
        go_on = f"`primordia sweep {standings.named(sweep, root)}`"
        print(f"stopped at once; {go_on} goes on from the last checkpoints", file=sys.stderr)
        if as_json:
            printing.show_json(_summary(sweep, plan, _read(sweep, "stopped at once"), time.monotonic() - began))
        return EXIT_CODES["interrupted"]
    if as_json:
        printing.show_json(_summary(sweep, plan, tally, time.monotonic() - began))
    else:
        _close(sweep, tally, time.monotonic() - began, root)
    return exit_code(tally)


def _view(sweep: SweepFolder, plan: Plan, executor: Executor, *, quiet: bool, as_json: bool) -> View:
    """Say where the sweep is and what it computes, and choose what shows it."""
    if not as_json:
        print(sweep.place, flush=True)
    if quiet or as_json:
        return Lines(silent=True)
    threads = "1 thread" if executor.n_threads == 1 else f"{executor.n_threads} threads"
    print(f"{standings.described(plan)} · {executor.n_slots} at a time, {threads} each", flush=True)
    if printing.on_terminal() and os.environ.get("TERM") not in ("dumb", "unknown"):
        return LivePanel(sweep, plan)
    return Lines()


def _read(sweep: SweepFolder, why: str) -> Tally:
    """What the folders say, where the driver does not."""
    standing = standing_of(sweep, sweep.plan())
    failures = {one.cell.index: reason for reason, cells in standing.failures.items() for one in cells}
    return driver.Tally(**standing.counts, failures=failures, why=why)


def exit_code(tally: Tally) -> int:
    """0: all finished; 1: some failed, or the disk is full; 130: something is left to do."""
    if tally.why == driver.DISK_FULL:
        return EXIT_CODES["failed"]
    if tally.left:
        return EXIT_CODES["interrupted"]
    return EXIT_CODES["failed"] if tally.failed else EXIT_CODES["finished"]


def _summary(sweep: SweepFolder, plan: Plan, tally: Tally, seconds: float) -> dict[str, Any]:
    return {
        "folder": sweep.place,
        "name": sweep.name,
        "experiment": plan.experiment,
        "cells": tally.total,
        "finished": tally.finished,
        "failed": tally.failed,
        "left": tally.left,
        "why": tally.why,
        "failures": [{"cell": index, "reason": reason} for index, reason in sorted(tally.failures.items())],
        "seconds": seconds,
    }


def _close(sweep: SweepFolder, tally: Tally, seconds: float, root: Path) -> None:
    """How it ended, and the commands that use it next."""
    why = tally.why.replace("by a signal", "by Ctrl-C or SIGTERM")
    parts = [f"{tally.finished:,} of {tally.total:,} cells finished"]
    parts += [f"{tally.failed:,} failed"] if tally.failed else []
    parts += [f"{tally.left:,} left"] if tally.left else []
    with contextlib.suppress(BrokenPipeError):
        print(", ".join(parts) + f" ({printing.duration(seconds)})" + (f": {why}" if why else ""))
        for line in standings.failures(standing_of(sweep, sweep.plan())) if tally.failed else ():
            print(f"  {line}")
        name = standings.named(sweep, root)
        for purpose, verb in (("status", "status "), ("table", "table "), ("figures", "plot "), ("report", "report ")):
            print(f"  {purpose:<9} primordia sweep {verb}{name}")
        if tally.failed:
            print(f"  {'retry':<9} primordia sweep retry {name}")
        if tally.left:
            print(f"  {'go on':<9} primordia sweep {name}")


class LivePanel:
    """The sweep's panel on a terminal; drawn from the folders, like `sweep status`.

    Args:
        sweep: the sweep.
        plan: its plan.
    """

    def __init__(self, sweep: SweepFolder, plan: Plan) -> None:
        from rich.console import Console
        from rich.live import Live

        self.watch = standings.Watch(sweep, plan)
        console = Console(markup=False, highlight=False, emoji=False)
        self._live = Live(
            console=console, refresh_per_second=FRAMES_PER_SECOND, get_renderable=lambda: self.watch.draw(console)
        )

    def __enter__(self) -> LivePanel:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.watch.announcement = ""
        self.watch.look()
        self._live.stop()

    def changed(self, tally: Tally) -> None:
        """Nothing; the panel looks at the folders."""

    def announce(self, sentence: str) -> None:
        """Say something at the foot of the panel."""
        self.watch.announcement = sentence
        self._live.refresh()


class Lines:
    """A sweep off the terminal: a plain line for every cell that ended.

    Args:
        silent: print nothing.
    """

    def __init__(self, *, silent: bool = False) -> None:
        self.silent = silent
        self._last: object = None
        self._n_ended = 0
        self._began = time.monotonic()

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def changed(self, tally: Tally) -> None:
        """Print the cell that ended, if one did."""
        ended = tally.last
        if ended is None or ended is self._last or self.silent:
            return
        self._last = ended
        self._n_ended += ended.status in ("finished", "failed")
        over, width = tally.finished + tally.failed, len(str(tally.total))
        parts = [f"{over:>{width}}/{tally.total}", f"cell {ended.index}", _said(ended.status, ended.reason)]
        if self._n_ended and tally.left:
            rate = self._n_ended / max(time.monotonic() - self._began, 1e-6)
            parts.append(f"{printing.number(60 * rate)} cells/min, {printing.duration(tally.left / rate)} left")
        with contextlib.suppress(BrokenPipeError):
            print("  ".join(parts), flush=True)

    def announce(self, sentence: str) -> None:
        """Say something that is not part of any record."""
        with contextlib.suppress(OSError):
            print(sentence, file=sys.stderr, flush=True)


def _said(status: str, reason: str) -> str:
    return status if status == "finished" else ending_text(status, " ".join(reason.split()))


@contextlib.contextmanager
def _signals_heard(announce: Callable[[str], None]) -> Iterator[None]:
    """Say at once that a signal was heard; the driver acts on it a moment later. See cli/watching.py."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    previous = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    listener = threading.Thread(target=_listen, args=(reading, announce), name="announcer", daemon=True)
    listener.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(previous)
        os.close(writing)
        listener.join(timeout=1.0)
        os.close(reading)


def _listen(reading: int, announce: Callable[[str], None]) -> None:
    n_heard = 0
    while numbers := os.read(reading, 16):
        for number in numbers:
            if number in (signal.SIGINT, signal.SIGTERM):
                n_heard += 1
                announce(FIRST if n_heard == 1 else SECOND)
