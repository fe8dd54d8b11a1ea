"""Claims that are frequencies over seeds: when the runs so far decide the verdict, and what is measured then.

What is decided depends on the outcomes in the order of the claim's seeds, never on which run was over first, so that
any number of workers comes to the same measurement.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Sequence
from typing import Any, final

from primordia.core.claims import Expected, Frequency, Measurement
from primordia.core.intervals import anytime_interval, clopper_pearson, stake

CONFIDENCE = 0.99
"""Of the interval that may end a claim early: it leaves out the true share at any time with a chance of 1 % at most."""
LIMIT = -math.log1p(-CONFIDENCE)
"""The stake against a share from which on that interval leaves it out."""


@final
@dataclasses.dataclass(frozen=True)
class Decision:
    """How many of the seeds decide a claim.

    Args:
        n: the first so many seeds.
        n_hits: of these, the seeds whose run crosses the transition.
        why: why the others need not be run, in a sentence without its full stop; empty where there are none.
    """

    n: int
    n_hits: int
    why: str


def decide(hits: Sequence[bool], n_seeds: int, expected: Expected) -> Decision | None:
    """The decision of the fewest first seeds that decide, or None while the verdict is open.

    A claim is decided once the seeds left cannot change on which side of the acceptance region's ends the share over
    all seeds lies; or once the interval that holds at any time lies inside that region, or outside. Then the share so
    far lies on the same side, so that it gives the verdict. The second kind is wrong about the true share with a chance
    of 1 % at most, however often one looks; the first only foresees what all seeds would say.

    Args:
        hits: of the first seeds, in the claim's order.
        n_seeds: how many the claim has.
        expected: the acceptance region, of shares.
    """
    accepted = [k for k in range(n_seeds + 1) if expected.holds(k / n_seeds)]
    n_hits = 0
    for n, hit in enumerate(hits, 1):
        n_hits += hit
        if n == n_seeds:
            return Decision(n, n_hits, "")
        if _foreseen(n_hits, n_seeds - n, accepted):
            left = "one seed" if n_seeds - n == 1 else f"{n_seeds - n} seeds"
            return Decision(n, n_hits, f"the {left} left cannot change the verdict")
        if side := decide_by_interval(n_hits, n, expected):
            return Decision(n, n_hits, f"the interval that holds at any time lies {side} the region expected")
    return None


def _foreseen(n_hits: int, n_left: int, accepted: Sequence[int]) -> bool:
    """Whether the seeds left can bring the count neither into the accepted ones, which follow each other, nor out."""
    if not accepted or n_hits > accepted[-1] or n_hits + n_left < accepted[0]:
        return True
    return accepted[0] <= n_hits and n_hits + n_left <= accepted[-1]


def decide_by_interval(n_hits: int, n: int, expected: Expected) -> str:
    """On which side of the region's ends the whole interval lies, or nothing where it holds one of them."""
    share = n_hits / n
    above_low = expected.low <= 0 or (share > expected.low and stake(n_hits, n, expected.low) >= LIMIT)
    below_high = expected.high >= 1 or (share < expected.high and stake(n_hits, n, expected.high) >= LIMIT)
    if above_low and below_high:
        return "inside"
    below = share < expected.low and stake(n_hits, n, expected.low) >= LIMIT
    above = share > expected.high and stake(n_hits, n, expected.high) >= LIMIT
    return "outside" if below or above else ""


def measurement(
    frequency: Frequency, steps: Sequence[int | None], decision: Decision, within: int, word: str
) -> Measurement:
    """The share of the deciding seeds whose run crosses the transition, and what else is known of them.

    Args:
        frequency: what was measured.
        steps: of each seed, in order, the step whose row showed the transition first; None where its run ended without.
        decision: says how many of them count.
        within: how many steps a run had.
        word: what the experiment calls a step.
    """
    n, n_hits, seen = decision.n, decision.n_hits, steps[: decision.n]
    low, high = clopper_pearson(n_hits, n)
    crossed = sorted(step for step in seen if step is not None)
    spread = f" to {crossed[-1]}, median {statistics.median(crossed):g}" if len(set(crossed)) > 1 else ""
    when = f", at {crossed[0]}{spread}" if crossed else ""
    evidence: dict[str, Any] = {
        "n_hits": n_hits,
        "n_run": n,
        "n_seeds": len(frequency.seeds),
        "within": within,
        "interval_95": [low, high],
        "anytime_interval_99": list(anytime_interval(n_hits, n, CONFIDENCE)),
        "stopped_early": decision.why or None,
        "per_seed": [{"seed": seed, "crossed_at": step} for seed, step in zip(frequency.seeds, seen, strict=False)],
    }
    note = (
        f"{n_hits} of {n} seeds cross {frequency.transition} within {within} {word}s{when}; "
        f"exact 95 % interval {low:.3f} to {high:.3f}" + (f"; {decision.why}" if decision.why else "")
    )
    return Measurement(n_hits / n, note, evidence)
