"""The two-headed machine of the BFF family, as one kernel that every language of the family shares.

A language gives a table (byte -> operation), the tests that find its instructions 64 bytes at a time, and its rule for
what counts as zero. The shortcuts are exact: tape and operation count are those of reading one byte after the other.
Source: docs/bff-semantics.md, section 3; arXiv 2406.19108, section 2.1.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.loops import spin
from primordia.life.primitives import lowest_bit, scratch
from primordia.life.tape import (
    ALL,
    CLOSE,
    DELTA,
    EFFECT,
    FROM_1,
    LAST,
    NOTHING,
    ONE,
    OPEN,
    OPEN_FIXED,
    SHIFT_0,
    SHIFT_1,
    TO_1,
    instruction_mask,
    matching_close,
    matching_open,
    window,
)

FIXED_DISTANCE = 8
# The jump back at which a run that keeps jumping first notes where it is; after that at every power of two times it.
FIRST_LOOK = 4


@kernel(allocates=False)
def same(tape, other):
    """Whether a tape holds the bytes that were noted of it."""
    difference = np.uint8(0)
    for i in range(tape.size):
        difference |= tape[i] ^ other[i]
    return difference == 0


@kernel(allocates=False)
def jump_goal(tape, tests, operation, place):
    """The place behind which a taken bracket at `place` continues; negative if it stops the run."""
    if operation == OPEN:
        return matching_close(tape, tests, place)
    if operation == CLOSE:
        return matching_open(tape, tests, place)
    return place + FIXED_DISTANCE if operation == OPEN_FIXED else place - FIXED_DISTANCE


@kernel(allocates=False)
def run(tape, max_steps, pointer, head_0, head_1, table, tests, zero_mask):
    """Runs a pair tape in place until it stops; returns its operations (steps on instruction bytes).

    `fuel_end` is the place at which the steps run out if the pointer never jumps again: a jump moves it along.
    The masks of instruction places never lose a bit: a place whose instruction was overwritten is visited in vain.
    """
    wrap = tape.size - 1
    low = instruction_mask(tape, 0, tests)
    high = instruction_mask(tape, 64, tests) if tape.size > 64 else np.uint64(0)
    head_0 &= wrap
    head_1 &= wrap
    operations = 0
    fuel_end = pointer + max_steps
    jumps, next_look = 0, FIRST_LOOK
    seen = scratch()
    seen_pointer, seen_0, seen_1, seen_left, seen_operations = -1, 0, 0, 0, 0
    while pointer < min(tape.size, fuel_end):
        half = pointer & 64
        stop = min(min(tape.size, fuel_end), half + 64)
        rest = (high if half else low) & window(pointer, stop)
        jumping = NOTHING
        while rest != 0:
            place = half | lowest_bit(rest)
            rest &= rest - ONE
            operation = table[tape[place & LAST]]
            operations += operation != NOTHING
            if operation >= OPEN:
                is_open = (operation == OPEN) | (operation == OPEN_FIXED)
                if (tape[head_0 & LAST] & zero_mask == 0) == is_open:
                    jumping = operation
                    break
                continue
            source = head_1 if EFFECT[operation, FROM_1] else head_0
            target = head_1 if EFFECT[operation, TO_1] else head_0
            before = tape[target & LAST]
            value = np.uint8(tape[source & LAST] + EFFECT[operation, DELTA])
            tape[target & LAST] = value
            head_0 = (head_0 + EFFECT[operation, SHIFT_0]) & wrap
            head_1 = (head_1 + EFFECT[operation, SHIFT_1]) & wrap
            if (table[value] != NOTHING) & (table[before] == NOTHING):
                if target < 64:
                    low |= ONE << np.uint64(target)
                else:
                    high |= ONE << np.uint64(target & 63)
                rest = (high if half else low) & window(pointer, stop) & ((ALL << np.uint64(place & 63)) << ONE)
        if jumping == NOTHING:
            pointer = stop
            continue
        goal = jump_goal(tape, tests, jumping, place)
        if goal < 0:
            return operations
        fuel_end += goal - place
        pointer = goal + 1
        if goal < place:
            pointer, head_0, head_1, done, passes, low, high = spin(
                tape, table, zero_mask, low, high, goal, place, head_0, head_1, fuel_end - pointer
            )
            operations += done
            # Whole passes are behind us; the linear stretch that the pointer is in started at goal + 1.
            fuel_end -= passes * (place - goal)
            if pointer > place:
                fuel_end += place - goal
            # A machine that is where it was, on the tape that was, will be there again: count the rounds that are left.
            jumps += 1
            steps_left = fuel_end - pointer
            if pointer == seen_pointer and head_0 == seen_0 and head_1 == seen_1 and same(tape, seen):
                rounds = max(0, steps_left) // (seen_left - steps_left)
                operations += rounds * (operations - seen_operations)
                fuel_end -= rounds * (seen_left - steps_left)
                seen_pointer, next_look = -1, max_steps
            elif jumps == next_look:
                for i in range(tape.size):
                    seen[i] = tape[i]
                next_look *= 2
                seen_pointer, seen_0, seen_1 = pointer, head_0, head_1
                seen_left, seen_operations = steps_left, operations
    return operations
