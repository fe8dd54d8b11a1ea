"""Extortion, best responses and Nash equilibria: against tables, against all responses, against supports tried out."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_memory_one as plain
from oracles import plain_nash
from primordia.core.errors import BadInputError
from primordia.games.environments.payoffs import CONVENTIONS, NAMED_GAMES, Dilemma
from primordia.games.exact.best_response import best_response, planned_response
from primordia.games.exact.long_run import long_run_values, responding_slopes
from primordia.games.exact.nash import equilibria
from primordia.games.exact.zero_determinant import extortion, largest_phi

CHANCES = st.lists(st.floats(0, 1), min_size=5, max_size=5)


@pytest.mark.parametrize("dilemma", [CONVENTIONS["coala"], CONVENTIONS["axelrod"]])
def test_an_extortioner_ties_the_payoffs_of_anybody(dilemma):
    rng = np.random.default_rng(0)
    for chi in (1.0, 2.0, 7.5):
        strategy = extortion(chi, 0.7 * largest_phi(chi, dilemma), dilemma=dilemma)
        for _ in range(20):
            own, other = long_run_values(strategy, rng.random(5), dilemma.table())
            assert own - dilemma.punishment == pytest.approx(chi * (other - dilemma.punishment), abs=1e-12)


def test_the_published_family():
    assert extortion(1, largest_phi(1), opening=1.0) == (1, 1, 0, 1, 0)  # tit for tat
    assert largest_phi(3) == pytest.approx(1 / 7)
    np.testing.assert_allclose(extortion(3), (0.5, 6 / 7, 0.5, 5 / 14, 0))
    for chi in (1.5, 3, 10):
        known = 3 * chi / (1 + 2 * chi), 3 / (1 + 2 * chi)
        np.testing.assert_allclose(long_run_values(extortion(chi), (1,) * 5), known, atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"chi": 0.5}, "chi=0.5 is out of range.* nearest is 1"),
        ({"chi": float("inf")}, "chi=inf"),
        ({"chi": 3, "phi": 0.2}, "phi=0.2 is out of range.* at most 0.142857"),
        ({"chi": 3, "phi": 0.0}, "phi=0 is out of range"),
        ({"chi": 3, "opening": 1.1}, "opening of 1.1"),
        ({"chi": 3, "dilemma": Dilemma(1, 0, 0.5, 2)}, "cannot be extorted"),
    ],
)
def test_extortion_out_of_range_is_refused(arguments, words):
    with pytest.raises(BadInputError, match=words):
        extortion(**arguments)


@settings(max_examples=10, deadline=None)
@given(coplayer=CHANCES)
def test_a_best_response_is_the_best_of_all_responses(coplayer):
    found = best_response(coplayer, 0.9)
    assert found.value == pytest.approx(plain.best_of_all(coplayer, 0.9), abs=1e-10)
    assert plain.discounted(found.strategy.tolist(), coplayer, 0.9)[0] == pytest.approx(found.value, abs=1e-10)
    assert planned_response(coplayer, 5).value == pytest.approx(plain.best_plan(coplayer, 5), abs=1e-12)


def test_best_responses_to_known_strategies():
    assert best_response((1, 1, 0, 1, 0), 0.9).value == pytest.approx(1)
    # Tit for tat is answered by cooperation while the future counts for more than the one point of temptation.
    assert best_response((1, 1, 0, 1, 0), 0.3).strategy.tolist() == [0] * 5
    assert best_response((1,) * 5).strategy.tolist() == [0] * 5
    plan = planned_response((1, 1, 0, 1, 0), 100)
    assert plan.value == pytest.approx(1.01)
    assert plan.cooperates.shape == (100, 5)
    assert plan.cooperates[:-1, 1].all()
    assert not plan.cooperates[-1].any()


def test_plans_for_many_opponents_at_once():
    opponents = np.random.default_rng(5).random((7, 5))
    together = planned_response(opponents, 6).value
    assert together == pytest.approx([float(planned_response(one, 6).value) for one in opponents])


def test_a_plan_of_no_rounds_and_a_coplayer_of_four_numbers_are_refused():
    with pytest.raises(BadInputError, match="0 rounds"):
        planned_response((1, 1, 0, 1, 0), 0)
    with pytest.raises(BadInputError, match="five probabilities"):
        best_response((1, 0, 1, 0))


def test_equilibria_of_games_by_name():
    third = pytest.approx((1 / 3,) * 3)
    for name, expected in {
        "prisoners-dilemma": [((0, 1), (0, 1))],
        "stag-hunt": [((1, 0), (1, 0)), ((0, 1), (0, 1)), ((0.5, 0.5), (0.5, 0.5))],
        "chicken": [((1, 0), (0, 1)), ((0, 1), (1, 0)), ((0.5, 0.5), (0.5, 0.5))],
        "matching-pennies": [((0.5, 0.5), (0.5, 0.5))],
        "rock-paper-scissors": [(third, third)],
    }.items():
        found = equilibria(NAMED_GAMES[name].payoffs)
        assert not found.degenerate
        assert len(found.found) == len(expected)
        for one, (first, second) in zip(found.found, expected, strict=True):
            assert one.first == (first if first is third else pytest.approx(first))
            assert one.second == (second if second is third else pytest.approx(second))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 4), m=st.integers(1, 4))
def test_equilibria_are_those_of_supports_tried_out(seed, n, m):
    first, second = np.random.default_rng(seed).random((2, n, m))
    found, expected = equilibria((first, second)), plain_nash.equilibria(first, second)
    assert len(found.found) == len(expected)
    assert len(found.found) % 2 == 1, "a game without ties has an odd number"
    for one in found.found:
        assert plain_nash.regret(first, second, np.array(one.first), np.array(one.second)) < 1e-8
        assert min(math.dist(one.first + one.second, (*x, *y)) for x, y in expected) < 1e-6


def test_a_game_with_ties_is_called_degenerate_and_its_corners_are_found():
    found = equilibria((((1, 1), (0, 0)), ((1, 1), (0, 0))))
    assert found.degenerate
    assert {(one.first, one.second) for one in found.found} == {((1, 0), (1, 0)), ((1, 0), (0, 1))}
    # Payoffs that never differ: every pair of actions is an equilibrium.
    assert len(equilibria(np.zeros((2, 2, 3))).found) == 6


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (np.zeros((3, 2, 2)), r"shape \[3, 2, 2\]"),
        (np.zeros((2, 2)), r"shape \[2, 2\]"),
        ([[[1, 2], [3]], [[1, 2], [3, 4]]], "unequal length"),
        ([[[1, float("nan")]], [[1, 2]]], "Agent 0 gets nan for the actions 0 and 1"),
        (np.zeros((2, 10, 10)), "10 by 10 actions has 184,756 corners"),
    ],
)
def test_tables_that_are_no_game_are_refused(table, words):
    with pytest.raises(BadInputError, match=words):
        equilibria(table)


@pytest.mark.parametrize("solve", [best_response, lambda one, payoffs: planned_response(one, 3, payoffs)])
def test_a_table_of_another_shape_is_refused(solve):
    with pytest.raises(BadInputError, match=r"shape \[2, 3, 3\] .* must be \[2, 2, 2\]"):
        solve((0.5,) * 5, payoffs=NAMED_GAMES["rock-paper-scissors"].payoffs)


def test_the_long_run_refuses_such_tables_too():
    for solve in (long_run_values, responding_slopes):
        with pytest.raises(BadInputError, match=r"must be \[2, 2, 2\]"):
            solve((0.5,) * 5, (0.5,) * 5, NAMED_GAMES["rock-paper-scissors"].payoffs)
