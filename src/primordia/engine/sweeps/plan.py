"""The plan of a sweep: what was asked for, and every cell by its number."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Iterable, Mapping
from typing import Any, final

from primordia.core import config as configs
from primordia.core.errors import ConfigError, PrimordiaError, RunFolderError
from primordia.core.experiment import Experiment
from primordia.engine import launch
from primordia.engine.sweeps.cells import Budget, Cell
from primordia.engine.sweeps.designs import MOST_CELLS, Design

FORMAT = 1
SEED = "seed"


@final
@dataclasses.dataclass(frozen=True)
class Plan:
    """What a sweep computes. The state of its cells is in their run folders, never here.

    Args:
        experiment: its name, wing/experiment.
        address: how it is loaded: its name, or "module:Class".
        version: of the experiment.
        preset: that the settings start from, or None.
        config: the whole config that all cells share, before their own settings.
        schedule: the whole schedule, the same for every cell.
        design: as first asked.
        budget: of each cell; not part of what is computed, so it may change.
        cells: all of them, by index.
        added: the designs that `add` brought later, in order.
    """

    experiment: str
    address: str
    version: int
    preset: str | None
    config: Mapping[str, Any]
    schedule: Mapping[str, Any]
    design: Design
    budget: Budget
    cells: tuple[Cell, ...]
    added: tuple[Design, ...] = ()

    @functools.cached_property
    def digest(self) -> str:
        """Eight hexadecimal digits of what was first asked; neither the budget nor what was added changes it."""
        return configs.digest(self._asked())

    @property
    def slug(self) -> str:
        """What the records of its runs call the preset."""
        return self.preset or "custom"

    @functools.cached_property
    def axes(self) -> tuple[str, ...]:
        """The settings in which cells differ, apart from the seed, in the order in which they were asked for."""
        keys = dict.fromkeys(key for cell in self.cells for key in cell.settings if key != SEED)
        return tuple(key for key in keys if len({repr(config_of(self, cell)[key]) for cell in self.cells}) > 1)

    def default_name(self) -> str:
        """The folder's name where nobody gave one."""
        return f"{self.experiment.replace('/', '-')}-{self.digest}"

    def as_json(self) -> dict[str, Any]:
        """The plan as JSON-able values; `from_json` reads it."""
        return {
            "format": FORMAT,
            "digest": self.digest,
            **self._asked(),
            "budget": dataclasses.asdict(self.budget),
            "added": [design.as_json() for design in self.added],
            "cells": [{**dataclasses.asdict(cell), "hash": hash_of(self, cell)} for cell in self.cells],
        }

    def _asked(self) -> dict[str, Any]:
        return {
            "experiment": self.experiment,
            "address": self.address,
            "version": self.version,
            "preset": self.preset,
            "config": dict(self.config),
            "schedule": dict(self.schedule),
            "design": self.design.as_json(),
        }


def make(
    experiment: Experiment[Any, Any],
    design: Design,
    *,
    address: str | None = None,
    preset: str | None = None,
    settings: Mapping[str, Any] | None = None,
    schedule: Mapping[str, Any] | None = None,
    budget: Budget | None = None,
) -> Plan:
    """A plan whose every config and schedule is checked; writes nothing.

    Args:
        experiment: what every cell runs.
        design: the points and the seeds.
        address: how the experiment is loaded again; None: by its name.
        preset: to start from.
        settings: that all cells share, over the preset's; text is read as the field's type.
        schedule: likewise; the same for every cell.
        budget: of each cell; None: no limit.

    Raises:
        ConfigError: a value that is not allowed, a design that cannot be laid out, more than 100,000 cells.
        UnknownNameError: a preset, setting or transition that the experiment does not have.
    """
    launch.check_keys(experiment, {axis.key: axis.said().partition("=")[2] for axis in design.axes})
    config, checked = launch.resolve(experiment, preset, settings or {}, schedule or {})
    plan = Plan(
        experiment=experiment.name,
        address=address or experiment.name,
        version=experiment.version,
        preset=preset,
        config=configs.to_dict(config),
        schedule=configs.to_dict(checked),
        design=design,
        budget=_checked(budget or Budget()),
        cells=(),
    )
    return dataclasses.replace(plan, cells=_cells(experiment, plan, design))


def extended(plan: Plan, experiment: Experiment[Any, Any], designs: Iterable[Design]) -> Plan:
    """The plan with the cells of further designs behind its own; cells that it has already are not doubled.

    Raises:
        ConfigError: as `make` does.
    """
    for design in designs:
        launch.check_keys(experiment, {axis.key: axis.said().partition("=")[2] for axis in design.axes})
        if cells := _cells(experiment, plan, design):
            plan = dataclasses.replace(plan, cells=(*plan.cells, *cells), added=(*plan.added, design))
    return plan


def config_of(plan: Plan, cell: Cell) -> dict[str, Any]:
    """The whole config of a cell, as JSON-able values."""
    return {**plan.config, **cell.settings}


def hash_of(plan: Plan, cell: Cell) -> str:
    """The hash of a cell's config, as its run's record has it."""
    return configs.digest(plan.experiment, plan.version, config_of(plan, cell))


def name_of(plan: Plan, cell: Cell) -> str:
    """The name of a cell's run folder: its index in five digits, and the hash of its config."""
    return f"{cell.index:05d}-{hash_of(plan, cell)}"


def from_json(told: Any, source: str) -> Plan:
    """A plan from its JSON; `source` names the file in errors.

    Raises:
        RunFolderError: it is from a newer primordia, lacks something, or was altered.
    """
    if not isinstance(told, dict) or type(told.get("format")) is not int:
        raise RunFolderError(f"{source} does not state its format; it is not the plan of a sweep.")
    if told["format"] > FORMAT:
        raise RunFolderError(f"{source} has format {told['format']}, from a newer primordia; this one reads up to "
                             f"format {FORMAT}. Update primordia to open it.")  # fmt: skip
    try:
        plan = _plan(told)
        sound = plan.digest == told["digest"] and all(
            cell.index == index and hash_of(plan, cell) == stored["hash"]
            for index, (cell, stored) in enumerate(zip(plan.cells, told["cells"], strict=True))
        )
    except (KeyError, TypeError, ValueError, AttributeError, PrimordiaError) as error:
        raise RunFolderError(f"{source} lacks or garbles something ({error}); it was altered.") from error
    if not sound:
        raise RunFolderError(f"{source} was altered: its settings and its hashes do not belong together. "
                             "Restore it, or begin the sweep anew under another --name.")  # fmt: skip
    return plan


def text(plan: Plan) -> str:
    """The plan as the text of plan.json: one line a cell."""
    told = plan.as_json()
    cells = ",\n".join("    " + json.dumps(cell, ensure_ascii=False, allow_nan=False) for cell in told.pop("cells"))
    head = json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False).removesuffix("\n}")
    return f'{head},\n  "cells": [\n{cells}\n  ]\n}}\n'


def difference(there: Plan, asked: Plan) -> str:
    """The first thing that two plans were asked differently, as it reads in a sentence; empty where nothing is."""
    for one, other in ((there.config, asked.config), (there.schedule, asked.schedule)):
        for key in {**one, **other}:
            if one.get(key) != other.get(key):
                return f"its {key} is {one.get(key)}, asked for is {other.get(key)}"
    told, wanted = there._asked(), asked._asked()
    for key in ("experiment", "version", "preset"):
        if told[key] != wanted[key]:
            return f"its {key} is {told[key]}, asked for is {wanted[key]}"
    for key in ("kind", "samples", "seed", "seeds"):
        if told["design"][key] != wanted["design"][key]:
            word = {"kind": "design", "seed": "design-seed"}.get(key, key)
            return f"its {word} is {told['design'][key]}, asked for is {wanted['design'][key]}"
    said = [" ".join(axis.said() for axis in plan.design.axes) or "nothing" for plan in (there, asked)]
    return "" if told == wanted else f"it varies {said[0]}, asked for is {said[1]}"


def _plan(told: Mapping[str, Any]) -> Plan:
    cells = tuple(Cell(int(one["index"]), dict(one["settings"]), int(one["point"])) for one in told["cells"])
    return Plan(
        experiment=str(told["experiment"]),
        address=str(told["address"]),
        version=int(told["version"]),
        preset=told["preset"],
        config=dict(told["config"]),
        schedule=dict(told["schedule"]),
        design=Design.from_json(told["design"]),
        budget=Budget(**told["budget"]),
        cells=cells,
        added=tuple(Design.from_json(one) for one in told["added"]),
    )


def _checked(budget: Budget) -> Budget:
    for name, value in (("cell-seconds", budget.seconds), ("cell-memory", budget.mebibytes)):
        if value is not None and not value > 0:
            raise ConfigError(f"{name}={value} is out of range: it must be above 0; leave it out for no limit.")
    return budget


def _cells(experiment: Experiment[Any, Any], plan: Plan, design: Design) -> tuple[Cell, ...]:
    """The cells of a design that a plan does not have yet, with the indexes and points that follow its own."""
    fields = configs.fields(experiment.Config)
    points = {_key(plan, {**cell.settings, SEED: None}): cell.point for cell in plan.cells}
    known = {_key(plan, cell.settings) for cell in plan.cells}
    seeds = [configs.read(fields[SEED], seed) for seed in design.seeds]
    found: list[Cell] = []
    for settings in design.points(fields):
        configs.from_dict(experiment.Config, {**plan.config, **settings})
        point = points.setdefault(_key(plan, {**settings, SEED: None}), len(points))
        for seed in seeds:
            whole = {**settings, SEED: seed}
            key = _key(plan, whole)
            if key not in known:
                known.add(key)
                found.append(Cell(len(plan.cells) + len(found), whole, point))
    if len(plan.cells) + len(found) > MOST_CELLS:
        raise ConfigError(f"This makes {len(plan.cells) + len(found):,} cells; a sweep has at most {MOST_CELLS:,}.")
    return tuple(found)


def _key(plan: Plan, settings: Mapping[str, Any]) -> str:
    return json.dumps({**plan.config, **settings}, sort_keys=True)
