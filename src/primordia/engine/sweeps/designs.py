"""Designs of a sweep: which points of its axes are run, and with which seeds."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, final, get_args

from primordia.core.config import Field
from primordia.core.errors import ConfigError, UnknownNameError
from primordia.core.streams import Streams
from primordia.engine.sweeps.axes import Axis

Kind = Literal["grid", "random", "sobol"]
KINDS: tuple[str, ...] = get_args(Kind)
MOST_CELLS = 100_000
"""Cells have five digits."""
SEEDS = re.compile(r"(\d+)(?::(\d+))?")


@final
@dataclasses.dataclass(frozen=True)
class Design:
    """Points of a sweep and the seeds of each.

    Args:
        axes: the settings that vary, apart from the seed.
        seeds: every point is run once with each.
        kind: grid: every combination of the listed values, the last axis fastest; random: independent draws; sobol:
            scrambled Sobol points, which fill the box evenly (needs the extra `analysis`).
        samples: how many points a random or Sobol design has; None for a grid. More samples keep the first ones.
        seed: of the draws.
    """

    axes: tuple[Axis, ...] = ()
    seeds: tuple[int, ...] = (0,)
    kind: Kind = "grid"
    samples: int | None = None
    seed: int = 0

    def n_points(self) -> int:
        """How many points there are, drawn points that fall together counted each."""
        return math.prod(len(axis.values) for axis in self.axes) if self.kind == "grid" else int(self.samples or 0)

    def points(self, fields: Mapping[str, Field]) -> list[dict[str, Any]]:
        """The settings of every point, without the seed.

        Raises:
            ConfigError: a grid over a range, no samples, or more cells than a sweep may have.
            ModuleNotFoundError: a Sobol design without scipy.
        """
        self.check()
        if self.kind == "grid":
            combined = itertools.product(*(axis.values for axis in self.axes))
            return [dict(zip((axis.key for axis in self.axes), values, strict=True)) for values in combined]
        columns = _sobol(self) if self.kind == "sobol" else _random(self)
        drawn = [
            [axis.at(fields[axis.key], u) for u in column] for axis, column in zip(self.axes, columns, strict=True)
        ]
        return [dict(zip((axis.key for axis in self.axes), values, strict=True)) for values in zip(*drawn, strict=True)]

    def check(self) -> None:
        """Refuse a design that cannot be laid out; raises like `points`."""
        if self.kind not in KINDS:
            raise UnknownNameError("design", self.kind, KINDS)
        ranges = [axis for axis in self.axes if axis.is_range]
        if self.kind == "grid":
            if ranges:
                raise ConfigError(f"{ranges[0].said()} is a range, and a grid needs listed values; list them, or give "
                                  "--design random or sobol with --samples N.")  # fmt: skip
            if self.samples is not None:
                raise ConfigError(f"samples={self.samples} is for --design random and sobol; a grid has the points "
                                  "that its lists make.")  # fmt: skip
        elif not self.samples or self.samples < 1:
            raise ConfigError(f"A {self.kind} design needs to know how many points to draw; give --samples N.")
        elif not self.axes:
            raise ConfigError(f"A {self.kind} design has nothing to draw; give --set KEY=LOW..HIGH, or leave it out.")
        if not self.seeds:
            raise ConfigError("A sweep needs at least one seed; give --seeds 0:16.")
        if (n := self.n_points() * len(self.seeds)) > MOST_CELLS:
            raise ConfigError(f"This design has {n:,} cells; a sweep has at most {MOST_CELLS:,}. Give fewer values.")

    def as_json(self) -> dict[str, Any]:
        """As `from_json` reads it."""
        axes = [axis.as_json() for axis in self.axes]
        return {"kind": self.kind, "axes": axes, "samples": self.samples, "seed": self.seed, "seeds": said(self.seeds)}

    @staticmethod
    def from_json(told: Mapping[str, Any]) -> Design:
        """From JSON; raises KeyError, TypeError or ConfigError where that lacks or garbles something."""
        axes = tuple(Axis.from_json(axis) for axis in told["axes"])
        return Design(axes, read_seeds(told["seeds"]), told["kind"], told["samples"], int(told["seed"]))


def read_seeds(given: object) -> tuple[int, ...]:
    """Seeds as a person gives them: "0:64" is 0 to 63; "0,3,5"; "7"; a number, or a list of numbers.

    Raises:
        ConfigError: it cannot be read, a seed stands twice, or there are more than a sweep may have cells.
    """
    parts = given.split(",") if isinstance(given, str) else given if isinstance(given, list | tuple) else [given]
    ranges = [_seeds(part, given) for part in parts]
    if sum(map(len, ranges)) > MOST_CELLS:
        raise ConfigError(f"seeds={given} are more than {MOST_CELLS:,} seeds; a sweep has at most so many cells.")
    seeds = tuple(itertools.chain.from_iterable(ranges))
    if len(set(seeds)) < len(seeds):
        twice = next(seed for place, seed in enumerate(seeds) if seed in seeds[:place])
        raise ConfigError(f"seeds={given} names {twice} twice; leave one out.")
    return seeds


def said(seeds: Iterable[int]) -> str:
    """Seeds as one would type them: "0:64", "0,3,5"."""
    return ",".join(f"{low}:{high + 1}" if high > low else str(low) for low, high in _stretches(seeds))


def _seeds(part: object, given: object) -> range:
    found = None if isinstance(part, bool) else SEEDS.fullmatch(str(part).strip())
    if found is None:
        raise ConfigError(f"seeds={given} cannot be read; write FROM:TO as in 0:64 (64 is not among them), or 0,3,5.")
    low = int(found[1])
    high = int(found[2]) if found[2] else low + 1
    if high <= low:
        raise ConfigError(f"seeds={given} holds no seed: {high} is not above {low}; write FROM:TO as in 0:64.")
    return range(low, high)


def _stretches(seeds: Iterable[int]) -> Iterator[tuple[int, int]]:
    low = high = None
    for seed in seeds:
        if low is None or high is None:
            low = high = seed
        elif seed == high + 1:
            high = seed
        else:
            yield low, high
            low = high = seed
    if low is not None and high is not None:
        yield low, high


def _random(design: Design) -> list[list[float]]:
    """Uniform numbers, [axis][sample]; those of an axis depend on its name and the design's seed alone."""
    streams, n = Streams(design.seed), design.samples or 0
    return [[word / 2**53 for word in streams.integers(axis.key, 0, n, 2**53).tolist()] for axis in design.axes]


def _sobol(design: Design) -> list[list[float]]:
    """Scrambled Sobol points, [axis][sample]."""
    from scipy.stats import qmc

    n = design.samples or 0
    engine = qmc.Sobol(len(design.axes), scramble=True, rng=design.seed)
    # A whole power of two, of which the first are taken: the sequence is the same, and only so is it balanced.
    points = engine.random_base2((n - 1).bit_length())[:n]
    return [column.tolist() for column in points.T]
