"""rsubleq4: one instruction of four bytes with relative operands: t[a] = t[b] - t[c], and jump by d if that is <= 0.

Source: arXiv 2406.19108, section 3.2, and the authors' simulator; the rules are in docs/life-subleq.md.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.primitives import scratch
from primordia.life.substrates.declaration import Substrate
from primordia.life.substrates.notation import Decoded, Hex
from primordia.life.substrates.operands import CLASSES, FIRST_NOTE, LEGEND, NOTE_ROOM, differing, note, signed
from primordia.life.substrates.rounds import run_rounds

ONE, TWO, THREE, FOUR = (np.uint64(k) for k in (1, 2, 3, 4))
OFF_TAPE = ~np.uint64(0)
NEVER = 1 << 30
LONGEST_WAIT = 16
"""Most jumps back between two looks at whether a loop can be run by rounds; it starts at one and doubles."""


@kernel(forceinline=True, allocates=False)
def distance(byte):
    """A byte as a signed number, as unsigned arithmetic wants it."""
    return np.uint64(np.int64(np.int8(byte)))


@kernel(forceinline=True, allocates=False)
def body(tape, origins, registers, max_steps):
    """Runs a pair tape in place; returns the instructions executed. The rest of a run that goes in circles is counted.

    The pointer is unsigned, so that one comparison sees it leave the tape at either end. `witness` is a place that
    differed when the tape was last compared with the one that was noted: as long as it does, nothing else is compared.
    """
    wrap, last = np.uint64(tape.size - 1), np.uint64(tape.size - 4)
    pointer, left = np.uint64(0), max_steps
    seen, witness = scratch(), np.uint64(0)
    seen_pointer, seen_left, jumps, next_note = OFF_TAPE, 0, 0, FIRST_NOTE
    if tape.size * (1 if origins is None else 3) > NOTE_ROOM:
        next_note = -1
    looping, wait, longer = OFF_TAPE, 0, 1
    while left > 0 and pointer <= last:
        left -= 1
        target = (pointer + distance(tape[pointer])) & wrap
        first = (pointer + distance(tape[pointer + ONE])) & wrap
        value = np.uint8(tape[first] - tape[(pointer + distance(tape[pointer + TWO])) & wrap])
        tape[target] = value
        if origins is not None:
            origins[target] = origins[first]
        if np.int8(value) > 0:
            pointer += FOUR
            continue
        before = pointer
        pointer += distance(tape[pointer + THREE])
        if pointer > before:  # ahead, or before the tape, which is far ahead without a sign
            continue
        jumps += 1
        if before != looping:
            looping, wait, longer = before, 0, 1
        elif wait > 0:
            wait -= 1
        else:
            rounds = run_rounds(tape, origins, np.int64(pointer), np.int64(before), left)
            left -= max(0, rounds) * (np.int64((before - pointer) >> TWO) + 1)
            if rounds > 1:
                longer = 1
            else:
                wait = NEVER if rounds < 0 else longer
                longer = min(2 * longer, LONGEST_WAIT)
        if pointer == seen_pointer and (origins is not None or tape[witness] == seen[witness]):
            place = differing(tape, origins, seen)
            if place < 0:
                left %= seen_left - left
                next_note, seen_pointer = -1, OFF_TAPE
                continue
            witness = np.uint64(place)
        if jumps == next_note:
            note(tape, origins, seen)
            next_note *= 2
            seen_pointer, seen_left, witness = pointer, left, target
    if registers is not None:
        registers[0] = np.int64(pointer)
    return max_steps - left


@kernel(allocates=False)
def execute(tape, max_steps):
    """Runs a pair tape in place until it stops; returns its operations."""
    return body(tape, None, None, max_steps)


@kernel(allocates=False)
def follow(tape, origins, registers, max_steps):
    """`execute`, which also moves the origins along and leaves the pointer in `registers`."""
    return body(tape, origins, registers, max_steps)


def decode(program: bytes, offset: int) -> Decoded:
    """The instruction at an offset, its places counted from the start of the program."""
    raw = program[offset : offset + 4]
    name = " ".join(str(signed(byte)) for byte in raw)
    if len(raw) < 4:
        return Decoded(4, name, "goes on in the partner")
    a, b, c, d = (offset + signed(byte) for byte in raw)
    goal = d if 0 <= d < len(program) else None
    return Decoded(4, name, f"t[{a}] = t[{b}] - t[{c}], to {d} if that is 0 or negative", goal)


SUBSTRATE = Substrate(
    "rsubleq4",
    "One instruction with relative addresses: subtract two bytes into a third, jump if the outcome is not positive.",
    Hex("rsubleq4", decode),
    CLASSES,
    LEGEND,
    "pointer starts at 0",
    execute,
    follow,
)
