"""How rare replicators are among random programs: the densities of the 2026 follow-up (arXiv 2607.01483).

Regions were fixed before measuring. Where a density is published, the region holds 99 % of the counts at that density;
where a count is, it holds the counts that an exact two-sample test at 1 % cannot tell from it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from primordia.core.claims import Claim, Expected, Measurement
from primordia.core.intervals import clopper_pearson
from primordia.core.streams import Streams
from primordia.life.claims.measuring import MAX_STEPS, Setup
from primordia.life.replicators import AUTHORS, FOLLOW_UP

PAPER = "arXiv 2607.01483"
OTHERS = "another implementation, with the authors' published detector and a preliminary test on one partner"
DETECTORS = {"follow-up": FOLLOW_UP, "authors": AUTHORS}
COUNTED = "99 % of the counts at the published density"
TWO_SAMPLES = "counts that an exact two-sample test at 1 % cannot tell from the published one"


def replicator_count(setup: Setup) -> Measurement:
    """How many of many random programs are replicators in the strict sense; see `primordia.life.search`.

    Setup: language, distribution, detector, seed, batch, batches, and replacement_rate for a random walk. A walk that
    has found a replicator is counted once and starts anew.
    """
    from primordia.life.search import distribution, step

    batch, streams = setup["batch"], Streams(setup["seed"])
    programs, fresh = np.zeros((batch, 64), np.uint8), np.ones(batch, bool)
    found, busy = [], 0
    for t in range(setup["batches"]):
        ran = step(
            setup["language"],
            programs,
            fresh,
            distribution=distribution(setup["language"], setup["distribution"], 64),
            replacement_rate=setup.get("replacement_rate", 1.0),
            streams=streams,
            t=t,
            max_steps=MAX_STEPS,
            detector=DETECTORS[setup["detector"]],
        )
        programs, busy = ran.programs, busy + ran.busy
        fresh = np.zeros(batch, bool)
        fresh[ran.hits] = True
        found += [programs[place].tobytes().hex() for place in ran.hits]
    tested = batch * setup["batches"]
    low, high = clopper_pearson(len(found), tested)
    rarity = f"one in {1 / high:.3g} to {1 / low:.3g}" if found else f"fewer than one in {1 / high:.3g}"
    return Measurement(
        len(found),
        f"of {tested} programs: {rarity} (exact 95 % interval)",
        {"replicators": found, "programs_tested": tested, "put_to_the_test": busy},
    )


def _setup(language: str, distribution: str, millions: float, **rest: Any) -> dict[str, Any]:
    batch = rest.pop("batch", 50_000)
    return {
        "language": language,
        "distribution": distribution,
        "detector": "follow-up",
        "seed": 0,
        "batch": batch,
        "batches": round(millions * 1e6) // batch,
        **rest,
    }


CLAIMS = (
    Claim(
        "V29",
        "Of random bff_selfmove programs, half their bytes operators or 64, one in 94,000 replicates (CUST64).",
        f"{PAPER}, section 3.8: 9.4e4; 40 in 4,000,000 by {OTHERS}",
        _setup("bff_selfmove", "cust64", 4),
        replicator_count,
        Expected(27, 60, COUNTED),
        "quick",
        "ten seconds",
    ),
    Claim(
        "V30",
        "With half the bytes operators, but 64 not among them, it is one in 450,000 (CUST).",
        f"{PAPER}, section 3.6: 4.5e5; 15 in 6,000,000 by {OTHERS}",
        _setup("bff_selfmove", "cust", 6),
        replicator_count,
        Expected(5, 24, COUNTED),
        "quick",
        "fifteen seconds",
    ),
    Claim(
        "V37",
        "Replicators are dense in bff, whose heads start where the tape says: 79 in 6,000,000 CUST programs.",
        OTHERS,
        _setup("bff", "cust", 2, detector="authors"),
        replicator_count,
        Expected(13, 44, f"{TWO_SAMPLES}; here 2,000,000 programs"),
        "quick",
        "ten seconds",
    ),
    Claim(
        "V37-noheads",
        "They are ten times rarer in bff_noheads: 8 in 6,000,000 CUST programs.",
        OTHERS,
        _setup("bff_noheads", "cust", 6, detector="authors"),
        replicator_count,
        Expected(1, 23, TWO_SAMPLES),
        "full",
        "half a minute",
    ),
    Claim(
        "V31",
        "Of uniform random bff_selfmove programs one in 29 million replicates.",
        f"{PAPER}, section 3.2: 2.9e7; 3 in 60,000,000 by {OTHERS}",
        _setup("bff_selfmove", "uniform", 300),
        replicator_count,
        Expected(3, 19, COUNTED),
        "full",
        "minutes",
    ),
    Claim(
        "V29-walk-50",
        "A random walk that redraws a fiftieth of its bytes finds a replicator every 520,000 programs (CUST64).",
        f"{PAPER}, the table of random walks: 5.2e5",
        _setup("bff_selfmove", "cust64", 20, replacement_rate=1 / 50, batch=10_000),
        replicator_count,
        Expected(23, 55, COUNTED),
        "full",
        "a minute",
    ),
    Claim(
        "V29-walk-200",
        "One that redraws a two-hundredth of its bytes finds a replicator every 1.9 million programs (CUST64).",
        f"{PAPER}, the table of random walks: 1.9e6",
        _setup("bff_selfmove", "cust64", 40, replacement_rate=1 / 200, batch=10_000),
        replicator_count,
        Expected(10, 34, COUNTED),
        "full",
        "two minutes",
    ),
)
