"""What a wing offers beside runs: tools that look at a run, or at something typed in, and say what they found."""

from __future__ import annotations

import abc
import dataclasses
import importlib.metadata
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Protocol

from primordia.core.errors import BadInputError, UnknownNameError
from primordia.core.experiment import Experiment
from primordia.core.findings import Finding
from primordia.core.metrics import Row
from primordia.core.streams import Streams

GROUP = "primordia.tools"

BY_PLACE = "by place"
"""Annotates an argument that is known by its place although it has a default; one without a default always is."""


@dataclasses.dataclass(frozen=True)
class Moment:
    """A run at one step: `state` is that after `t` steps; `run` is its id."""

    experiment: Experiment[Any, Any]
    config: Any
    state: Any
    streams: Streams
    t: int
    run: str = ""


class Runs(Protocol):
    """The runs that tools may look at; a run is named as on the command line (folder, id, or "latest")."""

    def moment(self, run: str, t: int | None = None) -> Moment:
        """A run after `t` steps (None: its last), replayed from the nearest checkpoint."""

    def rows(self, run: str) -> list[Row]:
        """Its rows of metrics, in order; each has "step"."""

    def events(self, run: str) -> list[Mapping[str, Any]]:
        """Its events, in order; each has "event" and "step"."""

    def begin(
        self, experiment: str, settings: Mapping[str, Any], steps: int, start: Callable[[Any], tuple[Any, int]]
    ) -> str:
        """A new run from the state and completed steps that `start(config)` gives; returns what resumes it."""


class Tool(abc.ABC):
    """A tool, called as `primordia WING WORD`. Subclasses are final and hold no state of their own.

    Attributes:
        name: "wing/word".
        summary: one sentence for lists.
        Arguments: a frozen dataclass whose fields carry `Spec`s, as those of a Config do; they are the command line.
            Fields without a default come by place, the others are options. Text that begins with @ names a file.
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
        BadInputError: it cannot be imported, or is no tool.
    """
    points = list(importlib.metadata.entry_points(group=GROUP, name=name))
    if not points:
        raise UnknownNameError("tool", name, names())
    try:
        tool = points[0].load()()
    except Exception as error:  # Somebody else's module may raise anything while it is imported.
        reason = f"{type(error).__name__}: {error}".rstrip(".")
        raise BadInputError(f"The tool {name!r} cannot be loaded from {points[0].value}: {reason}.") from error
    if not isinstance(tool, Tool):
        raise BadInputError(f"{points[0].value} is not a tool: it must be a class that extends core.tools.Tool.")
    return tool
