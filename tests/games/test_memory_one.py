"""The closed form of memory-one games against distributions carried from round to round, and its derivatives."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_memory_one as plain
from primordia.core.errors import BadInputError
from primordia.games.environments.payoffs import CONVENTIONS, PRISONERS_DILEMMA
from primordia.games.exact import memory_one
from primordia.games.exact.allowed import PRISONERS_TABLE
from primordia.games.exact.long_run import long_run_shares, long_run_values, responding_slopes, stationary

TIT_FOR_TAT, WIN_STAY = (1, 1, 0, 1, 0), (1, 1, 0, 0, 1)
ALWAYS_COOPERATE, ALWAYS_DEFECT = (1,) * 5, (0,) * 5
CHANCES = st.lists(st.floats(0, 1), min_size=5, max_size=5)


jitted = functools.partial(jax.jit, static_argnums=(2, 3))
compiled = jitted(memory_one.values)
slope_of_both = jitted(jax.jacrev(memory_one.values, argnums=1))
bend_of_second = jitted(jax.jacrev(lambda *given: jax.jacrev(memory_one.values, argnums=1)(*given)[1]))


def values(first, second, discount=0.95, payoffs=PRISONERS_TABLE):
    with jax.enable_x64(True):
        given_both = (jnp.asarray(one, jnp.float64) for one in (first, second))
        return np.asarray(compiled(*given_both, discount, payoffs))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (TIT_FOR_TAT, TIT_FOR_TAT, (1, 1)),
        # Cooperates once, with weight 1 - 0.95: a missed swap of CD and DC would pay otherwise.
        (TIT_FOR_TAT, ALWAYS_DEFECT, (-0.05, 0.10)),
        (ALWAYS_DEFECT, TIT_FOR_TAT, (0.10, -0.05)),
        (ALWAYS_COOPERATE, ALWAYS_DEFECT, (-1, 2)),
        (ALWAYS_DEFECT, ALWAYS_DEFECT, (0, 0)),
        # It shifts when it is betrayed and when both defect: cooperates in every second round.
        (WIN_STAY, ALWAYS_DEFECT, (-1 / 1.95, 2 / 1.95)),
    ],
)
def test_known_pairs(first, second, expected):
    np.testing.assert_allclose(values(first, second), expected, atol=1e-14)


@settings(max_examples=8, deadline=None)
@given(first=CHANCES, second=CHANCES, discount=st.sampled_from([0.0, 0.5, 0.96]))
def test_values_are_those_of_distributions_carried_from_round_to_round(first, second, discount):
    expected = plain.discounted(first, second, discount)
    np.testing.assert_allclose(values(first, second, discount), expected, atol=1e-12)
    swapped = values(second, first, discount)
    np.testing.assert_allclose(values(first, second, discount), swapped[::-1], atol=1e-12)


def test_another_table_and_raw_sums():
    table = CONVENTIONS["lola"].table()
    first, second = (0.3, 0.9, 0.2, 0.6, 0.1), (0.5, 0.7, 0.4, 0.8, 0.3)
    np.testing.assert_allclose(values(first, second, payoffs=table), values(first, second) - 2, atol=1e-12)
    expected = plain.discounted(first, second, 0.95)[0] / 0.05
    assert memory_one.raw(float(values(first, second)[0]), 0.95) == pytest.approx(expected, abs=1e-11)


def test_shares_keep_their_digits_in_32_bits_with_a_discount_near_1():
    first, second = np.array([0.5, 0.999, 1e-4, 0.5, 1e-6]), np.array([0.5, 1.0, 1e-5, 0.2, 1e-6])
    shares = jax.jit(memory_one.occupancy, static_argnums=2)
    narrow = np.asarray(shares(jnp.asarray(first, jnp.float32), jnp.asarray(second, jnp.float32), 0.9999))
    with jax.enable_x64(True):
        wide = np.asarray(shares(jnp.asarray(first), jnp.asarray(second), 0.9999))
    # 1 - 0.999 in 32 bits is good to 6e-5, not better; the elimination must not lose more than its input did.
    np.testing.assert_allclose(narrow, wide, rtol=1e-4)


def test_first_and_second_derivatives_are_those_of_the_referee():
    first, second = [0.3, 0.8, 0.2, 0.6, 0.15], [0.5, 0.7, 0.4, 0.75, 0.3]

    with jax.enable_x64(True):
        point = (jnp.asarray(first), jnp.asarray(second))
        slope, bend = (np.asarray(found(*point, 0.8)) for found in (slope_of_both, bend_of_second))
    for agent in (0, 1):
        expected = plain.slopes(lambda other: plain.discounted(first, other, 0.8)[agent], second)  # noqa: B023
        np.testing.assert_allclose(slope[agent], expected, atol=1e-8)

    def own_slope(one):
        return np.asarray(plain.slopes(lambda other: plain.discounted(one, other, 0.8)[1], second))

    np.testing.assert_allclose(bend, np.stack(plain.slopes(own_slope, first, 1e-3), 1), atol=1e-5)


def test_the_long_run_is_the_limit_of_the_discounted_value():
    rng = np.random.default_rng(2)
    for _ in range(6):
        first, second = rng.random(5), rng.random(5)
        np.testing.assert_allclose(long_run_values(first, second), plain.mean(first, second, 4000), atol=3e-3)
        with jax.enable_x64(True):
            near = compiled(jnp.asarray(first), jnp.asarray(second), 1 - 1e-12, PRISONERS_TABLE)
        np.testing.assert_allclose(long_run_values(first, second), near, atol=1e-10)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # Three closed classes: CC, DD, and CD with DC; the opening says how likely each is.
        ((0.3, 1, 0, 1, 0), (0.5, 1, 0, 1, 0), (0.3 * 0.5 + 0.5 * (1 - 0.3 * 0.5 - 0.7 * 0.5),) * 2),
        (ALWAYS_COOPERATE, ALWAYS_DEFECT, (-1, 2)),
        # Grim against one who errs: all ends in DD.
        ((1, 1, 0, 0, 0), (1, 0.99, 0.0, 0.0, 0.0), (0, 0)),
        (TIT_FOR_TAT, (0, 1, 0, 1, 0), (0.5, 0.5)),
    ],
)
def test_chains_that_fall_into_classes(first, second, expected):
    np.testing.assert_allclose(long_run_values(first, second), expected, atol=1e-12)


def test_elimination_finds_the_stationary_law():
    moves = np.random.default_rng(3).dirichlet(np.ones(6), 6)
    law = stationary(moves)
    np.testing.assert_allclose(law @ moves, law, atol=1e-15)
    np.testing.assert_allclose(long_run_shares(np.eye(6)[2], moves), law, atol=1e-12)


def test_slopes_of_the_long_run_are_differences():
    rng = np.random.default_rng(4)
    fixed, learner = rng.random(5), rng.random(5)
    expected = plain.slopes(lambda other: long_run_values(fixed, other)[1], learner.tolist())[1:]
    np.testing.assert_allclose(responding_slopes(fixed, learner), expected, atol=1e-8)


@pytest.mark.parametrize("discount", [1.0, 1.5, -0.1, float("nan")])
def test_a_discount_outside_its_range_is_refused(discount):
    with pytest.raises(BadInputError, match=r"discount of .* at least 0 and below 1"):
        memory_one.values(jnp.full(5, 0.5), jnp.full(5, 0.5), discount)


def test_other_bad_input_is_refused():
    half = jnp.full(5, 0.5)
    with pytest.raises(BadInputError, match=r"shape \[2, 3, 3\].* must be \[2, 2, 2\]"):
        memory_one.values(half, half, 0.9, tuple(((0.0,) * 3,) * 3 for _ in range(2)))
    with pytest.raises(BadInputError, match="endless rounds"):
        memory_one.raw(1.0, 1.0)
    with pytest.raises(BadInputError, match=r"cooperation after CD is 1.2; it must be from 0 to 1"):
        long_run_values((0.5, 1, 1.2, 0, 0), TIT_FOR_TAT)
    with pytest.raises(BadInputError, match="five probabilities"):
        long_run_values((0.5, 1, 0, 0), TIT_FOR_TAT)
    with pytest.raises(BadInputError, match="how the game begins"):
        responding_slopes(TIT_FOR_TAT, TIT_FOR_TAT)


def test_the_house_convention_is_the_default():
    assert values((1,) * 5, (0,) * 5).tolist() == [PRISONERS_DILEMMA.sucker, PRISONERS_DILEMMA.temptation]
