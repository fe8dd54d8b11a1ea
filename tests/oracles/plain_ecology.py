"""Families and outcomes the slow way: one pair at a time, from the definitions. Nothing here comes from the package."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence


def edit_distance(first: Sequence[int], second: Sequence[int]) -> int:
    """Fewest insertions, deletions and replacements, by the recursion that defines them."""

    @functools.cache
    def between(i: int, j: int) -> int:
        if i == 0 or j == 0:
            return i + j
        replaced = between(i - 1, j - 1) + (first[i - 1] != second[j - 1])
        return min(replaced, between(i - 1, j) + 1, between(i, j - 1) + 1)

    return between(len(first), len(second))


def families(strings: Sequence[Sequence[int]], tolerance: float) -> list[int]:
    """The number of each string's family: it joins the first founder that it, or it read backwards, is close to."""
    founders: list[Sequence[int]] = []
    found = []
    for string in strings:
        backwards = list(reversed(string))
        for number, founder in enumerate(founders):
            allowed = tolerance * max(len(founder), len(string))
            if min(edit_distance(founder, string), edit_distance(founder, backwards)) <= allowed:
                found.append(number)
                break
        else:
            found.append(len(founders))
            founders.append(string)
    return found


def outcome(run: Callable[[bytearray], None], programs: Sequence[bytes], first: int, second: int) -> tuple[int, int]:
    """Which programs the halves of a meeting are in the end, or -1: nearest at any shift, mirrored or not."""
    tape = bytearray(programs[first] + programs[second])
    run(tape)
    length = len(tape) // 2
    return nearest(programs, bytes(tape[:length])), nearest(programs, bytes(tape[length:]))


def nearest(programs: Sequence[bytes], half: bytes) -> int:
    length = len(half)
    best, least = -1, length // 4 + 1
    for number, program in enumerate(programs):
        for form in (program, program[::-1]):
            for shift in range(length):
                moved = form[length - shift :] + form[: length - shift]
                differing = sum(a != b for a, b in zip(moved, half, strict=True))
                if differing < least:
                    best, least = number, differing
    return best
