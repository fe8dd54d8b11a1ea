"""SIGKILL at any moment, then resume: the same bits as a run never stopped. Real processes, killed for real."""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from primordia.engine import interventions, lease, opening
from primordia.engine.folder import RunFolder
from runs import ENVIRONMENT, assert_same, leavings

HERE = Path(__file__).parent


@pytest.fixture
def place() -> Iterator[Path]:
    """A fresh folder, in memory where there is such a place: nobody cuts the power here."""
    memory = Path("/dev/shm")
    found = tempfile.mkdtemp(dir=memory if memory.is_dir() and os.access(memory, os.W_OK) else None)
    yield Path(found)
    shutil.rmtree(found)


class Killer:
    """Starts and resumes one run over and over, killing the process at instants that a seed chooses.

    Now and then it is killed while it starts up, and otherwise some time after it says that it is running.
    """

    def __init__(self, place: Path, wanted: dict[str, Any], seed: int, figures: bool = False) -> None:
        self.place, self.figures = place, figures
        self.file = place / "config.json"
        self.file.write_text(json.dumps(wanted))
        self.choose = random.Random(seed)
        self.kills: Counter[str] = Counter()
        self.ended = 0
        self.running_at, self.pid, began = 0.0, 0, time.monotonic()
        assert self.live(place / "whole", math.inf)
        self.start_up = self.running_at - began
        self.seconds = time.monotonic() - self.running_at
        (self.whole,) = opening.all_folders(place / "whole")

    def live(self, root: Path, running_for: float, starting_for: float = math.inf) -> bool:
        """Start or resume the run under `root`; whether it ended before it was killed.

        It is killed once it ran steps for `running_for` seconds, or `starting_for` seconds after it began.
        """
        command = [sys.executable, str(HERE / "drive.py"), str(self.file), str(root), *["figures"] * self.figures]
        process = subprocess.Popen(
            command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        began, self.running_at, self.pid = time.monotonic(), math.inf, process.pid
        while process.poll() is None:
            now = time.monotonic()
            if self.running_at == math.inf and self.is_running(root):
                self.running_at = now
            if now > min(self.running_at + running_for, began + starting_for):
                os.killpg(process.pid, signal.SIGKILL)
                break
            time.sleep(0.002)
        _, errors = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), errors
        return process.returncode == 0

    def is_running(self, root: Path) -> bool:
        """Whether the present process has announced itself and is in its loop."""
        found = opening.all_folders(root)
        record = found[0].record() if found else {}
        return (record.get("pid"), record.get("status")) == (self.pid, "running")

    def kill(self, n_kills: int) -> None:
        """Kill `n_kills` times a process that was running steps, comparing every run that gets to its end."""
        while self.kills["running"] < n_kills:
            root, reached = self.place / str(self.ended), ""
            while reached != "end" and not self.live(root, *self.next_instant(n_kills)):
                reached = self.look(root)
                self.kills[reached] += 1
            (folder,) = opening.all_folders(root)
            if reached != "end":
                assert_same(folder, self.whole)
            # Killed over its report: that can be made again, and all that the run itself left is there.
            assert leavings(folder) == leavings(self.whole)
            assert done_to(folder) == done_to(self.whole)
            self.ended += 1

    def next_instant(self, n_kills: int) -> tuple[float, float]:
        if self.kills["running"] >= n_kills:
            return math.inf, math.inf
        if self.choose.random() < 0.1:
            return math.inf, self.choose.uniform(0.2, 1.1) * self.start_up
        return self.choose.uniform(0.0, 0.6) * self.seconds, math.inf

    def look(self, root: Path) -> str:
        """What the killed process left can be read: no line is altered, no row twice. Returns how far it was."""
        found = opening.all_folders(root)
        if not found:
            return "start-up"
        (folder,) = found
        steps = [row["step"] for row in folder.metrics.read()]
        assert steps == sorted(set(steps))
        folder.events.read()
        if folder.record()["status"] == "finished":
            return "end"
        assert lease.status(folder) == "died"
        return "running" if self.is_running(root) else "start-up"


def done_to(folder: RunFolder) -> list[tuple[Any, ...]]:
    return [(event["step"], event["name"], event["arguments"]) for event in interventions.recorded(folder)]


@pytest.mark.thorough
def test_walkers_killed_at_random_instants_arrive_at_the_same_bits(place: Path) -> None:
    wanted = {
        "experiment": "walk:Walk",
        "config": {"seed": 11, "n_walkers": 32, "n_sites": 1024, "microseconds": 100},
        "schedule": {"steps": 2000, "every": 50, "checkpoint_every": 70, "views_every": 500, "stop": "known+9"},
    }
    killer = Killer(place, wanted, seed=20260101)
    killer.kill(12)
    assert killer.kills["start-up"] >= 1
    assert killer.ended >= 2


def test_walkers_that_are_changed_on_the_way_arrive_at_the_same_bits(place: Path) -> None:
    plan = [
        [step, *change]
        for step in range(90, 1100, 140)
        for change in (("put", {"site": step, "shift": 3}), ("set", {"settings": {"p_move": 0.3 + step / 4000}}))
    ]
    wanted = {
        "experiment": "walk:Walk",
        "config": {"seed": 12, "n_walkers": 32, "n_sites": 2048, "microseconds": 100},
        "schedule": {"steps": 1200, "every": 50, "checkpoint_every": 400, "keep": 1},
        "plan": plan,
    }
    killer = Killer(place, wanted, seed=20260102)
    made = [(event["step"], event["name"]) for event in interventions.recorded(killer.whole)]
    assert made == [(step, name) for step, name, _ in plan]
    killer.kill(3)


@pytest.mark.slow
def test_soups_killed_at_random_instants_arrive_at_the_same_bits(place: Path) -> None:
    wanted = {
        "experiment": "life/bff",
        "config": {"seed": 3, "n_programs": 512, "language": "bff_noheads_4bit"},
        "schedule": {"steps": 240, "every": 16, "checkpoint_every": 24},
    }
    killer = Killer(place, wanted, seed=7, figures=True)
    killer.kill(4)
    report = (killer.whole.path / "report.html").read_text()
    assert "all 240 epochs done" in report


def died_everywhere(place: Path, stride: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(HERE / "dying.py"), str(place), str(stride)],
        env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def assert_killed_everywhere(report: dict[str, Any], stride: int) -> None:
    first, again = Counter(report["first"]), Counter(report["again"])
    assert report["rows"] == [0, 4, 8, 10]
    assert first["nothing"] >= 8 // stride
    assert first["created"] >= 8 // stride
    assert first["running"] >= 80 // stride
    assert again["running"] >= 60 // stride
    assert [step for _, step, _ in report["transitions"]] == [7, 7]
    forked = Counter(report["forked"])
    assert forked["nothing"] >= 8 // stride
    assert forked["created"] >= 8 // stride
    assert forked["running"] >= 40 // stride
    assert Counter(report["steered"])["running"] >= 200 // stride


@pytest.mark.thorough
def test_a_run_killed_at_each_thing_it_does_arrives_at_the_same_bits(place: Path) -> None:
    assert_killed_everywhere(died_everywhere(place, 3), 3)


@pytest.mark.slow
def test_a_run_killed_at_everything_it_does_arrives_at_the_same_bits(place: Path) -> None:
    assert_killed_everywhere(died_everywhere(place, 1), 1)


def test_a_folder_is_whole_when_it_appears(place: Path) -> None:
    """A folder counts as a run from the moment it has a run.json, and not before."""
    (place / "tests" / "walk" / "half").mkdir(parents=True)
    (place / "tests" / "walk" / "half" / "config.json").write_text("{}")
    assert opening.all_folders(place) == []
    assert RunFolder(place).metrics.read() == []
