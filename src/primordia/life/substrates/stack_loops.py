"""Loops of the stack machine: one look at a pass, then pass after pass without reading the code again.

Exact shortcuts only: what a loop leaves on tape and stack, and the operations it counts, are those of running it. The
look is a run on symbols: every value on the stack is a constant, or a value that lay there when the pass began, or a
byte read in the pass, plus a constant. A pass that leaves the stack as it was, apart from counters, does the same to
the tape every time, only at other addresses, until it overwrites its own code or a test turns out otherwise.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.primitives import lowest_bit, room, wide_room
from primordia.life.substrates.stack_guard import GUARD
from primordia.life.substrates.stack_operations import ANY, PARTNER, place_of
from primordia.life.substrates.stack_plan import (
    BASES,
    CONSTANTS,
    COPY,
    ENTRY_OF,
    FLIPS,
    GUARDED,
    LOAD,
    MARK,
    MARK_OF,
    OUTCOME,
    RESULT,
    ROWS,
    SHIFTS,
    SLOTS,
    SOURCE,
    STORE,
    TARGET,
    TEST_ROW,
    UNDO,
    VALUES,
    WHERE_FROM,
    WHERE_TO,
    WIDTH,
    plan_pass,
    value_of,
)


@kernel(allocates=False)
def copy_half(tape, origins, on_path, shift, limit, where_from):
    """Copies a whole half over the other, if that is what the passes of a copying counter do; returns whether it did.

    A counter that moves by an odd number comes by every address. The loop's own code must not change under way.
    """
    length = tape.size >> 1
    if shift & 1 == 0 or limit < length or length > 256:
        return False
    source = length if where_from == PARTNER else 0
    target = length - source
    changes = np.uint8(0)
    for i in range(length):
        changes |= on_path[target + i] & (tape[target + i] ^ tape[source + i])
        if origins is not None:
            changes |= on_path[target + i] & np.uint8(origins[target + i] != origins[source + i])
    if changes != 0:
        return False
    for i in range(length):
        tape[target + i] = tape[source + i]
        if origins is not None:
            origins[target + i] = origins[source + i]
    return True


@kernel(allocates=False)
def one_pass(tape, origins, plan, marks, on_path, n_rows):
    """Does one pass; (whether it is whole, whether it changed the tape). One that is not whole leaves no trace.

    Not whole is a pass in which a test turns out otherwise than in the plan, the code of the pass would change, or a
    guarded byte would be overwritten.
    """
    n_changes, whole = 0, True
    for r in range(n_rows):
        row = ROWS + WIDTH * r
        kind = plan[row]
        value = value_of(plan, row + SOURCE)
        if kind == TEST_ROW:
            whole = (value != 0) == plan[row + OUTCOME]
            if whole:
                continue
            break
        mark = np.uint16(0)
        if kind == STORE:
            if origins is not None:
                loaded = plan[row + MARK_OF]
                mark = marks[MARK + loaded] if loaded != 0 else marks[ROWS + r]
        else:
            source = place_of(plan[row + WHERE_FROM], value, tape.size)
            value = np.int64(tape[source])
            if origins is not None:
                mark = origins[source]
            if kind == LOAD:
                plan[VALUES + plan[row + RESULT]] = np.uint8(value)
                if origins is not None:
                    marks[MARK + plan[row + RESULT]] = mark
                continue
        target = place_of(plan[row + WHERE_TO], value_of(plan, row + TARGET), tape.size)
        before = tape[target]
        if plan[row + GUARDED] != 0 and before == GUARD:
            whole = False
            break
        same = before == value
        if origins is not None:
            same = same and origins[target] == mark
        if same:
            continue
        if on_path[target] != 0:
            whole = False
            break
        plan[UNDO + n_changes] = before
        marks[UNDO + 2 * n_changes] = np.uint16(target)
        tape[target] = np.uint8(value)
        if origins is not None:
            marks[UNDO + 2 * n_changes + 1] = origins[target]
            origins[target] = mark
        n_changes += 1
    if not whole:
        for k in range(n_changes - 1, -1, -1):
            target = marks[UNDO + 2 * k]
            tape[target] = plan[UNDO + k]
            if origins is not None:
                origins[target] = marks[UNDO + 2 * k + 1]
    return whole, n_changes > 0


@kernel(allocates=False)
def pile(stack, entries, depth, plan, marks, growth, passes):
    """Puts on the stack what so many passes leave there, `growth` values each; returns the new depth."""
    for _ in range(passes):
        for w in range(SLOTS + 1, SLOTS + growth + 1):
            depth += 1
            stack[depth] = np.uint8(plan[VALUES + plan[BASES + w]] + plan[CONSTANTS + w]) ^ plan[FLIPS + w]
            loaded = plan[ENTRY_OF + w]
            entries[depth] = marks[MARK + loaded] if loaded != 0 else marks[w]
    return depth


@kernel(allocates=False)
def spin(tape, origins, stack, entries, depth, start, steps_left, table):
    """Runs whole passes of a loop that begins at `start` with a stack of `depth`.

    It stops when the steps do not reach for another pass, just before a pass that the plan does not hold for, or just
    before the pass in which the stack overflows. A loop that has changed nothing while its counters went once around
    never will: the passes that are left are then counted without being run.

    Returns:
        their steps (0: this is no loop, or none that a plan can be made of), how many of these are no operation, and
        the depth of the stack.
    """
    plan, marks, on_path = room(), wide_room(), room()
    n_rows, steps, idle, span, growth, peak = plan_pass(
        tape, origins, stack, entries, depth, start, table, plan, marks, on_path
    )
    if steps == 0:
        return 0, 0, depth
    limit = steps_left // steps
    if growth > 0:
        limit = min(limit, (tape.size - depth - peak) // growth + 1) if depth + peak <= tape.size else 0
    passes = limit
    whole = n_rows == 0
    if n_rows == 1 and plan[ROWS] == COPY and plan[ROWS + WHERE_FROM] != ANY and plan[ROWS + GUARDED] == 0:
        base = plan[ROWS + SOURCE]
        if base <= SLOTS:
            whole = copy_half(tape, origins, on_path, plan[SHIFTS + base], limit, plan[ROWS + WHERE_FROM])
    if not whole:
        period = 1
        for w in range(1, SLOTS + 1):
            if plan[SHIFTS + w] != 0:
                period = max(period, span >> lowest_bit(np.uint64(plan[SHIFTS + w])))
        passes, last_change = 0, 0
        while passes < limit:
            whole, changed = one_pass(tape, origins, plan, marks, on_path, n_rows)
            if not whole:
                break
            for w in range(1, SLOTS + 1):
                plan[VALUES + w] += plan[SHIFTS + w]
            passes += 1
            if growth > 0:
                depth = pile(stack, entries, depth, plan, marks, growth, 1)
            if changed:
                last_change = passes
            elif passes - last_change >= period:
                depth = pile(stack, entries, depth, plan, marks, growth, limit - passes)
                passes = limit
    elif growth > 0:
        depth = pile(stack, entries, depth, plan, marks, growth, limit)
    if growth == 0:
        for w in range(1, SLOTS + 1):
            place = depth - SLOTS + w
            if place > 0:
                stack[place] += np.uint8(plan[SHIFTS + w] * passes)
    return passes * steps, passes * idle, depth
