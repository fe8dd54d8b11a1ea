"""The stack machine of the Forth family, as one kernel that every language of the family shares.

A language gives a table (byte -> operation). The shortcuts are exact: tape, operations and registers are those of
reading one byte after the other. Source: docs/life-forth.md; arXiv 2406.19108, section 3.1.1.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.primitives import room, wide_room
from primordia.life.substrates.stack_guard import GUARD, scramble
from primordia.life.substrates.stack_loops import spin
from primordia.life.substrates.stack_operations import (
    ADD,
    BACKWARD,
    COPY_ANY,
    COPY_OVER,
    COPY_OVER_GUARDED,
    DEC,
    DROP,
    DUP,
    FIELD,
    FORWARD,
    INC,
    LITERAL,
    NOTHING,
    OTHER_HALF,
    READ_OWN,
    SUB,
    SWAP,
    TEST,
    WHERE,
    WRITE_OWN,
    WRITE_PARTNER_GUARDED,
    place_of,
    source_and_target,
)
from primordia.life.substrates.stack_states import is_noted, note

NOTED_FROM = 8
"""The jump back from which on whole states are noted. Most runs end before it."""


@kernel(allocates=False)
def run(tape, origins, registers, max_steps, table):
    """Runs a pair tape in place until it stops; returns its operations (steps on instruction bytes).

    `origins` and `registers` may be None. The stack lies at the places 1 .. depth of its room; place 0 holds the zero
    that an empty stack gives. A jump back at the place of an earlier one (noted at every power of two of jumps),
    with no less on the stack, may be a loop: it is handed to `spin`. If that cannot plan it, and the machine comes back
    to the very state noted then, the rounds that are left are counted.
    """
    size = tape.size
    stack = room()
    entries = wide_room()
    stack[0] = 0
    pointer, depth, steps, idle = 0, 0, 0, 0
    overflow = False
    jumps, next_look, tried, noted = 0, 1, False, False
    seen_place, seen_depth, seen_steps, seen_idle = -1, 0, 0, 0
    seen = room(), room(), wide_room(), wide_room()
    while steps < max_steps:
        byte = tape[np.uint64(pointer)]
        operation = table[byte]
        steps += 1
        if operation == NOTHING:
            idle += 1
        elif operation == FORWARD:
            pointer += np.int64(byte & FIELD)
        elif operation == BACKWARD:
            place = pointer
            pointer -= np.int64(byte & FIELD) + 2
            jumps += 1
            if place == seen_place and depth >= seen_depth and pointer >= -1:
                done, left = 0, max_steps - steps
                if not tried:
                    tried = True
                    done, resting, depth = spin(tape, origins, stack, entries, depth, pointer + 1, left, table)
                elif noted and depth == seen_depth and is_noted(tape, origins, stack, entries, depth, *seen):
                    rounds = left // (steps - seen_steps)
                    done, resting = rounds * (steps - seen_steps), rounds * (idle - seen_idle)
                if done > 0:
                    steps += done
                    idle += resting
                    seen_place = -1
            if jumps == next_look:
                next_look *= 2
                seen_place, seen_depth, seen_steps, seen_idle, tried = place, depth, steps, idle, False
                noted = jumps >= NOTED_FROM
                if noted:
                    note(tape, origins, stack, entries, depth, *seen)
        elif operation == LITERAL:
            if depth == size:
                overflow = True
            else:
                depth += 1
                stack[depth] = byte & FIELD
                if origins is not None:
                    entries[depth] = origins[pointer]
        else:
            # What one and two pops leave, and what they give: place 0 is a zero that comes from this instruction.
            one, two = max(depth - 1, 0), max(depth - 2, 0)
            top, under = stack[depth], stack[one]
            if origins is not None:
                entries[0] = origins[pointer]
                top_entry, under_entry = entries[depth], entries[one]
            if operation >= COPY_OVER:
                source, target = source_and_target(operation, top, under, size)
                depth = two if operation == COPY_ANY else one
                if operation == COPY_OVER_GUARDED and tape[target] == GUARD:
                    scramble(tape, origins, pointer)
                else:
                    tape[target] = tape[source]
                    if origins is not None:
                        origins[target] = origins[source]
            elif operation >= WRITE_OWN:
                target = place_of(WHERE[operation], under, size)
                depth = two
                if operation == WRITE_PARTNER_GUARDED and tape[target] == GUARD:
                    scramble(tape, origins, pointer)
                else:
                    tape[target] = top
                    if origins is not None:
                        origins[target] = top_entry
            elif operation >= READ_OWN:
                source = place_of(WHERE[operation], top, size)
                depth = one + 1
                stack[depth] = tape[source]
                if origins is not None:
                    entries[depth] = origins[source]
            elif operation == DROP:
                depth = one
            elif operation == SWAP:
                depth = two + 2
                stack[depth - 1], stack[depth] = top, under
                if origins is not None:
                    entries[depth - 1], entries[depth] = top_entry, under_entry
            else:
                depth = (two if (operation == ADD) | (operation == SUB) else one) + 1
                if operation == ADD:
                    top += under
                elif operation == SUB:
                    top -= under
                elif operation == INC:
                    top += np.uint8(1)
                elif operation == DEC:
                    top -= np.uint8(1)
                elif operation == OTHER_HALF:
                    top ^= np.uint8(size >> 1)
                elif operation == TEST:
                    pointer += top != 0
                stack[depth] = top
                if origins is not None:
                    entries[depth] = top_entry
                if operation == DUP:
                    overflow = depth == size
                    depth += not overflow
                    stack[depth] = top
                    if origins is not None:
                        entries[depth] = top_entry
        pointer += 1
        if pointer < 0 or pointer >= size or overflow:
            break
    if registers is not None:
        registers[0], registers[1], registers[2] = pointer, depth, stack[depth]
    return steps - idle
