"""A recorded run on a stage: any step of it, bit for bit, and nothing waits for what nobody wants any longer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from staging import Stage, beginning, drawn, plain_states, settled

import runs
from primordia.core.streams import Streams
from primordia.engine import checkpoints, launch, wrapping
from primordia.engine.folder import RunFolder
from primordia.engine.opening import open_run
from primordia.observatory.stages import painter, timeline
from primordia.observatory.stages import replay as replay_stage
from primordia.observatory.stages.painting import Sights
from primordia.observatory.stages.timeline import Memory, Timeline
from walk import Walk, WalkConfig


@pytest.fixture(autouse=True)
def _no_figures(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(wrapping, "wrap_up", lambda run, outcome: None)
    yield
    Stage.close_all()


def replay(folder: RunFolder, **changes: Any) -> Stage:
    return Stage({"do": "replay", "folder": str(folder.path), **changes})


def run_with_interventions(root: Path) -> RunFolder:
    """40 steps, something put at 5, twice at 20 (which has a checkpoint), and another setting from 33 on."""
    stage = Stage(beginning(root, paused=True))
    stage.paused_at(0)
    done = 0
    for number, (step, name, arguments) in enumerate((
        (5, "put", {"site": 60}),
        (20, "put", {"site": 61, "walker": 3}),
        (20, "put", {"site": 62, "walker": 4}),
        (33, "set", {"settings": {"p_move": 1.0}}),
    )):  # fmt: skip
        if step > done:
            stage.steer(100 + number, "step", n=step - done)
            stage.paused_at(step)
        done = step
        assert "event" in stage.ask("Intervene", 200 + number, name=name, arguments=arguments)
    stage.steer(300, "play")
    stage.says("over", status="finished")
    stage.over()
    return RunFolder(Path(stage.says("opened")["folder"]))


def test_every_step_is_drawn_as_it_was_live_in_any_order_and_across_interventions(root):
    folder = run_with_interventions(root)
    opened, stage = open_run(folder), replay(folder)
    steps = [0, 40, 20, 19, 21, 5, 4, 6, 33, 32, 34, 39, 38, 37, 20, 1]
    for step in steps:
        header, pixels = stage.picture(step)
        instant = launch.moment_at(opened, step)
        assert (header["step"], header["revision"]) == (step, instant.revision)
        assert np.array_equal(pixels, drawn(opened.experiment, instant.config, instant.state))
    assert launch.moment_at(opened, 20).revision == 3
    assert stage.picture(None)[0]["step"] == 40
    stage.look(step=41)
    assert stage.says("refusal")["sentence"] == f"The run {folder.path.name} got to step 40, not to 41."


def test_frames_of_a_live_run_equal_those_of_its_replay_bit_for_bit(root):
    stage = Stage(beginning(root, paused=True))
    stage.paused_at(0)
    live = []
    stage.look()
    for number in range(12):
        live.append(stage.frame())
        stage.ready()
        stage.steer(number, "step", n=1)
    stage.hang_up()
    again = replay(RunFolder(Path(stage.says("opened")["folder"])))
    for header, pixels in reversed(live):
        assert np.array_equal(again.picture(header["step"])[1], pixels)


def test_questions_about_any_step(root):
    folder = runs.start(root).folder
    stage = replay(folder)
    for step in (3, 17):
        assert stage.ask("Findings", step, step=step)["found"][1]["text"] == f"{step} steps"
    assert stage.ask("Findings", 50, step=None)["step"] == 40
    assert stage.ask("Inspect", 51, step=9, view="ring", row=7, column=7)["found"][0]["title"] == "Site 63"
    assert "steered" in stage.ask("Intervene", 52, name="put", arguments={})["sentence"]
    assert "got to step 40" in stage.ask("Findings", 53, step=41)["sentence"]
    item = stage.ask("Freeze", 54, step=9, view="ring", name="", specimen=None, out=str(root))["item"]
    assert item["origin"]["step"] == 9


class Slow(Walk):
    """A walk whose steps are held up for as long as `gate` is closed; tells when one is begun."""

    gate, begun = threading.Event(), threading.Event()

    def step(self, config: Any, state: Any, streams: Streams, t: int) -> Any:
        if threading.current_thread() is not threading.main_thread() and t >= 10:
            Slow.begun.set()
            Slow.gate.wait(10.0)
        return super().step(config, state, streams, t)


def waited_for(sights: Sights) -> list[int | None]:
    """The steps that sights wait to see."""
    with sights.changed:
        return [look.step for look, _ in sights.waiting()]


def eventually(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + 20.0
    while not true():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.01)


def test_a_sight_that_is_turned_stops_the_replay_that_it_waited_for(root, monkeypatch):
    folder = runs.start(root, Slow, checkpoint_every=1000, steps=30).folder
    for step in checkpoints.steps(folder.checkpoints):
        for path in checkpoints.folder_of(folder.checkpoints, step).iterdir():
            path.unlink()
        checkpoints.folder_of(folder.checkpoints, step).rmdir()
    made: list[Sights] = []
    monkeypatch.setattr(replay_stage, "Sights", lambda: made.append(Sights()) or made[-1])
    stage = replay(folder)
    Slow.begun.clear()
    stage.look(step=30)
    assert Slow.begun.wait(10.0)
    stage.look(step=3)
    stage.look(sight=2, step=29)
    stage.pipe.send({"do": "close", "sight": 2})
    answer = stage.pipe.send({"do": "request", "request": {"kind": "Findings", "id": 1, "run": "", "step": 2}})
    # Only once it has heard all of that may the replay that was asked for first go on.
    eventually(lambda: waited_for(made[0]) == [3])
    Slow.gate.set()
    stage.says("answer", id=1)
    assert stage.frame()[0]["step"] == 3
    assert stage.frames.empty()
    assert answer is None


def test_a_long_replay_says_how_far_it_is(root, monkeypatch):
    folder = runs.start(root, microseconds=3000, steps=150, checkpoint_every=1000, every=150).folder
    stage = replay(folder)
    stage.look(step=149)
    told = stage.says("making", sight=1)
    assert 0.0 < told["share"] < 1.0
    assert told["what"] == "replaying to step 149"
    assert stage.frame()[0]["step"] == 149


def test_a_run_that_goes_on_elsewhere_is_followed(root):
    elsewhere = Stage(beginning(root, paused=True))
    elsewhere.paused_at(0)
    folder = RunFolder(Path(elsewhere.says("opened")["folder"]))
    stage = replay(folder)
    assert stage.says("progress")["mode"] == "elsewhere"
    elsewhere.steer(1, "step", n=15)
    elsewhere.paused_at(15)
    # Further than it has written down, and then changed where it was already looked at.
    states = plain_states(Walk(), WalkConfig(), 15)
    assert np.array_equal(stage.picture(15)[1], drawn(Walk(), WalkConfig(), states[15]))
    elsewhere.ask("Intervene", 2, name="put", arguments={"site": 63})
    header, pixels = stage.picture(15)
    assert header["revision"] == 1
    assert not np.array_equal(pixels, drawn(Walk(), WalkConfig(), states[15]))
    stage.await_(lambda message: message["say"] == "rows" and message["rows"][-1] == folder.metrics.read()[-1])
    assert stage.await_(lambda message: message["say"] == "happened" and message["event"]["event"] == "intervention")
    stage.look()
    assert stage.frame()[0]["step"] == 15
    stage.ready()
    elsewhere.steer(3, "play")
    assert stage.frame()[0]["step"] == 40
    assert stage.says("progress", mode="over")["why"] == "all 40 steps done"


def test_a_run_that_cannot_be_trusted_is_refused(root):
    folder = runs.start(root).folder
    (folder.path / "config.json").write_text("{}")
    stage = replay(folder)
    assert "config.json" in stage.says("refused")["sentence"]
    stage.over()


def test_a_damaged_checkpoint_is_a_sentence_and_other_steps_are_shown(root):
    folder = runs.start(root).folder
    newest = checkpoints.folder_of(folder.checkpoints, checkpoints.steps(folder.checkpoints)[-1])
    (newest / checkpoints.STATE).write_bytes(b"nothing")
    stage = replay(folder)
    stage.look(step=40)
    assert "checksum" in stage.says("refusal")["sentence"]
    assert stage.picture(12)[0]["step"] == 12


def test_the_memory_is_bounded_and_densest_around_the_last_instant(root):
    opened = open_run(runs.start(root, steps=200, checkpoint_every=1000).folder)
    size = timeline._bytes(launch.moment_at(opened, 0).state)
    memory = Memory(room=20 * size)
    line = Timeline(opened, memory)
    for step in range(1, 200):
        memory.put(line.seek(step))
    assert memory.size() <= 20 * size
    kept = sorted(memory._kept)
    assert len(kept) == 20
    assert {199, 198, 197, 196} <= set(kept)
    assert max(kept[1] - kept[0], kept[2] - kept[1]) > 10
    memory.forget_from(198)
    assert memory.before(500).t == 197
    assert memory.before(kept[0] - 1) is None


def test_what_a_cancelled_replay_did_is_not_done_again(root, monkeypatch):
    monkeypatch.setattr(timeline, "CHUNK_SECONDS", 1e-9)
    opened = open_run(runs.start(root, steps=100, checkpoint_every=1000, every=100).folder)
    line, shares = Timeline(opened), []

    def until_half(share: float) -> bool:
        shares.append(share)
        return share < 0.5

    assert line.seek(90, until_half) is None
    assert shares == sorted(shares)
    known = line.memory.before(89)
    assert known.t == 45
    assert line.seek(90).t == 90
    assert line.memory.before(46).t == 46


def test_a_picture_that_was_drawn_is_not_drawn_again(root, monkeypatch):
    folder = runs.start(root).folder
    stage, n_drawn = replay(folder), []
    plain = painter.Canvas.picture
    monkeypatch.setattr(painter.Canvas, "picture", lambda self, *rest: n_drawn.append(1) or plain(self, *rest))
    first = stage.picture(7)[1]
    assert np.array_equal(stage.picture(7, top=2)[1], first[2:])
    settled(lambda: len(n_drawn) == 1)
