"""One process a run: a lock that the system frees when its holder dies, and a heartbeat for other machines."""

from __future__ import annotations

import contextlib
import datetime
import errno
import fcntl
import json
import os
import threading
import time
from collections.abc import Mapping
from types import TracebackType

from primordia.core.errors import RunFolderError
from primordia.engine import checkpoints, durable, environment
from primordia.engine.folder import RunFolder, now

BEAT_SECONDS = 5.0
STALE_SECONDS = 120.0
# Somebody who only asks whether a run is live holds its lock for microseconds; that is no reason to refuse.
PATIENCE_SECONDS = 0.1
# Room that is freed when the disk is full, so that the failure itself can still be written down.
BALLAST_BYTES = 64 * 1024


class Lease:
    """The right to write into a run folder, as a context.

    Raises on entry:
        RunFolderError: another process holds it; names its host and pid.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._handle: int | None = None
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._writing = threading.Lock()

    def __enter__(self) -> Lease:
        record = self.folder.record()
        # Asked before the file is opened, which may make it: a folder that is refused stays as it was.
        if _beats_elsewhere(record):
            raise self._refusal(record, record["host"], record["pid"])
        with durable.naming_a_full_disk(self.folder.path, "this run cannot be locked"):
            self._handle = os.open(self.folder.path / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        if not _lock(self._handle, patience=PATIENCE_SECONDS):
            host, pid = _holder(self._handle, record)
            self._leave()
            raise self._refusal(record, host, pid)
        with contextlib.suppress(OSError):
            os.pwrite(self._handle, _signature(), 0)
        return self

    def _refusal(self, record: Mapping[str, object], host: object, pid: object) -> RunFolderError:
        return RunFolderError(
            f"{self.folder.path} is running on host {host} as pid {pid} "
            f"(last heartbeat {record['heartbeat']}); stop that process first."
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread:
            self._thread.join()
        self.free_room()
        self._leave()

    def _leave(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def announce(self) -> None:
        """Write down who runs this folder, and keep saying so; before this only `lock` was written.

        What a killed process was writing aside is removed.

        Raises:
            NoRoomError: the disk is full.
        """
        with durable.naming_a_full_disk(self.folder.path, "this run cannot go on"):
            durable.sweep(self.folder.path)
            checkpoints.sweep(self.folder.checkpoints)
            self._load_ballast()
            self.update(host=environment.host(), pid=os.getpid(), heartbeat=now())
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()

    def update(self, **changes: object) -> None:
        """Change `run.json`, safely beside the heartbeat."""
        with self._writing:
            self.folder.update(**changes)

    def _load_ballast(self) -> None:
        missing = BALLAST_BYTES - os.fstat(self._handle).st_size if self._handle is not None else 0
        if self._handle is not None and missing > 0:
            # Random, because a file system may compress the rest away.
            written = os.pwrite(self._handle, os.urandom(missing), BALLAST_BYTES - missing)
            if written < missing:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def free_room(self) -> None:
        """Give back the room kept for a full disk."""
        if self._handle is not None:
            os.ftruncate(self._handle, 0)

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            try:
                with self._writing:
                    record = {**self.folder.record(), "heartbeat": now()}
                    durable.write_json(self.folder.path / "run.json", record, sync="file")
            except (OSError, RunFolderError):
                # A full disk or a folder pulled away is met and reported by the loop itself.
                continue


def is_live(folder: RunFolder) -> bool:
    """Whether some process is running this folder now."""
    record = folder.record()
    if _beats_elsewhere(record):
        return True
    try:
        handle = os.open(folder.path / "lock", os.O_RDWR)
    except OSError:
        return False
    try:
        return not _lock(handle, shared=True)
    finally:
        os.close(handle)


def status(folder: RunFolder) -> str:
    """The run's status for people: as recorded, but "died" when it says running and nobody runs it."""
    recorded = str(folder.record()["status"])
    return "died" if recorded in ("running", "created") and not is_live(folder) else recorded


def _lock(handle: int, *, shared: bool = False, patience: float = 0.0) -> bool:
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.01)


def _signature() -> bytes:
    """Who holds the lock, for the first bytes of its file; `run.json` is only changed once the run really goes on."""
    return json.dumps([environment.host(), os.getpid()]).ljust(255).encode()[:255] + b"\n"


def _holder(handle: int, record: Mapping[str, object]) -> tuple[object, object]:
    try:
        host, pid = json.loads(os.pread(handle, 256, 0))
    except (ValueError, TypeError):
        return record["host"], record["pid"]
    return host, pid


def _beats_elsewhere(record: dict[str, object]) -> bool:
    if record["status"] != "running" or record["host"] == environment.host():
        return False
    age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(str(record["heartbeat"]))
    # Clocks of two machines differ by seconds; a heartbeat far ahead of ours was never true.
    return abs(age.total_seconds()) < STALE_SECONDS
