"""Random search: the draws, the preliminary test and the counts, against a plain version in Python's own numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_bff
from primordia.core import config as configs
from primordia.core import threads
from primordia.core.errors import ConfigError
from primordia.core.findings import Table, Text
from primordia.core.intervals import binomial_cdf
from primordia.core.registry import load
from primordia.core.streams import Streams
from primordia.life import search
from primordia.life.claims import random_search as claims
from primordia.life.experiments.random_search import SHELF, RandomSearch, SearchConfig
from primordia.life.microscope import dissect
from primordia.life.replicators import FOLLOW_UP, STRICT_SCORE
from primordia.life.substrates import FAMILIES, substrate

SEARCH = RandomSearch()
SMALL = configs.override(SearchConfig(), SEARCH.presets["small"].config)
MASK = (1 << 64) - 1


def mix(x: int) -> int:
    z = (x + 0x9E3779B97F4A7C15) & MASK
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return z ^ (z >> 31)


def plain_step(program: list[int], fresh: bool, place: int, rate: float, words: list[int], lists) -> list[int]:
    """The program of one place after a step, read off the docstrings."""
    program = list(program)
    base = mix((words[0] + place) & MASK) ^ words[1]
    for i in range(len(program)):
        word = mix((base + i) & MASK)
        if fresh or word >> 32 < round(rate * 2**32):
            chosen = lists[0] if word >> 31 & 1 else lists[1]
            program[i] = chosen[(word & (2**31 - 1)) * len(chosen) >> 31]
    return program


def take_step(programs, fresh, name="cust64", rate=1.0, seed=0, t=0, language="bff_selfmove"):
    return search.step(
        language,
        programs,
        fresh,
        distribution=search.distribution(language, name, 64),
        replacement_rate=rate,
        streams=Streams(seed),
        t=t,
        max_steps=8192,
        detector=FOLLOW_UP,
    )


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**64 - 1),
    t=st.integers(0, 1000),
    name=st.sampled_from(search.DISTRIBUTIONS),
    rate=st.sampled_from([0.0, 0.005, 0.02, 0.5, 1.0]),
)
def test_draws_are_those_of_the_plain_version(seed: int, t: int, name: str, rate: float) -> None:
    streams = Streams(seed)
    start = streams.integers("start", 0, 8 * 64, 256).astype(np.uint8).reshape(8, 64)
    fresh = np.array([False, True] * 4)
    ran = take_step(start, fresh, name, rate, seed, t)
    words = [*streams.words("programs", t), *streams.words("partners", t)]
    distribution = search.distribution("bff_selfmove", name, 64)
    lists = distribution.heads.tolist(), distribution.tails.tolist()
    wanted = [plain_step(start[k].tolist(), bool(fresh[k]), k, rate, words, lists) for k in range(8)]
    assert ran.programs.tolist() == wanted


def test_the_preliminary_test_is_that_of_the_plain_interpreter() -> None:
    """Which programs of a step are put to the test, with the slow twin of the language running them."""
    n, t = 2000, 3
    ran = take_step(np.zeros((n, 64), np.uint8), np.ones(n, bool), t=t)
    words = Streams(0).words("partners", t)
    busy = 0
    rules = plain_bff.rules("bff_selfmove")
    for k, program in enumerate(ran.programs):
        base = mix((words[0] + k) & MASK) ^ words[1]
        partner = [max(1, mix((base + i) & MASK) >> 8 * j & 255) for i in range(0, 64, 8) for j in range(8)]
        tape = np.array([*program, *partner], np.uint8)
        plain_bff.compiled().execute(tape, 8192, *rules)
        busy += (tape[64:] != partner).sum() >= 32
    assert ran.busy == busy > 20


@pytest.mark.parametrize("language", FAMILIES["bff"])
def test_distributions_hold_every_byte_once_on_one_side(language: str) -> None:
    operators = set(substrate(language).notation.opcodes)
    cust = search.distribution(language, "cust", 64)
    assert set(cust.heads.tolist()) == operators
    assert sorted([*cust.heads, *cust.tails]) == list(range(256))
    more = search.distribution(language, "cust64", 64)
    assert set(more.heads.tolist()) == operators | {64}
    assert sorted([*more.heads, *more.tails]) == list(range(256))
    uniform = search.distribution(language, "uniform", 64)
    assert uniform.heads.tolist() == uniform.tails.tolist() == list(range(256))


def test_bytes_come_as_often_as_the_distribution_says() -> None:
    programs = take_step(np.zeros((20_000, 64), np.uint8), np.ones(20_000, bool)).programs
    counts = np.bincount(programs.ravel(), minlength=256)
    for values, share in (((*range(7), 64), 1 / 16), ((7, 100, 255), 1 / 496)):
        for value in values:
            expected = programs.size * share
            assert abs(counts[value] - expected) < 5 * expected**0.5


def test_a_replicator_is_found_counted_and_shown() -> None:
    """A batch of claim V29: every found program scores 48 or more again, and the count is that of the claim."""
    config = configs.override(SMALL, {"n_programs": 50_000})
    streams, state = Streams(0), SEARCH.init(config, Streams(0))
    assert SEARCH.findings(config, state, streams, 0)[0].text == "None found yet."
    t = 0
    while not state.counts[2]:
        state, row = SEARCH.step(config, state, streams, t)
        t += 1
    assert row["found_in_step"] == state.counts[2] == state.fresh.sum()
    assert state.shelf_scores[0] >= 48
    assert state.shelf_steps[0] == t
    row = SEARCH.measure(config, state, streams, t)
    assert row["programs_tested"] == 50_000 * t
    assert row["per_million_low"] < row["replicators_per_million"] < row["per_million_high"]
    assert SEARCH.transitions["appearance"].crossed(row)
    table, listing = SEARCH.findings(config, state, streams, t)
    assert isinstance(table, Table)
    assert isinstance(listing, Text)
    assert bytes.fromhex(table.rows[0][4]) == state.shelf[0].tobytes()
    assert "copy the byte at head1 to head0" in listing.text
    measured = claims.replicator_count(
        {**next(claim for claim in claims.CLAIMS if claim.id == "V29").setup, "batches": t}
    )
    assert measured.value == state.counts[2]
    assert measured.evidence["replicators"][0] == state.shelf[0].tobytes().hex()


@pytest.mark.parametrize(("seed", "count"), [(2, 1), (6, 2)])
def test_random_programs_that_count_as_replicators_start_with_their_heads_apart(seed: int, count: int) -> None:
    """A batch of claim V29 with another seed: every hit puts head 0 in the other half, head 1 in its own."""
    setup = next(claim for claim in claims.CLAIMS if claim.id == "V29").setup
    measured = claims.replicator_count({**setup, "seed": seed, "batches": 1})
    assert measured.value == count
    for text in measured.evidence["replicators"]:
        program = np.frombuffer(bytes.fromhex(text), np.uint8)
        assert (program[:2] % 128).tolist() == [64, 0]
        assert dissect("bff_selfmove", program).score >= STRICT_SCORE


def test_a_found_walker_starts_anew_and_others_walk_on() -> None:
    config = configs.override(SMALL, {"replacement_rate": 0.02})
    streams, state = Streams(4), SEARCH.init(SMALL, Streams(4))
    state, _ = SEARCH.step(config, state, streams, 0)
    state.fresh[7] = True
    after, _ = SEARCH.step(config, state, streams, 1)
    changed = (after.programs != state.programs).mean(axis=1)
    assert changed[7] > 0.8
    assert 0.01 < np.delete(changed, 7).mean() < 0.03


def test_threads_do_not_matter() -> None:
    outcomes = []
    for n_threads in (1, 3):
        threads.limit(n_threads)
        try:
            ran = take_step(np.zeros((3000, 64), np.uint8), np.ones(3000, bool))
        finally:
            threads.limit(None)
        outcomes.append((ran.programs.tobytes(), ran.busy, ran.hits.tolist()))
    assert outcomes[0] == outcomes[1]


def test_the_shelf_keeps_the_first_finds_and_the_count_goes_on() -> None:
    config = configs.override(SMALL, {"n_programs": 50_000})
    streams, state = Streams(0), SEARCH.init(config, Streams(0))
    state.counts[:] = 1000, 10, SHELF
    state.shelf[:] = 9
    t, before = 0, state
    while state.counts[2] == SHELF:
        state, _ = SEARCH.step(config, state, streams, t)
        t += 1
    assert np.array_equal(state.shelf, before.shelf)
    assert before.counts[2] == SHELF


def test_regions_are_the_99_percent_range_at_the_published_density() -> None:
    densities = {"V29": 9.4e4, "V30": 4.5e5, "V31": 2.9e7, "V29-walk-50": 5.2e5, "V29-walk-200": 1.9e6}
    for claim in claims.CLAIMS:
        if claim.id in densities:
            tested, rate = claim.setup["batch"] * claim.setup["batches"], 1 / densities[claim.id]
            low = next(k for k in range(100) if binomial_cdf(k, tested, rate) > 0.005)
            high = next(k for k in range(100) if binomial_cdf(k, tested, rate) >= 0.995)
            assert (claim.expected.low, claim.expected.high) == (low, high)


def test_it_is_registered() -> None:
    assert isinstance(load("life/random-search"), RandomSearch)
    assert len({claim.id for claim in claims.CLAIMS}) == len(claims.CLAIMS)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("distribution", "cust46", "the nearest is cust64"),
        ("replacement_rate", 1.5, "the nearest is 1"),
        ("detector", "author", "the nearest is authors"),
        ("language", "subleq", "one of bff_noheads"),
    ],
)
def test_bad_settings_are_refused_with_the_nearest_good_one(key: str, value: object, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        configs.override(SearchConfig(), {key: value})
