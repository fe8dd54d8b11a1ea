"""A sweep survives the death of its workers and of its driver at any instant, and loses and doubles nothing."""

from __future__ import annotations

import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sweeping import DIES, EATS, FAILS, LINGERS, Doomed, assert_sound, folders, n_computed, n_ended, plan

from primordia.core.errors import RunFolderError
from primordia.engine import environment, lease
from primordia.engine.executors.local import Local
from primordia.engine.sweeps import lock, retry
from primordia.engine.sweeps.cells import Budget
from primordia.engine.sweeps.driver import Tally, drive
from primordia.engine.sweeps.sweepfolder import SweepFolder
from runs import ENVIRONMENT, TESTS, assert_same, start

SECONDS = 300.0


@pytest.fixture(autouse=True)
def _workers_find_the_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", ENVIRONMENT["PYTHONPATH"])


def driver(sweep: SweepFolder, stderr: int | None = None) -> subprocess.Popen[str]:
    """A driver with two workers, in a process of its own."""
    command = [sys.executable, str(TESTS / "engine" / "sweeping.py"), str(sweep.path), str(SECONDS)]
    return subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=stderr, text=True)


def children(pid: int) -> list[int]:
    """The processes that another one started."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def is_over(process: subprocess.Popen[str], seconds: float) -> bool:
    """Whether a process ends within so many seconds."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def eventually(is_so: Callable[[], bool], seconds: float = 20.0) -> bool:
    until = time.monotonic() + seconds
    while not is_so() and time.monotonic() < until:
        time.sleep(0.01)
    return is_so()


def disturbed(sweep: SweepFolder, chance: random.Random, n_kills: int, longest: float) -> collections.Counter[str]:
    """Drive a sweep, again and again, until it is done; kill so many workers and drivers at random instants."""
    killed: collections.Counter[str] = collections.Counter()
    for _ in range(n_kills + 1):
        process = driver(sweep)
        while killed.total() < n_kills and process.poll() is None:
            victim = process.pid
            if kills_worker := chance.random() < 0.6:
                eventually(lambda driver=process: bool(children(driver.pid)) or driver.poll() is not None)  # type: ignore[misc]
            if is_over(process, chance.uniform(0.0, longest)):
                break
            if kills_worker:
                victim = chance.choice(children(process.pid) or [process.pid])
            os.kill(victim, signal.SIGKILL)
            killed["driver" if victim == process.pid else "worker"] += 1
            if victim == process.pid:
                break
        out, _ = process.communicate()
        if process.returncode == 0:
            told = json.loads(out)
            assert (told["failed"], told["why"]) == (0, "")
            return killed
        assert process.returncode == -signal.SIGKILL
    raise AssertionError("the sweep was never done")


def survives(
    root: Path, n: int, seed: int, n_kills: int, longest: float, microseconds: int
) -> collections.Counter[str]:
    """Disturb a sweep of `n` cells, of 40 such steps each, and hold it against runs that nobody disturbed."""
    sweep = plan(root, range(n), settings={"microseconds": microseconds})
    killed = disturbed(sweep, random.Random(seed), n_kills, longest)
    assert_sound(sweep, n)
    for number, folder in folders(sweep).items():
        plain = start(root / "plain", seed=number, microseconds=microseconds)
        assert_same(folder, plain.folder, only_last=True)
    return killed


def test_a_sweep_survives_the_death_of_workers_and_drivers(root: Path) -> None:
    # Three cells after one another take longer than the longest wait, however fast everything else is.
    killed = survives(root, n=6, seed=2, n_kills=2, longest=0.4, microseconds=5000)
    assert killed.total() >= 1


@pytest.mark.thorough
def test_a_sweep_of_64_cells_survives_many_deaths(root: Path) -> None:
    killed = survives(root, n=64, seed=1, n_kills=14, longest=0.9, microseconds=2000)
    assert min(killed["worker"], killed["driver"]) >= 2


def test_a_signal_ends_a_sweep_in_order_and_meanwhile_nobody_else_may_drive_it(root: Path) -> None:
    sweep = plan(root, range(4), settings={"microseconds": 40_000})
    process = driver(sweep)
    assert eventually(lambda: len(folders(sweep)) == 2)
    workers = children(process.pid)
    with pytest.raises(RunFolderError) as caught:
        drive(sweep, Local(1, 1))
    assert f"is driven on host {environment.host()} as pid {process.pid} " in str(caught.value)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate()
    assert json.loads(out) == {"finished": 0, "failed": 0, "why": "interrupted by a signal"}
    assert [folder.record()["status"] for folder in folders(sweep).values()] == ["interrupted"] * 2
    assert eventually(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    assert lock.driver(sweep.path) is None


@pytest.mark.thorough
def test_a_second_signal_ends_a_sweep_at_once(root: Path) -> None:
    sweep = plan(root, [LINGERS], Doomed)
    process = driver(sweep, stderr=subprocess.PIPE)
    assert eventually(lambda: any(folder.checkpoints.is_dir() for folder in folders(sweep).values()))
    workers = children(process.pid)
    # The checkpoint comes two quick steps before the one that takes a minute, for which the first signal waits.
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    assert not is_over(process, 1.0)
    process.send_signal(signal.SIGINT)
    assert is_over(process, 10.0)
    process.communicate()
    assert process.returncode in (130, -signal.SIGINT)
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    assert [one.status for one in sweep.all_found()] == ["stopped"]
    assert lock.driver(sweep.path) is None


def test_a_driver_that_is_killed_leaves_workers_that_stop_in_order(root: Path) -> None:
    sweep = plan(root, range(3), settings={"microseconds": 8000})
    process = driver(sweep)
    assert eventually(lambda: len(folders(sweep)) == 2)
    process.kill()
    process.communicate()
    executor = Local(2, 1)
    # At once: what its workers still hold is waited for.
    tally = drive(sweep, executor)
    executor.close()
    assert (tally.finished, tally.failed) == (3, 0)
    assert_sound(sweep, 3)
    for number, folder in folders(sweep).items():
        assert n_ended(folder) == 1
        plain = start(root / "plain", seed=number, microseconds=8000)
        assert_same(folder, plain.folder, only_last=True)


@pytest.mark.thorough
def test_cells_that_cannot_succeed_are_told_and_the_rest_completes(root: Path) -> None:
    sweep = plan(root, [0, FAILS, DIES, LINGERS, EATS, 9], Doomed, Budget(seconds=3, mebibytes=500))
    executor = Local(2, 1)
    tally = drive(sweep, executor)
    executor.close()
    assert (tally.finished, tally.failed, tally.left) == (2, 4, 0)
    assert tally.failures[1] == "RuntimeError: it never works"
    assert tally.failures[2] == "its process ended with code 7 (a last word); that was attempt 3 of this call"
    assert tally.failures[3] == "went over its budget of 3 s"
    assert tally.failures[4].startswith("went over its budget of 500 MiB of memory: it took ")
    found = sweep.all_found()
    assert [one.status for one in found] == ["finished", "failed", "failed", "failed", "failed", "finished"]
    assert {one.cell.index: one.reason for one in found if one.status == "failed"} == tally.failures
    assert not any(lease.is_live(folder) for folder in folders(sweep).values())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of little more than a megabyte."""
    place = tmp_path / "small"
    place.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=1400k", "tmpfs", str(place)]
    if shutil.which("mount") is None:
        pytest.skip("there is no command mount")
    done = subprocess.run(mounting, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"a small file system needs the right to mount: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_fills_stops_the_sweep_which_goes_on_once_there_is_room(small_disk: Path, root: Path) -> None:
    sweep = plan(small_disk, range(16))
    tally = on_two_workers(sweep)
    assert tally.why.startswith("the disk is full; free some room")
    assert tally.finished + tally.left + tally.failed == 16
    assert 0 < tally.failed <= 2
    assert tally.left > 0
    assert all("the disk is full" in reason or "is full, so" in reason for reason in tally.failures.values())
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    retry.set_back(sweep)
    assert on_two_workers(sweep).finished == 16
    assert_sound(sweep, 16, n_computed)
    for number, folder in folders(sweep).items():
        assert_same(folder, start(root / "plain", seed=number).folder, only_last=True)


def on_two_workers(sweep: SweepFolder) -> Tally:
    executor = Local(2, 1)
    try:
        return drive(sweep, executor)
    finally:
        executor.close()
