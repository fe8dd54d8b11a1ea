"""A slot keeps one worker over many cells, sees to their budgets, and replaces it when it dies."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sweeping import DIES, EATS, FAILS, LACKS_MEMORY, LINGERS, ORPHANS, Doomed, folders, n_ended, plan

from primordia.core.errors import ConfigError
from primordia.engine.executors import local, policing
from primordia.engine.executors import slot as slots
from primordia.engine.executors.line import Line
from primordia.engine.executors.local import Local
from primordia.engine.executors.slot import Slot
from primordia.engine.sweeps import plan as plans
from primordia.engine.sweeps.cells import Budget, Ended, Work
from primordia.engine.sweeps.driver import drive
from primordia.engine.sweeps.sweepfolder import SweepFolder
from runs import ENVIRONMENT, assert_same, start


@pytest.fixture(autouse=True)
def _workers_find_the_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", ENVIRONMENT["PYTHONPATH"])


@pytest.fixture(scope="module")
def slot() -> Iterator[Slot]:
    """One for all tests that leave it open."""
    made = Slot(1)
    yield made
    made.close()


@pytest.fixture
def own_slot() -> Iterator[Slot]:
    made = Slot(1)
    yield made
    made.close()


def works(sweep: SweepFolder) -> list[Work]:
    whole = sweep.plan()
    return [
        Work(
            cell.index, str(sweep.path), plans.name_of(whole, cell), whole.address, plans.config_of(whole, cell),
            whole.schedule, whole.slug, 1, whole.budget,
        )
        for cell in whole.cells
    ]  # fmt: skip


def eventually(is_so: Callable[[], bool], seconds: float = 20.0) -> bool:
    until = time.monotonic() + seconds
    while not is_so() and time.monotonic() < until:
        time.sleep(0.01)
    return is_so()


def test_one_worker_computes_what_succeeds_and_what_fails(root: Path, slot: Slot) -> None:
    sweep = plan(root, [0, FAILS, LACKS_MEMORY, 7], Doomed)
    pids, ended = set(), list[Ended]()
    for work in works(sweep):
        ended.append(slot.run(work))
        pids.add(slot.pid)
    assert len(pids) == 1
    assert [(one.status, one.step) for one in ended] == [
        ("finished", 40),
        ("failed", 12),
        ("failed", 12),
        ("finished", 40),
    ]
    assert [ended[1].reason, ended[2].reason] == ["RuntimeError: it never works", "MemoryError: "]
    assert all(0 < one.overhead < one.seconds for one in ended)
    assert_same(folders(sweep)[7], start(root / "plain", Doomed, seed=7).folder)


def test_a_worker_that_dies_says_how_and_another_takes_its_place(root: Path, slot: Slot) -> None:
    dies, lives = works(plan(root, [DIES, 0], Doomed))
    ended = slot.run(dies)
    assert (ended.status, ended.reason) == ("died", "its process ended with code 7 (a last word)")
    assert slot.pid is None
    assert slot.run(lives).status == "finished"


def test_a_worker_that_dies_is_missed_though_a_child_of_it_lives_on(root: Path, slot: Slot) -> None:
    (work,) = works(plan(root, [ORPHANS], Doomed))
    assert slot.run(work).reason == "its process ended with code 8"


def test_a_cell_over_its_seconds_is_killed_and_its_folder_says_so(
    root: Path, slot: Slot, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = plan(root, [LINGERS, 0], Doomed, budget=Budget(seconds=0.5))

    def seconds() -> float:
        """A clock of the slot that goes on only when the first cell lingers, however busy the machine is."""
        found = folders(sweep).get(LINGERS)
        return 100.0 if found is None or found.record()["step"] < 10 else 100.6

    monkeypatch.setattr(slots, "time", types.SimpleNamespace(monotonic=seconds, sleep=time.sleep))
    ended = slot.run(works(sweep)[0])
    assert (ended.status, ended.reason, ended.step) == ("failed", "went over its budget of 0.5 s", 10)
    assert ended.seconds == pytest.approx(0.6)
    folder = folders(sweep)[LINGERS]
    record = folder.record()
    assert (record["status"], record["reason"]) == ("failed", "went over its budget of 0.5 s")
    assert folder.events.read()[-1]["event"] == "failed"
    assert slot.run(works(sweep)[1]).status == "finished"


def test_a_cell_over_its_memory_is_killed_in_a_worker_of_its_own(root: Path, slot: Slot) -> None:
    sweep = plan(root, [0, EATS], Doomed, budget=Budget(mebibytes=500))
    fine, eats = works(sweep)
    assert slot.run(fine).status == "finished"
    ended = slot.run(eats)
    assert ended.status == "failed"
    assert ended.reason.startswith("went over its budget of 500 MiB of memory: it took ")
    # What the worker had left over from the cell before is not held against this one.
    assert [event["event"] for event in folders(sweep)[EATS].events.read()].count("resumed") == 1


def test_an_interrupted_slot_stops_in_order_and_takes_no_more(root: Path, own_slot: Slot) -> None:
    sweep = plan(root, range(2), settings={"microseconds": 50_000})
    first, second = works(sweep)
    found: list[Ended] = []
    thread = threading.Thread(target=lambda: found.append(own_slot.run(first)))
    thread.start()
    assert eventually(lambda: bool(folders(sweep)) and len(folders(sweep)[0].metrics.read()) > 1)
    own_slot.interrupt()
    thread.join()
    assert found[0].status == "interrupted"
    assert folders(sweep)[0].record()["status"] == "interrupted"
    assert own_slot.run(second).status == "interrupted"
    assert list(folders(sweep)) == [0]


def test_closing_kills_what_is_under_way(root: Path, own_slot: Slot) -> None:
    (work,) = works(plan(root, [LINGERS], Doomed))
    found: list[Ended] = []
    thread = threading.Thread(target=lambda: found.append(own_slot.run(work)))
    thread.start()
    assert eventually(lambda: (Path(work.root) / "tests" / "doomed" / work.name / "checkpoints").is_dir())
    pid = own_slot.pid
    assert pid is not None
    own_slot.close()
    thread.join()
    assert found[0].status == "died"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_cell_that_another_process_still_computes_is_waited_for(root: Path, slot: Slot) -> None:
    sweep = plan(root, [0], settings={"microseconds": 20_000})
    (work,) = works(sweep)
    left_behind = Slot(1)
    threading.Thread(target=left_behind.run, args=(work,), daemon=True).start()
    assert eventually(lambda: bool(folders(sweep)))
    ended = slot.run(work)
    left_behind.close()
    assert (ended.status, ended.step) == ("finished", 40)
    folder = folders(sweep)[0]
    assert n_ended(folder) == 1
    assert [event["event"] for event in folder.events.read()].count("resumed") == 0


def test_a_worker_ends_in_order_when_nobody_listens_any_more(root: Path) -> None:
    sweep = plan(root, [0], settings={"microseconds": 50_000})
    slot = Slot(1)
    threading.Thread(target=slot.run, args=(works(sweep)[0],), daemon=True).start()
    assert eventually(lambda: bool(folders(sweep)) and len(folders(sweep)[0].metrics.read()) > 1)
    worker = slot._worker
    assert worker is not None
    worker.line._socket.shutdown(socket.SHUT_WR)
    assert eventually(lambda: folders(sweep)[0].record()["status"] == "interrupted")
    assert "the driver of its sweep is gone" in folders(sweep)[0].record()["reason"]
    slot.close()


def test_after_an_interruption_the_same_workers_go_on(root: Path) -> None:
    sweep = plan(root, range(4), settings={"microseconds": 8000})
    executor = Local(2, 1)
    try:
        stopped = drive(sweep, executor, enough=lambda: "it is enough" if len(folders(sweep)) == 2 else "")
        assert (stopped.finished, stopped.failed, stopped.left) == (0, 0, 4)
        pids = [slot.pid for slot in executor._slots]
        executor.renew()
        assert drive(sweep, executor).finished == 4
        assert [slot.pid for slot in executor._slots] == pids
    finally:
        executor.close()
    for seed, folder in folders(sweep).items():
        assert_same(folder, start(root / "plain", seed=seed, microseconds=8000).folder, only_last=True)


def test_memory_is_that_of_a_process_and_its_children() -> None:
    mine = policing.resident_mebibytes(os.getpid())
    assert mine > 20
    eats = "import os, time; held = bytearray(os.urandom(1)) * (200 * 2**20); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", eats]) as child:
        try:
            assert eventually(lambda: policing.resident_mebibytes(os.getpid()) > mine + 200)
        finally:
            child.kill()
    assert policing.resident_mebibytes(child.pid) == 0


def test_a_limit_of_memory_is_refused_where_it_cannot_be_held(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policing, "PROC", tmp_path)
    (work,) = works(plan(root, [0], budget=Budget(mebibytes=500)))
    unused = Slot(1)
    ended = unused.run(work)
    assert (ended.status, unused.pid) == ("failed", None)
    assert ended.reason == (
        "A limit of 500 MiB cannot be held on this system, which has no /proc; leave --cell-memory out."
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [((None, None), (8, 1)), ((4, None), (4, 2)), ((None, 4), (2, 4)), ((3, 2), (3, 2)), ((20, 1), (20, 1))],
)
def test_the_cores_are_shared_out(
    asked: tuple[int | None, int | None], expected: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "cores", lambda: 8)
    made = Local(*asked)
    assert (made.n_slots, made.n_threads) == expected


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ((4, 4), "jobs=4 with threads=4 asks for 16 cores; there are 8. Give --jobs 2 or --threads 2."),
        ((0, 1), "jobs=0 is out of range: it must be at least 1; the nearest is 1."),
        ((1, 0), "threads=0 is out of range: it must be at least 1; the nearest is 1."),
        ((None, 0), "threads=0 is out of range: it must be at least 1; the nearest is 1."),
    ],
)
def test_more_than_there_are_cores_for_is_refused(
    asked: tuple[int | None, int | None], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "cores", lambda: 8)
    with pytest.raises(ConfigError) as caught:
        Local(*asked)
    assert str(caught.value) == sentence


def test_a_line_carries_messages_whole_and_tells_when_the_other_end_is_gone() -> None:
    ours, number = Line.pair()
    theirs = Line(number)
    assert ours.receive(0.0) is None
    for message in ({"text": "ä\n" * 100_000}, {"second": 2}):
        sending = threading.Thread(target=theirs.send, args=(message,))
        sending.start()
        assert ours.receive(10.0) == message
        sending.join()
    theirs.close()
    with pytest.raises(EOFError):
        ours.receive()
    ours.close()
