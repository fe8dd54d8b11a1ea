"""Experiments and runs as JSON, for pages: everything that a page can know without looking at a state."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import importlib.util
import re
from collections.abc import Mapping
from typing import Any

from primordia.core import config as configs
from primordia.core import registry
from primordia.core.config import Field
from primordia.core.errors import PrimordiaError, RunFolderError
from primordia.core.experiment import Experiment
from primordia.core.views import Colour
from primordia.engine import checkpoints, lease
from primordia.engine.folder import RunFolder
from primordia.engine.schedule import Schedule
from primordia.observatory.keeping import bookmarks

MOST_ROWS = 10_000
"""Rows that a page is sent at once: several for each of its pixels."""
NEWEST_ROWS = 1_000
MOST_EVENTS = 2_000
RUNS = ("created", "running")
"""The statuses of a run that some process runs: one that nobody runs has died."""
NEEDED = re.compile(r"([\w.-]+)(?=[<>=!~ ;\[]).*extra == ['\"](\w+)['\"]")


def field(known: Field) -> dict[str, Any]:
    """A setting or an argument; `required` says that it has no default."""
    spec, required = known.spec, known.default is dataclasses.MISSING
    return {
        "name": known.name,
        "type": known.type.__name__,
        "optional": known.optional,
        "required": required,
        "default": None if required else known.default,
        "meaning": spec.meaning,
        "unit": spec.unit,
        "allowed": spec.allowed(),
        "choices": list(spec.choices),
        "source": spec.source,
        "ge": spec.ge,
        "le": spec.le,
    }


def fields(kind: type[Any]) -> list[dict[str, Any]]:
    """Every field of a configuration class, in order."""
    return [field(known) for known in configs.fields(kind).values()]


def palette(colours: tuple[Colour, ...]) -> list[list[str]]:
    """(meaning, #rrggbb) of each entry."""
    return [[colour.meaning, colour.rgb] for colour in colours]


def experiment(found: Experiment[Any, Any]) -> dict[str, Any]:
    """Everything that an experiment declares; what every system can be told, "set", is left out."""
    return {
        "name": found.name,
        "version": found.version,
        "summary": found.summary,
        "step_word": found.step_word,
        "determinism": found.determinism,
        "source": dataclasses.asdict(found.source),
        "metrics": {name: _words(metric, "unit", "direction", "meaning") for name, metric in found.metrics.items()},
        "views": {
            name: {"meaning": view.meaning, "needs": view.needs, "palette": palette(view.palette)}
            for name, view in found.views.items()
        },
        "transitions": {
            name: _words(line, "metric", "threshold", "rising", "before", "after", "meaning")
            for name, line in found.transitions.items()
        },
        "panels": {title: list(metrics) for title, metrics in found.panels.items()},
        "bands": {metric: list(edges) for metric, edges in found.bands.items()},
        "interventions": {
            name: {"meaning": kind.meaning, "arguments": fields(kind.Arguments)}
            for name, kind in found.interventions.items()
        },
        "settings": fields(found.Config),
        "schedule": fields(Schedule),
        "presets": {
            name: {"text": preset.text, "config": dict(preset.config), "run": dict(preset.run)}
            for name, preset in found.presets.items()
        },
        "claims": [_words(claim, "id", "statement", "source") for claim in found.claims],
    }


def short(name: str) -> dict[str, Any]:
    """One experiment for a list; one that cannot be run here says why and hides no other."""
    wing = name.partition("/")[0]
    entry: dict[str, Any] = {"name": name, "wing": wing, "presets": {}, "views": [], "source": None}
    try:
        found = registry.load(name)
    except PrimordiaError as error:
        return {**entry, "summary": "", "installed": False, "why": str(error)}
    why = missing(wing)
    return {
        **entry,
        "summary": found.summary,
        "source": _words(found.source, "title", "authors", "year", "arxiv"),
        "presets": {preset: known.text for preset, known in found.presets.items()},
        "views": list(found.views),
        "installed": not why,
        "why": why,
    }


def missing(wing: str) -> str:
    """Which package a wing lacks here and what brings it, in a sentence; empty where it lacks none.

    A wing needs what the extra of its name lists; the wings of other packages say nothing here.
    """
    try:
        lines = importlib.metadata.requires("primordia") or []
    except importlib.metadata.PackageNotFoundError:
        return ""
    for package, extra in (found.groups() for line in lines if (found := NEEDED.match(line))):
        if extra == wing and importlib.util.find_spec(package.replace("-", "_").lower()) is None:
            return f"{package} is not installed; `pip install 'primordia[{wing}]'` brings it."
    return ""


def run(folder: RunFolder) -> dict[str, Any]:
    """What the files of a run say, for a page that begins to watch it.

    Of more than `MOST_ROWS` rows the newest are there, and those before evenly thinned. Of its experiment's views those
    are named that the run's settings allow.

    Raises:
        RunFolderError: a file is missing or damaged.
        BadInputError: its experiment cannot be loaded here.
    """
    record, settings, status = folder.record(), folder.config(), lease.status(folder)
    found, events = registry.load(settings["experiment"]), folder.events.read()
    if found.version != record["version"]:
        raise RunFolderError(
            f"{folder.path.name} was made by version {record['version']} of {found.name}; installed is version "
            f"{found.version}, which gives other results."
        )
    config = configs.from_dict(found.Config, settings["config"])
    described = experiment(found)
    described["views"] = {
        name: view for name, view in described["views"].items() if configs.is_on(config, view["needs"])
    }
    return {
        "run": folder.path.name,
        "status": status,
        "mode": "elsewhere" if status in RUNS else "over",
        "why": record["reason"] or "",
        "step": record["step"],
        "revision": sum(event["event"] == "intervention" for event in events),
        "begins_at": record["begins_at"],
        "live": False,
        "experiment": described,
        "config": settings["config"],
        "schedule": settings["schedule"],
        **{key: record[key] for key in ("parent", "seed", "preset", "created")},
        "folder": str(folder.path),
        "report": (folder.path / "report.html").is_file(),
        "rows": thinned(folder.metrics.read()),
        # All but checkpoints, of which a long run has thousands; of too many the newest.
        "events": [event for event in events if event["event"] != "checkpoint"][-MOST_EVENTS:],
        "bookmarks": _bookmarks(folder),
        "checkpoints": checkpoints.steps(folder.checkpoints),
    }


def thinned(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most `MOST_ROWS` of some rows: the first, evenly spaced ones, and the newest."""
    older, newest = rows[:-NEWEST_ROWS], rows[-NEWEST_ROWS:]
    every = -(-len(older) // (MOST_ROWS - NEWEST_ROWS))
    return older[::every] + newest if every > 1 else rows


def _bookmarks(folder: RunFolder) -> list[dict[str, Any]]:
    try:
        return bookmarks.read(folder.path)
    except RunFolderError:
        # They are no part of the run: it can be watched without; whoever sets one is told.
        return []


def _words(declared: Any, *names: str) -> Mapping[str, Any]:
    return {name: getattr(declared, name) for name in names}
