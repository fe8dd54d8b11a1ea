"""Whole updates: the sampled gradient against enumeration, populations, replicas, algorithms, faults."""

from __future__ import annotations

import dataclasses
import functools
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


TINY = Recipe(
    environment=MatrixGame(n_steps=1), policy=Tabular(), rule=Reinforce(), n_games=2, n_episodes=2, n_naive=40_000
)


@jax.jit
def sampled(ego: Any, others: Any, key: jax.Array) -> dict[str, Any]:
    """The gradient of the loss of every estimator, on the same meta-episodes."""
    played = rollouts.meta_episodes(TINY.against_naive, ego, others, key)
    lessons = {name: coala.lesson(played, TINY, name, 1.0) for name in estimators.ESTIMATORS[:3]}
    return {
        name: jax.grad(lambda weights, one=one: coala.loss_of(weights, one, TINY)[0])(ego)["logits"][:, 0]
        for name, one in lessons.items()
    }


def test_the_sampled_gradient_is_the_enumerated_expectation() -> None:
    """Rollouts, the co-player's learning, weights and loss together: all of it against exact numbers."""
    tiny = enumeration.TinyGame(2, 1, 2)
    source = np.random.default_rng(0)
    ego, other = source.normal(size=5), source.normal(size=5)
    others = jax.tree.map(lambda row: jnp.broadcast_to(row, (TINY.n_naive, *row.shape)), as_table(other))
    # The loss is a mean over the two rounds of the meta-episode where the gradient is a sum, and is made small.
    drawn = {name: -2 * np.roll(one, -1) for name, one in sampled(as_table(ego), others, jax.random.key(0)).items()}
    found = enumeration.outcomes(tiny, ego, other)
    exact = {name: _exact(found, name) for name in drawn}
    for name, slope in drawn.items():
        bound = 5 * exact[name][1] / np.sqrt(TINY.n_naive) + 1e-6
        assert (np.abs(slope - exact[name][0]) < bound).all(), name
    # The bounds are tight enough to tell M-FOS from the others.
    assert np.abs(drawn["m-fos"] - exact["coala"][0]).max() > 10 * np.abs(drawn["m-fos"] - exact["m-fos"][0]).max()


def _exact(found: enumeration.Outcomes, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the estimate from one meta-episode."""
    with jax.enable_x64(True):
        weights = np.asarray(estimators.weights(name, found.payoffs, 1))
    mean = enumeration.expectation(found, weights, 5)
    terms = (found.scores * weights)[..., None] * (found.rows[..., None] == np.arange(5))
    return mean, np.sqrt(found.probability @ np.square(terms.sum((1, 2))) - np.square(mean))


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


@pytest.mark.slow
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
    """The first always cooperates and the others always defect: it meets a defector in every game."""
    always = jnp.array([[[30.0, -30.0]] * 5, *[[[-30.0, 30.0]] * 5] * 2])
    population = coala.begin(MIXED, jax.random.key(0), 3)
    population = population._replace(weights={"logits": always, "values": jnp.zeros((3, 5))})
    for key in jax.random.split(jax.random.key(1), 3):
        _, row = coala.update(population, key, recipe=MIXED)
        assert (row["payoff_against_meta"][0], row["payoff_of_meta"][0]) == (-1, 2)
        assert row["cooperated_against_meta"].tolist() == [1, 0, 0]


@pytest.mark.slow
def test_in_self_play_an_agent_meets_itself() -> None:
    always = jnp.array([[[30.0, -30.0]] * 5, [[-30.0, 30.0]] * 5])
    recipe = dataclasses.replace(MIXED, n_naive=0, self_play=True)
    population = coala.begin(recipe, jax.random.key(0), 2)
    population = population._replace(weights={"logits": always, "values": jnp.zeros((2, 5))})
    _, row = coala.update(population, jax.random.key(1), recipe=recipe)
    assert row["payoff_against_meta"].tolist() == [1.0, 0.0]


GRU = dataclasses.replace(SMALL, policy=Gru(n_units=2), n_minibatches=1)


@functools.partial(jax.jit, static_argnames=("recipes",))
def lessons_of(played: Any, recipes: tuple[Recipe, ...]) -> list[Any]:
    return [coala.lesson(played, recipe, recipe.estimator, 1.0) for recipe in recipes]


def lessons(*recipes: Recipe) -> tuple[Any, list[Any]]:
    weights = GRU.policy.weights(jax.random.key(0))
    others = jax.vmap(GRU.naive.weights)(jax.random.split(jax.random.key(1), GRU.n_naive))
    return weights, lessons_of(rollouts.play(GRU.against_naive, weights, others, jax.random.key(2)), recipes)


def test_with_a_critic_of_zero_advantages_are_the_weights() -> None:
    """Gamma and lambda are 1 and the values of a fresh network are 0: GAE is the return."""
    plain = [dataclasses.replace(GRU, estimator=name) for name in ("coala", "policy-gradient")]
    _, found = lessons(*plain, *(dataclasses.replace(recipe, algorithm="a2c") for recipe in plain))
    for one, judged in zip(found[:2], found[2:], strict=True):
        np.testing.assert_allclose(judged.weights, one.weights, atol=1e-6)
        assert float(jnp.abs(judged.targets).max()) > 0


@jax.jit
def steps_of(weights: Any, learned: Any) -> tuple[Any, Any, Any, Any]:
    """Gradients of PPO and of A2C, and PPO's policy loss, on the lesson and where it was less likely."""
    clipped, plain = (dataclasses.replace(GRU, algorithm=name, value_weight=0.5) for name in ("ppo", "a2c"))
    one, two = (jax.grad(lambda w, r=r: coala.loss_of(w, learned, r)[0])(weights) for r in (clipped, plain))
    good = learned._replace(weights=jnp.abs(learned.weights))
    near, far = (coala.loss_of(weights, good._replace(chances=good.chances - d), clipped)[1].policy for d in (0, 1))
    return one, two, near, far


def test_the_first_step_of_ppo_is_that_of_an_actor_critic() -> None:
    """All ratios are 1 before the first step, where the clipped surrogate has the plain gradient."""
    weights, (learned,) = lessons(dataclasses.replace(GRU, algorithm="ppo"))
    one, two, near, far = steps_of(weights, learned)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), one, two)
    assert float(jnp.abs(one["logits"]).max()) > 1e-3
    gained = float(jnp.abs(learned.weights).mean(-1).sum())
    np.testing.assert_allclose(near, -gained, rtol=1e-5)
    np.testing.assert_allclose(far, -1.2 * gained, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("start", ["dynamic", "pool"])
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
    population = coala.begin(MIXED, jax.random.key(0), 3)
    broken = population._replace(weights={**population.weights, "values": jnp.full((3, 5), jnp.nan, jnp.float32)})
    after, _ = coala.update(broken, jax.random.key(1), recipe=MIXED)
    after, _ = coala.update(after, jax.random.key(2), recipe=MIXED)
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
