"""The contract every system fulfils, whatever it is made of."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, Literal, TypeVar

from primordia.core.claims import Claim
from primordia.core.findings import Finding
from primordia.core.inspection import Inspected
from primordia.core.interventions import Intervention
from primordia.core.metrics import Metric, Row, Transition
from primordia.core.shards import Sharding
from primordia.core.streams import Streams
from primordia.core.views import View

C = TypeVar("C")
S = TypeVar("S")


@dataclasses.dataclass(frozen=True)
class Paper:
    """Where a system comes from and how ours differs from it."""

    title: str
    authors: str
    year: int
    arxiv: str
    how_we_differ: str


@dataclasses.dataclass(frozen=True)
class Preset:
    """A named setting worth starting from.

    Args:
        text: what to expect and how the values were chosen.
        config: settings that differ from the defaults.
        run: schedule settings (steps, every, stop …) that differ from the defaults.
    """

    text: str
    config: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    run: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class KnownResult:
    """A result known beforehand: a closed form, a published number, or the output of another implementation.

    Args:
        statement: what is compared, in one sentence.
        source: where the expected value comes from.
        expected: the value.
        measured: computes ours; it must equal `expected` exactly.
    """

    statement: str
    source: str
    expected: Any
    measured: Callable[[], Any]


class Experiment(abc.ABC, Generic[C, S]):
    """A system that can be run. Subclasses are final and hold no state of their own.

    A state is a tree of arrays (see `primordia.core.tree`). No method reads files, clocks or global generators; no
    method changes a state it was given. `t` counts completed steps: `step(…, t)` performs step number t, from 0.

    Attributes:
        name: "wing/experiment".
        version: raised whenever the same config would give other results.
        summary: one sentence for lists.
        step_word: what one step is called in the field ("epoch", "update", "round").
        Config: a frozen dataclass whose fields carry `Spec`s; it has the field `seed`.
        metrics: every scalar a row may hold.
        views: pictures of the state.
        transitions: lines in metrics whose first crossing is an event.
        panels: title -> metrics that the report draws into one panel, such as a loss beside its oracle's.
        bands: metric -> (metric of its lower edge, metric of its upper), such as quartiles; shaded in panels.
        interventions: changes that a person may make to a state between two steps; each is an event of the run.
        sharding: how its state lies in shards that actors on many machines may hold; None where it cannot.
        claims: what the source says and how to check it.
        source: the paper and how we differ.
        determinism: "bitwise" (any thread count, chunk and machine), "bitwise-per-machine" or "statistical".
        presets: at least "small", which finishes a step in well under a second.
        variants: settings that make systems of their own; each owes the whole contract. Values are config overrides.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    summary: ClassVar[str]
    step_word: ClassVar[str] = "step"
    Config: ClassVar[type[Any]]
    metrics: ClassVar[Mapping[str, Metric]]
    views: ClassVar[Mapping[str, View]] = {}
    transitions: ClassVar[Mapping[str, Transition]] = {}
    panels: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    bands: ClassVar[Mapping[str, tuple[str, str]]] = {}
    interventions: ClassVar[Mapping[str, Intervention]] = {}
    sharding: ClassVar[Sharding[Any, Any] | None] = None
    claims: ClassVar[tuple[Claim, ...]] = ()
    source: ClassVar[Paper]
    determinism: ClassVar[Literal["bitwise", "bitwise-per-machine", "statistical"]]
    presets: ClassVar[Mapping[str, Preset]]
    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {"default": {}}

    @abc.abstractmethod
    def init(self, config: C, streams: Streams) -> S:
        """The state before step 0."""

    @abc.abstractmethod
    def step(self, config: C, state: S, streams: Streams, t: int) -> tuple[S, Row]:
        """One step: the next state and what the step itself produced (loss, operations …)."""

    def advance(self, config: C, state: S, streams: Streams, t: int, n: int) -> tuple[S, Row]:
        """`n` >= 1 steps at once: exactly the state and row that the last of `n` single steps returns."""
        row: Row = {}
        for offset in range(n):
            state, row = self.step(config, state, streams, t + offset)
        return state, row

    def measure(self, config: C, state: S, streams: Streams, t: int) -> Row:
        """Further metrics that are functions of the state after `t` steps; computed only when a row is due."""
        return {}

    def finished(self, config: C, state: S, row: Row) -> str | None:
        """Why the run may stop early (all of a population extinct, say), or None."""
        return None

    def findings(self, config: C, state: S, streams: Streams, t: int) -> tuple[Finding, ...]:
        """What can be said about the state after `t` steps; asked for at transitions and at the end."""
        return ()

    def inspect(
        self, config: C, state: S, streams: Streams, t: int, view: str, row: int, column: int
    ) -> tuple[Inspected, ...]:
        """What stands at a cell of one of the views of the state after `t` steps, for somebody who points at it."""
        return ()

    @abc.abstractmethod
    def known_result(self, config: C) -> KnownResult:
        """A result known beforehand for the variant that `config` belongs to."""
