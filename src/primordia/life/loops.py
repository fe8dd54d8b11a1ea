"""Loops of the two-headed machine: one look at the body, then pass after pass without reading it again.

Exact shortcuts only: what a loop leaves on the tape, and the operations it counts, are those of running it. So are
the origins of the bytes when they are followed; then a loop is at rest only when these do not change either.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.primitives import lowest_bit, scratch
from primordia.life.tape import (
    COPY_0_TO_1,
    COPY_1_TO_0_AND_MOVE,
    DELTA,
    EFFECT,
    FROM_1,
    LAST,
    NOTHING,
    ONE,
    OPEN,
    OPEN_FIXED,
    RIGHT_1,
    SHIFT_0,
    SHIFT_1,
    TO_1,
    next_place,
)

# Columns of a plan: operation, where head0 and head1 are, place in the body, operations of the pass before it.
COLUMNS = 5
OPERATION, AT_0, AT_1, PLACE, BEFORE = range(COLUMNS)
LOOK = 64
ZERO = np.uint64(0)
# Why a run of passes stopped: the steps do not reach for more, the loop test let it out, or the next pass is not whole.
WENT_ON, LET_OUT, CUT_SHORT = 0, 1, 2


@kernel(allocates=False)
def fold(tape, table, low, high, opening, closing, plan):
    """Writes down what one pass through a loop body does, supposing that no bracket inside it jumps.

    Row k of `plan` (its COLUMNS bytes from COLUMNS k on) is the k-th write or bracket: operation, offsets of head0 and
    head1 (modulo 256) from where they stood at the start of the pass, place, and the operations before it in the pass.
    Returns the number of rows, the shift of either head over a pass, and the operations of a pass.
    """
    n_rows, shift_0, shift_1, operations = 0, 0, 0, 0
    place = next_place(low, high, opening + 1)
    while place < closing:
        operation = table[tape[place & LAST]]
        if operation > RIGHT_1:
            plan[COLUMNS * n_rows + OPERATION] = operation
            plan[COLUMNS * n_rows + AT_0] = shift_0
            plan[COLUMNS * n_rows + AT_1] = shift_1
            plan[COLUMNS * n_rows + PLACE] = place
            plan[COLUMNS * n_rows + BEFORE] = operations
            n_rows += 1
        if operation < OPEN:
            shift_0 += EFFECT[operation, SHIFT_0]
            shift_1 += EFFECT[operation, SHIFT_1]
        operations += operation != NOTHING
        place = next_place(low, high, place + 1)
    return n_rows, shift_0, shift_1, operations + 1


@kernel(allocates=False)
def head_period(shift_0, shift_1, wrap):
    """The number of passes after which both heads are back where they were: a power of two."""
    both = (shift_0 | shift_1) & wrap
    return 1 if both == 0 else (wrap + 1) >> lowest_bit(np.uint64(both))


@kernel(allocates=False)
def at_rest(tape, origins, zero_mask, place_0, place_1, steps):
    """Whether a loop that compares or copies byte by byte, all around the tape, finds nothing to change and no zero.

    The heads stand at place_0 and place_1 and go one place a pass, the same way or, when their steps add up to zero,
    opposite ways. Each byte then meets the one at a fixed distance on the tape, or on the tape read backwards.
    """
    mirrored = steps == 0
    ring = scratch()
    for i in range(LAST + 1):
        ring[i] = tape[LAST - i] if mirrored else tape[i]
    for i in range(LAST + 1):
        ring[LAST + 1 + i] = ring[i]
    distance = (LAST - place_0 - place_1 if mirrored else place_1 - place_0) & LAST
    difference, least = np.uint8(0), np.uint8(255)
    for i in range(LAST + 1):
        difference |= tape[i] ^ ring[distance + i]
        least = min(least, np.uint8(tape[i] & zero_mask))
    if difference != 0 or least == 0:
        return False
    if origins is not None:
        for i in range(LAST + 1):
            met = (distance + i) & LAST
            if origins[i] != origins[LAST - met if mirrored else met]:
                return False
    return True


@kernel(allocates=False)
def copy_passes(
    tape, origins, table, zero_mask, low, high, opening, closing, plan, n_rows, head_0, head_1, shifts, limit
):
    """Runs a loop of at most one copy and no inner bracket, without a branch that depends on what is copied.

    Every LOOK passes a loop whose heads go one place a pass asks whether the whole tape is at rest.

    Returns:
        why it stopped (see `spin`), whole passes behind it (all of `limit` at rest), low, high.
    """
    wrap = tape.size - 1
    shift_0, shift_1 = shifts
    source, target, step_source, step_target = head_0, head_0, shift_0, shift_0
    tested = head_0 + shift_0
    if n_rows and plan[OPERATION] == COPY_0_TO_1:
        source, target, step_target = head_0 + plan[AT_0], head_1 + plan[AT_1], shift_1
    elif n_rows:
        source, target, step_source = head_1 + plan[AT_1], head_0 + plan[AT_0], shift_1
    by_one = wrap == LAST and abs(step_source) == 1 and abs(step_target) == 1
    period = head_period(shift_0, shift_1 if n_rows else 0, wrap)
    last_change = -1
    for passes in range(limit):
        source &= wrap
        target &= wrap
        value, before = tape[source & LAST], tape[target & LAST]
        if (table[value] != table[before]) & (opening <= target) & (target <= closing):
            return CUT_SHORT, passes, low, high
        tape[target & LAST] = value
        if origins is None:
            last_change = last_change if value == before else passes
        else:
            kept = (value == before) & (origins[source & LAST] == origins[target & LAST])
            last_change = last_change if kept else passes
            origins[target & LAST] = origins[source & LAST]
        bit = np.uint64(table[value] != NOTHING) << np.uint64(target & 63)
        low |= bit if target < 64 else ZERO
        high |= ZERO if target < 64 else bit
        if tape[tested & wrap & LAST] & zero_mask == 0:
            return LET_OUT, passes + 1, low, high
        tested += shift_0
        source += step_source
        target += step_target
        if passes - last_change > period:
            return WENT_ON, limit, low, high
        due = by_one and passes % LOOK == LOOK - 1
        if due and at_rest(tape, origins, zero_mask, source, target, step_source + step_target):
            return WENT_ON, limit, low, high
    return WENT_ON, limit, low, high


@kernel(allocates=False)
def spin(tape, origins, table, zero_mask, low, high, opening, closing, head_0, head_1, steps_left):
    """Runs a loop from the start of its body, as many passes at once as it can.

    It stops when the loop test lets it out, when steps_left do not reach for another pass, or just before a bracket
    inside the body that jumps or a write that would change what the body does. A loop that has changed nothing while
    its heads went once around never will: the passes that are left are then counted without being run.

    Returns:
        pointer, head_0, head_1, operations, passes, low, high.
    """
    wrap = tape.size - 1
    plan = scratch()
    n_rows, shift_0, shift_1, operations = fold(tape, table, low, high, opening, closing, plan)
    last_pass = steps_left // (closing - opening)
    if n_rows == 0 or (n_rows == 1 and COPY_0_TO_1 <= plan[OPERATION] <= COPY_1_TO_0_AND_MOVE):
        given = tape, origins, table, zero_mask, low, high, opening, closing, plan, n_rows, head_0, head_1
        why, passes, low, high = copy_passes(*given, (shift_0, shift_1), last_pass)
        head_0 = (head_0 + shift_0 * passes) & wrap
        head_1 = (head_1 + shift_1 * passes) & wrap
        done = passes * operations
        if why == CUT_SHORT:
            return (
                plan[PLACE],
                (head_0 + plan[AT_0]) & wrap,
                (head_1 + plan[AT_1]) & wrap,
                done + plan[BEFORE],
                passes,
                low,
                high,
            )
        return (closing if why == LET_OUT else opening) + 1, head_0, head_1, done, passes, low, high
    period = head_period(shift_0, shift_1, wrap)
    passes, last_change = 0, 0
    while passes < last_pass:
        for k in range(n_rows):
            operation = plan[COLUMNS * k + OPERATION]
            place_0 = (head_0 + plan[COLUMNS * k + AT_0]) & wrap
            place_1 = (head_1 + plan[COLUMNS * k + AT_1]) & wrap
            if operation >= OPEN:
                is_open = (operation == OPEN) | (operation == OPEN_FIXED)
                if (tape[place_0 & LAST] & zero_mask == 0) == is_open:
                    done = passes * operations + plan[COLUMNS * k + BEFORE]
                    return plan[COLUMNS * k + PLACE], place_0, place_1, done, passes, low, high
                continue
            source = place_1 if EFFECT[operation, FROM_1] else place_0
            target = place_1 if EFFECT[operation, TO_1] else place_0
            before = tape[target & LAST]
            value = np.uint8(tape[source & LAST] + EFFECT[operation, DELTA])
            if before == value:
                if origins is not None and origins[source & LAST] != origins[target & LAST]:
                    origins[target & LAST] = origins[source & LAST]
                    last_change = passes
                continue
            if table[before] != table[value]:
                if opening <= target <= closing:
                    done = passes * operations + plan[COLUMNS * k + BEFORE]
                    return plan[COLUMNS * k + PLACE], place_0, place_1, done, passes, low, high
                if target < 64:
                    low |= ONE << np.uint64(target)
                else:
                    high |= ONE << np.uint64(target & 63)
            tape[target & LAST] = value
            if origins is not None:
                origins[target & LAST] = origins[source & LAST]
            last_change = passes
        head_0 = (head_0 + shift_0) & wrap
        head_1 = (head_1 + shift_1) & wrap
        passes += 1
        if tape[head_0 & LAST] & zero_mask == 0:
            return closing + 1, head_0, head_1, passes * operations, passes, low, high
        if passes - last_change > period:
            head_0 = (head_0 + shift_0 * (last_pass - passes)) & wrap
            head_1 = (head_1 + shift_1 * (last_pass - passes)) & wrap
            passes = last_pass
    return opening + 1, head_0, head_1, passes * operations, passes, low, high
