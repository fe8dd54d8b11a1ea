"""JSON lines that are only appended to, and that survive a torn last line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from primordia.core.errors import RunFolderError


class Journal:
    """An append-only file of one JSON object a line.

    A line reaches the operating system when `append` returns, so it survives the death of the process; `sync` makes it
    survive a power cut.

    Args:
        path: the file, which need not exist yet.
        fault: says which key an entry lacks or garbles, or None where it is sound; for reading only.
    """

    def __init__(self, path: Path, fault: Callable[[Mapping[str, Any]], str | None] = lambda entry: None) -> None:
        self.path = path
        self.fault = fault

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add one line. A line that could not be written whole is taken back before the error is passed on.

        Raises:
            ValueError: it holds NaN or an infinity, which JSON cannot say; nothing was written.
        """
        line = (json.dumps(entry, ensure_ascii=False, allow_nan=False) + "\n").encode()
        with self.path.open("ab", buffering=0) as file:
            start = file.tell()
            try:
                if file.write(line) != len(line):
                    raise OSError(28, "No space left on device", str(self.path))
            except OSError:
                file.truncate(start)
                raise

    def sync(self) -> None:
        """Flush the file to the disk."""
        if self.path.exists():
            with self.path.open("rb") as file:
                os.fsync(file.fileno())

    def read(self) -> list[dict[str, Any]]:
        """Every whole line. A last line without its end is not there yet and is left out.

        Raises:
            RunFolderError: a line that is not a JSON object, or lacks what its readers rely on; says which.
        """
        if not self.path.exists():
            return []
        entries = []
        for number, line in enumerate(self.path.read_bytes().split(b"\n")[:-1], 1):
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                entry = None
            if not isinstance(entry, dict):
                raise RunFolderError(f"Line {number} of {self.path} is not a JSON object; the file was altered.")
            key = self.fault(entry)
            if key is not None:
                raise RunFolderError(f"Line {number} of {self.path} lacks or garbles {key!r}; the file was altered.")
            entries.append(entry)
        return entries

    def keep(self, wanted: Callable[[Mapping[str, Any]], bool]) -> list[dict[str, Any]]:
        """Cut the file to its longest beginning of wanted, whole lines; returns them."""
        kept: list[dict[str, Any]] = []
        for entry in self.read():
            if not wanted(entry):
                break
            kept.append(entry)
        if self.path.exists():
            lines = self.path.read_bytes().split(b"\n")[: len(kept)]
            length = sum(len(line) + 1 for line in lines)
            if length != self.path.stat().st_size:
                os.truncate(self.path, length)
        return kept
