"""A policy as a table: a row of logits for each observation."""

from __future__ import annotations

import dataclasses
from typing import final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.games.policies.policy import Acting, Policy, need_positive


@final
@dataclasses.dataclass(frozen=True)
class Tabular(Policy):
    """Logits and a value for each one-hot observation; in an iterated dilemma, a memory-one policy.

    Weights: "logits" [observation, action], "values" [observation].

    Args:
        n_observed: observations.
        n_actions: actions.
        spread: standard deviation of the first logits, around 0.
    """

    n_observed: int = 5
    n_actions: int = 2
    spread: float = 0.5

    def __post_init__(self) -> None:
        """Sizes are checked before anything is compiled."""
        need_positive(n_observed=self.n_observed, n_actions=self.n_actions)

    def weights(self, key: Array) -> dict[str, Array]:
        """Normal logits, values of 0."""
        logits = self.spread * jax.random.normal(key, (self.n_observed, self.n_actions))
        return {"logits": logits, "values": jnp.zeros(self.n_observed)}

    def begin(self) -> tuple[()]:
        """Nothing is remembered."""
        return ()

    def act(self, weights: dict[str, Array], memory: tuple[()], observation: Float[Array, " observation"]) -> Acting:
        """The row of the observation."""
        return Acting(observation @ weights["logits"], observation @ weights["values"], ())
