"""Runs on a fleet in this process: the same code as with actors, without their start."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from herd import Herd
from primordia.core import config as configs
from primordia.core import registry, threads, tree
from primordia.core.errors import BadInputError, CheckpointError, LostStateError
from primordia.engine import checkpoints, launch, schedule
from primordia.engine.fleet import fleet as fleets
from primordia.engine.fleet import running
from primordia.engine.fleet.bundle import Bundle
from primordia.engine.fleet.fleet import Fleet
from primordia.engine.fleet.places import Here
from primordia.engine.folder import RunFolder
from primordia.engine.observer import Outcome, Unwatched
from primordia.engine.opening import open_run

ADDRESS = "herd:Herd"
CADENCE = {"steps": 23, "every": 4, "checkpoint_every": 5, "keep": 9}


def whole(root: Path, **settings: Any) -> RunFolder:
    """The run in one process."""
    config = configs.override(Herd.Config(), settings)
    return launch.start(Herd(), config, schedule.make(Herd(), CADENCE), root=root, address=ADDRESS).folder


def scattered(root: Path, n: int, observer: Any = None, place: Any = None, **settings: Any) -> Outcome:
    config = configs.override(Herd.Config(), settings)
    place = place or Here(n)
    return running.start(ADDRESS, config, schedule.make(Herd(), CADENCE), place, root=root, observer=observer)


def left(folder: RunFolder) -> dict[str, Any]:
    """What must be the same whoever held the shards: rows, transitions, pictures, findings, and the states stored."""
    run = open_run(folder)
    template = run.experiment.init(run.config, launch.Streams(run.config.seed))
    states = {
        step: tree.to_arrays(checkpoints.load(folder.checkpoints, step, template, run.stamp, run.cut))[
            "numbers"
        ].tobytes()
        for step in checkpoints.steps(folder.checkpoints)
    }
    files = [*folder.views.rglob("*.png"), *folder.artefacts.rglob("step_*/*")]
    kept = {str(path.relative_to(folder.path)): path.read_bytes() for path in files}
    crossed = [(event["name"], event["step"]) for event in folder.events.read() if event["event"] == "transition"]
    return {"rows": folder.metrics.read(), "states": states, "crossed": crossed, **kept}


def noted(folder: RunFolder, name: str) -> list[dict[str, Any]]:
    return [event for event in folder.events.read() if event["event"] == name]


class Stopping(Unwatched):
    """Sends this process a signal once a row of a step was written."""

    def __init__(self, step: int) -> None:
        self.step = step

    def row_written(self, row: Any) -> None:
        if row["step"] == self.step:
            os.kill(os.getpid(), signal.SIGINT)


class Losing(Here):
    """A place whose holders are gone at certain requests for steps, counted over all of them."""

    def __init__(self, n: int, losses: set[int]) -> None:
        super().__init__(n)
        self.losses, self.asked = losses, 0

    def ask(self, holder: int, what: str, *given: Any, n: int = 0) -> list[Any]:
        self.asked += what in ("alone", "meet")
        if what in ("alone", "meet") and self.asked in self.losses:
            raise LostStateError("An actor is gone.")
        return super().ask(holder, what, *given, n=n)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("n", [1, 3, 8])
def test_a_run_on_a_fleet_has_the_bits_of_one_process(tmp_path: Path, n: int, k: int) -> None:
    one = whole(tmp_path / "one", k=k)
    outcome = scattered(tmp_path / "fleet", n, k=k)
    assert outcome.status == "finished"
    found = left(outcome.folder)
    assert found == left(one)
    assert found["crossed"]
    assert (len(found["rows"]), len(found["states"])) == (7, 6)
    stored = checkpoints.folder_of(outcome.folder.checkpoints, 20)
    assert sorted(path.name for path in stored.iterdir()) == ["meta.json", *map(checkpoints.shard_file, range(8))]
    (placed,) = noted(outcome.folder, "placed")
    assert (placed["actors"], placed["shards"]) == (n, 8)
    assert "views" not in placed


@pytest.mark.parametrize(("before", "after"), [(4, 2), (2, 0), (0, 3)])
def test_a_run_goes_on_with_another_number_of_holders(tmp_path: Path, before: int, after: int) -> None:
    """0 stands for one process without a fleet."""
    one = whole(tmp_path / "one")
    config, cadence = Herd.Config(), schedule.make(Herd(), CADENCE)
    stopping = Stopping(12)
    if before:
        stopped = scattered(tmp_path / "two", before, stopping)
    else:
        stopped = launch.start(Herd(), config, cadence, root=tmp_path / "two", address=ADDRESS, observer=stopping)
    assert stopped.status == "interrupted"
    ended = running.resume(stopped.folder, Here(after)) if after else launch.resume(stopped.folder)
    assert ended.status == "finished"
    found, wanted = left(ended.folder), left(one)
    found["states"] = {step: state for step, state in found["states"].items() if step in wanted["states"]}
    assert found == wanted


def test_a_fork_and_a_replay_of_a_fleet_run_need_no_fleet(tmp_path: Path) -> None:
    one, two = whole(tmp_path / "one"), scattered(tmp_path / "two", 3).folder
    first, second = (launch.state_at(open_run(folder), 17) for folder in (one, two))
    assert tree.same_bits(first, second)
    child = launch.fork(two, 17, {}, {"steps": 19}, root=tmp_path / "child")
    assert tree.same_bits(launch.state_at(open_run(child.folder), 19), launch.state_at(open_run(one), 19))


def test_a_run_that_loses_holders_goes_on_and_says_so(tmp_path: Path) -> None:
    one = whole(tmp_path / "one")
    outcome = scattered(tmp_path / "two", 0, place=Losing(3, {2, 31, 64}))
    assert outcome.status == "finished"
    assert left(outcome.folder) == left(one)
    assert [event["reason"] for event in noted(outcome.folder, "interrupted")] == ["An actor is gone."] * 3
    assert len(noted(outcome.folder, "placed")) == 4


def test_losses_without_progress_end_in_an_interrupted_run(tmp_path: Path) -> None:
    place = Losing(2, set(range(9, 1000)))
    with pytest.raises(LostStateError, match="An actor is gone"):
        scattered(tmp_path, 0, place=place)
    (path,) = tmp_path.glob("*/*/*")
    assert RunFolder(path).record()["status"] == "interrupted"
    assert running.resume(RunFolder(path), Here(1)).status == "finished"


def test_what_a_shard_raises_fails_the_run_as_in_one_process(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shard 1 does not like step 14"):
        scattered(tmp_path, 3, bad_at=14)
    (path,) = tmp_path.glob("*/*/*")
    record = RunFolder(path).record()
    assert (record["status"], record["reason"]) == ("failed", "ValueError: shard 1 does not like step 14")


def test_a_state_that_is_too_large_is_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (fleets, running):
        monkeypatch.setattr(module, "JOINED_BYTES", 1000)
    folder = scattered(tmp_path, 2).folder
    assert not list(folder.views.rglob("*.png"))
    assert not list(folder.artefacts.rglob("*"))
    assert "larger than" in noted(folder, "placed")[0]["views"]


def test_an_experiment_without_shards_is_refused_in_a_sentence(tmp_path: Path) -> None:
    from walk import Walk

    with pytest.raises(BadInputError, match="tests/walk cannot run on several actors: its state does not lie in shard"):
        running.start("walk:Walk", Walk.Config(), schedule.make(Walk(), {}), Here(2), root=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", ["fleet", "one process"])
def test_a_shard_altered_by_a_bit_is_refused_and_named(tmp_path: Path, form: str) -> None:
    stopped = scattered(tmp_path, 2, Stopping(12)).folder
    newest = checkpoints.folder_of(stopped.checkpoints, checkpoints.steps(stopped.checkpoints)[-1])
    file = newest / checkpoints.shard_file(3)
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    before = (stopped.path / "events.jsonl").read_bytes()
    with pytest.raises(CheckpointError, match=r"shard_00003\.safetensors was truncated or altered.*resume from step"):
        running.resume(stopped, Here(2)) if form == "fleet" else launch.resume(stopped)
    assert (stopped.path / "events.jsonl").read_bytes() == before
    file.unlink()
    with pytest.raises(CheckpointError, match=r"incomplete: shard_00003\.safetensors is missing"):
        running.resume(stopped, Here(2)) if form == "fleet" else launch.resume(stopped)


def test_a_run_intervened_in_after_its_last_checkpoint_is_resumed_in_one_process(tmp_path: Path) -> None:
    stopped = scattered(tmp_path, 2, Stopping(12)).folder
    step = checkpoints.steps(stopped.checkpoints)[-1]
    stopped.note("intervention", step, name="set", arguments={"settings": {"k": 2}})
    with pytest.raises(BadInputError, match=f"was intervened in at step {step}.*resume it without --actors"):
        running.resume(stopped, Here(2))


@pytest.mark.parametrize("n_threads", [1, 2, 7])
def test_threads_of_a_holder_change_no_bit(n_threads: int) -> None:
    soup = registry.load("life/archipelago")
    config = configs.override(
        soup.Config(), {"n_programs": 96, "n_islands": 6, "exchange_every": 2, "exchange_share": 0.5, "max_steps": 200}
    )
    state = soup.init(config, launch.Streams(config.seed))
    expected, row = soup.advance(config, state, launch.Streams(config.seed), 0, 5)
    threads.limit(n_threads)
    try:
        fleet = Fleet("life/archipelago", soup, Here(2))
        found = fleet.sharding.merge_steps(config, fleet.advance(config, 0, 5))
        assert (found, fleet.joined(config, 5).soup.tobytes()) == (row, expected.soup.tobytes())
    finally:
        threads.limit(None)


@given(st.data())
def test_a_bundle_gives_back_the_parcels_that_went_into_it(data: st.DataObject) -> None:
    n_senders, n_receivers = data.draw(st.integers(0, 4)), data.draw(st.integers(1, 4))
    shapes = st.lists(st.integers(0, 3), min_size=1, max_size=3)
    rows = [
        [np.random.default_rng(at).integers(0, 256, data.draw(shapes), np.uint8) for at in range(n_receivers)]
        for _ in range(n_senders)
    ]
    found = Bundle.of(rows).rows(n_receivers)
    told = [[(parcel.shape, parcel.tobytes()) for parcel in row] for row in found]
    assert told == [[(parcel.shape, parcel.tobytes()) for parcel in row] for row in rows]


def test_the_herd_in_shards_is_the_herd() -> None:
    """Else the comparisons above would compare a thing with itself."""
    config, streams = Herd.Config(k=1), launch.Streams(0)
    state = Herd().init(config, streams)
    after, _ = Herd().step(config, state, streams, 0)
    assert not np.array_equal(state["numbers"], after["numbers"])
    assert tree.same_bits(state, Herd.sharding.join(config, Herd.sharding.split(config, state)))
