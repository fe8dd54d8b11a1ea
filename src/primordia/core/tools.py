"""What a wing offers beside runs: tools that look at a run, or at something typed in, and say what they found."""

from __future__ import annotations

import abc
import dataclasses
import importlib.metadata
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Protocol

from primordia.core.errors import UnknownNameError
from primordia.core.experiment import Experiment
from primordia.core.findings import Finding
from primordia.core.metrics import Row
from primordia.core.streams import Streams

GROUP = "primordia.tools"


@dataclasses.dataclass(frozen=True)
class Moment:
    """A run at one step: `state` is that after `t` steps."""

    experiment: Experiment[Any, Any]
    config: Any
    state: Any
    streams: Streams
    t: int


class Runs(Protocol):
    """The runs that tools may look at; a run is named as on the command line (folder, id, or "latest")."""

    def moment(self, run: str, t: int | None = None) -> Moment:
        """A run after `t` steps (None: its last), replayed from the nearest checkpoint."""

    def rows(self, run: str) -> list[Row]:
        """Its rows of metrics, in order; each has "step"."""

    def events(self, run: str) -> list[Mapping[str, Any]]:
        """Its events, in order; each has "event" and "step"."""


class Tool(abc.ABC):
    """A tool, called as `primordia WING WORD`. Subclasses are final and hold no state of their own.

    Attributes:
        name: "wing/word".
        summary: one sentence for lists.
        Arguments: a frozen dataclass; its fields are the command line (annotated as those of the verbs are).
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    Arguments: ClassVar[type[Any]]

    @abc.abstractmethod
    def use(self, arguments: Any, runs: Runs) -> Iterable[Finding]:
        """What is found, in the order in which to show it; each is shown as soon as it is yielded."""


def names(wing: str = "") -> tuple[str, ...]:
    """The names of all tools, or of one wing's, sorted; imports nothing."""
    points = importlib.metadata.entry_points(group=GROUP)
    return tuple(sorted(point.name for point in points if point.name.startswith(f"{wing}/" if wing else "")))


def load(name: str) -> Tool:
    """The tool of a name.

    Raises:
        UnknownNameError: no such name; says the nearest.
    """
    points = list(importlib.metadata.entry_points(group=GROUP, name=name))
    if not points:
        raise UnknownNameError("tool", name, names())
    tool: Tool = points[0].load()()
    return tool
