"""What a running run has to say, sent by a thread of its own: the run never waits for the server."""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Mapping
from typing import Any, final

from primordia.core.metrics import Row
from primordia.engine.folder import Opened
from primordia.engine.helm import Helm
from primordia.engine.observer import Outcome
from primordia.observatory.pipe import Pipe

PULSE_SECONDS = 0.1
"""Progress is told at most so often, and only where there is some."""
SPEED_SECONDS = 1.0
"""Over how long steps are counted for the speed that is told."""
MOST_WAITING = 2**16
"""So many rows, and so many events, wait for a server that does not read; then the oldest go, which are on disk."""


@final
class Outbox:
    """An observer that hands everything on. Before the first chunk is done a run that is not paused is "waiting".

    Args:
        pipe: to the server.
        helm: of the run.
    """

    def __init__(self, pipe: Pipe, helm: Helm) -> None:
        self.run: Opened | None = None
        self._pipe, self._helm = pipe, helm
        self._first, self._moved = 0, False
        self._rows: collections.deque[Row] = collections.deque(maxlen=MOST_WAITING)
        self._events: collections.deque[Mapping[str, Any]] = collections.deque(maxlen=MOST_WAITING)
        self._told: dict[str, Any] = {}
        self._pace: collections.deque[tuple[float, int]] = collections.deque()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._send, name="outbox", daemon=True)

    def started(self, run: Opened, step: int, rows: list[dict[str, Any]]) -> None:
        """The loop begins."""
        self.run, self._first = run, step
        self._thread.start()

    def progressed(self, step: int, steps_per_second: float) -> None:
        """Some steps were done; how many is read from the ring when it is told."""
        self._moved = True

    def row_written(self, row: Row) -> None:
        """A row waits to be sent."""
        self._rows.append(dict(row))

    def event_noted(self, event: Mapping[str, Any]) -> None:
        """An event waits to be sent."""
        self._events.append(dict(event))

    def ended(self, outcome: Outcome) -> None:
        """The loop is over; see `close`."""

    def close(self) -> None:
        """Send what waits, and end."""
        self._closing.set()
        if self.run is not None:
            self._thread.join()

    def _send(self) -> None:
        assert self.run is not None
        path = self.run.folder.path
        try:
            self._pipe.send({"say": "opened", "run": path.name, "folder": str(path)})
            closing = False
            while not closing:
                closing = self._closing.wait(PULSE_SECONDS)
                self._flush()
        except EOFError:
            return

    def _flush(self) -> None:
        # Asked first and told last: whoever hears that the run is paused has heard all that came before.
        progress = self._progress()
        if rows := _all(self._rows):
            self._pipe.send({"say": "rows", "rows": rows})
        for event in _all(self._events):
            self._pipe.send({"say": "happened", "event": event})
        if progress != self._told:
            self._told = progress
            self._pipe.send({"say": "progress", **progress})

    def _progress(self) -> dict[str, Any]:
        mode, why, newest = self._helm.standing()
        step, revision = (newest.t, newest.revision) if newest else (self._first, 0)
        waiting = mode in ("playing", "pausing") and not self._moved
        speed = self._speed(step) if mode == "playing" else self._stand_still()
        return {
            "step": step,
            "revision": revision,
            "steps_per_second": speed,
            "mode": "waiting" if waiting else mode,
            "why": why,
        }

    def _speed(self, step: int) -> float:
        now = time.monotonic()
        self._pace.append((now, step))
        while now - self._pace[0][0] > SPEED_SECONDS and len(self._pace) > 2:
            self._pace.popleft()
        since, first = self._pace[0]
        return round((step - first) / (now - since), 3) if now > since else 0.0

    def _stand_still(self) -> float:
        self._pace.clear()
        return 0.0


def _all(waiting: collections.deque[Any]) -> list[Any]:
    """Everything that waits now; the run goes on adding."""
    return [waiting.popleft() for _ in range(len(waiting))]
