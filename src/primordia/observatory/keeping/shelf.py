"""How items of the freezer lie on the disk: a folder each, written aside and renamed, checked whenever it is read."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import primordia
from primordia.core.errors import BadInputError, UnknownNameError
from primordia.engine import durable
from primordia.engine.folder import now

FORMAT = 1
FOLDER, ITEM, THUMBNAIL, STATE = "freezer", "item.json", "thumbnail.png", "state.safetensors"
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
LONGEST_NAME = 80
FIELDS: Mapping[str, type] = {
    "format": int, "kind": str, "name": str, "note": str, "kept": str, "primordia": str, "origin": dict, "files": dict,
}  # fmt: skip
ORIGIN: Mapping[str, type] = {
    "run": str, "experiment": str, "address": str, "version": int, "step": int, "seed": int, "config": dict,
}  # fmt: skip
KINDS: Mapping[str, Mapping[str, type]] = {
    "specimen": {"intervention": str, "arguments": dict},
    "state": {"schedule": dict, "crossings": dict},
}
"""What the two kinds of item say besides."""


def slugs(root: Path) -> list[str]:
    """The names of all items under a folder of runs, sorted."""
    folder = root / FOLDER
    return sorted(path.name for path in folder.iterdir() if SLUG.fullmatch(path.name)) if folder.is_dir() else []


def read(root: Path, slug: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The entry of an item and the bytes of its files by name, all of them as they were kept.

    Raises:
        UnknownNameError: there is no such item; says the nearest.
        BadInputError: it was truncated or altered, or a newer primordia kept it.
    """
    folder = _folder(root, slug)
    entry = _entry(folder)
    unknown = sorted({path.name for path in folder.iterdir()} - {ITEM, *entry["files"]})
    if unknown:
        raise BadInputError(f"The item {slug} holds {unknown[0]}, which is no part of it; nothing in it was opened.")
    files = {name: _file(folder / name, digest) for name, digest in entry["files"].items()}
    return entry, files


def keep(root: Path, entry: Mapping[str, Any], files: Mapping[str, bytes]) -> str:
    """Put an item on the shelf; returns its slug, which is made from its name.

    Raises:
        BadInputError: it has no name, or a long one.
        NoRoomError: the disk is full; nothing was kept.
    """
    name = " ".join(str(entry["name"]).split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadInputError(f"An item needs a name of 1 to {LONGEST_NAME} characters; this one has {len(name)}.")
    whole = {
        "format": FORMAT,
        **entry,
        "name": name,
        "kept": now(),
        "primordia": primordia.__version__,
        "files": {file: _sha256(content) for file, content in files.items()},
    }
    with durable.naming_a_full_disk(root, "nothing was kept"):
        return _put(root / FOLDER, name, {**whole, "sha256": _digest(whole)}, files)


def discard(root: Path, slug: str) -> None:
    """Throw an item away, a damaged one too.

    Raises:
        UnknownNameError: there is no such item; says the nearest.
    """
    folder = _folder(root, slug)
    # Renamed first: what is half deleted must not look like an item.
    doomed = folder.with_name(f".discarding-{slug}-{os.getpid()}")
    os.rename(folder, doomed)
    shutil.rmtree(doomed, ignore_errors=True)


def _folder(root: Path, slug: str) -> Path:
    if not SLUG.fullmatch(slug) or not (root / FOLDER / slug).is_dir():
        raise UnknownNameError("item of the freezer", slug, slugs(root))
    return root / FOLDER / slug


def _put(shelf: Path, name: str, entry: Mapping[str, Any], files: Mapping[str, bytes]) -> str:
    """Write an item aside and rename it to the first slug that is free; returns the slug."""
    shelf.mkdir(parents=True, exist_ok=True)
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:48].strip("-") or "item"
    aside = shelf / f".keeping-{slug}-{os.getpid()}"
    shutil.rmtree(aside, ignore_errors=True)
    try:
        aside.mkdir()
        for file, content in files.items():
            durable.write(aside / file, content)
        durable.write_json(aside / ITEM, entry)
        for suffix in ["", *(f"-{count}" for count in range(2, 10_000))]:
            if not (shelf / (slug + suffix)).exists():
                os.rename(aside, shelf / (slug + suffix))
                durable.sync_folder(shelf)
                return slug + suffix
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    shutil.rmtree(aside, ignore_errors=True)
    raise BadInputError(f"The freezer holds ten thousand items called {name!r}; give this one another name.")


def _entry(folder: Path) -> dict[str, Any]:
    try:
        entry = json.loads((folder / ITEM).read_bytes())
    except FileNotFoundError as error:
        raise BadInputError(f"{folder} is no item of the freezer: it has no {ITEM}.") from error
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{folder / ITEM} is not JSON ({error}): it was truncated or altered.") from error
    if isinstance(entry, dict) and type(entry.get("format")) is int and entry["format"] > FORMAT:
        raise BadInputError(
            f"{folder / ITEM} has format {entry['format']}, from a newer primordia; this one reads format {FORMAT}."
        )
    if not isinstance(entry, dict) or (lost := _lost(entry)):
        raise BadInputError(f"{folder / ITEM} lacks or garbles {lost if isinstance(entry, dict) else 'everything'!r}.")
    if entry.get("sha256") != _digest({key: value for key, value in entry.items() if key != "sha256"}):
        raise BadInputError(f"{folder / ITEM} was altered: its checksum does not match. Keep the thing again.")
    return entry


def _lost(entry: Mapping[str, Any]) -> str | None:
    """The first field that is missing or of another type, or None."""
    for part, kinds in ((entry, FIELDS), (entry.get("origin"), ORIGIN), (entry, KINDS.get(str(entry.get("kind"))))):
        if kinds is None or not isinstance(part, Mapping):
            return "kind"
        if (lost := next((key for key, kind in kinds.items() if type(part.get(key)) is not kind), None)) is not None:
            return lost
    if entry["origin"]["step"] < 0 or not all(type(step) is int for step in entry.get("crossings", {}).values()):
        return "step"
    needed = {STATE} if entry["kind"] == "state" else set()
    return None if needed <= entry["files"].keys() <= {THUMBNAIL, STATE} else "files"


def _file(path: Path, digest: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror}); the item is not whole.") from error
    if _sha256(content) != digest:
        raise BadInputError(f"{path} was truncated or altered: its checksum does not match. Keep the thing again.")
    return content


def _digest(entry: Mapping[str, Any]) -> str:
    return _sha256(json.dumps(entry, sort_keys=True).encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
