"""The primitives as a card runs them: no vectors, no stack pointers, the same answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from primordia.life.gpu import target


def byte_matches(tape, start, keep, low, span):
    """See `primitives.byte_matches`."""
    found = np.uint64(0)
    for i in range(min(64, tape.size - start)):
        if np.uint8((tape[start + i] & keep) - low) <= span:
            found |= np.uint64(1) << np.uint64(i)
    return found


def lowest_bit(word):
    """See `primitives.lowest_bit`; by halves."""
    rest, place = np.uint64(word), 0
    half = 32
    while half > 0:
        if rest & ((np.uint64(1) << np.uint64(half)) - np.uint64(1)) == 0:
            rest >>= np.uint64(half)
            place += half
        half >>= 1
    return place


def highest_bit(word):
    """See `primitives.highest_bit`; by halves."""
    rest, place = np.uint64(word), 0
    half = 32
    while half > 0:
        if rest >> np.uint64(half) != 0:
            rest >>= np.uint64(half)
            place += half
        half >>= 1
    return place


def fetch_ahead(rows, row):
    """Nothing: a card hides the way to its memory behind other threads."""


class SimulatedNumbers:
    """Whole numbers of some bits as compiled code sees them: read as wide numbers, stored modulo 2^bits, no warning.

    The simulator runs kernels as Python, where NumPy's bytes would wrap around in arithmetic that the compiler widens.
    A place outside is an error here, also a negative one.
    """

    def __init__(self, size: int, bits: int) -> None:
        self.size = size
        self.last = (1 << bits) - 1
        self.cells = [0] * size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, place: Any) -> Any:
        return np.int64(self.cells[self._inside(place)])

    def __setitem__(self, place: Any, value: Any) -> None:
        self.cells[self._inside(place)] = int(value) & self.last

    def _inside(self, place: Any) -> int:
        """Compiled code would read or write whatever lies there."""
        if not 0 <= place < self.size:
            raise IndexError(f"place {place} of room for {self.size} numbers")
        return int(place)


def local_room(size: int, bits: int = 8) -> Any:
    """A device function that makes room for `size` whole numbers of some bits in the frame of its caller."""
    if target.is_simulated():
        return lambda: SimulatedNumbers(size, bits)
    cuda = target.cuda()
    kind = {8: np.uint8, 16: np.uint16}[bits]

    def room():
        return cuda.local.array(size, kind)

    return target.device_function(room, inline=True)


def all_forms() -> dict[str, Any]:
    """Every primitive that a substrate may name, by its name."""
    plain = (byte_matches, lowest_bit, highest_bit, fetch_ahead)
    rooms = {"scratch": local_room(640), "room": local_room(2112), "wide_room": local_room(2112, 16)}
    return {form.__name__: target.device_function(form) for form in plain} | rooms
