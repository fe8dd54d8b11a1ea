"""All runs of one experiment as points: what differs among their settings, and what came of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from primordia.core.errors import PrimordiaError
from primordia.core.experiment import Experiment
from primordia.engine import lease
from primordia.engine.analysis import endings
from primordia.engine.folder import RunFolder
from primordia.observatory.serving import catalogue, standings


def answer(root: Path, of: str) -> dict[str, Any]:
    """The answer to `Sweep`: the runs of an experiment, or of the sweep of that name, which has no slash.

    Raises:
        RunFolderError: there is no such sweep.
        UnknownNameError: there is no such experiment; says the nearest.
    """
    if "/" in of:
        return sweep(root, catalogue.experiment(root, of))
    folder = standings.named(root, of)
    return sweep(root, catalogue.experiment(root, folder.plan().experiment), folder.path)


def sweep(root: Path, experiment: Experiment[Any, Any], place: Path | None = None) -> dict[str, Any]:
    """Settings that differ, metrics, and the runs with a row, of those at `place`; damaged runs are left out.

    The step of a transition is a metric too, such as "takeover (epoch)"; a run that has not crossed it lacks it.
    """
    runs = []
    for path in catalogue.folders(place or root):
        # Judged by its place before anything of it is read.
        if f"{path.parent.parent.name}/{path.parent.name}" == experiment.name:
            try:
                runs.append(_run(RunFolder(path), experiment, catalogue.id_of(root, path)))
            except (PrimordiaError, OSError, ValueError):
                continue
    found = [run for run in runs if run is not None]
    names = dict.fromkeys(name for run in found for name in run["settings"])
    differing = [name for name in names if len({_hashable(run["settings"].get(name)) for run in found}) > 1]
    metrics = dict.fromkeys(name for run in found for name in run["row"] if name != "step")
    for run in found:
        run["settings"] = {name: run["settings"].get(name) for name in differing}
    return {"experiment": experiment.name, "settings": differing, "metrics": list(metrics), "runs": found}


def _run(folder: RunFolder, experiment: Experiment[Any, Any], run: str) -> dict[str, Any] | None:
    record, settings = folder.record(), folder.config()
    row = endings.last_row(folder.path / "metrics.jsonl")
    if record["version"] != experiment.version or row is None:
        return None
    crossed = {
        f"{name} ({experiment.step_word})": step
        for name, step in {**record.get("crossings", {}), **endings.crossed(folder)}.items()
        if name in experiment.transitions
    }
    return {
        "run": run,
        "status": lease.status(folder),
        "settings": settings["config"],
        "row": {**row, **crossed},
    }


def _hashable(value: Any) -> str:
    return json.dumps(value)
