"""The newest states of a running run, for whoever draws them beside it. The run puts them there and never waits."""

from __future__ import annotations

import collections
import threading
import time
from typing import Any, NamedTuple, final

FRESH_SECONDS = 0.5
"""Who asked for a state so long ago is still drawing the last one, and will ask again."""


class Instant(NamedTuple):
    """A run at one moment: `state` is that after `t` steps and `revision` interventions, with the `config` of then."""

    t: int
    revision: int
    config: Any
    state: Any


@final
class Ring:
    """The newest `size` instants, by reference: states are never changed, so keeping one costs only its memory.

    `patience`, set by whoever draws, is how many seconds may well pass between two instants.
    """

    def __init__(self, size: int = 2) -> None:
        self._kept: collections.deque[Instant] = collections.deque(maxlen=size)
        self._news = threading.Condition()
        self.patience = 0.0
        self._n_waiting = 0
        self._asked = -FRESH_SECONDS

    def put(self, instant: Instant) -> None:
        """Remember an instant in place of the oldest; called by the loop's thread."""
        with self._news:
            self._kept.append(instant)
            self._news.notify_all()

    def newest(self) -> Instant | None:
        """The last one put, or None before the first."""
        with self._news:
            return self._newest()

    def after(self, t: int, revision: int, timeout: float) -> Instant | None:
        """The newest instant, once it is another than that of `t` and `revision`; None after `timeout` seconds."""
        with self._news:
            self._n_waiting += 1
            try:
                self._news.wait_for(lambda: self._differs(t, revision), timeout)
                return self._newest() if self._differs(t, revision) else None
            finally:
                self._n_waiting -= 1
                self._asked = time.monotonic()

    def at(self, t: int, revision: int | None = None) -> Instant | None:
        """The instant after `t` steps (None: its newest revision), if it is still here."""
        with self._news:
            found = [kept for kept in self._kept if kept.t == t and revision in (None, kept.revision)]
            return found[-1] if found else None

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for the next instant, or did a moment ago."""
        return self._n_waiting > 0 or time.monotonic() - self._asked < FRESH_SECONDS

    def _newest(self) -> Instant | None:
        return self._kept[-1] if self._kept else None

    def _differs(self, t: int, revision: int) -> bool:
        newest = self._newest()
        return newest is not None and (newest.t, newest.revision) != (t, revision)
