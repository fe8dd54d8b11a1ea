"""Medians, shares and survival curves with their intervals. Needs scipy (the extra `analysis`), imported when used."""

from __future__ import annotations

import dataclasses
import math
import statistics
import warnings
from collections.abc import Sequence
from typing import Any, final

import numpy as np

from primordia.core import intervals as exact
from primordia.core.streams import Streams

CONFIDENCE = 0.95
N_RESAMPLES = 9_999
FEWEST = 3
"""Of fewer values a bootstrap says nothing: its interval would be their range, or one point."""


@final
@dataclasses.dataclass(frozen=True)
class Estimate:
    """A number and how well it is known.

    Args:
        value: the estimate; None where there is nothing to estimate from.
        low: lower end of the interval of 95 % confidence, or None where it cannot be told.
        high: upper end.
        n: how many values it stands on.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


@final
@dataclasses.dataclass(frozen=True)
class Survival:
    """A Kaplan-Meier curve: which share has not crossed a line yet.

    Args:
        steps: the distinct steps at which something happened to a cell, a crossing or the end of its observation.
        share: that has not crossed after each of them, in the sense of Kaplan and Meier (1958).
        low: lower ends of pointwise intervals of 95 % confidence (on the log-log scale, with Greenwood's variance).
        high: upper ends. Where the curve is 1 both ends are 1, where it is 0 the ends are 0 and the last one above.
        at_risk: cells that were still observed and had not crossed just before each of those steps.
        n: cells.
        n_crossed: of those, how many crossed.
    """

    steps: tuple[float, ...]
    share: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    at_risk: tuple[int, ...]
    n: int
    n_crossed: int

    @property
    def median(self) -> float | None:
        """The first step after which half or fewer have not crossed; None where it does not get so far."""
        return next((step for step, share in zip(self.steps, self.share, strict=True) if share <= 0.5 + 1e-12), None)

    def n_at_risk(self, step: float) -> int:
        """Cells that are observed and have not crossed just before `step`."""
        return next((n for at, n in zip(self.steps, self.at_risk, strict=True) if at >= step), 0)


def median(values: Sequence[float]) -> Estimate:
    """The median with its bootstrap interval (percentile method, 9,999 resamples; the same numbers each time).

    Of fewer than three values there is no interval. With ten values or fewer it is a rough guide: the coverage of a
    bootstrap of the median is not exact.
    """
    if not values:
        return Estimate(None, None, None, 0)
    middle = statistics.median(values)
    if len(values) < FEWEST:
        return Estimate(middle, None, None, len(values))
    if min(values) == max(values):
        return Estimate(middle, middle, middle, len(values))
    from scipy import stats

    drawn = np.random.Generator(np.random.Philox(key=list(Streams(0).words("bootstrap", 0))))
    found = stats.bootstrap(
        (np.asarray(values, float),), np.median, n_resamples=N_RESAMPLES, confidence_level=CONFIDENCE,
        method="percentile", vectorized=True, rng=drawn,
    ).confidence_interval  # fmt: skip
    return Estimate(middle, float(found.low), float(found.high), len(values))


def share(successes: int, trials: int) -> Estimate:
    """A share with its exact binomial interval (Clopper and Pearson 1934); needs no scipy."""
    if trials == 0:
        return Estimate(None, None, None, 0)
    low, high = exact.clopper_pearson(successes, trials, CONFIDENCE)
    return Estimate(successes / trials, low, high, trials)


def survival(steps: Sequence[float], censored: Sequence[bool]) -> Survival:
    """The Kaplan-Meier curve of crossing times.

    A cell that is censored at the step of a crossing counts as at risk there.

    Args:
        steps: of each cell, where it crossed or, if it is censored, until where it was seen not to have crossed.
        censored: which cells have not crossed.
    """
    if not steps:
        return Survival((), (), (), (), (), 0, 0)
    from scipy import stats

    found = stats.ecdf(samples(steps, censored)).sf
    with warnings.catch_warnings():
        # At 1 and at 0 the interval is not defined; what stands there instead is said above.
        warnings.simplefilter("ignore", RuntimeWarning)
        interval = found.confidence_interval(CONFIDENCE, method="log-log")
    lows, highs = _filled(found.probabilities, interval.low.probabilities, interval.high.probabilities)
    return Survival(
        steps=tuple(map(float, found.quantiles)),
        share=tuple(map(float, found.probabilities)),
        low=lows,
        high=highs,
        at_risk=tuple(sum(step >= at for step in steps) for at in found.quantiles),
        n=len(steps),
        n_crossed=len(steps) - sum(censored),
    )


def samples(steps: Sequence[float], censored: Sequence[bool]) -> Any:
    """Crossing times as scipy takes them."""
    from scipy import stats

    return stats.CensoredData.right_censored(np.asarray(steps, float), np.asarray(censored, bool))


def _filled(
    shares: Sequence[float], lows: Sequence[float], highs: Sequence[float]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    filled: list[tuple[float, float]] = []
    last = 1.0
    for share, low, high in zip(shares, lows, highs, strict=True):
        if math.isnan(low) or math.isnan(high):
            filled.append((1.0, 1.0) if share >= 1.0 else (0.0, last))
        else:
            filled.append((float(low), float(high)))
            last = float(high)
    return tuple(low for low, _ in filled), tuple(high for _, high in filled)
