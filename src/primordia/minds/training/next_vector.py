"""The loss of predicting the next observation of a dynamical system (arXiv 2309.05858)."""

from __future__ import annotations

import dataclasses
import functools
from typing import final

import jax
from jaxtyping import Array, Float, PRNGKeyArray

from primordia.minds.models import autoregressor
from primordia.minds.models.autoregressor import Autoregressor
from primordia.minds.models.weights import Weights
from primordia.minds.tasks.batch import Vectors, by_position, squared_error, token_squared_errors
from primordia.minds.tasks.dynamics import Dynamics


@final
@dataclasses.dataclass(frozen=True)
class NextVector:
    """Half the squared distance to the next observation, in the mean over positions and sequences.

    Args:
        model: what predicts.
        task: what is observed.
        n_batch: sequences drawn from a key.
    """

    model: Autoregressor
    task: Dynamics
    n_batch: int

    def draw(self, key: PRNGKeyArray) -> Vectors:
        """A batch."""
        return self.task.draw(key, self.n_batch)

    def __call__(self, weights: Weights, batch: Vectors) -> tuple[Array, dict[str, Array]]:
        """The loss; no further scalars."""
        return squared_error(autoregressor.predict(self.model, weights, batch.inputs), batch), {}


@functools.partial(jax.jit, static_argnames="model")
def errors(weights: Weights, batch: Vectors, *, model: Autoregressor) -> Float[Array, " time"]:
    """The squared error of a channel at each position but the last, which has no target; mean over sequences."""
    return scores(autoregressor.predict(model, weights, batch.inputs), batch)


def scores(predictions: Float[Array, "batch time observed"], batch: Vectors) -> Float[Array, " time"]:
    """The same for predictions of anybody."""
    return by_position(token_squared_errors(predictions, batch), batch.weight)[:-1] / batch.targets.shape[-1]
