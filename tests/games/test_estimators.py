"""Estimators of the policy gradient against a slow twin, the gradient itself and closed forms."""

from __future__ import annotations

import re
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_estimators as plain
from primordia.core.errors import BadInputError, UnknownNameError
from primordia.games.claims import estimators as claims
from primordia.games.learners import enumeration, estimators, returns

SMALL = [(1, 1, 2), (2, 1, 2), (1, 2, 2)]


def drawn(game: enumeration.TinyGame, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    source = np.random.default_rng(seed)
    return source.normal(size=game.n_logits), source.normal(size=5)


@pytest.mark.parametrize("remembers", [False, True])
@pytest.mark.parametrize("size", SMALL)
def test_enumeration_agrees_with_recursion_in_plain_python(size: tuple[int, int, int], remembers: bool) -> None:
    game = enumeration.TinyGame(*size, remembers=remembers)
    ego, other = drawn(game)
    found = enumeration.outcomes(game, ego, other)
    assert found.probability.sum() == pytest.approx(1, abs=1e-12)
    value = plain.objective(size, list(ego), list(other), remembers=remembers)
    assert enumeration.objective(game, ego, other) == pytest.approx(value, abs=1e-12)
    for name in estimators.ESTIMATORS:
        with jax.enable_x64(True):
            weights = np.asarray(estimators.weights(name, found.payoffs, game.n_steps))
        ours = enumeration.expectation(found, weights, game.n_logits)
        theirs = plain.gradient(name, size, list(ego), list(other), remembers=remembers)
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


@pytest.mark.parametrize("claim", claims.CLAIMS, ids=lambda claim: claim.id)
def test_claims_hold(claim) -> None:
    """At one seed and at most four rounds; `primordia verify` and the slow test take all."""
    few = [size for size in claim.setup.get("sizes", []) if np.prod(size) <= 4]
    found = claim.measure({**claim.setup, "seeds": [0], "sizes": few})
    assert claim.expected.holds(found.value), found


@pytest.mark.slow
@pytest.mark.parametrize("claim", claims.CLAIMS, ids=lambda claim: claim.id)
def test_claims_hold_at_every_size(claim) -> None:
    found = claim.measure(claim.setup)
    assert claim.expected.holds(found.value), found


def test_without_a_learning_co_player_all_but_m_fos_are_the_gradient() -> None:
    game = enumeration.TinyGame(2, 1, 2, step_size=0.0)
    ego, other = drawn(game, 3)
    found = enumeration.outcomes(game, ego, other)
    true = enumeration.slope(lambda logits: enumeration.objective(game, logits, other), ego)
    for name in estimators.ESTIMATORS:
        with jax.enable_x64(True):
            weights = np.asarray(estimators.weights(name, found.payoffs, 1))
        off = np.abs(enumeration.expectation(found, weights, game.n_logits) - true).max()
        assert (off < 1e-10) == (name != "m-fos")


@pytest.mark.parametrize("name", estimators.ESTIMATORS)
def test_weights_are_batch_returns_of_the_payoffs(name: str) -> None:
    """Two ways to the same: sums, and Algorithm 1 with lambda and discount 1."""
    payoffs = np.random.default_rng(1).normal(size=(2, 3, 8)).astype(np.float32)
    same = returns.batch_returns(
        payoffs,
        np.zeros_like(payoffs),
        returns.inner_ends(4, 2),
        discount=1.0,
        mix=1.0,
        averaged=name in ("coala", "m-fos"),
        divided=name == "coala",
    )
    share = 3 if name in ("batch-unaware", "policy-gradient") else 1
    np.testing.assert_allclose(estimators.weights(name, payoffs, 2), np.asarray(same) / share, atol=1e-5)


FLAGS = [(False, False), (True, False), (True, True), (False, True)]


@settings(max_examples=15, deadline=None)
@given(
    numbers=st.lists(st.floats(-3, 3, width=32), min_size=27, max_size=27),
    discount=st.floats(0, 1),
    mix=st.floats(0, 1),
    flags=st.sampled_from(FLAGS),
)
def test_algorithm_1_is_the_loop_of_the_paper(numbers, discount, mix, flags) -> None:
    terms, following = np.array(numbers[:24]).reshape(2, 3, 4)
    last = np.array(numbers[24:])
    averaged, divided = flags
    ends = np.array([False, True, False, True])
    with jax.enable_x64(True):
        ours = traced(terms, following, last, ends, discount, mix, averaged, divided)
    theirs = plain.batch_returns(terms, following, ends, discount, mix, last, averaged, divided)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def batch_returns(terms, following, last, ends, discount, mix, averaged, divided):
    return returns.batch_returns(
        terms, following, ends, discount=discount, mix=mix, last=last, averaged=averaged, divided=divided
    )


traced = jax.jit(batch_returns, static_argnames=("averaged", "divided"))


def test_lambda_returns_follow_their_definition() -> None:
    payoffs, following = np.random.default_rng(2).normal(size=(2, 2, 5))
    with jax.enable_x64(True):
        ours = returns.lambda_returns(payoffs, following, discount=0.9, mix=0.7, last=following[:, -1])
        plain_returns = returns.discounted_returns(payoffs, 0.9)
    theirs = [
        [plain.lambda_return(payoffs[game], following[game], 0.9, 0.7, time) for time in range(5)] for game in range(2)
    ]
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
    np.testing.assert_allclose(plain_returns[:, 1], (payoffs[:, 1:] * 0.9 ** np.arange(4)).sum(1), atol=1e-12)


def test_inner_ends_and_next_values() -> None:
    assert returns.inner_ends(2, 3).tolist() == [False, False, True, False, False, True]
    assert returns.next_values(np.array([[1.0, 2.0]]), np.array([7.0])).tolist() == [[2.0, 7.0]]
    assert returns.next_values(np.array([[1.0, 2.0]])).tolist() == [[2.0, 0.0]]


def test_bad_input_is_a_sentence() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'coala'"):
        estimators.known("koala")
    with pytest.raises(BadInputError, match=r"7 steps are no whole number .* of 2; allowed: .*such as 6"):
        estimators.weights("coala", np.zeros((1, 2, 7), np.float32), 2)
    with pytest.raises(BadInputError, match="at most 9 rounds"):
        enumeration.TinyGame(4, 2, 3)


def test_the_page_of_learners_names_files_and_estimators_that_exist() -> None:
    page = (Path(__file__).parents[2] / "docs" / "choose-a-learner.md").read_text(encoding="utf-8")
    wing = Path(estimators.__file__).parents[1]
    named = re.findall(r"`((?:learners|prediction)/\w+\.py)`", page)
    assert len(named) >= 10
    assert [name for name in named if not (wing / name).exists()] == []
    assert all(f"| `{name}` |" in page for name in estimators.ESTIMATORS)
