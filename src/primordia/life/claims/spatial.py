"""What the paper says about soups in space, each with the region that counts as agreeing.

The regions were fixed before measuring: a growth is compared with the laws that it could follow, and belongs to the
nearest of them on a logarithmic scale.
"""

from __future__ import annotations

from primordia.core.claims import Claim, Expected
from primordia.life.claims.spreading import increment_ratio

PAPER = "arXiv 2406.19108"
DEMO_REPLICATOR = (
    "7bad7c381b4a61a25b7d3ce2572c573276b0f1fa680c2e717edbfa52f1dca15d"
    "5da1dcf152fadb7e712e0c68faf1b07632572c57e23c7d5ba2614a1b387cad7b"
)
"""The replicator of docs/life-bff.md, which arose in the demo run of life/bff. In meetings with random programs that
stand first it is lost in 45 %, that of the paper's Fig. 4 in 78 % (4,000 each)."""

SPREAD = {
    "language": "bff_noheads",
    "organism": DEMO_REPLICATOR,
    "sides": (32, 64, 128),
    "first_seed": 100,
    "seeds": 8,
    "radius": 2,
    "strip": 4,
    "most_epochs": 2000,
}

CLAIMS = (
    Claim(
        "V28",
        "On a grid, the time in which a replicator takes over half the soup is proportional to the side.",
        f"{PAPER}, section 2.2",
        {**SPREAD, "world": "grid", "every": 2},
        increment_ratio,
        Expected(
            2**0.5,
            2**1.5,
            "the second doubling of the side costs twice the epochs of the first if time is proportional to the side, "
            "as many if to its logarithm, four times as many if to the number of programs: nearest to two",
        ),
        "quick",
        "half a minute",
    ),
    Claim(
        "V28-mixed",
        "Well mixed, from the same soups, that time grows like the logarithm of the number of programs.",
        f"{PAPER}, section 2.2",
        {**SPREAD, "world": "mixed", "every": 1},
        increment_ratio,
        Expected(
            2**-0.5,
            2**0.5,
            "both doublings cost the same number of epochs if time is logarithmic, twice as many if proportional to "
            "the side: nearest to one",
        ),
        "quick",
        "seconds",
    ),
)
