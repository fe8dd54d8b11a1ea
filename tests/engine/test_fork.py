"""A fork begins with the bits of its parent at any step, and leaves the parent as it was."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from primordia.core import tree
from primordia.core.errors import ConfigError, NoRoomError, RunFolderError, UnknownNameError
from primordia.core.streams import Streams
from primordia.engine import checkpoints, durable, launch
from primordia.engine.folder import RunFolder
from primordia.engine.opening import open_run
from runs import assert_same, leavings, start, transitions
from walk import Walk


@pytest.fixture
def parent(root: Path) -> RunFolder:
    return start(root).folder


def contents(folder: RunFolder) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}


def fork(parent: RunFolder, at: int, root: Path, settings: Any = None, **schedule: Any) -> Any:
    return launch.fork(parent, at, settings or {}, schedule, root=root)


@pytest.mark.parametrize("at", [0, 1, 8, 10, 13, 20, 39])
def test_an_unchanged_fork_goes_the_way_of_its_parent(at: int, parent: RunFolder, root: Path) -> None:
    before = contents(parent)
    child = fork(parent, at, root)
    assert contents(parent) == before
    rows = [row for row in child.folder.metrics.read() if row["step"] > at]
    assert rows == [row for row in parent.metrics.read() if row["step"] > at]
    last = "checkpoints/step_000000000040/state.safetensors"
    assert leavings(child.folder)[last] == leavings(parent)[last]
    record = child.folder.record()
    assert record["parent"] == {"id": parent.path.name, "folder": str(parent.path), "step": at}
    assert (record["begins_at"], record["status"], record["step"]) == (at, "finished", 40)
    first = child.folder.events.read()[0]
    assert (first["event"], first["step"], first["parent"], first["changed"]) == ("forked", at, parent.path.name, {})
    assert at in checkpoints.steps(child.folder.checkpoints)


def test_a_fork_goes_on_beyond_its_parents_end(parent: RunFolder, root: Path) -> None:
    child = fork(parent, 40, root, steps=60)
    longer = start(root / "longer", steps=60)
    last = "checkpoints/step_000000000060/state.safetensors"
    assert leavings(child.folder)[last] == leavings(longer.folder)[last]


def test_changed_settings_change_what_comes_after(parent: RunFolder, root: Path) -> None:
    child = fork(parent, 20, root, {"p_move": "0"})
    assert [row.get("moves") for row in child.folder.metrics.read()] == [None, *[0] * 5]
    assert child.folder.config()["config"]["p_move"] == 0.0
    assert child.folder.events.read()[0]["changed"] == {"p_move": "0"}
    assert child.folder.record()["config_hash"] != parent.record()["config_hash"]
    state = launch.state_at(open_run(child.folder), 20)
    assert tree.same_bits(state, launch.state_at(open_run(parent), 20))


def test_a_fork_of_a_fork_and_its_resume_keep_the_bits(parent: RunFolder, root: Path) -> None:
    child = fork(parent, 13, root, {"seed": 5}).folder
    grandchild = fork(child, 27, root).folder
    last = "checkpoints/step_000000000040/state.safetensors"
    assert leavings(grandchild)[last] == leavings(child)[last] != leavings(parent)[last]
    whole = leavings(child)
    for step in checkpoints.steps(child.checkpoints)[1:]:
        shutil.rmtree(checkpoints.folder_of(child.checkpoints, step))
    child.update(status="failed")
    assert launch.resume(child).status == "finished"
    again = leavings(child)
    assert again["metrics.jsonl"] == whole["metrics.jsonl"]
    assert again[last] == whole[last]


def test_a_fork_begins_with_a_row_a_picture_and_findings(parent: RunFolder, root: Path) -> None:
    child = fork(parent, 13, root).folder
    first = child.metrics.read()[0]
    parents = {row["step"]: row for row in start(root / "fine", every=1).folder.metrics.read()}
    assert first == {key: value for key, value in parents[13].items() if key != "moves"}
    assert (child.views / "ring" / "step_000000000013.png").exists()
    assert (child.artefacts / "step_000000000013-start" / "findings.json").exists()


def test_a_fork_does_not_cross_again_what_its_parent_crossed(parent: RunFolder, root: Path) -> None:
    """The parent shows `half` at step 8."""
    child = fork(parent, 20, root).folder
    assert transitions(child) == []
    assert child.record()["crossings"] == {"half": 8}
    grandchild = fork(child, 25, root).folder
    assert grandchild.record()["crossings"] == {"half": 8}
    assert fork(parent, 8, root).folder.record()["crossings"] == {"half": 8}
    early = fork(parent, 7, root).folder
    assert early.record()["crossings"] == {}
    assert [name for name, _, _ in transitions(early)] == ["half"]
    run = open_run(child)
    assert run.crossings(child.metrics.read()) == {"half": 8}


def test_a_stop_rule_counts_from_the_parents_crossing(parent: RunFolder, root: Path) -> None:
    done = fork(parent, 20, root, stop="half+18")
    assert (done.step, done.reason) == (26, "stopped 18 steps after half")
    with pytest.raises(
        ConfigError, match=r"stop=half\+12 leaves nothing to do after step 20, since half was at step 8"
    ):
        fork(parent, 20, root, stop="half+12")
    ruled = start(root / "ruled", stop="half+2").folder
    with pytest.raises(RunFolderError, match=r"--at 10 --steps N --stop none` continues it"):
        launch.resume(ruled)
    assert fork(ruled, 10, root, stop="none").step == 40


def test_a_run_that_goes_on_can_be_forked_up_to_its_last_row(parent: RunFolder, root: Path) -> None:
    children = []

    class Forks(launch.Unwatched):
        def started(self, run: Any, step: int, rows: Any) -> None:
            self.folder = run.folder

        def row_written(self, row: Any) -> None:
            if row["step"] == 16:
                children.append(fork(self.folder, 16, root / "children").folder)
                with pytest.raises(ConfigError, match="has steps 0 to 16"):
                    fork(self.folder, 17, root / "children")

    start(root / "going", observer=Forks())
    assert_same(children[0], fork(parent, 16, root / "after").folder)


def test_a_fork_interrupted_at_its_first_row_goes_on(parent: RunFolder, root: Path) -> None:
    class Stops(launch.Unwatched):
        def row_written(self, row: Any) -> None:
            signal.raise_signal(signal.SIGINT)

    whole = fork(parent, 13, root / "whole").folder
    outcome = launch.fork(parent, 13, {}, {}, root=root / "cut", observer=Stops())
    assert (outcome.status, outcome.step) == ("interrupted", 13)
    outcome = launch.resume(outcome.folder)
    assert_same(outcome.folder, whole)


@pytest.mark.parametrize(
    ("at", "settings", "schedule", "kind", "sentence"),
    [
        (41, {}, {}, ConfigError, r"at=41 is out of range: the run .* has steps 0 to 40"),
        (-1, {}, {}, ConfigError, r"at=-1 is out of range"),
        (40, {}, {}, ConfigError, r"steps=40 leaves nothing to do after step 40; give --steps above 40"),
        (20, {"n_sites": 128}, {}, ConfigError, "Changing n_sites changes the shape of the state, so it cannot go on"),
        (20, {"n_walkers": 3}, {}, ConfigError, "n_walkers=3 is out of range"),
        (20, {"n_walker": 2}, {}, UnknownNameError, "did you mean 'n_walkers'"),
        (20, {}, {"stop": "never"}, UnknownNameError, "There is no transition 'never'"),
    ],
    ids=str,
)
def test_impossible_forks_are_refused_and_write_nothing(
    at: int, settings: Any, schedule: Any, kind: Any, sentence: str, parent: RunFolder, root: Path
) -> None:
    before = sorted(root.rglob("*"))
    with pytest.raises(kind, match=sentence):
        fork(parent, at, root, settings, **schedule)
    assert sorted(root.rglob("*")) == before


def test_a_fork_reaches_back_to_its_own_beginning_only(parent: RunFolder, root: Path) -> None:
    child = fork(parent, 13, root).folder
    with pytest.raises(RunFolderError, match=r"begins at step 13; step 12 belongs to its parent"):
        fork(child, 12, root)
    # Without its first checkpoint a child's beginning is lost; the bits of another run must not take its place.
    shutil.rmtree(child.checkpoints)
    with pytest.raises(RunFolderError, match="was forked but its first checkpoint is missing; fork it again"):
        launch.state_at(open_run(child), 14)
    child.update(status="failed")
    with pytest.raises(RunFolderError, match="was forked but its first checkpoint is missing; fork it again"):
        launch.resume(child)


def test_a_running_parent_can_be_forked_up_to_its_newest_checkpoint(parent: RunFolder, root: Path) -> None:
    parent.update(status="running", step=8)
    assert fork(parent, 35, root).status == "finished"


def test_a_fork_that_died_or_found_no_room_at_its_birth_is_no_run(
    parent: RunFolder, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_json = durable.write_json

    def fail(path: Path, value: Any, **settings: Any) -> None:
        if path.name == "run.json":
            raise OSError(28, "No space left on device")
        write_json(path, value, **settings)

    before = sorted(root.rglob("*"))
    monkeypatch.setattr(durable, "write_json", fail)
    with pytest.raises(NoRoomError, match=r"The disk under .* is full, so no run was started; free some room"):
        fork(parent, 13, root)
    assert sorted(root.rglob("*")) == before


def test_a_state_is_replayed_from_every_step(parent: RunFolder) -> None:
    run, walk = open_run(parent), Walk()
    state, streams = walk.init(run.config, Streams(0)), Streams(0)
    for t in range(40):
        assert tree.same_bits(launch.state_at(run, t), state)
        state, _ = walk.step(run.config, state, streams, t)
