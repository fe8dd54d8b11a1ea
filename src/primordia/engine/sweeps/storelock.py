"""One holder of a name in a store that has no locks: an object that says who, with a heartbeat.

On S3 the store itself decides between two who ask at the same instant, when an object is made and when a stale one is
replaced. What remains there: a holder that hung for longer than `STALE_SECONDS` and wakes up in the instant between
asking whether it still is the holder and its next write can overwrite one file of its successor, with the same bits or
with fewer rows. Stores without such conditions leave that instant open at every taking too.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import threading
import uuid
from types import TracebackType
from typing import final

from primordia.core.errors import RunFolderError, StoreError
from primordia.engine import environment
from primordia.engine.folder import now
from primordia.engine.lease import STALE_SECONDS
from primordia.engine.sweeps.store import Store

BEAT_SECONDS = 20.0


@final
@dataclasses.dataclass(frozen=True)
class Holder:
    """Who holds a name: host and pid, when it last said so, and a token of this one holding."""

    host: str
    pid: int
    heartbeat: str
    token: str

    @property
    def is_alive(self) -> bool:
        """Whether it may still be at work: on this machine, whether its process is there; else by its heartbeat."""
        if self.host == environment.host() and not _is_there(self.pid):
            return False
        age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(self.heartbeat)
        return abs(age.total_seconds()) < STALE_SECONDS


@final
class StoreLock:
    """The right to write what an object names, as a context.

    Args:
        store: where.
        name: of the object.

    Raises on entry:
        RunFolderError: another process holds it; names its host and pid.
    """

    def __init__(self, store: Store, name: str) -> None:
        self.store, self.name = store, name
        self._token = uuid.uuid4().hex
        self._mark: str | None = None
        self._turn = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self) -> Holder | None:
        """Try once; None when it is ours now, else who holds it."""
        found = self.store.read(self.name)
        holder = None if found is None else _holder(found[0])
        if holder is not None and holder.is_alive:
            return holder
        if not self.store.claim(self.name, self._signature(), None if found is None else found[1]):
            # Somebody was quicker; who that is, is seen in its object.
            later = self.store.read(self.name)
            return (None if later is None else _holder(later[0])) or Holder("unknown", 0, now(), "")
        written = self.store.read(self.name)
        if written is None or _token(written[0]) != self._token:
            return (None if written is None else _holder(written[0])) or Holder("unknown", 0, now(), "")
        self._mark = written[1]
        self._thread = threading.Thread(target=self._beat, name="store heartbeat", daemon=True)
        self._thread.start()
        return None

    def is_ours(self) -> bool:
        """Whether nobody took it over meanwhile; asks the store.

        Raises:
            StoreError: it cannot be reached, so nothing is known.
        """
        found = self.store.read(self.name)
        return found is not None and _token(found[0]) == self._token

    def leave(self) -> None:
        """Give it back; where the store cannot be reached it is left to grow old."""
        self._over.set()
        if self._thread:
            self._thread.join()
            self._thread = None
            try:
                if self.is_ours():
                    self.store.remove([self.name])
            except StoreError:
                return

    def __enter__(self) -> StoreLock:
        if holder := self.take():
            raise RunFolderError(
                f"{self.store.url} is driven on host {holder.host} as pid {holder.pid} (last heartbeat "
                f"{holder.heartbeat}); stop that process first."
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            try:
                if self._mark is None or not self.store.claim(self.name, self._signature(), self._mark):
                    return
                written = self.store.read(self.name)
                self._mark = written[1] if written and _token(written[0]) == self._token else None
            except StoreError:
                continue

    def _signature(self) -> bytes:
        return (json.dumps([environment.host(), os.getpid(), now(), self._token]) + "\n").encode()


def is_fresh(content: bytes) -> bool:
    """Whether the content of such an object names a holder that may still be at work."""
    holder = _holder(content)
    return holder is not None and holder.is_alive


def _holder(content: bytes) -> Holder | None:
    try:
        host, pid, heartbeat, token = json.loads(content)
        datetime.datetime.fromisoformat(heartbeat)
        return Holder(str(host), int(pid), str(heartbeat), str(token))
    except (ValueError, TypeError):
        return None


def _token(content: bytes) -> str | None:
    there = _holder(content)
    return there.token if there else None


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
