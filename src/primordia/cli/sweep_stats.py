"""`primordia sweep stats`: each point with its intervals, and tests between points with their effect sizes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from primordia.cli import arguments, printing
from primordia.cli.sweep_plot import X, Y
from primordia.cli.sweep_status import SweepName
from primordia.cli.sweep_table import Metric, Transition
from primordia.core.errors import BadInputError

if TYPE_CHECKING:
    from primordia.engine.analysis.intervals import Estimate
    from primordia.engine.analysis.stats import Comparison, Summary
    from primordia.engine.analysis.table import CellTable

MOST_COMPARISONS = 30
"""Comparisons that are printed, those with the smallest p first; --json has all."""


@dataclasses.dataclass(frozen=True)
class Stats:
    """What a sweep says in numbers, over its finished cells.

    For each point: the median of the metric with a bootstrap interval, the share of cells that crossed the transition
    with an exact binomial interval, and when half of them had (Kaplan-Meier). Between points: the probability that a
    cell of the second has more of the metric, Cliff's delta, the Mann-Whitney test of the metric and the log-rank test
    of the transition, both corrected for their number (Holm). Intervals are of 95 % confidence.
    """

    sweep: SweepName
    metric: Metric = None
    transition: Transition = None
    x: X = None
    y: Y = None
    root: arguments.Root = Path("runs")
    json: arguments.Json = False


def main(argv: list[str]) -> int:
    """Print both tables."""
    wanted = arguments.parse(Stats, argv, "sweep stats")
    from primordia.engine.analysis import stats, table
    from primordia.engine.sweeps import sweepfolder

    found = table.read(sweepfolder.find(wanted.root, wanted.sweep))
    metric, transition = found.metric(wanted.metric), found.transition(wanted.transition)
    axes = [found.axis(axis) for axis in (wanted.x, wanted.y) if axis is not None] or None
    if metric is None:
        raise BadInputError(f"No cell of {found.sweep.path} has a row of metrics yet, so there is nothing to say.")
    summaries = stats.summaries(found, metric, transition, axes)
    if wanted.json:
        compared = stats.comparisons(found, metric, transition, axes)
        printing.show_json(stats.as_json(found, metric, transition, summaries, compared))
        return 0
    printing.show(_points(found, summaries, metric, transition))
    compared = stats.comparisons(found, metric, transition, axes)
    if compared:
        printing.show(printing.heading("between points"), _pairs(compared, metric, transition))
        if len(compared) > MOST_COMPARISONS:
            print(f"and {len(compared) - MOST_COMPARISONS:,} more pairs; --json has every one")
    return 0


def _points(found: CellTable, summaries: list[Summary], metric: str, transition: str | None) -> Any:
    unit = found.experiment.metrics[metric].unit
    names = ["point", "finished", f"median {metric}", "95 % interval"]
    names += (
        [f"with {transition}", "of them", "exact interval", f"half by {found.experiment.step_word}"]
        if transition
        else []
    )
    rows = []
    for one in summaries:
        row = [one.point.label, f"{len(one.point.done):,} of {len(one.point.rows):,}"]
        row += [printing.number(one.median.value, unit), _interval(one.median, unit)]
        if transition and one.survival:
            n_crossed = one.point.n_crossed(transition)
            row += [n_crossed, printing.number(one.crossed.value, "share"), _interval(one.crossed, "share")]
            row.append(printing.number(one.survival.median))
        rows.append(row)
    return printing.table(names, rows, right=names[1:])


def _pairs(compared: list[Comparison], metric: str, transition: str | None) -> Any:
    from primordia.engine.analysis import stats

    names = ["first", "second", f"second has more {metric}", "Cliff's delta", "p (Holm)"]
    names += [f"log-rank {transition}", "p (Holm) "] if transition else []
    rows = []
    for each in stats.by_strength(compared)[:MOST_COMPARISONS]:
        row = [each.one.label, each.other.label, printing.number(each.superiority, "share"), _signed(each.delta)]
        row.append(_p(each.p_holm))
        row += [_signed(each.logrank), _p(each.p_logrank_holm)] if transition else []
        rows.append(row)
    return printing.table(names, rows, right=names[2:])


def _interval(estimate: Estimate, unit: str) -> str:
    if estimate.low is None or estimate.high is None:
        return "–"
    return f"{printing.number(estimate.low, unit)} to {printing.number(estimate.high, unit)}"


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"


def _p(value: float | None) -> str:
    return "–" if value is None else "1" if value == 1 else f"{value:.2g}"
