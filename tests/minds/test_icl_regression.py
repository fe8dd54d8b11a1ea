"""minds/icl-regression: descent as layers, probes against loops in 64 bits, and a learner that becomes a step."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles import plain_regression as plain

from primordia.core.errors import ConfigError
from primordia.core.streams import Streams
from primordia.minds.claims.icl_regression import TRAINED
from primordia.minds.experiments import icl_parts as parts
from primordia.minds.experiments.icl_regression import IclRegression
from primordia.minds.experiments.icl_settings import IclConfig
from primordia.minds.models import self_attention
from primordia.minds.probes import regression as probes
from primordia.minds.probes.constructions import Products, curved_step
from primordia.minds.tasks.regression import Regression, drawn_episodes
from primordia.minds.training.query_loss import Answerer, QueryLoss, answered

N, PAIRS = 3, 5
PROBLEMS = drawn_episodes(Regression(n_inputs=N, n_context=PAIRS), jax.random.key(0), 20)
RATE = 3.0
DESCENT = probes.descent_weights(N, PAIRS, RATE, 0.0)
ONE = probes.descending(N, 1)
SMALL = IclRegression.presets["small"].config


def readouts(n_steps, n_pairs=PAIRS, rate=RATE):
    x, y = np.float64(PROBLEMS.x), np.float64(PROBLEMS.y)
    return [plain.descent(x[i, :n_pairs], y[i, :n_pairs], rate * n_pairs / PAIRS, n_steps) for i in range(len(x))]


def half_square(answers, labels):
    return 0.5 * np.mean((np.asarray(answers) - np.asarray(labels)) ** 2)


def test_layers_answer_as_descent_does():
    found = probes.descending(N, 3)(DESCENT, PROBLEMS.x, PROBLEMS.y)
    wanted = [(w @ np.float64(x[-1]))[0] for w, x in zip(readouts(3), PROBLEMS.x, strict=True)]
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_the_derivative_by_the_query_is_the_readout_that_descent_arrives_at():
    found = probes.sensitivities(ONE, DESCENT, PROBLEMS)
    np.testing.assert_allclose(found, np.concatenate(readouts(1)), atol=1e-6)


def test_two_learners_side_by_side():
    doubled = probes.descent_weights(N, PAIRS, 2 * RATE, 0.0)
    found = probes.aligned(doubled, DESCENT, PROBLEMS, answerer=ONE, other=ONE)
    models = np.concatenate(readouts(1))
    answers = np.sum(models * np.asarray(PROBLEMS.x[:, -1]), axis=1)
    labels = PROBLEMS.y[:, -1, 0]
    wanted = (
        half_square(2 * answers, labels),
        half_square(answers, labels),
        1.0,
        np.linalg.norm(models, axis=1).mean(),
        np.abs(answers).mean(),
    )
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_pairs_left_out_are_pairs_that_are_not_there():
    counts = jnp.asarray([0, 2, PAIRS])
    found = probes.losses_by_context(DESCENT, PROBLEMS, counts, answerer=ONE)
    squares = probes.least_squares_by_context(PROBLEMS, counts)
    labels = np.asarray(PROBLEMS.y[:, -1, 0])
    for count, loss, least in zip((0, 2, PAIRS), found, squares, strict=True):
        made = readouts(1, count) if count else [np.zeros((1, N))] * len(labels)
        answers = [(w @ x[-1])[0] for w, x in zip(made, np.float64(PROBLEMS.x), strict=True)]
        np.testing.assert_allclose(loss, half_square(answers, labels), rtol=1e-5)
        fits = [
            np.linalg.lstsq(x[:count], y[:count, 0], rcond=None)[0] @ x[-1] if count else 0.0
            for x, y in zip(np.float64(PROBLEMS.x), np.float64(PROBLEMS.y), strict=True)
        ]
        np.testing.assert_allclose(least, half_square(fits, labels), rtol=1e-4, atol=1e-8)


@given(st.floats(0.5, 3.0))
@settings(max_examples=5, deadline=None)
def test_a_layer_errs_in_proportion_to_its_teacher(scale):
    losses = probes.losses_at_scales(DESCENT, PROBLEMS, jnp.ones(2), jnp.asarray([1.0, scale]), answerer=ONE)
    np.testing.assert_allclose(losses[1], scale**2 * losses[0], rtol=1e-4)


def test_a_layer_applied_again_and_again_is_damped_descent():
    found = probes.losses_when_repeated(DESCENT, PROBLEMS, answerer=ONE, n_times=4, damping=0.75)
    labels = PROBLEMS.y[:, -1, 0]
    for n_steps in (1, 4):
        made = readouts(n_steps, rate=0.75 * RATE)
        answers = [(w @ x[-1])[0] for w, x in zip(made, np.float64(PROBLEMS.x), strict=True)]
        np.testing.assert_allclose(found[n_steps - 1], half_square(answers, labels), rtol=1e-5)


def test_rescaled_products_of_a_layer_meet_the_constructed_ones_halfway():
    made = curved_step(N, RATE, PAIRS, 0.0)
    scaled = self_attention.of_products(-4.0 * made.asking, made.moving / -4.0)
    found = probes.halfway(scaled, DESCENT, model=ONE.model, n_inputs=N)
    for one, other in zip(Products(*self_attention.products(ONE.model, found)), made, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_a_layer_that_does_nothing_listens_to_nobody():
    answerer = Answerer(self_attention.SelfAttention(2 * N), "interleaved")
    drawn = self_attention.begin(answerer.model, jax.random.key(0))
    nothing = {name: jnp.zeros_like(array) for name, array in drawn.items()}
    found = probes.token_sensitivities(nothing, PROBLEMS, answerer=answerer)
    np.testing.assert_allclose(found, np.eye(2 * PAIRS + 1) * np.sqrt(2 * N), atol=1e-6)


def test_alternating_tokens_are_read_where_y_is_written():
    answerer = Answerer(self_attention.SelfAttention(2 * N), "interleaved")
    shown = answerer.shown(PROBLEMS.x, PROBLEMS.y)
    after = shown.at[:, -1, N - 1].add(-7.0)
    np.testing.assert_allclose(answerer.read(shown, after), 7.0, rtol=1e-6)


def test_a_fixed_set_is_drawn_from_again_and_again():
    task = Regression(n_inputs=N, n_context=PAIRS)
    fresh = QueryLoss(ONE, task, 32).draw(jax.random.key(1))
    assert len(np.unique(np.asarray(fresh.teacher)[:, 0], axis=0)) == 32
    fixed = QueryLoss(ONE, task, 32, n_problems=2, set_seed=5)
    kept = [np.asarray(fixed.draw(jax.random.key(seed)).teacher)[:, 0] for seed in (1, 2)]
    assert len(np.unique(np.concatenate(kept), axis=0)) == 2


@pytest.mark.slow
def test_a_trained_layer_becomes_a_step_of_descent():
    experiment, config = IclRegression(), IclConfig(**SMALL)
    streams = Streams(0)
    learner = experiment.init(config, streams)
    before = experiment.measure(config, learner, streams, 0)
    learner, _ = experiment.advance(config, learner, streams, 0, 600)
    after = experiment.measure(config, learner, streams, 600)
    assert before["ratio"] > 1.3
    assert 0.97 < after["ratio"] < 1.05
    assert after["cosine"] > 0.99
    assert after["interpolated_loss"] < 1.05 * after["gd_loss"]
    assert abs(after["gd_loss"] / after["closed_form_loss"] - 1) < 0.3


def test_the_descent_of_several_steps_is_the_oracle_with_the_best_setting():
    config = IclConfig(**{**SMALL, "n_layers": 2, "n_steps": 2, "reference": "gd++"})
    beside = parts.comparison(config)
    assert beside.losses[1] < beside.losses[0]
    for slightly in (0.9, 1.1):
        worse = probes.descent_weights(3, 3, beside.best.rate * slightly, beside.best.correction)
        assert float(answered(worse, beside.problems, answerer=beside.other)) > beside.losses[1] * 0.999
    x, y = np.float64(beside.problems.x[:8]), np.float64(beside.problems.y[:8])
    wanted = [
        plain.curved_descent(one[:-1], two[:-1], one[-1], beside.best.rate, beside.best.correction, 2)[0]
        for one, two in zip(x, y, strict=True)
    ]
    found = beside.other(beside.weights, beside.problems.x[:8], beside.problems.y[:8])
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"n_softmax": 2}, "n_softmax=2 of n_layers=1: it must be at most the number of layers; the nearest is 1"),
        ({"n_layers": 2, "n_softmax": 1}, "n_softmax=1 of 2 tied layers.*the nearest are 0 and 2"),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_anything_runs(wrong, sentence):
    experiment = IclRegression()
    with pytest.raises(ConfigError, match=sentence):
        experiment.init(IclConfig(**wrong), Streams(0))


@pytest.mark.slow
@pytest.mark.parametrize("claim", [claim for claim in TRAINED if claim.tier == "quick"], ids=lambda claim: claim.id)
def test_quick_claims_hold(claim):
    assert claim.expected.holds(claim.measure(claim.setup).value)
