"""What the paper and its code say about soups of SUBLEQ programs, each with the region that counts as agreeing.

Regions were fixed before measuring, from the published numbers.
"""

from __future__ import annotations

import statistics

import numpy as np

from primordia.core.claims import Claim, Expected, Measurement
from primordia.core.intervals import clopper_pearson
from primordia.life.claims import measuring
from primordia.life.claims.measuring import Setup
from primordia.life.golden import RSUBLEQ4_REPLICATOR
from primordia.life.measures import Bytes, high_order_complexity
from primordia.life.substrates import FAMILIES

PAPER = "arXiv 2406.19108, section 3.2"
AUTHORS_CODE = "the authors' simulator (paradigms-of-intelligence/cubff, commit f212e84)"
LANGUAGES = FAMILIES["subleq"]
PARTNER_BYTE = 0xAA


def replicator() -> Bytes:
    """The program of section 3.2 with zeros behind it: uint8 [64]."""
    program = np.zeros(64, np.uint8)
    program[: len(RSUBLEQ4_REPLICATOR)] = np.frombuffer(RSUBLEQ4_REPLICATOR, np.uint8)
    return program


def copy_instructions(setup: Setup) -> Measurement:
    """Instructions until the program of section 3.2 has met a partner and stopped; the evidence says what it copied."""
    from primordia.life.soup import evaluate

    program = replicator()
    tape = np.concatenate((program, np.full(64, setup["partner_byte"], np.uint8)))
    ends, operations = evaluate("rsubleq4", tape[None], measuring.MAX_STEPS, n_threads=1)
    different = np.flatnonzero(ends[0, 64:] != program).tolist()
    return Measurement(
        int(operations[0]),
        f"all 64 bytes arrive except those at {different}",
        {"not_copied": different, "original_intact_except": np.flatnonzero(ends[0, :64] != program).tolist()},
    )


def replication_score(setup: Setup) -> Measurement:
    """The detector's lowest score of the program of section 3.2 over several seeds of its noise."""
    from primordia.life.replicators import round_seed, scores

    given = {"indices": np.zeros(1, np.int64), "n_programs": 1}
    found = [
        int(scores("rsubleq4", replicator()[None], **given, round_seed=round_seed(seed, 0))[0])
        for seed in setup["seeds"]
    ]
    return Measurement(min(found), "the lowest over the seeds of the noise", {"scores": found})


def largest_complexity(setup: Setup) -> Measurement:
    """The high-order complexity that lies farthest from 0 in random soups of every language, looked at regularly."""
    from primordia.life.soup import random_soup

    courses = {}
    for language in setup["languages"]:
        soup, courses[language] = random_soup(setup["seed"], setup["n_programs"], 64), []
        for t in range(0, setup["epochs"], setup["every"]):
            soup = measuring.run_soup(language, soup, setup["seed"], t, setup["every"])
            courses[language].append(round(high_order_complexity(soup), 6))
    farthest = max((value for course in courses.values() for value in course), key=abs)
    return Measurement(farthest, f"the value farthest from 0, every {setup['every']} epochs", {"courses": courses})


def seeded_takeovers(setup: Setup) -> Measurement:
    """How many soups with one copy of the program of section 3.2 reach complexity 1; the evidence says when."""
    from primordia.life.soup import random_soup

    when: list[int | None] = []
    for seed in range(setup["seeds"]):
        soup = random_soup(seed, setup["n_programs"], 64)
        soup[0, : len(RSUBLEQ4_REPLICATOR)] = np.frombuffer(RSUBLEQ4_REPLICATOR, np.uint8)
        t, complexity = 0, 0.0
        while t < setup["epochs"] and not measuring.taken_over(complexity):
            soup = measuring.run_soup("rsubleq4", soup, seed, t, setup["every"])
            t, complexity = t + setup["every"], high_order_complexity(soup)
        when.append(t if measuring.taken_over(complexity) else None)
    epochs = [t for t in when if t is not None]
    low, high = clopper_pearson(len(epochs), len(when))
    course = f", at {min(epochs)} to {max(epochs)} epochs, median {statistics.median(epochs):g}" if epochs else ""
    return Measurement(
        len(epochs),
        f"of {len(when)} seeds{course}; exact 95 % interval {low:.3f} to {high:.3f}",
        {"epochs": when, "interval_95": [low, high]},
    )


RANDOM_SOUPS = {"languages": LANGUAGES, "seed": 10_248, "n_programs": 131_072}
UNIFORM = Expected(
    -0.05,
    0.05,
    "the published logs end at -0.0079 and -0.0032 after 257 epochs, and a soup with life in it lies above 1",
)

CLAIMS = (
    Claim(
        "V01-subleq",
        "The evaluators of subleq and rsubleq4 end on the same bytes after the same operations as the authors'.",
        f"golden outputs of {AUTHORS_CODE}",
        {"languages": LANGUAGES},
        measuring.evaluator_vectors,
        Expected(4, 4, "integer machines agree exactly: two sets of 10,000 tapes for each of two languages"),
        "quick",
        "a second",
    ),
    Claim(
        "V04-subleq",
        "Soups of subleq and rsubleq4 follow the published logs: 131,072 programs, seed 10248, 257 epochs.",
        f"testdata of {AUTHORS_CODE}",
        {"languages": LANGUAGES},
        measuring.golden_logs,
        Expected(10, 10, "all five lines of both: brotli size equal, or one byte longer as the Python binding streams"),
        "quick",
        "five seconds",
    ),
    Claim(
        "V09",
        "The hand-written rsubleq4 replicator of 25 bytes copies itself in 258 instructions.",
        f"{PAPER}, for the program; the count by another implementation",
        {"partner_byte": PARTNER_BYTE},
        copy_instructions,
        Expected(258, 258, "the machine is exact"),
        "quick",
        "a second",
    ),
    Claim(
        "V09-score",
        "The detector gives that program 62 of 64 positions: its two scratch bytes are not inherited.",
        f"{PAPER}, and the detector of {AUTHORS_CODE}, by another implementation",
        {"seeds": tuple(range(10))},
        replication_score,
        Expected(62, 62, "offsets 8 and 9 count while the program runs; the other bytes are passed on"),
        "quick",
        "a second",
    ),
    Claim(
        "V26",
        "Random soups of subleq and rsubleq4 stay almost perfectly uniform: no transition in 1,024 epochs.",
        f"{PAPER} (billions of executions), and the published logs",
        {**RANDOM_SOUPS, "epochs": 1024, "every": 128},
        largest_complexity,
        UNIFORM,
        "quick",
        "fifteen seconds",
    ),
    Claim(
        "V26-long",
        "Random soups of subleq and rsubleq4 stay almost perfectly uniform for 16,384 epochs, a billion executions.",
        f"{PAPER}: billions of executions",
        {**RANDOM_SOUPS, "epochs": 16_384, "every": 512},
        largest_complexity,
        UNIFORM,
        "full",
        "minutes",
    ),
    Claim(
        "V27",
        "Soups with one copy of the rsubleq4 replicator are taken over quickly and often: 19 of 30 within 256 epochs.",
        f"{PAPER} (quickly and often); 19 of 30 soups of 8,192 programs by another implementation",
        {"n_programs": 8192, "epochs": 256, "every": 8, "seeds": 30},
        seeded_takeovers,
        Expected(9, 28, "counts that an exact two-sample test at 1 % cannot tell from 19 of 30"),
        "quick",
        "ten seconds",
    ),
)
