"""Lines that somebody else appends to a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, final

from primordia.core.errors import RunFolderError


@final
class Tail:
    """The entries that a journal gained since it was last asked; reads only those.

    Args:
        path: a file of one JSON object a line, which need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = path.stat().st_size if path.exists() else 0

    def gained(self) -> list[dict[str, Any]]:
        """The whole lines that came since. A file that was cut is read on from where it was cut to.

        Raises:
            RunFolderError: a line is not a JSON object; the file was altered.
        """
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            self._read = min(self._read, file.seek(0, 2))
            file.seek(self._read)
            content = file.read()
        whole, newline, _ = content.rpartition(b"\n")
        self._read += len(whole) + len(newline)
        return [self._entry(line) for line in whole.splitlines() if line]

    def _entry(self, line: bytes) -> dict[str, Any]:
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise RunFolderError(f"A new line of {self._path} is not JSON ({error}); the file was altered.") from error
        if not isinstance(entry, dict):
            raise RunFolderError(f"A new line of {self._path} is not a JSON object; the file was altered.")
        return entry
