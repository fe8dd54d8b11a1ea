"""The table of a sweep: one row a cell, with its settings and what came of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, final

from primordia.core import registry
from primordia.core.errors import UnknownNameError
from primordia.core.experiment import Experiment
from primordia.engine import catalogue
from primordia.engine.analysis import endings
from primordia.engine.folder import RunFolder
from primordia.engine.sweeps import plan as plans
from primordia.engine.sweeps.plan import Plan
from primordia.engine.sweeps.sweepfolder import Look, SweepFolder

Value: TypeAlias = int | float | str | bool | None


@final
@dataclasses.dataclass(frozen=True)
class CellRow:
    """One cell.

    Args:
        index: its place in the plan.
        point: which point of the design it belongs to; the cells of a point differ in the seed only.
        seed: of its run.
        status: waiting, running, stopped, finished or failed.
        reason: why it ended, or None.
        step: completed steps as its record says.
        attempts: how often it was started or resumed.
        seconds: from the making of its folder to its end, pauses included; None while it has not ended.
        folder: the name of its run folder.
        settings: its whole config.
        last: its last row of metrics, without the step; empty where there is none.
        observed_until: the step of that row; -1 where there is none.
        crossed: the step of the first row that showed a transition, by name; a transition that is not among them was
            not crossed up to `observed_until`: its time is censored there.
    """

    index: int
    point: int
    seed: int
    status: str
    reason: str | None
    step: int
    attempts: int
    seconds: float | None
    folder: str
    settings: Mapping[str, Value]
    last: Mapping[str, float | int]
    observed_until: int
    crossed: Mapping[str, int]


@final
@dataclasses.dataclass(frozen=True)
class CellTable:
    """A sweep as it is at one moment.

    Args:
        sweep: its folder.
        plan: what it computes.
        experiment: that it runs.
        rows: by index, one for every cell of the plan.
    """

    sweep: SweepFolder
    plan: Plan
    experiment: Experiment[Any, Any]
    rows: tuple[CellRow, ...]

    @property
    def axes(self) -> tuple[str, ...]:
        """The settings in which cells differ, apart from the seed."""
        return self.plan.axes

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that some cell has in its last row, those first that the experiment is about."""
        known = catalogue.main_metrics(self.experiment)
        there = dict.fromkeys(name for row in self.rows for name in row.last)
        return (*(name for name in known if name in there), *(name for name in there if name not in known))

    @property
    def transitions(self) -> tuple[str, ...]:
        """The transitions of the experiment, in its order."""
        return tuple(self.experiment.transitions)

    def metric(self, asked: str | None = None) -> str | None:
        """The metric that is meant: `asked`, or what the experiment is about; None where no cell has a row.

        Raises:
            UnknownNameError: no cell has such a metric; says the nearest.
        """
        if asked is not None and asked not in self.metrics:
            raise UnknownNameError("metric of this sweep", asked, self.metrics)
        return asked or next(iter(self.metrics), None)

    def transition(self, asked: str | None = None) -> str | None:
        """The transition that is meant: `asked`, or that of the stop rule, or the experiment's last; None: it has none.

        Raises:
            UnknownNameError: there is no such transition; says the nearest.
        """
        if asked is not None and asked not in self.transitions:
            raise UnknownNameError("transition", asked, self.transitions)
        return asked or self.stopped_at or next(reversed(self.transitions), None)

    @property
    def stopped_at(self) -> str | None:
        """The transition of the stop rule, which ends cells at it or some steps after; None: there is no such rule."""
        return str(self.plan.schedule["stop"]).partition("+")[0] if self.plan.schedule.get("stop") else None

    def axis(self, asked: str) -> str:
        """An axis by its name.

        Raises:
            UnknownNameError: the cells do not differ in it; says the nearest.
        """
        if asked not in self.axes:
            raise UnknownNameError("axis of this sweep", asked, self.axes)
        return asked

    def counts(self) -> dict[str, int]:
        """How many cells have each status that occurs."""
        statuses = [row.status for row in self.rows]
        return {status: statuses.count(status) for status in dict.fromkeys(statuses)}


def read(sweep: SweepFolder) -> CellTable:
    """The table of a sweep from its folders as they are now; of each run only small files and its last row are read.

    Raises:
        RunFolderError: it is no sweep, or its plan was altered.
        UnknownNameError: its experiment is not installed here.
    """
    plan = sweep.plan()
    experiment = registry.load(plan.address)
    rows = tuple(_row(plan, look) for look in sweep.looks(plan))
    return CellTable(sweep, plan, experiment, rows)


def _row(plan: Plan, look: Look) -> CellRow:
    found = look.found
    status, reason, last, crossed = found.status, found.reason, {}, {}
    if found.status != "waiting":
        try:
            last = endings.last_row(found.folder / "metrics.jsonl") or {}
            crossed = endings.crossed(RunFolder(found.folder))
        except (OSError, ValueError, KeyError, TypeError) as error:
            # One damaged cell must not hide the others.
            status, reason, last, crossed = "failed", f"its rows or events cannot be read ({error})", {}, {}
    cell = found.cell
    return CellRow(
        index=cell.index,
        point=cell.point,
        seed=cell.seed,
        status=status,
        reason=reason,
        step=found.step,
        attempts=found.attempts,
        seconds=(look.ended - look.created).total_seconds() if look.ended and look.created else None,
        folder=found.folder.name,
        settings=plans.config_of(plan, cell),
        last={name: value for name, value in last.items() if name != "step"},
        observed_until=int(last.get("step", -1)),
        crossed=crossed,
    )


def columns(table: CellTable) -> dict[str, list[Value]]:
    """The table by column, each with a value per cell, None where it has none.

    What the cells are comes first, then every setting and every metric of the last row by its own name, then the step
    at which each transition showed, as takeover_step. Names that differ in nothing but case, which SQL does not tell
    apart, are kept apart by the kind of thing they are: setting_x, metric_x.
    """
    rows = table.rows
    found: dict[str, list[Value]] = {
        "index": [row.index for row in rows],
        "point": [row.point for row in rows],
        "status": [row.status for row in rows],
        "reason": [row.reason for row in rows],
        "completed_steps": [row.step for row in rows],
        "observed_until": [row.observed_until if row.observed_until >= 0 else None for row in rows],
        "attempts": [row.attempts for row in rows],
        "seconds": [row.seconds for row in rows],
        "folder": [row.folder for row in rows],
    }
    taken = set(found)

    def put(kind: str, name: str, values: Iterable[Value]) -> None:
        called = name if name.lower() not in taken else f"{kind}_{name}"
        taken.add(called.lower())
        found[called] = list(values)

    for name in dict.fromkeys(name for row in rows for name in row.settings):
        put("setting", name, [_plain(row.settings.get(name)) for row in rows])
    for name in table.metrics:
        put("metric", name, [row.last.get(name) for row in rows])
    for name in table.transitions:
        put("transition", f"{name}_step", [row.crossed.get(name) for row in rows])
    return found


def finished(rows: Sequence[CellRow]) -> list[CellRow]:
    """The cells that ended as they should; medians and shares are of these only."""
    return [row for row in rows if row.status == "finished"]


def _plain(value: Any) -> Value:
    return value if isinstance(value, int | float | str | bool) or value is None else str(value)
