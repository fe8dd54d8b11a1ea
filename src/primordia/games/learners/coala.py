"""COALA-PG: agents that know that those they meet are learning, without a derivative through that learning.

One update is one compiled program: every agent of a population plays meta-episodes against naive co-players, which
learn between inner episodes, and against other agents; the gradient of its mean return over the whole meta-episode
follows by the estimator of arXiv 2410.18636, Eq. 3 (see `estimators`), summed over the games of a co-player. Against
another agent the games are independent and a plain policy gradient is right. All agents step at the same time.

Differences from the paper: the weights are centred step by step (`Recipe.baseline`), the kinds of co-players are fixed
in number, and the loss is the mean over time where Eq. 3 sums, for every estimator alike.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from primordia.core.errors import BadInputError
from primordia.games.learners import actor_critic, estimators, faults, ppo, returns
from primordia.games.learners.actor_critic import Lesson, Losses
from primordia.games.learners.recipe import Recipe
from primordia.games.learners.rollouts import Trajectory, meta_episodes
from primordia.games.learners.rule import replay
from primordia.games.policies.policy import Weights


class Population(NamedTuple):
    """Agents that are trained together.

    Args:
        weights: of the agents, first axis [agent].
        moments: of their optimisers, first axis [agent].
        pool: weights of the fixed naive co-players, first axis [naive]; () where there is no pool.
        n_updates: updates done.
        fault: the first update and tensor with a number that is not finite, (-1, -1) where all are; axis [2].
    """

    weights: Weights
    moments: Any
    pool: Weights
    n_updates: Int[Array, ""]
    fault: Int[Array, "2"]


def begin(recipe: Recipe, key: Array, n_agents: int = 1) -> Population:
    """A fresh population.

    Raises:
        BadInputError: agents that are to meet others, and there are none.
    """
    if n_agents < 1 or (recipe.n_meta and n_agents < 2 and not recipe.self_play):
        raise BadInputError(
            f"A population of {n_agents} with n_meta={recipe.n_meta}: an agent meets others, never itself; give at "
            f"least {2 if recipe.n_meta else 1} agents, or self_play."
        )
    own, pool = jax.random.split(key)
    weights = jax.vmap(recipe.policy.weights)(jax.random.split(own, n_agents))
    pooled = ()
    if recipe.start == "pool":
        pooled = jax.vmap(recipe.naive.weights)(jax.random.split(pool, recipe.n_pool))
    moments = jax.vmap(recipe.steps().init)(weights)
    return Population(weights, moments, pooled, jnp.zeros((), jnp.int32), faults.none())


@functools.partial(jax.jit, static_argnames=("recipe",))
def update(population: Population, key: Array, *, recipe: Recipe) -> tuple[Population, dict[str, Array]]:
    """One update of every agent, and what happened in it: name -> axis [agent] (see `summary`)."""
    return _update(population, key, recipe)


@functools.partial(jax.jit, static_argnames=("recipe",))
def update_replicas(populations: Population, keys: Array, *, recipe: Recipe) -> tuple[Population, dict[str, Array]]:
    """`update` of several populations at once, each for itself; all arrays have a first axis [replica]."""
    return jax.vmap(functools.partial(_update, recipe=recipe))(populations, keys)


def naive_weights(population: Population, key: Array, n: int, recipe: Recipe) -> Weights:
    """The weights that so many naive co-players begin with, first axis [meta]."""
    if recipe.start == "fresh":
        return jax.vmap(recipe.naive.weights)(jax.random.split(key, n))
    source = population.pool if recipe.start == "pool" else population.weights
    chosen = jax.random.randint(key, (n,), 0, jax.tree.leaves(source)[0].shape[0])
    return jax.tree.map(lambda row: row[chosen], source)


def summary(played: Trajectory, kind: str) -> dict[str, Float[Array, ""]]:
    """What happened in meta-episodes, as means per step: payoffs and events of the ego and of the co-players.

    Names: payoff_against_KIND, payoff_of_KIND, the same with "last_" for the last inner episode, and each event of the
    game in place of "payoff".
    """
    found = {}
    for name, rows in {"payoff": played.payoffs, **played.events}.items():
        for agent, who in enumerate((f"against_{kind}", f"of_{kind}")):
            found[f"{name}_{who}"] = rows[..., agent].mean()
            found[f"last_{name}_{who}"] = rows[:, :, -1, :, agent].mean()
    return found


def lesson(played: Trajectory, recipe: Recipe, estimator: str, share: float) -> Lesson:
    """What an agent learns from meta-episodes with one kind of co-player, whose gradient has the weight `share`."""
    n_meta, n_games, n_episodes, n_steps = played.values.shape
    long = n_episodes * n_steps
    payoffs = recipe.payoff_scale * played.payoffs[..., 0].reshape(n_meta, n_games, long)
    values = played.values.reshape(payoffs.shape)
    if recipe.algorithm == "reinforce":
        counted, targets = estimators.weights(estimator, payoffs, n_steps), values
    else:
        counted, targets = _judged(payoffs, values, n_steps, recipe, estimator)
    # Against another agent games are independent, so that each is a meta-episode of its own to the baseline.
    alone = (n_meta * n_games, 1) if estimator == "policy-gradient" else (n_meta, n_games)
    counted = estimators.centred(counted.reshape(*alone, long), recipe.baseline).reshape(payoffs.shape)
    if recipe.normalise:
        counted = counted / (counted.std() + 1e-8)
        # The spread is that of one game; the sum over games of a coupled batch would otherwise count B times.
        counted = counted / n_games
    found = Lesson(
        played.observations.reshape(*payoffs.shape, -1),
        played.actions[..., 0].reshape(payoffs.shape),
        counted * (share / n_meta),
        played.chances.reshape(payoffs.shape),
        values,
        targets,
        jnp.full((n_meta, n_games), share / (n_meta * n_games)),
    )
    return jax.lax.stop_gradient(found)


def _judged(
    payoffs: Array, values: Array, n_steps: int, recipe: Recipe, estimator: str
) -> tuple[Float[Array, "meta game time"], Float[Array, "meta game time"]]:
    """Advantages by Algorithm 1 and targets of the critic; the meta-episode is over after its last step."""
    following = returns.next_values(values)
    targets = returns.lambda_returns(
        payoffs,
        following,
        discount=recipe.discount,
        mix=recipe.mix_targets,
        last=jnp.zeros(payoffs.shape[:-1], payoffs.dtype),
    )
    found = returns.batch_returns(
        returns.surprises(payoffs, values, following, recipe.discount),
        following,
        returns.inner_ends(payoffs.shape[-1] // n_steps, n_steps),
        discount=recipe.discount * recipe.mix_advantages,
        mix=1.0,
        averaged=estimator in ("coala", "m-fos"),
        divided=estimator == "coala",
    )
    alone = estimator in ("batch-unaware", "policy-gradient")
    return found / payoffs.shape[1] if alone else found, targets


def loss_of(weights: Weights, learned: Lesson, recipe: Recipe) -> tuple[Float[Array, ""], Losses]:
    """The loss of an agent on a lesson with the axes [meta, game, ...], and its parts."""
    flat = jax.tree.map(lambda row: row.reshape(-1, *row.shape[2:]), learned)
    choices = replay(recipe.policy, weights, flat.observations)
    clipped = recipe.algorithm == "ppo"
    found = ppo.losses(choices, flat, recipe.clip) if clipped else actor_critic.losses(choices, flat)
    critic = 0.0 if recipe.algorithm == "reinforce" else recipe.value_weight
    return found.policy + critic * found.critic - recipe.entropy_weight * found.entropy, found


def _update(population: Population, key: Array, recipe: Recipe) -> tuple[Population, dict[str, Array]]:
    n_agents = jax.tree.leaves(population.weights)[0].shape[0]
    keys, places = jax.random.split(key, n_agents), jnp.arange(n_agents)
    one = functools.partial(_agent, population, recipe)
    weights, moments, row, finite = jax.vmap(one)(population.weights, population.moments, places, keys)
    fault = faults.first(population.fault, population.n_updates, finite.all(0))
    return Population(weights, moments, population.pool, population.n_updates + 1, fault), row


def _agent(
    population: Population, recipe: Recipe, weights: Weights, moments: Any, place: Array, key: Array
) -> tuple[Weights, Any, dict[str, Array], Array]:
    """The next weights and moments of one agent, what happened, and which tensors are finite."""
    learned, row = _experience(population, recipe, weights, place, jax.random.fold_in(key, 0))
    if recipe.algorithm == "ppo":
        parts = _minibatches(learned, recipe, jax.random.fold_in(key, 1))

        def stepped(before: Any, part: Lesson) -> tuple[Any, Any]:
            return _step(recipe, *before, part)

        (weights, moments), (losses, norms, finite) = jax.lax.scan(stepped, (weights, moments), parts)
        losses, norms, finite = jax.tree.map(jnp.mean, losses), norms.mean(), finite.all(0)
    else:
        (weights, moments), (losses, norms, finite) = _step(recipe, weights, moments, learned)
    row |= {"gradient_norm": norms, "entropy": losses.entropy, "value_error": 2 * losses.critic}
    return weights, moments, row, finite


def _experience(
    population: Population, recipe: Recipe, weights: Weights, place: Array, key: Array
) -> tuple[Lesson, dict[str, Array]]:
    """What an agent plays and learns from, axes [meta, game, ...]: naive co-players first, then agents."""
    lessons, row = [], {}
    drawing, playing, choosing, meeting = jax.random.split(key, 4)
    if recipe.n_naive:
        others = naive_weights(population, drawing, recipe.n_naive, recipe)
        played = meta_episodes(recipe.against_naive, weights, others, playing)
        lessons.append(lesson(played, recipe, recipe.estimator, recipe.share_naive))
        row |= summary(played, "naive")
    if recipe.n_meta:
        n_agents = jax.tree.leaves(population.weights)[0].shape[0]
        away = 0 if recipe.self_play else jax.random.randint(choosing, (recipe.n_meta,), 1, n_agents)
        met = (place + away + jnp.zeros(recipe.n_meta, jnp.int32)) % n_agents
        others = jax.tree.map(lambda rows: rows[met], population.weights)
        played = meta_episodes(recipe.against_meta, weights, others, meeting)
        lessons.append(lesson(played, recipe, "policy-gradient", 1 - recipe.share_naive))
        row |= summary(played, "meta")
    return jax.tree.map(lambda *rows: jnp.concatenate(rows), *lessons), row


def _minibatches(learned: Lesson, recipe: Recipe, key: Array) -> Lesson:
    """Shuffled meta-episodes for each of PPO's steps, first axes [step, meta]; a part counts as much as the whole."""
    n_meta = recipe.n_naive + recipe.n_meta

    def order(epoch: Array) -> Array:
        return jax.random.permutation(jax.random.fold_in(key, epoch), n_meta)

    orders = jax.vmap(order)(jnp.arange(recipe.n_epochs))
    chosen = orders.reshape(recipe.n_epochs * recipe.n_minibatches, -1)
    parts = jax.tree.map(lambda row: row[chosen], learned)
    scale = recipe.n_minibatches
    return parts._replace(weights=parts.weights * scale, shares=parts.shares * scale)


def _step(recipe: Recipe, weights: Weights, moments: Any, learned: Lesson) -> tuple[Any, tuple[Losses, Array, Array]]:
    slopes, losses = jax.grad(loss_of, has_aux=True)(weights, learned, recipe)
    change, moments = recipe.steps().update(slopes, moments, weights)
    after = optax.apply_updates(weights, change)
    return (after, moments), (losses, optax.tree.norm(slopes), faults.finite(slopes, after))
