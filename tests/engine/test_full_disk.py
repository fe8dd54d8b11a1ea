"""On a full disk a run ends as failed, loses nothing, and goes on with the same bits once there is room."""

from __future__ import annotations

import errno
import math
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import steering

from primordia.core.errors import BadInputError, NoRoomError
from primordia.engine import checkpoints, durable, export, interventions, launch, lease
from primordia.engine.folder import RunFolder
from primordia.engine.helm import Helm
from primordia.engine.journal import Journal
from primordia.engine.lease import Lease
from primordia.engine.observer import Outcome, Unwatched
from runs import SHORT, assert_same, leavings, scraps, start


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run that always had room."""
    from primordia.engine import wrapping

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wrapping, "wrap_up", lambda run, outcome: None)
        return start(tmp_path_factory.mktemp("whole")).folder


class Disk:
    """A disk that has room for `n` more writes; giving back the ballast makes room for `ballast` more."""

    def __init__(self, patch: pytest.MonkeyPatch, n: float, ballast: int) -> None:
        self.room, self.ballast, self.refused = n, ballast, 0
        for owner, name in ((durable, "write"), (Journal, "append"), (Lease, "_load_ballast")):
            patch.setattr(owner, name, self._limited(getattr(owner, name)))
        free_room = Lease.free_room

        def free(held: Lease) -> None:
            free_room(held)
            self.room += self.ballast

        patch.setattr(Lease, "free_room", free)

    def _limited(self, write: Any) -> Any:
        def limited(*arguments: Any, **settings: Any) -> Any:
            if self.room < 1:
                self.refused += 1
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self.room -= 1
            return write(*arguments, **settings)

        return limited


@pytest.mark.parametrize("ballast", [0, 1, 2], ids=["ballast lost", "room for an event", "room for both"])
def test_a_disk_that_fills_at_any_write_costs_nothing(ballast: int, whole: RunFolder, root: Path) -> None:
    failures, stride = 0, 1 if ballast == 2 else 3
    for n in range(ballast, 10_000, stride):
        place = root / str(n)
        with pytest.MonkeyPatch.context() as patch:
            disk = Disk(patch, n, ballast)
            try:
                outcome = start(place)
            except NoRoomError:
                outcome = None
            else:
                assert (outcome.status == "failed") == (disk.refused > 0)
                if disk.refused == 0:
                    assert outcome.status == "finished"
                    assert failures > 50 / stride
                    return
                assert "the disk is full (No space left on device); free some room and resume" in outcome.reason
        failures += 1
        found = list(place.glob("*/*/*"))
        if outcome is None and not (found and (found[0] / "run.json").exists()):
            assert found == []
            continue
        folder = RunFolder(found[0])
        if outcome and ballast == 2:
            assert folder.record()["status"] == "failed"
            assert folder.events.read()[-1]["event"] == "failed"
            assert folder.record()["reason"] == outcome.reason
        assert lease.status(folder) in ("failed", "died")
        with pytest.MonkeyPatch.context() as patch:
            Disk(patch, 0, 0)
            with pytest.raises(NoRoomError, match="is full, so this run cannot go on; free some room and try again"):
                launch.resume(folder)
        assert launch.resume(folder).status == "finished"
        assert_same(folder, whole)
    raise AssertionError("the run never had enough room")


def put_with_room(place: Path, room: float) -> tuple[Outcome, list[str]]:
    """What comes of a run to which something is done while there is room for so many writes; and what it refused."""
    helm, refusals = Helm(paused=True), list[str]()
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(patch, math.inf, ballast=2)

        def order() -> None:
            steering.go_to(helm, 7)
            disk.room = room
            try:
                helm.intervene("put", {"site": 3})
            except BadInputError as error:
                refusals.append(str(error))
            disk.room = math.inf
            helm.play()

        return steering.steered_by(helm, order, lambda: steering.start(place, helm)), refusals


def test_what_a_full_disk_cannot_keep_is_not_done_to_a_run(whole: RunFolder, root: Path) -> None:
    changed, _ = put_with_room(root / "changed", math.inf)
    for room in range(100):
        outcome, refusals = put_with_room(root / str(room), room)
        if outcome.status == "finished":
            assert room > 3  # Files of a checkpoint, and the event itself.
            assert_same(outcome.folder, changed.folder)
            return
        assert refusals == ["This run failed while it kept the intervention; see its last event."]
        assert interventions.recorded(outcome.folder) == []
        assert launch.resume(outcome.folder).status == "finished"
        assert_same(outcome.folder, whole, only_last=True)
    raise AssertionError("the run never had enough room")


def test_the_room_kept_is_enough_to_write_the_failure_down() -> None:
    # An event and two copies of run.json, a few blocks of 4 KiB with what a file system adds to them.
    assert lease.BALLAST_BYTES >= 16 * 4096


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of one megabyte."""
    place = tmp_path / "small"
    place.mkdir()
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("there is no command mount")
    if done.returncode != 0:
        pytest.skip(f"a small file system needs the right to mount: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(place: Path) -> Path:
    filler = place / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    return filler


class Fills(Unwatched):
    """Fills the disk when a certain row or event is seen."""

    def __init__(self, place: Path, at: tuple[str, int]) -> None:
        self.place, self.at = place, at

    def row_written(self, row: Any) -> None:
        if self.at == ("row", row["step"]):
            fill(self.place)

    def event_noted(self, event: Any) -> None:
        if self.at == (event["event"], event["step"]):
            fill(self.place)


MOMENTS = [("started", 0), ("row", 0), ("row", 4), ("row", 8), ("transition", 8), ("checkpoint", 10), ("row", 40)]


@pytest.mark.parametrize("moment", [*MOMENTS, ("checkpoint", 40)], ids=str)
def test_a_real_disk_that_fills_up_costs_nothing(
    moment: tuple[str, int], small_disk: Path, whole: RunFolder, synced: None
) -> None:
    outcome = start(small_disk / "runs", observer=Fills(small_disk, moment))
    folder = outcome.folder
    assert outcome.status == "failed"
    assert outcome.reason == "the disk is full (No space left on device); free some room and resume"
    assert folder.record()["status"] == "failed"
    assert folder.record()["reason"] == outcome.reason
    assert folder.events.read()[-1]["event"] == "failed"
    fill(small_disk)
    with pytest.raises(NoRoomError, match="is full, so this run cannot go on; free some room and try again"):
        launch.resume(folder)
    (small_disk / "filler").unlink()
    assert launch.resume(folder).status == "finished"
    assert_same(folder, whole)


def test_nothing_is_begun_on_a_real_full_disk(small_disk: Path, synced: None) -> None:
    fill(small_disk)
    with pytest.raises(NoRoomError, match=r"The disk under .* is full, so no run was started; free some room"):
        start(small_disk / "runs")
    assert [path for path in small_disk.rglob("*") if path.is_file()] == [small_disk / "filler"]


def test_a_line_that_a_real_full_disk_cut_is_taken_back(small_disk: Path) -> None:
    journal = Journal(small_disk / "rows.jsonl")
    journal.append({"step": 0})
    fill(small_disk)
    before = journal.path.read_bytes()
    with pytest.raises(OSError, match="No space left"):
        journal.append({"step": 1, "text": "x" * 100_000})
    assert journal.path.read_bytes() == before


@pytest.mark.usefixtures("wrapped")
@pytest.mark.parametrize("with_parquet", [True, False])
def test_a_disk_that_fills_before_the_report_costs_only_the_report(
    with_parquet: bool, small_disk: Path, whole: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not with_parquet:
        monkeypatch.setattr(export, "can_write_parquet", lambda: False)
    outcome = start(small_disk / "runs", observer=Fills(small_disk, ("finished", 40)))
    assert (outcome.status, outcome.step) == ("failed", 40)
    (small_disk / "filler").unlink()
    outcome = launch.resume(outcome.folder, observer=FillsOnceWritten(small_disk))
    assert outcome.status == "finished"
    assert outcome.folder.record()["status"] == "finished"
    assert not (outcome.folder.path / "report.html").exists()
    assert scraps(outcome.folder) == []
    assert leavings(outcome.folder) == leavings(whole)


class FillsOnceWritten(Unwatched):
    """Fills the disk as soon as the run is recorded as finished, just before the report is written."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def event_noted(self, event: Any) -> None:
        if event["event"] == "finished":
            from primordia.engine import wrapping

            wrap_up = wrapping.wrap_up

            def fill_and_wrap(run: Any, outcome: Any) -> None:
                wrapping.wrap_up = wrap_up
                fill(self.place)
                wrap_up(run, outcome)

            wrapping.wrap_up = fill_and_wrap


def test_a_checkpoint_refused_by_the_disk_leaves_the_one_before(small_disk: Path, synced: None) -> None:
    outcome = start(small_disk / "runs", observer=Fills(small_disk, ("checkpoint", 20)))
    assert checkpoints.steps(outcome.folder.checkpoints) == [8, 10, 20]
    assert SHORT["checkpoint_every"] == 10
