"""A census of the programs of a soup: which are there, and how often."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from primordia.life.compile import kernel

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]

FACTOR = np.uint64(0x9E3779B97F4A7C15)
FOLD, TAG_SHIFT = np.uint64(29), np.uint64(32)
NUMBER = np.uint64(0xFFFFFFFF)
ONE = np.uint64(1)


@dataclasses.dataclass(frozen=True)
class Census:
    """The distinct programs of a soup, the most frequent first; equal counts in order of first appearance.

    Args:
        first: int64 [distinct program]: index of the first program in the soup with these bytes.
        counts: int64 [distinct program]: how many programs of the soup have these bytes.
    """

    first: Counts
    counts: Counts


def census(soup: Bytes) -> Census:
    """Count the distinct programs of a soup uint8 [program, byte], of a multiple of eight bytes each. Exact; O(n)."""
    words = np.ascontiguousarray(soup).view(np.uint64)
    first, counts, ranking = np.empty((3, len(words)), np.int64)
    table = np.zeros(1 << (2 * len(words) - 1).bit_length(), np.uint64)
    n_distinct = _tally(words, first, counts, table)
    _rank(counts[:n_distinct], np.zeros(len(words) + 1, np.int64), ranking)
    ranking = ranking[:n_distinct]
    return Census(first[ranking], counts[ranking])


@kernel(allocates=False)
def _equal(words, program, other):
    """Whether two programs hold the same bytes."""
    difference = np.uint64(0)
    for k in range(words.shape[1]):
        difference |= words[program, k] ^ words[other, k]
    return difference == 0


@kernel(allocates=False)
def _tally(words, first, counts, table):
    """Numbers the distinct programs in order of appearance; writes where each is first and how often; returns how many.

    `table` is open: a place is zero, or half the digest of a program above one more than its number. The digest only
    leads to the place; equal are programs whose bytes are.
    """
    n_distinct = 0
    last = np.uint64(table.size - 1)
    for i in range(words.shape[0]):
        digest = np.uint64(0)
        for k in range(words.shape[1]):
            digest = (digest ^ words[i, k]) * FACTOR
            digest ^= digest >> FOLD
        tag = digest >> TAG_SHIFT
        place = digest & last
        while True:
            found = table[place]
            if found == 0:
                first[n_distinct], counts[n_distinct] = i, 1
                n_distinct += 1
                table[place] = tag << TAG_SHIFT | np.uint64(n_distinct)
                break
            number = np.int64(found & NUMBER) - 1
            if found >> TAG_SHIFT == tag and _equal(words, first[number], i):
                counts[number] += 1
                break
            place = (place + ONE) & last
    return n_distinct


@kernel(allocates=False)
def _rank(counts, n_with, ranking):
    """Writes the numbers of programs by falling count, equal ones in their order; `n_with` is room, all zero."""
    for count in counts:
        n_with[count] += 1
    start = 0
    for count in range(n_with.size - 1, -1, -1):
        start, n_with[count] = start + n_with[count], start
    for number in range(counts.size):
        ranking[n_with[counts[number]]] = number
        n_with[counts[number]] += 1
