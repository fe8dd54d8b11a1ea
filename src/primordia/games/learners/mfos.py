"""M-FOS as its authors write it: a policy of the meta-game, whose action is the next inner policy (arXiv 2205.01447).

The meta-game of the iterated dilemma with exact inner returns: a state is both players' memory-one policies, ten
probabilities; an action is five logits for the next inner episode, drawn from a normal distribution; a payoff is the
exact discounted value of the two policies, normalised to a round. Then the co-player climbs its own exact value by one
step of gradient ascent. The learner is model-free: PPO on the meta-game, with nothing differentiated through the
co-player. Not to be confused with the estimator "m-fos" (see `estimators`), which is what arXiv 2410.18636 makes of it
for sampled inner episodes.

Differences: two layers of tanh units, full batches, Adam. Learning rates of co-players are on NORMALISED values: the
authors' 1 on the raw sum with a discount of 0.96 is 1 / (1 - 0.96) = 25 here.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, NamedTuple, final

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from primordia.core.errors import BadInputError
from primordia.games.environments.payoffs import PRISONERS_DILEMMA, Dilemma
from primordia.games.learners import faults, returns
from primordia.games.learners.encounters import encounter
from primordia.games.policies.policy import Weights

N_SEEN, N_LOGITS = 10, 5


@final
@dataclasses.dataclass(frozen=True)
class MetaGame:
    """The meta-game and how it is learned.

    Args:
        n_games: meta-games at once.
        n_steps: inner episodes of a meta-game.
        discount: of an inner round, from 0 to below 1.
        step_size: of the co-player's ascent on its normalised value.
        meta_discount: of an inner episode, in the learner's returns.
        n_units: units of each of the two layers.
        learning_rate: Adam's.
        n_epochs: PPO's passes.
        clip: PPO's bound on ratios.
        entropy_weight: of the entropy of an action.
        value_weight: of the critic's loss.
        dilemma: the payoffs.

    Raises:
        BadInputError: a value outside its range.
    """

    n_games: int = 256
    n_steps: int = 100
    discount: float = 0.96
    step_size: float = 25.0
    meta_discount: float = 0.99
    n_units: int = 32
    learning_rate: float = 0.002
    n_epochs: int = 4
    clip: float = 0.2
    entropy_weight: float = 0.01
    value_weight: float = 0.5
    dilemma: Dilemma = PRISONERS_DILEMMA

    def __post_init__(self) -> None:
        if not 0 <= self.discount < 1:
            raise BadInputError(f"discount={self.discount:g} of an inner round: it must be from 0 to below 1.")
        if not 0 <= self.meta_discount <= 1:
            raise BadInputError(f"meta_discount={self.meta_discount:g}: it must be from 0 to 1.")
        if min(self.n_games, self.n_steps, self.n_units, self.n_epochs) < 1:
            raise BadInputError(
                f"n_games={self.n_games}, n_steps={self.n_steps}, n_units={self.n_units} and n_epochs={self.n_epochs}: "
                "each must be at least 1."
            )


class Meta(NamedTuple):
    """A meta-agent.

    Args:
        weights: of its network, name -> array.
        moments: of the optimiser.
        n_updates: updates done.
        fault: as in a `coala.Population`.
    """

    weights: Weights
    moments: Any
    n_updates: Int[Array, ""]
    fault: Int[Array, "2"]


class Played(NamedTuple):
    """Meta-games, first axes [step, game].

    Args:
        seen: both inner policies before each action, the agent's own first; axis [probability].
        actions: the logits chosen; axis [logit].
        chances: their log-density.
        values: what the critic expected.
        payoffs: of both players, normalised; axis [player].
    """

    seen: Float[Array, "step game probability"]
    actions: Float[Array, "step game logit"]
    chances: Float[Array, "step game"]
    values: Float[Array, "step game"]
    payoffs: Float[Array, "step game player"]


def begin(game: MetaGame, key: Array) -> Meta:
    """A fresh meta-agent, whose actions are around logits of 0."""
    one, two = jax.random.split(key)
    n = game.n_units
    weights = {
        "first": jax.random.normal(one, (N_SEEN, n)) / N_SEEN**0.5,
        "first_bias": jnp.zeros(n),
        "second": jax.random.normal(two, (n, n)) / n**0.5,
        "second_bias": jnp.zeros(n),
        "actions": jnp.zeros((n, N_LOGITS)),
        "spreads": jnp.zeros(N_LOGITS),
        "values": jnp.zeros(n),
    }
    return Meta(weights, optax.adam(game.learning_rate).init(weights), jnp.zeros((), jnp.int32), faults.none())


def act(weights: Weights, seen: Float[Array, "*batch probability"]) -> tuple[Array, Array]:
    """Means of the logits, axes [*batch, logit], and the critic's value, axes [*batch]."""
    units = jnp.tanh((2 * seen - 1) @ weights["first"] + weights["first_bias"])
    units = jnp.tanh(units @ weights["second"] + weights["second_bias"])
    return units @ weights["actions"], units @ weights["values"]


def density(weights: Weights, mean: Array, actions: Array) -> Float[Array, "*batch"]:
    """The log-density of actions, up to a constant."""
    scaled = (actions - mean) / jnp.exp(weights["spreads"])
    return -(0.5 * jnp.square(scaled) + weights["spreads"]).sum(-1)


def inner_episode(
    game: MetaGame, own: Float[Array, "*batch logit"], other: Float[Array, "*batch logit"]
) -> tuple[Float[Array, "*batch player"], Float[Array, "*batch logit"]]:
    """The exact payoffs of two inner policies, and the co-player's logits after its step of ascent."""
    mine, theirs = jnp.moveaxis(jax.nn.sigmoid(own), -1, 0), jnp.moveaxis(jax.nn.sigmoid(other), -1, 0)
    met = encounter(mine, theirs, game.discount, game.dilemma)
    risen = jnp.moveaxis(met.slope * theirs * (1 - theirs), 0, -1)
    return jnp.moveaxis(met.payoffs, 0, -1), other + game.step_size * risen


def play(game: MetaGame, weights: Weights, key: Array) -> Played:
    """Meta-games against co-players whose first logits, like the agent's own, are normal."""
    starting, acting = jax.random.split(key)
    own, other = jax.random.normal(starting, (2, game.n_games, N_LOGITS))

    def step(policies: tuple[Array, Array], noise: Array) -> tuple[tuple[Array, Array], Played]:
        own, other = policies
        seen = jax.nn.sigmoid(jnp.concatenate([own, other], -1))
        mean, value = act(weights, seen)
        chosen = mean + jnp.exp(weights["spreads"]) * noise
        payoffs, after = inner_episode(game, chosen, other)
        return (chosen, after), Played(seen, chosen, density(weights, mean, chosen), value, payoffs)

    noise = jax.random.normal(acting, (game.n_steps, game.n_games, N_LOGITS))
    return jax.lax.scan(step, (own, other), noise)[1]


@functools.partial(jax.jit, static_argnames=("game",))
def update(meta: Meta, key: Array, *, game: MetaGame) -> tuple[Meta, dict[str, Float[Array, ""]]]:
    """Play meta-games and take PPO's steps on them.

    Returns:
        The meta-agent after them, and mean payoffs of both: "payoff", "payoff_of_other", "last_payoff" and
        "last_payoff_of_other" (the last inner episode).
    """
    played = play(game, meta.weights, key)
    ahead = returns.discounted_returns(played.payoffs[..., 0].T, game.meta_discount).T
    # The scale of returns, so that the critic's targets are of the order of 1.
    targets = ahead * (1 - game.meta_discount) if game.meta_discount < 1 else ahead / game.n_steps
    advantages = targets - played.values
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)

    def stepped(before: tuple[Weights, Any], _: None) -> tuple[tuple[Weights, Any], Array]:
        weights, moments = before
        slopes = jax.grad(_loss)(weights, played, advantages, targets, game)
        change, moments = optax.adam(game.learning_rate).update(slopes, moments, weights)
        after = optax.apply_updates(weights, change)
        return (after, moments), faults.finite(slopes, after)

    (weights, moments), finite = jax.lax.scan(stepped, (meta.weights, meta.moments), None, length=game.n_epochs)
    fault = faults.first(meta.fault, meta.n_updates, finite.all(0))
    mean, last = played.payoffs.mean((0, 1)), played.payoffs[-1].mean(0)
    row = {"payoff": mean[0], "payoff_of_other": mean[1], "last_payoff": last[0], "last_payoff_of_other": last[1]}
    return Meta(weights, moments, meta.n_updates + 1, fault), row


def _loss(weights: Weights, played: Played, advantages: Array, targets: Array, game: MetaGame) -> Float[Array, ""]:
    mean, values = act(weights, played.seen)
    ratio = jnp.exp(density(weights, mean, played.actions) - played.chances)
    gained = jnp.minimum(ratio * advantages, jnp.clip(ratio, 1 - game.clip, 1 + game.clip) * advantages)
    critic = 0.5 * jnp.square(values - targets).mean()
    return -gained.mean() + game.value_weight * critic - game.entropy_weight * weights["spreads"].sum()
