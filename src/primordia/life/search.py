"""Random programs by the million: draw or walk, run each once beside noise, and keep those that wrote to the partner.

Everything is a function of the seed, the step and the place of a program, so any number of threads gives the same bits.
"""

from __future__ import annotations

import dataclasses
from typing import final

import numpy as np
from numpy.typing import NDArray

from primordia.core.streams import Streams
from primordia.life.compile import kernel
from primordia.life.counter import mix
from primordia.life.interact import EXECUTE
from primordia.life.primitives import take_ticket
from primordia.life.replicators import Detector, round_seed, scores, strict_score
from primordia.life.soup import Team
from primordia.life.substrates import substrate

__all__ = ["DISTRIBUTIONS", "Distribution", "Found", "distribution", "least_changes", "step"]

Bytes = NDArray[np.uint8]
PER_TICKET = 256
LOW_31 = np.uint64((1 << 31) - 1)
U7, U8, U31, U32 = (np.uint64(k) for k in (7, 8, 31, 32))


@final
@dataclasses.dataclass(frozen=True)
class Distribution:
    """How a byte is drawn: by a fair coin from one of two lists, and evenly within it.

    Args:
        heads: uint8 [byte]: the values that one side of the coin gives.
        tails: uint8 [byte]: those that the other side gives; the same list again for uniform bytes.
    """

    heads: Bytes
    tails: Bytes


@final
@dataclasses.dataclass(frozen=True)
class Found:
    """What a step came to.

    Args:
        programs: uint8 [program, byte]: all programs after the step.
        busy: programs that changed enough of their partner to be put to the replication test.
        hits: int64 [hit]: the places of the replicators among the programs.
        hit_scores: int64 [hit]: their scores.
    """

    programs: Bytes
    busy: int
    hits: NDArray[np.int64]
    hit_scores: NDArray[np.int64]


DISTRIBUTIONS = ("uniform", "cust", "cust64")


def distribution(language: str, name: str, tape_length: int) -> Distribution:
    """The byte distributions of arXiv 2607.01483: uniform, cust (half operators, half other bytes), cust64.

    In cust64 the byte of the tape's length counts as an operator: where bytes say where the heads start, it puts one
    into the partner. Operators are the bytes that the language gives an instruction.
    """
    every = np.arange(256)
    if name == "uniform":
        return Distribution(every.astype(np.uint8), every.astype(np.uint8))
    operators = {byte for byte, kind in substrate(language).classes.items() if kind not in ("other", "null")}
    if name == "cust64":
        operators.add(tape_length)
    inside = np.isin(every, sorted(operators))
    return Distribution(every[inside].astype(np.uint8), every[~inside].astype(np.uint8))


def least_changes(tape_length: int) -> int:
    """Bytes that a program must change in its first partner to be tested: half of them, which is 32 of 64."""
    return tape_length // 2


def step(
    language: str,
    programs: Bytes,
    fresh: NDArray[np.bool_],
    *,
    distribution: Distribution,
    replacement_rate: float,
    streams: Streams,
    t: int,
    max_steps: int,
    detector: Detector,
) -> Found:
    """Every program takes a step, is run once beside random bytes (1 to 255), and if it wrote enough there is tested.

    Args:
        language: the substrate's name.
        programs: uint8 [program, byte] before the step; not changed.
        fresh: bool [program]: those that are drawn anew, whatever they were.
        distribution: of the bytes.
        replacement_rate: probability that a byte is drawn anew, in steps of 2^-32; 1 for independent programs.
        streams: the randomness of the run.
        t: number of the step; selects the draws.
        max_steps: step limit of a meeting.
        detector: constants of the replication test; its threshold is `strict_score`.

    Cost: one meeting a program, and `detector.n_branches * detector.n_meetings` for each that passes on to the test.
    """
    programs = np.array(programs, np.uint8, order="C")
    busy, tickets = np.zeros(len(programs), np.uint8), np.zeros(1, np.int64)
    execute = substrate(language).execute.dispatcher
    words = np.array([*streams.words("programs", t), *streams.words("partners", t)], np.uint64)
    threshold = np.uint64(round(replacement_rate * 2**32))
    with Team(None) as team:
        team.sum(
            search,
            *(execute, programs, fresh.view(np.uint8), busy, distribution.heads, distribution.tails, words),
            *(threshold, max_steps, least_changes(programs.shape[1]), tickets, PER_TICKET),
        )
    candidates = np.flatnonzero(busy)
    found = scores(
        language,
        programs[candidates],
        indices=candidates,
        n_programs=len(programs),
        round_seed=round_seed(streams.seed, t),
        max_steps=max_steps,
        detector=detector,
    )
    strict = found >= strict_score(programs.shape[1])
    return Found(programs, len(candidates), candidates[strict], found[strict])


@kernel
def walk(program, base, threshold, heads, tails):
    """Replaces bytes of a program, byte i by its own word S(base + i): half decides whether, half what comes."""
    for i in range(program.size):
        word = mix(base + np.uint64(i))
        if (word >> U32) < threshold:
            share = word & LOW_31
            if (word >> U31) & np.uint64(1):
                program[i] = heads[(share * np.uint64(heads.size)) >> U31]
            else:
                program[i] = tails[(share * np.uint64(tails.size)) >> U31]


@kernel(
    signature=f"int64({EXECUTE}, uint8[:, ::1], uint8[::1], uint8[::1], uint8[::1], uint8[::1], uint64[::1], uint64, "
    "int64, int64, int64[::1], int64)"
)
def search(execute, programs, fresh, busy, heads, tails, words, threshold, max_steps, least, tickets, n_share):
    """A thread's part of a step, in tickets of n_share programs; returns how many were busy, which `busy` marks."""
    n_programs, length = programs.shape
    tape, partner = np.empty(2 * length, np.uint8), np.empty(length, np.uint8)
    everything = np.uint64(1) << U32
    total = 0
    while True:
        first = take_ticket(tickets) * n_share
        if first >= n_programs:
            return total
        for k in range(first, min(n_programs, first + n_share)):
            base = mix(words[0] + np.uint64(k)) ^ words[1]
            walk(programs[k], base, everything if fresh[k] else threshold, heads, tails)
            base = mix(words[2] + np.uint64(k)) ^ words[3]
            for i in range(0, length, 8):
                word = mix(base + np.uint64(i))
                for place in range(i, i + 8):
                    # A zero would end the copy loop of many a replicator, and there is only this one partner.
                    partner[place] = max(np.uint8(word), np.uint8(1))
                    word >>= U8
            for i in range(length):
                tape[i] = programs[k, i]
                tape[length + i] = partner[i]
            execute(tape, max_steps)
            changed = 0
            for i in range(length):
                changed += tape[length + i] != partner[i]
            busy[k] = changed >= least
            total += busy[k]
