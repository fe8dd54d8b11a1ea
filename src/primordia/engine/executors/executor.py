"""What a sweep's driver asks of whatever computes its cells."""

from __future__ import annotations

from typing import Protocol

from primordia.engine.sweeps.cells import Ended, Work


class Executor(Protocol):
    """Runs cells, a bounded number at a time. Used by one thread; nothing here blocks longer than it says.

    The state of a sweep is in its run folders: an executor only places work, and may be killed at any instant.
    """

    @property
    def n_slots(self) -> int:
        """How many cells run at a time; may change while a cluster grows or shrinks."""

    @property
    def n_threads(self) -> int:
        """Threads for the kernels of one cell."""

    def begin(self, work: Work) -> None:
        """Start a cell; only when fewer than `n_slots` are under way."""

    def wait(self, seconds: float) -> list[Ended]:
        """The cells that have ended since the last call; returns at once when there are some, else after `seconds`."""

    def interrupt(self) -> None:
        """Ask every cell under way to write a checkpoint and end; `wait` then reports them as interrupted.

        Until `renew`, cells that are begun end in the same way.
        """

    def renew(self) -> None:
        """After `interrupt`, once `wait` has reported every cell: compute again what is begun, in the same workers."""

    def close(self) -> None:
        """Stop everything and free it; cells under way are killed."""
