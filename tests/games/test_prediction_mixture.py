"""The exact mixture: every learner of every phase against universes that are weighed one by one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles import plain_prediction as plain

from primordia.core.errors import BadInputError, ConfigError
from primordia.games.prediction import mixture, phases

N_ROUNDS, N_PROGRAMS = 3, 3


def programs_of(seed):
    return np.random.Generator(np.random.Philox(seed)).uniform(0.05, 0.95, size=(2, N_PROGRAMS, 5)).astype(np.float32)


def grown(programs, arm, strength, n_phases, first):
    """What the kernels make of it: likelihoods of the learners of all phases [phase, replica, history]."""
    pool = phases.pools(jnp.asarray(programs), n_rounds=N_ROUNDS)
    memory, learners, told = phases.begin(pool, first, arm=arm, n_rounds=N_ROUNDS), [], None
    for _ in range(n_phases):
        memory, found, told = phases.phase(memory, pool, strength, arm=arm, n_rounds=N_ROUNDS)
        learners.append(np.asarray(found.likelihood, np.float64))
    return learners, told


@pytest.mark.parametrize("arm", phases.ARMS)
def test_learners_are_those_of_universes_weighed_one_by_one(arm):
    programs = programs_of(0)
    first = 1e-2 if arm == "identified" else 4.0
    found, told = grown(programs, arm, 1.5, 3, first)
    wanted = plain.phases(programs[1].astype(np.float64), N_ROUNDS, 1.5, first, 3, arm)
    for phase, learner in enumerate(wanted):
        expected = [plain.likelihood(learner, history) for history in plain.histories(N_ROUNDS)]
        assert found[phase][1] == pytest.approx(expected, abs=2e-4)
    # What they do together, from the same histories.
    coop = [
        sum(
            plain.likelihood(wanted[-1], h) * plain.likelihood(wanted[-1], plain.swapped(h))
            for h in plain.histories(N_ROUNDS)
            if h[place][0] == "C"
        )
        for place in range(N_ROUNDS)
    ]
    assert np.asarray(told.cooperation[1]) == pytest.approx(coop, abs=5e-4)
    with_pool = np.mean([plain.payoff(wanted[-1], plain.tabular(one), N_ROUNDS) for one in programs[1].astype(float)])
    assert float(told.pool_payoff[1].mean()) == pytest.approx(with_pool, abs=1e-3)


@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 2**31), strength=st.floats(0, 50))
def test_a_likelihood_is_a_policy(seed, strength):
    """Summed over own actions it is one, whatever the other does; and a beta of 0 changes nothing."""
    (likelihood,), _ = grown(programs_of(seed), "mixed", strength, 1, 4.0)
    joint = likelihood[0].reshape([2, 2] * N_ROUNDS)
    assert joint.sum(axis=(0, 2, 4)) == pytest.approx(np.ones((2, 2, 2)), abs=1e-5)
    if strength == 0:
        pool = phases.pools(jnp.asarray(programs_of(seed)), n_rounds=N_ROUNDS)
        assert likelihood == pytest.approx(np.asarray(pool), abs=1e-5)


def test_a_beta_of_nothing_leaves_the_pool_as_it_is():
    (likelihood,), _ = grown(programs_of(3), "mixed", 0.0, 1, 4.0)
    pool = phases.pools(jnp.asarray(programs_of(3)), n_rounds=N_ROUNDS)
    assert likelihood == pytest.approx(np.asarray(pool), abs=1e-5)


def test_a_large_pool_is_the_endless_one():
    drawn = jax.random.uniform(jax.random.key(0), (1, 8192, 5))
    found = np.asarray(jax.jit(lambda p: mixture.pool_likelihood(p, N_ROUNDS))(drawn[0]), np.float64)
    assert found == pytest.approx([plain.endless_pool(one) for one in plain.histories(N_ROUNDS)], abs=0.01)
    # Cooperating once and again after CC: two cells of the table, one half each; after CC twice, 2/3 the second time.
    assert found[0] == pytest.approx(1 / 6, abs=0.01)


def test_histories_and_their_mirrors():
    actions, there = mixture.joint_actions(4), mixture.mirrored(4)
    assert np.array_equal(there[there], np.arange(256))
    assert np.array_equal(actions[there] // 2, actions % 2)


def test_a_pool_under_which_something_cannot_happen_is_refused():
    pool = phases.pools(jnp.asarray(np.tile([1.0, 0.5, 0.5, 0.5, 0.5], (2, 3, 1)), jnp.float32), n_rounds=N_ROUNDS)
    with pytest.raises(ConfigError, match="n_programs is too small"):
        phases.check_grain(phases.begin(pool, 4.0, arm="mixed", n_rounds=N_ROUNDS))


def test_too_many_rounds_are_refused_before_anything_is_compiled():
    with pytest.raises(BadInputError, match="there are 4\\^30 histories"):
        mixture.joint_actions(30)
