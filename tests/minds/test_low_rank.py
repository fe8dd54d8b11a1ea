"""Weight decay and low rank: the toy against its closed form and a plain twin, the attention layer's bookkeeping."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core import config as configs
from primordia.core.errors import ConfigError
from primordia.core.streams import Streams
from primordia.minds.claims.low_rank import begun, settled_values
from primordia.minds.experiments.low_rank_weight_decay import LowRankConfig, LowRankWeightDecay
from primordia.minds.probes.rank import effective_rank, norms, singular_values
from primordia.minds.training import factors

EXPERIMENT = LowRankWeightDecay()


def plain_step(left, right, decay, rate, curvature):
    """One step by autodiff of the penalised loss, in 32 bits."""

    def objective(pair):
        error = pair[0] @ pair[1].T - jnp.diag(jnp.arange(5, 0, -1) / 5)
        return 0.5 * curvature * jnp.sum(error**2) + 0.5 * decay * (jnp.sum(pair[0] ** 2) + jnp.sum(pair[1] ** 2))

    gradients = jax.grad(objective)((jnp.asarray(left, jnp.float32), jnp.asarray(right, jnp.float32)))
    return [np.asarray(part) - rate * np.asarray(change) for part, change in zip((left, right), gradients, strict=True)]


@pytest.mark.parametrize(("written", "curvature"), [("half", 1.0), ("whole", 2.0)])
def test_a_step_is_a_gradient_step_of_the_penalised_loss(written, curvature):
    first = begun(Streams(3), 0.5)
    found = factors.descended(first, factors.target(5), 0.3, 0.05, written, 1)
    wanted = plain_step(first.left, first.right, 0.3, 0.05, curvature)
    np.testing.assert_allclose(found.left, wanted[0], atol=1e-6)
    np.testing.assert_allclose(found.right, wanted[1], atol=1e-6)


@settings(deadline=None, max_examples=10)
@given(decay=st.floats(0.0, 1.3), written=st.sampled_from(["half", "whole"]))
def test_what_is_settled_is_the_least_of_loss_and_nuclear_norm(decay, written):
    """No product near the predicted one is better, and descent gets there from anywhere."""
    wanted = factors.target(5)
    values = factors.settled(wanted, decay, written)

    def objective(product):
        return (
            0.5 * factors.CURVATURE[written] * ((product - wanted) ** 2).sum() + decay * singular_values(product).sum()
        )

    least = objective(np.diag(values))
    generator = np.random.Generator(np.random.Philox(int(1e6 * decay)))
    for scale in (1e-3, 1e-1):
        for _ in range(20):
            assert objective(np.diag(values) + scale * generator.normal(size=(5, 5))) >= least - 1e-12


@pytest.mark.parametrize(("decay", "expected"), [(0.1, [0.9, 0.7, 0.5, 0.3, 0.1]), (0.3, [0.7, 0.5, 0.3, 0.1, 0.0])])
def test_M18_singular_values_lose_the_decay(decay, expected):
    assert np.allclose(settled_values(decay, "half", seed=5), expected, atol=1e-4)


def test_M18_the_whole_square_loses_half_the_decay():
    assert np.allclose(settled_values(0.5, "whole", seed=5), [0.75, 0.55, 0.35, 0.15, 0.0], atol=1e-4)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**32), decay=st.floats(0.01, 0.5))
def test_M19_balance_shrinks_by_the_decay_alone(seed, decay):
    first = begun(Streams(seed), 0.3)
    last = factors.descended(first, factors.target(5), decay, 1e-3, "half", 200)
    predicted = norms(*first).balance * (1 - 1e-3 * decay) ** 400
    assert norms(*last).balance == pytest.approx(predicted, rel=0.01)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32), scale=st.floats(0.01, 10))
def test_half_the_squares_are_never_less_than_the_nuclear_norm(seed, scale):
    generator = np.random.Generator(np.random.Philox(seed))
    left, right = scale * generator.normal(size=(5, 5)), generator.normal(size=(5, 5))
    found = norms(left, right)
    assert found.decay >= found.nuclear - 1e-9
    # The best factors of a product share its singular values evenly.
    u, values, v = np.linalg.svd(left @ right.T)
    even = norms(u * np.sqrt(values), v.T * np.sqrt(values))
    assert even.decay == pytest.approx(even.nuclear, rel=1e-9)
    assert even.balance < 1e-9 * max(1.0, found.nuclear)


def test_effective_rank_of_known_matrices():
    assert effective_rank(np.eye(4)) == pytest.approx(4)
    assert effective_rank(np.outer([1, 2], [3, 4])) == pytest.approx(1)
    assert effective_rank(np.zeros((3, 3))) == 0
    assert effective_rank(np.stack([np.eye(4), np.diag([1, 0, 0, 0])])) == pytest.approx(2.5)


def test_attention_loses_only_by_decay_where_nothing_is_learned():
    """A step of Adam on weights of zero gradient is nothing, so the weights shrink by the decay alone."""
    from primordia.minds.models import self_attention
    from primordia.minds.training import decayed_attention, update
    from primordia.minds.training.recipe import Recipe

    loss = decayed_attention.ContextLoss(2, 3, 1, 0.7, 4)
    recipe = Recipe(peak=0.01)
    weights = self_attention.begin(loss.model, jax.random.key(0))
    weights["layers/0/out"] = jnp.zeros_like(weights["layers/0/out"])
    weights["layers/0/value"] = jnp.zeros_like(weights["layers/0/value"])
    learner = update.begin(weights, recipe)
    after, _, _ = decayed_attention.update(learner, jax.random.key(1), 2.0, loss=loss, recipe=recipe)
    for name in ("layers/0/query", "layers/0/key"):
        np.testing.assert_allclose(after.weights[name], 0.98 * weights[name], rtol=1e-6)


def test_the_factors_of_attention_multiply_to_its_products():
    from primordia.minds.models import self_attention
    from primordia.minds.training import decayed_attention

    loss = decayed_attention.ContextLoss(3, 3, 2, 0.7, 4)
    weights = self_attention.begin(loss.model, jax.random.key(0))
    for pair, product in zip(
        decayed_attention.pairs(weights), self_attention.products(loss.model, weights), strict=True
    ):
        np.testing.assert_allclose(pair.left @ pair.right.swapaxes(-1, -2), product, atol=1e-5)


def test_the_attention_variant_runs_measures_and_draws():
    config = configs.from_dict(LowRankConfig, {"factors": False, "n_inputs": 3, "n_context": 4, "n_batch": 8})
    streams = Streams(0)
    state = EXPERIMENT.init(config, streams)
    state, row = EXPERIMENT.step(config, state, streams, 0)
    row = {**row, **EXPERIMENT.measure(config, state, streams, 1)}
    assert row.keys() == {name for name, metric in EXPERIMENT.metrics.items() if not metric.needs}
    assert row["gap"] >= 0
    assert EXPERIMENT.views["products"].pixels(config, state, "products").size
    table, *_ = EXPERIMENT.findings(config, state, streams, 1)
    assert len(table.rows) == 4


def test_findings_of_the_toy_hold_prediction_beside_measurement():
    config = dataclasses.replace(LowRankConfig(), decay=0.5, learning_rate=0.1)
    streams = Streams(0)
    state = EXPERIMENT.init(config, streams)
    state, _ = EXPERIMENT.advance(config, state, streams, 0, 1000)
    table, chart, learned, predicted_product, apart = EXPERIMENT.findings(config, state, streams, 1000)
    for _, _, predicted, measured in table.rows:
        assert measured == pytest.approx(predicted, abs=1e-4)
    assert chart.lines["measured sum"][10] == pytest.approx((0.5, 0.9), abs=1e-3)
    np.testing.assert_allclose(predicted_product.values, np.diag([0.5, 0.3, 0.1, 0, 0]), atol=1e-12)
    np.testing.assert_array_equal(learned.values, state.learner.left @ state.learner.right.T)
    assert np.abs(apart.values).max() < 1e-3


@pytest.mark.parametrize(
    ("name", "value"), [("decay", -0.1), ("decay", float("nan")), ("learning_rate", 1.0), ("loss_written", "quarter")]
)
def test_bad_settings_are_refused(name, value):
    with pytest.raises(ConfigError, match=name):
        configs.from_dict(LowRankConfig, {name: value})


@pytest.mark.parametrize("factors_alone", [True, False])
def test_divergence_ends_a_run_with_a_sentence(factors_alone):
    from primordia.minds.training.diverged import DivergedError

    config = configs.from_dict(LowRankConfig, {"factors": factors_alone, "n_inputs": 3, "n_context": 4, "n_batch": 8})
    streams = Streams(0)
    state = EXPERIMENT.init(config, streams)
    wild = jax.tree.map(lambda array: array * 1e38 if factors_alone is False else array * 1e200, state)
    named = "the new weight left" if factors_alone else "the new weight layers/0/"
    with pytest.raises(DivergedError, match=f"Training diverged in update 4: .*{named}"):
        EXPERIMENT.step(config, wild, streams, 3)
