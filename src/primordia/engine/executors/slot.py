"""A slot: one worker process of this machine, kept over many cells, looked after, and replaced when it dies."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from typing import IO, final

from primordia.core import threads
from primordia.core.errors import PrimordiaError
from primordia.engine.executors import attempt, policing
from primordia.engine.executors.line import Line
from primordia.engine.sweeps.cells import Ended, Work

POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Libraries read the size of their thread pool from these, once, when they are loaded."""
PATIENCE_SECONDS = 2.0
"""How long a worker with nothing to do may take to leave once its line is closed, before it is killed."""
IDLE_SECONDS = 1.0
"""How often a worker whose cell has no budget is looked at."""
LAST_BYTES = 2000


@final
class Slot:
    """Computes cells one after the other in a process of its own, which starts with the first of them.

    One thread calls `run`; `interrupt` and `close` may come from others. The worker is in a session of its own, so a
    Ctrl-C of the terminal does not reach it; it ends in order, with a checkpoint, when this process dies.

    Args:
        n_threads: for the kernels of one cell.
    """

    def __init__(self, n_threads: int) -> None:
        self.n_threads = n_threads
        self._worker: _Worker | None = None
        self._turn = threading.Lock()
        self._interrupted = self._closed = False

    @property
    def pid(self) -> int | None:
        """Of the worker, or None while there is none."""
        worker = self._worker
        return worker.process.pid if worker else None

    def run(self, work: Work) -> Ended:
        """Compute a cell: start it, or go on with it, whatever its folder asks for. Back when that ended; never raises.

        A worker that takes more than the cell's budget is killed and the run marked as failed. Of memory only what a
        new worker takes counts: one that had computed other cells before is replaced, and the cell goes on in the next.
        """
        began = time.monotonic()
        try:
            policing.check(work.budget)
            while (ended := self._attempt(work)) is None:
                continue
        except PrimordiaError as error:
            ended = Ended(work.index, "failed", str(error), -1, 0.0)
        except OSError as error:
            ended = Ended(work.index, "died", f"its process could not be started: {error}", -1, 0.0)
        seconds = time.monotonic() - began
        # What the worker did not see is its own start and the way here.
        return dataclasses.replace(ended, seconds=seconds, overhead=ended.overhead + seconds - ended.seconds)

    def interrupt(self) -> None:
        """Have the cell under way, and those to come until `renew`, end as interrupted, with a checkpoint."""
        with self._turn:
            self._interrupted = True
            if self._worker:
                self._worker.tell({"do": "interrupt"})

    def renew(self) -> None:
        """Compute cells again after `interrupt`; only while none is under way."""
        with self._turn:
            self._interrupted = False

    def close(self) -> None:
        """End the worker, in order where it has nothing to do, and at once where it computes."""
        with self._turn:
            self._closed = True
            worker, self._worker = self._worker, None
        if worker:
            worker.end(0.0 if worker.is_busy else PATIENCE_SECONDS)

    def _attempt(self, work: Work) -> Ended | None:
        """How the cell ended, or None where it has to be gone on with in a new worker."""
        with self._turn:
            if self._interrupted or self._closed:
                return Ended(work.index, "interrupted", "the sweep was interrupted before it began", -1, 0.0)
            worker = self._worker = self._worker or _Worker(self.n_threads)
            worker.is_busy = True
            worker.tell({"do": "run", "work": work.as_json()})
        try:
            found = self._follow(worker, work)
        except EOFError:
            return Ended(work.index, "died", f"its process {self._bury(worker, PATIENCE_SECONDS)}", -1, 0.0)
        if isinstance(found, Ended):
            worker.is_busy = False
            worker.n_cells += 1
            return found
        self._bury(worker)
        if found.is_memory and worker.n_cells:
            return None
        return attempt.fail(work, f"went over {found.what}")

    def _follow(self, worker: _Worker, work: Work) -> Ended | policing.Excess:
        """Look after a worker until the cell ended, or until it took more than it may."""
        limited = work.budget.seconds is not None or work.budget.mebibytes is not None
        began: float | None = None
        while True:
            told = worker.line.receive(policing.LOOK_SECONDS if limited else IDLE_SECONDS)
            if told is None and worker.is_gone:
                # A process that it forked may still hold its end of the line.
                raise EOFError
            if told is not None and told["say"] == "ended":
                return Ended(**told["ended"])
            if told is not None:
                # It may have waited for another process that had not yet left the cell; that time is not the cell's.
                began = time.monotonic()
            if began is not None and limited:
                excess = policing.excess(work.budget, worker.process.pid, time.monotonic() - began)
                if excess:
                    return excess

    def _bury(self, worker: _Worker, patience: float = 0.0) -> str:
        """Make sure that a worker is gone; how it went, as the end of a sentence."""
        with self._turn:
            if self._worker is worker:
                self._worker = None
        return worker.end(patience)


@final
class _Worker:
    """A process that computes cells; `n_cells` is how many it has done."""

    def __init__(self, n_threads: int) -> None:
        self.n_cells, self.is_busy = 0, False
        self.line, theirs = Line.pair()
        self._ending, self._how = threading.Lock(), ""
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # read and closed once the process has ended
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "primordia.engine.executors.worker", str(theirs)],
                pass_fds=(theirs,), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._said,
                env=_environment(n_threads), start_new_session=True,
            )  # fmt: skip
        except BaseException:
            self.line.close()
            self._said.close()
            raise
        finally:
            os.close(theirs)

    @property
    def is_gone(self) -> bool:
        """Whether the process has ended."""
        return _has_ended(self.process.pid)

    def tell(self, message: Mapping[str, object]) -> None:
        """Send it a message; one that is gone is met by whoever listens to it."""
        with contextlib.suppress(EOFError):
            self.line.send(message)

    def end(self, patience: float = 0.0) -> str:
        """Hang up, and kill it and its descendants if it has not left after so many seconds; how it ended."""
        with self._ending:
            if not self._how:
                self.line.close()
                _await(self.process.pid, patience)
                # While it is not waited for, its number cannot be another's.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.process.pid, signal.SIGKILL)
                code = self.process.wait()
                self._how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
                self._how += self._last_words()
            return self._how

    def _last_words(self) -> str:
        """The last line of what it wrote as errors."""
        with self._said as said:
            said.seek(max(0, said.seek(0, os.SEEK_END) - LAST_BYTES))
            lines = said.read().decode(errors="replace").strip().splitlines()
        return f" ({lines[-1].strip()[:300]})" if lines else ""


def _await(pid: int, seconds: float) -> None:
    """Until a child has ended, which is not waited for, or so many seconds are over."""
    until = time.monotonic() + seconds
    while not _has_ended(pid) and time.monotonic() < until:
        time.sleep(0.005)


def _has_ended(pid: int) -> bool:
    """Whether a child has ended, without waiting for it, which would free its number."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None


def _environment(n_threads: int) -> dict[str, str]:
    return {**os.environ, **dict.fromkeys(POOLS, str(n_threads)), "NPROC": str(threads.pool(n_threads))}
