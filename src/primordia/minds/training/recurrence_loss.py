"""The loss of a gated recurrence on a task of vectors."""

from __future__ import annotations

import dataclasses
from typing import final

from jaxtyping import Array, Float

from primordia.minds.models import gated_rnn
from primordia.minds.models.weights import Weights
from primordia.minds.tasks.attention_teacher import AttentionTeacher
from primordia.minds.tasks.batch import Vectors, squared_error
from primordia.minds.tasks.regression import Regression


@final
@dataclasses.dataclass(frozen=True)
class RecurrenceLoss:
    """Half the squared distance to the target, in the mean over the tokens that are scored.

    Args:
        task: where sequences come from.
        n_batch: sequences of an update.
    """

    task: AttentionTeacher | Regression
    n_batch: int

    def draw(self, key: Array) -> Vectors:
        """The sequences of an update."""
        return self.task.draw(key, self.n_batch)

    def __call__(self, weights: Weights, batch: Vectors) -> tuple[Float[Array, ""], dict[str, Array]]:
        """The loss of a batch, and no further scalars."""
        return squared_error(gated_rnn.run(weights, batch.inputs), batch), {}
