"""One attempt at a cell, in this process: begin its run, go on with it, or write down why it failed."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, final

from primordia.core import config as configs
from primordia.core import registry, threads
from primordia.core.errors import PrimordiaError, RunFolderError
from primordia.core.experiment import Experiment
from primordia.engine import folder, launch, schedule
from primordia.engine.folder import RunFolder, now
from primordia.engine.helm import Helm
from primordia.engine.lease import Lease, is_live
from primordia.engine.observer import Outcome, Unwatched
from primordia.engine.sweeps.cells import Ended, Work
from primordia.engine.sweeps.store import is_url

CLAIMS = ".claims"
"""A file of a sweep's folder; whoever computes cell i holds the lock of its byte i, which ends with the process."""
LOOK_SECONDS = 0.05


def run(
    work: Work,
    helm: Helm,
    begun: Callable[[], None] = lambda: None,
    on_checkpoint: Callable[[], None] = lambda: None,
) -> Ended:
    """Start the run of a cell, or go on with it; back when that ended.

    Where another process still computes the cell (the worker of a driver that was killed), it is waited for.

    Args:
        work: the cell.
        helm: to interrupt it by.
        begun: called once the cell is this process's own.
        on_checkpoint: called after each checkpoint, in this thread, while nothing else writes the run but its
            heartbeat; must not raise.
    """
    if is_url(work.root):
        from primordia.engine.executors import stored

        return stored.run(work, helm, begun)
    entered = time.perf_counter()
    threads.limit(work.n_threads)
    watch = _Watch(on_checkpoint)
    try:
        with _claim(work, helm) as is_ours:
            if not is_ours:
                ended = _ended(work, "interrupted", "another process still computes it", -1)
            else:
                begun()
                ended = _start_or_go_on(work, helm, watch)
    except RunFolderError as error:
        # A run that cannot be trusted is left byte for byte as it is.
        ended = _ended(work, "failed", str(error), -1)
    except Exception as error:  # An experiment may raise anything; that is a failed cell and no dead worker.
        reason = str(error) if isinstance(error, PrimordiaError) else f"{type(error).__name__}: {error}"
        ended = fail(work, reason)
    seconds = time.perf_counter() - entered
    return Ended(ended.index, ended.status, ended.reason, ended.step, seconds, seconds - watch.seconds)


def fail(work: Work, reason: str) -> Ended:
    """Write into the folder of a cell, which nobody computes any more, that it failed; makes one if there is none.

    What cannot be written down, as on a full disk, is still returned. A run that says already that it failed keeps
    what it says; one that was finished before anybody could stop it is returned as finished.
    """
    if is_url(work.root):
        from primordia.engine.executors import stored

        return stored.fail(work, reason)
    run_folder, step = _folder(work), -1
    with contextlib.suppress(OSError, PrimordiaError):
        if not (run_folder.path / "run.json").exists():
            _make(work)
        record = run_folder.record()
        step = int(record["step"])
        if record["status"] == "finished":
            return _ended(work, "finished", str(record["reason"]), step)
        if record["status"] != "failed":
            with Lease(run_folder) as lease:
                lease.announce()
                run_folder.events.keep(lambda event: True)
                run_folder.note("failed", step, reason=reason)
                lease.update(status="failed", reason=reason, ended=now())
    return _ended(work, "failed", reason, step)


def _start_or_go_on(work: Work, helm: Helm, watch: _Watch) -> Ended:
    run_folder = _folder(work)
    if (run_folder.path / "run.json").exists():
        record = run_folder.record()
        if record["status"] == "finished":
            return _ended(work, "finished", str(record["reason"]), int(record["step"]))
        outcome = launch.resume(run_folder, observer=watch, helm=helm, wrap=False, looks=work.looks)
    else:
        _clear(run_folder)
        experiment = _experiment(work.address)
        outcome = launch.start(
            experiment,
            configs.from_dict(experiment.Config, work.config),
            schedule.make(experiment, work.schedule),
            root=Path(work.root),
            slug=work.slug,
            address=work.address,
            observer=watch,
            helm=helm,
            command=work.command,
            name=work.name,
            wrap=False,
            looks=work.looks,
        )
    return _ended(work, outcome.status, outcome.reason, outcome.step)


def _make(work: Work) -> None:
    """The run folder of a cell that failed before it had one, so that it says so and can be gone on with later."""
    _clear(_folder(work))
    experiment = _experiment(work.address)
    config = configs.from_dict(experiment.Config, work.config)
    cadence = schedule.make(experiment, work.schedule)
    folder.create(
        Path(work.root), experiment, config, cadence,
        address=work.address, slug=work.slug, command=work.command, name=work.name,
    )  # fmt: skip


def _clear(run_folder: RunFolder) -> None:
    """Remove a folder whose process was killed while it made it; only for the holder of the cell's claim."""
    if run_folder.path.exists():
        shutil.rmtree(run_folder.path)


def _folder(work: Work) -> RunFolder:
    return RunFolder(Path(work.root) / _experiment(work.address).name / work.name)


@functools.cache
def _experiment(address: str) -> Experiment[Any, Any]:
    """Looked up once in a process: finding an entry point takes milliseconds."""
    return registry.load(address)


def _ended(work: Work, status: Any, reason: str, step: int) -> Ended:
    return Ended(work.index, status, reason, step, 0.0)


@contextlib.contextmanager
def _claim(work: Work, helm: Helm) -> Iterator[bool]:
    """Hold a cell against every other process of this machine; false where one was interrupted before it got it.

    The lease of a run begins when its folder is whole. This begins before, so that nobody clears a folder which
    another process is making.
    """
    handle = os.open(Path(work.root) / CLAIMS, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        while not (is_ours := _try(handle, work.index)) or _runs_elsewhere(_folder(work)):
            if helm.is_leaving:
                is_ours = False
                break
            time.sleep(LOOK_SECONDS)
        yield is_ours
    finally:
        # Locks of this kind end when any handle of the file is closed in this process, which holds one cell at a time.
        os.close(handle)


def _try(handle: int, index: int) -> bool:
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, index)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _runs_elsewhere(run_folder: RunFolder) -> bool:
    """Whether a run goes on under a lease, such as one on another machine."""
    try:
        return is_live(run_folder)
    except RunFolderError:
        return False


@final
class _Watch(Unwatched):
    """Sums the seconds that went into the loop, and passes on that a checkpoint was written."""

    def __init__(self, on_checkpoint: Callable[[], None]) -> None:
        self._on_checkpoint = on_checkpoint
        self._began: float | None = None
        self._ended: float | None = None

    @property
    def seconds(self) -> float:
        """From the loop's beginning to its end; 0 where it never began."""
        if self._began is None:
            return 0.0
        return (self._ended or time.perf_counter()) - self._began

    def started(self, run: Any, step: int, rows: list[dict[str, Any]]) -> None:
        """The loop begins."""
        self._began = time.perf_counter()

    def event_noted(self, event: Mapping[str, Any]) -> None:
        """An event was added."""
        if event["event"] == "checkpoint":
            self._on_checkpoint()

    def ended(self, outcome: Outcome) -> None:
        """The loop ended."""
        self._ended = time.perf_counter()
