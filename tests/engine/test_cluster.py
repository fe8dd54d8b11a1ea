"""Sweeps on a Ray cluster: the bits of one machine, whatever dies. Starts several nodes on loopback."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nodes
import pytest
from sweeping import EATS, FAILS, LINGERS, Doomed, assert_sound, folders, n_ended, plan

from primordia.core.errors import ConfigError, RunFolderError
from primordia.engine.executors import cluster as clusters
from primordia.engine.executors.cluster import Cluster
from primordia.engine.executors.local import Local
from primordia.engine.sweeps.cells import Budget
from primordia.engine.sweeps.driver import Tally, drive
from primordia.engine.sweeps.sweepfolder import SweepFolder
from runs import ENVIRONMENT, assert_same, leavings

pytest.importorskip("ray")
pytestmark = [*nodes.MARKS, pytest.mark.timeout(280)]
SLOW = {"microseconds": 2000}


@pytest.fixture(scope="module")
def nodes_of_mine() -> Iterator[nodes.Cluster]:
    """A head and one node, which stay."""
    made = nodes.Cluster()
    try:
        made.join().await_start()
        yield made
    finally:
        made.close()


@pytest.fixture
def machines(nodes_of_mine: nodes.Cluster, monkeypatch: pytest.MonkeyPatch) -> nodes.Cluster:
    for name, value in nodes_of_mine.environment.items():
        monkeypatch.setenv(name, value)
    return nodes_of_mine


@pytest.fixture
def executor(machines: nodes.Cluster) -> Iterator[Cluster]:
    made = Cluster(machines.address)
    yield made
    made.close()


@pytest.fixture
def second(machines: nodes.Cluster) -> Iterator[nodes.Node]:
    """Another node, which may not have joined yet, and is gone afterwards."""
    made = machines.join()
    yield made
    made.kill()


def eventually(is_so: Callable[[], bool], seconds: float = 60.0) -> bool:
    until = time.monotonic() + seconds
    while not is_so() and time.monotonic() < until:
        time.sleep(0.05)
    return is_so()


def later(seconds: float, what: Callable[[], None]) -> threading.Timer:
    timer = threading.Timer(seconds, what)
    timer.start()
    return timer


def undisturbed(root: Path, sweep: SweepFolder, n: int, **settings: float) -> None:
    """Hold a sweep against the same one on this machine, which nobody disturbed."""
    other = plan(root / "undisturbed", range(n), settings=settings)
    executor = Local()
    assert drive(other, executor).finished == n
    executor.close()
    expected = folders(other)
    for seed, folder in folders(sweep).items():
        assert_same(folder, expected[seed], only_last=True)


def all_done(tally: Tally, n: int) -> bool:
    return (tally.finished, tally.failed, tally.left, tally.why) == (n, 0, 0, "")


def test_a_cluster_of_this_machine_gives_the_bits_of_local_processes_and_leaves_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", ENVIRONMENT["PYTHONPATH"])
    monkeypatch.setenv("HOME", str(root))
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    before, handler = dict(os.environ), signal.getsignal(signal.SIGTERM)
    executor = Cluster()
    try:
        assert executor.n_slots == len(os.sched_getaffinity(0))
        sweep = plan(root, range(6))
        assert all_done(drive(sweep, executor), 6)
        workers = nodes.descendants(os.getpid())
        assert any("ray::" in nodes.command_of(pid) for pid in workers)
    finally:
        executor.close()
    assert_sound(sweep, 6)
    undisturbed(root, sweep, 6)
    first = folders(sweep)[0]
    assert leavings(first) != leavings(folders(sweep)[1])
    assert not (root / ".ray").exists()
    assert signal.getsignal(signal.SIGTERM) == handler
    assert {name for name in os.environ if name.startswith("RAY_AUTH")} == set()
    assert {name: os.environ.get(name) for name in before} == before
    assert eventually(lambda: not any("ray::" in nodes.command_of(pid) for pid in workers))


def test_a_sweep_survives_the_death_of_a_machine(root: Path, machines: nodes.Cluster, second: nodes.Node) -> None:
    second.await_start()
    sweep = plan(root, range(64), settings=SLOW)
    executor = Cluster(machines.address)
    try:
        assert executor.n_slots == 2
        power_cut = later(random.Random(4).uniform(1.5, 4.0), second.kill)
        tally = drive(sweep, executor)
        assert power_cut.finished.is_set()
        assert all_done(tally, 64)
        assert eventually(lambda: executor.n_slots == 1)
    finally:
        executor.close()
    assert_sound(sweep, 64)
    undisturbed(root, sweep, 64, **SLOW)


def test_a_machine_that_joins_is_used_and_one_that_is_asked_for_less_is_not(
    root: Path, machines: nodes.Cluster, executor: Cluster, second: nodes.Node
) -> None:
    """`second` is on its way when the sweep begins."""
    assert executor.n_slots == 1
    sweep = plan(root, range(400), settings=SLOW)
    tally = drive(sweep, executor, enough=lambda: "both work" if nodes.workers(second) else "")
    assert (tally.why, tally.failed, executor.n_slots) == ("both work", 0, 2)
    assert 0 < tally.finished < 400
    executor.close()
    few = Cluster(machines.address, n_slots=1)
    assert few.n_slots == 1
    few.close()


def test_the_death_of_workers_and_actors_costs_only_time(root: Path, machines: nodes.Cluster) -> None:
    sweep = plan(root, range(24), settings=SLOW)
    executor = Cluster(machines.address)
    chance, killed = random.Random(8), []

    def kill() -> None:
        words = ("ray::Seat", "executors.worker")[len(killed) % 2]
        victims = [pid for pid in machines.nodes[0].processes() if words in nodes.command_of(pid)]
        for pid in victims[:1]:
            os.kill(pid, signal.SIGKILL)
            killed.append(words)
        if len(killed) < 4 and not over.wait(chance.uniform(0.3, 0.9)):
            kill()

    over = threading.Event()
    timer = later(0.5, kill)
    try:
        tally = drive(sweep, executor)
    finally:
        over.set()
        timer.join()
        executor.close()
    assert all_done(tally, 24)
    assert len(killed) >= 2
    assert_sound(sweep, 24)
    undisturbed(root, sweep, 24, **SLOW)


def test_budgets_hold_and_a_cell_that_fails_is_reported_while_the_rest_completes(root: Path, executor: Cluster) -> None:
    late = plan(root / "late", [0, FAILS, LINGERS, 7], Doomed, Budget(seconds=2.0))
    tally = drive(late, executor)
    assert (tally.finished, tally.failed) == (2, 2)
    assert tally.failures[1] == "RuntimeError: it never works"
    assert tally.failures[2] == "went over its budget of 2 s"
    large = plan(root / "large", [0, EATS], Doomed, Budget(mebibytes=500))
    tally = drive(large, executor)
    assert (tally.finished, tally.failed) == (1, 1)
    assert "500 MiB" in tally.failures[1]
    assert folders(late)[LINGERS].record()["reason"] == "went over its budget of 2 s"
    assert folders(large)[EATS].record()["reason"] == tally.failures[1]


def test_an_interrupted_sweep_goes_on_elsewhere(root: Path, executor: Cluster) -> None:
    sweep = plan(root, range(4), settings={"microseconds": 20_000})
    tally = drive(sweep, executor, within=1.0)
    assert (tally.why, tally.failed) == ("out of time", 0)
    assert tally.left >= 1
    assert {folder.record()["status"] for folder in folders(sweep).values()} <= {"interrupted", "finished"}
    here = Local()
    assert all_done(drive(sweep, here), 4)
    here.close()
    assert_sound(sweep, 4)
    undisturbed(root, sweep, 4, microseconds=20_000)


def test_after_an_interruption_the_same_workers_go_on(root: Path, machines: nodes.Cluster, executor: Cluster) -> None:
    sweep = plan(root, range(4), settings={"microseconds": 20_000})
    assert drive(sweep, executor, within=1.0).left >= 1
    workers = nodes.workers(machines.nodes[0])
    executor.renew()
    assert executor.n_slots == 1
    assert all_done(drive(sweep, executor), 4)
    assert nodes.workers(machines.nodes[0]) == workers != []
    assert_sound(sweep, 4)
    undisturbed(root, sweep, 4, microseconds=20_000)


def command(root: Path, machines: nodes.Cluster, n: int) -> list[str]:
    return [
        sys.executable, "-m", "primordia.cli.main", "sweep", "walk:Walk", "--seeds", f"0:{n}",
        "--set", "microseconds=2000", "--steps", "40", "--every", "4", "--checkpoint-every", "10",
        "--on", "ray", "--address", machines.address, "--root", str(root), "--name", "killed", "--json",
    ]  # fmt: skip


def test_the_same_command_goes_on_after_the_death_of_the_driver(root: Path, machines: nodes.Cluster) -> None:
    words, chance = command(root, machines, 64), random.Random(2)
    sweep = SweepFolder(root / "sweeps" / "killed")
    for _ in range(2):
        process = subprocess.Popen(words, env=machines.environment, stdout=subprocess.DEVNULL)
        n_before = len(finished(sweep))
        assert eventually(lambda n=n_before: len(finished(sweep)) > n)  # type: ignore[misc]
        time.sleep(chance.uniform(0.0, 0.8))
        assert process.poll() is None
        process.kill()
        process.wait()
    assert 0 < len(finished(sweep)) < 64
    done = subprocess.run(words, env=machines.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["finished"], told["failed"], told["left"]) == (64, 0, 0)
    assert_sound(sweep, 64)
    undisturbed(root, sweep, 64, **SLOW)


def finished(sweep: SweepFolder) -> list[int]:
    """The seeds of the cells that were run to their ends."""
    if not sweep.path.exists():
        return []
    return [seed for seed, folder in folders(sweep).items() if n_ended(folder)]


def test_ctrl_c_ends_a_sweep_in_order(root: Path, machines: nodes.Cluster) -> None:
    """The signal goes to all processes of the terminal, as there."""
    words = command(root, machines, 64)
    sweep = SweepFolder(root / "sweeps" / "killed")
    process = subprocess.Popen(
        words, env=machines.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    assert eventually(lambda: len(finished(sweep)) > 1)
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert json.loads(out)["left"] > 0
    states = [folder.record()["status"] for folder in folders(sweep).values()]
    assert set(states) <= {"finished", "interrupted"}


def test_a_sweep_that_no_node_sees_is_refused_once(root: Path, executor: Cluster) -> None:
    sweep = plan(root, range(8))
    nowhere = root / "nowhere"
    with pytest.raises(RunFolderError, match=f"{socket.gethostname()} does not see {nowhere}"):
        drive(sweep, executor, root=str(nowhere))
    assert folders(sweep) == {}
    assert not nowhere.exists()


def test_a_node_with_another_primordia_is_refused(machines: nodes.Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    here = {"primordia": "0.0.1", "commit": None, "python": "3.11"}
    monkeypatch.setattr(clusters.seats, "identity", lambda: here)
    with pytest.raises(RunFolderError, match=r"has primordia .* and this machine primordia 0\.0\.1"):
        Cluster(machines.address, notice=no_notice)


def no_notice(sentence: str) -> None:
    raise AssertionError("what is raised is not told besides")


def test_more_threads_than_any_node_has_are_refused(machines: nodes.Cluster) -> None:
    with pytest.raises(ConfigError, match="the nearest is 1"):
        Cluster(machines.address, n_threads=2)


def test_an_address_without_a_cluster_is_refused(machines: nodes.Cluster) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(ConfigError, match=f"No Ray cluster can be joined at {nobody}"):
            Cluster(nobody)
