"""Files that are either whole or absent, whatever happens to the process or the disk."""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from primordia.core.errors import NoRoomError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
ASIDE = re.compile(r"\..+\.\d+")


Sync = bool | Literal["file"]
"""What is flushed to the disk: True: the file, and the folder with its name, so that a power cut takes nothing back;
"file": the file, so that after a power cut its name stands for what it was or for what it is, whole; False: nothing."""


def write(path: Path, content: bytes, *, sync: Sync = True) -> None:
    """Replace `path` by `content` in one instant: written aside, flushed to the disk, renamed."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    if sync is True:
        sync_folder(path.parent)


def write_json(path: Path, value: Any, *, sync: Sync = True) -> None:
    """Like `write`, for a JSON value, indented for people.

    Raises:
        ValueError: it holds NaN or an infinity, which JSON cannot say; `finite` replaces them.
    """
    write(path, (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode(), sync=sync)


def finite(value: Any) -> Any:
    """A JSON value with null for each NaN and infinity in it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value


def sweep(folder: Path) -> None:
    """Remove what a killed process was writing aside, here and in all folders below; only for the folder's writer."""
    for path in folder.rglob(".*"):
        if ASIDE.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def naming_a_full_disk(folder: Path, what: str) -> Iterator[None]:
    """Turn the error of a full disk into a sentence.

    Raises:
        NoRoomError: instead of the operating system's error; other errors pass.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise NoRoomError(f"The disk under {folder} is full, so {what}; free some room and try again.") from error


def sync_folder(folder: Path) -> None:
    """Make renames and deletions inside `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
