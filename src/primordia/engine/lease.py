"""One process a run: a lock that the system frees when its holder dies, and a heartbeat for other machines."""

from __future__ import annotations

import datetime
import fcntl
import os
import threading
from types import TracebackType

from primordia.core.errors import RunFolderError
from primordia.engine import durable, environment
from primordia.engine.folder import RunFolder, now

BEAT_SECONDS = 5.0
STALE_SECONDS = 120.0
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
        self._handle = os.open(self.folder.path / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        if _beats_elsewhere(record) or not _lock(self._handle):
            os.close(self._handle)
            self._handle = None
            raise RunFolderError(
                f"{self.folder.path} is running on host {record['host']} as pid {record['pid']} "
                f"(last heartbeat {record['heartbeat']}); stop that process first."
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread:
            self._thread.join()
        if self._handle is not None:
            os.close(self._handle)

    def announce(self) -> None:
        """Write down who runs this folder, and keep saying so; before this the folder is only locked, not changed."""
        if self._handle is not None and os.fstat(self._handle).st_size < BALLAST_BYTES:
            os.pwrite(self._handle, os.urandom(BALLAST_BYTES), 0)
        self.update(host=environment.host(), pid=os.getpid(), heartbeat=now())
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()

    def update(self, **changes: object) -> None:
        """Change `run.json`, safely beside the heartbeat."""
        with self._writing:
            self.folder.update(**changes)

    def free_room(self) -> None:
        """Give back the room kept for a full disk."""
        if self._handle is not None:
            os.ftruncate(self._handle, 0)

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            try:
                with self._writing:
                    record = {**self.folder.record(), "heartbeat": now()}
                    durable.write_json(self.folder.path / "run.json", record, sync=False)
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
        return not _lock(handle)
    finally:
        os.close(handle)


def status(folder: RunFolder) -> str:
    """The run's status for people: as recorded, but "died" when it says running and nobody runs it."""
    recorded = str(folder.record()["status"])
    return "died" if recorded in ("running", "created") and not is_live(folder) else recorded


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _beats_elsewhere(record: dict[str, object]) -> bool:
    if record["status"] != "running" or record["host"] == environment.host():
        return False
    age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(str(record["heartbeat"]))
    return age.total_seconds() < STALE_SECONDS
