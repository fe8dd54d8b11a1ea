"""Programs that ask what programs will do, themselves included, and answers that do not contradict them.

A reflective oracle (arXiv 2511.22226, section 5) answers "does this program output 1 with probability above p?" and
may flip a coin where the probability is p exactly. Here programs are few and each asks one question, so the answers
can be found by iteration; an oracle for all programs cannot be computed.
"""

from __future__ import annotations

import dataclasses
import itertools
from typing import final

import numpy as np
from jaxtyping import Float

from primordia.core.errors import BadInputError


@final
@dataclasses.dataclass(frozen=True)
class Program:
    """Outputs 1 iff another's, or its own, probability of 1 is above (or below) a threshold.

    Args:
        asks: the place of the program that it asks about.
        above: whether it outputs 1 when that probability is above the threshold, or when it is below.
        threshold: where it changes its mind; at it, anything is consistent.
    """

    asks: int
    above: bool
    threshold: float = 0.5


LIAR = (Program(0, above=False),)
"""Outputs 1 iff it is predicted not to."""
MATCHING_PENNIES = (Program(1, above=True), Program(0, above=False))
"""The first wins by matching and so does what the other probably does; the second wins by differing."""
COORDINATION = (Program(1, above=True), Program(0, above=True))
"""Both win by matching."""


def answers(programs: tuple[Program, ...], belief: Float[np.ndarray, " program"]) -> Float[np.ndarray, " program"]:
    """What each program outputs when `belief` are the predicted probabilities of 1; 1 at a tie.

    Raises:
        BadInputError: a program asks about one that is not there.
    """
    for place, program in enumerate(programs):
        if not 0 <= program.asks < len(programs):
            raise BadInputError(
                f"Program {place} asks about program {program.asks}; allowed: 0 to {len(programs) - 1}."
            )
    asked = np.array([belief[program.asks] - program.threshold for program in programs])
    signs = np.array([1.0 if program.above else -1.0 for program in programs])
    return (signs * asked >= 0).astype(np.float64)


def averaged(programs: tuple[Program, ...], n: int, start: float = 0.9) -> Float[np.ndarray, "iteration program"]:
    """Predictions that are the mean of all outputs so far, from `start`, over `n` iterations (fictitious play)."""
    belief = np.full(len(programs), start)
    found = [belief]
    for place in range(1, n + 1):
        belief = belief + (answers(programs, belief) - belief) / (place + 1)
        found.append(belief)
    return np.array(found)


def damped(
    programs: tuple[Program, ...], n: int, rate: float, start: float = 0.9
) -> Float[np.ndarray, "iteration program"]:
    """Predictions that move by a fixed share towards the outputs; they circle the fixed point and do not settle.

    Raises:
        BadInputError: the rate is not above 0 and at most 1.
    """
    if not 0 < rate <= 1:
        raise BadInputError(f"A damping rate of {rate:g} goes nowhere or too far; allowed: above 0, at most 1.")
    belief = np.full(len(programs), start)
    found = [belief]
    for _ in range(n):
        belief = belief + rate * (answers(programs, belief) - belief)
        found.append(belief)
    return np.array(found)


def certain_answers(programs: tuple[Program, ...]) -> tuple[tuple[int, ...], ...]:
    """Every consistent prediction without coins; none for the liar, and none for matching pennies."""
    found = []
    for outputs in itertools.product((0, 1), repeat=len(programs)):
        if np.array_equal(answers(programs, np.array(outputs, np.float64)), outputs):
            found.append(outputs)
    return tuple(found)
