"""The folder of a sweep: made whole or not at all, found again, driven by one, and read as what its runs say."""

import datetime
import json
import multiprocessing
import os
import re
import shutil

import pytest

from primordia.core.errors import BadInputError, RunFolderError
from primordia.engine import durable, environment, launch
from primordia.engine import schedule as schedules
from primordia.engine.folder import RunFolder, now
from primordia.engine.lease import Lease
from primordia.engine.sweeps import asked, lock, retry, standing, sweepfolder
from primordia.engine.sweeps import plan as plans
from primordia.engine.sweeps.asked import Asked
from primordia.engine.sweeps.cells import Budget
from primordia.engine.sweeps.lock import DriverLock
from runs import SHORT, scraps
from walk import Walk, WalkConfig


def plan_of(**asked_for):
    return asked.plan_of(Walk(), Asked(schedule=SHORT, **asked_for), address="walk:Walk")


@pytest.fixture
def sweep(root):
    return sweepfolder.create(root, plan_of(settings={"p_move": "0.1,0.2"}, seeds="0:3"))


def run(sweep, index):
    """The run of a cell, as a worker makes it."""
    plan = sweep.plan()
    cell = plan.cells[index]
    config = WalkConfig(**plans.config_of(plan, cell))
    name = plans.name_of(plan, cell)
    cadence = schedules.make(Walk(), plan.schedule)
    return launch.start(Walk(), config, cadence, root=sweep.path, name=name, address="walk:Walk", wrap=False).folder


def test_a_sweep_is_made_once_and_opened_by_the_same_words(root, sweep):
    assert sweep.path == root / "sweeps" / f"tests-walk-{sweep.plan().digest}"
    made = (sweep.path / "plan.json").stat().st_mtime_ns
    again = sweepfolder.create(root, plan_of(settings={"p_move": [0.1, 0.2]}, seeds=[0, 1, 2]))
    assert again == sweep
    assert (sweep.path / "plan.json").stat().st_mtime_ns == made
    assert os.listdir(sweep.path) == ["plan.json"]
    assert os.listdir(sweep.path.parent) == [sweep.name]


def test_the_same_words_after_an_addition_open_the_longer_sweep(root, sweep):
    assert [cell.index for cell in sweep.add(asked.further(Walk(), sweep.plan(), Asked(seeds="2:4")))] == [6, 7]
    again = sweepfolder.create(root, plan_of(settings={"p_move": "0.1,0.2"}, seeds="0:3", cell_seconds="9"))
    assert len(again.plan().cells) == 8
    assert again.plan().budget == Budget(seconds=9.0)


@pytest.mark.parametrize(
    ("asked_for", "sentence"),
    [
        ({"settings": {"p_move": "0.1,0.3"}, "seeds": "0:3"}, "it varies p_move=0.1,0.2, asked for is p_move=0.1,0.3"),
        ({"settings": {"p_move": "0.1,0.2"}, "seeds": "0:4"}, "its seeds is 0:3, asked for is 0:4"),
        (
            {"settings": {"p_move": "0.1,0.2", "rule": "drift"}, "seeds": "0:3"},
            "its rule is diffuse, asked for is drif",
        ),
        ({"settings": {"p_move": "0.1,0.2"}, "seeds": "0:3", "preset": "small"}, "its preset is None, asked for is sm"),
    ],
)
def test_another_design_under_the_same_name_is_refused(root, asked_for, sentence):
    sweepfolder.create(root, plan_of(settings={"p_move": "0.1,0.2"}, seeds="0:3"), "mine")
    before = (root / "sweeps/mine/plan.json").read_bytes()
    with pytest.raises(RunFolderError, match=sentence):
        sweepfolder.create(root, plan_of(**asked_for), "mine")
    assert (root / "sweeps/mine/plan.json").read_bytes() == before


@pytest.mark.parametrize("name", ["a/b", "..", ".hidden", "-x"])
def test_a_name_that_is_no_folder_is_refused(root, name):
    with pytest.raises(BadInputError, match="cannot name a sweep"):
        sweepfolder.create(root, plan_of(), name)
    assert not root.exists()


def test_a_sweep_that_cannot_be_written_leaves_nothing(root, monkeypatch):
    def fail(*_):
        raise OSError(5, "no more")

    monkeypatch.setattr(durable, "write", fail)
    with pytest.raises(OSError, match="no more"):
        sweepfolder.create(root, plan_of())
    assert os.listdir(root / "sweeps") == []


def test_a_sweep_is_found_by_what_people_type(root, sweep):
    other = sweepfolder.create(root, plan_of(), "other")
    os.utime(other.path / "plan.json", ns=(2**61, 2**61))
    for name, found in (
        (str(other.path), other),
        ("other", other),
        ("oth", other),
        ("latest", other),
        (sweep.name[:12], sweep),
    ):
        assert sweepfolder.find(root, name) == found
    with pytest.raises(RunFolderError, match=r"There is no sweep 'othr' under .*; did you mean other\?"):
        sweepfolder.find(root, "othr")
    sweepfolder.create(root, plan_of(seeds="5"), "others")
    assert sweepfolder.find(root, "other") == other
    with pytest.raises(RunFolderError, match="'oth' could be any of 2 sweeps"):
        sweepfolder.find(root, "oth")
    with pytest.raises(RunFolderError, match="it holds none"):
        sweepfolder.find(root / "empty", "x")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}'])
def test_a_plan_that_was_cut_short_is_refused(sweep, text):
    (sweep.path / "plan.json").write_text(text)
    with pytest.raises(RunFolderError, match=r"plan\.json"):
        sweep.plan()


def test_folders_tell_what_became_of_their_cells(sweep):
    finished, failed, died, stopped = (run(sweep, index) for index in range(4))
    failed.update(status="failed", reason="it broke", step=7)
    died.update(status="running", host=environment.host(), step=12)
    stopped.update(status="interrupted")
    half = sweep.folder_of(sweep.plan(), sweep.plan().cells[4])
    (half / "checkpoints").mkdir(parents=True)
    found = sweep.all_found()
    assert [one.status for one in found] == ["finished", "failed", "stopped", "stopped", "waiting", "waiting"]
    assert [one.step for one in found] == [40, 7, 12, 40, 0, 0]
    assert [one.attempts for one in found] == [1, 1, 1, 1, 0, 0]
    assert found[1].reason == "it broke"
    assert found == [sweep.found(sweep.plan(), cell) for cell in sweep.plan().cells]
    with Lease(stopped):
        stopped.update(status="running")
        assert sweep.all_found()[3].status == "running"
    (finished.path / "run.json").write_text("{")
    assert sweep.all_found()[0].status == "failed"
    assert "run.json is not JSON" in sweep.all_found()[0].reason


def alter_config(folder):
    text = (folder.path / "config.json").read_text()
    (folder.path / "config.json").write_text(text.replace('"p_move": 0.1', '"p_move": 0.3'))


def mix(folder):
    folder.update(version=7)


def tear_rows(folder):
    folder.metrics.path.write_bytes(folder.metrics.path.read_bytes().replace(b'"step": 4,', b'"step": ,', 1))


def tear_events(folder):
    folder.events.path.write_bytes(b"\0" * 8 + folder.events.path.read_bytes())


def lose_config(folder):
    (folder.path / "config.json").unlink()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (alter_config, r"config\.json was altered: its hash is"),
        (mix, "mixes two runs: run.json says version 7"),
        (tear_rows, r"Line \d+ of .*metrics\.jsonl is not a JSON object"),
        (tear_events, r"Line 1 of .*events\.jsonl is not a JSON object"),
        (lose_config, r"is not a run folder: it has no config\.json"),
    ],
)
@pytest.mark.parametrize("status", ["interrupted", "failed"])
def test_a_cell_that_cannot_be_gone_on_with_is_failed_and_stays_as_it_is(sweep, damage, said, status):
    folder, sound = run(sweep, 0), run(sweep, 1)
    for one in (folder, sound):
        one.update(status=status, reason="it broke")
    damage(folder)
    before = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
    damaged, other = sweep.all_found()[:2]
    assert (damaged.status, other.status) == ("failed", "failed" if status == "failed" else "stopped")
    if status == "interrupted":
        assert re.search(said, damaged.reason)
        assert standing.standing(sweep, sweep.plan()).counts["failed"] == 1
    (refused,) = retry.set_back(sweep)[1]
    assert re.search(said, refused.reason)
    assert refused.reason.endswith(f" Remove {folder.path} to run the cell anew.")
    assert {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()} == before


def test_a_cell_that_beats_on_another_machine_is_running(sweep):
    folder = run(sweep, 0)
    folder.update(status="running", host="elsewhere", heartbeat=now())
    assert sweep.all_found()[0].status == "running"
    folder.update(heartbeat="2020-01-01T00:00:00Z")
    assert sweep.all_found()[0].status == "stopped"


def test_a_failed_cell_set_back_goes_on_from_its_checkpoint(sweep):
    folder = run(sweep, 0)
    whole = folder.metrics.path.read_bytes()
    shutil.rmtree(folder.checkpoints / "step_0000000040", ignore_errors=True)
    kept = [path for path in sorted(folder.checkpoints.iterdir()) if path.name.startswith("step")]
    folder.update(status="failed", reason="it broke.", step=30)
    with folder.events.path.open("a") as file:
        file.write('{"time": "half a li')
    damaged = run(sweep, 1)
    (damaged.path / "run.json").write_text("{")
    done, refused = retry.set_back(sweep)
    assert ([one.cell.index for one in done], [one.cell.index for one in refused]) == ([0], [1])
    assert sweep.all_found()[0].status == "stopped"
    assert sweep.all_found()[0].reason == "to be tried again; it had failed: it broke"
    assert kept
    assert launch.resume(folder, wrap=False).status == "finished"
    assert folder.metrics.path.read_bytes() == whole
    assert [event["event"] for event in folder.events.read()].count("retried") == 1
    assert scraps(folder) == []
    assert retry.set_back(sweep)[0] == []


def test_a_failed_cell_that_another_process_holds_is_left_alone(sweep):
    folder = run(sweep, 0)
    folder.update(status="failed", reason="it broke")
    with Lease(folder):
        (refused,) = retry.set_back(sweep)[1]
        assert refused.cell.index == 0
        assert refused.reason.endswith("stop that process first.")
    assert folder.record()["status"] == "failed"


def _drive(path, ready, leave):
    with DriverLock(path):
        ready.set()
        leave.wait(30)


def test_the_second_driver_is_refused_and_a_killed_one_is_forgotten(sweep):
    context = multiprocessing.get_context("spawn")
    ready, leave = context.Event(), context.Event()
    first = context.Process(target=_drive, args=(sweep.path, ready, leave))
    first.start()
    assert ready.wait(30)
    with pytest.raises(RunFolderError, match=f"is driven on host {environment.host()} as pid {first.pid} "):
        DriverLock(sweep.path).__enter__()
    with pytest.raises(RunFolderError, match=f"is driven on host {environment.host()} as pid {first.pid} "):
        sweep.allow(Budget(3.0))
    sweep.allow(Budget())
    assert sweep.plan().budget == Budget()
    assert lock.driver(sweep.path).pid == first.pid
    first.kill()
    first.join()
    assert lock.driver(sweep.path) is None
    with DriverLock(sweep.path):
        assert lock.driver(sweep.path).pid == os.getpid()
    assert lock.driver(sweep.path) is None


def test_a_driver_on_another_machine_is_believed_while_its_heart_beats(sweep):
    (sweep.path / "lock").write_text(json.dumps(["elsewhere", 7, now()]))
    with pytest.raises(RunFolderError, match="is driven on host elsewhere as pid 7 "):
        DriverLock(sweep.path).__enter__()
    assert lock.driver(sweep.path).host == "elsewhere"
    (sweep.path / "lock").write_text(json.dumps(["elsewhere", 7, "2020-01-01T00:00:00Z"]))
    assert lock.driver(sweep.path) is None
    with DriverLock(sweep.path):
        pass
    assert (sweep.path / "lock").read_bytes() == b""


@pytest.mark.parametrize("text", ["", "not JSON", "[1]", '["a", "b", "c"]', '["a", 1, 2]'])
def test_a_lock_that_says_nothing_holds_nobody_up(sweep, text):
    (sweep.path / "lock").write_text(text)
    assert lock.driver(sweep.path) is None
    with DriverLock(sweep.path):
        assert lock.driver(sweep.path).pid == os.getpid()


def test_rate_and_time_left_come_from_what_folders_tell(sweep):
    at = datetime.datetime.now(datetime.UTC)
    for index, seconds in enumerate((30, 20)):
        ended = (at - datetime.timedelta(minutes=10)).isoformat(timespec="seconds")
        created = (at - datetime.timedelta(minutes=10, seconds=seconds)).isoformat(timespec="seconds")
        run(sweep, index).update(created=created, ended=ended)
    assert standing.standing(sweep, sweep.plan(), at).cells_per_second is None
    beating = run(sweep, 2)
    beating.update(status="running", host="elsewhere", step=10)
    told = standing.standing(sweep, sweep.plan(), at)
    assert told.counts == {"waiting": 3, "running": 1, "stopped": 0, "finished": 2, "failed": 0}
    assert told.n_left == 4
    assert told.cells_per_second == pytest.approx(1 / 25)
    assert told.seconds_left == pytest.approx(3.75 * 25)
    RunFolder(beating.path).update(status="failed", reason="it broke")
    assert {reason: len(cells) for reason, cells in standing.standing(sweep, sweep.plan()).failures.items()} == {
        "it broke": 1
    }
