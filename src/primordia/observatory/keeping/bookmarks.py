"""Steps of a run that somebody wants to find again, in its folder, so that they travel with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from primordia.core.errors import BadInputError, RunFolderError
from primordia.engine import durable

FILE = "bookmarks.json"
MOST = 500
LONGEST = 200


def read(folder: Path) -> list[dict[str, Any]]:
    """The bookmarks of the run in `folder`, {"step", "note"} each, by step; none where there is no such file.

    Raises:
        RunFolderError: the file was truncated or altered.
    """
    path = folder / FILE
    if not path.is_file():
        return []
    try:
        kept = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise RunFolderError(f"{path} is not JSON ({error}); delete it to begin without bookmarks.") from error
    if not isinstance(kept, list) or not all(_sound(entry) for entry in kept):
        raise RunFolderError(f"{path} does not hold bookmarks; it was altered. Delete it to begin without any.")
    return sorted(kept, key=lambda entry: int(entry["step"]))


def put(folder: Path, step: int, note: str) -> list[dict[str, Any]]:
    """Remember a step, or replace what was noted there; an empty note forgets it. Returns all bookmarks.

    Raises:
        BadInputError: the step is negative, the note too long, or there are too many already.
        RunFolderError: as `read`; nothing was changed.
        NoRoomError: the disk is full; nothing was changed.
    """
    text = " ".join(note.split())
    if step < 0:
        raise BadInputError(f"A bookmark stands at a step of 0 or more, not at {step}.")
    if len(text) > LONGEST:
        raise BadInputError(f"This note has {len(text)} characters; a bookmark has room for {LONGEST}.")
    kept = [entry for entry in read(folder) if entry["step"] != step]
    if text:
        if len(kept) >= MOST:
            raise BadInputError(f"This run has {MOST} bookmarks; remove one first.")
        kept = sorted([*kept, {"step": step, "note": text}], key=lambda entry: int(entry["step"]))
    with durable.naming_a_full_disk(folder, "the bookmark was not kept"):
        durable.write_json(folder / FILE, kept)
    return kept


def _sound(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and entry.keys() == {"step", "note"}
        and type(entry["step"]) is int
        and entry["step"] >= 0
        and isinstance(entry["note"], str)
        and 0 < len(entry["note"]) <= LONGEST
    )
