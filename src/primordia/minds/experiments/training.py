"""What all experiments that train have in common: the learner is the state, an update is the step.

Nothing here imports JAX before a run begins, so that experiments can be listed without it.
"""

from __future__ import annotations

import abc
from typing import Any, TypeVar

from primordia.core.experiment import Experiment
from primordia.core.metrics import Row
from primordia.core.streams import Streams

C = TypeVar("C")


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
        """`n` updates, each the same compiled one; numbers come to the host after the last."""
        from primordia.minds.training.update import update

        loss, recipe, products = self.loss(config), self.recipe(config), {}
        for place in range(t, t + n):
            state, products = update(state, self.batch(config, streams, place), loss=loss, recipe=recipe)
        return state, {name: float(value) for name, value in products.items()}
