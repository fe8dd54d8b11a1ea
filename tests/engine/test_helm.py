"""Somebody at the helm: play, pause, steps, pace and rules decide when a run goes on, and never what it computes."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import steering

from primordia.core.errors import BadInputError, PrimordiaError, UnknownNameError
from primordia.engine import checkpoints, launch, loop
from primordia.engine import helm as helms
from primordia.engine.folder import RunFolder
from primordia.engine.helm import Helm
from primordia.engine.journal import Journal
from primordia.engine.observer import Outcome
from primordia.engine.ring import Instant, Ring
from runs import assert_same
from runs import start as run_alone
from walk import Walk


@contextlib.contextmanager
def sailing(root: Path, *, paused: bool = True, **changes: Any) -> Iterator[tuple[Helm, list[Outcome]]]:
    """A walk run by a thread of its own, with its helm and, in the end, its outcome."""
    helm, outcomes = Helm(paused=paused), list[Outcome]()
    thread = threading.Thread(target=lambda: outcomes.append(steering.start(root, helm, **changes)), daemon=True)
    thread.start()
    steering.until(lambda: helm.ring.newest() is not None)
    # The beginning is seen before its row is written.
    steering.until(lambda: not paused or helm.mode == "paused")
    try:
        yield helm, outcomes
    finally:
        helm.leave("the test is over")
        thread.join(steering.PATIENCE_SECONDS)
    assert not thread.is_alive()


def newest(helm: Helm) -> Instant:
    found = helm.ring.newest()
    assert found is not None
    return found


def test_a_paused_run_waits_and_steps_as_told(root: Path) -> None:
    with sailing(root) as (helm, outcomes):
        assert (newest(helm).t, helm.mode, helm.why) == (0, "paused", "waits to be started")
        for n, t in ((1, 1), (2, 3), (14, 17)):
            helm.step(n)
            steering.until(lambda: helm.mode == "paused")
            assert (newest(helm).t, helm.why) == (t, "")
        time.sleep(2 * helms.POLL_SECONDS)
        assert newest(helm).t == 17
        with pytest.raises(BadInputError, match="n=0 is out of range: it must be at least 1"):
            helm.step(0)
        helm.play()
        steering.until(lambda: helm.mode == "over")
    assert (helm.why, outcomes[0].status) == ("all 40 steps done", "finished")
    assert_same(outcomes[0].folder, run_alone(root / "alone").folder)


def begun() -> Helm:
    """A run that is playing, after 10 steps; the next chunk may be as long as it likes."""
    helm = Helm()
    helm.begin(Walk())
    helm.came(Instant(10, 0, None, None), 10)
    assert helm.allowed(10) is None
    return helm


def test_steps_ordered_while_a_chunk_is_under_way_come_after_it() -> None:
    helm = begun()
    helm.step(5)
    helm.came(Instant(110, 0, None, None), 100)
    assert (helm.mode, helm.allowed(110)) == ("playing", 5)
    helm.came(Instant(112, 0, None, None), 2)
    helm.step(4)
    assert helm.allowed(112) == 4
    helm.came(Instant(116, 0, None, None), 4)
    assert (helm.mode, helm.why) == ("pausing", "")
    helm.play()
    assert helm.allowed(116) is None


def test_a_run_that_is_playing_does_the_steps_it_is_told_and_pauses(root: Path) -> None:
    with sailing(root, paused=False, steps=10**6, every=10**6, checkpoint_every=10**6, microseconds=500) as (helm, _):
        steering.until(lambda: newest(helm).t > 100)  # By now a chunk is many steps long.
        before = newest(helm).t
        helm.step(3)
        steering.until(lambda: helm.mode == "paused")
        assert newest(helm).t >= before + 3
        assert newest(helm).state.clock[0] == newest(helm).t


def test_a_rule_whose_step_goes_by_before_the_run_hears_of_it_pauses_it_then() -> None:
    helm = begun()
    helm.rules([{"when": "step", "step": 50}, {"when": "step", "step": 111}])
    helm.came(Instant(110, 0, None, None), 100)
    assert (helm.mode, helm.why) == ("pausing", "past step 50")
    helm.play()
    assert helm.allowed(110) == 1


def test_a_run_can_be_paused_where_it_is_and_left(root: Path) -> None:
    with sailing(root, paused=False, steps=10**6, microseconds=200) as (helm, outcomes):
        steering.until(lambda: newest(helm).t > 0)
        helm.pause("a look")
        steering.until(lambda: helm.mode == "paused")
        assert (helm.mode, helm.why) == ("paused", "a look")
        t = newest(helm).t
        helm.leave("seen enough")
        steering.until(lambda: helm.mode == "over")
        helm.play()
        assert (helm.mode, helm.why) == ("over", "seen enough")
    assert (outcomes[0].status, outcomes[0].step, outcomes[0].reason) == ("interrupted", t, "seen enough")
    assert outcomes[0].folder.record()["status"] == "interrupted"


@pytest.mark.parametrize(("owner", "name", "t"), [(Journal, "append", 4), (checkpoints, "save", 10)])
def test_a_run_says_that_it_is_paused_once_its_step_is_on_disk(
    owner: Any, name: str, t: int, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, writing, may_go_on = getattr(owner, name), threading.Event(), threading.Event()
    with sailing(root) as (helm, _):

        def held_up(*arguments: Any) -> Any:
            if newest(helm).t == t:
                writing.set()
                may_go_on.wait(steering.PATIENCE_SECONDS)
            return write(*arguments)

        monkeypatch.setattr(owner, name, held_up)
        helm.step(t)
        try:
            assert writing.wait(steering.PATIENCE_SECONDS)
            assert helm.mode == "pausing"
        finally:
            may_go_on.set()
        steering.until(lambda: helm.mode == "paused")
        assert helm.standing() == ("paused", "", newest(helm))
        assert newest(helm).t == t


def test_a_run_is_recorded_where_it_stands_before_it_says_that_it_is_paused() -> None:
    helm, seen = begun(), list[str]()
    helm.pause("a look")
    assert helm.wait(lambda: helm.mode == "paused", no_orders, lambda: seen.append(helm.mode)) == ""
    helm.pause("another look")
    assert (seen, helm.mode, helm.why) == (["pausing"], "paused", "another look")


def test_a_run_that_is_told_to_play_while_it_is_pausing_plays() -> None:
    helm = begun()
    helm.pause()
    assert helm.wait(lambda: False, no_orders, helm.play) is None
    assert helm.mode == "playing"


def no_orders(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    raise AssertionError(f"nobody ordered {name}")


def test_a_run_left_while_paused_goes_on_with_the_same_bits(root: Path) -> None:
    with sailing(root / "left") as (helm, outcomes):
        steering.go_to(helm, 13)
    launch.resume(outcomes[0].folder)
    assert_same(outcomes[0].folder, run_alone(root / "alone").folder, only_last=True)


def test_a_signal_ends_a_run_that_waits(root: Path) -> None:
    helm = Helm(paused=True)

    def interrupt() -> None:
        steering.go_to(helm, 5)
        signal.raise_signal(signal.SIGINT)

    outcome = steering.steered_by(helm, interrupt, lambda: steering.start(root, helm))
    assert (outcome.status, outcome.step, outcome.reason) == ("interrupted", 5, loop.BY_SIGNAL)


def test_pictures_are_as_many_steps_apart_as_the_pace_says(root: Path) -> None:
    """Boundaries of rows and checkpoints cut chunks, but not pictures; the end is shown in any case."""
    helm = Helm(paused=True, ring=Ring(1000))
    helm.pace(7, 1e9)
    outcome = steering.steered_by(helm, helm.play, lambda: steering.start(root, helm))
    kept = [helm.ring.at(t) is not None for t in range(41)]
    assert [t for t, here in enumerate(kept) if here] == [0, 7, 14, 21, 28, 35, 40]
    assert outcome.status == "finished"


def test_a_run_that_pauses_between_two_pictures_is_shown_where_it_is(root: Path) -> None:
    with sailing(root) as (helm, _):
        helm.pace(30, 1e9)
        helm.rules([{"when": "transition", "transition": "half"}])
        helm.play()
        steering.until(lambda: helm.mode == "paused")
        assert newest(helm).t == 8


def test_a_pace_is_at_most_so_many_pictures_a_second(root: Path) -> None:
    helm = Helm(paused=True)
    helm.pace(10, 20)
    began = time.monotonic()
    steering.steered_by(helm, helm.play, lambda: steering.start(root, helm))
    assert time.monotonic() - began >= 3 / 20


@pytest.mark.parametrize(("n", "rate"), [(-1, 5.0), (1, -1.0), (1, float("inf")), (1, float("nan"))])
def test_an_impossible_pace_is_refused(n: int, rate: float) -> None:
    with pytest.raises(BadInputError, match="cannot be kept; both must be finite and at least 0"):
        Helm().pace(n, rate)


def test_chunks_are_short_only_while_somebody_waits_for_pictures() -> None:
    helm = Helm()
    assert helm.chunk_seconds == float("inf")
    helm.ring.after(0, 0, timeout=0.0)
    assert helm.chunk_seconds == helms.SHORT_SECONDS
    helm.pace(0, 0)
    assert helm.chunk_seconds == float("inf")


def test_a_ring_keeps_the_newest_and_wakes_who_waits() -> None:
    ring, found = Ring(2), list[Instant | None]()
    assert (ring.newest(), ring.after(0, 0, timeout=0.0), ring.at(0)) == (None, None, None)
    first, second, third = Instant(3, 0, "c", "a"), Instant(3, 1, "c", "b"), Instant(5, 1, "c", "d")
    ring.put(first)
    thread = threading.Thread(target=lambda: found.append(ring.after(3, 0, timeout=30.0)))
    thread.start()
    steering.until(lambda: ring.wanted)
    ring.put(second)
    thread.join()
    assert found == [second]
    assert (ring.at(3), ring.at(3, 0), ring.at(4)) == (second, first, None)
    ring.put(third)
    assert (ring.newest(), ring.at(3, 0), ring.at(3)) == (third, None, second)
    assert Ring(0).newest() is None


RULES: list[tuple[dict[str, Any], int, str]] = [
    ({"when": "step", "step": 13}, 13, "step 13"),
    ({"when": "metric", "metric": "coverage", "above": 0.65}, 12, "coverage is 0.671875, above the line 0.65"),
    ({"when": "metric", "metric": "coverage", "below": 0.9}, 4, "coverage is 0.46875, below the line 0.9"),
    ({"when": "transition", "transition": "half"}, 8, "transition half"),
]


@pytest.mark.parametrize(("rule", "t", "why"), RULES, ids=str)
def test_a_rule_pauses_the_run_once(rule: dict[str, Any], t: int, why: str, root: Path) -> None:
    with sailing(root) as (helm, outcomes):
        helm.rules([rule])
        helm.play()
        steering.until(lambda: helm.mode == "paused")
        assert (newest(helm).t, helm.why) == (t, why)
        helm.play()
        steering.until(lambda: helm.mode == "over")
    assert_same(outcomes[0].folder, run_alone(root / "alone").folder)


def test_what_falls_back_behind_its_line_is_extinct(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Walk.measure

    def falling(walk: Walk, config: Any, state: Any, streams: Any, t: int) -> Any:
        return {**whole(walk, config, state, streams, t), "coverage": 0.6 if 8 <= t < 20 else 0.4}

    monkeypatch.setattr(Walk, "measure", falling)
    with sailing(root) as (helm, _):
        helm.rules([{"when": "extinction"}])
        helm.play()
        steering.until(lambda: helm.mode == "paused")
        assert (newest(helm).t, helm.why) == (20, "extinction: coverage is 0.4, back behind half")


def test_rules_that_fire_together_are_all_named_and_the_others_stay(root: Path) -> None:
    with sailing(root) as (helm, _):
        helm.rules([rule for rule, _, _ in RULES[:2]] + [{"when": "step", "step": 12}, {"when": "step", "step": 12}])
        helm.play()
        steering.until(lambda: helm.mode == "paused")
        assert (newest(helm).t, helm.why) == (12, f"step 12; {RULES[1][2]}")
        helm.play()
        steering.until(lambda: helm.mode == "paused")
        assert (newest(helm).t, helm.why) == (13, "step 13")


MALFORMED: list[tuple[Any, type[PrimordiaError], str]] = [
    ("half", BadInputError, "A rule is an object with the key 'when', not 'half'"),
    ({"when": "steps"}, UnknownNameError, "There is no rule 'steps'; did you mean 'step'"),
    ({"when": "step"}, BadInputError, "The rule 'step' says step besides; it has when"),
    ({"when": "step", "step": "9"}, BadInputError, "A rule's step is a whole number from 0 on, not '9'"),
    ({"when": "step", "step": 10}, BadInputError, "step=10 is over, the run is at 10; give 11 or more"),
    ({"when": "metric", "metric": "cover", "above": 1}, UnknownNameError, "did you mean 'coverage'"),
    ({"when": "metric", "metric": "coverage"}, BadInputError, "says above, metric or below, metric besides"),
    (
        {"when": "metric", "metric": "coverage", "above": float("nan")},
        BadInputError,
        "line is a finite number, not nan",
    ),
    ({"when": "transition", "transition": "hal"}, UnknownNameError, "did you mean 'half'"),
    ({"when": "extinction", "metric": "coverage"}, BadInputError, "says nothing besides; it has metric, when"),
]


def test_rules_that_cannot_be_meant_are_refused_and_leave_those_before(root: Path) -> None:
    with sailing(root) as (helm, _):
        steering.go_to(helm, 10)
        helm.rules([{"when": "step", "step": 15}])
        for rule, kind, sentence in MALFORMED:
            with pytest.raises(kind) as caught:
                helm.rules([{"when": "step", "step": 12}, rule])
            assert sentence in str(caught.value)
        helm.play()
        steering.until(lambda: helm.mode == "paused")
        assert newest(helm).t == 15


def test_there_is_nothing_to_steer_before_and_after_a_run(root: Path) -> None:
    helm = Helm()
    for order in (lambda: helm.rules([]), lambda: helm.intervene("put", {"site": 1})):
        with pytest.raises(BadInputError, match="This run has not begun yet"):
            order()
    steering.start(root, helm)
    for order in (lambda: helm.rules([]), lambda: helm.intervene("put", {"site": 1})):
        with pytest.raises(BadInputError, match=r"This run is over \(all 40 steps done\); nothing was changed"):
            order()


class Fails(Walk):
    """Cannot do step 9."""

    def step(self, config: Any, state: Any, streams: Any, t: int) -> Any:
        if t == 9:
            time.sleep(0.3)
            raise ArithmeticError("fell over")
        return super().step(config, state, streams, t)


def test_who_waits_while_a_run_fails_is_refused(root: Path) -> None:
    helm, refusals = Helm(paused=True), list[str]()

    def order() -> None:
        steering.go_to(helm, 9)
        helm.play()
        time.sleep(0.15)
        try:
            helm.intervene("put", {"site": 1})
        except BadInputError as error:
            refusals.append(str(error))

    thread = threading.Thread(target=order, daemon=True)
    thread.start()
    with pytest.raises(ArithmeticError):
        steering.start(root, helm, Fails())
    thread.join(steering.PATIENCE_SECONDS)
    assert refusals == ["This run is over (ArithmeticError: fell over); nothing was changed."]


def test_an_intervention_reaches_a_run_that_is_playing(root: Path) -> None:
    with sailing(root, paused=False, steps=10**6, microseconds=200) as (helm, outcomes):
        event = helm.intervene("set", {"settings": {"p_move": 0.25}})
        steering.until(lambda: newest(helm).revision == 1)
        assert newest(helm).config.p_move == 0.25
        assert newest(helm).t >= event["step"]
    folder: RunFolder = outcomes[0].folder
    assert [entry for entry in folder.events.read() if entry["event"] == "intervention"] == [event]
