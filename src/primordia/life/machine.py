"""The two-headed machine of the BFF family, as one kernel that every language of the family shares.

A language gives a table (byte -> operation), the tests that find its instructions 64 bytes at a time, and its rule for
what counts as zero. The shortcuts are exact: tape and operation count are those of reading one byte after the other.
Source: specification 2.3; arXiv 2406.19108, section 2.1.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.masks import byte_matches, highest_bit, lowest_bit

NOTHING = 0
LEFT_0, RIGHT_0, LEFT_1, RIGHT_1 = 1, 2, 3, 4
MINUS, PLUS = 5, 6
COPY_0_TO_1, COPY_1_TO_0, COPY_1_TO_0_AND_MOVE = 7, 8, 9
OPEN, CLOSE, OPEN_FIXED, CLOSE_FIXED = 10, 11, 12, 13
FIXED_DISTANCE = 8
ONE = np.uint64(1)
ALL = ~np.uint64(0)


@kernel
def instruction_mask(tape, start, tests):
    """The places start .. start+63 that hold an instruction, as bits."""
    found = np.uint64(0)
    for k in range(tests.shape[0]):
        found |= byte_matches(tape, start, tests[k, 0], tests[k, 1], tests[k, 2])
    return found


@kernel
def next_place(low, high, place):
    """The first set place at or after `place` of a 128-bit mask, or 128."""
    if place < 64:
        rest = low & (ALL << np.uint64(place))
        if rest != 0:
            return lowest_bit(rest)
        return 64 + lowest_bit(high) if high != 0 else 128
    rest = high & (ALL << np.uint64(place & 63)) if place < 128 else np.uint64(0)
    return 64 + lowest_bit(rest) if rest != 0 else 128


@kernel
def matching_close(tape, tests, place):
    """The place of the bracket that closes the one opened at `place`, on the tape as it is now; -1 if none."""
    depth = 1
    for start in range(place + 1 & 64, tape.size, 64):
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


@kernel
def matching_open(tape, tests, place):
    """The place of the bracket that opens the one closed at `place`, on the tape as it is now; -1 if none."""
    depth = 1
    for start in range(place & 64, -1, -64):
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


@kernel
def run(tape, max_steps, pointer, head_0, head_1, table, tests, zero_mask):
    """Runs a pair tape in place until it stops; returns its operations (steps on instruction bytes).

    `fuel_end` is the place at which the steps run out if the pointer never jumps again: a jump moves it along.
    """
    wrap = tape.size - 1
    low = instruction_mask(tape, 0, tests)
    high = instruction_mask(tape, 64, tests) if tape.size > 64 else np.uint64(0)
    head_0 &= wrap
    head_1 &= wrap
    operations = 0
    fuel_end = pointer + max_steps
    end = min(tape.size, fuel_end)
    while pointer < end:
        operation = table[tape[pointer]]
        if operation == NOTHING:
            pointer = next_place(low, high, pointer + 1)
            continue
        operations += 1
        target = -1
        value = np.uint8(0)
        if operation == LEFT_0:
            head_0 = (head_0 - 1) & wrap
        elif operation == RIGHT_0:
            head_0 = (head_0 + 1) & wrap
        elif operation == LEFT_1:
            head_1 = (head_1 - 1) & wrap
        elif operation == RIGHT_1:
            head_1 = (head_1 + 1) & wrap
        elif operation == MINUS:
            target, value = head_0, np.uint8(tape[head_0] - 1)
        elif operation == PLUS:
            target, value = head_0, np.uint8(tape[head_0] + 1)
        elif operation == COPY_0_TO_1:
            target, value = head_1, tape[head_0]
        elif operation == COPY_1_TO_0:
            target, value = head_0, tape[head_1]
        elif operation == COPY_1_TO_0_AND_MOVE:
            target, value = head_0, tape[head_1]
            head_1 = (head_1 + 1) & wrap
        else:
            is_open = operation == OPEN or operation == OPEN_FIXED
            if (tape[head_0] & zero_mask == 0) == is_open:
                if operation == OPEN:
                    goal = matching_close(tape, tests, pointer)
                elif operation == CLOSE:
                    goal = matching_open(tape, tests, pointer)
                elif operation == OPEN_FIXED:
                    goal = pointer + FIXED_DISTANCE
                else:
                    goal = pointer - FIXED_DISTANCE
                if goal < 0:
                    return operations
                fuel_end += goal - pointer
                end = min(tape.size, fuel_end)
                pointer = goal
        if target >= 0:
            tape[target] = value
            if table[value] != NOTHING:
                if target < 64:
                    low |= ONE << np.uint64(target)
                else:
                    high |= ONE << np.uint64(target & 63)
        pointer += 1
    return operations
