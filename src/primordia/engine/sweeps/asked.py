"""What a person asks of a sweep, on the command line or in a TOML file, and the plan that it makes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, final

from primordia.core import config as configs
from primordia.core.config import Field, Spec
from primordia.core.errors import ConfigError, UnknownNameError
from primordia.core.experiment import Experiment
from primordia.engine import launch
from primordia.engine.sweeps import axes as axis_of
from primordia.engine.sweeps import plan as plans
from primordia.engine.sweeps.axes import Axis
from primordia.engine.sweeps.cells import Budget
from primordia.engine.sweeps.designs import KINDS, MOST_CELLS, Design, Kind, read_seeds
from primordia.engine.sweeps.plan import SEED, Plan

LARGEST_SEED = 2**63 - 1
NUMBERS = {
    "repeats": (int, Spec("seeds from 0 on", ge=1, le=MOST_CELLS)),
    "samples": (int, Spec("points to draw", ge=1, le=MOST_CELLS)),
    "design-seed": (int, Spec("the seed of the draws", ge=0, le=LARGEST_SEED)),
    "cell-seconds": (float, Spec("seconds that a cell may take", unit="seconds", ge=0.001)),
    "cell-memory": (int, Spec("memory that a cell may take", unit="MiB", ge=1)),
    "within": (float, Spec("seconds after which no cell is begun", unit="seconds", ge=0.001)),
    "jobs": (int, Spec("cells at a time", ge=1)),
    "threads": (int, Spec("threads of one cell", ge=1)),
}


@final
@dataclasses.dataclass(frozen=True)
class Asked:
    """A sweep in a person's words; a value may be text as it was typed, or a value of its type.

    Args:
        settings: by key: one value, a list, "A,B,C", "LOW..HIGH" or "log:LOW..HIGH".
        preset: to start from.
        schedule: steps, every, checkpoint_every, keep, views_every, stop: those that were given.
        seeds: "0:64", "0,3,5", a number, or a list of numbers.
        repeats: instead of seeds: so many from 0 on.
        design: grid, random or sobol.
        samples: points of a random or Sobol design.
        design_seed: of its draws.
        cell_seconds: that a cell may take.
        cell_memory: MiB that a cell may take.
    """

    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    preset: str | None = None
    schedule: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    seeds: Any = None
    repeats: Any = None
    design: str | None = None
    samples: Any = None
    design_seed: Any = None
    cell_seconds: Any = None
    cell_memory: Any = None

    @property
    def budget(self) -> Budget:
        """What a cell may take.

        Raises:
            ConfigError: no number, or not above 0.
        """
        return Budget(number("cell-seconds", self.cell_seconds), number("cell-memory", self.cell_memory))


def number(name: str, value: Any) -> Any:
    """The value of a numeric option, checked; None where it was not given.

    Raises:
        ConfigError: it is not a number, or not one that the option takes.
    """
    kind, spec = NUMBERS[name]
    return None if value is None else configs.read(Field(name, kind, False, None, spec), value)


def plan_of(experiment: Experiment[Any, Any], asked: Asked, *, address: str | None = None) -> Plan:
    """The plan that a person asked for; writes nothing.

    Raises:
        ConfigError: a value that is not allowed, or a design that cannot be laid out.
        UnknownNameError: a preset, setting, design or transition that there is not.
    """
    axes = _axes(experiment, asked.settings)
    seeds = _seeds(asked, axes.pop(SEED, None))
    shared = {key: axis.values[0] for key, axis in axes.items() if len(axis.values) == 1}
    if seeds is None:
        config, _ = launch.resolve(experiment, asked.preset, shared, asked.schedule)
        seeds = (int(config.seed),)
    return plans.make(
        experiment,
        Design(
            axes=tuple(axis for key, axis in axes.items() if key not in shared),
            seeds=seeds,
            kind=_kind(asked.design),
            samples=number("samples", asked.samples),
            seed=number("design-seed", asked.design_seed) or 0,
        ),
        address=address,
        preset=asked.preset,
        settings=shared,
        schedule=asked.schedule,
        budget=asked.budget,
    )


def further(experiment: Experiment[Any, Any], plan: Plan, asked: Asked) -> tuple[Design, ...]:
    """The designs that `add` means; cells of theirs that the plan has already are not meant to be doubled.

    Seeds alone: every point so far with those seeds. A value, an axis or more samples: the first design with these in
    place of its own, the other axes of a grid with all values that they have by now, and all seeds so far.

    Raises:
        ConfigError: nothing else is asked for, or something that cannot be.
        UnknownNameError: a setting that there is not.
    """
    axes = _axes(experiment, asked.settings)
    seeds = _seeds(asked, axes.pop(SEED, None))
    samples = number("samples", asked.samples)
    if axes or samples is not None:
        whole = _whole(plan)
        known = {axis.key for axis in whole.axes}
        changed = [axes.get(axis.key, axis) for axis in whole.axes]
        return (
            dataclasses.replace(
                whole,
                axes=(*changed, *(axis for key, axis in axes.items() if key not in known)),
                seeds=whole.seeds if seeds is None else seeds,
                samples=whole.samples if samples is None else samples,
            ),
        )
    if seeds is None:
        raise ConfigError("Nothing is asked to be added; give --seeds 64:128, --set KEY=VALUE or --samples N.")
    return tuple(dict.fromkeys(dataclasses.replace(design, seeds=seeds) for design in (plan.design, *plan.added)))


def _whole(plan: Plan) -> Design:
    """The first design with the seeds, samples and, in a grid, the values that were added to it."""
    designs = (plan.design, *plan.added)
    axes = plan.design.axes
    if plan.design.kind == "grid":
        listed: dict[str, dict[Any, None]] = {axis.key: {} for axis in axes}
        for axis in (axis for design in designs for axis in design.axes if axis.key in listed):
            listed[axis.key].update(dict.fromkeys(axis.values))
        axes = tuple(Axis(key, tuple(values)) for key, values in listed.items())
    return dataclasses.replace(
        plan.design,
        axes=axes,
        seeds=tuple(dict.fromkeys(seed for design in designs for seed in design.seeds)),
        samples=max((design.samples for design in designs if design.samples is not None), default=None),
    )


def _axes(experiment: Experiment[Any, Any], settings: Mapping[str, Any]) -> dict[str, Axis]:
    launch.check_keys(experiment, settings)
    fields = configs.fields(experiment.Config)
    return {key: axis_of.read(fields[key], value) for key, value in settings.items()}


def _seeds(asked: Asked, axis: Axis | None) -> tuple[int, ...] | None:
    given = {"--seeds": asked.seeds, "--repeats": asked.repeats, "--set seed": axis and axis.said()}
    named = [f"{option} {value}" for option, value in given.items() if value is not None]
    if len(named) > 1:
        raise ConfigError(f"Seeds are given twice: {' and '.join(named)}; leave one out.")
    if asked.seeds is not None:
        return read_seeds(asked.seeds)
    if asked.repeats is not None:
        return tuple(range(number("repeats", asked.repeats)))
    if axis is not None and axis.is_range:
        raise ConfigError(f"{axis.said()} would draw seeds; give --seeds FROM:TO, which runs each of them.")
    return axis.values if axis else None


def _kind(name: str | None) -> Kind:
    found: dict[str, Kind] = {"grid": "grid", "random": "random", "sobol": "sobol"}
    if (name or "grid") not in found:
        raise UnknownNameError("design", str(name), KINDS)
    return found[name or "grid"]
