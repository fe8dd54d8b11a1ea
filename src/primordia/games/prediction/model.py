"""A model of whole interactions: a recurrent net over the stream of observations, payoffs and actions.

arXiv 2602.16301: gated recurrent units, linear embeddings for each modality, Swish on the output, a linear
head for each modality. The stream of an episode is o_0 r_0 a_0 o_1 r_1 a_1 …, o_0 "nothing yet" and r_0 = 0. The model
predicts each element from those before it, one's own actions too: it is a model of the world and of oneself at once.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, NamedTuple, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from primordia.games.prediction.pool import N_SEEN, PAYOFFS, seen_after

N_ACTIONS = 2


class Losses(NamedTuple):
    """What is made small, means over a batch: nats of an observation, squared error of a payoff, nats of an action."""

    observation: Float[Array, ""]
    payoff: Float[Array, ""]
    action: Float[Array, ""]


@final
@dataclasses.dataclass(frozen=True)
class Model:
    """The sequence model. Holds no weights; all methods can be traced and are batched over leading axes.

    Args:
        n_units: recurrent units.
        n_embedded: numbers that an element is embedded in.
    """

    n_units: int = 32
    n_embedded: int = 16

    @functools.partial(jax.jit, static_argnums=0)
    def weights(self, key: Array) -> dict[str, Array]:
        """Uniform within one over the root of the inputs, biases at zero."""
        sizes = {
            "observation": (N_SEEN, self.n_embedded), "payoff": (1, self.n_embedded),
            "action": (N_ACTIONS, self.n_embedded), "name": (N_SEEN, self.n_embedded),
            "into": (self.n_embedded, 3 * self.n_units),
            "within": (self.n_units, 3 * self.n_units), "to_observation": (self.n_units, N_SEEN),
            "to_payoff": (self.n_units, 1), "to_action": (self.n_units, N_ACTIONS),
        }  # fmt: skip
        # One draw for all: nine would be compiled one by one.
        counts = [rows * columns for rows, columns in sizes.values()]
        parts = jnp.split(jax.random.uniform(key, (sum(counts),), minval=-1.0), np.cumsum(counts)[:-1])
        made = {
            name: part.reshape(size) * size[0] ** -0.5 for (name, size), part in zip(sizes.items(), parts, strict=True)
        }
        biases = {"bias": 3 * self.n_units, "at_observation": N_SEEN, "at_payoff": 1, "at_action": N_ACTIONS}
        return made | {name: jnp.zeros(size) for name, size in biases.items()}

    def hear(self, weights: Any, state: Float[Array, "*batch unit"], element: Float[Array, "*batch embedded"]) -> Any:
        """The state after one more element."""
        seen = jnp.split(element @ weights["into"] + weights["bias"], 3, axis=-1)
        kept = jnp.split(state @ weights["within"], 3, axis=-1)
        reset, update = jax.nn.sigmoid(seen[0] + kept[0]), jax.nn.sigmoid(seen[1] + kept[1])
        return update * state + (1 - update) * jnp.tanh(seen[2] + reset * kept[2])

    def begin(self, weights: Any, names: Float[Array, "*batch seen"]) -> Float[Array, "*batch unit"]:
        """The state when the first action is due: the opponent's name, no observation, no payoff."""
        state = jnp.zeros((*names.shape[:-1], self.n_units))
        state = self.hear(weights, state, names @ weights["name"])
        return self.outcome(weights, state, jnp.zeros(names.shape[:-1], jnp.int32), jnp.zeros(names.shape[:-1]))

    def act(self, weights: Any, state: Float[Array, "*batch unit"], actions: Int[Array, "*batch"]) -> Any:
        """The state after an own action."""
        return self.hear(weights, state, weights["action"][actions])

    def outcome(
        self,
        weights: Any,
        state: Float[Array, "*batch unit"],
        seen: Int[Array, "*batch"],
        payoffs: Float[Array, "*batch"],
    ) -> Float[Array, "*batch unit"]:
        """The state after an observation and a payoff."""
        state = self.hear(weights, state, weights["observation"][seen])
        return self.hear(weights, state, payoffs[..., None] * weights["payoff"][0])

    def actions(self, weights: Any, state: Float[Array, "*batch unit"]) -> Float[Array, "*batch action"]:
        """Log-probabilities of one's own next action."""
        return jax.nn.log_softmax(jax.nn.swish(state) @ weights["to_action"] + weights["at_action"])

    def observations(self, weights: Any, state: Float[Array, "*batch unit"]) -> Float[Array, "*batch seen"]:
        """Log-probabilities of the next observation, after an own action."""
        return jax.nn.log_softmax(jax.nn.swish(state) @ weights["to_observation"] + weights["at_observation"])

    def payoff(self, weights: Any, state: Float[Array, "*batch unit"]) -> Float[Array, "*batch"]:
        """The payoff expected with an observation just heard."""
        return (jax.nn.swish(state) @ weights["to_payoff"] + weights["at_payoff"])[..., 0]

    def losses(
        self,
        weights: Any,
        own: Int[Array, "episode round"],
        other: Int[Array, "episode round"],
        names: Float[Array, "episode seen"],
    ) -> Losses:
        """How badly whole episodes are predicted, each element from those before it."""

        def predict(state: Any, acted: tuple[Any, Any]) -> tuple[Any, Losses]:
            mine, theirs = acted
            seen = seen_after(mine, theirs)
            payoffs = jnp.asarray(PAYOFFS)[seen - 1]
            choosing = _nats(self.actions(weights, state), mine)
            state = self.act(weights, state, mine)
            seeing = _nats(self.observations(weights, state), seen)
            state = self.hear(weights, state, weights["observation"][seen])
            paying = jnp.mean((self.payoff(weights, state) - payoffs) ** 2)
            state = self.hear(weights, state, payoffs[..., None] * weights["payoff"][0])
            return state, Losses(seeing, paying, choosing)

        _, found = jax.lax.scan(predict, self.begin(weights, names), (own.T, other.T))
        return Losses(*(one.mean() for one in found))


def _nats(logs: Float[Array, "episode option"], chosen: Int[Array, " episode"]) -> Float[Array, ""]:
    return -jnp.take_along_axis(logs, chosen[:, None], axis=1).mean()
