"""A run on disk. The folder is the truth: deleting it deletes the run, copying it copies the run."""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import NoneType
from typing import Any

from primordia.core import config as configs
from primordia.core import metrics
from primordia.core.errors import RunFolderError
from primordia.core.experiment import Experiment
from primordia.core.metrics import Row
from primordia.engine import checkpoints, durable, environment
from primordia.engine.checkpoints import Cut, Stamp
from primordia.engine.journal import Journal
from primordia.engine.schedule import Schedule

FORMAT = 1
# What every reader of run.json and of config.json relies on.
RECORD: Mapping[str, tuple[type, ...]] = {
    "id": (str,), "experiment": (str,), "version": (int,), "status": (str,), "reason": (str, NoneType), "step": (int,),
    "seed": (int,), "config_hash": (str,), "preset": (str,), "parent": (dict, NoneType), "begins_at": (int,),
    "created": (str,), "heartbeat": (str,), "host": (str,), "pid": (int,), "command": (str,),
}  # fmt: skip
TIMES = ("created", "heartbeat")
PARENT: Mapping[str, tuple[type, ...]] = {"id": (str,), "folder": (str,), "step": (int,)}
SETTINGS: Mapping[str, tuple[type, ...]] = {
    "experiment": (str,), "version": (int,), "config": (dict,), "schedule": (dict,)
}  # fmt: skip
EVENT: Mapping[str, tuple[type, ...]] = {"time": (str,), "step": (int,), "event": (str,)}
# What some events say besides, by their names.
DETAILS: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "transition": {"name": (str,), "metric": (str,), "value": (int, float)},
    "forked": {"parent": (str,), "changed": (dict,)},
    "intervention": {"name": (str,), "arguments": (dict,)},
    "warning": {"reason": (str,)},
    "finished": {"reason": (str,)},
    "interrupted": {"reason": (str,)},
    "failed": {"reason": (str,)},
}


@dataclasses.dataclass(frozen=True)
class RunFolder:
    """The files of one run under `path`."""

    path: Path

    @property
    def metrics(self) -> Journal:
        """One row of metrics a line."""
        return Journal(self.path / "metrics.jsonl", _row_fault)

    @property
    def events(self) -> Journal:
        """What happened to the run, one event a line."""
        return Journal(self.path / "events.jsonl", _event_fault)

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def views(self) -> Path:
        """The folder of saved views."""
        return self.path / "views"

    @property
    def artefacts(self) -> Path:
        """The folder of findings, one folder per step that was looked at."""
        return self.path / "artefacts"

    def record(self) -> dict[str, Any]:
        """Identity and status (`run.json`).

        Raises:
            RunFolderError: not a run folder, truncated, altered, or written by a newer version.
        """
        record = self._read("run.json")
        fault = _fault(record, RECORD) or next((key for key in TIMES if not _is_time(record[key])), None)
        if fault is None and not _is_parent(record["parent"]):
            fault = "parent"
        if fault is None and not _are_crossings(record.get("crossings", {})):
            fault = "crossings"
        if fault:
            raise RunFolderError(f"{self.path / 'run.json'} lacks or garbles {fault!r}; it was altered.")
        return record

    def config(self) -> dict[str, Any]:
        """Experiment, version, config and schedule (`config.json`); raises like `record`."""
        settings = self._read("config.json")
        if fault := _fault(settings, SETTINGS):
            raise RunFolderError(f"{self.path / 'config.json'} lacks or garbles {fault!r}; it was altered.")
        return settings

    def reached(self) -> int:
        """The last step that is known of the run, also while it goes on; raises like `record`."""
        rows, stored = self.metrics.read(), checkpoints.steps(self.checkpoints)
        return max([int(self.record()["step"]), *stored[-1:], *(int(row["step"]) for row in rows[-1:])])

    def environment(self) -> dict[str, Any] | None:
        """What the run ran on (`env.json`), or None when that was not kept.

        Raises:
            RunFolderError: truncated or altered.
        """
        if not (self.path / "env.json").is_file():
            return None
        value = self._json("env.json")
        if not isinstance(value, dict):
            raise RunFolderError(f"{self.path / 'env.json'} is not a JSON object; it was altered.")
        return value

    def update(self, **changes: Any) -> None:
        """Change fields of `run.json` in one instant; a power cut may take that back, for as long as nothing is synced.

        No resumption relies on the change: what a record says less than there is, is computed again with the same bits.
        """
        durable.write_json(self.path / "run.json", {**self.record(), **changes}, sync="file")

    def note(self, event: str, step: int, **details: Any) -> dict[str, Any]:
        """Append an event with the time and the number of completed steps; returns it."""
        entry = {"time": now(), "step": step, "event": event, **details}
        self.events.append(entry)
        return entry

    def _read(self, name: str) -> dict[str, Any]:
        if not self.path.is_dir():
            raise RunFolderError(f"There is no run folder {self.path}; `primordia runs` lists the ones there are.")
        file = self.path / name
        if not file.is_file():
            raise RunFolderError(f"{self.path} is not a run folder: it has no {name}.")
        value = self._json(name)
        if not isinstance(value, dict) or not isinstance(value.get("format"), int):
            raise RunFolderError(f"{file} does not state its format; it is not from a run of primordia.")
        if value["format"] > FORMAT:
            raise RunFolderError(
                f"{file} has format {value['format']}, from a newer primordia; this one reads up to format {FORMAT}. "
                "Update primordia to open it."
            )
        return value

    def _json(self, name: str) -> Any:
        try:
            return json.loads((self.path / name).read_bytes())
        except (ValueError, RecursionError) as error:
            raise RunFolderError(f"{self.path / name} is not JSON ({error}): it was truncated or altered.") from error


def _fault(value: Mapping[str, Any], kinds: Mapping[str, tuple[type, ...]]) -> str | None:
    """The first key that is missing or of another type, or None; a truth value is no number here."""
    return next((key for key, allowed in kinds.items() if key not in value or type(value[key]) not in allowed), None)


def _event_fault(event: Mapping[str, Any]) -> str | None:
    return _fault(event, EVENT) or _fault(event, DETAILS.get(event["event"], {}))


def _row_fault(row: Mapping[str, Any]) -> str | None:
    return _fault(row, {"step": (int,), **dict.fromkeys(row.keys() - {"step"}, (int, float))})


def _is_time(text: str) -> bool:
    """Whether this is a time as `now` writes it: with its offset from UTC, without which times cannot be compared."""
    try:
        return datetime.datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_parent(parent: Mapping[str, Any] | None) -> bool:
    return parent is None or _fault(parent, PARENT) is None


def _are_crossings(crossings: Any) -> bool:
    return isinstance(crossings, dict) and all(type(step) is int for step in crossings.values())


@dataclasses.dataclass(frozen=True)
class Opened:
    """A run folder with everything in it that was understood and checked.

    `settings_hash` is that of the settings as they were stored: a setting that joined the experiment later, with a
    default that changes nothing, does not make another run of it.
    """

    folder: RunFolder
    experiment: Experiment[Any, Any]
    config: Any
    schedule: Schedule
    settings_hash: str

    @property
    def stamp(self) -> Stamp:
        """What this run's checkpoints must say they belong to."""
        settings = configs.to_dict(self.config)
        return Stamp(self.experiment.name, self.experiment.version, self.settings_hash, settings)

    @property
    def cut(self) -> Cut | None:
        """How its states lie in shards, for checkpoints that hold a file a shard; None where they have none."""
        sharding = self.experiment.sharding
        if sharding is None:
            return None
        return Cut(
            lambda state: sharding.split(self.config, state),
            lambda parts: sharding.join(self.config, parts),
        )

    def crossings(self, rows: Iterable[Row]) -> dict[str, int]:
        """The step at which each transition showed first, by name: before this run was forked off, or in `rows`."""
        transitions = self.experiment.transitions
        inherited = self.folder.record().get("crossings", {})
        return metrics.crossings(
            transitions, rows, {name: inherited[name] for name in inherited if name in transitions}
        )


def settings_hash(name: str, version: int, settings: Mapping[str, Any]) -> str:
    """Eight hexadecimal digits that are the same for the same run.

    They are 32 bits: enough to notice an altered config or a mix-up, too few to prove that two runs are the same.
    """
    return configs.digest(name, version, settings)


def now() -> str:
    """The time in UTC, to the second, as ISO 8601."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclasses.dataclass(frozen=True)
class Beginning:
    """Where a run begins, when not at its experiment's initial state.

    Args:
        step: completed steps.
        state: the state after them.
        parent: id, folder and step of the run that got there.
        crossings: the transitions crossed on the way, with the steps whose rows showed them.
    """

    step: int
    state: Any
    parent: Mapping[str, Any]
    crossings: Mapping[str, int]


def create(
    root: Path,
    experiment: Experiment[Any, Any],
    config: Any,
    schedule: Schedule,
    *,
    address: str,
    slug: str,
    beginning: Beginning | None = None,
    command: str = "",
    name: str | None = None,
) -> Opened:
    """Make a new run folder; never reuses one that exists.

    Args:
        root: the folder of all runs.
        experiment: what is run.
        config: its checked configuration.
        schedule: length and cadence.
        address: how the experiment is loaded again: its name, or "module:Class".
        slug: a readable word for the folder name, such as the preset's name.
        beginning: for forks; its state is stored before the folder counts as a run, which it does from the moment it
            has a run.json.
        command: how the run was started, for the record.
        name: of the folder, where it must be known beforehand, as in a sweep; else time, slug and hash.

    Raises:
        NoRoomError: the disk is full; nothing is left behind.
        RunFolderError: `name` was given, and there is a folder of that name.
    """
    settings = {
        "format": FORMAT,
        "experiment": address,
        "version": experiment.version,
        "config": configs.to_dict(config),
        "schedule": configs.to_dict(schedule),
    }
    record = _first_record(experiment, config, slug, beginning, command)
    timed = f"{now().replace('-', '').replace(':', '')}-{slug}-{record['config_hash']}"
    with durable.naming_a_full_disk(root, "no run was started"):
        path = _named_folder(root / experiment.name, name) if name else _new_folder(root / experiment.name, timed)
        try:
            durable.write_json(path / "config.json", settings, sync="file")
            durable.write_json(path / "env.json", environment.describe())
            run = Opened(RunFolder(path), experiment, config, schedule, record["config_hash"])
            if beginning is not None:
                checkpoints.save(run.folder.checkpoints, beginning.step, beginning.state, run.stamp)
            # Their names are on the disk before the one that makes it a run.
            durable.sync_folder(path)
            durable.write_json(path / "run.json", {**record, "id": path.name})
            durable.sync_folder(path.parent)
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
    return run


def _first_record(
    experiment: Experiment[Any, Any], config: Any, slug: str, beginning: Beginning | None, command: str
) -> dict[str, Any]:
    step = beginning.step if beginning else 0
    return {
        "format": FORMAT,
        "id": "",
        "experiment": experiment.name,
        "version": experiment.version,
        "status": "created",
        "reason": None,
        "step": step,
        "seed": config.seed,
        "config_hash": settings_hash(experiment.name, experiment.version, configs.to_dict(config)),
        "preset": slug,
        "determinism": experiment.determinism,
        "parent": dict(beginning.parent) if beginning else None,
        "begins_at": step,
        "crossings": dict(beginning.crossings) if beginning else {},
        "begun": False,
        "created": now(),
        "ended": None,
        "heartbeat": now(),
        "host": environment.host(),
        "pid": os.getpid(),
        "command": command,
    }


def _named_folder(parent: Path, name: str) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    try:
        (parent / name).mkdir()
    except FileExistsError as error:
        raise RunFolderError(f"There is a run {parent / name} already; resume it, or give another name.") from error
    return parent / name


def _new_folder(parent: Path, name: str) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    for suffix in ["", *(f"-{count}" for count in range(2, 10_000))]:
        try:
            (parent / (name + suffix)).mkdir()
            return parent / (name + suffix)
        except FileExistsError:
            continue
    raise RunFolderError(f"{parent} holds ten thousand runs named {name}; choose another --root.")
