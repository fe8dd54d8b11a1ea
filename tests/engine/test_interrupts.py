"""The first signal ends a run in order, the second at once; either way it goes on with the same bits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from primordia.engine import checkpoints, launch, lease, opening
from primordia.engine.folder import RunFolder
from primordia.engine.interrupts import Interrupts
from primordia.engine.observer import Unwatched
from runs import ENVIRONMENT, assert_same, start

HERE = Path(__file__).parent
SLOW = {"seed": 4, "microseconds": 1000}
PLAN = {"steps": 3000, "every": 10, "checkpoint_every": 100}


@pytest.fixture
def process(root: Path, tmp_path: Path) -> Any:
    """A process that takes at least three seconds for its run."""
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"experiment": "walk:Walk", "config": SLOW, "schedule": PLAN}))
    started = subprocess.Popen(
        [sys.executable, str(HERE / "drive.py"), str(file), str(root)],
        env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    yield started
    if started.poll() is None:
        started.kill()
    started.communicate()


def wait_for_rows(root: Path, process: subprocess.Popen[str], n: int) -> RunFolder:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, process.communicate()[1]
        found = opening.all_folders(root)
        if found and len(found[0].metrics.read()) >= n:
            return found[0]
        time.sleep(0.01)
    raise AssertionError("no rows within a minute")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_checkpoints_and_the_run_resumes_with_the_same_bits(
    number: signal.Signals, process: subprocess.Popen[str], root: Path
) -> None:
    folder = wait_for_rows(root, process, 3)
    began = time.monotonic()
    process.send_signal(number)
    out, errors = process.communicate(timeout=60)
    assert time.monotonic() - began < 10
    record = folder.record()
    assert (process.returncode, errors) == (0, "")
    assert out == f"interrupted {record['step']}\n"
    assert record["status"] == lease.status(folder) == "interrupted"
    assert record["reason"] == "interrupted by a signal; resume continues with the same bits"
    assert 20 <= record["step"] < 3000
    assert checkpoints.steps(folder.checkpoints)[-1] == record["step"]
    assert folder.metrics.read()[-1]["step"] <= record["step"]
    assert folder.events.read()[-1]["event"] == "interrupted"
    short = {**PLAN, "steps": record["step"] + 50}
    settings = json.loads((folder.path / "config.json").read_text())
    (folder.path / "config.json").write_text(json.dumps({**settings, "schedule": {**settings["schedule"], **short}}))
    assert launch.resume(folder).status == "finished"
    whole = start(root / "whole", **{**SLOW, **short})
    assert_same(folder, whole.folder, only_last=True)


def test_the_second_signal_ends_at_once_and_nothing_is_torn(process: subprocess.Popen[str], root: Path) -> None:
    folder = wait_for_rows(root, process, 12)
    # Both are delivered before the first chunk ends: the process is stopped while they are sent.
    os.kill(process.pid, signal.SIGINT)
    os.kill(process.pid, signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in errors
    record = folder.record()
    assert record["status"] == "interrupted"
    assert record["reason"] == "stopped at once by a second signal"
    steps = [row["step"] for row in folder.metrics.read()]
    assert steps == sorted(set(steps))
    last = checkpoints.steps(folder.checkpoints)[-1]
    settings = json.loads((folder.path / "config.json").read_text())
    short = {**PLAN, "steps": last + 50}
    (folder.path / "config.json").write_text(json.dumps({**settings, "schedule": {**settings["schedule"], **short}}))
    assert launch.resume(folder).status == "finished"
    assert_same(folder, start(root / "whole", **{**SLOW, **short}).folder, only_last=True)


class Signals(Unwatched):
    """Sends signals to this process when a certain row or event is seen."""

    def __init__(self, at: tuple[str, int], n: int = 1) -> None:
        self.at, self.n = at, n

    def look(self, seen: tuple[str, int]) -> None:
        if seen == self.at:
            for _ in range(self.n):
                signal.raise_signal(signal.SIGINT)

    def row_written(self, row: Any) -> None:
        self.look(("row", row["step"]))

    def event_noted(self, event: Any) -> None:
        self.look((event["event"], event["step"]))


MOMENTS = [("started", 0), ("row", 0), ("row", 4), ("row", 8), ("transition", 8), ("checkpoint", 8), ("checkpoint", 10),
           ("row", 12), ("row", 40), ("checkpoint", 40)]  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
@pytest.mark.parametrize("n", [1, 2], ids=["once", "twice"])
def test_a_signal_at_any_moment_loses_nothing(moment: tuple[str, int], n: int, root: Path) -> None:
    whole = start(root / "whole").folder
    if n == 1:
        outcome = start(root / "cut", observer=Signals(moment))
        expected = "finished" if moment[1] == 40 else "interrupted"
        assert outcome.status == expected
    else:
        with pytest.raises(KeyboardInterrupt):
            start(root / "cut", observer=Signals(moment, 2))
    (folder,) = opening.all_folders(root / "cut")
    assert folder.record()["status"] == ("interrupted" if n == 2 else expected)
    if folder.record()["status"] != "finished":
        assert launch.resume(folder).status == "finished"
    assert_same(folder, whole, only_last=True)


def test_a_run_interrupted_at_every_row_arrives_at_the_same_bits(root: Path) -> None:
    class Always(Signals):
        def __init__(self) -> None:
            self.n = 1

        def look(self, seen: tuple[str, int]) -> None:
            if seen[0] == "row":
                signal.raise_signal(signal.SIGTERM)

    whole = start(root / "whole", every=5, checkpoint_every=7, stop="half+9").folder
    outcome = start(root / "cut", every=5, checkpoint_every=7, stop="half+9", observer=Always())
    for _ in range(20):
        if outcome.status == "finished":
            break
        outcome = launch.resume(outcome.folder, observer=Always())
    assert outcome.status == "finished"
    assert_same(outcome.folder, whole, only_last=True)


def test_handlers_are_put_back_and_other_threads_left_alone() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with Interrupts() as interrupts:
        assert not interrupts.requested
        signal.raise_signal(signal.SIGTERM)
        assert interrupts.requested
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before

    def elsewhere() -> None:
        with Interrupts():
            found.extend(signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM))

    found: list[Any] = []
    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert found == before
