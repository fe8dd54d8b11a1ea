"""The two-headed machine of the BFF family, as one kernel that every language of the family shares.

A language gives a table (byte -> operation), the tests that find its instructions 64 bytes at a time, and its rule for
what counts as zero. The shortcuts are exact: tape and operation count are those of reading one byte after the other.
Source: docs/bff-semantics.md, section 3; arXiv 2406.19108, section 2.1.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.long_machine import run_long
from primordia.life.loops import spin
from primordia.life.primitives import lowest_bit, scratch
from primordia.life.tape import (
    ALL,
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
    jump_goal,
    window,
)

# Where the noted origins begin behind the noted bytes of a tape.
HALVES = 128
# The jump back at which a run that keeps jumping first notes where it is; after that at every power of two times it.
FIRST_LOOK = 4


@kernel(allocates=False)
def note(tape, origins, noted):
    """Notes the bytes of a tape, and behind them, low byte first, where each of them is from."""
    for i in range(tape.size):
        noted[i] = tape[i]
    if origins is not None:
        for i in range(tape.size):
            noted[HALVES + 2 * i] = origins[i] & 255
            noted[HALVES + 2 * i + 1] = origins[i] >> 8


@kernel(allocates=False)
def same(tape, origins, noted):
    """Whether a tape holds the bytes that were noted of it, each from where it was."""
    difference = np.uint8(0)
    for i in range(tape.size):
        difference |= tape[i] ^ noted[i]
    if origins is not None:
        for i in range(tape.size):
            difference |= np.uint8(origins[i] & 255) ^ noted[HALVES + 2 * i]
            difference |= np.uint8(origins[i] >> 8) ^ noted[HALVES + 2 * i + 1]
    return difference == 0


@kernel(allocates=False)
def run(tape, origins, registers, max_steps, pointer, head_0, head_1, table, tests, zero_mask):
    """Runs a pair tape in place until it stops; returns its operations (steps on instruction bytes).

    `origins` (uint16 [byte]) and `registers` (int64: pointer, head0, head1) may be None: what is done for them is then
    compiled away. A copied byte brings its entry of `origins` along; one that arithmetic changes keeps its own.

    `fuel_end` is the place at which the steps run out if the pointer never jumps again: a jump moves it along.
    The masks of instruction places never lose a bit: a place whose instruction was overwritten is visited in vain.
    """
    if tape.size > LAST + 1:
        return run_long(tape, origins, registers, max_steps, pointer, head_0, head_1, table, tests, zero_mask)
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
            if origins is not None:
                origins[target & LAST] = origins[source & LAST]
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
            pointer = place
            break
        fuel_end += goal - place
        pointer = goal + 1
        if goal < place:
            pointer, head_0, head_1, done, passes, low, high = spin(
                tape, origins, table, zero_mask, low, high, goal, place, head_0, head_1, fuel_end - pointer
            )
            operations += done
            # Whole passes are behind us; the linear stretch that the pointer is in started at goal + 1.
            fuel_end -= passes * (place - goal)
            if pointer > place:
                fuel_end += place - goal
            # A machine that is where it was, on the tape that was, will be there again: count the rounds that are left.
            jumps += 1
            steps_left = fuel_end - pointer
            if pointer == seen_pointer and head_0 == seen_0 and head_1 == seen_1 and same(tape, origins, seen):
                rounds = max(0, steps_left) // (seen_left - steps_left)
                operations += rounds * (operations - seen_operations)
                fuel_end -= rounds * (seen_left - steps_left)
                seen_pointer, next_look = -1, max_steps
            elif jumps == next_look:
                note(tape, origins, seen)
                next_look *= 2
                seen_pointer, seen_0, seen_1 = pointer, head_0, head_1
                seen_left, seen_operations = steps_left, operations
    if registers is not None:
        registers[0], registers[1], registers[2] = min(pointer, tape.size), head_0, head_1
    return operations
