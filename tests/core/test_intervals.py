"""Exact intervals against closed forms and published values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primordia.core.intervals import anytime_interval, binomial_cdf, clopper_pearson, stake


@given(st.integers(1, 60), st.floats(0.01, 0.99), st.data())
def test_cdf_is_the_sum_of_exact_terms(trials: int, p: float, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    exact = math.fsum(math.comb(trials, k) * p**k * (1 - p) ** (trials - k) for k in range(successes + 1))
    assert binomial_cdf(successes, trials, p) == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize("trials", [1, 10, 300])
def test_no_success_has_a_closed_form(trials: int) -> None:
    low, high = clopper_pearson(0, trials)
    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / trials), abs=1e-12)


def test_published_interval() -> None:
    """3 of 1,000: 0.06 % to 0.87 %."""
    low, high = clopper_pearson(3, 1000)
    assert (round(low, 5), round(high, 5)) == (0.00062, 0.00874)


@given(st.integers(0, 50), st.integers(1, 50))
def test_interval_holds_the_frequency_and_mirrors(successes: int, extra: int) -> None:
    trials = successes + extra
    low, high = clopper_pearson(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1
    mirrored = clopper_pearson(trials - successes, trials)
    assert (1 - high, 1 - low) == pytest.approx(mirrored, abs=1e-12)


@given(st.integers(0, 40), st.integers(0, 40), st.floats(0.01, 0.99))
def test_a_stake_is_the_average_of_likelihoods_over_the_prior(successes: int, failures: int, p: float) -> None:
    """By the substitution f = sin^2(x), under which Jeffreys's prior is even in x from 0 to pi/2."""
    points = 4000
    spread = [math.sin(math.pi / 2 * (i + 0.5) / points) ** 2 for i in range(points)]
    mean = math.fsum(f**successes * (1 - f) ** failures for f in spread) / points
    ratio = math.log(mean) - successes * math.log(p) - failures * math.log(1 - p)
    assert stake(successes, successes + failures, p) == pytest.approx(ratio, abs=1e-5)


@given(st.integers(0, 12), st.floats(0.01, 0.99))
def test_a_stake_is_worth_the_same_on_average_after_every_trial_at_the_true_frequency(trials: int, p: float) -> None:
    """The average over all series is 1 at any time: what Ville's inequality asks for."""
    average = math.fsum(
        math.comb(trials, k) * p**k * (1 - p) ** (trials - k) * math.exp(stake(k, trials, p)) for k in range(trials + 1)
    )
    assert average == pytest.approx(1.0, rel=1e-9)


def test_stakes_at_the_ends() -> None:
    assert stake(0, 5, 0.0) < 0 < stake(1, 5, 0.0) == math.inf
    assert stake(5, 5, 1.0) < 0 < stake(4, 5, 1.0) == math.inf
    assert anytime_interval(0, 0) == (0.0, 1.0)


@given(st.integers(0, 300), st.integers(1, 300), st.sampled_from([0.9, 0.99]))
def test_the_anytime_interval_is_where_stakes_are_low(successes: int, extra: int, confidence: float) -> None:
    trials, limit = successes + extra, -math.log(1 - confidence)
    low, high = anytime_interval(successes, trials, confidence)
    assert 0 <= low <= successes / trials <= high <= 1
    for end in (low, high):
        if 0 < end < 1:
            assert stake(successes, trials, end) == pytest.approx(limit, abs=1e-6)
    mirrored = anytime_interval(trials - successes, trials, confidence)
    assert (1 - high, 1 - low) == pytest.approx(mirrored, abs=1e-9)
    fixed = clopper_pearson(successes, trials, confidence)
    assert low <= fixed[0] + 1e-12
    assert fixed[1] <= high + 1e-12


def chance_of_ever_being_wrong(p: float, trials: int, confidence: float) -> float:
    """That a series has its true frequency outside at any time: by adding up all series, which is exact."""
    inside, lost, limit = {0: 1.0}, 0.0, -math.log1p(-confidence)
    for n in range(1, trials + 1):
        grown: dict[int, float] = {}
        for k, weight in inside.items():
            grown[k] = grown.get(k, 0.0) + weight * (1 - p)
            grown[k + 1] = grown.get(k + 1, 0.0) + weight * p
        inside = {k: weight for k, weight in grown.items() if stake(k, n, p) < limit}
        lost += math.fsum(grown[k] for k in grown.keys() - inside.keys())
    assert lost + math.fsum(inside.values()) == pytest.approx(1.0)
    return lost


@pytest.mark.parametrize("p", [0.02, 0.4])
def test_the_true_frequency_is_hardly_ever_outside_at_any_time(p: float) -> None:
    assert 0.005 < chance_of_ever_being_wrong(p, 300, 0.9) <= 0.1


@pytest.mark.thorough
@pytest.mark.parametrize("p", [0.001, 0.01, 0.1, 0.25, 0.5, 0.8, 0.99])
@pytest.mark.parametrize("confidence", [0.8, 0.99])
def test_so_it_is_for_long_series_of_any_frequency(p: float, confidence: float) -> None:
    assert 0 < chance_of_ever_being_wrong(p, 3000, confidence) <= 1 - confidence
