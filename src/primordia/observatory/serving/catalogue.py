"""The runs under a root in short, for a page; read again only where a file changed, so that hundreds stay quick."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias, final

from primordia.core import registry
from primordia.core.errors import PrimordiaError, RunFolderError, UnknownNameError
from primordia.core.experiment import Experiment
from primordia.engine import catalogue, lease
from primordia.engine.folder import RunFolder
from primordia.engine.sweeps.sweepfolder import SWEEPS
from primordia.observatory.serving import describing
from primordia.observatory.serving.standings import Sweeps

POINTS = 60
"""Points of a run's course in a list."""
Stamp: TypeAlias = tuple[int, ...]
NO_RUNS = ("freezer", SWEEPS)
"""Folders of a root whose folders are no runs."""


@final
class Catalogue:
    """All runs under `root`. Only one thread may ask at a time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._known: dict[Path, tuple[Stamp, dict[str, Any]]] = {}
        self._sweeps = Sweeps(root)
        self._experiments: list[dict[str, Any]] | None = None
        self._declared: dict[str, tuple[list[tuple[str, str]], list[str]]] = {}

    def answer(self) -> dict[str, Any]:
        """Runs, oldest first, sweeps, newest first, and the experiments that can be started."""
        if self._experiments is None:
            self._experiments = [describing.short(name) for name in registry.names()]
        return {"runs": self.runs(), "sweeps": self._sweeps.listed(), "experiments": self._experiments}

    def runs(self) -> list[dict[str, Any]]:
        """Every run in short; a damaged one says so under "damage" and hides no other."""
        found = {path: self._run(path) for path in folders(self.root)}
        self._known = {path: self._known[path] for path in found if path in self._known}
        return list(found.values())

    def _run(self, path: Path) -> dict[str, Any]:
        stamp = _stamp(path)
        if path in self._known and self._known[path][0] == stamp:
            entry = self._known[path][1]
            # Only what runs or seems to can change its status without a file being written: by dying.
            return entry if entry["status"] not in (*describing.RUNS, "died") else {**entry, **_status(path)}
        try:
            entry = self._read(RunFolder(path))
        except (PrimordiaError, OSError) as error:
            return _damaged(path, str(error))
        except Exception as error:  # One folder, however damaged, must not hide the others.
            return _damaged(path, f"{path} cannot be read ({type(error).__name__}: {error}); it was altered.")
        self._known[path] = (stamp, entry)
        return entry

    def _read(self, folder: RunFolder) -> dict[str, Any]:
        record, settings, status = folder.record(), folder.config(), lease.status(folder)
        rows = sampled(folder.path / "metrics.jsonl")
        metrics, views = self._look_up(str(settings["experiment"]))
        last = rows[-1] if rows else {}
        first = next((name for name in last if name != "step"), "")
        metric, unit = next((known for known in metrics if not last or known[0] in last), (first, ""))
        history = [row[metric] for row in rows if metric in row]
        return {
            "run": folder.path.name,
            **{key: record[key] for key in ("experiment", "preset", "seed", "step", "created")},
            "parent": record["parent"],
            "status": status,
            "mode": _mode(status),
            "steps": settings["schedule"].get("steps"),
            "metric": metric,
            "unit": unit,
            "value": history[-1] if history else None,
            "history": history,
            "settings": settings["config"],
            "thumbnail": thumbnail(folder, views),
            "damage": "",
        }

    def _look_up(self, address: str) -> tuple[list[tuple[str, str]], list[str]]:
        """The metrics of an experiment with their units, the one that runs are about first, and its views."""
        if address not in self._declared:
            try:
                found = registry.load(address)
                names = catalogue.main_metrics(found)
                self._declared[address] = [(name, found.metrics[name].unit) for name in names], list(found.views)
            except PrimordiaError:
                self._declared[address] = [], []
        return self._declared[address]


def folders(root: Path) -> list[Path]:
    """Every run folder under `root`, oldest first."""
    found = [
        path.parent
        for wing in root.glob("[!.]*")
        if wing.name not in NO_RUNS
        for path in wing.glob("[!.]*/[!.]*/config.json")
    ]
    return sorted(found, key=lambda path: (path.name, str(path)))


def id_of(root: Path, path: Path) -> str:
    """The id that a page knows a run folder by: its name, after the sweep's and a colon for the cell of a sweep."""
    sweep = path.parents[2]
    return f"{sweep.name}:{path.name}" if sweep.parent == root / SWEEPS else path.name


def find(root: Path, run: str) -> RunFolder:
    """The run of this id under `root`, and never anything else.

    Raises:
        RunFolderError: there is none.
    """
    # Asked of the file system by its exact name: an id from a page may hold anything.
    if run and run not in (".", "..") and not {"/", "\\", "\0"} & set(run):
        sweep, _, name = run.rpartition(":")
        place = root / SWEEPS / sweep if sweep and not sweep.startswith(".") else root
        for wing in place.glob("[!.]*/[!.]*"):
            with contextlib.suppress(OSError, ValueError):
                if (
                    name not in ("", ".", "..")
                    and (wing / name / "run.json").is_file()
                    and wing.parent.name not in NO_RUNS
                ):
                    return RunFolder(wing / name)
    raise RunFolderError(
        f"There is no run {run[:120]!r} under {root.name}; the table of runs lists the ones there are."
    )


def experiment(root: Path, name: str) -> Experiment[Any, Any]:
    """The experiment of that name: one that is installed, or that of a run under `root`.

    A page may not name a module: importing one runs it.

    Raises:
        UnknownNameError: there is none; says the nearest.
        BadInputError: it cannot be loaded here.
    """
    if name not in registry.names() and registry.NAME.fullmatch(name):
        kept = [*root.glob(f"{SWEEPS}/*/{name}/*/config.json"), *root.glob(f"{name}/*/config.json")]
        for settings in sorted(kept, reverse=True):
            with contextlib.suppress(PrimordiaError):
                return registry.load(RunFolder(settings.parent).config()["experiment"])
    if name not in registry.names():
        raise UnknownNameError("experiment", name, registry.names())
    return registry.load(name)


def sampled(file: Path) -> list[dict[str, Any]]:
    """At most about `POINTS` rows of a journal, evenly spaced, the last whole one among them."""
    if not file.is_file():
        return []
    lines = file.read_bytes().split(b"\n")[:-1]
    every = max(1, -(-len(lines) // POINTS))
    # Counted from the end, so that the newest row is there.
    picked = lines[::-1][::every][::-1]
    rows = [json.loads(line, parse_constant=_refuse) for line in picked]
    if not all(isinstance(row, dict) for row in rows):
        raise RunFolderError(f"{file} holds lines that are no rows; it was altered.")
    return rows


def thumbnail(folder: RunFolder, views: Sequence[str]) -> str | None:
    """The address of the newest saved picture of the first of these views that was saved; None where there is none."""
    for view in views:
        pictures = sorted((folder.views / view).glob("step_*.png"))
        if pictures:
            return f"/runs/{folder.path.name}/views/{view}/{pictures[-1].name}"
    return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number that a row may hold")


def _status(path: Path) -> dict[str, str]:
    try:
        status = lease.status(RunFolder(path))
    except (PrimordiaError, OSError):
        status = "damaged"
    return {"status": status, "mode": _mode(status)}


def _mode(status: str) -> str:
    return "elsewhere" if status in describing.RUNS else "over"


def _stamp(path: Path) -> Stamp:
    """What changes whenever something is written that an entry is made of."""
    stamp: list[int] = []
    for name in ("run.json", "config.json", "metrics.jsonl", "views"):
        try:
            stat = (path / name).stat()
        except OSError:
            stamp += [0, 0]
        else:
            stamp += [stat.st_mtime_ns, stat.st_size]
    return tuple(stamp)


def _damaged(path: Path, why: str) -> dict[str, Any]:
    blank = dict.fromkeys(("experiment", "preset", "seed", "step", "steps", "created", "parent", "value", "thumbnail"))
    texts = {"status": "damaged", "mode": "over", "metric": "", "unit": "", "damage": why}
    return {"run": path.name, **blank, **texts, "history": [], "settings": {}}
