"""The plan of one pass through a loop of the stack machine, made by running it on symbols.

A symbol is (what is counted from, a constant to add, bits to flip): ((value + constant) mod 256) xor bits. It is
counted from zero, from one of the SLOTS topmost places of the stack as they were when the pass began, or from a byte
that the pass read off the tape.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.substrates.stack_operations import (
    ANY,
    BACKWARD,
    COPY_ANY,
    COPY_BACK,
    COPY_OVER,
    COPY_OVER_GUARDED,
    DEC,
    DROP,
    DUP,
    FIELD,
    FORWARD,
    INC,
    LITERAL,
    NEEDS,
    NOTHING,
    OTHER_HALF,
    OWN,
    PARTNER,
    READ_OWN,
    SUB,
    SWAP,
    TEST,
    WHERE,
    WRITE_OWN,
    WRITE_PARTNER_GUARDED,
    place_of,
)

SLOTS = 16
"""Topmost places of the stack that a pass may touch; place k of this window is place depth - SLOTS + k of the stack."""
HIGHEST = 40
LOADS, MAX_LOADS = 48, 16
MAX_ROWS = 24
MAX_STEPS = 256

# What lies where in the plan (bytes): values to count from (0 is zero, then the slots, from LOADS on the bytes read);
# the symbol on each place of the window (base, constant, bits, whose entry); rows; shifts of the slots; bytes to undo.
VALUES = 0
BASES, CONSTANTS, FLIPS, ENTRY_OF = 64, 112, 160, 208
ROWS, WIDTH = 256, 12
KIND, SOURCE, TARGET, WHERE_FROM, WHERE_TO, RESULT, OUTCOME, GUARDED, MARK_OF = 0, 1, 4, 7, 8, 9, 9, 10, 11
SHIFTS = 560
UNDO = 640
# Numbers of 16 bits: the entry of each symbol from 0 on, of each byte read from MARK on, of each row from ROWS on.
MARK = 64

LOAD, STORE, COPY, TEST_ROW = 1, 2, 3, 4


@kernel(forceinline=True, allocates=False)
def value_of(plan, symbol):
    """The value of the symbol that is written down from place `symbol` of a plan on."""
    return np.int64(np.uint8(plan[VALUES + plan[symbol]] + plan[symbol + 1]) ^ plan[symbol + 2])


@kernel(forceinline=True, allocates=False)
def write_symbol(plan, row, window):
    """Writes the symbol on a place of the window into a row."""
    plan[row] = plan[BASES + window]
    plan[row + 1] = plan[CONSTANTS + window]
    plan[row + 2] = plan[FLIPS + window]


@kernel(forceinline=True, allocates=False)
def set_symbol(plan, marks, window, base, constant, flip, entry_of, mark):
    """Puts a symbol on a place of the window."""
    plan[BASES + window] = base
    plan[CONSTANTS + window] = np.uint8(constant)
    plan[FLIPS + window] = np.uint8(flip)
    plan[ENTRY_OF + window] = entry_of
    marks[window] = mark


@kernel(forceinline=True, allocates=False)
def symbol_at(plan, marks, window):
    """The symbol on a place of the window: base, constant, bits, whose entry it has, or else the entry."""
    return (
        np.int64(plan[BASES + window]),
        np.int64(plan[CONSTANTS + window]),
        np.int64(plan[FLIPS + window]),
        np.int64(plan[ENTRY_OF + window]),
        marks[window],
    )


@kernel(allocates=False)
def steady(plan, marks, entries, least, low, origins):
    """Whether a pass leaves the stack as it was, apart from counters, whose shifts are noted.

    A place that is filled from another counter's place moves along with it if it does so now.
    """
    for w in range(max(1, least), SLOTS + 1):
        if plan[BASES + w] == w:
            plan[SHIFTS + w] = plan[CONSTANTS + w]
    for w in range(max(1, least), SLOTS + 1):
        if low + w <= 0:
            continue
        base, constant, flip, entry_of, mark = symbol_at(plan, marks, w)
        if base != w:
            shift = np.int64(plan[SHIFTS + base])
            if base > SLOTS or plan[VALUES + w] != (plan[VALUES + base] + constant - shift) & 255:
                return False
            plan[SHIFTS + w] = np.uint8(shift)
        if flip != 0 or (base != 0 and plan[BASES + base] != base):
            return False
        if origins is not None and (entry_of != 0 or mark != entries[low + w]):
            return False
    return True


@kernel(allocates=False)
def plan_pass(tape, origins, stack, entries, depth, start, table, plan, marks, on_path):
    """Plans the pass that begins at `start` with a stack of `depth`, and marks in `on_path` the places it reads.

    Returns:
        rows; steps (0 if there is no plan); steps that are no operation; the modulus of what the rows do with slots:
        counters that come back modulo it do the same again; the values that a pass leaves on top of the stack it
        found, of which it must not have used any, if it leaves some; the most that lay on top of it meanwhile.
    """
    size, low = tape.size, depth - SLOTS
    for place in range(size):
        on_path[place] = 0
    for w in range(SLOTS + 1):
        inside = low + w > 0
        plan[VALUES + w] = stack[low + w] if inside and w > 0 else 0
        set_symbol(plan, marks, w, w if inside else 0, 0, 0, 0, 0)
        plan[SHIFTS + w] = 0
        if origins is not None and inside:
            marks[w] = entries[low + w]
    bottom = max(0, -low)
    top, pointer, n_rows, n_loads, steps, idle, span = SLOTS, start, 0, 0, 0, 0, 1
    least, peak = SLOTS, SLOTS
    while steps < MAX_STEPS:
        byte = tape[pointer]
        operation = table[byte]
        on_path[pointer] = 255
        steps += 1
        one, two = max(top - 1, bottom), max(top - 2, bottom)
        least = min(least, top - NEEDS[operation])
        if (least < 0 and low > 0) or top >= HIGHEST or low + top >= size or n_rows == MAX_ROWS:
            return 0, 0, 0, 0, 0, 0
        here = np.uint16(0)
        if origins is not None:
            here = origins[pointer]
            if low <= 0:
                marks[bottom] = here
        row = ROWS + WIDTH * n_rows
        if operation == NOTHING:
            idle += 1
        elif operation == FORWARD:
            pointer += np.int64(byte & FIELD)
        elif operation == BACKWARD:
            pointer -= np.int64(byte & FIELD) + 2
        elif operation == LITERAL:
            top += 1
            set_symbol(plan, marks, top, 0, byte & FIELD, 0, 0, here)
        elif operation == DROP:
            top = one
        elif operation == SWAP:
            upper, lower = symbol_at(plan, marks, top), symbol_at(plan, marks, one)
            top = two + 2
            set_symbol(plan, marks, top - 1, *upper)
            set_symbol(plan, marks, top, *lower)
        elif operation >= COPY_OVER:
            back, everywhere = operation == COPY_BACK, operation == COPY_ANY
            write_symbol(plan, row + SOURCE, one if everywhere else top)
            write_symbol(plan, row + TARGET, top)
            plan[row + KIND] = COPY
            plan[row + WHERE_FROM] = ANY if everywhere else (PARTNER if back else OWN)
            plan[row + WHERE_TO] = ANY if everywhere else (OWN if back else PARTNER)
            plan[row + GUARDED] = operation == COPY_OVER_GUARDED
            span = max(span, size if everywhere else size >> 1)
            top = two if everywhere else one
            n_rows += 1
        elif operation >= WRITE_OWN:
            write_symbol(plan, row + SOURCE, top)
            write_symbol(plan, row + TARGET, one)
            plan[row + KIND] = STORE
            plan[row + WHERE_TO] = WHERE[operation]
            plan[row + GUARDED] = operation == WRITE_PARTNER_GUARDED
            plan[row + MARK_OF] = plan[ENTRY_OF + top]
            marks[ROWS + n_rows] = marks[top]
            span = 256
            top = two
            n_rows += 1
        elif operation >= READ_OWN:
            if n_loads == MAX_LOADS:
                return 0, 0, 0, 0, 0, 0
            write_symbol(plan, row + SOURCE, top)
            plan[row + KIND] = LOAD
            plan[row + WHERE_FROM] = WHERE[operation]
            plan[row + RESULT] = LOADS + n_loads
            span = max(span, size if WHERE[operation] == ANY else size >> 1)
            # What lies there now is only a guess at what the pass will read; tests that hang on it are tested again.
            guess = tape[place_of(WHERE[operation], value_of(plan, row + SOURCE), size)]
            plan[VALUES + LOADS + n_loads] = guess
            top = one + 1
            set_symbol(plan, marks, top, LOADS + n_loads, 0, 0, LOADS + n_loads, 0)
            n_loads += 1
            n_rows += 1
        else:
            base, constant, flip, entry_of, mark = symbol_at(plan, marks, top)
            top = one + 1
            if operation == DUP:
                set_symbol(plan, marks, top, base, constant, flip, entry_of, mark)
                top += 1
            elif operation == TEST:
                set_symbol(plan, marks, top, base, constant, flip, entry_of, mark)
                write_symbol(plan, row + SOURCE, top)
                plan[row + KIND] = TEST_ROW
                passed = value_of(plan, row + SOURCE) != 0
                plan[row + OUTCOME] = passed
                pointer += passed
                span = 256
                n_rows += 1
            elif operation == OTHER_HALF:
                constant ^= size >> 1 if base == 0 else 0
                flip ^= 0 if base == 0 else size >> 1
            else:
                added, from_what = 1, base
                if operation == DEC:
                    added = -1
                elif operation != INC:
                    other_base, added, other_flip, _, _ = symbol_at(plan, marks, one)
                    if other_flip != 0 or (other_base != 0 and (base != 0 or operation == SUB)):
                        return 0, 0, 0, 0, 0, 0
                    from_what = base | other_base
                    added = -added if operation == SUB else added
                    top = two + 1
                if flip != 0:
                    return 0, 0, 0, 0, 0, 0
                base = from_what
                constant += added
            set_symbol(plan, marks, top, base, constant, flip, entry_of, mark)
        pointer += 1
        if pointer < 0 or pointer >= size:
            return 0, 0, 0, 0, 0, 0
        peak = max(peak, top)
        if pointer == start:
            growth = top - SLOTS
            lasts = least >= SLOTS if growth > 0 else growth == 0 and steady(plan, marks, entries, least, low, origins)
            return n_rows, steps if lasts else 0, idle, min(span, 256), growth, peak - SLOTS
    return 0, 0, 0, 0, 0, 0
