"""Advantage actor-critic against the mixed pool: a recurrent policy, one update from one episode of every row.

arXiv 2602.16301, step 4 of its analysis: gamma 0.99, lambda 1, entropy 0.01, value loss 0.5, gradient norm 1, Adam with
epsilon 1e-5, advantages normalised. There is no inner episode and no meta-episode: a learner is naive within its
context and shapes others by being learnt from.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, NamedTuple, final

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from primordia.games.policies.gru import Gru
from primordia.games.policies.policy import log_probability
from primordia.games.prediction.meetings import Meetings, Opponents
from primordia.games.prediction.pool import N_SEEN, PAYOFFS, seen_after
from primordia.games.prediction.ppi import Episodes


class Learner(NamedTuple):
    """Weights of the policy, and what the optimiser remembers."""

    weights: Any
    optimiser: Any


class Update(NamedTuple):
    """What an update leads to: the learner, what it played, the entropy of its policy, and whether all is finite."""

    learner: Learner
    episodes: Episodes
    entropy: Float[Array, ""]
    finite: Array


@final
@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a policy is trained; the paper's step 4.

    Args:
        learning_rate: of Adam.
        entropy: weight of the entropy bonus.
        value: weight of the value loss.
        discount: of payoffs to come.
        rescale: what payoffs are multiplied by for the critic.
    """

    learning_rate: float = 1e-3
    entropy: float = 0.01
    value: float = 0.5
    discount: float = 0.99
    rescale: float = 0.02


def policy(n_units: int) -> Gru:
    """The policy: it sees the last joint action, and what it is told about the opponent."""
    return Gru(n_observed=2 * N_SEEN, n_actions=2, n_units=n_units)


@functools.lru_cache(maxsize=16)
def _optimiser(recipe: Recipe) -> optax.GradientTransformation:
    return optax.chain(optax.clip_by_global_norm(1.0), optax.adam(recipe.learning_rate, eps=1e-5))


def begin(key: Array, *, n_units: int, recipe: Recipe) -> Learner:
    """A fresh learner, which plays both actions alike."""
    weights = policy(n_units).weights(key)
    return Learner(weights, _optimiser(recipe).init(weights))


def _observed(seen: Array, names: Array) -> Array:
    return jnp.concatenate([jax.nn.one_hot(seen, N_SEEN), names], axis=-1)


@functools.partial(jax.jit, static_argnames=("meetings", "n_units", "n_rounds"))
def play(
    key: Array, weights: Any, opponents: Opponents, *, meetings: Meetings, n_units: int, n_rounds: int
) -> Episodes:
    """One episode of every row."""
    acting = policy(n_units)
    act = jax.vmap(acting.act, in_axes=(None, 0, 0))

    def round_of(carried: Any, key: Array) -> tuple[Any, Any]:
        memory, seen = carried
        acted, replied = jax.random.split(key)
        found = act(weights, memory, _observed(seen, opponents.names))
        actions = jax.random.categorical(acted, found.logits).astype(jnp.int32)
        others = meetings.replies(replied, opponents, seen, actions)
        return (found.memory, seen_after(actions, others)), (actions, others)

    n = meetings.n_rows
    memory = jax.tree.map(lambda one: jnp.broadcast_to(one, (n, *one.shape)), acting.begin())
    _, (own, other) = jax.lax.scan(round_of, (memory, jnp.zeros(n, jnp.int32)), jax.random.split(key, n_rounds))
    return Episodes(own.T.astype(jnp.uint8), other.T.astype(jnp.uint8), opponents.names)


@functools.partial(jax.jit, static_argnames=("meetings", "recipe", "n_units", "n_rounds"))
def update(key: Array, learner: Learner, *, meetings: Meetings, recipe: Recipe, n_units: int, n_rounds: int) -> Update:
    """Play with fresh opponents and learn from it, in one compiled program; the learner given stays as it was."""
    meeting, playing = jax.random.split(key)
    opponents = meetings.opponents(meeting)
    episodes = play(playing, learner.weights, opponents, meetings=meetings, n_units=n_units, n_rounds=n_rounds)
    (value, entropy), slope = jax.value_and_grad(_loss, has_aux=True)(learner.weights, episodes, recipe, n_units)
    changes, remembered = _optimiser(recipe).update(slope, learner.optimiser, learner.weights)
    weights = optax.apply_updates(learner.weights, changes)
    finite = jnp.isfinite(value) & jnp.isfinite(optax.tree.norm(weights))
    return Update(Learner(weights, remembered), episodes, entropy, finite)


def _loss(weights: Any, episodes: Episodes, recipe: Recipe, n_units: int) -> tuple[Array, Array]:
    acting = policy(n_units)
    own, other = episodes.own.astype(jnp.int32), episodes.other.astype(jnp.int32)
    after = seen_after(own, other)
    seen = jnp.concatenate([jnp.zeros_like(after[:, :1]), after[:, :-1]], axis=1)

    def one(seen: Array, names: Array) -> tuple[Array, Array]:
        def heard(memory: Any, observation: Array) -> tuple[Any, tuple[Array, Array]]:
            found = acting.act(weights, memory, observation)
            return found.memory, (found.logits, found.value)

        told = jnp.broadcast_to(names, (seen.shape[0], N_SEEN))
        return jax.lax.scan(heard, acting.begin(), _observed(seen, told))[1]

    logits, values = jax.vmap(one)(seen, episodes.names)
    payoffs = recipe.rescale * jnp.asarray(PAYOFFS)[after - 1]

    def add(later: Array, payoff: Array) -> tuple[Array, Array]:
        total = payoff + recipe.discount * later
        return total, total

    _, returns = jax.lax.scan(add, jnp.zeros(own.shape[0]), payoffs.T, reverse=True)
    gap = returns.T - values
    advantage = jax.lax.stop_gradient((gap - gap.mean()) / (gap.std() + 1e-8))
    logs = jax.nn.log_softmax(logits)
    entropy = -(jnp.exp(logs) * logs).sum(axis=-1).mean()
    policy_loss = -(advantage * log_probability(logits, own)).mean()
    return policy_loss + recipe.value * (gap**2).mean() - recipe.entropy * entropy, entropy
