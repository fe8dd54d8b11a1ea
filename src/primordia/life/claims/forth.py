"""What the paper and its code say about soups of Forth programs, each with the region that counts as agreeing.

Regions were fixed before measuring, from the published numbers.
"""

from __future__ import annotations

import statistics

import numpy as np

from primordia.core.claims import Claim, Expected, Frequency, Measurement
from primordia.life.claims import measuring
from primordia.life.claims.measuring import Setup
from primordia.life.measures import Bytes, high_order_complexity
from primordia.life.substrates import FAMILIES

PAPER = "arXiv 2406.19108, section 3.1.1"
AUTHORS_CODE = "the authors' simulator (paradigms-of-intelligence/cubff, commit f212e84)"
LANGUAGES = FAMILIES["forth"]
NO_OPERATION, PARTNER_BYTE = 0x20, 0x3F
SIX_BYTES, FROM_THE_SOUP = "0C 08 04 81 2C C4", "0C 09 1F 1F 04 C4"


def padded(program: str) -> Bytes:
    """A program with no-ops behind it: uint8 [64]."""
    start = np.frombuffer(bytes.fromhex(program), np.uint8)
    return np.concatenate((start, np.full(64 - len(start), NO_OPERATION, np.uint8)))


def copied_bytes(setup: Setup) -> Measurement:
    """How many bytes of a program have arrived in a partner of other no-ops when their run ends."""
    from primordia.life.soup import evaluate

    program = padded(setup["program"])
    tape = np.concatenate((program, np.full(64, PARTNER_BYTE, np.uint8)))
    ends, operations = evaluate("forthtrivial", tape[None], measuring.MAX_STEPS, n_threads=1)
    arrived = np.flatnonzero(ends[0, 64:] == program)
    return Measurement(len(arrived), f"after {operations[0]} operations", {"places": arrived.tolist()})


def replication_score(setup: Setup) -> Measurement:
    """The detector's lowest score of several programs over several seeds of its noise."""
    from primordia.life.replicators import round_seed, scores

    given = {"indices": np.zeros(1, np.int64), "n_programs": 1}
    found = {
        program: [
            int(scores("forthtrivial", padded(program)[None], **given, round_seed=round_seed(seed, 0))[0])
            for seed in setup["seeds"]
        ]
        for program in setup["programs"]
    }
    return Measurement(min(map(min, found.values())), "the lowest over programs and seeds", {"scores": found})


def replicators_in_soup(setup: Setup) -> Measurement:
    """How many programs of a random soup the detector gives 5 or more after the given number of epochs."""
    from primordia.life.replicators import REPLICATOR_SCORE, round_seed, scores
    from primordia.life.soup import random_soup

    n, seed, epochs = setup["n_programs"], setup["seed"], setup["epochs"]
    soup = measuring.run_soup("forthtrivial", random_soup(seed, n, 64), seed, 0, epochs)
    word = round_seed(seed, epochs - 1)
    found = scores("forthtrivial", soup, indices=np.arange(n), n_programs=n, round_seed=word)
    count = int((found >= REPLICATOR_SCORE).sum())
    complexity = high_order_complexity(soup)
    return Measurement(count, f"of {n} programs; complexity {complexity:.4f}", {"high_order_complexity": complexity})


def takeovers(setup: Setup) -> Measurement:
    """How many seeds are taken over within the given epochs; the note says when."""
    return measuring.takeover_count({**setup, "language": "forthtrivial", "seeded": False})


def frequency(n_programs: int, n_seeds: int, epochs: int) -> Frequency:
    """How many of the seeds from 0 on are taken over within so many epochs, looked at every 20."""
    return Frequency(
        "takeover",
        tuple(range(n_seeds)),
        config={"language": "forthtrivial", "n_programs": n_programs},
        schedule={"steps": epochs, "every": 20, "keep": 1},
    )


def median_takeover(setup: Setup) -> Measurement:
    """The median epoch at which seeds are first seen to be taken over; a seed that is not counts as after the end."""
    runs = takeovers(setup).evidence["per_seed"]
    when = sorted(run["epochs"] if run["taken_over"] else float("inf") for run in runs)
    note = f"from {when[0]} to {when[-1]} over {len(when)} seeds, looked at every {setup['every']} epochs"
    return Measurement(statistics.median(when), note, {"per_seed": runs})


def complexity_later(setup: Setup) -> Measurement:
    """Median over seeds of the high-order complexity after the given number of epochs."""
    from primordia.life.soup import random_soup

    found = []
    for seed in range(setup["seeds"]):
        soup = random_soup(seed, setup["n_programs"], 64)
        found.append(high_order_complexity(measuring.run_soup("forthtrivial", soup, seed, 0, setup["epochs"])))
    note = f"from {min(found):.2f} to {max(found):.2f} over {len(found)} seeds"
    return Measurement(statistics.median(found), note, {"per_seed": found})


FULL_SOUP = {"n_programs": 131_072, "epochs": 1100, "every": 20}
READ_OFF = "Fig. 9, 1,000 runs (read off the figure)"

EXACT = (
    Claim(
        "V01-forth",
        "The evaluators of the four Forth languages end on the same bytes after the same operations as the authors'.",
        f"golden outputs of {AUTHORS_CODE}",
        {"languages": LANGUAGES},
        measuring.evaluator_vectors,
        Expected(8, 8, "integer machines agree exactly: two sets of 10,000 tapes for each of four languages"),
        "quick",
        "a second",
    ),
    Claim(
        "V04-forth",
        "The soups of the four Forth languages follow the published logs: 131,072 programs, seed 10248, 257 epochs.",
        f"testdata of {AUTHORS_CODE}",
        {"languages": LANGUAGES},
        measuring.golden_logs,
        Expected(20, 20, "five lines for each of four languages: size equal, or one byte longer where brotli streams"),
        "quick",
        "fifteen seconds",
    ),
)

REPLICATORS = (
    Claim(
        "V10",
        "The single byte 0C copies itself, and nothing else, into its partner.",
        f"{PAPER}: a trivial replicator of one byte; the count by an independent implementation",
        {"program": "0C"},
        copied_bytes,
        Expected(1, 1, "the machine is exact"),
        "quick",
        "a second",
    ),
    Claim(
        "V10-six",
        f"The replicator {SIX_BYTES} copies all 64 bytes of its program into its partner.",
        f"{PAPER}; the count by an independent implementation",
        {"program": SIX_BYTES},
        copied_bytes,
        Expected(64, 64, "the machine is exact"),
        "quick",
        "a second",
    ),
    Claim(
        "V10-score",
        f"The detector gives {SIX_BYTES} and {FROM_THE_SOUP}, which arose in a soup, all 64 positions.",
        f"{PAPER}, and the detector of {AUTHORS_CODE}",
        {"programs": (SIX_BYTES, FROM_THE_SOUP), "seeds": tuple(range(10))},
        replication_score,
        Expected(64, 64, "every byte is inherited, whatever the noise"),
        "quick",
        "a second",
    ),
    Claim(
        "V11",
        "In a soup of 8,192 programs with seed 1, 7,979 programs are replicators after 65 epochs.",
        f"output of {AUTHORS_CODE}",
        {"n_programs": 8192, "seed": 1, "epochs": 65},
        replicators_in_soup,
        Expected(7979, 7979, "soup and detector are exact; the authors' brotli 1.0.9 gives a complexity of 5.6214"),
        "quick",
        "a second",
    ),
)

EMERGENCE = (
    Claim(
        "V22",
        "Random soups of 131,072 forthtrivial programs are all taken over within 1,100 epochs.",
        f"{PAPER}, {READ_OFF}: the last at about 1,080",
        {**FULL_SOUP, "seeds": 3},
        takeovers,
        Expected(3, 3, "all of 1,000 runs were, so a miss among three has a chance below 1 %"),
        "quick",
        "twenty seconds",
    ),
    Claim(
        "V22-all",
        "Random soups of 131,072 forthtrivial programs are all taken over within 1,100 epochs.",
        f"{PAPER}, {READ_OFF}: the last at about 1,080",
        {},
        frequency(131_072, 40, 1100),
        Expected(39 / 40, 1.0, "if 1 of 1,000 runs may be slower, 2 or more of 40 are with a chance below 0.1 %"),
        "full",
        "minutes",
    ),
    Claim(
        "V22-median",
        "Half of the random soups of 131,072 forthtrivial programs are taken over by about epoch 360 to 450.",
        f"{PAPER}, {READ_OFF}",
        {**FULL_SOUP, "seeds": 40},
        median_takeover,
        Expected(
            240,
            570,
            "the median of 40 runs of a spread of 230 epochs (5 % by 50, 90 % by 700) has a standard error of 46: "
            "2.6 of them beyond either end of what the figure allows",
        ),
        "full",
        "minutes",
    ),
    Claim(
        "V22-later",
        "At epoch 2,000 the complexity of soups of 131,072 forthtrivial programs is about 5.9.",
        f"{PAPER}, {READ_OFF}",
        {"n_programs": 131_072, "epochs": 2000, "seeds": 5},
        complexity_later,
        Expected(5.6, 6.2, "read off to a tenth; the median of five runs of a spread of a few tenths"),
        "full",
        "minutes",
    ),
    Claim(
        "V23",
        "Soups of 8,192 forthtrivial programs are slower: 9 of 12 are taken over within 2,000 epochs.",
        "9 of 12 seeds, at 41 to 1,981 epochs, by another implementation",
        {},
        frequency(8192, 12, 2000),
        Expected(2 / 12, 1.0, "counts that an exact two-sample test at 1 % cannot tell from 9 of 12"),
        "quick",
        "ten seconds",
    ),
)

CLAIMS = EXACT + REPLICATORS + EMERGENCE
