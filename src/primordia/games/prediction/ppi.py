"""Predictive policy improvement with a sequence model: train anew on all episodes, plan inside the model, play, repeat.

arXiv 2602.16301. pi(a | x) ~ p(a | x) exp(beta Q(x, a)), Q the mean return of rollouts inside
the model, which plays both sides. We differ: batches are drawn with replacement, an observation that contradicts the
action just taken is left out of a rollout, and beta is a setting, since the paper's 0.01 cannot be an inverse
temperature of summed payoffs.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, NamedTuple, final

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from primordia.games.prediction.meetings import Meetings, Opponents
from primordia.games.prediction.model import N_ACTIONS, Losses, Model
from primordia.games.prediction.pool import PAYOFFS, cooperation, draw, seen_after

REPORTED = 0.98
"""Decay of the running mean of losses that a phase reports."""


class Episodes(NamedTuple):
    """What was played, from a learner's side.

    Args:
        own: actions, 0 cooperates, 1 defects; axes [episode, round].
        other: the opponent's.
        names: what was told about the opponent, axes [episode, seen].
    """

    own: Int[Array, "episode round"]
    other: Int[Array, "episode round"]
    names: Float[Array, "episode seen"]


class Training(NamedTuple):
    """What training ends with: weights, running losses, and whether all numbers stayed finite."""

    weights: Any
    losses: Losses
    finite: Array


class Play(NamedTuple):
    """Episodes that a learner plays, and the mean of beta |Q(D) - Q(C)|, which says how hard planning pulls."""

    episodes: Episodes
    nudge: Float[Array, ""]


@final
@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a model is trained: AdamW as in the paper unless said otherwise.

    Args:
        learning_rate: of AdamW.
        n_batch: episodes in a batch.
        n_epochs: passes over all episodes, in number if not in order.
        weight_decay: of AdamW.
        clip: largest norm of all gradients together.
    """

    learning_rate: float = 1e-3
    n_batch: int = 256
    n_epochs: int = 10
    weight_decay: float = 1e-2
    clip: float = 1.0


@final
@dataclasses.dataclass(frozen=True)
class Planning:
    """How an action is chosen.

    Args:
        n_rollouts: imagined continuations of each action.
        n_ahead: rounds of each.
    """

    n_rollouts: int = 8
    n_ahead: int = 8


@functools.partial(jax.jit, static_argnames=("meetings", "n_rounds"))
def watch(key: Array, *, meetings: Meetings, n_rounds: int) -> Episodes:
    """The first episodes: two members of the pool, or coin throwers where there is no pool."""
    kinds, play = jax.random.split(key)
    first, second = jax.random.split(kinds)
    n = meetings.n_rows
    mine, theirs = draw(second, n), meetings.opponents(first).tables
    if meetings.pool == "learners-only":
        mine, theirs = jnp.full_like(mine, 0.5), jnp.full_like(theirs, 0.5)
    names = meetings.names(theirs, jnp.ones(n, bool))

    def round_of(seen: Any, key: Array) -> tuple[Any, Any]:
        draws = jax.random.uniform(key, (2, n))
        own = (draws[0] >= jnp.take_along_axis(mine, seen[:, None], axis=1)[:, 0]).astype(jnp.int32)
        other = (draws[1] >= cooperation(theirs, seen)).astype(jnp.int32)
        return seen_after(own, other), (own, other)

    _, (own, other) = jax.lax.scan(round_of, jnp.zeros(n, jnp.int32), jax.random.split(play, n_rounds))
    return Episodes(own.T.astype(jnp.uint8), other.T.astype(jnp.uint8), names)


@functools.partial(jax.jit, static_argnames=("model", "recipe"))
def train(key: Array, episodes: Episodes, n_known: Int[Array, ""], *, model: Model, recipe: Recipe) -> Training:
    """A fresh model, trained on the first `n_known` of these episodes in one compiled loop."""
    fresh, batches = jax.random.split(key)
    weights = model.weights(fresh)
    optimiser = _optimiser(recipe)

    def loss(weights: Any, batch: Episodes) -> tuple[Array, Losses]:
        found = model.losses(weights, batch.own.astype(jnp.int32), batch.other.astype(jnp.int32), batch.names)
        return found.observation + found.payoff + found.action, found

    def update(place: Any, carried: Any) -> Any:
        weights, memory, mean, finite = carried
        chosen = jax.random.randint(jax.random.fold_in(batches, place), (recipe.n_batch,), 0, n_known)
        batch = Episodes(*(one[chosen] for one in episodes))
        (value, found), slope = jax.value_and_grad(loss, has_aux=True)(weights, batch)
        changes, memory = optimiser.update(slope, memory, weights)
        decay = jnp.where(place == 0, 0.0, REPORTED)
        mean = jax.tree.map(lambda old, new: decay * old + (1 - decay) * new, mean, found)
        return optax.apply_updates(weights, changes), memory, mean, finite & jnp.isfinite(value)

    nothing = Losses(*(jnp.zeros(()) for _ in Losses._fields))
    n_updates = jnp.maximum(1, recipe.n_epochs * n_known // recipe.n_batch)
    start = (weights, optimiser.init(weights), nothing, jnp.asarray(True))
    weights, _, mean, finite = jax.lax.fori_loop(0, n_updates, update, start)
    return Training(weights, mean, finite & jnp.isfinite(optax.tree.norm(weights)))


@functools.lru_cache(maxsize=16)
def _optimiser(recipe: Recipe) -> optax.GradientTransformation:
    adam = optax.adamw(recipe.learning_rate, b1=0.9, b2=0.98, weight_decay=recipe.weight_decay)
    return optax.chain(optax.clip_by_global_norm(recipe.clip), adam)


def foresee(
    key: Array, weights: Any, state: Float[Array, "row unit"], model: Model, planning: Planning
) -> Float[Array, "row action"]:
    """The mean return of each action, over rollouts inside the model; the number of rounds left is not known to it."""
    shape = (state.shape[0], N_ACTIONS, planning.n_rollouts)
    states = jnp.broadcast_to(state[:, None, None], (*shape, state.shape[1]))
    actions = jnp.broadcast_to(jnp.arange(N_ACTIONS)[None, :, None], shape)

    def imagine(carried: Any, key: Array) -> tuple[Any, None]:
        states, actions, total = carried
        replying, choosing = jax.random.split(key)
        states = model.act(weights, states, actions)
        both = model.observations(weights, states)
        reach = seen_after(actions[..., None], jnp.arange(N_ACTIONS))
        others = jax.random.categorical(replying, jnp.take_along_axis(both, reach, axis=-1))
        seen = seen_after(actions, others)
        states = model.hear(weights, states, weights["observation"][seen])
        payoffs = model.payoff(weights, states)
        states = model.hear(weights, states, payoffs[..., None] * weights["payoff"][0])
        following = jax.random.categorical(choosing, model.actions(weights, states))
        return (states, following, total + payoffs), None

    start = (states, actions, jnp.zeros(shape))
    (_, _, total), _ = jax.lax.scan(imagine, start, jax.random.split(key, planning.n_ahead))
    return total.mean(axis=-1)


@functools.partial(jax.jit, static_argnames=("meetings", "model", "planning", "n_rounds"))
def play(
    key: Array,
    weights: Any,
    opponents: Opponents,
    strength: Float[Array, ""],
    *,
    meetings: Meetings,
    model: Model,
    planning: Planning,
    n_rounds: int,
) -> Play:
    """One episode of every row, all learners planning in every round; one compiled program.

    Costs rows * rounds * 2 * rollouts * rounds ahead * 3 steps of the recurrence.
    """

    def round_of(carried: Any, key: Array) -> tuple[Any, Any]:
        state, seen = carried
        planned, acted, replied = jax.random.split(key, 3)
        worth = foresee(planned, weights, state, model, planning)
        actions = jax.random.categorical(acted, model.actions(weights, state) + strength * worth).astype(jnp.int32)
        others = meetings.replies(replied, opponents, seen, actions)
        seen = seen_after(actions, others)
        state = model.outcome(weights, model.act(weights, state, actions), seen, jnp.asarray(PAYOFFS)[seen - 1])
        return (state, seen), (actions, others, jnp.abs(worth[:, 1] - worth[:, 0]).mean())

    start = (model.begin(weights, opponents.names), jnp.zeros(meetings.n_rows, jnp.int32))
    _, (own, other, gaps) = jax.lax.scan(round_of, start, jax.random.split(key, n_rounds))
    episodes = Episodes(own.T.astype(jnp.uint8), other.T.astype(jnp.uint8), opponents.names)
    return Play(episodes, strength * gaps.mean())
