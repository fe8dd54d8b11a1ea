"""subleq: one instruction of three bytes with absolute addresses: t[a] -= t[b], and jump to c if that is <= 0.

Source: arXiv 2406.19108, section 3.2, and the authors' simulator; the rules are in docs/life-subleq.md.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.primitives import scratch
from primordia.life.substrates.declaration import Substrate
from primordia.life.substrates.notation import Decoded, Hex
from primordia.life.substrates.operands import CLASSES, FIRST_NOTE, LEGEND, NOTE_ROOM, differing, note

ONE, TWO, THREE = (np.uint64(k) for k in (1, 2, 3))
OFF_TAPE = ~np.uint64(0)


@kernel(forceinline=True, allocates=False)
def body(tape, origins, registers, max_steps):
    """Runs a pair tape in place; returns the instructions executed. The rest of a run that goes in circles is counted.

    `witness` is a place that differed when the tape was last compared with the one that was noted: as long as it
    does, nothing else is compared. Every write changes a byte in place, so the origins never move.
    """
    wrap, last = np.uint64(tape.size - 1), np.uint64(tape.size - 3)
    pointer, left = np.uint64(0), max_steps
    seen, witness = scratch(), np.uint64(0)
    seen_pointer, seen_left, jumps, next_note = OFF_TAPE, 0, 0, FIRST_NOTE
    if tape.size > NOTE_ROOM:
        next_note = -1
    while left > 0 and pointer <= last:
        left -= 1
        target = np.uint64(tape[pointer]) & wrap
        value = np.uint8(tape[target] - tape[np.uint64(tape[pointer + ONE]) & wrap])
        tape[target] = value
        if np.int8(value) > 0:
            pointer += THREE
            continue
        before = pointer
        pointer = np.uint64(tape[pointer + TWO])
        if pointer > before:
            continue
        jumps += 1
        if pointer == seen_pointer and tape[witness] == seen[witness]:
            place = differing(tape, None, seen)
            if place < 0:
                left %= seen_left - left
                next_note, seen_pointer = -1, OFF_TAPE
                continue
            witness = np.uint64(place)
        if jumps == next_note:
            note(tape, None, seen)
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
    """`execute`, which also leaves the pointer in `registers`; no byte is ever copied, so the origins stay."""
    return body(tape, origins, registers, max_steps)


def decode(program: bytes, offset: int) -> Decoded:
    """The instruction at an offset; addresses are modulo the length of the pair tape, the jump goal is not."""
    raw = program[offset : offset + 3]
    name = " ".join(map(str, raw))
    if len(raw) < 3:
        return Decoded(3, name, "goes on in the partner")
    a, b, c = raw
    return Decoded(3, name, f"t[{a}] -= t[{b}], to {c} if that is 0 or negative", c if c < len(program) else None)


SUBSTRATE = Substrate(
    "subleq",
    "One instruction with absolute addresses: subtract a byte from another, jump if the outcome is not positive.",
    Hex("subleq", decode),
    CLASSES,
    LEGEND,
    "pointer starts at 0",
    execute,
    follow,
)
