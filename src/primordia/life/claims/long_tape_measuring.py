"""How each claim about long tapes is measured: setup -> Measurement, each a pure function."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from primordia.core import threads
from primordia.core.claims import Measurement
from primordia.core.streams import Streams
from primordia.life.long_tape.languages import LANGUAGES, STEPS
from primordia.life.long_tape.repeats import LONGEST, periods, repeats
from primordia.life.measures import Bytes, high_order_complexity

Setup = Mapping[str, Any]
TAPE_LENGTH, N_STARTS, HEAD_OFFSET = 65_536, 4096, 12
PAIRS, TRANSITION = 1 / 3, 1.0
"""Share of the tape from which repeats count as having taken over, and complexity from which a tape counts so."""


def begin(language: str, seed: int) -> Bytes:
    """The first tape uint8 [byte] of a seed, as the source fills it."""
    from primordia.life.long_tape.runs import first_tape

    return first_tape(language, LANGUAGES[language].first_tape, TAPE_LENGTH, Streams(seed))


def go_on(
    language: str, tape: Bytes, owed: int, seed: int, first: int, n: int, head_offset: int = HEAD_OFFSET
) -> tuple[Bytes, int, Any]:
    """Tape, units owed and counts after rounds number `first` to `first + n - 1`, all settings as in the source."""
    from primordia.life.long_tape.runs import run_rounds

    chosen = LANGUAGES[language]
    return run_rounds(
        language,
        tape,
        owed,
        Streams(seed),
        first_round=first,
        n_rounds=n,
        n_starts=N_STARTS,
        limit=chosen.limit,
        head_offset=head_offset,
        mutate_to=chosen.mutate_to,
        mutation_interval=chosen.mutation_interval,
    )


@functools.cache
def _until_pairs(seed: int, most_rounds: int, every: int) -> tuple[Bytes, int]:
    """The 8080's tape when a pair holds a third of it, and the rounds until then; or as it is at the end."""
    tape, owed, t = begin("i8080", seed), 0, 0
    while t < most_rounds and _pair_share(tape) < PAIRS:
        tape, owed, _ = go_on("i8080", tape, owed, seed, t, every)
        t += every
    return tape, t


def _pair_share(tape: Bytes) -> float:
    found = repeats(tape)
    return found[0].covered / tape.size if found else 0.0


def _all_until_pairs(setup: Setup) -> list[tuple[int, Bytes, int]]:
    with ThreadPoolExecutor(threads.available()) as pool:
        ends = pool.map(lambda seed: _until_pairs(seed, setup["most_rounds"], setup["every"]), setup["seeds"])
        return [(seed, *end) for seed, end in zip(setup["seeds"], ends, strict=True)]


def pair_takeovers(setup: Setup) -> Measurement:
    """How many seeds end with a pair of bytes on a third of the tape; the evidence says which pair, and when."""
    per_seed = []
    for seed, tape, t in _all_until_pairs(setup):
        first = repeats(tape)[0]
        share = round(first.covered / tape.size, 4)
        per_seed.append({"seed": seed, "rounds": t, "unit": first.unit.hex(" "), "share": share})
    held = [run for run in per_seed if run["share"] >= PAIRS]
    units = ", ".join(sorted({run["unit"] for run in held}))
    return Measurement(len(held), f"of {len(per_seed)} seeds; {units}", {"per_seed": per_seed})


def looping_share(setup: Setup) -> Measurement:
    """Share of starts that loop and change the tape, on tapes that a pair has taken over; NaN if there is none.

    Without a jump back, the program counter is at least the number of instructions done; one that is less has looped.
    """
    from primordia.life.substrates.i8080_body import body
    from primordia.life.substrates.i8080_machine import N_REGISTERS, NO_LIMIT

    loops, n_starts = 0, 0
    for seed, tape, t in _all_until_pairs(setup):
        if _pair_share(tape) < PAIRS:
            continue
        for start in Streams(seed).integers("starts that are watched", t, setup["starts"], tape.size):
            after, registers = tape.copy(), np.zeros(N_REGISTERS, np.int64)
            limit = LANGUAGES["i8080"].limit
            steps = body(after, int(start), np.empty(8, np.uint8), None, None, registers, NO_LIMIT, limit)[0]
            loops += int(registers[0] < steps and not np.array_equal(after, tape))
            n_starts += 1
    return Measurement(loops / n_starts if n_starts else float("nan"), f"{loops} of {n_starts} starts")


def loops_by_offset(setup: Setup) -> Measurement:
    """How many more seeds of BFF have copies laid end to end on a third of the tape at the first offset of head 1.

    The copies are of at least `shortest` bytes; the number at the second offset is subtracted.
    """
    cases = [(offset, seed) for offset in setup["head_offsets"] for seed in setup["seeds"]]
    with ThreadPoolExecutor(threads.available()) as pool:
        found = list(pool.map(lambda case: _until_copies(setup, *case), cases))
    per_offset = [found[k : k + len(setup["seeds"])] for k in (0, len(setup["seeds"]))]
    first, second = (sum(t is not None for t in ends) for ends in per_offset)
    return Measurement(
        first - second,
        f"{first} and {second} of {len(setup['seeds'])} seeds",
        {str(offset): ends for offset, ends in zip(setup["head_offsets"], per_offset, strict=True)},
    )


def _until_copies(setup: Setup, head_offset: int, seed: int) -> int | None:
    """Rounds until one length of copy, `shortest` or more, holds a third of the tape; None if it does not come."""
    tape, owed, t = begin("bff_long", seed), 0, 0
    while t < setup["most_rounds"]:
        tape, owed, _ = go_on("bff_long", tape, owed, seed, t, setup["every"], head_offset)
        t += setup["every"]
        by_period = np.bincount(periods(tape), minlength=LONGEST + 1)
        if by_period[setup["shortest"] :].max() >= PAIRS * tape.size:
            return t
    return None


def specimens_that_copy(setup: Setup) -> Measurement:
    """How many of the languages' specimens leave the copies that their rules give."""
    from primordia.life.long_tape.specimens import SPECIMENS

    chosen = [SPECIMENS[language] for language in setup["languages"]]
    copied = [specimen.measured() == specimen.expected.hex(" ") for specimen in chosen]
    return Measurement(sum(copied), f"of {len(copied)}", {"program": [one.program.hex(" ") for one in chosen]})


def steps_per_start(setup: Setup) -> Measurement:
    """Mean instructions of a start over the first rounds."""
    means = []
    for seed in setup["seeds"]:
        _, _, counts = go_on(setup["language"], begin(setup["language"], seed), 0, seed, 0, setup["rounds"])
        means.append(float(counts[:, STEPS].mean() / N_STARTS))
    return Measurement(float(np.mean(means)), f"{min(means):.1f} to {max(means):.1f}", {"per_seed": means})


@functools.cache
def _forth_run(seed: int, most_rounds: int, every: int) -> tuple[Bytes, int, int, int, tuple[float, ...]]:
    """Tape, owed, rounds, instructions, and instructions per start along the way, until complexity reaches 1."""
    tape, owed, t, done, course = begin("forth2", seed), 0, 0, 0, []
    while t < most_rounds and high_order_complexity(tape) < TRANSITION:
        tape, owed, counts = go_on("forth2", tape, owed, seed, t, every)
        t, done = t + every, done + int(counts[:, STEPS].sum())
        course.append(float(counts[:, STEPS].mean() / N_STARTS))
    return tape, owed, t, done, tuple(course)


def forth_takeover(setup: Setup) -> Measurement:
    """Instructions until complexity reaches 1; NaN if it does not within the rounds allowed."""
    tape, _, t, done, course = _forth_run(setup["seed"], setup["most_rounds"], setup["every"])
    complexity = high_order_complexity(tape)
    return Measurement(
        done if complexity >= TRANSITION else float("nan"),
        f"after {t * N_STARTS:,} starts; least instructions of a start before: {min(course):.0f}",
        {"rounds": t, "high_order_complexity": complexity, "steps_per_start": course},
    )


def forth_steps_after(setup: Setup) -> Measurement:
    """Mean instructions of a start over the rounds that follow the jump of complexity."""
    tape, owed, t, _, _ = _forth_run(setup["seed"], setup["most_rounds"], setup["every"])
    if high_order_complexity(tape) < TRANSITION:
        return Measurement(float("nan"), f"no jump within {t} rounds")
    means, n = [], setup["after"]
    for first in range(t, t + n, setup["every"]):
        tape, owed, counts = go_on("forth2", tape, owed, setup["seed"], first, setup["every"])
        means.append(float(counts[:, STEPS].mean() / N_STARTS))
    low, high = min(means), max(means)
    return Measurement(float(np.mean(means)), f"over {n} rounds; {low:.0f} to {high:.0f}", {"steps_per_start": means})
