"""What is done to a run while it runs is part of it: replays, resumes and forks go the same way again."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any, ClassVar

import pytest
import steering

from primordia.core import tree
from primordia.core.errors import BadInputError, ConfigError, PrimordiaError, RunFolderError, UnknownNameError
from primordia.core.interventions import Intervention
from primordia.core.streams import Streams
from primordia.engine import checkpoints, compare, interventions, launch, loop, schedule
from primordia.engine.folder import RunFolder
from primordia.engine.helm import Helm
from primordia.engine.moments import RunsUnder
from primordia.engine.opening import open_run
from runs import SHORT, assert_same, leavings
from runs import start as run_alone
from walk import Putting, Walk, put

PLAN: steering.Plan = [
    (0, "put", {"site": 9}),
    (7, "put", {"site": 3, "walker": 2, "shift": 4}),
    (7, "set", {"settings": {"p_move": 0.9, "rule": "drift"}}),
    (10, "put", {"site": "40"}),
    (23, "set", {"settings": {"p_move": 0.1}}),
    (24, "put", {"site": 63}),
]


def by_hand(plan: steering.Plan, at: int) -> tuple[Any, Any]:
    """Config and state after `at` steps, single ones, computed without the engine."""
    walk, config, streams = Walk(), Walk.Config(), Streams(0)
    state = walk.init(config, streams)
    for t in range(at + 1):
        for _, name, arguments in [entry for entry in plan if entry[0] == t]:
            if name == "set":
                config = Walk.Config(**{**vars(config), **arguments["settings"]})
            else:
                values = {key: int(value) for key, value in arguments.items()}
                state = put(config, state, streams, t, Putting(**values))
        if t < at:
            state, _ = walk.step(config, state, streams, t)
    return config, state


@pytest.fixture
def folder(root: Path) -> RunFolder:
    return steering.steered(lambda helm: steering.start(root / "planned", helm), PLAN).folder


def test_every_step_of_a_run_is_replayed_with_what_was_done_to_it(folder: RunFolder) -> None:
    run = open_run(folder)
    for thinned in (False, True):
        if thinned:
            shutil.rmtree(folder.checkpoints)
        for at in range(41):
            instant, (config, state) = launch.moment_at(run, at), by_hand(PLAN, at)
            assert (instant.t, instant.revision) == (at, sum(entry[0] <= at for entry in PLAN))
            assert instant.config == config
            assert tree.same_bits(instant.state, state)
            assert tree.same_bits(launch.state_at(run, at), state)


def test_a_checkpoint_holds_the_state_before_what_was_done_there(root: Path) -> None:
    folder = steering.steered(lambda helm: steering.start(root, helm, keep=20), PLAN).folder
    run = open_run(folder)
    template = run.experiment.init(run.config, Streams(0))
    for step in (0, 7, 10, 23, 24):
        stored = checkpoints.load(folder.checkpoints, step, template, run.stamp)
        assert tree.same_bits(stored, by_hand([entry for entry in PLAN if entry[0] < step], step)[1])


def test_rows_and_events_tell_what_happened_in_order(folder: RunFolder) -> None:
    seen = [(event["event"], event["step"]) for event in folder.events.read()]
    assert seen.count(("checkpoint", 7)) == 1
    assert seen.index(("checkpoint", 7)) < seen.index(("intervention", 7))
    made = interventions.recorded(folder)
    assert [(event["step"], event["name"]) for event in made] == [(t, name) for t, name, _ in PLAN]
    assert made[0]["arguments"] == {"site": 9, "walker": 0, "shift": 0}
    assert made[3]["arguments"]["site"] == 40
    assert made[2]["arguments"] == {"settings": {"p_move": 0.9, "rule": "drift"}}
    rows = {row["step"]: row for row in folder.metrics.read()}
    walk = Walk()
    for t in (4, 8, 24, 28, 40):
        before = [entry for entry in PLAN if entry[0] < t]
        config, state = by_hand(before, t)
        assert rows[t]["coverage"] == walk.measure(config, state, Streams(0), t)["coverage"]


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 10.0])
def test_chunks_and_pace_change_nothing_beside_interventions(
    seconds: float, folder: RunFolder, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHUNK_SECONDS", seconds)

    def paced(helm: Helm) -> Any:
        helm.pace(3, 1e6)
        return steering.start(root / "paced", helm)

    assert_same(steering.steered(paced, PLAN).folder, folder)


def random_plan(choose: random.Random) -> steering.Plan:
    found: list[tuple[int, str, dict[str, Any]]] = []
    for t in sorted(choose.choices(range(40), k=choose.randint(1, 6))):
        if choose.random() < 0.4:
            found.append((t, "set", {"settings": {"p_move": choose.random()}}))
        else:
            found.append((t, "put", {"site": choose.randrange(64), "shift": choose.randrange(9)}))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_a_run_stopped_anywhere_goes_on_with_what_was_done_to_it(seed: int, root: Path) -> None:
    """What lies in the folder at some instant, with some of its checkpoints lost, leads to the same end."""
    choose = random.Random(seed)
    plan, cadence = (
        random_plan(choose),
        {"checkpoint_every": choose.choice([3, 10, 100]), "keep": choose.choice([1, 9])},
    )
    whole = steering.steered(lambda helm: steering.start(root / "whole", helm, **cadence), plan).folder
    _, expected = by_hand(plan, 40)
    assert tree.same_bits(launch.state_at(open_run(whole), 40), expected)

    class Copies(launch.Unwatched):
        """Keeps a copy of the folder as it is at each row and event: what a kill there would leave."""

        def __init__(self) -> None:
            self.kept: list[Path] = []

        def started(self, run: Any, step: int, rows: Any) -> None:
            self.folder = run.folder.path

        def row_written(self, row: Any) -> None:
            self.keep()

        def event_noted(self, event: Any) -> None:
            self.keep()

        def keep(self) -> None:
            if choose.random() < 0.3:
                self.kept.append(root / "copies" / str(len(self.kept)) / "tests" / "walk" / "copy")
                shutil.copytree(self.folder, self.kept[-1], ignore=shutil.ignore_patterns("lock", ".*"))

    copies = Copies()
    steering.steered(lambda helm: watched(root / "again", helm, copies, cadence), plan)
    for path in copies.kept:
        copy = RunFolder(path)
        if copy.record()["status"] == "finished":
            continue
        for step in checkpoints.steps(copy.checkpoints):
            if choose.random() < 0.4:
                shutil.rmtree(checkpoints.folder_of(copy.checkpoints, step))
        assert steering.go_on(copy, plan).status == "finished"
        assert leavings(copy)["metrics.jsonl"] == leavings(whole)["metrics.jsonl"]
        assert tree.same_bits(launch.state_at(open_run(copy), 40), expected)
        assert [event["arguments"] for event in interventions.recorded(copy)] == [
            event["arguments"] for event in interventions.recorded(whole)
        ]


def watched(root: Path, helm: Helm, observer: Any, cadence: Any) -> Any:
    plan = schedule.make(Walk(), {**SHORT, **cadence})
    return launch.start(Walk(), Walk.Config(), plan, root=root, address="walk:Walk", observer=observer, helm=helm)


def test_a_resumed_run_repeats_before_it_takes_orders(folder: RunFolder) -> None:
    for step in checkpoints.steps(folder.checkpoints):
        shutil.rmtree(checkpoints.folder_of(folder.checkpoints, step))
    folder.update(status="failed")
    helm, refused = Helm(paused=True), []

    def order() -> None:
        steering.go_to(helm, 8)
        with pytest.raises(BadInputError, match=r"repeats what was done until step 24; it is at 8, so wait") as caught:
            helm.intervene("put", {"site": 1})
        refused.append(caught)
        steering.go_to(helm, 24)
        helm.intervene("put", {"site": 1})
        helm.play()

    steering.steered_by(helm, order, lambda: launch.resume(folder, helm=helm))
    assert len(refused) == 1
    made = [(event["step"], event["name"]) for event in interventions.recorded(folder)]
    assert made == [*((t, name) for t, name, _ in PLAN), (24, "put")]
    _, expected = by_hand([*PLAN, (24, "put", {"site": 1})], 40)
    assert tree.same_bits(launch.state_at(open_run(folder), 40), expected)


@pytest.mark.parametrize("at", [0, 7, 9, 23])
def test_a_run_that_is_left_while_it_repeats_can_be_resumed_again(at: int, folder: RunFolder) -> None:
    shutil.rmtree(folder.checkpoints)
    folder.update(status="failed")
    helm = Helm(paused=True)

    def order() -> None:
        steering.go_to(helm, at)
        helm.leave("seen enough")

    assert steering.steered_by(helm, order, lambda: launch.resume(folder, helm=helm)).step == at
    assert launch.resume(folder).status == "finished"
    assert tree.same_bits(launch.state_at(open_run(folder), 40), by_hand(PLAN, 40)[1])
    assert len(interventions.recorded(folder)) == len(PLAN)


@pytest.mark.parametrize("at", [6, 7, 15, 23, 40])
def test_a_fork_takes_state_and_settings_as_they_are_there(at: int, folder: RunFolder, root: Path) -> None:
    child = launch.fork(folder, at, {}, {"steps": 50}, root=root / "child").folder
    config, state = by_hand(PLAN, at)
    run = open_run(child)
    assert run.config == config
    assert tree.same_bits(launch.state_at(run, at), state)
    assert interventions.recorded(child) == []
    later = [(t, name, arguments) for t, name, arguments in PLAN if t <= at]
    assert tree.same_bits(launch.state_at(run, 50), by_hand(later, 50)[1])


def test_tools_see_a_run_as_it_was_changed(folder: RunFolder, root: Path) -> None:
    moment = RunsUnder(root / "planned").moment(folder.path.name, 30)
    config, state = by_hand(PLAN, 30)
    assert moment.config == config
    assert tree.same_bits(moment.state, state)


REFUSED: list[tuple[str, dict[str, Any], type[PrimordiaError], str]] = [
    ("putt", {"site": 1}, UnknownNameError, "There is no intervention 'putt'; did you mean 'put'? Known: put, set"),
    ("put", {}, ConfigError, "put needs site: where it is put"),
    ("put", {"sight": 1}, UnknownNameError, "There is no argument of put 'sight'; did you mean 'site'"),
    ("put", {"site": 4096}, ConfigError, "site=4096 is out of range"),
    ("put", {"site": 64}, BadInputError, "There are 16 walkers and 64 sites"),
    ("put", 5, BadInputError, "put could not be done: TypeError: "),
    ("set", {"settings": {"rule": 1.5}}, ConfigError, "rule=1.5 is not text; allowed: one of drift, diffuse"),
    ("set", {"settings": {"n_walkers": 4096}}, BadInputError, "set could not be done: MemoryError: "),
    ("set", {}, BadInputError, "set needs settings and nothing else"),
    ("set", {"settings": {}}, BadInputError, "set needs settings and nothing else"),
    ("set", {"settings": {"p_move": 2.0}}, ConfigError, "p_move=2.0 is out of range"),
    ("set", {"settings": {"p_mov": 1}}, UnknownNameError, "did you mean 'p_move'"),
    ("set", {"settings": {"seed": 4}}, ConfigError, "seed=4 cannot be set while a run goes on; fork the run with it"),
    ("set", {"settings": {"n_sites": 128}}, ConfigError, "Changing n_sites changes the shape of the state, so it"),
    ("grow", {"site": 1}, BadInputError, "grow would change the structure of the state, so it was not done: "),
    ("stumble", {"site": 1}, BadInputError, "stumble could not be done: ZeroDivisionError: "),
]


class Odd(Walk):
    """Two of its interventions break the contract, and it has no room for many walkers."""

    name = "tests/odd"
    interventions: ClassVar[dict[str, Intervention]] = {
        **Walk.interventions,
        "grow": Intervention("Another shape.", Putting, lambda config, state, streams, t, told: {"more": state}),
        "stumble": Intervention("Fails.", Putting, lambda config, state, streams, t, told: 1 // 0),
    }

    def init(self, config: Any, streams: Streams) -> Any:
        if config.n_walkers > 1000:
            raise MemoryError("so many walkers")
        return super().init(config, streams)


def test_what_cannot_be_done_is_refused_and_changes_nothing(root: Path) -> None:
    whole = run_alone(root / "whole", Odd).folder
    helm = Helm(paused=True)
    refusals: list[PrimordiaError] = []

    def order() -> None:
        steering.go_to(helm, 10)
        before = helm.ring.newest()
        for name, values, _, _ in REFUSED:
            with pytest.raises(PrimordiaError) as caught:
                helm.intervene(name, values)
            refusals.append(caught.value)
            assert helm.ring.newest() is before
        helm.play()

    outcome = steering.steered_by(helm, order, lambda: steering.start(root / "asked", helm, Odd()))
    assert [type(error) for error in refusals] == [kind for _, _, kind, _ in REFUSED]
    for error, (_, _, _, sentence) in zip(refusals, REFUSED, strict=True):
        assert sentence in str(error).replace("Known: grow, put, set, stumble", "Known: put, set")
    assert_same(outcome.folder, whole)


def test_an_intervention_that_fits_no_more_is_a_damaged_run(folder: RunFolder) -> None:
    altered = (folder.path / "events.jsonl").read_text().replace('"site": 40', '"site": 64')
    (folder.path / "events.jsonl").write_text(altered)
    with pytest.raises(RunFolderError, match=r"cannot be replayed beyond step 10: its intervention put there was acc"):
        launch.moment_at(open_run(folder), 10)


@pytest.mark.parametrize("at", [30, 40])
def test_settings_that_were_altered_in_the_events_are_a_damaged_run(at: int, folder: RunFolder) -> None:
    """Also where a checkpoint after them spares their step the replay, and before anything is written."""
    altered = (folder.path / "events.jsonl").read_text().replace('"p_move": 0.9', '"p_mov": 0.9')
    (folder.path / "events.jsonl").write_text(altered)
    with pytest.raises(RunFolderError, match=r"cannot be replayed beyond step 7: its intervention set there was accep"):
        launch.moment_at(open_run(folder), at)
    folder.update(status="interrupted")
    before = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
    with pytest.raises(RunFolderError, match=r"cannot be replayed beyond step 7"):
        launch.resume(folder)
    assert {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()} == before


def test_interventions_are_told_in_words(folder: RunFolder) -> None:
    said = [interventions.said(event) for event in interventions.recorded(folder)]
    assert said[1:3] == ["put site=3, walker=2, shift=4", "set p_move=0.9, rule=drift"]
    altered = {"name": "set", "arguments": {"settings": 5}}
    assert interventions.said(altered) == "set settings=5"


def test_two_runs_that_differ_in_what_was_done_to_them_are_told_apart(folder: RunFolder, root: Path) -> None:
    plain = run_alone(root / "plain").folder
    found = compare.compare(folder, plain)
    assert found.settings == {}
    assert (len(found.interventions[0]), found.interventions[1]) == (6, ())
    assert compare.compare(folder, folder).interventions == ()
