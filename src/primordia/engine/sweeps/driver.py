"""The driver of a sweep: reads what the folders say, has an executor compute what is missing, keeps nothing itself."""

from __future__ import annotations

import collections
import dataclasses
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import final

from primordia.core import registry
from primordia.core.errors import RunFolderError
from primordia.engine.executors import attempt
from primordia.engine.executors.executor import Executor
from primordia.engine.interrupts import Interrupts
from primordia.engine.sweeps import plan as plans
from primordia.engine.sweeps import storemirror
from primordia.engine.sweeps.cells import Cell, CellStatus, Ended, Work
from primordia.engine.sweeps.lock import DriverLock
from primordia.engine.sweeps.plan import Plan
from primordia.engine.sweeps.sweepfolder import PLAN, SweepFolder

MOST_ATTEMPTS = 3
"""How often one call begins a cell whose process died, before it counts as failed."""
WAIT_SECONDS = 0.2
"""How soon a signal, a deadline or a changed plan is noticed."""
ROOM_BYTES = 2**20
"""With less than this a disk is full, and no further cell is begun on it."""

BY_SIGNAL = "interrupted by a signal"
OUT_OF_TIME = "out of time"
DISK_FULL = "the disk is full; free some room, have the failed cells tried again by `primordia sweep retry`, and go on"


@final
@dataclasses.dataclass(frozen=True)
class Tally:
    """How many cells of a sweep are in which state; see `CellStatus`.

    Args:
        waiting: not begun.
        running: computed now, by this driver or by a worker that its predecessor left behind.
        stopped: begun, resumable.
        finished: done.
        failed: not begun again by this call; in `failures`.
        failures: why, by index of the cell.
        why: why the driver ended, "" where every cell that could be done is.
        last: the attempt that ended last, or None.
    """

    waiting: int
    running: int
    stopped: int
    finished: int
    failed: int
    failures: Mapping[int, str]
    why: str = ""
    last: Ended | None = None

    @property
    def left(self) -> int:
        """The cells that going on with the sweep would compute."""
        return self.waiting + self.running + self.stopped

    @property
    def total(self) -> int:
        """All cells."""
        return self.left + self.finished + self.failed


def drive(
    sweep: SweepFolder,
    executor: Executor,
    *,
    within: float | None = None,
    on_change: Callable[[Tally], None] = lambda tally: None,
    enough: Callable[[], str] = lambda: "",
    looks: bool = True,
    command: str = "",
    root: str | None = None,
) -> Tally:
    """Compute what a sweep lacks; back when nothing is left to begin, at the first signal, or when the time is over.

    Cells are begun in the order of the plan, those that were added meanwhile behind. One whose process dies is begun
    again, from its last checkpoint, at most `MOST_ATTEMPTS` times. Failed ones are left alone. After a signal the cells
    under way end with a checkpoint; a second signal kills them. The executor stays open, unless this raises; after an
    end with a `why` it has to be renewed before it takes more cells.

    Args:
        sweep: its folder.
        executor: computes the cells.
        within: seconds after which no cell is begun and those under way are interrupted; None: no limit.
        on_change: called whenever a cell was begun or ended, in this thread; must return quickly.
        enough: asked before cells are begun; a reason ends the sweep as a signal would, and is the tally's `why`.
        looks: whether the cells keep views and findings at their start, at transitions and at their end.
        command: how the sweep was started, for the records of its runs.
        root: where the workers find the sweep, if not in its folder; a path or an fsspec URL.

    Raises:
        RunFolderError: another process drives the sweep; or it was planned for another version of the experiment.
        KeyboardInterrupt: on the second signal; what was under way is resumable.
    """
    with (
        DriverLock(sweep.path),
        storemirror.driving(sweep.path, executor) as (used, url),
        Interrupts() as interrupts,
    ):
        driver = _Driver(sweep, used, on_change, looks, command, root or url or str(sweep.path.absolute()))
        deadline = None if within is None else time.monotonic() + within
        try:
            return driver.go(lambda: _reason_to_leave(interrupts, deadline) or enough())
        except BaseException:
            executor.close()
            raise


def _reason_to_leave(interrupts: Interrupts, deadline: float | None) -> str:
    if interrupts.requested:
        return BY_SIGNAL
    return OUT_OF_TIME if deadline is not None and time.monotonic() >= deadline else ""


@final
class _Driver:
    """One call of `drive`. What it knows of the cells it read from their folders, or was told by the executor."""

    def __init__(
        self,
        sweep: SweepFolder,
        executor: Executor,
        on_change: Callable[[Tally], None],
        looks: bool,
        command: str,
        root: str,
    ) -> None:
        self.sweep, self.executor, self.on_change = sweep, executor, on_change
        self.looks, self.command, self.root = looks, command, root
        self.plan, self.plan_time = sweep.plan(), _time(sweep)
        _refuse_other_version(self.plan)
        self.statuses: dict[int, CellStatus] = {}
        self.failures: dict[int, str] = {}
        self.given_up: set[int] = set()
        self.attempts: collections.Counter[int] = collections.Counter()
        self.queue: collections.deque[Cell] = collections.deque()
        self.under_way: dict[int, Work] = {}
        self.last: Ended | None = None

    def go(self, reason_to_leave: Callable[[], str]) -> Tally:
        """Until nothing is left to do, or there is a reason to leave."""
        self._look()
        why = ""
        while self.under_way or (not why and self._look_again()):
            if not why and (why := reason_to_leave()):
                self.executor.interrupt()
            if not why:
                self._take_added()
                self._begin()
            for ended in self.executor.wait(WAIT_SECONDS):
                self._take(ended, is_leaving=bool(why))
                if ended.status == "failed" and not why and _is_full(self.sweep.path):
                    why = DISK_FULL
                    self.executor.interrupt()
        return self._tally(why)

    def _look(self) -> None:
        """Read the folders, and queue what can be begun; what others still compute is waited for, at the end."""
        elsewhere = []
        self.queue.clear()
        for found in self.sweep.all_found(self.plan):
            index = found.cell.index
            if index in self.given_up:
                continue
            self.statuses[index] = found.status
            self.failures.pop(index, None)
            if found.status == "failed":
                self.failures[index] = found.reason or "no reason is recorded"
            elif found.status == "running":
                elsewhere.append(found.cell)
            elif found.status != "finished":
                self.queue.append(found.cell)
        self.queue.extend(elsewhere)
        self.on_change(self._tally())

    def _look_again(self) -> bool:
        """Whether there is something to begin; once the queue is empty, the folders are asked again."""
        if not self.queue:
            self._look()
        return bool(self.queue)

    def _take_added(self) -> None:
        """The cells that `sweep add` appended to the plan since it was read."""
        if (changed := _time(self.sweep)) == self.plan_time:
            return
        n_known = len(self.plan.cells)
        self.plan, self.plan_time = self.sweep.plan(), changed
        added = self.plan.cells[n_known:]
        self.statuses.update({cell.index: "waiting" for cell in added})
        self.queue.extend(added)

    def _begin(self) -> None:
        while self.queue and len(self.under_way) < self.executor.n_slots:
            cell = self.queue.popleft()
            work = self._work(cell)
            self.under_way[cell.index] = work
            self.attempts[cell.index] += 1
            self.statuses[cell.index] = "running"
            self.executor.begin(work)
            self.on_change(self._tally())

    def _work(self, cell: Cell) -> Work:
        return Work(
            index=cell.index,
            root=self.root,
            name=plans.name_of(self.plan, cell),
            address=self.plan.address,
            config=plans.config_of(self.plan, cell),
            schedule=self.plan.schedule,
            slug=self.plan.slug,
            n_threads=self.executor.n_threads,
            budget=self.plan.budget,
            command=self.command,
            looks=self.looks,
        )

    def _take(self, ended: Ended, *, is_leaving: bool) -> None:
        """Note how an attempt ended, and queue the cell again where that is worth while."""
        work = self.under_way.pop(ended.index)
        cell = self.plan.cells[ended.index]
        if ended.status in ("interrupted", "died") and not is_leaving:
            if self.attempts[ended.index] < MOST_ATTEMPTS:
                self.statuses[ended.index] = "stopped"
                self.queue.append(cell)
            else:
                reason = f"{ended.reason}; that was attempt {self.attempts[ended.index]} of this call"
                ended = dataclasses.replace(attempt.fail(work, reason), seconds=ended.seconds)
        if ended.status == "finished":
            self.statuses[ended.index] = "finished"
        elif ended.status == "failed":
            self.statuses[ended.index] = "failed"
            self.failures[ended.index] = ended.reason
            if self.sweep.found(self.plan, cell).status != "failed":
                # Its folder cannot say so, such as one that cannot be trusted: it is not begun again and again.
                self.given_up.add(ended.index)
        elif is_leaving:
            self.statuses[ended.index] = self.sweep.found(self.plan, cell).status
        self.last = ended
        self.on_change(self._tally())

    def _tally(self, why: str = "") -> Tally:
        counts = collections.Counter(self.statuses.values())
        return Tally(
            waiting=counts["waiting"],
            running=counts["running"],
            stopped=counts["stopped"],
            finished=counts["finished"],
            failed=counts["failed"],
            failures=dict(self.failures),
            why=why,
            last=self.last,
        )


def _time(sweep: SweepFolder) -> int:
    return (sweep.path / PLAN).stat().st_mtime_ns


def _is_full(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < ROOM_BYTES


def _refuse_other_version(plan: Plan) -> None:
    version = registry.load(plan.address).version
    if version != plan.version:
        raise RunFolderError(
            f"This sweep was planned for version {plan.version} of {plan.experiment}; installed is version {version}, "
            "which gives other results. Install the primordia that planned it, or begin the sweep anew under another "
            "--name."
        )
