"""Cells on this machine: so many workers side by side, and the cores shared out among them."""

from __future__ import annotations

import os
import queue
import threading
from typing import final

from primordia.core.errors import ConfigError
from primordia.engine.executors.slot import Slot
from primordia.engine.sweeps.cells import Ended, Work


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@final
class Local:
    """The executor that needs nothing but this machine.

    Args:
        n_slots: cells at a time; None: as many as there are cores for.
        n_threads: for the kernels of one cell; None: one, or the cores that `n_slots` cells leave to each.

    Raises:
        ConfigError: more slots and threads than this process has cores, which would only slow all of them down.
    """

    def __init__(self, n_slots: int | None = None, n_threads: int | None = None) -> None:
        n_cores = cores()
        if n_threads is None:
            n_threads = 1 if n_slots is None else max(1, n_cores // max(1, n_slots))
        if n_slots is None:
            n_slots = max(1, n_cores // max(1, n_threads))
        for name, value in (("jobs", n_slots), ("threads", n_threads)):
            if value < 1:
                raise ConfigError(f"{name}={value} is out of range: it must be at least 1; the nearest is 1.")
        if n_slots * n_threads > max(n_cores, n_slots):
            raise ConfigError(
                f"jobs={n_slots} with threads={n_threads} asks for {n_slots * n_threads} cores; there are {n_cores}. "
                f"Give --jobs {max(1, n_cores // n_threads)} or --threads {max(1, n_cores // n_slots)}."
            )
        self.n_slots, self.n_threads = n_slots, n_threads
        self._slots = [Slot(n_threads) for _ in range(n_slots)]
        self._idle = list(self._slots)
        self._ended: queue.SimpleQueue[tuple[Slot, Ended]] = queue.SimpleQueue()

    def begin(self, work: Work) -> None:
        """Start a cell in an idle slot; see `Executor.begin`."""
        slot = self._idle.pop()
        threading.Thread(target=self._compute, args=(slot, work), name=f"cell {work.index}", daemon=True).start()

    def wait(self, seconds: float) -> list[Ended]:
        """See `Executor.wait`."""
        ended: list[Ended] = []
        try:
            while True:
                slot, one = self._ended.get(timeout=0 if ended else seconds)
                self._idle.append(slot)
                ended.append(one)
        except queue.Empty:
            return ended

    def interrupt(self) -> None:
        """See `Executor.interrupt`."""
        for slot in self._slots:
            slot.interrupt()

    def renew(self) -> None:
        """See `Executor.renew`."""
        for slot in self._slots:
            slot.renew()

    def close(self) -> None:
        """See `Executor.close`."""
        for slot in self._slots:
            slot.close()

    def _compute(self, slot: Slot, work: Work) -> None:
        self._ended.put((slot, slot.run(work)))
