"""A run on disk. The folder is the truth: deleting it deletes the run, copying it copies the run."""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from primordia.core import config as configs
from primordia.core.errors import RunFolderError
from primordia.core.experiment import Experiment
from primordia.engine import checkpoints, durable, environment
from primordia.engine.checkpoints import Stamp
from primordia.engine.journal import Journal
from primordia.engine.schedule import Schedule

FORMAT = 1
# What every reader of run.json relies on.
RECORD: Mapping[str, type] = {
    "id": str, "experiment": str, "version": int, "status": str, "step": int, "config_hash": str, "begins_at": int,
    "heartbeat": str, "host": str, "pid": int,
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class RunFolder:
    """The files of one run under `path`."""

    path: Path

    @property
    def metrics(self) -> Journal:
        """One row of metrics a line."""
        return Journal(self.path / "metrics.jsonl")

    @property
    def events(self) -> Journal:
        """What happened to the run, one event a line."""
        return Journal(self.path / "events.jsonl")

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
            RunFolderError: not a run folder, truncated, or written by a newer version.
        """
        record = self._read("run.json")
        for key, kind in RECORD.items():
            if type(record.get(key)) is not kind:
                raise RunFolderError(f"{self.path / 'run.json'} lacks or garbles {key!r}; it was altered.")
        return record

    def config(self) -> dict[str, Any]:
        """Experiment, version, config and schedule (`config.json`); raises like `record`."""
        return self._read("config.json")

    def update(self, **changes: Any) -> None:
        """Change fields of `run.json` in one instant."""
        durable.write_json(self.path / "run.json", {**self.record(), **changes})

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
        try:
            value = json.loads(file.read_bytes())
        except (ValueError, RecursionError) as error:
            raise RunFolderError(f"{file} is not JSON ({error}): it was truncated or altered.") from error
        if not isinstance(value, dict) or not isinstance(value.get("format"), int):
            raise RunFolderError(f"{file} does not state its format; it is not from a run of primordia.")
        if value["format"] > FORMAT:
            raise RunFolderError(
                f"{file} has format {value['format']}, from a newer primordia; this one reads up to format {FORMAT}. "
                "Update primordia to open it."
            )
        return value


@dataclasses.dataclass(frozen=True)
class Opened:
    """A run folder with everything in it that was understood and checked."""

    folder: RunFolder
    experiment: Experiment[Any, Any]
    config: Any
    schedule: Schedule

    @property
    def stamp(self) -> Stamp:
        """What this run's checkpoints must say they belong to."""
        return stamp_of(self.experiment, self.config)


def stamp_of(experiment: Experiment[Any, Any], config: Any) -> Stamp:
    """The identity that ties a checkpoint to an experiment, its version and a config."""
    return Stamp(experiment.name, experiment.version, config_hash(experiment, config))


def config_hash(experiment: Experiment[Any, Any], config: Any) -> str:
    """Eight digits that two runs share exactly when they are the same run."""
    return configs.digest(experiment.name, experiment.version, configs.to_dict(config))


def now() -> str:
    """The time in UTC, to the second, as ISO 8601."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def create(
    root: Path,
    experiment: Experiment[Any, Any],
    config: Any,
    schedule: Schedule,
    *,
    address: str,
    slug: str,
    step: int = 0,
    state: Any = None,
    parent: Mapping[str, Any] | None = None,
    command: str = "",
) -> Opened:
    """Make a new run folder; never reuses one that exists.

    Args:
        root: the folder of all runs.
        experiment: what is run.
        config: its checked configuration.
        schedule: length and cadence.
        address: how the experiment is loaded again: its name, or "module:Class".
        slug: a readable word for the folder name, such as the preset's name.
        step: completed steps at which the run begins (above 0 for forks).
        state: the state at `step`, for forks: stored before the folder counts as a run, which it does from the moment
            it has a run.json.
        parent: id, folder and step of the run this one was forked from.
        command: how the run was started, for the record.

    Raises:
        NoRoomError: the disk is full; nothing is left behind.
    """
    hash8 = config_hash(experiment, config)
    stamp = now().replace("-", "").replace(":", "")
    record = {
        "format": FORMAT,
        "id": "",
        "experiment": experiment.name,
        "version": experiment.version,
        "status": "created",
        "reason": None,
        "step": step,
        "seed": config.seed,
        "config_hash": hash8,
        "preset": slug,
        "determinism": experiment.determinism,
        "parent": dict(parent) if parent else None,
        "begins_at": step,
        "created": now(),
        "ended": None,
        "heartbeat": now(),
        "host": environment.host(),
        "pid": os.getpid(),
        "command": command,
    }
    settings = {
        "format": FORMAT,
        "experiment": address,
        "version": experiment.version,
        "config": configs.to_dict(config),
        "schedule": configs.to_dict(schedule),
    }
    with durable.naming_a_full_disk(root, "no run was started"):
        path = _new_folder(root / experiment.name, f"{stamp}-{slug}-{hash8}")
        try:
            durable.write_json(path / "config.json", settings)
            durable.write_json(path / "env.json", environment.describe())
            run = Opened(RunFolder(path), experiment, config, schedule)
            if state is not None:
                checkpoints.save(run.folder.checkpoints, step, state, run.stamp)
            durable.write_json(path / "run.json", {**record, "id": path.name})
            durable.sync_folder(path.parent)
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
    return run


def _new_folder(parent: Path, name: str) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    for suffix in ["", *(f"-{count}" for count in range(2, 10_000))]:
        try:
            (parent / (name + suffix)).mkdir()
            return parent / (name + suffix)
        except FileExistsError:
            continue
    raise RunFolderError(f"{parent} holds ten thousand runs named {name}; choose another --root.")
