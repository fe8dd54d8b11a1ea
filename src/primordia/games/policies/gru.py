"""A recurrent policy with gated recurrent units (Cho et al. 2014, arXiv 1406.1078).

The reset gate multiplies what is kept after its linear map, not before, as fast implementations do: one product of the
state serves all three gates. The three gates share one bias each for both of their inputs.
"""

from __future__ import annotations

import dataclasses
from typing import final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.games.policies.policy import Acting, Policy, need_positive


@final
@dataclasses.dataclass(frozen=True)
class Gru(Policy):
    """One layer of gated recurrent units; logits and value are read from its state and from the observation.

    Weights: "into" [observation, 3 units], "within" [unit, 3 units], "bias" [3 units] (reset, update, candidate),
    "logits" [unit + observation, action], "values" [unit + observation]. The two read-outs begin at zero, so that a
    fresh agent plays every action alike (arXiv 2410.18636, appendix).

    Args:
        n_observed: numbers in an observation.
        n_actions: actions.
        n_units: units.
    """

    n_observed: int = 5
    n_actions: int = 2
    n_units: int = 16

    def __post_init__(self) -> None:
        """Sizes are checked before anything is compiled."""
        need_positive(n_observed=self.n_observed, n_actions=self.n_actions, n_units=self.n_units)

    def weights(self, key: Array) -> dict[str, Array]:
        """Uniform within one over the root of the units; read-outs at zero."""
        into, within = jax.random.split(key)
        width, reach = 3 * self.n_units, self.n_units**-0.5
        n_read = self.n_units + self.n_observed
        return {
            "into": jax.random.uniform(into, (self.n_observed, width), minval=-reach, maxval=reach),
            "within": jax.random.uniform(within, (self.n_units, width), minval=-reach, maxval=reach),
            "bias": jnp.zeros(width),
            "logits": jnp.zeros((n_read, self.n_actions)),
            "values": jnp.zeros(n_read),
        }

    def begin(self) -> Float[Array, " unit"]:
        """A state of zeros."""
        return jnp.zeros(self.n_units)

    def act(
        self, weights: dict[str, Array], memory: Float[Array, " unit"], observation: Float[Array, " observation"]
    ) -> Acting:
        """One step of the recurrence, then both read-outs."""
        seen = jnp.split(observation @ weights["into"] + weights["bias"], 3)
        kept = jnp.split(memory @ weights["within"], 3)
        reset, update = jax.nn.sigmoid(seen[0] + kept[0]), jax.nn.sigmoid(seen[1] + kept[1])
        candidate = jnp.tanh(seen[2] + reset * kept[2])
        state = update * memory + (1 - update) * candidate
        read = jnp.concatenate([state, observation])
        return Acting(read @ weights["logits"], read @ weights["values"], state)
