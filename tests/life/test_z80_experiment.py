"""life/z80: its numbers, its findings and the claims that take a moment."""

from __future__ import annotations

import json

import numpy as np
import pytest

from primordia.core.streams import Streams
from primordia.life.claims.z80 import BLOCK_COPIER, CLAIMS, PUSHER, SAMPLE, course, sampled_replicators, ways
from primordia.life.experiments.soups import SoupState
from primordia.life.experiments.z80 import Z80, Z80Config
from primordia.life.soup import random_soup
from primordia.life.substrates.z80_writers import way_of, writers

CHEAP = ("V33", "V33-block")


def program(text: str) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(text).ljust(16, b"\0"), np.uint8)


@pytest.mark.parametrize(
    ("text", "found", "way"),
    [
        (PUSHER.hex(), None, "stack"),
        (BLOCK_COPIER.hex(), {"LDIR": 16}, "block"),
        ("3E 07 32 10 00 32 11 00 76", {"LD": 2}, "single"),
        ("21 10 00 34 34 76", {}, "none"),
        ("31 14 00 E5 21 12 00 DD E5 76", {"PUSH": 4}, "stack"),
        ("31 10 00 21 34 12 E3 76", {"EX": 2}, "stack"),
        ("11 10 00 ED A0 ED A8 76", {"LDI": 1, "LDD": 1}, "block"),
        ("31 14 00 FF" + "00" * 4 + "76", {"RST": 2}, "stack"),
    ],
)
def test_what_writes_the_partner(text: str, found: dict[str, int] | None, way: str) -> None:
    # A stop in the partner keeps it from writing itself; RST 38 goes to its place 24.
    partner = np.full((1, 16), 0x76, np.uint8)
    measured = writers(program(text), partner, 18)
    assert found is None or measured == found
    assert way_of(measured) == way


def test_a_soup_of_copiers_is_told_from_noise() -> None:
    noise = random_soup(3, 2048, 16)
    assert len(sampled_replicators(noise, Streams(0), 5, 128)) == 0
    assert ways(noise, Streams(0), 5, 128) == []
    copiers = np.tile(np.frombuffer(PUSHER, np.uint8), (2048, 1))
    copiers[1::2] = program("11 10 00 01 10 00 ED B0")
    assert len(sampled_replicators(copiers, Streams(0), 5, 128)) > 0.95 * SAMPLE
    rows = ways(copiers, Streams(0), 5, 128)
    assert {row[0]: row[2] for row in rows} == {
        "stack": PUSHER.hex(" ").upper(),
        "block": BLOCK_COPIER.hex(" ").upper(),
    }


def test_a_soup_of_smears_is_no_life() -> None:
    """RST 38 pushes addresses until it has overwritten itself: the authors' threshold counts what it leaves behind."""
    smears = np.tile(np.array([0x00, 0x41], np.uint8), (2048, 8))
    assert len(sampled_replicators(smears, Streams(0), 5, 128)) == 0


@pytest.mark.parametrize("tape_length", [16, 32])
def test_a_row_and_the_findings(tape_length: int) -> None:
    experiment, config = Z80(), Z80Config(n_programs=1024, tape_length=tape_length)
    streams = Streams(0)
    state = experiment.init(config, streams)
    state, row = experiment.advance(config, state, streams, 0, 3)
    row |= experiment.measure(config, state, streams, 3)
    assert set(row) <= set(experiment.metrics)
    assert row["strict_replicator_share"] == 0
    assert 0 < row["operations_per_interaction"] <= 128
    assert 0 < row["interactions"] < 512
    table = experiment.findings(config, state, streams, 3)[-1]
    assert table.title == "How the replicators copy"
    assert table.rows == ()


@pytest.mark.parametrize(("code", "way"), [(PUSHER, "stack"), (BLOCK_COPIER, "block")])
def test_planted_copiers_spread(code: bytes, way: str) -> None:
    """From a quarter of a small grid, without mutation, to two fifths and more; the way of copying stays."""
    experiment, config, streams = Z80(), Z80Config(n_programs=1024, mutation_rate=0.0), Streams(0)
    soup = random_soup(0, 1024, 16)
    soup[::4] = np.frombuffer(code, np.uint8)
    state, _ = experiment.advance(config, SoupState(soup), streams, 0, 20)
    assert experiment.measure(config, state, streams, 20)["strict_replicator_share"] > 0.4
    assert [row[0] for row in ways(state.soup, streams, 20, 128)] == [way]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_a_claim_says_what_where_and_why(claim) -> None:
    assert claim.statement.endswith(".")
    assert claim.source
    assert claim.expected.why
    json.dumps(dict(claim.setup))
    if claim.id in CHEAP:
        measured = claim.measure(claim.setup)
        assert claim.expected.holds(measured.value), measured
        json.dumps(dict(measured.evidence))


def test_a_course_ends_at_its_limit_or_at_the_first_replicators() -> None:
    setup = {"n_programs": 256, "tape_length": 16, "mutation_rate": 2.0**-9, "max_steps": 128, "epochs": 4, "every": 2}
    assert course(setup, 0, None) == {"seed": 0, "epoch": None, "strict": 0, "ways": {}}


@pytest.mark.parametrize("preset", Z80.presets)
def test_presets_fit(preset: str) -> None:
    chosen = Z80.presets[preset]
    config = Z80Config(**chosen.config)
    assert Z80().world(config).check(config.n_programs) is None
