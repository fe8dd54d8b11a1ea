"""A cell: one run of a sweep, as settings, and what became of it, as its folder tells."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

CellStatus = Literal["waiting", "running", "stopped", "finished", "failed"]
"""waiting: no run folder yet; running: some process runs it now; stopped: interrupted or its process died, another call
goes on with it; finished; failed: it raised or went over its budget, and only `sweep retry` runs it again; or its
folder cannot be trusted, and nothing does."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """One run of a sweep.

    Args:
        index: its place in the plan; a cell keeps it for ever, `add` appends.
        settings: the config settings that this cell has besides the plan's, the seed among them.
        point: which point of the design it belongs to; its repeats differ in the seed only.
    """

    index: int
    settings: Mapping[str, Any]
    point: int

    @property
    def seed(self) -> int:
        """The seed of its run."""
        return int(self.settings["seed"])


@dataclasses.dataclass(frozen=True)
class Budget:
    """What one cell may take. A cell that takes more is stopped and counts as failed.

    Args:
        seconds: of wall-clock time in one attempt; None: no limit.
        mebibytes: resident memory of the process that runs it; None: no limit.
    """

    seconds: float | None = None
    mebibytes: int | None = None


@dataclasses.dataclass(frozen=True)
class Work:
    """A cell as an executor is given it: everything that a process on another machine needs, as JSON-able values.

    Args:
        index: of the cell.
        root: the sweep's folder, which is the root of its runs; a path, or an fsspec URL such as s3://bucket/sweep.
        name: the folder of its run under <root>/<wing>/<experiment>/.
        address: how the experiment is loaded: its name, or "module:Class".
        config: the whole config.
        schedule: the whole schedule.
        slug: what the run's record calls its preset.
        n_threads: that its kernels may use.
        budget: what it may take.
        command: how the sweep was started, for the record.
        looks: whether views and findings are kept at its start, at transitions and at its end.
    """

    index: int
    root: str
    name: str
    address: str
    config: Mapping[str, Any]
    schedule: Mapping[str, Any]
    slug: str
    n_threads: int
    budget: Budget = Budget()
    command: str = ""
    looks: bool = True

    def as_json(self) -> dict[str, Any]:
        """As a message to another process."""
        return dataclasses.asdict(self)

    @staticmethod
    def from_json(told: Mapping[str, Any]) -> Work:
        """From such a message."""
        return Work(**{**told, "budget": Budget(**told["budget"])})


@dataclasses.dataclass(frozen=True)
class Ended:
    """How one attempt at a cell ended.

    Args:
        index: of the cell.
        status: "finished"; "failed" (it raised, or was over budget); "interrupted" (asked to stop, resumable); "died"
            (its process or machine is gone; resumable from its last checkpoint).
        reason: in a sentence.
        step: completed steps, -1 where that is not known.
        seconds: of wall-clock time that the attempt took.
        overhead: of those, the seconds that went neither into the run's loop nor into its wrapping up.
    """

    index: int
    status: Literal["finished", "failed", "interrupted", "died"]
    reason: str
    step: int
    seconds: float
    overhead: float = 0.0


@dataclasses.dataclass(frozen=True)
class Found:
    """What the folder of a cell says.

    Args:
        cell: the cell.
        folder: its run folder, whether it exists or not.
        status: see `CellStatus`.
        step: completed steps as last recorded.
        reason: why it ended, or None.
        attempts: how often it was started or resumed.
    """

    cell: Cell
    folder: Path
    status: CellStatus
    step: int
    reason: str | None
    attempts: int
