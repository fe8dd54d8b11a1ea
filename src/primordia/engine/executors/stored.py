"""One attempt at a cell whose run lies in a store: fetched, computed in a scratch folder here, sent as it goes."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import final

from primordia.core import registry
from primordia.core.errors import RunFolderError, StoreError
from primordia.engine import environment
from primordia.engine.executors import attempt
from primordia.engine.folder import RunFolder
from primordia.engine.helm import Helm
from primordia.engine.sweeps.cells import Ended, Work
from primordia.engine.sweeps.store import Store
from primordia.engine.sweeps.storedruns import StoredRun
from primordia.engine.sweeps.storelock import StoreLock

HOLDERS = "holders"
"""Under a sweep in a store: an object for each cell under way, which says who computes it."""
PUSH_SECONDS = 5.0
"""A run is sent at a checkpoint, but not more often than this, and at its end."""
LOOK_SECONDS = 0.5
LOST = "another process has taken over its run in the store"
SCRATCH = re.compile(r"primordia-scratch-(\d+)-.*")


def run(work: Work, helm: Helm, begun: Callable[[], None]) -> Ended:
    """Like `attempt.run`, for a cell under a URL. Its end counts once it is in the store.

    A store that cannot be reached while the run goes on costs nothing but what a dead machine would lose; at its end
    the attempt counts as died.
    """
    entered = time.monotonic()
    ended = Ended(work.index, "interrupted", "another process still computes it", -1, 0.0)
    try:
        lock = _lock(work)
        while holder := lock.take():
            if helm.is_leaving:
                return dataclasses.replace(ended, reason=f"host {holder.host}, pid {holder.pid}, still computes it")
            time.sleep(LOOK_SECONDS)
        try:
            with _fetched(work) as (stored, local):
                sending = _Sending(stored, lock, helm)
                ended = attempt.run(local, helm, begun, on_checkpoint=sending.at_checkpoint)
                if not sending.is_lost:
                    stored.push()
        finally:
            lock.leave()
    except StoreError as error:
        ended = dataclasses.replace(ended, status="died", reason=f"its run could not be stored: {error}")
    seconds = time.monotonic() - entered
    return dataclasses.replace(ended, seconds=seconds, overhead=ended.overhead + seconds - ended.seconds)


def fail(work: Work, reason: str) -> Ended:
    """Like `attempt.fail`.

    Where the store cannot be reached, or a machine that died still holds the cell, it is not written down but only
    returned.
    """
    with contextlib.suppress(StoreError):
        lock = _lock(work)
        if lock.take() is None:
            try:
                with _fetched(work) as (stored, local):
                    ended = attempt.fail(local, reason)
                    stored.push()
                    return ended
            finally:
                lock.leave()
    return Ended(work.index, "failed", reason, -1, 0.0)


def _lock(work: Work) -> StoreLock:
    return StoreLock(Store(work.root), f"{HOLDERS}/{work.name}.json")


@contextlib.contextmanager
def _fetched(work: Work) -> Iterator[tuple[StoredRun, Work]]:
    """The run of a cell, and the cell, as they are in a scratch folder of this machine, which is removed afterwards."""
    _clear_scratch()
    with tempfile.TemporaryDirectory(prefix=f"primordia-scratch-{os.getpid()}-", ignore_cleanup_errors=True) as scratch:
        where = f"{registry.load(work.address).name}/{work.name}"
        folder = RunFolder(Path(scratch) / where)
        stored = StoredRun(Store(work.root).under(where), folder.path)
        if stored.pull():
            # Whoever it says runs it holds it no longer, or it could not have been taken.
            with contextlib.suppress(RunFolderError):
                folder.update(host=environment.host(), pid=os.getpid())
        yield stored, dataclasses.replace(work, root=scratch)


def _clear_scratch() -> None:
    """Remove what killed processes left in the folder for temporary files."""
    for path in Path(tempfile.gettempdir()).glob("primordia-scratch-*"):
        named = SCRATCH.fullmatch(path.name)
        if named is None or path.is_symlink() or path.stat().st_uid != os.getuid():
            continue
        try:
            os.kill(int(named[1]), 0)
        except ProcessLookupError:
            shutil.rmtree(path, ignore_errors=True)
        except (PermissionError, OverflowError):
            continue


@final
class _Sending:
    """Sends a run at its checkpoints, and stops it where another process has taken it over."""

    def __init__(self, stored: StoredRun, lock: StoreLock, helm: Helm) -> None:
        self.stored, self.lock, self.helm = stored, lock, helm
        self.is_lost = False
        self._last = time.monotonic()

    def at_checkpoint(self) -> None:
        """In the loop's thread, which alone writes the folder."""
        if self.is_lost or time.monotonic() - self._last < PUSH_SECONDS:
            return
        # One that fails is made up for by the next.
        with contextlib.suppress(StoreError):
            if self.lock.is_ours():
                self.stored.push()
            else:
                self.is_lost = True
                self.helm.leave(LOST)
        self._last = time.monotonic()
