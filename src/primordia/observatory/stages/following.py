"""A recorded run that another process may still be adding to: what it gains is told once a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, final

from primordia.core.errors import PrimordiaError
from primordia.engine import checkpoints
from primordia.engine.folder import RunFolder
from primordia.engine.lease import is_live
from primordia.observatory.pipe import Pipe
from primordia.observatory.stages.tail import Tail

SECONDS = 1.0


def last_step(folder: RunFolder) -> int:
    """The last step that a run is known to have performed, by its record and checkpoints."""
    return max([int(folder.record()["step"]), *checkpoints.steps(folder.checkpoints)])


@final
class Follower:
    """Sends progress, new rows and new events of a run folder, in a thread of its own.

    Args:
        pipe: where they go.
        folder: the run.
        moved: called when the run got further.
    """

    def __init__(self, pipe: Pipe, folder: RunFolder, moved: Callable[[], None]) -> None:
        self._pipe, self._folder, self._moved = pipe, folder, moved
        self._rows, self._events = Tail(folder.metrics.path), Tail(folder.events.path)
        self._revision = sum(event["event"] == "intervention" for event in folder.events.read())
        self._row, self._was = 0, (time.monotonic(), last_step(folder))
        self._told: dict[str, Any] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="follower", daemon=True)

    def begin(self) -> None:
        """Start telling."""
        self._thread.start()

    def end(self) -> None:
        """Stop telling."""
        self._over.set()

    def _follow(self) -> None:
        while not self._over.is_set():
            try:
                self._tell()
            except EOFError:
                return
            except (PrimordiaError, OSError):
                # A folder that is being moved or mended: perhaps it is whole again in a second.
                pass
            self._over.wait(SECONDS)

    def _tell(self) -> None:
        events, rows = self._events.gained(), self._rows.gained()
        self._revision += sum(event.get("event") == "intervention" for event in events)
        if rows:
            self._row = max(self._row, int(rows[-1]["step"]))
            self._pipe.send({"say": "rows", "rows": rows})
        for event in events:
            self._pipe.send({"say": "happened", "event": event})
        progress = self._progress()
        if progress != self._told:
            self._told = progress
            self._moved()
            self._pipe.send({"say": "progress", **progress})

    def _progress(self) -> dict[str, Any]:
        record, live = self._folder.record(), is_live(self._folder)
        step = max(last_step(self._folder), self._row)
        (then, before), now = self._was, time.monotonic()
        if step != before:
            self._was = (now, step)
        speed = (step - before) / (now - then) if live and now > then else 0.0
        return {
            "step": step,
            "revision": self._revision,
            "steps_per_second": round(speed, 3),
            "mode": "elsewhere" if live else "over",
            "why": "" if live else record["reason"] or "",
        }
