"""The naive policy gradient: it climbs its own payoff, as if the others stood still."""

from __future__ import annotations

import dataclasses
import math
from typing import final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.core.errors import BadInputError
from primordia.games.learners.returns import discounted_returns
from primordia.games.learners.rule import Episode, Rule, replay
from primordia.games.policies.policy import Policy, Weights, log_probability
from primordia.games.policies.tabular import Tabular

LEAST_SPREAD = 1e-8


@final
@dataclasses.dataclass(frozen=True)
class Naive(Rule):
    """Stochastic gradient ascent on the mean over steps and games of grad log pi times an advantage.

    The advantage is the discounted return to go, less its mean over games at the same step, divided by its standard
    deviation over all steps and games. A fast learner: how much it can be led depends on `learning_rate`.

    Args:
        learning_rate: step size. A `Tabular` policy has two logits for two actions and moves their difference by
            twice the gradient: 4 here is 8 on a single logit of cooperating.
        discount: of a step, from 0 to 1.
        minibatch: games of one step of learning; 0: all of them.

    Raises:
        BadInputError: a value outside its range.
    """

    learning_rate: float = 4.0
    discount: float = 0.99
    minibatch: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.discount <= 1:
            raise BadInputError(f"discount={self.discount:g} of a naive learner: it must be from 0 to 1.")
        if not 0 <= self.learning_rate < math.inf:
            raise BadInputError(
                f"learning_rate={self.learning_rate:g} of a naive learner: it must be at least 0 and finite."
            )

    def begin(self, weights: Weights) -> tuple[()]:
        """Nothing is carried."""
        return ()

    def learn(
        self, policy: Policy, weights: Weights, carried: tuple[()], episode: Episode
    ) -> tuple[Weights, tuple[()]]:
        """One step of ascent."""
        slopes = ascent(policy, weights, episode, advantages(episode.payoffs, self.discount))
        return jax.tree.map(lambda old, slope: old + self.learning_rate * slope, weights, slopes), carried


def advantages(payoffs: Float[Array, "game step"], discount: float) -> Float[Array, "game step"]:
    """Returns to go, centred over games at each step and scaled to a standard deviation of 1 over all."""
    ahead = discounted_returns(payoffs, discount)
    centred = ahead - ahead.mean(0)
    return centred / (centred.std() + LEAST_SPREAD)


def ascent(policy: Policy, weights: Weights, episode: Episode, advantage: Float[Array, "game step"]) -> Weights:
    """The mean over steps and games of grad log pi times the advantage; in closed form for a table."""
    if isinstance(policy, Tabular):
        return {"logits": _tabular(weights["logits"], episode, advantage), "values": jnp.zeros_like(weights["values"])}

    def gained(weights: Weights) -> Array:
        choices = replay(policy, weights, episode.observations)
        return (log_probability(choices.logits, episode.actions) * advantage).mean()

    return jax.grad(gained)(weights)


def _tabular(logits: Array, episode: Episode, advantage: Array) -> Float[Array, "observation action"]:
    """The derivative of log softmax by the logits is one-hot(action) - pi, in the row that was seen."""
    chances = jax.nn.softmax(episode.observations @ logits)
    scores = jax.nn.one_hot(episode.actions, logits.shape[1], dtype=chances.dtype) - chances
    return jnp.einsum("gto,gta,gt->oa", episode.observations, scores, advantage) / advantage.size
