"""What a stage takes of the machine's memory, however many threads its run has had."""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from staging import Stage, beginning

from primordia.core.metrics import Row
from primordia.core.streams import Streams
from runs import ENVIRONMENT
from walk import Walk

HERE = Path(__file__).parent
TAKEN = 16 * 2**20
N_THREADS = 8


class Lender(Walk):
    """A walk whose every row but the first has eight threads, each of which takes 16 MiB and gives them back."""

    def measure(self, config: Any, state: Any, streams: Streams, t: int) -> Row:
        # All of them live at once, as an arena is free for the next thread when its last one ends, but take in turn.
        all_here, turn = threading.Barrier(N_THREADS), threading.Lock()

        def take() -> None:
            all_here.wait()
            with turn:
                assert len(b"x" * TAKEN) == TAKEN

        takers = [threading.Thread(target=take) for _ in range(N_THREADS if t else 0)]
        for taker in takers:
            taker.start()
        for taker in takers:
            taker.join()
        return super().measure(config, state, streams, t)


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stages find the experiment above, and end with the test."""
    monkeypatch.setitem(ENVIRONMENT, "PYTHONPATH", os.pathsep.join([str(HERE), ENVIRONMENT["PYTHONPATH"]]))
    yield
    Stage.close_all()


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps what is freed by thread and is told so")
def test_what_a_thread_of_a_run_gave_back_is_what_the_next_one_gets(root):
    stage = Stage(beginning(root, experiment=f"{__name__}:Lender", paused=True), process=True)
    stage.paused_at(0)
    assert stage.process is not None
    before = resident(stage.process.pid)
    stage.steer(1, "step", n=4)
    stage.paused_at(4)
    gained = resident(stage.process.pid) - before
    assert gained < 2 * TAKEN, f"{N_THREADS} threads that took {TAKEN} bytes one after another cost {gained}"
