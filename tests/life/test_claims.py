"""The claims of life/bff: well formed, and the cheap ones hold here and now (the rest is for `primordia verify`)."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from primordia.core.claims import Claim, Frequency
from primordia.core.intervals import binomial_cdf
from primordia.core.registry import load
from primordia.core.streams import Streams
from primordia.engine import launch
from primordia.life.claims import measuring
from primordia.life.claims.bff import CLAIMS
from primordia.life.claims.forth import CLAIMS as FORTH
from primordia.life.experiments import worlds
from primordia.life.golden import EVALUATOR_VECTORS, FIG4_REPLICATOR
from primordia.life.soup import random_soup

CHEAP = ("V06", "V07", "V08", "V08-score", "V08-bff", "V12")


def test_ids_are_unique() -> None:
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_a_claim_says_what_where_and_why(claim) -> None:
    assert claim.statement.endswith(".")
    assert claim.source
    assert claim.cost
    assert claim.expected.why
    assert claim.expected.low <= claim.expected.high
    json.dumps(claim.recorded)


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim.id in CHEAP], ids=lambda claim: claim.id)
def test_a_cheap_claim_holds(claim) -> None:
    measured = claim.measure(claim.setup)
    assert claim.expected.holds(measured.value), measured
    json.dumps(dict(measured.evidence))


@pytest.mark.parametrize(
    ("name", "runs", "lowest_share", "highest_share"),
    [("V14", 60, 0.18, 0.27), ("V13", 50, 0.228, 0.228), ("V16", 40, 0.39, 0.39), ("V18", 40, 0.5, 0.5)],
)
def test_regions_of_frequencies_are_the_99_percent_range(
    name: str, runs: int, lowest_share: float, highest_share: float
) -> None:
    claim = next(claim for claim in CLAIMS if claim.id == name)
    assert runs == (len(claim.measure.seeds) if isinstance(claim.measure, Frequency) else claim.setup["seeds"])
    low = next(k for k in range(runs) if binomial_cdf(k, runs, lowest_share) > 0.005)
    high = next(k for k in range(runs) if binomial_cdf(k, runs, highest_share) >= 0.995)
    assert (claim.expected.low, claim.expected.high) == (low / runs, high / runs)


@pytest.mark.parametrize("language", EVALUATOR_VECTORS)
def test_tapes_of_set_r_are_rich_in_instructions(language: str) -> None:
    tapes = measuring.vector_tapes(language, "R")
    rich = set(measuring.ENRICHED_BYTES[language])
    share = sum(byte in rich for byte in tapes[:100].tobytes()) / 12_800
    assert share == pytest.approx(0.5 + 0.5 * len(rich) / 256, abs=0.02)


def test_takeover_share_counts_seeds_and_gives_an_exact_interval() -> None:
    setup = {"language": "bff_noheads", "n_programs": 64, "epochs": 4, "every": 2, "seeds": 3, "seeded": False}
    measured = measuring.takeover_share(setup)
    assert measured.value == 0
    assert [run["epochs"] for run in measured.evidence["per_seed"]] == [4, 4, 4]
    assert measured.evidence["interval_95"][0] == 0
    assert measured.evidence["interval_95"][1] == pytest.approx(1 - 0.025 ** (1 / 3))
    assert measured == measuring.takeover_share(setup)


@given(
    n_seeds=st.integers(1, 30), ends=st.tuples(st.integers(0, 30), st.integers(0, 30)), outcomes=st.integers(0, 2**30)
)
def test_a_verdict_is_decided_exactly_when_the_seeds_left_cannot_change_it(
    n_seeds: int, ends: tuple[int, int], outcomes: int
) -> None:
    least, greatest = sorted(ends)
    taken = [outcomes >> seed & 1 for seed in range(n_seeds)]
    for n_run in range(n_seeds + 1):
        so_far, n_left = sum(taken[:n_run]), n_seeds - n_run
        verdicts = {least <= so_far + more <= greatest for more in range(n_left + 1)}
        assert measuring.decided(so_far, n_left, least, greatest) == (len(verdicts) == 1)
        if measuring.decided(so_far, n_left, least, greatest):
            assert verdicts == {least <= so_far <= greatest}


def test_seeds_that_cannot_change_the_verdict_are_not_run() -> None:
    setup = {"language": "bff_noheads", "n_programs": 64, "epochs": 2, "every": 2, "seeds": 9, "seeded": False}
    measured = measuring.takeover_share({**setup, "accepted": (0, 4)})
    assert measured.value == 0
    assert len(measured.evidence["per_seed"]) == 5
    assert "the 4 seeds left cannot change the verdict" in measured.note


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS + FORTH if isinstance(claim.measure, Frequency)])
def test_a_frequency_can_be_run_and_counts_of_its_seeds_lie_at_the_ends_of_its_region(claim: Claim) -> None:
    frequency = claim.measure
    assert isinstance(frequency, Frequency)
    experiment = load("life/bff" if claim in CLAIMS else "life/forth")
    schedule = {**frequency.schedule, "stop": frequency.transition}
    config, made = launch.resolve(experiment, frequency.preset, frequency.config, schedule)
    worlds.check(config)
    assert made.stop == "takeover"
    n = len(frequency.seeds)
    for end in (claim.expected.low, claim.expected.high):
        assert end in [k / n for k in range(n + 1)]


def test_soups_of_a_frequency_are_those_of_the_plain_measurement() -> None:
    """V13 with a smaller soup: the organism of its settings is the replicator that the measurement plants."""
    frequency = next(claim.measure for claim in CLAIMS if claim.id == "V13")
    assert isinstance(frequency, Frequency)
    experiment = load("life/bff")
    settings = {**frequency.config, "n_programs": 256, "seed": 5}
    config, _ = launch.resolve(experiment, None, settings, frequency.schedule)
    state, _ = experiment.advance(config, experiment.init(config, Streams(5)), Streams(5), 0, 8)
    planted = random_soup(5, 256, 64)
    planted[0] = np.frombuffer(FIG4_REPLICATOR, np.uint8)
    assert np.array_equal(state.soup, measuring.run_soup("bff_noheads", planted, 5, 0, 8))


def test_accepted_counts_are_those_of_the_region() -> None:
    for claim in CLAIMS:
        if "accepted" in claim.setup:
            least, greatest = (count / claim.setup["seeds"] for count in claim.setup["accepted"])
            assert (claim.expected.low, claim.expected.high) == (least, greatest), claim.id
