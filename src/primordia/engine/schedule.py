"""How long a run goes on and how often it writes; none of it changes the bits of the state."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any

from primordia.core import config as configs
from primordia.core.config import Spec
from primordia.core.errors import ConfigError, UnknownNameError
from primordia.core.experiment import Experiment

HOUSE = "the house's choice"


@dataclasses.dataclass(frozen=True)
class Schedule:
    """Length and cadence of a run, in steps."""

    steps: Annotated[int, Spec("steps to perform at most", unit="steps", ge=1, le=2**48, source=HOUSE)] = 1024
    every: Annotated[int, Spec("steps between rows of metrics", unit="steps", ge=1, le=2**48, source=HOUSE)] = 64
    checkpoint_every: Annotated[int, Spec("steps between checkpoints", unit="steps", ge=1, le=2**48, source=HOUSE)] = (
        256
    )
    keep: Annotated[int, Spec("newest checkpoints to keep", unit="checkpoints", ge=1, le=10**6, source=HOUSE)] = 3
    views_every: Annotated[
        int | None, Spec("steps between saved views; none: start, transitions, end", unit="steps", ge=1, source=HOUSE)
    ] = None
    stop: Annotated[
        str | None, Spec("stop at a transition, or some steps after it, as in takeover+512", source=HOUSE)
    ] = None

    def row_due(self, t: int) -> bool:
        """Whether a row is written after `t` completed steps."""
        return t % self.every == 0 or t == self.steps

    def next_stop(self, t: int) -> int:
        """The first count of completed steps after `t` at which something is written."""
        cadences = [self.every, self.checkpoint_every, *([self.views_every] if self.views_every else [])]
        return min([self.steps, *((t // cadence + 1) * cadence for cadence in cadences)])

    def stop_rule(self) -> tuple[str, int] | None:
        """The transition to stop at and how many steps after it, or None."""
        if self.stop is None:
            return None
        name, _, delay = self.stop.partition("+")
        if delay and not delay.isdecimal():
            raise ConfigError(f"stop={self.stop} cannot be read: allowed is TRANSITION or TRANSITION+STEPS.")
        return name, int(delay or 0)


def make(experiment: Experiment[Any, Any], values: Mapping[str, Any]) -> Schedule:
    """A checked schedule for `experiment`.

    Raises:
        ConfigError: a value out of range, or a stop rule that cannot be read.
        UnknownNameError: an unknown key, or a stop rule that names no transition of the experiment.
    """
    schedule = configs.override(Schedule(), values)
    rule = schedule.stop_rule()
    if rule and rule[0] not in experiment.transitions:
        raise UnknownNameError("transition", rule[0], experiment.transitions)
    return schedule
