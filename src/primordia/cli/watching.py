"""Calling the engine with somebody watching: the panel or the lines, Ctrl-C, and the closing words."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from primordia.cli import printing
from primordia.cli.lines import Lines
from primordia.cli.progress import ending_text
from primordia.core.errors import EXIT_CODES, PrimordiaError
from primordia.core.metrics import Row
from primordia.engine import going_on
from primordia.engine.folder import Opened, RunFolder
from primordia.engine.observer import Observer, Outcome

if TYPE_CHECKING:
    from primordia.cli.panel import RunPanel

Watcher: TypeAlias = "Lines | RunPanel"

FIRST = {
    signal.SIGINT: "finishing this chunk, then a checkpoint; press Ctrl-C again to stop at once",
    signal.SIGTERM: "finishing this chunk, then a checkpoint; a second signal stops at once",
}
NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
SECOND = "stopping at once"
ANNOUNCING_SECONDS = 1.0


def drive(call: Callable[[Observer], Outcome], *, root: Path, quiet: bool, as_json: bool) -> int:
    """Call the engine, show how it goes, and say how it ended and what to type next; returns the exit code.

    Args:
        call: starts, resumes or forks a run with the observer it is given.
        root: where runs are kept, for the commands that are shown.
        quiet: only the first and the last lines.
        as_json: only one JSON object at the end.
    """
    watcher = _watcher(quiet, as_json)
    try:
        with watcher, _signals_heard(watcher, lambda: _leave(watcher, root, as_json)) as observer:
            outcome = call(observer)
    except KeyboardInterrupt:
        if watcher.run is None:
            raise
        return _cut_short(watcher.run.folder, _stopped(watcher.run.folder, root), "interrupted", as_json)
    except Exception as error:
        expected = isinstance(error, PrimordiaError)
        if watcher.run is None and (expected or isinstance(error, OSError)):
            raise
        if not expected:
            # The author of an experiment needs to see where it broke; its user reads the line below it.
            traceback.print_exception(error)
        if watcher.run is None:
            raise PrimordiaError(_said(error)) from error
        return _cut_short(watcher.run.folder, _broken(watcher.run.folder, root, error), "failed", as_json)
    if as_json:
        printing.show_json(_summary(outcome.folder))
    else:
        _close(outcome, watcher.run, root, observer.heard)
    return EXIT_CODES[outcome.status]


def _watcher(quiet: bool, as_json: bool) -> Watcher:
    if printing.on_terminal() and os.environ.get("TERM") not in ("dumb", "unknown") and not quiet and not as_json:
        from primordia.cli.panel import RunPanel

        return RunPanel()
    return Lines(quiet=quiet, silent=as_json)


def _summary(folder: RunFolder) -> dict[str, Any]:
    record, rows = folder.record(), folder.metrics.read()
    return {
        "outcome": record["reason"],
        "status": record["status"],
        "folder": str(folder.path),
        "id": folder.path.name,
        "step": record["step"],
        "last_row": rows[-1] if rows else None,
    }


def _close(outcome: Outcome, run: Opened | None, root: Path, heard: Sequence[signal.Signals]) -> None:
    """The outcome in a sentence, and the commands that use it next."""
    with contextlib.suppress(BrokenPipeError):
        # The engine hears a signal; which key or command sent it is known here.
        reason = outcome.reason.replace("by a signal", f"by {NAMES[heard[0]]}") if heard else outcome.reason
        print(f"{ending_text(outcome.status, reason)} (step {outcome.step:,})")
        if run is not None and outcome.status == "finished" and _nothing_crossed(run):
            name = run.folder.config()["experiment"]
            print(f"no transition was seen ({', '.join(run.experiment.transitions)}); "
                  f"`primordia describe {name}` says what they are and what to expect")  # fmt: skip
        for purpose, command in next_commands(outcome.folder, outcome.status, outcome.step, root):
            print(f"  {purpose:<9} {command}")


def _nothing_crossed(run: Opened) -> bool:
    """Whether the experiment has transitions and the run, or those that it was forked from, crossed none."""
    return bool(run.experiment.transitions) and not run.crossings(run.folder.metrics.read())


def next_commands(folder: RunFolder, status: str, step: int, root: Path) -> list[tuple[str, str]]:
    """What one can do with a run in this state, as (purpose, command or path)."""
    name, where = going_on.named(folder, root)
    commands = [("look", f"primordia show {name}{where}")]
    report = folder.path / "report.html"
    if report.exists():
        commands.append(("report", str(report)))
    purpose = "go on" if status == "finished" else "resume"
    return [*commands, (purpose, going_on.go_on(folder, status, step, root))]


def _cut_short(folder: RunFolder, sentence: str, ending: str, as_json: bool) -> int:
    """The last words about a run that did not come back from the engine."""
    print(sentence, file=sys.stderr)
    if as_json:
        printing.show_json(_summary(folder))
    return EXIT_CODES[ending]


def _stopped(folder: RunFolder, root: Path) -> str:
    record = folder.record()
    if record["status"] == "finished":
        return "stopped while figures and report were written; the run itself is finished and whole"
    resume = going_on.go_on(folder, str(record["status"]), int(record["step"]), root)
    return f"stopped at once; `{resume}` goes on from the last checkpoint"


def _leave(watcher: Watcher, root: Path, as_json: bool) -> None:
    """End the process here and now, with the terminal restored; everything of the run is on disk."""
    watcher.__exit__(None, None, None)
    code = EXIT_CODES["interrupted"]
    if watcher.run is not None:
        code = _cut_short(watcher.run.folder, _stopped(watcher.run.folder, root), "interrupted", as_json)
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    os._exit(code)


def _broken(folder: RunFolder, root: Path, error: Exception) -> str:
    if folder.record()["status"] == "finished":
        return f"error: {_said(error)}; the run itself is finished and whole"
    resume = going_on.go_on(folder, "failed", 0, root)
    return f"error: the run failed: {_said(error)}; once the cause is gone, `{resume}` goes on from the last checkpoint"


def _said(error: Exception) -> str:
    """An error in one line."""
    text = " ".join(str(error).split()).rstrip(".")
    return text if isinstance(error, PrimordiaError) else f"{type(error).__name__}: {text}"


class _Relay:
    """An observer that passes everything on and knows whether the loop is running."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.in_loop = False
        self.over = False
        self.heard: list[signal.Signals] = []
        self.announced = threading.Event()

    def started(self, run: Opened, step: int, rows: list[dict[str, Any]]) -> None:
        self.watcher.started(run, step, rows)
        self.in_loop = True

    def progressed(self, step: int, steps_per_second: float) -> None:
        self.watcher.progressed(step, steps_per_second)

    def row_written(self, row: Row) -> None:
        self.watcher.row_written(row)

    def event_noted(self, event: Mapping[str, Any]) -> None:
        if event["event"] == "interrupted":
            # On a busy machine the loop may have ended before the listener got to run.
            self.announced.wait(ANNOUNCING_SECONDS)
        if event["event"] in EXIT_CODES:
            self.in_loop, self.over = False, True
        self.watcher.event_noted(event)

    def ended(self, outcome: Outcome) -> None:
        self.watcher.ended(outcome)


@contextlib.contextmanager
def _signals_heard(watcher: Watcher, leave: Callable[[], None]) -> Iterator[_Relay]:
    """Say at once that a signal was heard, and end the process when one comes after the loop.

    The engine acts on a signal only between two chunks. Python writes the number of every signal into the wake-up pipe
    from its C handler, whoever handles it, so listening there neither replaces nor delays the engine's own handlers.

    After the loop only figures and the report are made. An exception that a signal raised there could land inside the
    start-up of one of matplotlib's extensions, which answers with abort(), so the process leaves without one.
    """
    relay = _Relay(watcher)
    if threading.current_thread() is not threading.main_thread():
        relay.announced.set()
        yield relay
        return

    def handle(number: int, frame: object) -> None:
        if relay.over:
            leave()
        raise KeyboardInterrupt

    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    previous_handler = signal.signal(signal.SIGINT, handle)
    previous = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    listener = threading.Thread(target=_announce, args=(reading, relay), name="announcer", daemon=True)
    listener.start()
    try:
        yield relay
    finally:
        signal.signal(signal.SIGINT, previous_handler)
        signal.set_wakeup_fd(previous)
        os.close(writing)
        listener.join(timeout=1.0)
        os.close(reading)


def _announce(reading: int, relay: _Relay) -> None:
    while numbers := os.read(reading, 16):
        for number in numbers:
            if relay.in_loop and number in FIRST:
                relay.heard.append(signal.Signals(number))
                relay.watcher.announce(FIRST[relay.heard[0]] if len(relay.heard) == 1 else SECOND)
                relay.announced.set()
