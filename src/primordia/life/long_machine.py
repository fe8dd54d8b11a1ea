"""The two-headed machine on pair tapes of more than 128 bytes: the same steps, with fewer shortcuts.

Source: docs/bff-semantics.md, section 3, where all that is modulo 2L stays so. The authors have 128 bytes only.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.primitives import lowest_bit
from primordia.life.tape import (
    ALL,
    DELTA,
    EFFECT,
    FROM_1,
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


@kernel(allocates=False)
def run_long(tape, origins, registers, max_steps, pointer, head_0, head_1, table, tests, zero_mask):
    """Runs a pair tape in place until it stops, 64 bytes at a time; see `machine.run`.

    A loop that comes back to where it was noted, with no byte changed since, is counted to its end and not run.
    """
    wrap = tape.size - 1
    head_0 &= wrap
    head_1 &= wrap
    operations = 0
    fuel_end = pointer + max_steps
    jumps, next_look, changes = 0, 1, 0
    seen_pointer, seen_0, seen_1, seen_left, seen_operations, seen_changes = -1, 0, 0, 0, 0, 0
    while pointer < min(tape.size, fuel_end):
        start = pointer & ~63
        stop = min(min(tape.size, fuel_end), start + 64)
        rest = instruction_mask(tape, start, tests) & window(pointer, stop)
        jumping = NOTHING
        while rest != 0:
            place = start + lowest_bit(rest)
            rest &= rest - ONE
            operation = table[tape[place]]
            operations += operation != NOTHING
            if operation >= OPEN:
                is_open = (operation == OPEN) | (operation == OPEN_FIXED)
                if (tape[head_0] & zero_mask == 0) == is_open:
                    jumping = operation
                    break
                continue
            source = head_1 if EFFECT[operation, FROM_1] else head_0
            target = head_1 if EFFECT[operation, TO_1] else head_0
            before = tape[target]
            value = np.uint8(tape[source] + EFFECT[operation, DELTA])
            tape[target] = value
            changes += value != before
            if origins is not None:
                changes += origins[target] != origins[source]
                origins[target] = origins[source]
            head_0 = (head_0 + EFFECT[operation, SHIFT_0]) & wrap
            head_1 = (head_1 + EFFECT[operation, SHIFT_1]) & wrap
            if (table[value] != NOTHING) != (table[before] != NOTHING):
                rest = instruction_mask(tape, start, tests) & window(pointer, stop)
                rest &= (ALL << np.uint64(place & 63)) << ONE
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
            jumps += 1
            steps_left = fuel_end - pointer
            here = (pointer == seen_pointer) & (head_0 == seen_0) & (head_1 == seen_1) & (changes == seen_changes)
            if here and steps_left > 0:
                rounds = steps_left // (seen_left - steps_left)
                operations += rounds * (operations - seen_operations)
                fuel_end -= rounds * (seen_left - steps_left)
                seen_pointer = -1
            elif jumps == next_look:
                next_look *= 2
                seen_pointer, seen_0, seen_1, seen_changes = pointer, head_0, head_1, changes
                seen_left, seen_operations = steps_left, operations
    if registers is not None:
        registers[0], registers[1], registers[2] = min(pointer, tape.size), head_0, head_1
    return operations
