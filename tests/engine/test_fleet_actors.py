"""Runs whose shards Ray actors hold: the bits of one process, whatever dies. Starts several nodes on loopback."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fleeting
import nodes
import pytest
from test_fleet import Stopping, left, noted

from herd import Herd
from primordia.core import config as configs
from primordia.core.errors import BadInputError
from primordia.engine import launch, lease, opening, schedule
from primordia.engine.fleet import running
from primordia.engine.fleet.actors import Actors
from primordia.engine.folder import RunFolder
from primordia.engine.observer import Outcome, Unwatched
from runs import ENVIRONMENT

pytest.importorskip("ray")
pytestmark = [*nodes.MARKS, pytest.mark.timeout(280)]


@pytest.fixture(scope="module")
def machines() -> Iterator[nodes.Cluster]:
    made = nodes.Cluster()
    try:
        for _ in range(2):
            made.join().await_start()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in made.environment.items():
                patch.setenv(name, value)
            yield made
    finally:
        made.close()


def whole(root: Path, **settings: Any) -> RunFolder:
    return launch.start(Herd(), *asked(settings), root=root, address=fleeting.ADDRESS).folder


def scattered(root: Path, place: Actors, observer: Any = None, **settings: Any) -> Outcome:
    return running.start(fleeting.ADDRESS, *asked(settings), place, root=root, observer=observer)


def asked(settings: dict[str, Any]) -> tuple[Any, Any]:
    return configs.override(Herd.Config(), settings), schedule.make(Herd(), fleeting.CADENCE)


def wanted_only(found: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Without the checkpoints that an interruption adds."""
    return {**found, "states": {step: state for step, state in found["states"].items() if step in wanted["states"]}}


class Killing(Unwatched):
    """Kills something a while after the first row."""

    def __init__(self, seconds: float, kill: Callable[[], None]) -> None:
        self.timer = threading.Timer(seconds, kill)

    def row_written(self, row: Any) -> None:
        if not self.timer.is_alive() and row["step"] == 0:
            self.timer.start()


def test_actors_of_any_number_give_the_bits_of_one_process_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    wanted = left(whole(tmp_path / "one"))
    stopped = scattered(tmp_path / "two", Actors(4), Stopping(12))
    assert stopped.status == "interrupted"
    ended = running.resume(stopped.folder, Actors(2))
    assert ended.status == "finished"
    assert wanted_only(left(ended.folder), wanted) == wanted
    assert [event["actors"] for event in noted(ended.folder, "placed")] == [4, 2]
    assert not (tmp_path / ".ray").exists()
    assert not any("ray::" in nodes.command_of(pid) for pid in nodes.descendants(os.getpid()))


def test_on_a_cluster_with_an_exchange_in_every_step(tmp_path: Path, machines: nodes.Cluster) -> None:
    wanted = left(whole(tmp_path / "one", k=1))
    outcome = scattered(tmp_path / "two", Actors(2, machines.address), k=1)
    assert left(outcome.folder) == wanted
    with pytest.raises(ValueError, match="shard 1 does not like step 14"):
        scattered(tmp_path / "bad", Actors(2, machines.address), bad_at=14)
    (folder,) = opening.all_folders(tmp_path / "bad")
    assert folder.record()["status"] == "failed"


def test_a_cluster_without_room_is_refused_and_one_with_less_room_is_used(
    tmp_path: Path, machines: nodes.Cluster
) -> None:
    with pytest.raises(BadInputError, match=r"No actor could be started within 2 s"):
        scattered(tmp_path / "none", Actors(2, machines.address, n_threads=64, patience=2))
    assert not (tmp_path / "none").exists()
    outcome = scattered(tmp_path / "less", Actors(4, machines.address, patience=8))
    assert outcome.status == "finished"
    assert noted(outcome.folder, "placed")[0]["actors"] == 2


def test_actors_killed_at_random_instants_cost_only_what_came_after_the_last_checkpoint(
    tmp_path: Path, machines: nodes.Cluster
) -> None:
    wanted = left(whole(tmp_path / "one", milliseconds=60))
    drawn = random.Random(7)
    place = Actors(2, machines.address)
    killed = []

    def kill() -> None:
        pids = place.pids()
        if pids:
            killed.append(drawn.choice(pids))
            os.kill(killed[-1], signal.SIGKILL)

    timers = [threading.Timer(drawn.uniform(2.0, 6.0), kill) for _ in range(2)]
    for timer in timers:
        timer.start()
    outcome = scattered(tmp_path / "two", place, Killing(drawn.uniform(0.1, 1.0), kill), milliseconds=60)
    for timer in timers:
        timer.cancel()
        timer.join()
    assert killed
    assert outcome.status == "finished"
    assert left(outcome.folder) == wanted
    assert 1 <= len(noted(outcome.folder, "resumed")) <= len(killed)
    assert "gone" in noted(outcome.folder, "interrupted")[0]["reason"]


def test_a_run_goes_on_when_a_node_dies(tmp_path: Path, machines: nodes.Cluster) -> None:
    wanted = left(whole(tmp_path / "one", milliseconds=60))
    doomed = machines.join().await_start()
    place = Actors(3, machines.address, patience=10)
    outcome = scattered(tmp_path / "two", place, Killing(0.7, doomed.kill), milliseconds=60)
    assert outcome.status == "finished"
    assert left(outcome.folder) == wanted
    assert [event["actors"] for event in noted(outcome.folder, "placed")] == [3, 2]


def test_the_driver_is_killed_and_the_run_resumed_on_another_number_of_actors(tmp_path: Path) -> None:
    wanted = left(whole(tmp_path / "one", milliseconds=60))
    process = subprocess.Popen(
        [sys.executable, str(Path(fleeting.__file__)), str(tmp_path / "two"), "3", "60"],
        env={**ENVIRONMENT, "HOME": str(tmp_path)},
    )
    try:
        until = time.monotonic() + 90
        while not list((tmp_path / "two").glob("*/*/*/checkpoints/step_000000000010")) and time.monotonic() < until:
            assert process.poll() is None
            time.sleep(0.05)
        below = nodes.descendants(process.pid)
    finally:
        process.kill()
        process.wait()
    (folder,) = opening.all_folders(tmp_path / "two")
    assert lease.status(folder) == "died"
    ended = running.resume(folder, Actors(2))
    assert ended.status == "finished"
    assert left(ended.folder) == wanted
    # The cluster ends with its driver, a little later.
    until = time.monotonic() + 60
    while (still := [pid for pid in below if "ray::" in nodes.command_of(pid)]) and time.monotonic() < until:
        time.sleep(0.1)
    assert still == []
