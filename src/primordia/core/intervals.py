"""Exact confidence intervals for frequencies: for a number of trials fixed beforehand, and at every moment of a series.

The second kind holds at all moments at once, so one may look after each trial and stop when one has seen enough. It
follows from a bet against each p: prior odds spread over all frequencies as Jeffreys does (density proportional to
p^-1/2 (1-p)^-1/2), whose stake, under the true p, is a martingale that starts at 1 and so reaches 1/a at any time with
a probability of at most a (Ville 1939; the mixture is Robbins's, 1970). A uniform prior would serve as well; this one
is stronger near 0 and 1, where most claims lie.
"""

from __future__ import annotations

import math
from collections.abc import Callable


def binomial_cdf(successes: int, trials: int, p: float) -> float:
    """Probability of at most `successes` in `trials` draws of probability `p`; exact enough for thousands of trials."""
    if successes >= trials or p <= 0:
        return 1.0
    if successes < 0 or p >= 1:
        return 0.0
    log_p, log_q = math.log(p), math.log1p(-p)
    whole = math.lgamma(trials + 1)
    return math.fsum(
        math.exp(whole - math.lgamma(k + 1) - math.lgamma(trials - k + 1) + k * log_p + (trials - k) * log_q)
        for k in range(successes + 1)
    )


def clopper_pearson(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact two-sided interval for a probability (Clopper and Pearson 1934)."""
    tail = (1 - confidence) / 2
    low = 0.0 if successes == 0 else _root(lambda p: 1 - binomial_cdf(successes - 1, trials, p) - tail)
    high = 1.0 if successes == trials else _root(lambda p: tail - binomial_cdf(successes, trials, p))
    return low, high


def stake(successes: int, trials: int, p: float) -> float:
    """The logarithm of what a bet against the frequency `p` has become after so many trials; it began with 0.

    Infinite where `p` is 0 or 1 and a trial came out otherwise.
    """
    failures = trials - successes
    if (p <= 0 and successes) or (p >= 1 and failures):
        return math.inf
    won = math.lgamma(successes + 0.5) + math.lgamma(failures + 0.5) - math.lgamma(trials + 1) - math.log(math.pi)
    held = (successes * math.log(p) if successes else 0.0) + (failures * math.log1p(-p) if failures else 0.0)
    return won - held


def anytime_interval(successes: int, trials: int, confidence: float = 0.99) -> tuple[float, float]:
    """An interval that holds the true frequency after every trial of an endless series at once, with this probability.

    Whoever stops the series because of it is wrong no more often than that. It holds successes / trials.
    """
    if trials == 0:
        return 0.0, 1.0
    limit, seen = -math.log1p(-confidence), successes / trials

    def beyond(p: float) -> float:
        return stake(successes, trials, p) - limit

    # The stake falls towards the frequency that was seen, and rises beyond it.
    low = 0.0 if beyond(0.0) < 0 else _root(lambda p: -beyond(p), 0.0, seen)
    high = 1.0 if beyond(1.0) < 0 else _root(beyond, seen, 1.0)
    return low, high


def _root(increasing: Callable[[float], float], low: float = 0.0, high: float = 1.0) -> float:
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if increasing(middle) < 0 else (low, middle)
    return (low + high) / 2
