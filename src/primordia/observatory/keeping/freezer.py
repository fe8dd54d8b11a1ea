"""The freezer of a folder of runs: specimens and whole states, each with a name, a thumbnail and where it comes from.

An item is a folder `freezer/<slug>/` with `item.json`, `thumbnail.png` and, for a whole state, `state.safetensors`. It
is numbers and text: nothing in it is ever executed. (`primordia life freeze` keeps programs of one language in files
that its tools take in; here lies whatever a page shows, of any wing.)
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from primordia.core import config as configs
from primordia.core import registry, tree
from primordia.core.errors import BadInputError, ConfigError, ContractError, PrimordiaError
from primordia.core.streams import Streams
from primordia.core.views import Colour, View
from primordia.engine import checkpoints, folder
from primordia.engine import schedule as schedules
from primordia.engine.folder import Beginning, Opened, RunFolder
from primordia.engine.ring import Instant
from primordia.engine.schedule import Schedule
from primordia.observatory.keeping import shelf, thumbnails

MOST_BYTES = 2**20
"""Of a specimen as JSON."""


def items(root: Path) -> list[dict[str, Any]]:
    """Every item, the newest first; one that cannot be read says why under "damage" and hides no other."""
    found = [_shown_or_damaged(root, slug) for slug in shelf.slugs(root)]
    return sorted(found, key=lambda item: str(item["kept"]), reverse=True)


def item(root: Path, slug: str) -> dict[str, Any]:
    """One item as the page is told of it: its entry, "item" (its slug), "thumbnail" (an address) and "damage" (None).

    Raises:
        UnknownNameError: there is no such item; says the nearest.
        BadInputError: it was truncated or altered, or a newer primordia kept it.
    """
    entry, files = shelf.read(root, slug)
    picture = thumbnails.address(files[shelf.THUMBNAIL]) if shelf.THUMBNAIL in files else None
    told = {key: value for key, value in entry.items() if key not in ("files", "sha256", "format")}
    return {"item": slug, **told, "thumbnail": picture, "damage": None}


def discard(root: Path, slug: str) -> list[dict[str, Any]]:
    """Throw an item away, a damaged one too; returns the others as `items` does.

    Raises:
        UnknownNameError: there is no such item; says the nearest.
    """
    shelf.discard(root, slug)
    return items(root)


def keep_specimen(root: Path, run: RunFolder, step: int, name: str, specimen: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what a page shows as a specimen; returns the item.

    Args:
        root: the folder of all runs.
        run: where it was found.
        step: after how many steps.
        name: what to call it; empty for its own title.
        specimen: as it was shown: {"kind": "specimen", "title", "note", "intervention", "arguments", "picture"}.

    Raises:
        BadInputError: it is no specimen, or a large one.
        RunFolderError: the run cannot be read.
        NoRoomError: the disk is full; nothing was kept.
    """
    if len(json.dumps(dict(specimen))) > MOST_BYTES:
        raise BadInputError(f"This specimen is larger than {MOST_BYTES} bytes of JSON; keep the whole state instead.")
    texts = ("title", "note", "intervention")
    if specimen.get("kind") != "specimen" or not all(isinstance(specimen.get(key), str) for key in texts):
        raise BadInputError("What is to be kept is no specimen: it needs a title, a note and an intervention.")
    if not isinstance(specimen.get("arguments"), dict):
        raise BadInputError(f"The arguments of {specimen['title']!r} are no JSON object.")
    picture = specimen.get("picture")
    entry = {
        "kind": "specimen",
        "name": name.strip() or specimen["title"],
        "note": specimen["note"],
        "origin": _origin(run, step),
        "intervention": specimen["intervention"],
        "arguments": specimen["arguments"],
    }
    files = {} if picture is None else {shelf.THUMBNAIL: _thumbnail_of(picture)}
    return item(root, shelf.keep(root, entry, files))


def keep_state(root: Path, run: Opened, instant: Instant, view: str, name: str) -> dict[str, Any]:
    """Keep a whole state, from which a new run can begin; returns the item.

    Args:
        root: the folder of all runs.
        run: the run whose state it is.
        instant: the state, with the config of then.
        view: the view to make the thumbnail of; empty for the first.
        name: what to call it; empty for the experiment and its step.

    Raises:
        NoRoomError: the disk is full; nothing was kept.
    """
    from safetensors.numpy import save as to_bytes

    crossed = run.crossings(row for row in run.folder.metrics.read() if row["step"] <= instant.t)
    word = run.experiment.step_word
    entry = {
        "kind": "state",
        "name": name.strip() or f"{run.experiment.name}, {word} {instant.t:,}",
        "note": f"The whole state after {instant.t:,} {word}s.",
        "origin": {**_origin(run.folder, instant.t), "config": configs.to_dict(instant.config)},
        "schedule": configs.to_dict(run.schedule),
        "crossings": {name: step for name, step in crossed.items() if step <= instant.t},
    }
    files = {shelf.STATE: to_bytes(tree.to_arrays(instant.state))}
    shown = view or next(iter(run.experiment.views), "")
    if shown in run.experiment.views:
        declared = run.experiment.views[shown]
        pixels = declared.pixels(instant.config, instant.state, shown)
        files[shelf.THUMBNAIL] = thumbnails.thumbnail(pixels, declared.palette)
    return item(root, shelf.keep(root, entry, files))


def begin(root: Path, slug: str, schedule: Mapping[str, Any], command: str = "") -> RunFolder:
    """A new run from a kept state, ready to be resumed: with the same bits as a fork there.

    It loads the experiment and makes a first state to compare with, so it belongs into a process of its own.

    Args:
        root: the folder of all runs.
        slug: of an item that is a whole state.
        schedule: what differs from the schedule of the run that it was kept from; where that leaves nothing to do, as
            many steps again are done.
        command: how the run was started, for the record.

    Raises:
        UnknownNameError: no such item.
        BadInputError: it is no whole state, was altered, or belongs to another version of the experiment.
        ConfigError: the schedule leaves nothing to do.
    """
    entry, files = shelf.read(root, slug)
    if entry["kind"] != "state":
        raise BadInputError(f"{entry['name']} is a specimen: put it into a run; only a whole state begins a new one.")
    origin = entry["origin"]
    experiment = registry.load(origin["address"])
    if (origin["experiment"], origin["version"]) != (experiment.name, experiment.version):
        raise BadInputError(
            f"{entry['name']} was kept from version {origin['version']} of {origin['experiment']}; installed is "
            f"version {experiment.version} of {experiment.name}, which gives other results."
        )
    config = configs.from_dict(experiment.Config, origin["config"])
    planned = schedules.make(experiment, {**_going_on(entry), **schedule})
    if planned.steps <= origin["step"]:
        raise ConfigError(f"steps={planned.steps} leaves nothing to do after step {origin['step']}; give more.")
    try:
        template = experiment.init(config, Streams(config.seed))
        state = tree.from_arrays(template, checkpoints.arrays(files[shelf.STATE]))
    except (ContractError, ValueError, KeyError) as error:
        raise BadInputError(f"The state of {entry['name']} cannot be used: {error}") from error
    parent = {"id": origin["run"], "folder": "", "step": origin["step"]}
    beginning = Beginning(origin["step"], state, parent, entry["crossings"])
    return folder.create(
        root, experiment, config, planned, address=origin["address"], slug="thawed", beginning=beginning,
        command=command,
    ).folder  # fmt: skip


def _going_on(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The schedule of a kept state, made to last: twice as long where it was over, and no stop rule that has fired."""
    at, kept = entry["origin"]["step"], dict(entry["schedule"])
    if kept.get("steps", 0) <= at:
        kept["steps"] = 2 * max(at, 1)
    rule = Schedule(stop=kept.get("stop")).stop_rule()
    if rule and rule[0] in entry["crossings"] and entry["crossings"][rule[0]] + rule[1] <= at:
        kept["stop"] = None
    return kept


def _origin(run: RunFolder, step: int) -> dict[str, Any]:
    record, settings = run.record(), run.config()
    return {
        "run": record["id"], "experiment": record["experiment"], "address": settings["experiment"],
        "version": record["version"], "step": step, "seed": record["seed"], "preset": record["preset"],
        "config": settings["config"],
    }  # fmt: skip


def _thumbnail_of(picture: Any) -> bytes:
    """The thumbnail of a picture as a page shows it: {rows, columns, pixels: base64, palette: [[meaning, rgb]]}."""
    try:
        cells = np.frombuffer(base64.b64decode(picture["pixels"], validate=True), np.uint8)
        pixels = cells.reshape(int(picture["rows"]), int(picture["columns"]))
        palette = tuple(Colour(str(meaning), rgb) for meaning, rgb in picture["palette"])
        drawn = View(lambda config, state: state, palette, "").pixels(None, pixels, "of the specimen")
    except (KeyError, TypeError, ValueError, binascii.Error, ContractError) as error:
        raise BadInputError(f"The picture of the specimen cannot be read ({error}); keep it without one.") from error
    if not drawn.size or not palette:
        raise BadInputError("The picture of the specimen is empty; keep it without one.")
    return thumbnails.thumbnail(drawn, palette)


def _shown_or_damaged(root: Path, slug: str) -> dict[str, Any]:
    try:
        return item(root, slug)
    except (PrimordiaError, OSError) as error:
        return {"item": slug, "kind": "damaged", "name": slug, "kept": "", "thumbnail": None, "damage": str(error)}
