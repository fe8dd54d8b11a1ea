"""A sweep on disk: a plan, a lock, and ordinary run folders, which are its state."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, final

from primordia.core import registry
from primordia.core.errors import BadInputError, RunFolderError, nearest
from primordia.engine import durable, lease, opening
from primordia.engine.folder import RunFolder
from primordia.engine.sweeps import plan as plans
from primordia.engine.sweeps import storemirror
from primordia.engine.sweeps.cells import Budget, Cell, CellStatus, Found
from primordia.engine.sweeps.designs import Design
from primordia.engine.sweeps.lock import DriverLock
from primordia.engine.sweeps.plan import Plan

SWEEPS = "sweeps"
PLAN = "plan.json"
BEGINNINGS = (b'"event": "started"', b'"event": "resumed"')
STATUSES: dict[str, CellStatus] = {"finished": "finished", "failed": "failed"}


@final
@dataclasses.dataclass(frozen=True)
class Look:
    """What the folder of a cell says, with the times in UTC at which its run was made and ended, where it says them."""

    found: Found
    created: datetime.datetime | None = None
    ended: datetime.datetime | None = None


@final
@dataclasses.dataclass(frozen=True)
class SweepFolder:
    """The sweep under `path`, which is a root of runs: `primordia runs --root PATH` lists its cells."""

    path: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def place(self) -> str:
        """Where the sweep is: its folder, or its URL where that is a copy of one in a store."""
        mirror = storemirror.of(self.path)
        return mirror.store.url if mirror else str(self.path)

    def plan(self) -> Plan:
        """What it computes (`plan.json`).

        Raises:
            RunFolderError: not a sweep, truncated, altered, or written by a newer version.
        """
        file = self.path / PLAN
        try:
            told = json.loads(file.read_bytes())
        except FileNotFoundError as error:
            raise RunFolderError(f"{self.path} is not a sweep: it has no {PLAN}.") from error
        except (ValueError, RecursionError) as error:
            raise RunFolderError(f"{file} is not JSON ({error}): it was truncated or altered.") from error
        return plans.from_json(told, str(file))

    def folder_of(self, plan: Plan, cell: Cell) -> Path:
        """Where a cell's run is, or will be."""
        return self.path / plan.experiment / plans.name_of(plan, cell)

    def found(self, plan: Plan, cell: Cell) -> Found:
        """What a cell's folder says. What cannot be read, or gone on with, counts as failed, and the reason says why.

        Of the checkpoints of one that can be gone on with nothing is read.
        """
        return look(cell, self.folder_of(plan, cell)).found

    def all_found(self, plan: Plan | None = None) -> list[Found]:
        """What the folders of all cells say, by index; reads small files only, about 0.2 ms a cell.

        Of a stopped one also its rows, which may be many.
        """
        return [look.found for look in self.looks(plan or self.plan())]

    def looks(self, plan: Plan) -> list[Look]:
        """Like `all_found`, with the times that the records tell."""
        runs = self.path / plan.experiment
        there = {entry.name for entry in os.scandir(runs)} if runs.is_dir() else set()
        names = [plans.name_of(plan, cell) for cell in plan.cells]
        return [
            look(cell, runs / name) if name in there else Look(Found(cell, runs / name, "waiting", 0, None, 0))
            for cell, name in zip(plan.cells, names, strict=True)
        ]

    def add(self, designs: Iterable[Design]) -> list[Cell]:
        """Append the cells of further designs that the sweep lacks; the new ones. May be called beside a driver.

        Raises:
            ConfigError: a value that is not allowed; nothing was written.
        """
        with self._changing():
            before = self.plan()
            after = plans.extended(before, registry.load(before.address), designs)
            if after is not before:
                self._write(after)
            return list(after.cells[len(before.cells) :])

    def allow(self, budget: Budget) -> None:
        """Give every cell another budget from now on.

        Raises:
            RunFolderError: it is another one, and a driver is at work with that before.
        """
        if self.plan().budget != budget:
            with DriverLock(self.path), self._changing():
                self._write(dataclasses.replace(self.plan(), budget=budget))

    def _write(self, plan: Plan) -> None:
        if mirror := storemirror.of(self.path):
            mirror.publish(PLAN, plans.text(plan).encode())
        with durable.naming_a_full_disk(self.path, "the plan stays as it was"):
            durable.write(self.path / PLAN, plans.text(plan).encode())

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """One change of the plan at a time; the driver's lock is another one."""
        handle = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def create(root: Path, plan: Plan, name: str | None = None) -> SweepFolder:
    """The folder of a sweep under `root`: made, or opened where there is one that was asked for in the same way.

    Of a sweep in a store (a root such as s3://bucket/runs) it is the copy on this machine.

    A folder that exists takes the budget of `plan`; its cells, which may be more by now, stay.

    Raises:
        RunFolderError: there is another sweep of that name (says what differs), or a folder that is none; or it is
            driven now with another budget.
        NoRoomError: the disk is full; nothing is left behind.
    """
    called = _proper(name or plan.default_name())
    sweep = SweepFolder(storemirror.here(root, called) / SWEEPS / called)
    if sweep.path.exists() or not _made(sweep, plan):
        there = sweep.plan()
        if there.digest != plan.digest:
            raise RunFolderError(f"{sweep.place} is another sweep: {plans.difference(there, plan)}; "
                                 "give another --name.")  # fmt: skip
        sweep.allow(plan.budget)
    storemirror.begin(root, sweep.path)
    return sweep


def _made(sweep: SweepFolder, plan: Plan) -> bool:
    """Whether the folder was made here; written aside and renamed, so that there is never a sweep without a plan."""
    aside = sweep.path.with_name(f".{sweep.name}.{os.getpid()}")
    with durable.naming_a_full_disk(sweep.path.parent, "no sweep was begun"):
        try:
            # That of a killed process which had the same number.
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir(parents=True)
            durable.write(aside / PLAN, plans.text(plan).encode())
            os.rename(aside, sweep.path)
        except BaseException as error:
            shutil.rmtree(aside, ignore_errors=True)
            if isinstance(error, OSError) and (sweep.path / PLAN).exists():
                return False
            raise
    durable.sync_folder(sweep.path.parent)
    return True


def all_sweeps(root: Path) -> list[SweepFolder]:
    """Every sweep under `root`, oldest first."""
    found = [SweepFolder(path.parent) for path in (root / SWEEPS).glob(f"*/{PLAN}") if path.parent.name[0] != "."]
    return sorted(found, key=lambda sweep: ((sweep.path / PLAN).stat().st_mtime_ns, sweep.name))


def find(root: Path, name: str) -> SweepFolder:
    """The sweep meant by a path, a name, the beginning of a name, or "latest".

    Raises:
        RunFolderError: nothing fits (says the nearest), or several do.
    """
    if name and (Path(name) / PLAN).is_file():
        return SweepFolder(Path(name))
    sweeps = all_sweeps(storemirror.here(root, name))
    if name == "latest" and sweeps:
        return sweeps[-1]
    fitting = [sweep for sweep in sweeps if sweep.name == name] or [
        sweep for sweep in sweeps if name and sweep.name.startswith(name)
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        shown = ", ".join(sweep.name for sweep in fitting[:4])
        raise RunFolderError(f"{name!r} could be any of {len(fitting)} sweeps: {shown}; give more of the name.")
    if not sweeps:
        raise RunFolderError(f"There is no sweep {name!r} under {root}: it holds none; `primordia sweep --help` "
                             "tells how to begin one.")  # fmt: skip
    near = nearest(name, [sweep.name for sweep in sweeps]) or sweeps[-1].name
    raise RunFolderError(f"There is no sweep {name!r} under {root}; did you mean {near}?")


def look(cell: Cell, path: Path) -> Look:
    """What the run folder `path` says of a cell."""
    folder = RunFolder(path)
    if not (path / "run.json").is_file():
        return Look(Found(cell, path, "waiting", 0, None, 0))
    try:
        record = folder.record()
        status = STATUSES.get(record["status"]) or _unfinished(folder, record)
        if status == "stopped":
            # One that could not be gone on with would be called stopped for ever.
            opening.check(folder)
    except RunFolderError as error:
        return Look(Found(cell, path, "failed", 0, str(error), _attempts(path)))
    found = Found(cell, path, status, int(record["step"]), record["reason"], _attempts(path))
    return Look(found, _time(record["created"]), _time(record.get("ended")))


def _time(text: object) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _unfinished(folder: RunFolder, record: dict[str, Any]) -> CellStatus:
    live = record["status"] != "interrupted" and (lease.is_live(folder) or storemirror.is_held(folder.path))
    return "running" if live else "stopped"


def _attempts(path: Path) -> int:
    try:
        text = (path / "events.jsonl").read_bytes()
    except OSError:
        return 0
    return sum(text.count(beginning) for beginning in BEGINNINGS)


def _proper(name: str) -> str:
    if name in (".", "..", "") or "/" in name or name.startswith((".", "-")) or "\0" in name:
        raise BadInputError(f"{name!r} cannot name a sweep: it is the name of a folder, without / and not beginning "
                            "with a dot or a dash.")  # fmt: skip
    return name
