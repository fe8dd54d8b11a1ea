"""A run on a stage: steered, looked at, asked, interrupted, and with the bits of a run that nobody watched."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from staging import SCHEDULE, Stage, beginning, drawn, plain_states, settled

import runs
from primordia.core import interventions
from primordia.core.streams import Streams
from primordia.core.views import View
from primordia.engine import checkpoints, launch, wrapping
from primordia.engine.folder import RunFolder
from primordia.engine.opening import open_run
from primordia.observatory.stages import live
from walk import PALETTE, Walk, WalkConfig, draw_ring


@pytest.fixture(autouse=True)
def _no_figures(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(wrapping, "wrap_up", lambda run, outcome: None)
    yield
    Stage.close_all()


def draw_in_calm(config: Any, state: Any) -> Any:
    if 0 < state.clock[0] < 40:
        raise ValueError("the paper is wet")
    return draw_ring(config, state)


class Stormy(Walk):
    """A walk of two that fails at step 7, and whose other view fails between the first step and the last."""

    views: ClassVar[dict[str, View]] = {**Walk.views, "wet": View(draw_in_calm, PALETTE, "The ring, in calm weather.")}

    def step(self, config: Any, state: Any, streams: Streams, t: int) -> Any:
        if config.n_walkers == 2 and t == 7:
            raise ValueError("a storm")
        return super().step(config, state, streams, t)


class Pondering(Walk):
    """A walk that takes its time over its first row."""

    looked = threading.Event()

    def measure(self, config: Any, state: Any, streams: Streams, t: int) -> Any:
        Pondering.looked.wait(10.0)
        return super().measure(config, state, streams, t)


STORMY = f"{__name__}:Stormy"


def folder_of(stage: Stage) -> RunFolder:
    return RunFolder(Path(stage.says("opened")["folder"]))


def test_a_run_on_a_stage_leaves_what_a_plain_run_leaves_and_tells_all_of_it(root):
    stage = Stage(beginning(root / "watched"))
    assert stage.says("over") == {"say": "over", "status": "finished", "reason": "all 40 steps done"}
    stage.over()
    folder = folder_of(stage)
    told = [row for message in stage.said if message["say"] == "rows" for row in message["rows"]]
    assert told == folder.metrics.read()
    assert [message["event"] for message in stage.said if message["say"] == "happened"] == folder.events.read()
    last = [message for message in stage.said if message["say"] == "progress"][-1]
    assert (last["step"], last["mode"], last["why"]) == (40, "over", "all 40 steps done")
    runs.assert_same(runs.start(root / "plain").folder, folder)


def test_a_paused_run_waits_and_does_the_steps_it_is_told(root):
    stage = Stage(beginning(root, paused=True))
    stage.paused_at(0)
    states = plain_states(Walk(), WalkConfig(), 9)
    for number, step in enumerate((1, 2, 5, 9)):
        stage.steer(number, "step", n=step - (0, 1, 2, 5)[number])
        stage.paused_at(step)
        header, pixels = stage.picture(None)
        assert header["step"] == step
        assert np.array_equal(pixels, drawn(Walk(), WalkConfig(), states[step]))
    # Steps that were drawn come back at once; others this process no longer has.
    assert np.array_equal(stage.picture(2)[1], drawn(Walk(), WalkConfig(), states[2]))
    stage.look(step=4)
    assert stage.says("refusal", sight=1)["sentence"] == "The running process no longer has step 4."
    stage.steer(10, "play")
    stage.says("over", status="finished")


def test_a_picture_is_of_the_state_that_the_run_has_at_its_step_and_revision(root):
    stage = Stage(beginning(root, settings={"microseconds": 500}, schedule={**SCHEDULE, "steps": 400}))
    states = plain_states(Walk(), WalkConfig(), 400)
    seen = set()
    stage.look()
    while not seen or max(seen) < 400:
        header, pixels = stage.frame()
        seen.add(header["step"])
        assert header["revision"] == 0
        assert np.array_equal(pixels, drawn(Walk(), WalkConfig(), states[header["step"]]))
        stage.ready()
        if len(seen) > 5 or stage.is_gone:
            break
    assert len(seen) > 2


def test_an_intervention_changes_the_picture_at_once_and_what_was_kept_of_its_step(root):
    stage = Stage(beginning(root, paused=True))
    stage.steer(1, "step", n=6)
    stage.paused_at(6)
    header, before = stage.picture(None)
    assert (header["step"], header["revision"]) == (6, 0)
    event = stage.ask("Intervene", 2, name="put", arguments={"site": 63})["event"]
    assert (event["step"], event["name"]) == (6, "put")
    config, state = WalkConfig(), plain_states(Walk(), WalkConfig(), 6)[6]
    put = interventions.arguments(Walk.interventions, "put", event["arguments"])
    expected = drawn(Walk(), config, Walk.interventions["put"].apply(config, state, Streams(0), 6, put))
    assert not np.array_equal(before, expected)
    for step in (None, 6):
        header, pixels = stage.picture(step)
        assert (header["step"], header["revision"]) == (6, 1)
        assert np.array_equal(pixels, expected)
    stage.steer(3, "step", n=1)
    stage.paused_at(7)
    header, pixels = stage.picture(6)
    assert header["revision"] == 1
    assert np.array_equal(pixels, expected)
    assert "site" in stage.ask("Intervene", 4, name="put", arguments={"site": 64})["sentence"]
    assert "did you mean 'put'" in stage.ask("Intervene", 5, name="pat", arguments={})["sentence"]
    stage.hang_up()


def test_the_beginning_is_seen_before_anything_is_measured(root):
    Pondering.looked.clear()
    stage = Stage(beginning(root, experiment=f"{__name__}:Pondering"))
    assert stage.picture(None)[0]["step"] == 0
    assert stage.says("progress")["mode"] == "waiting"
    assert not Pondering.looked.is_set()
    assert folder_of(stage).metrics.read() == []
    Pondering.looked.set()
    stage.says("over", status="finished")


def test_a_run_is_told_to_be_paused_after_the_row_of_its_step_was_told(root):
    Pondering.looked.clear()
    stage = Stage(beginning(root, experiment=f"{__name__}:Pondering", paused=True))
    assert stage.says("progress")["mode"] == "waiting"
    Pondering.looked.set()
    stage.paused_at(0)
    for number, step in enumerate((4, 10, 12)):
        Pondering.looked.clear()
        stage.steer(number, "step", n=step - (0, 4, 10)[number])
        if step == 4:
            assert stage.says("progress", mode="pausing")["step"] == 4
        Pondering.looked.set()
        stage.paused_at(step)
        told = [row["step"] for message in list(stage.said) if message["say"] == "rows" for row in message["rows"]]
        assert max(told) == step - step % 4


def test_no_credit_no_picture_and_the_newest_wins(root):
    stage = Stage(beginning(root, paused=True))
    stage.picture(None)
    for number in range(5):
        stage.steer(number, "step", n=2)
        stage.paused_at(2 * number + 2)
    assert stage.frames.empty()
    stage.ready()
    assert stage.frame()[0]["step"] == 10
    assert stage.frames.empty()
    stage.pipe.send({"do": "close", "sight": 1})
    stage.ready()
    stage.steer(9, "step", n=1)
    stage.paused_at(11)
    assert stage.ask("Findings", 10, step=None)["step"] == 11
    assert stage.frames.empty()
    stage.hang_up()


def test_a_server_that_does_not_read_holds_up_nothing(root):
    settings, schedule = {"n_sites": 4096}, {"steps": 3000, "every": 1, "checkpoint_every": 1000}
    stage = Stage(beginning(root, settings=settings, schedule=schedule, paused=True))
    folder = folder_of(stage)
    # From here on nothing is read for a while: the listener waits in the middle of the first message it gets.
    with stage._news:
        stage.pipe.send({"do": "request", "request": {"kind": "Steer", "id": 1, "action": "play", "n": 0,
                                                      "pictures_per_second": 30.0}})  # fmt: skip
        settled(lambda: folder.record()["status"] == "finished")
    stage.says("over")
    told = [row["step"] for message in stage.said if message["say"] == "rows" for row in message["rows"]]
    assert told == list(range(3001))


def test_sights_of_one_view_get_their_own_tiles_of_one_drawing(root, monkeypatch):
    stage = Stage(beginning(root, paused=True))
    stage.paused_at(0)
    n_drawn = []
    plain = Walk.views["ring"].__class__.pixels
    monkeypatch.setattr(
        Walk.views["ring"].__class__, "pixels", lambda self, *rest: n_drawn.append(1) or plain(self, *rest)
    )
    whole = stage.picture(None)[1]
    header, pixels = stage.picture(None, sight=2, top=1, left=2, rows=3, columns=2, stride=2)
    assert np.array_equal(pixels, whole[1:7:2, 2:6:2])
    assert (header["view_rows"], header["view_columns"], header["rows"], header["columns"]) == (8, 8, 3, 2)
    assert len(n_drawn) == 1
    stage.hang_up()


def test_a_view_that_fails_is_a_sentence_and_the_run_goes_on(root):
    stage = Stage(beginning(root, experiment=STORMY, settings={"n_walkers": 4}, paused=True))
    stage.steer(1, "step", n=1)
    stage.paused_at(1)
    stage.look(view="wet")
    stage.look(sight=2, view="rung")
    assert stage.says("refusal", sight=1)["sentence"] == "Drawing the view wet failed: ValueError: the paper is wet."
    assert "did you mean 'ring'" in stage.says("refusal", sight=2)["sentence"]
    stage.steer(2, "play")
    stage.says("over", status="finished")


def test_a_run_that_fails_says_why_and_one_that_cannot_begin_is_refused(root, capsys):
    stage = Stage(beginning(root, experiment=STORMY, settings={"n_walkers": 2}))
    assert stage.says("over")["status"] == "failed"
    assert stage.says("over")["reason"] == "ValueError: a storm"
    assert "a storm" in capsys.readouterr().err
    for changes, part in (
        ({"experiment": "walk:Wolk"}, "Wolk"),
        ({"settings": {"n_walker": 2}}, "did you mean 'n_walkers'"),
        ({"preset": "smell"}, "did you mean 'small'"),
        ({"do": "resume", "folder": str(root / "nothing")}, "There is no run folder"),
    ):
        stage = Stage(beginning(root, **changes))
        assert part in stage.says("refused")["sentence"]
        stage.over()
        assert [message["say"] for message in stage.said] == ["refused"]


def test_a_server_that_goes_away_ends_the_run_in_order_and_it_resumes_with_the_same_bits(root):
    plain = runs.start(root / "plain").folder
    stage = Stage(beginning(root / "watched", paused=True))
    stage.steer(1, "step", n=13)
    stage.paused_at(13)
    stage.hang_up()
    folder = folder_of(stage)
    record = folder.record()
    assert (record["status"], record["step"], record["reason"]) == ("interrupted", 13, live.LEFT)
    again = Stage({"do": "resume", "folder": str(folder.path), "paused": False})
    again.says("over", status="finished")
    again.over()
    runs.assert_same(plain, folder, only_last=True)


def test_steps_and_rules_pause_where_they_say(root):
    stage = Stage(beginning(root, paused=True))
    stage.paused_at(0)
    assert stage.ask("Rules", 1, rules=[{"when": "step", "step": 17}]) == {}
    stage.steer(2, "play")
    assert stage.paused_at(17)["why"] == "step 17"
    assert "coverage" in stage.ask("Rules", 3, rules=[{"when": "metric", "metric": "koverage", "above": 1}])["sentence"]
    assert "did you mean 'pause'" in stage.steer(4, "pose")["sentence"]
    stage.steer(5, "leave")
    assert stage.says("over") == {"say": "over", "status": "interrupted", "reason": live.LEFT_BY_HAND}


def test_questions_about_the_present_state_are_answered_while_the_run_stands_still(root):
    stage = Stage(beginning(root, paused=True))
    stage.steer(1, "step", n=9)
    stage.paused_at(9)
    state = plain_states(Walk(), WalkConfig(), 9)[9]
    found = stage.ask("Findings", 2, step=None)
    assert found["step"] == 9
    assert found["found"][1] == {"kind": "text", "title": "The clock", "note": "", "text": "9 steps"}
    site = int(state.crowd.positions[0])
    inspected = stage.ask("Inspect", 3, step=9, view="ring", row=site // 8, column=site % 8)["found"]
    assert inspected[0]["rows"][0] == ["visits", int(state.ring["visits"][site])]
    assert inspected[1]["arguments"] == {"walker": int(np.flatnonzero(state.crowd.positions == site)[0])}
    outside = stage.ask("Inspect", 4, step=9, view="ring", row=8, column=0)["sentence"]
    assert outside == "The view ring has 8 x 8 cells; row 8, column 0 is outside."
    assert "no longer has step 3" in stage.ask("Findings", 5, step=3)["sentence"]
    kept = stage.ask("Freeze", 6, step=None, view="ring", name="nine", specimen=None, out=str(root))["item"]
    stage.hang_up()
    thawed = Stage({"do": "thaw", "root": str(root), "item": kept["item"], "schedule": {}, "paused": False,
                    "command": "a test"})  # fmt: skip
    thawed.says("over", status="finished")
    opened = open_run(folder_of(thawed))
    assert opened.folder.record()["begins_at"] == 9
    last = plain_states(Walk(), WalkConfig(), 40)[40]
    assert np.array_equal(launch.state_at(opened, 40).ring["visits"], last.ring["visits"])


def test_a_fork_on_a_stage_is_a_fork(root):
    parent = runs.start(root).folder
    first = {"do": "fork", "folder": str(parent.path), "step": 20, "settings": {"p_move": 1.0},
             "schedule": {"steps": 30}, "root": str(root), "paused": True}  # fmt: skip
    stage = Stage(first)
    stage.paused_at(20)
    assert np.array_equal(
        stage.picture(None)[1], drawn(Walk(), WalkConfig(), plain_states(Walk(), WalkConfig(), 20)[20])
    )
    stage.steer(1, "play")
    stage.says("over", status="finished")
    assert open_run(folder_of(stage)).config.p_move == 1.0


def test_a_fork_from_where_a_run_stands_still_needs_no_checkpoint_there(root):
    parent = Stage(beginning(root, paused=True))
    parent.steer(1, "step", n=13)
    parent.paused_at(13)
    folder = folder_of(parent)
    settled(lambda: folder.record()["step"] == 13)
    assert 13 not in checkpoints.steps(folder.checkpoints)
    first = {"do": "fork", "folder": str(folder.path), "step": 13, "settings": {}, "schedule": {}, "root": str(root),
             "paused": True}  # fmt: skip
    child = Stage(first)
    child.paused_at(13)
    assert np.array_equal(child.picture(None)[1], parent.picture(None)[1])


def test_a_signal_ends_a_stage_of_its_own_process_in_order(root):
    stage = Stage(beginning(root, settings={"microseconds": 1000}, schedule={"steps": 10**6}), process=True)
    folder = folder_of(stage)
    stage.await_(lambda message: message["say"] == "progress" and message["step"] > 20)
    assert stage.process is not None
    stage.process.send_signal(signal.SIGTERM)
    assert stage.says("over")["status"] == "interrupted"
    stage.over()
    assert stage.process.returncode == 0
    assert folder.record()["status"] == "interrupted"


def test_nonsense_is_refused(root):
    stage = Stage({"do": "dance"})
    assert "'dance'" in stage.says("refused")["sentence"]
    stage = Stage(beginning(root, paused=True))
    stage.paused_at(0)
    stage.pipe.send({"do": "look", "sight": "one"})
    stage.over()
    assert folder_of(stage).record()["status"] == "interrupted"
