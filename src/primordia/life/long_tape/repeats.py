"""What repeats on a long tape: units of two bytes, and the strings that occur most often."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from primordia.life.compile import kernel

Bytes = NDArray[np.uint8]

LONGEST = 128
"""The longest period that is looked for; the second Forth copies at most 127 places on."""
ENOUGH = 4
"""Bytes that must come again, at least, however short the period."""


@dataclasses.dataclass(frozen=True)
class Repeat:
    """A unit of two different bytes that repeats.

    Args:
        unit: the two bytes, in the order in which they stand at `place`.
        covered: bytes of the tape that lie in repeats of the unit, whichever of the two comes first there.
        place: where its longest repeat begins.
        length: bytes of the longest repeat.
    """

    unit: bytes
    covered: int
    place: int
    length: int


def repeats(tape: Bytes, most: int = 1) -> list[Repeat]:
    """The `most` units of two bytes that cover most of a circular tape uint8 [byte], the widest first.

    A repeat is four or more bytes on end in which two different bytes take turns, such as 01 C5 01 C5. A unit and its
    two bytes the other way round are one. Equal bytes on end are no repeat of a pair: floods of one byte would pass
    for structure.
    """
    # A window of four bytes that takes turns begins at i; windows that follow each other belong to one repeat.
    n = len(tape)
    one, two = tape, np.roll(tape, -1)
    begins = (one == np.roll(tape, -2)) & (two == np.roll(tape, -3)) & (one != two)
    windows = np.flatnonzero(begins)
    if not windows.size:
        return []
    if windows.size == n:
        unit = bytes(sorted((int(one[0]), int(two[0]))))
        return [Repeat(unit, n, int(np.flatnonzero(one == unit[0])[0]), n)]
    first = np.flatnonzero(begins & ~np.roll(begins, 1))
    last = np.flatnonzero(begins & ~np.roll(begins, -1))
    # A repeat across the end of the tape has its last window before its first.
    lengths = (np.roll(last, -1) if last[0] < first[0] else last) - first
    lengths = np.where(lengths < 0, lengths + n, lengths) + 4
    low, high = np.minimum(one, two)[first].astype(np.int64), np.maximum(one, two)[first].astype(np.int64)
    units, which = np.unique(low << 8 | high, return_inverse=True)
    covered = np.bincount(which, lengths).astype(np.int64)
    found = []
    for k in np.lexsort((units, -covered))[:most]:
        own = np.flatnonzero(which == k)
        longest = own[np.argmax(lengths[own])]
        place = int(first[longest])
        unit = bytes((int(one[place]), int(two[place])))
        found.append(Repeat(unit, int(covered[k]), place, int(lengths[longest])))
    return found


def frequent_strings(tape: Bytes, length: int, most: int) -> list[tuple[bytes, int]]:
    """The strings of `length` bytes that begin at most places of a circular tape uint8 [byte], with how many.

    Equal counts in order of the string's bytes.
    """
    ring = np.concatenate((tape, tape[: length - 1]))
    windows = np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(ring, length))
    strings, counts = np.unique(windows.view(f"V{length}").reshape(-1), return_counts=True)
    ranking = np.argsort(-counts, kind="stable")[:most]
    return [(strings[k].tobytes(), int(counts[k])) for k in ranking]


def periods(tape: Bytes) -> Bytes:
    """The smallest period of the repeat that each byte of a circular tape lies in, 0 if none; both uint8 [byte].

    A repeat of period p is a stretch of at least p + max(p, ENOUGH) bytes in which every byte equals the one p places
    on; p is at most LONGEST and the tape's length a power of two. By chance, such a stretch begins at one of 4 billion
    places of random bytes.
    """
    found = np.zeros(len(tape), np.uint8)
    mark_periods(tape, min(LONGEST, len(tape) // 2), ENOUGH, found)
    return found


@kernel
def mark_periods(tape, longest, enough, found):
    """Writes the smallest period of each byte's repeat; goes round twice, so that no repeat is cut at the end."""
    n, wrap = tape.size, tape.size - 1
    for period in range(longest, 0, -1):
        run = 0
        for k in range(2 * n + 1):
            same = tape[k & wrap] == tape[(k + period) & wrap] and k < 2 * n
            if same:
                run += 1
            elif run > 0:
                if run >= max(period, enough):
                    for i in range(k - run, min(k + period, k - run + n)):
                        found[i & wrap] = period
                run = 0


def copies_in_a_row(tape: Bytes, period: int) -> NDArray[np.int64]:
    """How often the string of `period` bytes at each place of a circular tape uint8 [byte] stands there end to end.

    int64 [byte], at least 1.
    """
    n = len(tape)
    different = np.flatnonzero(tape != np.roll(tape, -period))
    if not different.size:
        return np.full(n, n // period)
    following = np.append(different, different[0] + n)
    places = np.arange(n)
    return 1 + (following[np.searchsorted(different, places)] - places) // period
