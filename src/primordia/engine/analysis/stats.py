"""What a sweep says in numbers: each point with its intervals, and tests between points with their effect sizes."""

from __future__ import annotations

import dataclasses
import itertools
import math
import warnings
from collections.abc import Sequence
from typing import Any, final

from primordia.core.errors import BadInputError
from primordia.engine.analysis import intervals, points
from primordia.engine.analysis.intervals import Estimate, Survival
from primordia.engine.analysis.points import Point
from primordia.engine.analysis.table import CellTable

MOST_PAIRS = 1_000
FEWEST = 2
"""Finished cells that a point must have to be compared with another."""


@final
@dataclasses.dataclass(frozen=True)
class Summary:
    """One point of a sweep.

    Args:
        point: its cells.
        median: of the metric over its finished cells at their last rows, with a bootstrap interval.
        crossed: the share of its finished cells that crossed the transition, with an exact binomial interval.
        survival: of the transition, over all cells that have a row; None without a transition.
    """

    point: Point
    median: Estimate
    crossed: Estimate
    survival: Survival | None


@final
@dataclasses.dataclass(frozen=True)
class Comparison:
    """Two points held against each other; p-values are two-sided and, with Holm's step-down, of all pairs together.

    Args:
        one: the first point.
        other: the second.
        n_one: finished cells of the first with the metric.
        n_other: of the second.
        superiority: the probability that the metric of a cell of the second is greater than that of one of the first,
            ties counted half; 0.5 is no difference.
        delta: Cliff's delta, 2 superiority - 1, from -1 to 1.
        p: of the Mann-Whitney test; None where there is nothing to test.
        p_holm: the same, corrected.
        logrank: statistic of the log-rank test of the crossing times, positive where the second crosses later than
            expected; None where nobody crossed, or without a transition.
        p_logrank: its p-value.
        p_logrank_holm: the same, corrected.
    """

    one: Point
    other: Point
    n_one: int
    n_other: int
    superiority: float | None
    delta: float | None
    p: float | None
    p_holm: float | None
    logrank: float | None
    p_logrank: float | None
    p_logrank_holm: float | None


def summaries(
    table: CellTable, metric: str | None, transition: str | None, axes: Sequence[str] | None = None
) -> list[Summary]:
    """Every point with its intervals.

    Args:
        table: the sweep.
        metric: whose median; None: none.
        transition: whose share and survival; None: none.
        axes: that make the points, others are pooled over; None: all.
    """
    return [_summary(point, metric, transition) for point in points.points(table, axes)]


def comparisons(
    table: CellTable, metric: str | None, transition: str | None, axes: Sequence[str] | None = None
) -> list[Comparison]:
    """Every pair of points that have two finished cells each, in the order of the points.

    Args: as of `summaries`.

    Raises:
        BadInputError: more than 1,000 pairs, among which no correction leaves anything; name fewer axes.
    """
    chosen = [point for point in points.points(table, axes) if len(point.done) >= FEWEST]
    n_pairs = math.comb(len(chosen), 2)
    if n_pairs > MOST_PAIRS:
        raise BadInputError(
            f"{len(chosen)} points make {n_pairs:,} pairs to compare; allowed are {MOST_PAIRS:,}. Name one axis, and "
            "the others are pooled over."
        )
    found = [_compared(one, other, metric, transition) for one, other in itertools.combinations(chosen, 2)]
    p_holm, p_logrank_holm = holm([each.p for each in found]), holm([each.p_logrank for each in found])
    return [
        dataclasses.replace(each, p_holm=first, p_logrank_holm=second)
        for each, first, second in zip(found, p_holm, p_logrank_holm, strict=True)
    ]


def by_strength(compared: Sequence[Comparison]) -> list[Comparison]:
    """Those with the smallest p first, of whichever of the two tests."""
    return sorted(compared, key=lambda each: min((p for p in (each.p, each.p_logrank) if p is not None), default=2.0))


def as_json(
    table: CellTable,
    metric: str | None,
    transition: str | None,
    summaries: Sequence[Summary],
    compared: Sequence[Comparison],
) -> dict[str, Any]:
    """Both tables as one JSON-able value; points are given by their values on the axes."""
    return {
        "sweep": table.sweep.name,
        "experiment": table.experiment.name,
        "metric": metric,
        "transition": transition,
        "confidence": intervals.CONFIDENCE,
        "points": [
            {
                "at": dict(one.point.at),
                "cells": len(one.point.rows),
                "finished": len(one.point.done),
                "median": dataclasses.asdict(one.median),
                "crossed": dataclasses.asdict(one.crossed),
                "survival": dataclasses.asdict(one.survival) | {"median": one.survival.median}
                if one.survival
                else None,
            }
            for one in summaries
        ],
        "comparisons": [
            {
                **{name: value for name, value in vars(each).items() if name not in ("one", "other")},
                "one": dict(each.one.at),
                "other": dict(each.other.at),
            }
            for each in compared
        ],
    }


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """p-values corrected for their number by Holm's step-down procedure (1979); None stays and is not counted."""
    order = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, place) in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p))
        corrected[place] = largest
    return corrected


def mann_whitney(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """Probability of superiority of `other`, ties counted half, and the two-sided p of the Mann-Whitney U test.

    Exact where there are no ties and one of the two has at most eight values, else by the normal approximation with
    the correction for ties. Where all values are equal p is 1.
    """
    if min(*one, *other) == max(*one, *other):
        return 0.5, 1.0
    from scipy import stats

    found = stats.mannwhitneyu(other, one, alternative="two-sided", method="auto")
    return float(found.statistic) / (len(one) * len(other)), float(found.pvalue)


def log_rank(
    one: tuple[Sequence[int], Sequence[bool]], other: tuple[Sequence[int], Sequence[bool]]
) -> tuple[float | None, float | None]:
    """The log-rank statistic, positive where `other` crosses later, and its two-sided p.

    Both are None where nothing can be told: nobody crossed, or all that were still observed crossed at once.

    Args:
        one: steps and which of them are censored.
        other: likewise.
    """
    if all(one[1]) and all(other[1]):
        return None, None
    from scipy import stats

    with warnings.catch_warnings():
        # Where all that are left cross at once there is no variance, and no test.
        warnings.simplefilter("ignore", RuntimeWarning)
        found = stats.logrank(intervals.samples(*other), intervals.samples(*one))
    return (-float(found.statistic), float(found.pvalue)) if math.isfinite(found.statistic) else (None, None)


def _summary(point: Point, metric: str | None, transition: str | None) -> Summary:
    return Summary(
        point,
        intervals.median(point.values(metric) if metric else []),
        intervals.share(point.n_crossed(transition), len(point.done)) if transition else Estimate(None, None, None, 0),
        intervals.survival(*point.times(transition)) if transition else None,
    )


def _compared(one: Point, other: Point, metric: str | None, transition: str | None) -> Comparison:
    first, second = (point.values(metric) if metric else [] for point in (one, other))
    superiority, p = mann_whitney(first, second) if first and second else (None, None)
    statistic, p_logrank = (
        log_rank(one.times(transition), other.times(transition)) if transition is not None else (None, None)
    )
    return Comparison(
        one=one, other=other, n_one=len(first), n_other=len(second), superiority=superiority,
        delta=None if superiority is None else 2 * superiority - 1, p=p, p_holm=None,
        logrank=statistic, p_logrank=p_logrank, p_logrank_holm=None,
    )  # fmt: skip
