"""Exact intervals against closed forms and published values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primordia.life.intervals import binomial_cdf, clopper_pearson


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
