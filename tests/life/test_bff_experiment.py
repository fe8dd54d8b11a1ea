"""The experiment life/bff: what it promises beyond the contract."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from primordia.core import config as configs
from primordia.core.errors import ConfigError, UnknownNameError
from primordia.core.findings import Picture, Table, Text
from primordia.core.registry import load
from primordia.core.streams import Streams
from primordia.life.experiments.bff import LANGUAGES, Bff, BffConfig
from primordia.life.experiments.soups import SoupState
from primordia.life.golden import FIG4_REPLICATOR
from primordia.life.soup import random_soup
from primordia.life.substrates import FAMILIES

BFF = Bff()
SMALL = configs.override(BffConfig(), BFF.presets["small"].config)


def seeded_state(copies: int = 100) -> SoupState:
    soup = random_soup(0, 256, 64)
    soup[:copies] = np.frombuffer(FIG4_REPLICATOR, np.uint8)
    return SoupState(soup)


def test_it_is_registered_with_every_language() -> None:
    assert isinstance(load("life/bff"), Bff)
    assert set(LANGUAGES) == set(FAMILIES["bff"]) == set(BFF.variants) - {"tokens"}


def test_looking_it_up_compiles_and_draws_nothing() -> None:
    code = (
        "import sys; from primordia.core.registry import load; load('life/bff');"
        "print(sorted({'numba', 'matplotlib', 'jax'} & sys.modules.keys()))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("n_programs", 7, "even number"),
        ("n_programs", 0, "even number from 2"),
        ("tape_length", 48, "a power of two from 16 to 1024"),
        ("tape_length", 2048, "the nearest is 1024"),
        ("mutation_rate", -0.1, "from 0 to 1"),
        ("mutation_rate", 1.5, "the nearest is 1"),
        ("max_steps", 0, "the nearest is 1"),
        ("language", "bff_nohead", "the nearest is bff_noheads"),
        ("seed", -1, "the nearest is 0"),
    ],
)
def test_bad_settings_are_refused_with_the_nearest_good_one(key: str, value: object, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        configs.override(BffConfig(), {key: value})
    assert str(value) in str(caught.value)


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'n_programs'"):
        configs.override(BffConfig(), {"n_program": 8})


@pytest.mark.parametrize("tape_length", [16, 32, 64])
@pytest.mark.parametrize("n", [1, 5])
def test_advance_is_steps_and_changes_no_given_state(tape_length: int, n: int) -> None:
    config = configs.override(SMALL, {"tape_length": tape_length, "mutation_rate": 0.01})
    streams = Streams(3)
    start = BFF.init(config, streams)
    kept = start.soup.copy()
    state, row = start, {}
    for t in range(n):
        state, row = BFF.step(config, state, streams, t)
    at_once, row_at_once = BFF.advance(config, start, streams, 0, n)
    assert np.array_equal(state.soup, at_once.soup)
    assert row == row_at_once
    assert np.array_equal(start.soup, kept)
    assert not np.array_equal(start.soup, state.soup)


def test_every_metric_is_declared_and_measured() -> None:
    streams, carrying = Streams(1), configs.override(SMALL, {"tokens": True})
    state, row = BFF.step(carrying, BFF.init(carrying, streams), streams, 0)
    assert {*row, *BFF.measure(carrying, state, streams, 1)} == set(BFF.metrics)


def test_planted_replicators_are_measured() -> None:
    row = BFF.measure(SMALL, seeded_state(128), Streams(0), 0)
    assert 0.35 < row["replicator_share"] < 0.65
    assert row["mean_replication_score"] == pytest.approx(64 * row["replicator_share"], abs=2)
    assert row["top_program_count"] == 128
    assert BFF.transitions["appearance"].crossed(row)
    assert BFF.transitions["takeover"].crossed(row)


def test_a_young_soup_has_crossed_no_line() -> None:
    streams = Streams(0)
    row = BFF.measure(SMALL, BFF.init(SMALL, streams), streams, 0)
    assert not any(transition.crossed(row) for transition in BFF.transitions.values())


def test_findings_name_the_replicator_and_its_core() -> None:
    found = {finding.title: finding for finding in BFF.findings(SMALL, seeded_state(), Streams(0), 9)}
    portrait = found["The replicator"]
    assert isinstance(portrait, Text)
    assert "[[{.>]-]" in portrait.text
    assert "score      64 of 64" in portrait.text
    assert "on zeros   64 bytes arrive from right to left, one every 4 steps" in portrait.text
    assert "copies     100 of 256" in portrait.text
    outcomes = found["What it does to its partner"]
    assert isinstance(outcomes, Table)
    assert outcomes.rows[0][:4] == ("zeros", "first", 1, 1.0)
    film = found["A copy in the making"]
    assert isinstance(film, Picture)
    assert film.pixels.max() < len(film.palette)
    assert film.pixels.shape[1] == 4 * 128
    table = found["Most frequent programs"]
    assert isinstance(table, Table)
    assert table.rows[0][1:4] == (100, 0.390625, 64)


def test_findings_say_when_there_is_no_replicator() -> None:
    streams = Streams(0)
    doubts, first = BFF.findings(SMALL, BFF.init(SMALL, streams), streams, 0)[:2]
    assert isinstance(doubts, Text)
    assert isinstance(first, Text)
    assert doubts.title == "Before you call it life"
    assert first.text == "None found."


@pytest.mark.parametrize("language", LANGUAGES)
def test_findings_are_pure_in_every_language(language: str) -> None:
    config = configs.override(SMALL, {"language": language, "n_programs": 64})
    streams = Streams(2)
    state = BFF.init(config, streams)
    first, second = (BFF.findings(config, state, streams, 3) for _ in range(2))
    assert [repr(finding) for finding in first] == [repr(finding) for finding in second]
