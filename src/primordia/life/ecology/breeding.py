"""Two programs meet again and again: generation after generation the halves that came out are the next pair."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from primordia.life.replicators import MAX_STEPS

Bytes = npt.NDArray[np.uint8]


class Kinship(NamedTuple):
    """How many bytes of a half equal those of each parent, at the same or at the mirrored place, whichever are more."""

    first: int
    second: int


class Generation(NamedTuple):
    """A generation: number, both halves uint8 [byte], whom each resembles, and the operations that led to it."""

    number: int
    halves: tuple[Bytes, Bytes]
    kinship: tuple[Kinship, Kinship]
    operations: int


def breed(
    language: str, first: Bytes, second: Bytes, n_generations: int, swap: bool = False, max_steps: int = MAX_STEPS
) -> list[Generation]:
    """Generations 0 .. n_generations of a pair of programs, both uint8 [byte]; nothing mutates.

    Args:
        language: the substrate's name.
        first: who stands first at the beginning.
        second: who stands second.
        n_generations: meetings.
        swap: whether the halves change places before every meeting but the first.
        max_steps: step limit of a meeting.
    """
    from primordia.life.soup import evaluate

    length = len(first)
    halves, operations = (first, second), 0
    found = []
    for number in range(n_generations + 1):
        if number:
            pair = halves[::-1] if swap and number > 1 else halves
            ends, counted = evaluate(language, np.concatenate(pair)[None], max_steps, n_threads=1)
            halves, operations = (ends[0, :length], ends[0, length:]), int(counted[0])
        kin = tuple(Kinship(_common(half, first), _common(half, second)) for half in halves)
        found.append(Generation(number, halves, (kin[0], kin[1]), operations))
    return found


def _common(half: Bytes, parent: Bytes) -> int:
    return max(int((half == parent).sum()), int((half == parent[::-1]).sum()))
