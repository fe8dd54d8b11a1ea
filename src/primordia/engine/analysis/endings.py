"""What a run came to, read without reading the run: its last row and the transitions that it crossed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from primordia.engine.folder import RunFolder

LAST_BYTES = 2**18


def last_row(file: Path) -> dict[str, Any] | None:
    """The last whole row of a journal, without reading what lies before; None where there is none.

    Raises:
        ValueError: it is not JSON; the file was altered.
    """
    try:
        with file.open("rb") as reading:
            reading.seek(max(0, reading.seek(0, 2) - LAST_BYTES))
            lines = reading.read().rsplit(b"\n", 2)
    except FileNotFoundError:
        return None
    row = json.loads(lines[-2]) if len(lines) > 1 else None
    return row if isinstance(row, dict) else None


def crossed(folder: RunFolder) -> dict[str, int]:
    """The transitions among a run's events, by name, with the step of the first row that showed each.

    Its other events are not read, of which there may be many.

    Raises:
        ValueError, KeyError: a line that tells of a transition cannot be read; the file was altered.
    """
    try:
        text = (folder.path / "events.jsonl").read_bytes()
    except FileNotFoundError:
        return {}
    lines = [line for line in text.split(b"\n")[:-1] if b'"transition"' in line]
    events = [json.loads(line) for line in lines]
    return {str(event["name"]): int(event["step"]) for event in reversed(events) if event["event"] == "transition"}
