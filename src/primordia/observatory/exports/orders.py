"""What somebody wants to take away from a run, read from a request and held to bounds before anything is drawn."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from primordia.core.errors import BadInputError, UnknownNameError
from primordia.engine.folder import Opened
from primordia.observatory.stages.painting import Tile

FORMS = {
    "png": "a picture",
    "svg": "a drawing",
    "gif": "a film",
    "mp4": "a film",
    "html": "a page that plays by itself",
    "prim": "a recording",
}
STILL, RECORDED = ("png", "svg"), ("html", "prim")
MOST_STEPS = 2000
MOST_VIEWS = 4
LARGEST_SCALE = 32
FASTEST = 50


@dataclasses.dataclass(frozen=True)
class Part:
    """A tile of a view; of rows and columns, 0 is as many as there are."""

    view: str
    tile: Tile


@dataclasses.dataclass(frozen=True)
class Order:
    """An export, checked.

    Args:
        form: one of `FORMS`.
        parts: tiles of views to show; empty where only curves are wanted.
        curves: metrics to draw as curves.
        steps: ascending, at most `MOST_STEPS`; a still has one.
        scale: pixels to a cell, along each side.
        per_second: pictures a second.
    """

    form: str
    parts: tuple[Part, ...]
    curves: tuple[str, ...]
    steps: tuple[int, ...]
    scale: int
    per_second: int


def read(run: Opened, request: Mapping[str, Any]) -> Order:
    """The order of a request with the fields of `protocol.Export`.

    Each of its "views" is the name of a view, or {"view": name} with "top", "left", "rows", "columns" and "stride" as
    in `protocol.Look`, or {"metric": name}. Without any, the first view is meant.

    Raises:
        UnknownNameError: no such form, view or metric; says the nearest.
        BadInputError: something is out of its range; says which is allowed.
    """
    form = str(request["form"])
    if form not in FORMS:
        raise UnknownNameError("form of export", form, FORMS)
    parts, curves = _shown(run, request["views"])
    if len(parts) > (MOST_VIEWS if form in RECORDED else 1):
        most = f"at most {MOST_VIEWS} views" if form in RECORDED else "one view"
        raise BadInputError(f"{len(parts)} views were asked for; as {form}, {FORMS[form]}, {most} can be shown.")
    if form != "svg" and not parts:
        raise BadInputError(f"As {form} a view is needed; only svg shows curves alone.")
    if len({part.view for part in parts}) < len(parts):
        raise BadInputError(f"The view {parts[0].view} was asked for twice; once is enough.")
    return Order(
        form,
        parts,
        curves,
        _steps(run, form, request),
        _between("scale", request["scale"], 1, LARGEST_SCALE, "pixels to a cell"),
        _between("pictures_per_second", request["pictures_per_second"], 1, FASTEST, "pictures a second"),
    )


def _shown(run: Opened, wanted: Any) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    parts, curves = [], []
    for entry in wanted or list(run.experiment.views)[:1]:
        named = {"view": entry} if isinstance(entry, str) else entry
        if not isinstance(named, Mapping) or not ({"view", "metric"} & named.keys()):
            raise BadInputError(f"What to show is {entry!r}; it must be the name of a view, or an object that has one.")
        if "metric" in named:
            if named["metric"] not in run.experiment.metrics:
                raise UnknownNameError("metric", str(named["metric"]), run.experiment.metrics)
            curves.append(str(named["metric"]))
            continue
        if named["view"] not in run.experiment.views:
            raise UnknownNameError("view", str(named["view"]), run.experiment.views)
        places = {name: _between(name, named.get(name, 0), 0, 2**20, "cells") for name in Tile._fields[:-1]}
        stride = _between("stride", named.get("stride", 1), 1, 2**10, "cells")
        parts.append(Part(str(named["view"]), Tile(**places, stride=stride)))
    return tuple(parts), tuple(curves)


def _steps(run: Opened, form: str, request: Mapping[str, Any]) -> tuple[int, ...]:
    word = run.experiment.step_word
    begins, last = int(run.folder.record()["begins_at"]), run.folder.reached()
    first = _between("first", request["first"], begins, last, f"{word}s of this run")
    if form in STILL:
        return (first,)
    end = _between("last", request["last"], first, last, f"{word}s from the first on")
    every = _between("every", request["every"], 1, 2**48, f"{word}s")
    steps = range(first, end + 1, every)
    if len(steps) > MOST_STEPS:
        enough = -(-(end - first + 1) // MOST_STEPS)
        raise BadInputError(
            f"These are {len(steps):,} pictures; allowed are {MOST_STEPS:,}: take every {enough} {word}s."
        )
    # The end belongs to what somebody asked to see, also where the cadence steps over it.
    return (*steps, *([end] if steps[-1] != end and len(steps) < MOST_STEPS else []))


def _between(name: str, value: Any, low: int, high: int, unit: str) -> int:
    if type(value) is not int or not low <= value <= high:
        raise BadInputError(f"{name} is {value!r}; allowed are whole numbers from {low} to {high}, {unit}.")
    return value
