"""The pool: payoffs and best responses against a search through all histories, and what is known by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles import plain_prediction as plain

from primordia.core.errors import BadInputError
from primordia.games.prediction import anchors
from primordia.games.prediction.pool import FIXED

TABLES = st.lists(st.floats(0, 1), min_size=5, max_size=5)


@settings(deadline=None, max_examples=15)
@given(mine=TABLES, theirs=TABLES)
def test_payoffs_are_sums_over_all_histories(mine, theirs):
    found = anchors.payoff(mine, [theirs], 3)
    assert found == pytest.approx([plain.payoff(plain.tabular(mine), plain.tabular(theirs), 3)], abs=1e-12)


@settings(deadline=None, max_examples=15)
@given(theirs=TABLES)
def test_a_best_response_is_what_a_search_with_full_memory_finds(theirs):
    assert anchors.best_response([theirs], 4) == pytest.approx([plain.best(plain.tabular(theirs), 4) / 4], abs=1e-12)


@settings(deadline=None, max_examples=25)
@given(mine=TABLES, theirs=st.lists(TABLES, min_size=3, max_size=3), n_rounds=st.integers(1, 40))
def test_nobody_does_better_than_a_best_response(mine, theirs, n_rounds):
    assert (anchors.payoff(mine, theirs, n_rounds) <= anchors.best_response(theirs, n_rounds) + 1e-9).all()


def test_payoffs_known_by_hand():
    tit_for_tat, defector = FIXED["tit for tat"], FIXED["always defect"]
    # One's own CD is the other's DC: the defector wins the first round and nothing after it.
    assert anchors.payoff(defector, [tit_for_tat], 10) == pytest.approx([0.2])
    assert anchors.payoff(tit_for_tat, [defector], 10) == pytest.approx([-0.1])
    assert anchors.best_response([tit_for_tat], 100) == pytest.approx([1.01])
    assert anchors.best_response([FIXED["always cooperate"]], 7) == pytest.approx([2.0])


def test_extortion_takes_three_times_what_it_leaves():
    # The relation of a zero-determinant strategy holds in the limit; 20,000 rounds leave a little.
    theirs = np.random.Generator(np.random.Philox(1)).uniform(0.1, 0.9, size=(4, 5))
    for name in ("extortion 3, defects first", "extortion 3, cooperates first"):
        gained = anchors.payoff(FIXED[name], theirs, 20_000)
        left = np.array([anchors.payoff(one, [FIXED[name]], 20_000)[0] for one in theirs])
        assert gained == pytest.approx(3 * left, abs=2e-3)


def test_the_worth_of_the_pool():
    found = anchors.anchors(np.random.Generator(np.random.Philox(1)).uniform(size=(2000, 5)), 100)
    assert found.always_defect == pytest.approx(0.992, abs=0.03)
    assert found.oracle == pytest.approx(1.047, abs=0.03)
    assert found.share_defecting == pytest.approx(0.79, abs=0.03)


@pytest.mark.parametrize(
    ("opponents", "n_rounds", "said"),
    [
        ([0.5] * 5, 10, r"they must be \[opponent, 5\]"),
        ([[0.5] * 4], 10, r"are \[1, 4\]"),
        ([[0.5, 0.5, 1.5, 0.5, 0.5]], 10, "Opponent 0 cooperates with probability 1.5 after CD"),
        ([[0.5, np.nan, 0.5, 0.5, 0.5]], 10, "after CC; it must lie from 0 to 1"),
        ([[0.5] * 5], 0, "n_rounds=0 is out of range"),
    ],
)
def test_bad_pools_are_refused(opponents, n_rounds, said):
    with pytest.raises(BadInputError, match=said):
        anchors.best_response(opponents, n_rounds)
