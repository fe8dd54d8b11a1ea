"""Whole updates: the sampled gradient against enumeration, populations, replicas, algorithms, faults."""

from __future__ import annotations

import dataclasses
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core.errors import BadInputError, ConfigError, UnknownNameError
from primordia.games.environments.matrix import MatrixGame
from primordia.games.learners import coala, enumeration, estimators, faults, rollouts
from primordia.games.learners.naive import ascent
from primordia.games.learners.recipe import Recipe
from primordia.games.learners.returns import discounted_returns
from primordia.games.learners.rule import Episode, Rule
from primordia.games.policies.gru import Gru
from primordia.games.policies.policy import Policy
from primordia.games.policies.tabular import Tabular

SMALL = Recipe(environment=MatrixGame(n_steps=2), policy=Tabular(), n_games=2, n_episodes=2, n_naive=2)
MIXED = dataclasses.replace(SMALL, n_meta=2)


@final
@dataclasses.dataclass(frozen=True)
class Reinforce(Rule):
    """The co-player that enumeration knows: a sum over steps, a mean over games, nothing centred."""

    step_size: float = 5.0

    def begin(self, weights: Any) -> tuple[()]:
        return ()

    def learn(self, policy: Policy, weights: Any, carried: Any, episode: Episode) -> tuple[Any, Any]:
        slope = ascent(policy, weights, episode, discounted_returns(episode.payoffs, 1.0))
        # A table of two logits moves their difference twice as far as one logit of cooperating.
        size = 0.5 * self.step_size * episode.payoffs.shape[1]
        return jax.tree.map(lambda old, one: old + size * one, weights, slope), carried


def as_table(logits: np.ndarray) -> dict[str, jax.Array]:
    """Logits of cooperating with the start last, as a table with the start first."""
    column = jnp.asarray(np.roll(logits, 1), jnp.float32)
    return {"logits": jnp.stack([column, jnp.zeros(5)], 1), "values": jnp.zeros(5)}


@pytest.mark.parametrize("estimator", estimators.ESTIMATORS[:3])
def test_the_sampled_gradient_is_the_enumerated_expectation(estimator: str) -> None:
    """Rollouts, the co-player's learning, weights and loss together: all of it against exact numbers."""
    n_meta = 40_000
    recipe = Recipe(
        environment=MatrixGame(n_steps=1),
        policy=Tabular(),
        rule=Reinforce(),
        n_games=2,
        n_episodes=2,
        n_naive=n_meta,
        estimator=estimator,
    )
    tiny = enumeration.TinyGame(2, 1, 2)
    source = np.random.default_rng(0)
    ego, other = source.normal(size=5), source.normal(size=5)
    others = jax.tree.map(lambda row: jnp.broadcast_to(row, (n_meta, *row.shape)), as_table(other))
    played = rollouts.play(recipe.against_naive, as_table(ego), others, jax.random.key(0))
    learned = coala.lesson(played, recipe, estimator, 1.0)
    slopes = jax.grad(lambda weights: coala.loss_of(weights, learned, recipe)[0])(as_table(ego))
    # The loss is a mean over the two rounds of the meta-episode where the gradient is a sum, and is made small.
    sampled = -2 * np.roll(np.asarray(slopes["logits"][:, 0]), -1)
    with jax.enable_x64(True):
        found = enumeration.outcomes(tiny, ego, other)
        weights = np.asarray(estimators.weights(estimator, found.payoffs, 1))
    exact = enumeration.expectation(found, weights, 5)
    spread = np.sqrt(_second_moment(found, weights) / n_meta)
    assert (np.abs(sampled - exact)[4] < 5 * spread[4]).all(), (sampled, exact, spread)
    rivals = {name: _exact(found, name) for name in ("coala", "m-fos")}
    near = min(rivals, key=lambda name: np.abs(rivals[name] - sampled).max())
    assert near == ("m-fos" if estimator == "m-fos" else "coala")


def _exact(found: enumeration.Outcomes, name: str) -> np.ndarray:
    with jax.enable_x64(True):
        weights = np.asarray(estimators.weights(name, found.payoffs, 1))
    return enumeration.expectation(found, weights, 5)


def _second_moment(found: enumeration.Outcomes, weights: np.ndarray) -> np.ndarray:
    terms = (found.scores * weights)[..., None] * (found.rows[..., None] == np.arange(5))
    return found.probability @ np.square(terms.sum((1, 2)))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 99))
def test_the_baseline_of_the_others_owes_nothing_to_a_meta_episode(seed: int) -> None:
    weights = np.random.default_rng(seed).normal(size=(3, 2, 4)).astype(np.float32)
    moved = weights.copy()
    moved[1] += 7.0
    taken_off = weights[1] - np.asarray(estimators.centred(weights, "others"))[1]
    again = moved[1] - np.asarray(estimators.centred(moved, "others"))[1]
    np.testing.assert_allclose(taken_off, again, atol=1e-5)
    np.testing.assert_allclose(taken_off[0], weights[[0, 2]].mean((0, 1)), atol=1e-6)
    # The mean with one's own takes a third of what all games of a meta-episode have in common.
    kept = np.asarray(estimators.centred(moved, "all"))[1] - np.asarray(estimators.centred(weights, "all"))[1]
    np.testing.assert_allclose(kept, 7.0 * 2 / 3, atol=1e-5)
    assert estimators.centred(weights[:1], "others") is not None
    np.testing.assert_array_equal(estimators.centred(weights[:1], "others"), weights[:1])


def test_an_update_changes_nothing_it_was_given_and_compiles_once() -> None:
    population = coala.begin(MIXED, jax.random.key(0), 3)
    before = jax.tree.map(np.array, population)
    keys = [jax.random.key(place) for place in range(3)]
    after, row = coala.update(population, keys[0], recipe=MIXED)
    size = coala.update._cache_size()
    with jax.transfer_guard("disallow"):
        after, row = coala.update(after, keys[1], recipe=MIXED)
        jax.block_until_ready(row)
    assert coala.update._cache_size() == size
    jax.tree.map(np.testing.assert_array_equal, before, jax.tree.map(np.array, population))
    assert int(after.n_updates) == 2
    assert row["payoff_against_naive"].shape == (3,)
    faults.check(after.fault, after.weights)


def test_replicas_are_populations_by_themselves() -> None:
    keys = [jax.random.key(place) for place in range(2)]
    alone = [coala.begin(MIXED, key, 3) for key in keys]
    several = jax.tree.map(lambda *rows: jnp.stack(rows), *alone)
    steps = jax.random.split(jax.random.key(10), 2)
    together, _ = coala.update_replicas(several, jax.random.clone(steps), recipe=MIXED)
    for place, population in enumerate(alone):
        after, _ = coala.update(population, steps[place], recipe=MIXED)
        np.testing.assert_allclose(together.weights["logits"][place], after.weights["logits"], atol=1e-6)


def test_agents_meet_others_and_step_at_the_same_time() -> None:
    """One always cooperates and one always defects: each sees only the other."""
    always = jnp.array([[[30.0, -30.0]] * 5, [[-30.0, 30.0]] * 5])
    recipe = dataclasses.replace(MIXED, n_naive=0, learning_rate=0.0)
    population = coala.begin(recipe, jax.random.key(0), 2)
    population = population._replace(weights={"logits": always, "values": jnp.zeros((2, 5))})
    _, row = coala.update(population, jax.random.key(1), recipe=recipe)
    assert row["payoff_against_meta"].tolist() == [-1.0, 2.0]
    assert row["payoff_of_meta"].tolist() == [2.0, -1.0]
    assert row["cooperated_of_meta"].tolist() == [0.0, 1.0]
    alone = dataclasses.replace(recipe, self_play=True)
    _, row = coala.update(population, jax.random.key(1), recipe=alone)
    assert row["payoff_against_meta"].tolist() == [1.0, 0.0]


def lesson_of(**settings: Any) -> tuple[Recipe, Any, Any]:
    recipe = dataclasses.replace(SMALL, policy=Gru(n_units=2), **settings)
    weights = recipe.policy.weights(jax.random.key(0))
    others = jax.vmap(recipe.naive.weights)(jax.random.split(jax.random.key(1), recipe.n_naive))
    played = rollouts.play(recipe.against_naive, weights, others, jax.random.key(2))
    return recipe, weights, coala.lesson(played, recipe, recipe.estimator, 1.0)


@pytest.mark.parametrize("estimator", estimators.ESTIMATORS)
def test_with_a_critic_of_zero_advantages_are_the_weights(estimator: str) -> None:
    """Gamma and lambda are 1 and the values of a fresh network are 0: GAE is the return."""
    plain = lesson_of(estimator=estimator)[2]
    judged = lesson_of(estimator=estimator, algorithm="a2c")[2]
    np.testing.assert_allclose(judged.weights, plain.weights, atol=1e-6)
    assert float(jnp.abs(judged.targets).max()) > 0


def test_the_first_step_of_ppo_is_that_of_an_actor_critic() -> None:
    """All ratios are 1 before the first step, where the clipped surrogate has the plain gradient."""
    recipe, weights, learned = lesson_of(algorithm="ppo", n_minibatches=1)
    other = dataclasses.replace(recipe, algorithm="a2c")
    one = jax.grad(lambda weights: coala.loss_of(weights, learned, recipe)[0])(weights)
    two = jax.grad(lambda weights: coala.loss_of(weights, learned, other)[0])(weights)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), one, two)
    far = learned._replace(chances=learned.chances - 1.0)
    moved = jax.grad(lambda weights: coala.loss_of(weights, far, recipe)[0])(weights)["logits"]
    good = learned._replace(weights=jnp.abs(learned.weights), chances=learned.chances - 1.0)
    held = coala.loss_of(weights, good, dataclasses.replace(recipe, value_weight=0.0))[1].policy
    np.testing.assert_allclose(held, -1.2 * jnp.abs(learned.weights).mean(-1).sum(), rtol=1e-5)
    assert float(jnp.abs(moved).max()) > 0


@pytest.mark.parametrize("start", ["pool", "dynamic"])
def test_ppo_with_every_kind_of_naive_co_player(start: str) -> None:
    recipe = dataclasses.replace(
        MIXED,
        naive=Tabular(),
        start=start,
        n_pool=3,
        algorithm="ppo",
        normalise=True,
        entropy_weight=0.01,
        clip_norm=1.0,
    )
    population = coala.begin(recipe, jax.random.key(0), 2)
    started = coala.naive_weights(population, jax.random.key(5), 8, recipe)["logits"]
    source = (population.pool if start == "pool" else population.weights)["logits"]
    assert all(any(np.array_equal(one, row) for row in np.asarray(source)) for one in np.asarray(started))
    after, row = coala.update(population, jax.random.key(1), recipe=recipe)
    assert np.isfinite(np.asarray(row["value_error"])).all()
    assert float(jnp.abs(after.weights["logits"] - population.weights["logits"]).max()) > 0


def test_divergence_names_the_update_and_the_tensor() -> None:
    population = coala.begin(SMALL, jax.random.key(0))
    broken = population._replace(weights={**population.weights, "values": jnp.full((1, 5), jnp.nan)})
    after, _ = coala.update(broken, jax.random.key(1), recipe=SMALL)
    after, _ = coala.update(after, jax.random.key(2), recipe=SMALL)
    with pytest.raises(faults.DivergedError, match="in update 1: the gradient of values is not finite") as caught:
        faults.check(after.fault, after.weights)
    assert (caught.value.update, caught.value.tensor) == (1, "gradient of values")
    notes = jnp.stack([faults.none(), jnp.array([4, 2])])
    with pytest.raises(faults.DivergedError, match="update 5 of replica 1: the new weight logits"):
        faults.check(notes, population.weights)


def test_bad_recipes_are_sentences() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'm-fos'"):
        Recipe(estimator="mfos")
    with pytest.raises(ConfigError, match=r"discount=1\.2 is out of range: it must be from 0 to 1; the nearest is 1"):
        Recipe(discount=1.2)
    with pytest.raises(BadInputError, match="must meet somebody"):
        Recipe(n_naive=0)
    with pytest.raises(BadInputError, match="take 'a2c'"):
        Recipe(discount=0.9)
    with pytest.raises(BadInputError, match=r"does not divide the 9 meta-episodes .* is 3"):
        Recipe(n_naive=9, algorithm="ppo", n_minibatches=4)
    with pytest.raises(BadInputError, match="their policies must be the same"):
        Recipe(start="dynamic")
    with pytest.raises(BadInputError, match="never itself; give at least 2"):
        coala.begin(MIXED, jax.random.key(0), 1)
