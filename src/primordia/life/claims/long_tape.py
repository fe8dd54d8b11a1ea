"""What the paper says about long tapes, each with the region that counts as agreeing; fixed before measuring."""

from __future__ import annotations

from primordia.core.claims import Claim, Expected
from primordia.life.claims import long_tape_measuring as measure

PAPER = "arXiv 2406.19108"

CLAIMS = (
    Claim(
        "V34",
        "On a long tape of the 8080, two bytes that take turns, such as 01 C5, take over.",
        f"{PAPER}, section 3.3",
        {"seeds": (10, 11, 12, 13), "most_rounds": 2000, "every": 10},
        measure.pair_takeovers,
        Expected(
            1,
            4,
            "the paper names no time; our pilot seeds 0 to 3 waited 140, 1,450, 1,600 and over 3,000 rounds, so that "
            "none of four within 2,000 rounds (1.4e9 instructions) has a chance of about 2 %",
        ),
        "quick",
        "a quarter of a minute",
    ),
    Claim(
        "V34-all",
        "On a long tape of the 8080 it is always two bytes that take over.",
        f"{PAPER}, section 3.3",
        {"seeds": tuple(range(10, 18)), "most_rounds": 15_000, "every": 10},
        measure.pair_takeovers,
        Expected(
            8,
            8,
            "the paper speaks of every run; with the waiting times of the pilot seeds (V34) a seed takes longer than "
            "15,000 rounds once in a thousand",
        ),
        "full",
        "a minute",
    ),
    Claim(
        "V34-loops",
        "The replicators of the 8080 do not loop.",
        f"{PAPER}, section 3.3",
        {"seeds": (10, 11, 12, 13), "most_rounds": 2000, "every": 10, "starts": 1024},
        measure.looping_share,
        Expected(0.0, 0.02, "never in the paper; what is left of the first tape may loop here and there"),
        "quick",
        "a quarter of a minute, which V34 shares",
    ),
    Claim(
        "V34-unit",
        "01 C5 laid end to end pushes itself: LXI B takes it from behind, PUSH B puts it before the start.",
        f"{PAPER}, section 3.3",
        {"languages": ("i8080",)},
        measure.specimens_that_copy,
        Expected(1, 1, "the machine is exact"),
        "quick",
        "a moment",
    ),
    Claim(
        "V35-unit",
        "0D 07 20 21 0A 0E 23 is a replicator of the second Forth: each copy makes the next, seven bytes on.",
        f"{PAPER}, section 3.1.2",
        {"languages": ("forth2",)},
        measure.specimens_that_copy,
        Expected(1, 1, "the machine is exact"),
        "quick",
        "a moment",
    ),
    Claim(
        "LT-offset",
        "On a long tape of BFF, loops take over when head 1 starts some bytes ahead of head 0, else not.",
        f"{PAPER}, section 2.4",
        {"seeds": tuple(range(10, 16)), "head_offsets": (12, 0), "most_rounds": 96, "every": 4, "shortest": 9},
        measure.loops_by_offset,
        Expected(
            1,
            6,
            "seeds with copies of nine bytes or more on a third of the tape: at least one more with the offset than "
            "without; of our pilot seeds 0 to 5 three had them within 96 rounds, so none of six has a chance of 2 %",
        ),
        "full",
        "a minute or two",
    ),
    Claim(
        "V35-start",
        "On a random tape of the second Forth a start executes about 365 instructions.",
        f"{PAPER}, Fig. 11, read off at generation 0",
        {"language": "forth2", "seeds": (10, 11, 12, 13), "rounds": 8},
        measure.steps_per_start,
        Expected(340, 390, "a curve read off a figure to about 5 %, plus the spread of tapes"),
        "quick",
        "a second",
    ),
    Claim(
        "V35",
        "On a tape of the second Forth, complexity jumps after about 1.8e11 instructions.",
        f"{PAPER}, section 3.1.2 and Fig. 11",
        {"seed": 10, "most_rounds": 300_000, "every": 250},
        measure.forth_takeover,
        Expected(
            4.6e9,
            7.0e12,
            "one published run of a rare event: two exponential waiting times differ by less than 39-fold in 95 %",
        ),
        "full",
        "three minutes of one core; a quarter of an hour if the jump does not come",
    ),
    Claim(
        "V35-after",
        "After the jump, a start of the second Forth executes about 700 instructions.",
        f"{PAPER}, Fig. 11",
        {"seed": 10, "most_rounds": 300_000, "every": 250, "after": 5000},
        measure.forth_steps_after,
        Expected(500, 900, "the curve lies between 500 and 900 in most of the figure"),
        "full",
        "the run of V35, which it shares, and half a minute",
    ),
)
