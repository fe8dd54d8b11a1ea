"""What all experiments that train have in common: the learner is the state, an update is the step.

Nothing here imports JAX before a run begins, so that experiments can be listed without it.
"""

from __future__ import annotations

import abc
from typing import Any, TypeVar

from primordia.core.experiment import Experiment
from primordia.core.metrics import Metric, Row
from primordia.core.streams import Streams

C = TypeVar("C")

METRICS = {
    "loss": Metric("nats", "down", "Mean loss of the batch of the last update, before the update."),
    "gradient_norm": Metric("dimensionless", "none", "Norm of all gradients of the last update, before clipping."),
}
"""What every update puts into a row, where the loss is a cross-entropy."""


class TrainingExperiment(Experiment[C, Any]):
    """An experiment whose step is one update of a learner (`training.update.Learner`). Subclasses are final."""

    step_word = "update"
    determinism = "bitwise-per-machine"

    @abc.abstractmethod
    def weights(self, config: C, streams: Streams) -> Any:
        """The weights before the first update, by name."""

    @abc.abstractmethod
    def loss(self, config: C) -> Any:
        """What is made small: a `training.update.Loss`."""

    @abc.abstractmethod
    def recipe(self, config: C) -> Any:
        """How: a `training.recipe.Recipe`."""

    def batch(self, config: C, streams: Streams, t: int) -> Any:
        """What update `t` learns from: a key that the loss draws it with, unless a subclass reads it from somewhere."""
        return streams.key("batch", t)

    def init(self, config: C, streams: Streams) -> Any:
        """The learner before the first update."""
        from primordia.minds.training.update import begin

        return begin(self.weights(config, streams), self.recipe(config))

    def step(self, config: C, state: Any, streams: Streams, t: int) -> tuple[Any, Row]:
        """One update."""
        return self.advance(config, state, streams, t, 1)

    def advance(self, config: C, state: Any, streams: Streams, t: int, n: int) -> tuple[Any, Row]:
        """`n` updates, each the same compiled one; numbers come to the host after the last.

        Raises:
            DivergedError: a loss, gradient or weight is not finite; names the update and the tensor.
        """
        from primordia.minds.training.course import course

        return course(
            state,
            lambda place: self.batch(config, streams, place),
            t,
            n,
            loss=self.loss(config),
            recipe=self.recipe(config),
            order=lambda: self.weights(config, streams),
        )
