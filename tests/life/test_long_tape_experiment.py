"""The experiment life/i8080-long-tape: what it promises beyond the contract."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from primordia.core import config as configs
from primordia.core.errors import ConfigError
from primordia.core.registry import load
from primordia.core.streams import Streams
from primordia.life.claims import long_tape_measuring as measuring
from primordia.life.claims.long_tape import CLAIMS
from primordia.life.experiments.i8080_long_tape import LongTape, LongTapeConfig, LongTapeState
from primordia.life.long_tape.languages import LANGUAGES
from primordia.life.substrates import CLASSES

EXPERIMENT = LongTape()
SMALL = configs.override(LongTapeConfig(), EXPERIMENT.presets["small"].config)


def state_of(tape: np.ndarray) -> LongTapeState:
    return LongTapeState(tape, np.array(0, np.int64), np.array(0, np.int64))


def test_it_is_registered_with_every_language() -> None:
    assert isinstance(load("life/i8080-long-tape"), LongTape)
    assert set(EXPERIMENT.variants) == set(LANGUAGES)


def test_looking_it_up_compiles_and_draws_nothing() -> None:
    code = (
        "import sys; from primordia.core.registry import load; load('life/i8080-long-tape');"
        "print(sorted({'numba', 'matplotlib', 'jax'} & sys.modules.keys()))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("tape_length", 1000, "a power of two from 256 to 65"),
        ("tape_length", 131_072, "the nearest is 65"),
        ("n_starts", 0, "the nearest is 1"),
        ("limit", 0, "the nearest is 1"),
        ("mutation_interval", -1, "the nearest is 0"),
        ("mutate_to", "noise", "one of bytes, instructions"),
        ("first_tape", "ones", "one of bytes, instructions, zeros"),
        ("language", "i8085", "the nearest is i8080"),
        ("head_offset", -1, "the nearest is 0"),
    ],
)
def test_bad_settings_are_refused_with_what_is_allowed(key: str, value: object, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        configs.override(LongTapeConfig(), {key: value})
    assert str(value) in str(caught.value)


@pytest.mark.parametrize(
    ("language", "own"),
    [
        ("i8080", (1000, 0, "bytes", "bytes")),
        ("bff_long", (5000, 10_000, "instructions", "zeros")),
        ("forth2", (1000, 400_000, "instructions", "instructions")),
    ],
)
def test_a_setting_that_is_none_is_the_languages_own(language: str, own: tuple[object, ...]) -> None:
    config = configs.override(LongTapeConfig(), {"language": language})
    names = ("limit", "mutation_interval", "mutate_to", "first_tape")
    assert tuple(config.own(name) for name in names) == own
    assert configs.override(config, {"limit": 77}).own("limit") == 77


def test_the_limit_and_the_first_tape_are_used() -> None:
    config = configs.override(SMALL, {"limit": 40, "first_tape": "zeros"})
    streams = Streams(0)
    state = EXPERIMENT.init(config, streams)
    assert not state.tape.any()
    state, row = EXPERIMENT.step(config, state, streams, 0)
    assert row["steps_per_start"] == 11  # four clock periods a NOP, as long as no more than 40 are used
    assert row["operations_per_start"] == 0
    assert row["total_steps"] == int(state.steps) == 11 * config.n_starts


def test_planted_pairs_are_measured_and_cross_the_line() -> None:
    tape = np.frombuffer(np.random.default_rng(0).bytes(4096), np.uint8).copy()
    tape[:2048] = np.tile(np.array([0x01, 0xC5], np.uint8), 1024)
    row = EXPERIMENT.measure(SMALL, state_of(tape), Streams(0), 0)
    assert row["pair_share"] == 0.5
    assert row["repeat_share"] == pytest.approx(0.5, abs=0.01)
    assert row["string_share"] < 0.01
    assert row["main_period"] == 2
    assert row["main_period_share"] == pytest.approx(0.5, abs=0.01)
    assert EXPERIMENT.transitions["pairs"].crossed(row)
    noise = EXPERIMENT.measure(SMALL, state_of(np.arange(256, dtype=np.uint8)), Streams(0), 0)
    assert (noise["main_period"], noise["main_period_share"], noise["pair_share"]) == (0, 0.0, 0.0)
    young = EXPERIMENT.measure(SMALL, EXPERIMENT.init(SMALL, Streams(0)), Streams(0), 0)
    assert not any(transition.crossed(young) for transition in EXPERIMENT.transitions.values())


@pytest.mark.parametrize(("language", "n_rounds", "transition"), [("i8080", 140, "pairs"), ("bff_long", 24, "copies")])
def test_life_appears(language: str, n_rounds: int, transition: str) -> None:
    """Seed 0 at full size: 01 C5 on the 8080, loops out of zeros and mutations in BFF."""
    config, streams = configs.override(LongTapeConfig(), {"language": language}), Streams(0)
    state = EXPERIMENT.init(config, streams)
    line = EXPERIMENT.transitions[transition]
    assert not line.crossed(EXPERIMENT.measure(config, state, streams, 0))
    state, _ = EXPERIMENT.advance(config, state, streams, 0, n_rounds)
    assert line.crossed(EXPERIMENT.measure(config, state, streams, n_rounds))
    if language == "i8080":
        assert EXPERIMENT.findings(config, state, streams, n_rounds)[1].rows[0][0] in ("01 C5", "C5 01")


@pytest.mark.parametrize("length", [256, 512, 2048, 65_536])
def test_views_show_every_byte(length: int) -> None:
    tape = np.tile(np.array([0x01, 0xC5], np.uint8), length // 2)
    tape[0] = 0x76
    pictures = {name: view.pixels(LongTapeConfig(), state_of(tape), name) for name, view in EXPERIMENT.views.items()}
    assert pictures["tape"].size == pictures["repeats"].size == length
    assert pictures["tape"].flat[0] == CLASSES.index("other")
    assert set(np.unique(pictures["tape"])) == {CLASSES.index(name) for name in ("other", "head0", "copy")}
    assert EXPERIMENT.views["repeats"].palette[pictures["repeats"].flat[length // 2]].meaning == "period 2"


CHEAP = {claim.id: claim for claim in CLAIMS if claim.id.endswith(("unit", "start"))}


@pytest.mark.parametrize("claim", CHEAP.values(), ids=CHEAP)
def test_cheap_claims_hold(claim: object) -> None:
    measured = claim.measure(claim.setup)
    assert claim.expected.holds(measured.value), measured


@pytest.mark.thorough
def test_pairs_and_loops_are_told_apart() -> None:
    """Seed 17 is taken over by 01 C5 after 70 rounds; seed 12 is not within ten, and then there is nothing to say."""
    quick = {"seeds": (17,), "most_rounds": 80, "every": 10, "starts": 256}
    pairs = measuring.pair_takeovers(quick)
    assert (pairs.value, pairs.note) == (1, "of 1 seeds; c5 01")
    assert measuring.looping_share(quick).value < 0.05
    none = {**quick, "seeds": (12,), "most_rounds": 10}
    assert measuring.pair_takeovers(none).value == 0
    assert np.isnan(measuring.looping_share(none).value)


@pytest.mark.slow
def test_loops_need_the_offset() -> None:
    setup = {"seeds": (0,), "head_offsets": (12, 0), "most_rounds": 24, "every": 4, "shortest": 9}
    found = measuring.loops_by_offset(setup)
    assert (found.value, found.evidence) == (1, {"12": [24], "0": [None]})


def test_a_jump_that_does_not_come_is_no_number() -> None:
    setup = {"seed": 10, "most_rounds": 20, "every": 10, "after": 20}
    assert np.isnan(measuring.forth_takeover(setup).value)
    assert np.isnan(measuring.forth_steps_after(setup).value)
