"""The two-headed machine of the BFF family, as one kernel that every language of the family shares.

A language gives a table (byte -> operation), the tests that find its instructions 64 bytes at a time, and its rule for
what counts as zero. The shortcuts are exact: tape and operation count are those of reading one byte after the other.
Source: specification 2.3; arXiv 2406.19108, section 2.1.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.primitives import byte_matches, highest_bit, lowest_bit, scratch

NOTHING = 0
LEFT_0, RIGHT_0, LEFT_1, RIGHT_1 = 1, 2, 3, 4
MINUS, PLUS = 5, 6
COPY_0_TO_1, COPY_1_TO_0, COPY_1_TO_0_AND_MOVE = 7, 8, 9
OPEN, CLOSE, OPEN_FIXED, CLOSE_FIXED = 10, 11, 12, 13
FIXED_DISTANCE = 8
ONE = np.uint64(1)
ALL = ~np.uint64(0)
# An index `x & LAST` is visibly not negative, which spares every tape access a test.
LAST = 127
# The jump back at which a run that keeps jumping first notes where it is; after that at every power of two times it.
FIRST_LOOK = 4
COLUMNS = 5

# What an operation other than a jump does, so that it can be done without a branch: the source byte plus `delta` goes
# to the target, then the heads move. For a mere move source and target are the same byte.
# Columns: shift of head0, shift of head1, delta, source is at head1, target is at head1.
EFFECT = np.zeros((10, 5), np.int64)
EFFECT[LEFT_0, 0], EFFECT[RIGHT_0, 0] = -1, 1
EFFECT[LEFT_1, 1], EFFECT[RIGHT_1, 1] = -1, 1
EFFECT[MINUS, 2], EFFECT[PLUS, 2] = -1, 1
EFFECT[COPY_0_TO_1, 4] = 1
EFFECT[COPY_1_TO_0, 3] = 1
EFFECT[COPY_1_TO_0_AND_MOVE, 1], EFFECT[COPY_1_TO_0_AND_MOVE, 3] = 1, 1


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


@kernel(allocates=False)
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


@kernel(allocates=False)
def fold(tape, table, low, high, opening, closing, plan):
    """Writes down what one pass through a loop body does, supposing that no bracket inside it jumps.

    Row k of `plan` (its COLUMNS bytes from COLUMNS k on) is the k-th write or bracket: operation, offsets of head0 and head1 (modulo 256) from where they
    stood at the start of the pass, place, and the operations before it in the pass. Returns the number of rows, the shift of either
    head over a pass, and the operations of a pass.
    """
    n_rows, shift_0, shift_1, operations = 0, 0, 0, 0
    place = next_place(low, high, opening + 1)
    while place < closing:
        operation = table[tape[place & LAST]]
        if operation > RIGHT_1:
            plan[0 + COLUMNS * n_rows] = operation
            plan[1 + COLUMNS * n_rows] = shift_0
            plan[2 + COLUMNS * n_rows] = shift_1
            plan[3 + COLUMNS * n_rows] = place
            plan[4 + COLUMNS * n_rows] = operations
            n_rows += 1
        if operation < OPEN:
            shift_0 += EFFECT[operation, 0]
            shift_1 += EFFECT[operation, 1]
        operations += operation != NOTHING
        place = next_place(low, high, place + 1)
    return n_rows, shift_0, shift_1, operations + 1


@kernel(allocates=False)
def head_period(shift_0, shift_1, wrap):
    """The number of passes after which both heads are back where they were: a power of two."""
    both = (shift_0 | shift_1) & wrap
    return 1 if both == 0 else (wrap + 1) >> lowest_bit(np.uint64(both))


@kernel(allocates=False)
def idle_passes(tape, zero_mask, plan, n_rows, head_0, head_1, shift_0, shift_1, limit):
    """The number of passes, at most `limit`, before a loop of no more than one copy changes a byte or is let out."""
    wrap = tape.size - 1
    source, target, tested = head_0, head_0, head_0 + shift_0
    if n_rows:
        source, target = head_0 + plan[1], head_1 + plan[2]
    step = shift_1 if n_rows else shift_0
    for passes in range(limit):
        if tape[source & wrap & LAST] != tape[target & wrap & LAST] or tape[tested & wrap & LAST] & zero_mask == 0:
            return passes
        source += shift_0
        target += step
        tested += shift_0
    return limit


@kernel(allocates=False)
def spin(tape, table, zero_mask, low, high, opening, closing, head_0, head_1, steps_left):
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
    period = head_period(shift_0, shift_1 if n_rows else 0, wrap)
    quick = n_rows == 0 or (n_rows == 1 and COPY_0_TO_1 <= plan[0] <= COPY_1_TO_0)
    passes, last_change = 0, 0
    while passes < last_pass:
        if quick:
            limit = min(last_pass - passes, period + 1)
            idle = idle_passes(tape, zero_mask, plan, n_rows, head_0, head_1, shift_0, shift_1, limit)
            idle = last_pass - passes if idle > period else idle
            passes += idle
            head_0 = (head_0 + shift_0 * idle) & wrap
            head_1 = (head_1 + shift_1 * idle) & wrap
            if passes == last_pass:
                break
        for k in range(n_rows):
            operation = plan[0 + COLUMNS * k]
            place_0 = (head_0 + plan[1 + COLUMNS * k]) & wrap
            place_1 = (head_1 + plan[2 + COLUMNS * k]) & wrap
            if operation >= OPEN:
                is_open = (operation == OPEN) | (operation == OPEN_FIXED)
                if (tape[place_0 & LAST] & zero_mask == 0) == is_open:
                    done = passes * operations + plan[4 + COLUMNS * k]
                    return plan[3 + COLUMNS * k], place_0, place_1, done, passes, low, high
                continue
            source = place_1 if EFFECT[operation, 3] else place_0
            target = place_1 if EFFECT[operation, 4] else place_0
            before = tape[target & LAST]
            value = np.uint8(tape[source & LAST] + EFFECT[operation, 2])
            if before == value:
                continue
            if table[before] != table[value]:
                if opening <= target <= closing:
                    done = passes * operations + plan[4 + COLUMNS * k]
                    return plan[3 + COLUMNS * k], place_0, place_1, done, passes, low, high
                if target < 64:
                    low |= ONE << np.uint64(target)
                else:
                    high |= ONE << np.uint64(target & 63)
            tape[target & LAST] = value
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
            source = head_1 if EFFECT[operation, 3] else head_0
            target = head_1 if EFFECT[operation, 4] else head_0
            before = tape[target & LAST]
            value = np.uint8(tape[source & LAST] + EFFECT[operation, 2])
            tape[target & LAST] = value
            head_0 = (head_0 + EFFECT[operation, 0]) & wrap
            head_1 = (head_1 + EFFECT[operation, 1]) & wrap
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
