"""Sets of tape places as bit masks: which bytes are instructions, and where the next one is.

These are the scalar definitions. `primordia.life.vector` registers, for the CPU target, forms of the same functions in
a few machine instructions; tests hold the two equal.
"""

from __future__ import annotations


def byte_matches(tape, start, keep, low, span):
    """A 64-bit mask of the places start .. start+63 whose byte b satisfies ((b and keep) - low mod 256) <= span."""
    found = 0
    for i in range(min(64, tape.size - start)):
        if ((int(tape[start + i]) & keep) - low) & 255 <= span:
            found |= 1 << i
    return found


def lowest_bit(word):
    """The place of the lowest set bit of a nonzero 64-bit word."""
    place = 0
    while not (int(word) >> place) & 1:
        place += 1
    return place


def highest_bit(word):
    """The place of the highest set bit of a nonzero 64-bit word."""
    return int(word).bit_length() - 1


def count_bits(word):
    """The number of set bits of a 64-bit word."""
    return int(word).bit_count()
