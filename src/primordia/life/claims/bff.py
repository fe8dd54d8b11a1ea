"""What the paper, its code and later work say about BFF soups, each with the region that counts as agreeing.

Regions were fixed before measuring, from the published numbers; frequencies get the exact binomial range of the runs.
"""

from __future__ import annotations

from typing import Any

from primordia.core.claims import Claim, Expected, Frequency
from primordia.life.claims import measuring as measure
from primordia.life.golden import FIG4_TEXT
from primordia.life.substrates import FAMILIES

PAPER = "arXiv 2406.19108"
AUTHORS_CODE = "the authors' simulator (paradigms-of-intelligence/cubff, commit f212e84)"
LANGUAGES = tuple(sorted(FAMILIES["bff"]))
DEFAULT_SOUP = {"language": "bff_noheads", "n_programs": 131_072}
LONG_RUN = {**DEFAULT_SOUP, "epochs": 16_384, "every": 64, "seeded": False}


def takeovers(n_seeds: int, epochs: int, every: int, **settings: Any) -> Frequency:
    """How many of the seeds from 0 on are taken over within so many epochs, looked at every so many."""
    return Frequency(
        "takeover",
        tuple(range(n_seeds)),
        config={**DEFAULT_SOUP, **settings},
        schedule={"steps": epochs, "every": every, "keep": 1},
    )


EXACT = (
    Claim(
        "V01",
        "The evaluators of the seven BFF languages end on the same bytes after the same operations as the authors'.",
        f"golden outputs of {AUTHORS_CODE}",
        {"languages": LANGUAGES},
        measure.evaluator_vectors,
        Expected(14, 14, "integer machines agree exactly: two sets of 10,000 tapes for each of seven languages"),
        "quick",
        "seconds",
    ),
    Claim(
        "V04",
        "The soup of bff_noheads follows the published log: 131,072 programs, seed 10248, 257 epochs.",
        f"testdata of {AUTHORS_CODE}",
        {"languages": ("bff_noheads",)},
        measure.golden_logs,
        Expected(5, 5, "all five lines: brotli size equal, or one byte longer where the Python binding streams"),
        "quick",
        "seconds",
    ),
    Claim(
        "V04-all",
        "The soups of all seven BFF languages follow the published logs for 257 epochs.",
        f"testdata of {AUTHORS_CODE}",
        {"languages": LANGUAGES},
        measure.golden_logs,
        Expected(35, 35, "five lines for each of seven languages, as in V04"),
        "full",
        "minutes",
    ),
    Claim(
        "V06",
        "High-order complexity of independent uniform bytes is 0.",
        f"{PAPER}, section 2.1, first property",
        {"seed": 0, "bytes": 2**23},
        measure.noise_complexity,
        Expected(-1e-4, 1e-4, "brotli stores 8 MiB of noise with some 20 bytes of headers per megabyte"),
        "quick",
        "a second",
    ),
    Claim(
        "V07",
        "High-order complexity of many copies of one string is the entropy of the string.",
        f"{PAPER}, section 2.1, second property",
        {"seeds": (0, 1, 2), "copies": 131_072},
        measure.copies_complexity,
        Expected(0.0, 1e-3, "the compressed copies themselves take about 140 bytes of 8 MiB"),
        "quick",
        "a second",
    ),
    Claim(
        "V12",
        "A run that is stored and continued ends on the same bytes as one in a single piece.",
        f"property of {AUTHORS_CODE}",
        {"language": "bff_noheads", "n_programs": 4096, "seed": 1, "epochs": 64},
        measure.resume_difference,
        Expected(0, 0, "randomness follows from epoch numbers alone"),
        "quick",
        "a second",
    ),
)

REPLICATOR = (
    Claim(
        "V08",
        "The replicator of Fig. 4 has copied itself into 64 zero bytes after 64 turns of four steps.",
        f"{PAPER}, Fig. 4; the step by an independent implementation",
        {},
        measure.fig4_copy_step,
        Expected(256, 256, "the machine is exact"),
        "quick",
        "a second",
    ),
    Claim(
        "V08-score",
        "The detector gives the replicator of Fig. 4 all 64 positions under bff_noheads.",
        f"{PAPER}, Fig. 4, and the detector of {AUTHORS_CODE}",
        {"language": "bff_noheads", "seeds": tuple(range(10)), "worst": "lowest"},
        measure.fig4_score,
        Expected(64, 64, "every byte is inherited, whatever the noise"),
        "quick",
        "a second",
    ),
    Claim(
        "V08-bff",
        "Under bff, where its first two bytes are head positions, the same program does not replicate.",
        "an independent implementation of the detector",
        {"language": "bff", "seeds": tuple(range(10)), "worst": "highest"},
        measure.fig4_score,
        Expected(0, 0, "no position is inherited, whatever the noise"),
        "quick",
        "a second",
    ),
)

EMERGENCE = (
    Claim(
        "V14",
        "One replicator of Fig. 4 among 8,192 random programs takes over within 128 epochs in about a fifth of runs.",
        f"{PAPER}, Fig. 7: 22 % at 131,072 programs; 18 % of 200 and 27 % of 60 at 8,192 by two implementations",
        {
            "language": "bff_noheads",
            "n_programs": 8192,
            "epochs": 128,
            "every": 128,
            "seeds": 60,
            "seeded": True,
            "accepted": (4, 25),
        },
        measure.takeover_share,
        Expected(4 / 60, 25 / 60, "99 % of the outcomes of 60 runs for any true share from 18 % to 27 %"),
        "quick",
        "ten seconds",
    ),
    Claim(
        "V13",
        "One replicator of Fig. 4 among 131,072 random programs takes over within 128 epochs in 22 % of runs.",
        f"{PAPER}, Fig. 7: 228 of 1,000; 14 of 50 by another implementation",
        {},
        takeovers(50, 128, 128, organism=FIG4_TEXT),
        Expected(4 / 50, 19 / 50, "99 % of the outcomes of 50 runs at a true share of 22.8 %"),
        "full",
        "minutes",
    ),
    Claim(
        "V15",
        "Random soups rarely transition within 128 epochs: 3 in 1,000 runs.",
        f"{PAPER}, Fig. 7, short runs",
        {},
        takeovers(1000, 128, 128),
        Expected(0.0, 14 / 1000, "counts that an exact two-sample test at 1 % cannot tell from 3 of 1,000"),
        "full",
        "an hour",
    ),
    Claim(
        "V16",
        "Of random soups, 40 % transition within 16,384 epochs.",
        f"{PAPER}, section 2.1 and Fig. 6; 38.1 % of 1,008 by another implementation",
        {},
        takeovers(40, 16_384, 64),
        Expected(8 / 40, 24 / 40, "99 % of the outcomes of 40 runs at a true share of 39 %"),
        "full",
        "hours",
    ),
    Claim(
        "V17",
        "A mutation rate of 0.1 % brings far more transitions than 1 %: 58 % against 6 % within 16,384 epochs.",
        f"{PAPER}, Fig. 6",
        {**LONG_RUN, "mutation_rates": (1e-3, 1e-2), "seeds": 15},
        measure.takeover_contrast,
        Expected(2 / 15, 13 / 15, "99 % of the outcomes of two sets of 15 runs at the shares 58 % and 6 %"),
        "full",
        "hours",
    ),
    Claim(
        "V18",
        "Without any noise, half of the soups transition: no mutation and a fixed sequence of shuffles, 16,384 epochs.",
        f"{PAPER}, section 2.1 and Fig. 7: 500 of 1,000 runs end above the lowest bin of complexity",
        {},
        takeovers(40, 16_384, 64, mutation_rate=0.0, world="fixed"),
        Expected(12 / 40, 28 / 40, "99 % of the outcomes of 40 runs at a true share of 50 %"),
        "full",
        "hours",
    ),
    Claim(
        "V19",
        "Before life, complexity swells to a hump of 0.37 near epoch 700: 0.3690 at epoch 705 with seed 100.",
        f"{PAPER}, Fig. 5, for the hump (read off the figure); the number for seed 100 is another implementation's",
        {**DEFAULT_SOUP, "seed": 100, "epochs": 705},
        measure.complexity_at,
        Expected(0.36895, 0.36905, "the same bits in every implementation, printed with four decimals"),
        "quick",
        "ten seconds",
    ),
    Claim(
        "V24",
        "Soups of 131,072 programs of bff_noheads_4bit are taken over within 49 epochs.",
        "8 of 8 seeds, by another implementation",
        {**DEFAULT_SOUP, "language": "bff_noheads_4bit", "epochs": 49, "every": 8, "seeds": 4, "seeded": False},
        measure.takeover_count,
        Expected(4, 4, "in every one of four seeds"),
        "quick",
        "twenty seconds",
    ),
    Claim(
        "V25",
        "Soups of 8,192 programs of bff_noheads_4bit are taken over within 497 epochs.",
        "10 of 10 seeds between 57 and 497 epochs, by another implementation",
        {
            "language": "bff_noheads_4bit",
            "n_programs": 8192,
            "epochs": 497,
            "every": 8,
            "seeds": 10,
            "seeded": False,
        },
        measure.takeover_count,
        Expected(
            9,
            10,
            "the slowest of the other implementation's ten seeds took all 497 epochs, so about one in eleven may take "
            "longer: with 10 of 11 per seed, 9 or 10 of ten come out 77 % of the time; the seeds here are fixed",
        ),
        "quick",
        "ten seconds",
    ),
)

CLAIMS = EXACT + REPLICATOR + EMERGENCE
