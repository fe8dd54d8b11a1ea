"""Claims of a paper as data: what was said, how to measure it here, and what counts as holding."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Literal


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What was measured.

    Args:
        value: the number that is held against the claim's acceptance region.
        note: what else a reader should know, in one sentence.
        evidence: further JSON-able values (counts, per-seed results, intervals).
    """

    value: float
    note: str = ""
    evidence: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Expected:
    """An acceptance region, fixed before measuring: both ends belong to it.

    Args:
        low: smallest value that agrees with the claim.
        high: largest value that agrees with the claim.
        why: why the region is this wide.
    """

    low: float
    high: float
    why: str

    def holds(self, value: float) -> bool:
        """Whether the measured value lies in the region (NaN never does)."""
        return self.low <= value <= self.high

    def text(self) -> str:
        """The region as people write it."""
        return f"{self.low:g}" if self.low == self.high else f"{self.low:g} to {self.high:g}"


@dataclasses.dataclass(frozen=True)
class Frequency:
    """How often something happens over seeds: runs of one config that differ in the seed, done as a sweep.

    The measured value is the share of the seeds whose run crosses the transition. The runs stop there, so a run costs
    no more than its answer.

    Args:
        transition: of the experiment.
        seeds: one run each, in this order, for at most as long as the verdict is open.
        preset: of the experiment, to start from; None: the plain defaults.
        config: settings that differ from it.
        schedule: schedule settings that differ from it; `steps` is within how many the transition counts.
    """

    transition: str
    seeds: tuple[int, ...]
    preset: str | None = None
    config: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    schedule: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As JSON-able values."""
        return {**dataclasses.asdict(self), "seeds": list(self.seeds)}


@dataclasses.dataclass(frozen=True)
class Claim:
    """One checkable statement.

    Args:
        id: short and stable, such as "V08".
        statement: what the source says, with its number, in one sentence.
        source: where: paper and section, figure or table; or "measured" with by whom.
        setup: JSON-able settings of the measurement (sizes, seeds), recorded with the result; of a frequency what it
            does not say itself.
        measure: setup -> Measurement. Pure: the same setup gives the same value. Or a frequency over seeds.
        expected: the acceptance region.
        tier: "quick" claims take seconds to a minute and run in CI; "full" ones may take hours.
        cost: what it costs on two cores, in words.
    """

    id: str
    statement: str
    source: str
    setup: Mapping[str, Any]
    measure: Callable[[Mapping[str, Any]], Measurement] | Frequency
    expected: Expected
    tier: Literal["quick", "full"]
    cost: str

    @property
    def recorded(self) -> dict[str, Any]:
        """What is kept beside a result: the setup, and what a frequency runs."""
        return {**self.setup, **(self.measure.as_json() if isinstance(self.measure, Frequency) else {})}
