"""The driver of a sweep begins what is missing, and nothing else; with an executor that computes in this process."""

from __future__ import annotations

import collections
import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sweeping import DIES, FAILS, Doomed, assert_sound, folders, plan

from primordia.core.errors import RunFolderError
from primordia.engine.executors import attempt
from primordia.engine.folder import RunFolder
from primordia.engine.helm import Helm
from primordia.engine.sweeps import driver
from primordia.engine.sweeps.cells import Ended, Work
from primordia.engine.sweeps.designs import Design
from primordia.engine.sweeps.driver import MOST_ATTEMPTS, Tally, drive
from primordia.engine.sweeps.lock import DriverLock
from runs import assert_same, start
from walk import Walk


class Here:
    """Computes the oldest of the cells under way whenever somebody waits."""

    n_threads = 1

    def __init__(self, n_slots: int = 2, compute: Callable[[Work, Helm], Ended] = attempt.run) -> None:
        self.n_slots, self.compute = n_slots, compute
        self.under_way: collections.deque[Work] = collections.deque()
        self.begun: list[int] = []
        self.helm, self.is_closed = Helm(), False

    def begin(self, work: Work) -> None:
        assert len(self.under_way) < self.n_slots
        assert Work.from_json(work.as_json()) == work
        self.begun.append(work.index)
        self.under_way.append(work)

    def wait(self, seconds: float) -> list[Ended]:
        if not self.under_way:
            return []
        helm = self.helm if self.helm.is_leaving else Helm()
        return [self.compute(self.under_way.popleft(), helm)]

    def interrupt(self) -> None:
        self.helm.leave("interrupted")

    def renew(self) -> None:
        self.helm = Helm()

    def close(self) -> None:
        self.is_closed = True


def test_a_sweep_computes_every_cell_once_in_its_order_with_the_bits_of_plain_runs(root: Path) -> None:
    sweep, executor, told = plan(root, [3, 1, 2]), Here(), list[Tally]()
    tally = drive(sweep, executor, on_change=told.append)
    assert (tally.finished, tally.left, tally.failed, tally.why) == (3, 0, 0, "")
    assert executor.begun == [0, 1, 2]
    assert {(seen.total, seen.running <= 2) for seen in told} == {(3, True)}
    assert max(seen.running for seen in told) == 2
    assert_sound(sweep, 3)
    for seed, folder in folders(sweep).items():
        assert_same(folder, start(root / "plain", seed=seed).folder)
        assert not (folder.path / "report.html").exists()


def test_the_same_call_again_begins_nothing(root: Path) -> None:
    sweep = plan(root, range(3))
    drive(sweep, Here())
    before = {path: path.read_bytes() for path in sweep.path.rglob("*") if path.is_file() and path.name != "lock"}
    again = Here()
    assert drive(sweep, again).finished == 3
    assert again.begun == []
    assert {path: path.read_bytes() for path in before} == before


def test_a_cell_that_fails_is_told_and_left_alone_while_the_rest_goes_on(root: Path) -> None:
    sweep = plan(root, [0, FAILS, 9], Doomed)
    tally = drive(sweep, Here())
    assert (tally.finished, tally.failed, tally.failures) == (2, 1, {1: "RuntimeError: it never works"})
    again = Here()
    assert drive(sweep, again).failures == tally.failures
    assert again.begun == []


def test_a_cell_that_fails_before_it_has_a_folder_gets_one_that_says_so(root: Path) -> None:
    sweep = plan(root, [0], Doomed, settings={"p_move": 0.0})
    assert drive(sweep, Here()).failures == {0: "RuntimeError: nobody moves"}
    record = folders(sweep)[0].record()
    assert (record["status"], record["reason"], record["step"]) == ("failed", "RuntimeError: nobody moves", 0)
    assert sweep.all_found()[0].status == "failed"


def test_a_cell_whose_process_dies_is_begun_again_at_most_three_times(root: Path) -> None:
    deaths = collections.Counter({0: 2, 1: 9})

    def mortal(work: Work, helm: Helm) -> Ended:
        if deaths[work.index]:
            deaths[work.index] -= 1
            return Ended(work.index, "died", "its process was killed by SIGKILL", -1, 0.0)
        return attempt.run(work, helm)

    sweep, executor = plan(root, range(3)), Here(compute=mortal)
    tally = drive(sweep, executor)
    assert collections.Counter(executor.begun) == {0: 3, 1: MOST_ATTEMPTS, 2: 1}
    assert tally.finished == 2
    assert tally.failures == {1: "its process was killed by SIGKILL; that was attempt 3 of this call"}
    assert sweep.all_found()[1].status == "failed"


def alter_config(folder: RunFolder) -> None:
    altered = (folder.path / "config.json").read_text().replace('"p_move": 0.5', '"p_move": 0.25')
    (folder.path / "config.json").write_text(altered)


def alter_checkpoint(folder: RunFolder) -> None:
    for state in folder.checkpoints.glob("*/state.safetensors"):
        content = state.read_bytes()
        state.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.mark.parametrize(("damage", "begun"), [(alter_config, []), (alter_checkpoint, [0])])
def test_a_folder_that_cannot_be_trusted_is_told_once_and_left_as_it_is(
    root: Path, damage: Callable[[RunFolder], None], begun: list[int]
) -> None:
    """Most of what is wrong shows before the cell is begun; a checkpoint is read whole only then."""
    sweep = plan(root, range(2))
    drive(sweep, Here(compute=lambda work, helm: attempt.run(work, _leaving())), within=0)
    drive(sweep, Here(), within=None)
    folder = folders(sweep)[0]
    folder.update(status="interrupted")
    damage(folder)
    executor = Here()
    tally = drive(sweep, executor)
    assert executor.begun == begun
    assert tally.failed == 1
    assert "altered" in tally.failures[0]
    assert folder.record()["status"] == "interrupted"


def _leaving() -> Helm:
    helm = Helm()
    helm.leave("at once")
    return helm


def test_when_the_time_is_over_cells_under_way_stop_in_order_and_go_on_later(root: Path) -> None:
    sweep = plan(root, range(4))
    seen = list[int]()

    def one_then_over(work: Work, helm: Helm) -> Ended:
        seen.append(work.index)
        return attempt.run(work, helm if len(seen) == 1 else executor.helm)

    executor = Here(compute=one_then_over)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver, "_reason_to_leave", lambda interrupts, deadline: driver.OUT_OF_TIME if seen else "")
        tally = drive(sweep, executor, within=1.0)
    assert (tally.finished, tally.stopped, tally.waiting, tally.why) == (1, 1, 2, "out of time")
    assert executor.begun == [0, 1]
    assert drive(sweep, Here()).finished == 4
    assert_sound(sweep, 4)


def test_time_that_is_over_at_once_begins_nothing(root: Path) -> None:
    executor = Here()
    assert drive(plan(root, range(2)), executor, within=0.0).waiting == 2
    assert executor.begun == []


def test_a_second_driver_is_refused(root: Path) -> None:
    sweep = plan(root, range(2))
    with DriverLock(sweep.path), pytest.raises(RunFolderError, match=r"is driven on host .* as pid "):
        drive(sweep, Here())
    assert folders(sweep) == {}


def test_an_executor_is_closed_when_the_driver_fails(root: Path) -> None:
    def broken(work: Work, helm: Helm) -> Ended:
        raise KeyboardInterrupt

    executor = Here(compute=broken)
    with pytest.raises(KeyboardInterrupt):
        drive(plan(root, range(2)), executor)
    assert executor.is_closed
    assert drive(plan(root, range(2)), Here()).finished == 2


def test_cells_that_are_added_meanwhile_are_computed_too(root: Path) -> None:
    sweep = plan(root, range(2))

    def adding(work: Work, helm: Helm) -> Ended:
        sweep.add([Design(seeds=(0, 7, 8))])
        return attempt.run(work, helm)

    assert drive(sweep, Here(compute=adding)).finished == 4
    assert set(folders(sweep)) == {0, 1, 7, 8}


def test_a_folder_that_was_never_whole_is_made_anew(root: Path) -> None:
    sweep = plan(root, range(1))
    whole = sweep.plan()
    half = sweep.folder_of(whole, whole.cells[0])
    half.mkdir(parents=True)
    (half / ".config.json.99").write_text("{")
    assert drive(sweep, Here()).finished == 1
    assert not (half / ".config.json.99").exists()
    assert_sound(sweep, 1)


def test_a_sweep_of_another_version_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = plan(root, range(1))
    monkeypatch.setattr(Walk, "version", 4)
    with pytest.raises(RunFolderError, match="planned for version 3 of tests/walk; installed is version 4"):
        drive(sweep, Here())


def test_on_a_full_disk_no_further_cell_is_begun(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(work: Work, helm: Helm) -> Ended:
        return Ended(work.index, "failed", "the disk is full", 0, 0.0)

    usage = shutil.disk_usage(root.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=4096))
    executor = Here(n_slots=1, compute=full)
    tally = drive(plan(root, range(5)), executor)
    assert executor.begun == [0]
    assert (tally.waiting, tally.failed) == (4, 1)
    assert tally.why.startswith("the disk is full; free some room")


def test_a_cell_that_was_finished_before_it_could_be_stopped_is_finished(root: Path) -> None:
    def too_late(work: Work, helm: Helm) -> Ended:
        attempt.run(work, helm)
        return attempt.fail(work, "went over its budget of 1 s")

    assert drive(plan(root, [0]), Here(compute=too_late)).finished == 1


def test_what_a_cell_failed_with_is_written_down_once(root: Path) -> None:
    sweep = plan(root, [DIES])
    executor = Here(compute=lambda work, helm: works.append(work) or attempt.fail(work, "a first reason"))
    works: list[Any] = []
    drive(sweep, executor)
    again = attempt.fail(works[0], "another reason")
    assert dataclasses.replace(again, reason="") == Ended(0, "failed", "", 0, 0.0)
    (folder,) = folders(sweep).values()
    assert folder.record()["reason"] == "a first reason"
    assert [event["event"] for event in folder.events.read()] == ["failed"]
