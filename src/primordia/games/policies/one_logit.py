"""A memory-one policy with one number in each situation: the logit of cooperation."""

from __future__ import annotations

import dataclasses
from typing import final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.games.policies.policy import Acting, Policy, need_positive


@final
@dataclasses.dataclass(frozen=True)
class OneLogit(Policy):
    """A logit of the first action for each one-hot observation; the second action has the logit 0.

    What the exact learners change, so that a step of a sampled learner is the same step. A table with two logits for
    each observation moves their difference twice as far.

    Weights: "logits" [observation].

    Args:
        n_observed: observations.
        n_actions: actions; two.
        spread: standard deviation of the first logits, around 0.
    """

    n_observed: int = 5
    n_actions: int = 2
    spread: float = 1.0

    def __post_init__(self) -> None:
        """Sizes are checked before anything is compiled."""
        need_positive(n_observed=self.n_observed, n_actions=self.n_actions)

    def weights(self, key: Array) -> dict[str, Array]:
        """Normal logits."""
        return {"logits": self.spread * jax.random.normal(key, (self.n_observed,))}

    def begin(self) -> tuple[()]:
        """Nothing is remembered."""
        return ()

    def act(self, weights: dict[str, Array], memory: tuple[()], observation: Float[Array, " observation"]) -> Acting:
        """The logit of the observation; it expects nothing."""
        logit = observation @ weights["logits"]
        return Acting(jnp.stack([logit, jnp.zeros_like(logit)]), jnp.zeros_like(logit), ())
