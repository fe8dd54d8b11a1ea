"""The operations of the stack machine, and where on the tape its addresses lead."""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel

NOTHING, LITERAL, FORWARD, BACKWARD = range(4)
DUP, DROP, SWAP, TEST, INC, DEC, ADD, SUB, OTHER_HALF = range(4, 13)
READ_OWN, READ_PARTNER, READ_ANY = 13, 14, 15
WRITE_OWN, WRITE_PARTNER, WRITE_ANY, WRITE_PARTNER_GUARDED = 16, 17, 18, 19
COPY_OVER, COPY_BACK, COPY_ANY, COPY_OVER_GUARDED = 20, 21, 22, 23

FIELD = np.uint8(63)
"""The bits of a literal or a jump that say which."""

OWN, PARTNER, ANY = 0, 1, 2
"""Where an address leads: into the first half of the tape, into the second, or anywhere on it."""


@kernel(forceinline=True, allocates=False)
def place_of(where, address, size):
    """The place on a tape of `size` bytes that an address (0 to 255) leads to, as an unsigned number."""
    length = size >> 1
    if where == ANY:
        return np.uint64(address & (size - 1))
    return np.uint64((address & (length - 1)) + (length if where == PARTNER else 0))


WHERE = np.zeros(24, np.uint8)
for _operation in (READ_PARTNER, WRITE_PARTNER, WRITE_PARTNER_GUARDED):
    WHERE[_operation] = PARTNER
WHERE[READ_ANY] = WHERE[WRITE_ANY] = ANY

NEEDS = np.zeros(24, np.int64)
"""How many values an operation pops, or only looks at."""
NEEDS[DUP:] = 1
for _operation in (SWAP, ADD, SUB, WRITE_OWN, WRITE_PARTNER, WRITE_ANY, WRITE_PARTNER_GUARDED, COPY_ANY):
    NEEDS[_operation] = 2


@kernel(forceinline=True, allocates=False)
def source_and_target(operation, top, under, size):
    """The places that an operation copies from and to, of the two topmost values."""
    if operation == COPY_ANY:
        return place_of(ANY, under, size), place_of(ANY, top, size)
    own, partner = place_of(OWN, top, size), place_of(PARTNER, top, size)
    return (partner, own) if operation == COPY_BACK else (own, partner)
