"""Recall against an adversary: its tokens, its scores, and what random storage promises."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from minds.drawing import compiled, draw
from primordia.core.errors import ConfigError
from primordia.minds.tasks import adversarial
from primordia.minds.tasks.adversarial import AdversarialRecall
from primordia.minds.tasks.oracles import adversarial as oracle

TASK = AdversarialRecall(n_items=4, n_bits=2, n_seed=3)


def test_a_sequence_shows_each_item_and_asks_for_one():
    batch = jax.tree.map(np.asarray, draw(TASK, 0, 8))
    assert batch.inputs.shape == (8, TASK.n_time, TASK.n_channels) == (8, 5, 10)
    keys, values, asked, seeds = np.split(batch.inputs, [4, 6, 7], axis=2)
    np.testing.assert_array_equal(keys[:, :4], np.broadcast_to(np.eye(4), (8, 4, 4)))
    queries = keys[:, 4].argmax(axis=1)
    assert set(np.abs(values[:, :4]).ravel()) == {1}
    assert not values[:, 4].any()
    np.testing.assert_array_equal(batch.targets[:, 4], values[np.arange(8), queries])
    np.testing.assert_array_equal(batch.weight, asked[:, :, 0])
    np.testing.assert_array_equal(asked[:, :, 0], np.tile([0, 0, 0, 0, 1], (8, 1)))
    assert (seeds == seeds[:, :1]).all()
    assert len(np.unique(seeds[:, 0, 0])) == 8


def test_trials_hold_every_query_of_every_assignment_with_every_seed():
    task = AdversarialRecall(n_items=3, n_seed=2, law="one-hot")

    @compiled
    def chosen(key):
        key_values, key_seeds = jax.random.split(key)
        values, seeds = task.values(key_values, 2), task.seeds(key_seeds, 5)
        return values, seeds, task.trials(values, seeds)

    values, seeds, trials = chosen(jax.random.key(1))
    assert set(np.asarray(seeds).sum(axis=1)) == {1}
    assert trials.inputs.shape == (6, 5, 4, task.n_channels)
    for place in range(6):
        wanted = task.present(values[place // 3], place % 3, seeds[4])
        np.testing.assert_array_equal(trials.inputs[place, 4], wanted.inputs)
        np.testing.assert_array_equal(trials.targets[place, 4], wanted.targets)
    right = adversarial.right(trials.targets.at[0, 0].set(0), trials)
    assert float(right.sum()) == 29


def test_scores_of_success_and_loss():
    success = jnp.array([[1.0, 1, 1, 0], [0, 1, 0, 1], [0, 0, 0, 1]])
    assert float(adversarial.worst_case(success)) == 0.25
    np.testing.assert_array_equal(adversarial.majority_success(success, 3), [1, 0, 0])
    np.testing.assert_array_equal(adversarial.majority_success(success, 2), [1, 0.5, 0])
    losses = jnp.array([[1.0, 3.0], [0.5, 0.5]])
    assert float(adversarial.q_norm_loss(losses, 1)) == pytest.approx(1.25)
    assert float(adversarial.q_norm_loss(losses, 2)) == pytest.approx(np.sqrt((4 + 0.25) / 2))
    assert float(adversarial.q_norm_loss(losses, 200)) == pytest.approx(2, rel=0.01)
    assert float(adversarial.q_norm_loss(jnp.zeros((2, 2)), 100)) == 0
    assert float(adversarial.loss_quantile(losses, 1.0)) == 2


def test_the_gradient_of_a_large_norm_is_that_of_the_worst_input():
    gradient = jax.grad(lambda losses: adversarial.q_norm_loss(losses, 100))(jnp.array([[1.0, 3.0], [0.5, 0.5]]))
    np.testing.assert_allclose(gradient[0], [0.5, 0.5], rtol=0.02)
    np.testing.assert_allclose(gradient[1], 0, atol=1e-6)
    moved = jax.grad(lambda losses: adversarial.q_norm_loss(losses, 2))(jnp.array([[3.0], [4.0]]))
    # d/dx of sqrt((9 + 16) / 2).
    np.testing.assert_allclose(moved[:, 0], np.array([3, 4]) / 2 / np.sqrt(12.5), rtol=1e-5)


@pytest.mark.parametrize(
    ("success", "n_votes", "wanted"), [(0.75, 1, 0.75), (0.75, 3, 0.84375), (0.75, 11, 0.96567), (0.625, 51, 0.966)]
)
def test_majorities_are_binomial_tails(success, n_votes, wanted):
    assert oracle.majority(success, n_votes) == pytest.approx(wanted, abs=6e-5 if n_votes < 51 else 5e-4)


def test_ties_count_half():
    assert oracle.majority(0.75, 2) == pytest.approx(0.75**2 + 0.75 * 0.25)


def test_random_storage_succeeds_as_promised_and_the_deterministic_policy_can_be_beaten():
    assert oracle.random_storage_success(20, 10) == 0.75
    values = jnp.asarray(np.random.default_rng(0).choice([-1.0, 1.0], (20, 1)))
    policy = compiled(jax.vmap(lambda key: oracle.random_storage(values, 5, key)))
    answers = np.asarray(policy(jax.random.split(jax.random.key(3), 4000)))
    share = (answers == np.asarray(values)).mean(axis=(0, 2))
    # 5/8, sd 0.0077 of 4000 draws.
    assert np.abs(share - 0.625).max() < 0.035
    worst = oracle.first_storage(-jnp.ones((20, 1)), 5)
    np.testing.assert_array_equal(worst[:, 0], [-1] * 5 + [1] * 15)


def test_bad_settings_are_refused_before_anything_is_compiled():
    with pytest.raises(ConfigError, match=r"law=onehot is out of range.*the nearest is one-hot"):
        AdversarialRecall(law="onehot")
