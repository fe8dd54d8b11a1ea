"""One driver a sweep: a lock that the system frees when its holder dies, and a heartbeat for other machines."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import fcntl
import json
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import final

from primordia.core.errors import RunFolderError
from primordia.engine import durable, environment
from primordia.engine.folder import now
from primordia.engine.lease import BEAT_SECONDS, STALE_SECONDS
from primordia.engine.sweeps import storelock, storemirror

LOCK = "lock"
SIGNATURE_BYTES = 256


@final
@dataclasses.dataclass(frozen=True)
class Holder:
    """Who drives a sweep now, as its lock file says: host, pid, and when it last said so."""

    host: str
    pid: int
    heartbeat: str


@final
class DriverLock:
    """The right to drive the sweep in `folder`, as a context.

    Raises on entry:
        RunFolderError: another process drives it; names its host and pid.
        NoRoomError: the disk is full.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._handle: int | None = None
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> DriverLock:
        if elsewhere := _beats_elsewhere(_read(self.folder)):
            raise self._refusal(elsewhere)
        with durable.naming_a_full_disk(self.folder, "this sweep cannot be locked"):
            handle = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                os.close(handle)
                raise self._refusal(_read(self.folder)) from error
            self._handle = handle
            self._sign()
        self._thread = threading.Thread(target=self._beat, name="driver heartbeat", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread:
            self._thread.join()
        if self._handle is not None:
            # Emptied, so that another machine need not wait for the heartbeat to grow old.
            os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None

    def _sign(self) -> None:
        if self._handle is not None:
            signature = json.dumps([environment.host(), os.getpid(), now()])
            os.pwrite(self._handle, signature.ljust(SIGNATURE_BYTES - 1).encode() + b"\n", 0)

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            with contextlib.suppress(OSError):
                self._sign()

    def _refusal(self, holder: Holder | None) -> RunFolderError:
        who = "by another process" if holder is None else (
            f"on host {holder.host} as pid {holder.pid} (last heartbeat {holder.heartbeat})"
        )  # fmt: skip
        return RunFolderError(
            f"{self.folder} is driven {who}; stop that process first, or watch it with "
            f"`primordia sweep status {self.folder} --follow`."
        )


def driver(folder: Path) -> Holder | None:
    """Who drives the sweep in `folder` now, or None; on another machine: who said so in the last two minutes.

    Raises:
        StoreError: the folder is a copy of a sweep in a store, and that cannot be reached.
    """
    if mirror := storemirror.of(folder):
        found = mirror.store.read(storemirror.LOCK)
        return _holder(found[0]) if found and storelock.is_fresh(found[0]) else None
    holder = _read(folder)
    if elsewhere := _beats_elsewhere(holder):
        return elsewhere
    try:
        handle = os.open(folder / LOCK, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return holder
    finally:
        os.close(handle)
    return None


def _read(folder: Path) -> Holder | None:
    try:
        return _holder((folder / LOCK).read_bytes())
    except OSError:
        return None


def _holder(content: bytes) -> Holder | None:
    try:
        host, pid, heartbeat, *_ = json.loads(content)
        datetime.datetime.fromisoformat(heartbeat)
        return Holder(str(host), int(pid), str(heartbeat))
    except (ValueError, TypeError):
        return None


def _beats_elsewhere(holder: Holder | None) -> Holder | None:
    if holder is None or holder.host == environment.host():
        return None
    age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(holder.heartbeat)
    # Clocks of two machines differ by seconds; a heartbeat far ahead of ours was never true.
    return holder if abs(age.total_seconds()) < STALE_SECONDS else None
