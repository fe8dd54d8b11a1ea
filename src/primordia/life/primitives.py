"""The few operations of a machine that Numba does not offer: byte masks, bit counting, a hint to fetch memory.

These are the scalar definitions. `primordia.life.primitives_cpu` registers, for the CPU target, forms of the same
functions in a few machine instructions; tests hold the two equal.
"""

from __future__ import annotations

import numpy as np


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


def fetch_ahead(rows, row):
    """Asks the memory for a row that will be read and written soon; changes nothing."""


def scratch():
    """Room for 640 bytes that ends with the function that asked for it; on the stack, so it costs nothing."""
    return np.empty(640, np.uint8)


def room():
    """Room for 2,112 bytes, one for each place of the longest pair tape and some to spare; otherwise as `scratch`."""
    return np.empty(2112, np.uint8)


def wide_room():
    """Room for 2,112 numbers of 16 bits; otherwise as `scratch`."""
    return np.empty(2112, np.uint16)


def take_ticket(tickets):
    """The number on the next ticket, handed out once only, whichever thread asks."""
    number = tickets[0]
    tickets[0] += 1
    return number


def take_row(rows, row, tape, start):
    """Copies a row of a table of bytes to a tape, from place `start` on."""
    for i in range(rows.shape[1]):
        tape[start + i] = rows[row, i]


def put_row(rows, row, tape, start):
    """Copies a row of a table of bytes back from a tape, from place `start` on."""
    for i in range(rows.shape[1]):
        rows[row, i] = tape[start + i]
