"""What the paper and its authors' browser laboratory say about Z80 soups, with the regions that count as agreeing.

Regions were fixed before measuring. How V32 tells replicators from smears (ENOUGH) was settled on the seeds 0 to 3 and
looked at again on 4 to 7, so the claim is measured on other seeds. The laboratory counts batches of up to 8,192 pairs;
an epoch of our grid of 40,000 programs has about 15,600, so 10,000 batches are about 5,200 epochs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from primordia.core.claims import Claim, Expected, Measurement
from primordia.core.intervals import clopper_pearson
from primordia.core.streams import Streams
from primordia.life.measures import Bytes

Setup = Mapping[str, Any]
PAPER = "arXiv 2406.19108, section 3.3"
LABORATORY = "the authors' browser laboratory (znah/zff)"
GRID = {"n_programs": 40_000, "tape_length": 16, "mutation_rate": 2.0**-9, "max_steps": 128}
PUSHER = bytes.fromhex("01C5" * 8)
BLOCK_COPIER = bytes.fromhex("11 10 00 01 10 00 ED B0") + bytes(8)
SAMPLE = 1024
"""Programs put to the strict replication test."""
ENOUGH = 8
"""Of these, how many must pass before replicators count as there: one or two in a soup of smears pass by chance."""
PARTNERS = 16
"""Random partners of each replicator when it is asked what writes its copies."""


def copied_after(setup: Setup) -> Measurement:
    """Bytes of the partner that equal the program's own at the same place when a meeting is over."""
    from primordia.life.soup import evaluate

    program = np.frombuffer(bytes.fromhex(setup["program"]), np.uint8)
    partners = np.array([np.full(len(program), byte, np.uint8) for byte in setup["partners"]])
    tapes = np.concatenate((np.tile(program, (len(partners), 1)), partners), axis=1)
    ends, _ = evaluate("z80", tapes, setup["steps"])
    copied = (ends[:, len(program) :] == program).sum(axis=1)
    return Measurement(int(copied.min()), f"of {len(program)} bytes, the worst partner", {"copied": copied.tolist()})


def sampled_replicators(soup: Bytes, streams: Streams, t: int, max_steps: int) -> Bytes:
    """The programs uint8 [program, byte] of a random sample that pass on three quarters of their bytes or more."""
    from primordia.life.replicators import round_seed, scores, strict_score

    sample = streams.integers("strict replicator sample", t, SAMPLE, len(soup))
    found = scores(
        "z80",
        soup[sample],
        indices=sample,
        n_programs=len(soup),
        round_seed=round_seed(streams.seed, max(t - 1, 0)),
        max_steps=max_steps,
    )
    return soup[sample[found >= strict_score(soup.shape[1])]]


def ways(soup: Bytes, streams: Streams, t: int, max_steps: int) -> list[tuple[str, int, str, str]]:
    """How the distinct replicators of a random sample copy, the commonest way first.

    Rows of: way, how many copy so, the most frequent of them in hexadecimal, and what writes its copy.
    """
    from primordia.life.substrates.z80_writers import way_of, writers

    drawn = streams.integers("partners of replicators", t, PARTNERS * soup.shape[1], 256)
    partners = drawn.astype(np.uint8).reshape(PARTNERS, -1)
    programs = Counter(program.tobytes() for program in sampled_replicators(soup, streams, t, max_steps))
    rows: dict[str, tuple[str, int, str, str]] = {}
    for program, _ in programs.most_common():
        found = writers(np.frombuffer(program, np.uint8), partners, max_steps)
        way = way_of(found)
        first = (way, 0, program.hex(" ").upper(), ", ".join(f"{word} {n}" for word, n in found.most_common()))
        row = rows.get(way, first)
        rows[way] = (way, row[1] + 1, *row[2:])
    return sorted(rows.values(), key=lambda row: -row[1])


def course(setup: Setup, seed: int, wanted: str | None) -> dict[str, Any]:
    """A soup from random bytes until replicators are there, or, if `wanted` is a way of copying, some that copy so."""
    from primordia.life.soup import random_soup, run
    from primordia.life.worlds import Grid

    n, streams = setup["n_programs"], Streams(seed)
    side = int(n**0.5)
    world, soup, t = Grid(side, side, 1, cross=True), random_soup(seed, n, setup["tape_length"]), 0
    while t < setup["epochs"]:
        soup, _, _ = run(
            "z80",
            soup,
            seed=seed,
            first_epoch=t,
            n_epochs=setup["every"],
            mutation_threshold=round(setup["mutation_rate"] * 2**30),
            max_steps=setup["max_steps"],
            world=world,
        )
        t += setup["every"]
        n_strict = len(sampled_replicators(soup, streams, t, setup["max_steps"]))
        if n_strict >= ENOUGH:
            found = {way: n for way, n, *_ in ways(soup, streams, t, setup["max_steps"])}
            if wanted is None or wanted in found:
                return {"seed": seed, "epoch": t, "strict": n_strict, "ways": found}
    return {"seed": seed, "epoch": None, "strict": 0, "ways": {}}


def first_replicators(setup: Setup) -> Measurement:
    """Seeds whose first sampled replicators, of all kinds, copy through the stack more often than in any other way."""
    runs = [course(setup, seed, None) for seed in setup["seeds"]]
    count = sum(max(run["ways"], key=run["ways"].get, default="none") == "stack" for run in runs)
    return _seeds(count, runs)


def later_block_copies(setup: Setup) -> Measurement:
    """Seeds in which block copies are seen among the sampled replicators at some time."""
    runs = [course(setup, seed, "block") for seed in setup["seeds"]]
    return _seeds(sum(run["epoch"] is not None for run in runs), runs)


def _seeds(count: int, runs: list[dict[str, Any]]) -> Measurement:
    low, high = clopper_pearson(count, len(runs))
    epochs = [run["epoch"] for run in runs if run["epoch"] is not None]
    when = f", at {min(epochs)} to {max(epochs)} epochs" if epochs else ""
    note = f"of {len(runs)} seeds{when}; exact 95 % interval of the share {low:.2f} to {high:.2f}"
    return Measurement(count, note, {"per_seed": runs})


CLAIMS = (
    Claim(
        "V33",
        "LD BC,01C5 and PUSH BC, written 01 C5 over and over, fill a blank partner from its end until it is equal.",
        LABORATORY,
        {"program": PUSHER.hex(), "partners": (0x00, 0xAA), "steps": 128},
        copied_after,
        Expected(16, 16, "the processor is exact"),
        "quick",
        "a second",
    ),
    Claim(
        "V33-block",
        "LDIR with DE at the partner has copied its program there after 18 steps.",
        f"{PAPER}; the processor's manual",
        {"program": BLOCK_COPIER.hex(), "partners": (0x00, 0xAA, 0xFF), "steps": 18},
        copied_after,
        Expected(16, 16, "the processor is exact: two loads and sixteen rounds"),
        "quick",
        "a second",
    ),
    Claim(
        "V32",
        "The first replicators of a random soup copy themselves through the stack.",
        f"{PAPER}; {LABORATORY}: seen by eye after about 6,000 batches",
        {**GRID, "epochs": 3200, "every": 40, "seeds": (100, 101, 102, 103)},
        first_replicators,
        Expected(4, 4, "the sources name no exception; 6,000 batches are about 3,150 epochs"),
        "quick",
        "half a minute",
    ),
    Claim(
        "V32-block",
        "Later, block copies (LDIR, LDDR) arise as well.",
        f"{PAPER}; {LABORATORY}: of two seeds described, one after about 10,000 batches",
        {**GRID, "epochs": 20_000, "every": 100, "seeds": (100, 101, 102, 103)},
        later_block_copies,
        Expected(1, 4, "the sources say that they come, not how often: at least one of four seeds"),
        "full",
        "half an hour",
    ),
)
