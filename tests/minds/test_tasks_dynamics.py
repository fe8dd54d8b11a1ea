"""Dynamical systems and few-shot pairs, and the learners that predict them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minds.drawing import compiled, draw
from oracles import plain_sequences as plain
from primordia.core.errors import ConfigError
from primordia.minds.tasks.batch import Vectors, by_position, token_squared_errors
from primordia.minds.tasks.dynamics import Dynamics, constructed, rotation, stacked
from primordia.minds.tasks.fewshot import FewShot, by_pair, early_ascent
from primordia.minds.tasks.oracles import dynamics as oracle

FULL = Dynamics(n_hidden=4, n_observed=4, n_time=9, noise=0)
KINDS = {
    "full": FULL,
    "partial": Dynamics(kind="partial", n_hidden=4, n_observed=2, n_time=9, noise=0),
    "contracting": Dynamics(kind="contracting", n_hidden=4, n_observed=4, n_time=9, noise=0),
    "fixed": Dynamics(kind="fixed", n_hidden=4, n_observed=4, n_time=9, noise=0),
    "nonlinear": Dynamics(kind="nonlinear", n_hidden=4, n_observed=4, n_time=9, noise=0),
}


@pytest.fixture(scope="module")
def trajectories():
    return compiled(lambda key: {name: task.trajectories(key, 32) for name, task in KINDS.items()})(jax.random.key(0))


@pytest.mark.parametrize("kind", ["full", "partial", "contracting", "fixed"])
def test_a_linear_system_without_noise_moves_by_its_matrix(trajectories, kind):
    found = jax.tree.map(np.asarray, trajectories[kind])
    moved = np.einsum("bij,btj->bti", found.transition, found.hidden[:, :-1])
    np.testing.assert_allclose(found.hidden[:, 1:], moved, atol=1e-5)
    np.testing.assert_allclose(found.observed, np.einsum("boh,bth->bto", found.readout, found.hidden), atol=1e-5)
    if kind == "contracting":
        values = np.linalg.eigvalsh(found.transition)
        assert values.min() >= 0.3 - 1e-5
        assert values.max() <= 0.9 + 1e-5
    else:
        identity = np.broadcast_to(np.eye(4), found.transition.shape)
        np.testing.assert_allclose(found.transition @ found.transition.transpose(0, 2, 1), identity, atol=1e-5)
    assert (np.ptp(found.transition, axis=0).max() == 0) == (kind == "fixed")


def test_a_non_linear_system_is_not_linear_and_stays_bounded(trajectories):
    found = jax.tree.map(np.asarray, trajectories["nonlinear"])
    assert np.abs(found.hidden[:, 1:]).max() <= 2
    moved = np.einsum("bij,btj->bti", found.transition, found.hidden[:, :-1])
    assert np.abs(found.hidden[:, 1:] - moved).max() > 0.1


def test_rotations_are_uniform():
    """The mean of each entry is 0 and of its square 1/3: 4000 draws of 3 x 3, sd 0.009 and 0.005; both signs of det."""
    found = np.asarray(compiled(jax.vmap(lambda key: rotation(key, 3)))(jax.random.split(jax.random.key(1), 4000)))
    assert np.abs(found.mean(axis=0)).max() < 0.04
    assert np.abs((found**2).mean(axis=0) - 1 / 3).max() < 0.02
    assert abs((np.linalg.det(found) > 0).mean() - 0.5) < 0.04


def test_noise_has_the_variance_that_is_set_and_targets_are_next_observations():
    batch = draw(Dynamics(kind="contracting", n_hidden=4, n_observed=4, n_time=40, noise=0.2), 2, 64)
    np.testing.assert_array_equal(batch.targets[:, :-1], batch.inputs[:, 1:])
    np.testing.assert_array_equal(batch.weight, np.tile([1.0] * 39 + [0.0], (64, 1)))
    # The stationary variance is the mean of v / (1 - l^2) over l ~ U(0.3, 0.9): (atanh 0.9 - atanh 0.3) / 0.6 = 1.94.
    assert float(np.asarray(batch.inputs)[:, 20:].var()) == pytest.approx(0.2 * 1.938, rel=0.15)


def test_constructed_and_stacked_tokens():
    observed = jnp.arange(1.0, 5.0).reshape(1, 4, 1)
    np.testing.assert_array_equal(constructed(observed)[0], [[0, 1, 0], [0, 2, 1], [0, 3, 2], [0, 4, 3]])
    np.testing.assert_array_equal(stacked(observed, 3)[0], [[1, 0, 0], [2, 1, 0], [3, 2, 1], [4, 3, 2]])


def test_learners_equal_their_plain_twins():
    batch = draw(FULL, 3, 2)
    batch = batch._replace(weight=batch.weight.at[:, 3].set(0))
    found = compiled(
        lambda batch: {
            "ridge": oracle.ridge_by_position(batch, 0.3),
            "descent": oracle.descent_by_position(batch, 0.05),
            "kernel": oracle.kernel_by_position(batch, 0.7),
            "chebyshev": oracle.chebyshev_by_position(batch, 0.3, 3, 0.0, 30.0),
        }
    )(batch)
    twins = {
        "ridge": plain.ridge(0.3),
        "descent": plain.descent(0.05),
        "kernel": plain.kernel(0.7),
        "chebyshev": plain.chebyshev(0.3, 3, 0.0, 30.0),
    }
    for one in range(2):
        sequence = tuple(np.asarray(part[one], np.float64) for part in batch)
        for name, learner in twins.items():
            wanted = plain.by_position(learner, *sequence)
            np.testing.assert_allclose(found[name][one], wanted, atol=3e-4, err_msg=name)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), log_condition=st.floats(0.1, 2.0))
def test_chebyshev_keeps_its_promise(seed, log_condition):
    """After 6 steps the error is at most 1 / T_6((high + low) / (high - low)) of the vector's, in the matrix's norm."""
    rng = np.random.default_rng(seed)
    high = 10**log_condition
    axes = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    matrix = axes @ np.diag(rng.uniform(1, high, 5)) @ axes.T
    vector = rng.normal(size=5)
    found = _six_steps(jnp.float32(matrix), jnp.float32(vector), jnp.float32(1), jnp.float32(high))
    promise = 1 / np.cosh(6 * np.arccosh((high + 1) / (high - 1)))
    left = np.linalg.norm(matrix @ np.asarray(found, np.float64) - vector)
    assert left <= promise * np.linalg.norm(vector) * 1.001 + 1e-5


_six_steps = compiled(lambda matrix, vector, low, high: oracle.chebyshev(matrix, vector, low, high, 6))


def test_the_best_rate_is_best():
    batch = draw(FULL, 3, 2)
    rate = float(oracle.best_rate(batch))

    def loss(rate):
        errors = token_squared_errors(oracle.descent_by_position(batch, rate), batch)
        return float(jnp.sum(errors * batch.weight))

    assert loss(rate) < min(loss(0.98 * rate), loss(1.02 * rate))


def test_least_squares_finds_a_noiseless_system_once_it_has_seen_enough():
    batch = draw(FULL, 3, 2)
    predictions = oracle.ridge_by_position(batch, 1e-4)
    errors = by_position(token_squared_errors(predictions, batch), batch.weight)
    assert float(errors[0]) > 1
    assert float(errors[5:8].max()) < 1e-3


def test_observations_determine_the_next_once_there_are_as_many_as_states():
    rng = np.random.default_rng(0)
    transition = jnp.asarray(np.linalg.qr(rng.normal(size=(4, 4)))[0])
    readout = jnp.asarray(rng.normal(size=(2, 4)))
    np.testing.assert_allclose(oracle.observability(transition, readout, 2)[2:], readout @ transition, rtol=1e-6)
    assert float(oracle.prediction_residual(transition, readout, 1)) > 0.05
    assert float(oracle.prediction_residual(transition, readout, 2)) < 1e-4


@pytest.mark.parametrize("separators", [False, True])
def test_few_shot_pairs_alternate_and_only_labels_are_scored(separators):
    task = FewShot(n_inputs=3, n_pairs=5, separators=separators)
    batch = jax.tree.map(np.asarray, draw(task, 4, 2))
    stride = task.stride
    assert batch.inputs.shape == (2, task.n_time, 3)
    assert task.n_time == (14 if separators else 10)
    x, y = batch.inputs[:, ::stride], batch.inputs[:, 1::stride]
    np.testing.assert_allclose(np.linalg.norm(x, axis=2), np.linalg.norm(y, axis=2), rtol=1e-5)
    np.testing.assert_allclose(x @ x.transpose(0, 2, 1), y @ y.transpose(0, 2, 1), atol=1e-4)
    np.testing.assert_array_equal(batch.targets[:, ::stride], y)
    np.testing.assert_array_equal(batch.weight[0], task.input_places())
    between = np.asarray(task.separator_places())
    assert between.sum() == (4 if separators else 0)
    assert not batch.inputs[:, between].any()


def test_spurious_pairs_make_the_error_rise_and_right_ones_do_not():
    task = FewShot(n_inputs=10, n_pairs=16)
    batch = draw(task, 5, 128)
    everything = Vectors(batch.inputs, batch.targets, jnp.ones_like(batch.weight))

    @compiled
    def ascent(seen):
        return early_ascent(by_pair(token_squared_errors(oracle.ridge_by_position(seen, 1.0), batch), task))

    assert ascent(everything) > 1.15
    assert ascent(batch) == 1


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: Dynamics(kind="linear"), "kind=linear is out of range: it must be one of full"),
        (lambda: Dynamics(n_observed=5), "n_observed=5 does not fit: it must be n_hidden=10 unless kind=partial"),
        (lambda: Dynamics(kind="partial", n_observed=20), "n_observed=20 does not fit: it must be at most n_hidden=10"),
        (lambda: Dynamics(noise=-1), "noise=-1.0 is out of range"),
        (lambda: FewShot(n_pairs=0), "n_pairs=0 is out of range"),
    ],
)
def test_bad_settings_are_refused_before_anything_is_compiled(made, words):
    with pytest.raises(ConfigError, match=words):
        made()
