"""What a person does to a soup: bytes, tokens, bad input, and the same bits when the run is replayed."""

from __future__ import annotations

import dataclasses
import itertools
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core import config as configs
from primordia.core import interventions, tree
from primordia.core.errors import BadInputError, ConfigError, UnknownNameError
from primordia.core.registry import load
from primordia.core.streams import Streams
from primordia.engine import launch, schedule
from primordia.engine.folder import RunFolder
from primordia.engine.helm import Helm
from primordia.engine.opening import open_run
from primordia.life.experiments.soup import AnySoup, SoupSettings
from primordia.life.experiments.soups import SoupState
from primordia.life.lineage.tokens import origin

SOUP = AnySoup()
N, LENGTH = 16, 16


def moment(t: int = 0, **values: Any) -> tuple[SoupSettings, SoupState]:
    config = configs.override(SoupSettings(), {"n_programs": N, "tape_length": LENGTH, "tokens": True, **values})
    state = SOUP.init(config, Streams(0))
    return config, SOUP.advance(config, state, Streams(0), 0, t)[0] if t else state


def after(config: Any, state: SoupState, t: int, name: str, **values: Any) -> SoupState:
    checked = interventions.arguments(SOUP.interventions, name, values)
    return SOUP.interventions[name].apply(config, state, Streams(0), t, checked)


CHANGES = st.one_of(
    st.tuples(
        st.just("plant"),
        st.fixed_dictionaries(
            {
                "program": st.binary(min_size=1, max_size=LENGTH).map(lambda raw: f"hex:{raw.hex()}"),
                "place": st.integers(0, N - 1),
                "copies": st.integers(1, N),
            }
        ),
    ),
    st.tuples(
        st.just("poke"),
        st.fixed_dictionaries(
            {
                "place": st.integers(0, N - 1),
                "offset": st.integers(0, LENGTH - 1),
                "byte": st.integers(0, 255),
            }
        ),
    ),
    st.tuples(st.just("scatter"), st.fixed_dictionaries({"n_bytes": st.integers(1, 400)})),
    st.tuples(
        st.just("clear"), st.fixed_dictionaries({"place": st.integers(0, N - 1), "n_programs": st.integers(1, N)})
    ),
)


@settings(max_examples=60, deadline=None)
@given(change=CHANGES, t=st.integers(0, 5), tokens=st.booleans())
def test_a_change_keeps_the_structure_and_touches_nothing_else(
    change: tuple[str, dict[str, Any]], t: int, tokens: bool
) -> None:
    name, values = change
    config, state = moment(2, tokens=tokens)
    before = {path: array.copy() for path, array in tree.to_arrays(state).items()}
    found = after(config, state, t, name, **values)
    assert tree.same_bits(state, tree.from_arrays(state, before)), "the state that was given has changed"
    tree.from_arrays(state, tree.to_arrays(found))
    touched = expected_places(name, values)
    differs = np.flatnonzero((found.soup != state.soup).reshape(-1))
    if touched is not None:
        assert set(differs.tolist()) <= touched
    if not tokens:
        assert found.tokens is None
        return
    assert state.tokens is not None
    assert found.tokens is not None
    new = np.flatnonzero((found.tokens != state.tokens).reshape(-1))
    assert set(differs.tolist()) <= set(new.tolist()) | set(np.flatnonzero(state.tokens.reshape(-1) >> 32 == t + 1))
    epochs, positions = origin(found.tokens.reshape(-1)[new])
    assert (epochs == t + 1).all()
    assert (positions == new).all()
    if touched is not None and t >= 2:
        assert set(new.tolist()) == touched


def expected_places(name: str, values: dict[str, Any]) -> set[int] | None:
    """Positions that a change writes; None where chance says."""
    if name == "poke":
        return {values["place"] * LENGTH + values["offset"]}
    if name == "plant":
        n = len(bytes.fromhex(values["program"][4:]))
        return {(values["place"] + k) % N * LENGTH + i for k in range(values["copies"]) for i in range(n)}
    if name == "clear":
        return {(values["place"] + k) % N * LENGTH + i for k in range(values["n_programs"]) for i in range(LENGTH)}
    return None


def test_what_is_planted_stands_there() -> None:
    config, state = moment()
    found = after(config, state, 0, "plant", program="[[{.>]-]", place=15, copies=2)
    for place in (15, 0):
        assert found.soup[place].tobytes() == b"[[{.>]-]" + state.soup[place, 8:].tobytes()
    assert after(config, state, 0, "plant", program="hex:5B 5d").soup[0, :2].tobytes() == b"[]"
    assert after(config, state, 0, "plant", program="[]", language="bff_noheads").soup[0, :2].tobytes() == b"[]"


def test_scattered_bytes_follow_from_seed_epoch_and_soup() -> None:
    config, state = moment(n_programs=256, tape_length=64)
    one = after(config, state, 0, "scatter", n_bytes=2000)
    assert tree.same_bits(one, after(config, state, 0, "scatter", n_bytes=2000))
    changed = np.flatnonzero((one.soup != state.soup).reshape(-1))
    assert 1700 < len(changed) < 2000
    assert np.ptp(changed) > 0.95 * state.soup.size
    assert len(np.unique(one.soup.reshape(-1)[changed])) == 256
    again = after(config, one, 0, "scatter", n_bytes=2000)
    assert (again.soup != one.soup).sum() > 1600
    later = after(config, state, 1, "scatter", n_bytes=2000)
    assert (later.soup != one.soup).sum() > 1600


def test_of_two_scattered_bytes_on_one_place_the_later_stays() -> None:
    config, state = moment(n_programs=2, tokens=False)
    found = after(config, state, 0, "scatter", n_bytes=3000)
    few = [after(config, state, 0, "scatter", n_bytes=n).soup.reshape(-1) for n in range(2990, 3001)]
    steps = [np.flatnonzero(one != other) for one, other in itertools.pairwise(few)]
    assert all(len(step) <= 1 for step in steps)
    assert sum(len(step) for step in steps) >= 9
    assert few[-1].tobytes() == found.soup.tobytes()


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        (
            "plant",
            {"program": "[]", "place": 16},
            "place=16 is no program of this soup: it has 0 to 15; the nearest is 15",
        ),
        ("plant", {"program": "+" * 17}, "has 17 bytes, and there is room for 16"),
        ("plant", {"program": ""}, "The program to plant is empty"),
        ("plant", {"program": "hex:5"}, "The number of digits after hex: is odd, 1"),
        ("plant", {"program": "copy me"}, "bff_noheads has no glyph 'c'"),
        ("plant", {"program": "[]", "copies": 17}, "17 copies do not fit: the soup has 16 programs"),
        ("plant", {"program": "hex:00", "language": "z80"}, "This is a program of z80, and here bff_noheads runs"),
        (
            "poke",
            {"place": 0, "offset": 16, "byte": 1},
            "offset=16 is no byte of a program of this soup: it has 0 to 15",
        ),
        ("poke", {"place": 99, "offset": 0, "byte": 1}, "place=99 is no program"),
        ("clear", {"place": 99}, "place=99 is no program"),
        ("clear", {"n_programs": 17}, "clear at most 16"),
    ],
)
def test_what_does_not_fit_is_a_sentence(name: str, values: dict[str, Any], sentence: str) -> None:
    config, state = moment()
    with pytest.raises(BadInputError, match=sentence):
        after(config, state, 0, name, **values)


def test_arguments_are_checked_before() -> None:
    for name, values, error in (
        ("poke", {"place": 0, "offset": 0, "byte": 256}, ConfigError),
        ("poke", {"place": 0, "offset": 0}, ConfigError),
        ("scatter", {"n_bytes": 0}, ConfigError),
        ("plont", {}, UnknownNameError),
    ):
        with pytest.raises(error):
            interventions.arguments(SOUP.interventions, name, values)


def test_a_planted_program_keeps_its_tokens_while_it_is_copied() -> None:
    """The tokens of what is planted are those that an organism of the settings gets at the same epoch."""
    planted = "[[{.>]-]"
    given = {"tape_length": 64, "n_programs": 64, "mutation_rate": 0.0}
    with_organism, _ = moment(**given, organism=planted, organism_epoch=3, organism_place=7)
    config, state = moment(3, **given)
    found = after(config, state, 3, "plant", program=planted, place=7)
    ours, _ = SOUP.advance(config, found, Streams(0), 3, 4)
    theirs, _ = SOUP.advance(with_organism, SOUP.init(with_organism, Streams(0)), Streams(0), 0, 7)
    assert tree.same_bits(ours, theirs)
    assert dataclasses.replace(ours, tokens=None).tokens is None


def test_a_long_tape_is_planted_and_cleared_across_its_end() -> None:
    experiment: Any = load("life/i8080-long-tape")
    config = configs.from_dict(experiment.Config, {"tape_length": 256})
    state = experiment.init(config, Streams(0))

    def change(name: str, **values: Any) -> Any:
        checked = interventions.arguments(experiment.interventions, name, values)
        return experiment.interventions[name].apply(config, state, Streams(0), 3, checked).tape

    planted = change("plant", program="hex:01 C5", place=253, copies=2, language="i8080")
    assert np.roll(planted, 3)[:4].tobytes() == bytes.fromhex("01c501c5")
    assert planted[1:253].tobytes() == state.tape[1:253].tobytes()
    cleared = change("clear", place=255, n_bytes=2)
    assert cleared[255] == cleared[0] == 0
    assert cleared[1:255].tobytes() == state.tape[1:255].tobytes()
    for name, values, sentence in (
        ("plant", {"program": "hex:00", "place": 256}, "place=256 is no byte of this tape: it has 0 to 255"),
        ("plant", {"program": "hex:00", "copies": 257}, "257 bytes do not fit on a tape of 256"),
        ("plant", {"program": "hex:00", "language": "z80"}, "a program of z80, and here i8080 runs"),
        ("plant", {"program": ""}, "is empty"),
        ("clear", {"n_bytes": 300}, "300 bytes do not fit"),
    ):
        with pytest.raises(BadInputError, match=sentence):
            change(name, **values)


PLAN = (
    (0, "plant", {"program": "hex:5B5B7B2E3E5D2D5D", "place": 3, "copies": 2}),
    (5, "scatter", {"n_bytes": 64}),
    (5, "scatter", {"n_bytes": 64}),
    (5, "set", {"settings": {"mutation_rate": 0.01}}),
    (9, "clear", {"place": 60, "n_programs": 8}),
    (9, "poke", {"place": 1, "offset": 2, "byte": 91}),
)


def steered(root: Path, values: dict[str, Any]) -> RunFolder:
    """A run to which the plan is done by somebody in a second thread, who then leaves."""
    helm, config = Helm(paused=True), configs.from_dict(SoupSettings, {"n_programs": 64, "max_steps": 32, **values})

    def order() -> None:
        try:
            for t, name, arguments in PLAN:
                while (newest := helm.ring.newest()) is None or helm.mode == "playing":
                    time.sleep(0.001)
                if t > newest.t:
                    helm.step(t - newest.t)
                    while helm.ring.newest().t < t or helm.mode == "playing":
                        time.sleep(0.001)
                helm.intervene(name, arguments)
        finally:
            helm.leave("all is done")

    thread = threading.Thread(target=order, daemon=True)
    thread.start()
    plan = schedule.make(SOUP, {"steps": 12, "every": 4, "checkpoint_every": 6})
    outcome = launch.start(SOUP, config, plan, root=root, address="life/soup", helm=helm)
    thread.join(60)
    assert (outcome.step, outcome.reason) == (9, "all is done")
    return outcome.folder


def test_a_run_that_was_changed_replays_to_the_same_bits(root: Path) -> None:
    run = open_run(steered(root, {"tokens": True, "language": "z80", "tape_length": 16, "world": "grid"}))
    state, config = SOUP.init(run.config, Streams(0)), run.config
    for t in range(13):
        for _, name, arguments in [entry for entry in PLAN if entry[0] == t]:
            if name == "set":
                config = configs.override(config, arguments["settings"])
            else:
                state = after(config, state, t, name, **arguments)
        assert tree.same_bits(launch.moment_at(run, t).state, state)
        state, _ = SOUP.step(config, state, Streams(0), t)
