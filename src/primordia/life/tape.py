"""The tape of the BFF family: its operations, where its instructions are, and which bracket matches which."""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.primitives import byte_matches, highest_bit, lowest_bit

NOTHING = 0
LEFT_0, RIGHT_0, LEFT_1, RIGHT_1 = 1, 2, 3, 4
MINUS, PLUS = 5, 6
COPY_0_TO_1, COPY_1_TO_0, COPY_1_TO_0_AND_MOVE = 7, 8, 9
OPEN, CLOSE, OPEN_FIXED, CLOSE_FIXED = 10, 11, 12, 13
ONE = np.uint64(1)
ALL = ~np.uint64(0)
# An index `x & LAST` is visibly not negative, which spares every tape access a test.
LAST = 127
FIXED_DISTANCE = 8

# What an operation other than a jump does, so that it can be done without a branch: the source byte plus `delta` goes
# to the target, then the heads move. For a mere move source and target are the same byte.
SHIFT_0, SHIFT_1, DELTA, FROM_1, TO_1 = range(5)
EFFECT = np.zeros((10, 5), np.int64)
EFFECT[LEFT_0, SHIFT_0], EFFECT[RIGHT_0, SHIFT_0] = -1, 1
EFFECT[LEFT_1, SHIFT_1], EFFECT[RIGHT_1, SHIFT_1] = -1, 1
EFFECT[MINUS, DELTA], EFFECT[PLUS, DELTA] = -1, 1
EFFECT[COPY_0_TO_1, TO_1] = 1
EFFECT[COPY_1_TO_0, FROM_1] = 1
EFFECT[COPY_1_TO_0_AND_MOVE, SHIFT_1], EFFECT[COPY_1_TO_0_AND_MOVE, FROM_1] = 1, 1


@kernel(forceinline=True, allocates=False)
def instruction_mask(tape, start, tests):
    """The places start .. start+63 that hold an instruction, as bits."""
    found = np.uint64(0)
    for k in range(tests.shape[0]):
        found |= byte_matches(tape, start, tests[k, 0], tests[k, 1], tests[k, 2])
    return found


@kernel(forceinline=True, allocates=False)
def window(first, stop):
    """The bits of the places first .. stop-1, which lie in one 64-bit word of the tape."""
    return (ALL << np.uint64(first & 63)) & (ALL >> np.uint64(-stop & 63))


@kernel(forceinline=True, allocates=False)
def next_place(low, high, place):
    """The first set place at or after `place` of a 128-bit mask, or 128."""
    if place < 64:
        rest = low & (ALL << np.uint64(place))
        if rest != 0:
            return lowest_bit(rest)
        return 64 + lowest_bit(high) if high != 0 else 128
    rest = high & (ALL << np.uint64(place & 63)) if place < 128 else np.uint64(0)
    return 64 + lowest_bit(rest) if rest != 0 else 128


@kernel(allocates=False)
def matching_close(tape, tests, place):
    """The place of the bracket that closes the one opened at `place`, on the tape as it is now; -1 if none."""
    depth = 1
    for start in range((place + 1) & ~63, tape.size, 64):
        opens = byte_matches(tape, start, tests[0, 0], tests[0, 1], tests[0, 2])
        both = opens | byte_matches(tape, start, tests[1, 0], tests[1, 1], tests[1, 2])
        if start <= place:
            both &= (ALL << np.uint64(place & 63)) << ONE
        while both != 0:
            q = lowest_bit(both)
            if (opens >> np.uint64(q)) & ONE:
                depth += 1
            else:
                depth -= 1
                if depth == 0:
                    return start + q
            both &= both - ONE
    return -1


@kernel(allocates=False)
def matching_open(tape, tests, place):
    """The place of the bracket that opens the one closed at `place`, on the tape as it is now; -1 if none."""
    depth = 1
    for start in range(place & ~63, -1, -64):
        opens = byte_matches(tape, start, tests[0, 0], tests[0, 1], tests[0, 2])
        both = opens | byte_matches(tape, start, tests[1, 0], tests[1, 1], tests[1, 2])
        if start + 64 > place:
            both &= (ONE << np.uint64(place & 63)) - ONE
        while both != 0:
            q = highest_bit(both)
            if (opens >> np.uint64(q)) & ONE:
                depth -= 1
                if depth == 0:
                    return start + q
            else:
                depth += 1
            both ^= ONE << np.uint64(q)
    return -1


@kernel(allocates=False)
def jump_goal(tape, tests, operation, place):
    """The place behind which a taken bracket at `place` continues; negative if it stops the run."""
    if operation == OPEN:
        return matching_close(tape, tests, place)
    if operation == CLOSE:
        return matching_open(tape, tests, place)
    return place + FIXED_DISTANCE if operation == OPEN_FIXED else place - FIXED_DISTANCE
