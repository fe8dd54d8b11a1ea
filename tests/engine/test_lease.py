"""One process a run: a second is refused by host and pid, a dead holder is noticed, a live one is never robbed."""

from __future__ import annotations

import datetime
import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from primordia.core.errors import NoRoomError, RunFolderError
from primordia.engine import environment, launch, lease
from primordia.engine.folder import RunFolder
from primordia.engine.lease import Lease
from runs import SHORT, leavings, start
from walk import Walk

TESTS = Path(__file__).parent.parent


@pytest.fixture
def folder(root: Path) -> RunFolder:
    done = start(root)
    done.folder.update(status="running", pid=12345, host=environment.host())
    return done.folder


def ago(seconds: float) -> str:
    return (datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds)).isoformat()


HOLDER = """
import sys, time
from pathlib import Path
from primordia.engine.folder import RunFolder
from primordia.engine.lease import Lease
with Lease(RunFolder(Path(sys.argv[1]))) as lease:
    if sys.argv[2] == "announce":
        lease.announce()
    print("held", flush=True)
    time.sleep(60)
"""


def hold(folder: RunFolder, how: str) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder.path), how], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


@pytest.mark.parametrize("how", ["announce", "lock only"])
def test_a_second_process_is_refused_by_host_and_pid_until_the_first_dies(how: str, folder: RunFolder) -> None:
    whole = leavings(folder)
    holder = hold(folder, how)
    try:
        assert lease.is_live(folder)
        assert lease.status(folder) == "running"
        for _ in range(2):
            with pytest.raises(RunFolderError) as caught:
                launch.resume(folder)
            assert f"is running on host {environment.host()} as pid {holder.pid} (last heartbeat " in str(caught.value)
            assert caught.value.exit_code == 2
    finally:
        holder.kill()
        holder.wait()
        assert holder.stdout is not None
        holder.stdout.close()
    assert not lease.is_live(folder)
    assert lease.status(folder) == "died"
    assert launch.resume(folder).status == "finished"
    assert lease.status(folder) == "finished"
    assert leavings(folder) == whole


def test_a_run_that_goes_on_refuses_a_second_and_finishes(root: Path) -> None:
    refusals: list[str] = []

    class Watches(launch.Unwatched):
        def row_written(self, row: Any) -> None:
            (path,) = root.glob("*/*/*")
            with pytest.raises(RunFolderError) as caught:
                launch.resume(RunFolder(path))
            refusals.append(str(caught.value))

    done = start(root, steps=4, observer=Watches())
    assert done.status == "finished"
    assert len(refusals) == 2
    assert all(f"as pid {os.getpid()} " in refusal for refusal in refusals)


def test_a_run_on_another_host_is_refused_until_its_heartbeat_is_stale(folder: RunFolder) -> None:
    folder.update(host="another", pid=7, heartbeat=ago(lease.STALE_SECONDS - 20))
    assert lease.status(folder) == "running"
    with pytest.raises(RunFolderError, match=r"is running on host another as pid 7 \(last heartbeat .*\); stop that"):
        launch.resume(folder)
    folder.update(heartbeat=ago(lease.STALE_SECONDS + 1))
    assert lease.status(folder) == "died"
    assert launch.resume(folder).status == "finished"


@pytest.mark.parametrize("heartbeat", ["never", "2020-01-01T00:00:00", ""])
def test_a_garbled_heartbeat_is_refused(heartbeat: str, folder: RunFolder) -> None:
    folder.update(host="another", heartbeat=heartbeat)
    with pytest.raises(RunFolderError, match=r"run.json lacks or garbles 'heartbeat'; it was altered"):
        lease.status(folder)


def test_a_heartbeat_in_the_future_is_stale_unless_clocks_differ_a_little(folder: RunFolder) -> None:
    folder.update(host="another", heartbeat=ago(-20))
    assert lease.status(folder) == "running"
    folder.update(heartbeat=ago(-lease.STALE_SECONDS - 20))
    assert lease.status(folder) == "died"
    assert launch.resume(folder).status == "finished"


def test_a_refused_process_makes_no_lock(folder: RunFolder) -> None:
    (folder.path / "lock").unlink()
    folder.update(host="another", heartbeat=ago(0))
    with pytest.raises(RunFolderError, match="is running on host another"):
        launch.resume(folder)
    assert not (folder.path / "lock").exists()


def test_asking_whether_a_run_is_live_takes_it_from_nobody(folder: RunFolder) -> None:
    """Somebody lists the runs in a loop while the run is resumed, and while others list it too."""
    over = threading.Event()
    wrong: list[bool] = []

    def ask() -> None:
        while not over.is_set():
            if lease.is_live(folder):
                wrong.append(True)

    def lease_it() -> None:
        for _ in range(200):
            with Lease(folder):
                pass

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    try:
        time.sleep(0.2)
        assert wrong == []
        lease_it()
    finally:
        over.set()
        for asker in askers:
            asker.join()


def test_a_run_is_leased_though_somebody_is_just_asking_whether_it_is_live(folder: RunFolder) -> None:
    handle = os.open(folder.path / "lock", os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_SH)
    threading.Timer(0.03, os.close, [handle]).start()
    with Lease(folder):
        assert lease.is_live(folder)


def test_the_lock_is_given_back_when_entering_fails(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = leavings(folder)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Lease, "_load_ballast", full)
        with pytest.raises(NoRoomError, match=r"The disk under .* is full, so this run cannot go on; free some room"):
            launch.resume(folder)
    assert not lease.is_live(folder)
    assert launch.resume(folder).status == "finished"
    assert leavings(folder) == whole


def test_a_run_finished_between_looking_and_locking_is_not_run_again(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter = Lease.__enter__

    def enter_late(self: Lease) -> Lease:
        folder.update(status="finished", reason="all done by another")
        return enter(self)

    monkeypatch.setattr(Lease, "__enter__", enter_late)
    events = folder.events.read()
    with pytest.raises(RunFolderError, match=r"is finished \(all done by another\)"):
        launch.resume(folder)
    assert folder.events.read() == events


def test_a_live_run_beats(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "BEAT_SECONDS", 0.01)
    beats: list[str] = []
    monkeypatch.setattr(lease, "now", lambda: f"2026-01-02T03:04:{len(beats):02}Z")

    class Watches(launch.Unwatched):
        def row_written(self, row: Any) -> None:
            (path,) = root.glob("*/*/*")
            until = time.monotonic() + 5
            before = RunFolder(path).record()["heartbeat"]
            beats.append(before)
            while RunFolder(path).record()["heartbeat"] == before:
                assert time.monotonic() < until, "no heartbeat within five seconds"
                time.sleep(0.002)

    done = start(root, steps=4, observer=Watches())
    assert len(beats) == 2
    assert done.folder.record()["status"] == "finished"


def test_heartbeats_and_updates_do_not_lose_each_other(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "BEAT_SECONDS", 0.0)
    done = start(root, steps=1)
    with Lease(done.folder) as held:
        held.announce()
        for number in range(100):
            held.update(step=number)
            assert done.folder.record()["step"] == number
    assert done.folder.record()["step"] == 99


def test_a_run_created_by_a_process_that_died_can_be_resumed(root: Path) -> None:
    from primordia.engine import folder as folders
    from primordia.engine import schedule

    walk = Walk()
    run = folders.create(
        root, walk, walk.Config(), schedule.make(walk, SHORT), address="walk:Walk", slug="custom", command=""
    )
    assert lease.status(run.folder) == "died"
    assert launch.resume(run.folder).status == "finished"
    assert leavings(run.folder) == leavings(start(root / "whole").folder)


def test_the_lock_is_a_lock_of_the_system_and_names_its_holder(folder: RunFolder) -> None:
    with Lease(folder) as held:
        held.announce()
        with (folder.path / "lock").open("rb") as file:
            with pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            assert json.loads(file.readline()) == [environment.host(), os.getpid()]
        assert (folder.path / "lock").stat().st_size == lease.BALLAST_BYTES
        held.free_room()
        assert (folder.path / "lock").stat().st_size == 0
        held.announce()
        assert (folder.path / "lock").stat().st_size == lease.BALLAST_BYTES
    assert (folder.path / "lock").stat().st_size == 0, "a run that ended keeps no room"
