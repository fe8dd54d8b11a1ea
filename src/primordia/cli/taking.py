"""What one sees of a run, as a file: the command line's words for the exports of the observatory."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from primordia.cli import arguments, printing
from primordia.core.errors import BadInputError
from primordia.engine import opening
from primordia.engine.folder import Opened, RunFolder

STILL = ("png", "svg")
FORMS = {
    **dict.fromkeys(STILL, ("every", "per_second")),
    **dict.fromkeys(("gif", "mp4"), ()),
    **dict.fromkeys(("share", "prim"), ("scale",)),
}
"""The options that say nothing about a form of picture, by its name; about a table of rows none says anything."""
USUAL_PICTURES = 60
OPTIONS = ("show", "corner", "first", "last", "every", "scale", "per_second")
CORNER = re.compile(r"(\d+)x(\d+)")


def refuse_idle(wanted: Any) -> None:
    """Refuse options that say nothing about what is wanted.

    Raises:
        BadInputError: one of them was given; says what it is for.
    """
    idle = FORMS.get(wanted.to, OPTIONS)
    if odd := next((name for name in idle if getattr(wanted, name) is not None), None):
        forms = ", ".join(form for form in FORMS if odd not in FORMS[form])
        raise BadInputError(f"{arguments.flag(odd)} is for {forms} and not for {wanted.to}; leave it out.")
    if wanted.to in STILL and wanted.first is not None and wanted.last is not None:
        raise BadInputError(f"A {wanted.to} shows one step: give --first or --last, not both.")


def named(folder: RunFolder, wanted: Any) -> Path:
    """The file to write; what one sees has the ending of its form.

    Raises:
        BadInputError: it exists or has another ending; says the nearest that serves.
    """
    ending = ".html" if wanted.to == "share" else f".{wanted.to}"
    out = wanted.out or Path(f"{folder.path.resolve().name}{ending}")
    if wanted.to in FORMS and out.suffix != ending:
        near = out.with_suffix(ending) if out.suffix[1:].isalpha() else out.with_name(out.name + ending)
        raise BadInputError(f"{out} does not end in {ending}: name it {near}.")
    return arguments.new_file(out, wanted.force)


def take(folder: RunFolder, wanted: Any, out: Path) -> Path:
    """Make the picture, film, page or recording that is wanted; returns its file.

    Raises:
        BadInputError: something is out of its range.
    """
    from primordia.observatory.exports import exporting, moving

    run = opening.open_run(folder)
    begins, end = int(folder.record()["begins_at"]), folder.reached()
    last = _number(wanted, "last", end)
    first = _number(wanted, "first", last if wanted.to in STILL else begins)
    request = {
        "form": "html" if wanted.to == "share" else wanted.to,
        "views": _shown(run, wanted),
        "first": first,
        "last": last,
        "every": _number(wanted, "every", max(1, (last - first) // USUAL_PICTURES)),
        "scale": _number(wanted, "scale", 1),
        "pictures_per_second": _number(wanted, "per_second", 10),
    }
    if wanted.to == "mp4" and not moving.can_write_mp4():
        out = arguments.new_file(out.with_suffix(".gif"), wanted.force)
        print("ffmpeg is not installed, so the film is a GIF.", file=sys.stderr)
    return exporting.make(folder.path, request, out, _told)


def _number(wanted: Any, name: str, usual: int) -> int:
    text = getattr(wanted, name)
    return usual if text is None else arguments.whole(name, text, 0)


def _shown(run: Opened, wanted: Any) -> list[dict[str, Any]]:
    """The views and metrics that are named, as an export is asked for them."""
    names = [name.strip() for name in (wanted.show or next(iter(run.experiment.views), "")).split(",")]
    part: dict[str, int] = {}
    if wanted.corner is not None:
        found = CORNER.fullmatch(wanted.corner)
        if found is None:
            raise BadInputError(f"--corner {wanted.corner} cannot be read: write ROWSxCOLUMNS, as in 144x144.")
        part = {"rows": int(found[1]), "columns": int(found[2])}
    return [{"metric": name} if name in run.experiment.metrics else {"view": name, **part} for name in names]


def _told(share: float, what: str) -> None:
    """How far it is, on a terminal."""
    if printing.on_terminal():
        print(f"\r{share:4.0%} {what:<40}", end="\n" if share >= 1 else "", file=sys.stderr, flush=True)
