"""Opening a run folder that somebody names: find it, read it, and refuse what cannot be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from primordia.core import config as configs
from primordia.core import registry
from primordia.core.errors import PrimordiaError, RunFolderError, nearest
from primordia.engine import schedule as schedules
from primordia.engine.folder import Opened, RunFolder, settings_hash


def all_folders(root: Path) -> list[RunFolder]:
    """Every run folder under `root`, oldest first."""
    found = [RunFolder(path.parent) for path in root.glob("*/*/*/run.json")]
    return sorted(found, key=lambda folder: (folder.path.name, str(folder.path)))


def find(root: Path, name: str) -> RunFolder:
    """The run folder meant by a path, an id, the beginning of an id, or "latest".

    Raises:
        RunFolderError: nothing fits (says the nearest), or several do.
    """
    if name and (Path(name) / "run.json").exists():
        return RunFolder(Path(name))
    folders = all_folders(root)
    if name == "latest" and folders:
        return max(folders, key=_started)
    fitting = [folder for folder in folders if folder.path.name == name] or [
        folder for folder in folders if name and folder.path.name.startswith(name)
    ]
    if len(fitting) == 1:
        return fitting[0]
    if len(fitting) > 1:
        shown = ", ".join(folder.path.name for folder in fitting[:4])
        raise RunFolderError(f"{name!r} could be any of {len(fitting)} runs: {shown}…; give more of the id.")
    if name and Path(name).is_dir():
        RunFolder(Path(name)).record()
    near = nearest(name, [folder.path.name for folder in folders])
    hint = f"did you mean {near}?" if near else f"`primordia runs --root {root}` lists the ones there are."
    raise RunFolderError(f"There is no run {name!r} under {root}; {hint}")


def _started(folder: RunFolder) -> int:
    """When the run began: its config is written once, at the start. A damaged folder counts as the oldest."""
    try:
        return (folder.path / "config.json").stat().st_mtime_ns
    except OSError:
        return 0


def open_run(folder: RunFolder) -> Opened:
    """Load experiment, config and schedule of a run folder, checking that they belong together.

    Raises:
        RunFolderError: missing or damaged files, another experiment or version than the files say.
        UnknownNameError: the experiment is not installed.
    """
    record, settings = folder.record(), folder.config()
    try:
        experiment = registry.load(settings["experiment"])
        if record["experiment"] != experiment.name:
            raise RunFolderError(f"{folder.path} mixes two runs: run.json says {record['experiment']}, "
                                 f"config.json says {experiment.name}.")  # fmt: skip
        for source in (record, settings):
            if source["version"] != experiment.version:
                raise RunFolderError(
                    f"{folder.path} was made by version {source['version']} of {experiment.name}; installed is version "
                    f"{experiment.version}, which gives other results. Install the primordia that made it, or run anew."
                )
        config = configs.from_dict(experiment.Config, settings["config"])
        _refuse_altered(folder, record, settings)
        schedule = schedules.make(experiment, settings["schedule"])
    except (KeyError, TypeError, AttributeError) as error:
        raise RunFolderError(f"{folder.path} lacks or garbles {error}; it was altered.") from error
    except RunFolderError:
        raise
    except PrimordiaError as error:
        raise RunFolderError(f"{folder.path} cannot be opened: {error}") from error
    return Opened(folder, experiment, config, schedule, str(record["config_hash"]))


def check(folder: RunFolder) -> None:
    """Refuse a run that cannot be gone on with, as far as its files tell without its experiment and its checkpoints.

    Raises:
        RunFolderError: a file is missing or damaged, or they do not belong together.
    """
    record, settings = folder.record(), folder.config()
    if record["version"] != settings["version"]:
        raise RunFolderError(
            f"{folder.path} mixes two runs: run.json says version {record['version']}, "
            f"config.json says version {settings['version']}."
        )
    _refuse_altered(folder, record, settings)
    folder.events.read()
    folder.metrics.read()


def _refuse_altered(folder: RunFolder, record: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Of a record and settings that are of one experiment and version."""
    found = settings_hash(record["experiment"], record["version"], settings["config"])
    if found != record["config_hash"]:
        raise RunFolderError(
            f"{folder.path / 'config.json'} was altered: its hash is {found}, run.json says "
            f"{record['config_hash']}. To change settings, fork the run."
        )
