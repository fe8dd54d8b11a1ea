"""Models that learn a sequence's own dynamics: layers against a plain twin, probes on known activations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minds.drawing import draw
from oracles.plain_dynamics import fitted, guesses
from primordia.core import config as configs
from primordia.core.errors import ConfigError, UnknownNameError
from primordia.core.streams import Streams
from primordia.minds.experiments import mesa_parts as parts
from primordia.minds.experiments.mesa_optimization import MesaOptimization, constructed_guesses
from primordia.minds.experiments.mesa_settings import PRESETS, MesaConfig
from primordia.minds.models import autoregressor, self_attention
from primordia.minds.models.autoregressor import Autoregressor
from primordia.minds.probes import chebyshev, compression, tokens
from primordia.minds.probes.constructions import autoregressive_step
from primordia.minds.tasks.dynamics import Dynamics, next_vectors
from primordia.minds.tasks.oracles import dynamics as oracles
from primordia.minds.training.next_vector import scores

EXPERIMENT = MesaOptimization()
BOUND = Autoregressor(2, ("softmax", "mesa"), 4, n_heads=2, d_key=3, variance=0.5, chunk=4)
SMALL = {"n_hidden": 2, "n_observed": 2, "n_time": 12, "d_key": 4, "n_batch": 4, "n_judged": 8}


@pytest.mark.parametrize(("kinds", "n_position"), [(("linear", "mesa"), 0), (("softmax", "mesa"), 4)])
def test_a_model_guesses_what_the_plain_twin_guesses(kinds, n_position):
    model = Autoregressor(2, kinds, n_position, n_heads=2, d_key=3, variance=0.5, chunk=4)
    weights = autoregressor.begin(model, jax.random.key(0))
    for name in weights:
        if name.endswith("strength"):
            weights[name] = jnp.array([0.5, -1.0])
    observed = jax.random.normal(jax.random.key(1), (2, 7, 2))
    found = autoregressor.predict(model, weights, observed)
    codes = np.asarray(autoregressor.positions(7, n_position)) if n_position else None
    for sequence, guess in zip(np.asarray(observed, float), np.asarray(found), strict=True):
        np.testing.assert_allclose(guess, guesses(weights, kinds, 2, sequence, codes), atol=2e-5)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**31), rate=st.floats(0.01, 2.0), start=st.floats(-1, 1))
def test_proposition_1_is_a_step_of_gradient_descent(seed, rate, start):
    """For any start: the guess is what the step adds to it, -rate grad L(start) s_t."""
    observed = np.asarray(jax.random.normal(jax.random.key(seed), (1, 6, 2)))
    first = start * np.eye(2)
    found = step_guesses(observed, jnp.float32(rate), jnp.asarray(first, jnp.float32))
    for t in range(6):
        x, y = observed[0, :t], observed[0, 1 : t + 1]
        slope = (first @ x.T - y.T) @ x
        np.testing.assert_allclose(found[0, t], -rate * slope @ observed[0, t], rtol=1e-4, atol=1e-4)


@jax.jit
def step_guesses(observed, rate, start):
    model = Autoregressor(2, ("linear",), n_heads=1, d_key=6)
    weights = self_attention.of_products(*autoregressive_step(2, rate, start))
    return autoregressor.predict(model, weights, observed)


def test_a_mesa_layer_can_be_least_squares():
    """Keys s_{t-1}, queries and values s_t: the guess is the ridge prediction with penalty 1/lambda."""
    model = Autoregressor(2, ("mesa",), n_heads=1, d_key=2)
    part = [np.eye(6)[2 * place : 2 * place + 2] for place in range(3)]
    weights = {
        "layers/0/query": part[1][None], "layers/0/key": part[2][None], "layers/0/value": part[1][None],
        "layers/0/out": part[0].T[None], "layers/0/strength": jnp.log(jnp.array([2.0])),
    }  # fmt: skip
    weights = {name: jnp.asarray(array, jnp.float32) for name, array in weights.items()}
    observed = jax.random.normal(jax.random.key(4), (1, 9, 2))
    found = autoregressor.predict(model, weights, observed)[0]
    wanted = fitted(np.asarray(observed[0], float), 0.5)
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    batch = next_vectors(observed)
    np.testing.assert_allclose(oracles.ridge_by_position(batch, 0.5)[0], wanted, atol=1e-4)


def test_the_past_is_all_that_a_guess_depends_on():
    weights = autoregressor.begin(BOUND, jax.random.key(0))
    observed = jax.random.normal(jax.random.key(1), (2, 7, 2))
    one, other = (autoregressor.predict(BOUND, weights, seen) for seen in (observed, observed.at[:, 4:].set(9.0)))
    np.testing.assert_array_equal(one[:, :4], other[:, :4])
    assert not np.allclose(one[:, 4:], other[:, 4:])


def test_known_guesses():
    assert constructed_guesses() == [0.0, 4.0, 40.0, 66.0]


def test_scores_are_means_of_a_channel_at_each_position():
    batch = next_vectors(jnp.arange(12.0).reshape(1, 6, 2))
    np.testing.assert_allclose(scores(batch.inputs, batch), 4.0)  # every channel is 2 off at every position
    assert scores(batch.inputs, batch).shape == (5,)


def test_shifts_look_back_and_ahead():
    observed = jnp.arange(8.0).reshape(1, 4, 2)
    assert tokens.shifted(observed, 1)[0].tolist() == [[0, 0], [0, 1], [2, 3], [4, 5]]
    assert tokens.shifted(observed, -1)[0].tolist() == [[2, 3], [4, 5], [6, 7], [0, 0]]
    assert tokens.shifted(observed, 0)[0].tolist() == observed[0].tolist()
    assert not tokens.shifted(observed, 9).any()


def test_what_a_token_holds_can_be_decoded_and_what_it_does_not_cannot():
    observed = jax.random.normal(jax.random.key(0), (400, 6, 2))
    before = tokens.shifted(observed, 1)
    states = jnp.stack(
        [jnp.concatenate([observed, jnp.zeros_like(before)], -1), jnp.concatenate([observed, before], -1)]
    )
    found = tokens.decodable(states, observed, (0, 1), (4,))[:, :, 0]
    assert (found[0] > 0.99).all()
    assert found[1, 0] < 0.1
    assert found[1, 1] > 0.99


def test_the_preconditioned_target_is_a_solve_and_is_read_where_it_is():
    batch = draw(Dynamics(n_hidden=2, n_observed=2, n_time=8, noise=0.1), 0, 200)
    found = chebyshev.preconditioned(batch, 1.0, 12)
    x = np.asarray(batch.inputs, float)
    for example in range(3):
        for t in range(8):
            gram = x[example, :t].T @ x[example, :t] + np.eye(2)
            np.testing.assert_allclose(found[example, t], np.linalg.solve(gram, x[example, t]), atol=5e-3)
    states = jnp.stack([batch.inputs, found])
    explained = chebyshev.readable(states, batch, 1.0, (5,))[:, 0]
    assert explained[1] > 0.99 > explained[0]


def test_compression_keeps_what_is_made_of_multiples_of_the_identity():
    asking, moving = autoregressive_step(2, 0.3, 0.5 * jnp.eye(2))
    model = Autoregressor(2, ("linear",), n_heads=1, d_key=6)
    weights = self_attention.of_products(asking, moving)
    small = compression.compressed(model.attention, weights, 2)
    for name, array in small.items():
        np.testing.assert_allclose(array, weights[name], atol=1e-6)
    np.testing.assert_allclose(
        compression.block_means(moving, 2)[0], [[0, 0.3, -0.15], [0, 0, 0], [0, 0, 0]], atol=1e-6
    )


def test_compression_loses_what_is_not():
    matrix = np.array([[1.0, 5.0], [7.0, 3.0]])
    assert compression.block_means(jnp.asarray(matrix), 2).tolist() == [[2.0]]
    with pytest.raises(ConfigError, match="blocks of 3"):
        compression.block_means(jnp.asarray(matrix), 3)


@pytest.mark.slow
def test_the_linear_variant_finds_its_compression_and_few_shot_curves():
    config = configs.from_dict(MesaConfig, {**SMALL, "layers": "linear"})
    streams = Streams(0)
    state = EXPERIMENT.init(config, streams)
    found = EXPERIMENT.findings(config, state, streams, 0)
    assert [one.title for one in found] == [
        "Error in context", "Linear probes", "Compressed algorithm", "What layer 1 adds up to, learned",
        "What layer 1 adds up to, constructed", "What layer 1 adds up to, learned less constructed",
        "Attention of layer 1 (linear), head 1", "Attention of layer 1 (linear), head 2",
        "Few-shot pairs, without further training",
    ]  # fmt: skip
    assert len(found[0].lines["the model"]) == 11
    # The line of least squares is that of the plain twin.
    batch, lines = parts.beside(config)
    missed = [fitted(np.asarray(one, float), lines.penalty)[:-1] - one[1:] for one in batch.inputs]
    np.testing.assert_allclose(lines.ridge, np.square(missed).mean((0, 2)), rtol=1e-3)
    assert lines.ridge[1:].mean() < lines.descent[1:].mean()


@pytest.mark.slow
def test_training_brings_a_mesa_layer_below_a_step_of_descent():
    config = configs.from_dict(MesaConfig, {**SMALL, "n_batch": 32, "n_judged": 64, "learning_rate": 0.01})
    streams = Streams(0)
    state = EXPERIMENT.init(config, streams)
    before = EXPERIMENT.measure(config, state, streams, 0)
    state, _ = EXPERIMENT.advance(config, state, streams, 0, 200)
    after = EXPERIMENT.measure(config, state, streams, 200)
    assert before["gd_ratio"] > 1.1
    assert after["gd_ratio"] < 0.8
    assert after["ridge_error"] < after["gd_error"]


def test_every_preset_is_a_model_that_can_be_built():
    for preset in PRESETS.values():
        config = configs.from_dict(MesaConfig, preset.config)
        assert parts.loss(config).model.n_observed == config.n_observed


@pytest.mark.parametrize(
    ("setting", "error", "said"),
    [
        ({"layers": "mesa, softmax"}, ConfigError, "softmax layers come first"),
        ({"layers": "messa"}, UnknownNameError, "did you mean 'mesa'"),
        ({"n_observed": 5}, ConfigError, "kind=partial"),
        ({"kind": "fully"}, ConfigError, "kind"),
        ({"n_position": 3}, ConfigError, "n_position"),
        ({"noise": -1.0}, ConfigError, "noise"),
        ({"n_time": 12, "n_stacked": 16}, ConfigError, "n_stacked=16 does not fit: it must be at most n_time=12"),
    ],
)
def test_bad_settings_are_refused_before_anything_is_compiled(setting, error, said):
    with pytest.raises(error, match=said):
        EXPERIMENT.init(configs.from_dict(MesaConfig, setting), Streams(0))
