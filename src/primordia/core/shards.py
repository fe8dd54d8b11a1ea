"""Experiments whose state can lie in shards: what a shard does alone, what shards send each other, how rows merge.

Who holds the shards is not said here: one process, or actors on many machines. The bits must not depend on it.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from primordia.core.metrics import Row
from primordia.core.streams import Streams

C = TypeVar("C")
S = TypeVar("S")
Part = Any
"""One shard's part of a state: a tree of arrays, like a state."""
Parcel = NDArray[np.uint8]
"""What one shard sends another, bytes of any shape; empty where there is nothing to send."""
Tally = Mapping[str, Any]
"""What one shard counted or measured, JSON-able or arrays, small; `merge` makes a row of those of all shards."""


class Sharding(abc.ABC, Generic[C, S]):
    """How the state of an experiment lies in shards. Final subclasses hold no state of their own.

    A step is either one in which shards exchange, or one that each does alone. In an exchange every shard first sends
    (`send`), then does its step with what it was sent (`meet`), and takes home what comes back (`home`). All methods
    are pure, none changes what it was given, and each may be called for several shards at a time, in threads.
    """

    @abc.abstractmethod
    def n_shards(self, config: C) -> int:
        """How many shards there are; part of what is simulated, not of where."""

    @abc.abstractmethod
    def begin(self, config: C, streams: Streams, shard: int) -> Part:
        """A shard's part of the state before step 0, made without the other shards."""

    @abc.abstractmethod
    def next_exchange(self, config: C, t: int, end: int) -> int:
        """The first step number from `t` to `end` - 1 that is an exchange, or `end`."""

    @abc.abstractmethod
    def alone(self, config: C, part: Part, streams: Streams, shard: int, t: int, n: int) -> tuple[Part, Tally]:
        """`n` >= 1 steps from step number `t` on, none of which is an exchange; the tally tells of the last one."""

    @abc.abstractmethod
    def send(self, config: C, part: Part, streams: Streams, shard: int, t: int) -> list[Parcel]:
        """What a shard sends at the exchange of step `t`: a parcel for each shard, itself included, in their order."""

    @abc.abstractmethod
    def meet(
        self, config: C, part: Part, parcels: Sequence[Parcel], streams: Streams, shard: int, t: int
    ) -> tuple[Part, list[Parcel], Tally]:
        """Step `t` of a shard with what every shard sent it, in the order of shards.

        Returns its part, what goes back to each shard, and its tally of the step.
        """

    @abc.abstractmethod
    def home(self, config: C, part: Part, parcels: Sequence[Parcel], streams: Streams, shard: int, t: int) -> Part:
        """A shard's part after step `t`, once every shard sent back what is its own."""

    @abc.abstractmethod
    def measure(self, config: C, part: Part, streams: Streams, shard: int, t: int) -> Tally:
        """What a shard adds to the metrics of the state after `t` steps."""

    @abc.abstractmethod
    def merge_steps(self, config: C, tallies: Sequence[Tally]) -> Row:
        """The row of a step, of the tallies of all shards in their order; what `Experiment.step` returns."""

    @abc.abstractmethod
    def merge_measures(self, config: C, tallies: Sequence[Tally]) -> Row:
        """The metrics of a state, of the tallies of all shards in their order; what `Experiment.measure` returns."""

    @abc.abstractmethod
    def split(self, config: C, state: S) -> list[Part]:
        """A whole state as the parts of all shards."""

    @abc.abstractmethod
    def join(self, config: C, parts: Sequence[Part]) -> S:
        """The parts of all shards as a whole state; `join(split(state))` has the bits of `state`."""
