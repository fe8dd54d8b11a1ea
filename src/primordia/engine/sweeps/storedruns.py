"""A run folder in a store: fetched to be gone on with, and sent in an order that makes every instant safe to die in.

Sent are first the rows, events, pictures and findings, then the states of new checkpoints, then what makes each of them
count, then run.json, and only then is deleted what was pruned here. A checkpoint is never there before the rows up to
it: whatever is there beyond the newest one is cut or overwritten with the same bits when the run goes on.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import final

from primordia.core.errors import StoreError
from primordia.engine.checkpoints import META
from primordia.engine.sweeps.store import Store

RECORD = "run.json"
CHECKPOINTS = "checkpoints/"
NOT_SENT = ("lock",)


@final
class StoredRun:
    """A run folder of this machine and its like in a store; used by the holder of the run alone.

    Args:
        store: in which every object belongs to this run.
        path: the folder here.
    """

    def __init__(self, store: Store, path: Path) -> None:
        self.store, self.path = store, path
        self._sent: dict[str, tuple[int, int]] = {}
        self._there: set[str] = set()

    def pull(self) -> bool:
        """Fetch the run, whole checkpoints only; whether there is one.

        What is left of a run that never got its record is deleted, so that it cannot be taken for a part of the next.

        Raises:
            StoreError: the store cannot be reached, or another process changes the run meanwhile.
        """
        names = set(self.store.marks())
        if RECORD not in names:
            self.store.remove(names)
            self._there, self._sent = set(), {}
            return False
        wanted = {name for name in names if _is_whole(name, names)}
        if missing := wanted - self.store.fetch(wanted, self.path):
            raise StoreError(f"{self.store.url} lost {min(missing)} while it was fetched.")
        (self.path / CHECKPOINTS).mkdir(exist_ok=True)
        self._there = names
        self._sent = {name: _signature(self.path / name) for name in wanted}
        return True

    def push(self) -> None:
        """Send what changed since the last `pull` or `push`; for the thread that writes the run.

        Raises:
            StoreError: the store cannot be reached; what was not sent is sent the next time.
        """
        here = {name: _signature(self.path / name) for name in _names(self.path)}
        changed = [name for name, signature in here.items() if self._sent.get(name) != signature]
        for belongs in (_is_other, _is_state, _is_meta, _is_record):
            self._send([name for name in changed if belongs(name)], here)
        gone = self._there - here.keys()
        for chosen in (_is_meta, lambda name: not _is_meta(name)):
            self.store.remove([name for name in gone if chosen(name)])
        self._there = set(here)

    def _send(self, names: Collection[str], here: dict[str, tuple[int, int]]) -> None:
        self.store.send({name: self.path / name for name in names})
        self._sent.update({name: here[name] for name in names})
        self._there.update(names)


def _names(folder: Path) -> list[str]:
    """The files of a run folder by their names in it, but for what is only written aside or belongs to a process."""
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        relative = Path(place).relative_to(folder)
        found += [(relative / name).as_posix() for name in files if not name.startswith(".") and name not in NOT_SENT]
    return found


def _signature(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_mtime_ns, found.st_size


def _is_whole(name: str, names: Collection[str]) -> bool:
    """Whether an object is to be fetched: of a checkpoint only with what was sent last and is deleted first."""
    return not name.startswith(CHECKPOINTS) or f"{name.rpartition('/')[0]}/{META}" in names


def _is_state(name: str) -> bool:
    return name.startswith(CHECKPOINTS) and not _is_meta(name)


def _is_meta(name: str) -> bool:
    return name.startswith(CHECKPOINTS) and name.endswith(f"/{META}")


def _is_record(name: str) -> bool:
    return name == RECORD


def _is_other(name: str) -> bool:
    return not name.startswith(CHECKPOINTS) and not _is_record(name)
