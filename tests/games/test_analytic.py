"""The analytic dilemma: closed form beside sums over rounds, gradients beside differences, and what is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles import plain_analytic as plain

from primordia.core.errors import ConfigError
from primordia.games.environments.payoffs import PRISONERS_DILEMMA
from primordia.games.learners import analytic
from primordia.games.learners.encounters import encounter

RECIPE = analytic.Analytic(p_naive=(0.0, 1.0, 0.25), n_naive=2, n_inner=2, discount=0.6)
ALWAYS, NEVER, TIT_FOR_TAT = (1.0,) * 5, (0.0,) * 5, (1.0, 1.0, 0.0, 1.0, 0.0)

met = jax.jit(lambda first, second: encounter(first, second, 0.9, PRISONERS_DILEMMA))
shaped = jax.jit(lambda logits, naive: analytic.shaping_gradient(RECIPE, logits, naive))
own_slope = jax.jit(lambda logits: analytic.own_gradient(RECIPE, logits))
SHARE = st.floats(0.02, 0.98)


def test_known_pairs():
    """Payoffs worked out by hand: (1 - discount) · sum over rounds."""
    known = {
        (ALWAYS, ALWAYS): (1, 1), (NEVER, NEVER): (0, 0), (NEVER, ALWAYS): (2, -1), (TIT_FOR_TAT, TIT_FOR_TAT): (1, 1),
        (TIT_FOR_TAT, NEVER): (-0.1, 0.2), (NEVER, TIT_FOR_TAT): (0.2, -0.1),
    }  # fmt: skip
    for (first, second), expected in known.items():
        np.testing.assert_allclose(met(jnp.array(first), jnp.array(second)).payoffs, expected, atol=2e-6)


@settings(max_examples=15, deadline=None)
@given(st.lists(SHARE, min_size=5, max_size=5), st.lists(SHARE, min_size=5, max_size=5))
def test_payoffs_and_slope_are_those_of_play(first, second):
    found = met(jnp.array(first), jnp.array(second))
    np.testing.assert_allclose(found.payoffs, plain.payoffs(first, second, 0.9), atol=2e-5)
    slope = plain.slope(lambda at: plain.payoffs(first, at, 0.9)[1], second)
    np.testing.assert_allclose(found.slope, slope, atol=2e-4)


def test_an_extortioner_makes_cooperation_pay():
    """Press and Dyson's extortioner: whatever the other does, more cooperation earns it more, and the first more."""
    chi, phi = 3.0, 1 / 7
    extorts = jnp.array([0.0, 1 - phi * (chi - 1), 1 - phi * (1 + 2 * chi), phi * (chi + 2), 0.0])
    others = jax.random.uniform(jax.random.key(3), (5, 50))
    found = met(jnp.broadcast_to(extorts[:, None], (5, 50)), others)
    assert float(found.slope[1:].min()) > -1e-6
    assert (np.asarray(found.payoffs[0]) > np.asarray(found.payoffs[1]) - 1e-6).all()


def test_shaping_gradient_is_the_difference_quotient():
    rng = np.random.default_rng(0)
    logits, naive = rng.normal(size=(5, 1)), rng.normal(size=(5, 1, 2))

    def mean(at):
        one = [
            plain.meta_episode(at, naive[:, 0, place], RECIPE.discount, 2, RECIPE.naive_rate)[:, 0].mean()
            for place in range(2)
        ]
        return float(np.mean(one))

    found = shaped(jnp.array(logits, jnp.float32), jnp.array(naive, jnp.float32))
    np.testing.assert_allclose(found[:, 0], plain.slope(mean, logits[:, 0]), atol=3e-5)


def test_shaping_is_more_than_the_own_slope():
    """The gradient that ignores the co-player's learning points elsewhere (else the test above proves nothing)."""
    rng = np.random.default_rng(1)
    logits, naive = rng.normal(size=5), rng.normal(size=5)
    whole = plain.slope(lambda at: float(plain.meta_episode(at, naive, 0.6, 2, 5.0)[:, 0].mean()), logits)
    blind = plain.slope(lambda at: float(plain.meta_episode(at, naive, 0.6, 2, 0.0)[:, 0].mean()), logits)
    assert np.abs(whole - blind).max() > 0.01


def test_bad_settings_are_refused():
    with pytest.raises(ConfigError, match="discount=1 is out of range"):
        analytic.Analytic(discount=1.0)
    with pytest.raises(ConfigError, match=r"p_naive=1\.5"):
        analytic.Analytic(p_naive=(0.0, 1.5))


def test_arms_differ_only_by_their_co_players():
    agents = analytic.begin(RECIPE, jax.random.key(0), 2)
    np.testing.assert_array_equal(agents.logits[:, 0], agents.logits[:, 2])
    after = analytic.update(RECIPE, agents, jax.random.key(1))
    own = own_slope(agents.logits)
    moved = np.asarray(after.logits - agents.logits)
    np.testing.assert_array_equal(np.sign(moved[:, 0]), np.sign(np.asarray(own[:, 0])))
    assert not np.array_equal(moved[:, 1], moved[:, 2])
    defecting = analytic.begin(RECIPE, jax.random.key(9), 2, defecting=True)
    np.testing.assert_allclose(jax.nn.sigmoid(defecting.logits), 0.01 / 1.01, rtol=1e-5)


@pytest.mark.parametrize("place", [1, 2, 3])
def test_own_first(place):
    """A second player who answers only its own CD is met after the first one's DC, and the other way round."""
    second = np.zeros(5)
    second[place] = 1.0
    first = np.array([1.0, 0.3, 0.4, 0.6, 0.7])
    found = met(jnp.array(first), jnp.array(second)).payoffs
    np.testing.assert_allclose(found, plain.payoffs(first, second, 0.9), atol=2e-6)
