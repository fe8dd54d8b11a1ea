"""The guarded byte of forthtrivial_reset: who tries to overwrite one loses its own program to noise."""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.counter import mix

GUARD = np.uint8(0x13)


@kernel(allocates=False)
def scramble(tape, origins, pointer):
    """Overwrites the first half of the tape with bytes that follow from the whole tape and the pointer.

    With h the hash of all bytes, byte i becomes S(h L^2 + L pointer + i) for programs of L bytes; the authors' code has
    L = 64. What was there is gone, so every byte now comes from the one at the pointer.
    """
    length = tape.size >> 1
    word = np.uint64(0)
    for i in range(tape.size):
        word = mix(word ^ np.uint64(tape[i]))
    word = word * np.uint64(length * length) + np.uint64(length * pointer)
    for i in range(length):
        tape[i] = np.uint8(mix(word + np.uint64(i)))
    if origins is not None:
        mark = origins[pointer]
        for i in range(length):
            origins[i] = mark
