"""Learning to be random: the maps of a layer, its loss and its adversary against obvious twins."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core import config as configs
from primordia.core.errors import ConfigError
from primordia.core.streams import Streams
from primordia.minds.experiments.randomized_transformers import RandomizedConfig, RandomizedTransformers
from primordia.minds.models import seeded_recall
from primordia.minds.models.seeded_recall import SeededRecall
from primordia.minds.probes import adversary
from primordia.minds.training import worst_case

EXPERIMENT = RandomizedTransformers()
MODEL = SeededRecall(5, 2, 3, 7)
WEIGHTS = seeded_recall.begin(MODEL, jax.random.key(0))


def plain_answer(weights, seed, values, asked):
    """The layer as it reads: items are stored one by one, then one is asked for. Loops, 64 bits."""

    def written(network, item):
        inner = weights[f"{network}/name"][item] + weights[f"{network}/bias"]
        inner = np.asarray(inner, np.float64) + seed @ np.asarray(weights[f"{network}/seed"], np.float64)
        gelu = 0.5 * inner * (1 + np.tanh(np.sqrt(2 / np.pi) * (inner + 0.044715 * inner**3)))
        return gelu @ np.asarray(weights[f"{network}/out"], np.float64)

    memory = sum(value * written("key", item) for item, value in enumerate(values))
    return written("query", asked) @ memory


def test_a_margin_is_the_answer_of_a_memory_that_was_filled_item_by_item():
    questions = worst_case.draw_questions(jax.random.key(1), 5, 6)
    seeds = seeded_recall.draw_seeds(MODEL, jax.random.key(2), 3)
    found = np.asarray(worst_case.margins(MODEL, WEIGHTS, questions, seeds))
    for draw, place in itertools.product(range(3), range(6)):
        values, asked = np.asarray(questions.values[place]), int(questions.asked[place])
        wanted = values[asked] * plain_answer(WEIGHTS, np.asarray(seeds[draw], np.float64), values, asked)
        assert found[draw, place] == pytest.approx(wanted, abs=1e-4)


def test_without_a_seed_every_draw_is_the_same_map():
    model = SeededRecall(5, 2, 0, 7)
    weights = seeded_recall.begin(model, jax.random.key(0))
    drawn = np.asarray(adversary.drawn_maps(weights, jax.random.key(1), model=model, n_draws=3))
    assert np.array_equal(drawn[0], drawn[2])
    assert np.linalg.matrix_rank(drawn[0]) == 2


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**31), exponent=st.floats(1, 200))
def test_the_power_mean_lies_between_mean_and_largest(seed, exponent):
    losses = np.random.Generator(np.random.Philox(seed)).exponential(size=8)
    found = float(worst_case.power_mean(jnp.asarray(losses, jnp.float32), exponent))
    assert losses.mean() * (1 - 1e-5) <= found <= losses.max() * (1 + 1e-5)
    assert found == pytest.approx(float(np.mean(losses**exponent) ** (1 / exponent)), rel=1e-3)


def test_losses_of_nothing_have_a_finite_slope():
    for losses in (jnp.zeros(4), jnp.array([0.0, 0.0, 0.5, 1.0])):
        for exponent in (1.0, 20.0, 200.0):
            slope = jax.grad(worst_case.power_mean)(losses, exponent)
            assert np.isfinite(slope).all()


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**31))
def test_the_adversary_is_near_the_worst_of_all_values(seed):
    """Against one map it is exact, and it never claims less than the truth; against many it is at least fair play."""
    drawn = np.random.Generator(np.random.Philox(seed)).normal(size=(9, 5, 5)) + np.eye(5)
    everything = np.array(list(itertools.product((-1, 1), repeat=5)))
    for known in (drawn[:1], drawn):
        worst = []
        for asked in range(5):
            right = (known[:, asked] @ everything.T) * everything[:, asked] > 0
            worst.append(right.mean(0).min())
        found = adversary.attacked(known, known)
        assert (found >= np.array(worst) - 1e-12).all()
        if len(known) == 1:
            assert np.array_equal(found, worst)
        else:
            assert found.mean() <= np.mean(worst) + 0.15


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**31), rank=st.integers(1, 4))
def test_what_is_safe_survives_all_values_and_is_no_more_than_the_rank(seed, rank):
    generator = np.random.Generator(np.random.Philox(seed))
    drawn = (generator.normal(size=(6, 5, rank)) ** 3) @ (generator.normal(size=(6, rank, 5)) ** 3)
    everything = np.array(list(itertools.product((-1, 1), repeat=5)))
    always = np.array([((one @ everything.T) * everything.T > 0).all(1) for one in drawn])
    assert np.array_equal(adversary.safe(drawn), always.mean(0))
    assert adversary.safe(drawn).mean() <= rank / 5


def test_majority_of_known_votes():
    right = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0, 1], [1, 1], [1, 1]], float)
    assert adversary.majority(right, 1) == pytest.approx(right.mean())
    # Polls of three: (1, 1, 0 | 0, 0, 1) and (0, 0, 1 | 1, 1, 1); the last vote is left over.
    assert adversary.majority(right, 3) == pytest.approx((1 + 0 + 0 + 1) / 4)


def test_a_learner_without_a_seed_has_one_vote():
    config = configs.from_dict(RandomizedConfig, {**EXPERIMENT.presets["small"].config, "n_seed": 0})
    row = EXPERIMENT.measure(config, EXPERIMENT.init(config, Streams(0)), Streams(0), 0)
    assert row["majority_success"] == row["mean_success"]


@pytest.mark.slow
def test_M28_a_randomised_learner_gives_every_input_a_chance_and_its_twin_does_not():
    """The claim in small: four items, a memory of two."""
    config = configs.from_dict(RandomizedConfig, {"n_items": 4, "n_memory": 2, "n_inputs": 128, "n_hidden": 32})
    streams = Streams(0)
    state = EXPERIMENT.init(config, streams)
    state, _ = EXPERIMENT.advance(config, state, streams, 0, 600)
    row = EXPERIMENT.measure(config, state, streams, 600)
    assert row["low_success"] > 0.5
    assert row["majority_success"] > 0.95
    assert row["twin_low_success"] == 0
    assert row["twin_attacked_success"] == 0
    table, *_ = EXPERIMENT.findings(config, state, streams, 600)
    assert np.mean([row[1] for row in table.rows]) <= 0.5


@pytest.mark.parametrize(("name", "value"), [("exponent", 0.5), ("n_items", 1), ("n_seed", -1), ("n_draws", 0)])
def test_bad_settings_are_refused(name, value):
    with pytest.raises(ConfigError, match=name):
        configs.from_dict(RandomizedConfig, {name: value})


def test_bad_sizes_are_refused_by_the_parts_too():
    with pytest.raises(ConfigError, match="n_memory=0"):
        SeededRecall(4, 0, 1)
    with pytest.raises(ConfigError, match="exponent=0"):
        worst_case.WorstCase(MODEL, 0.0, 1, 1)
