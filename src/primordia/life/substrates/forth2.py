"""forth2: the second Forth of the paper's long tapes: digits, one copy instruction and one jump, relative to the place.

Addresses count from the place behind the instruction that uses them and go round the tape. The stack holds 1,024 signed
bytes; taking from it what is not there, or pushing onto a full one, is the only error and ends the run.
Source: arXiv 2406.19108, section 3.1.2, and the instruction set "f5" of its author's program (benlaurie/bff-ben).
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.primitives import room
from primordia.life.substrates.declaration import Substrate
from primordia.life.substrates.notation import Decoded, Hex

APPEND, COPY, INC, DEC, JUMP = 0x10, 0x20, 0x21, 0x22, 0x23
LAST = JUMP
DEPTH = 1024

LEGEND = {
    "other": "no operation",
    "null": "null byte: pushes 0",
    "loop": "jumps if the top is not zero",
    "head0": "pushes a digit from -8 to 7",
    "head1": "appends a hexadecimal digit to the top",
    "write": "top plus or minus one",
    "copy": "copies a byte of the tape",
}


@kernel(allocates=False)
def body(tape, start, stack, origins, registers, max_steps):
    """Runs the machine in place from tape place `start` until an error or the step limit.

    Args:
        tape: uint8 [byte], its length a power of two.
        start: the first instruction.
        stack: room for DEPTH bytes.
        origins: uint16 [byte] or None: entries that go with the bytes of the tape (docs/tokens.md).
        registers: int64 [3] or None: receives the pointer, the depth of the stack and its top (0 when it is empty).
        max_steps: bytes read.

    Returns:
        Bytes read, the instructions among them, and whether an error ended the run. The instruction that failed counts
        and changed nothing; the pointer stands on it.
    """
    wrap = tape.size - 1
    place, depth, steps, operations = start, 0, 0, 0
    top = 0
    failed = False
    while steps < max_steps:
        byte = np.int64(tape[place])
        behind = (place + 1) & wrap
        steps += 1
        if byte > LAST:
            place = behind
            continue
        operations += 1
        # `top` is the top of the stack; stack[k] holds the cell k + 1 from the bottom, except the top.
        if byte < APPEND:
            if depth == DEPTH:
                failed = True
                break
            stack[depth] = np.uint8(top)
            depth += 1
            top = (byte ^ 8) - 8
        elif depth < (2 if byte in (COPY, JUMP) else 1):
            failed = True
            break
        elif byte < COPY:
            top = np.int64(np.int8(top << 4 | byte & 15))
        elif byte == COPY:
            source = (behind + np.int64(np.int8(stack[depth - 1]))) & wrap
            target = (source + top) & wrap
            tape[target] = tape[source]
            if origins is not None:
                origins[target] = origins[source]
            depth -= 1
            top = np.int64(np.int8(stack[depth]))
        elif byte == JUMP:
            if top != 0:
                behind = (behind + np.int64(np.int8(stack[depth - 1]))) & wrap
            depth -= 2
            top = np.int64(np.int8(stack[depth]))
        else:
            top = np.int64(np.int8(top + (1 if byte == INC else -1)))
        place = behind
    if registers is not None:
        registers[0], registers[1], registers[2] = place, depth, top if depth else 0
    return steps, operations, failed


@kernel(allocates=False)
def execute(tape, max_steps):
    """Runs a pair tape in place until it stops; returns its operations (bytes read that are instructions)."""
    return body(tape, 0, room(), None, None, max_steps)[1]


@kernel(allocates=False)
def follow(tape, origins, registers, max_steps):
    """As `execute`; moves the entries of `origins` along with the bytes and leaves the registers behind."""
    return body(tape, 0, room(), origins, registers, max_steps)[1]


def decode(program: bytes, offset: int) -> Decoded:
    """The instruction at a place of a program; every one is a byte."""
    byte = program[offset]
    if byte < APPEND:
        return Decoded(1, f"push {(byte ^ 8) - 8}", f"push {(byte ^ 8) - 8}")
    if byte < COPY:
        return Decoded(1, f"digit {byte & 15:X}", f"top becomes 16 times the top plus {byte & 15}")
    names = {
        COPY: ("copy", "copy the byte at (here + second) by top places on; drop the top"),
        INC: ("inc", "top plus one"),
        DEC: ("dec", "top minus one"),
        JUMP: ("jump", "if the top is not zero, jump by second; drop both"),
    }
    return Decoded(1, *names.get(byte, ("·", "no operation")))


def opcode_class(byte: int) -> str:
    """Which of the seven opcode classes a byte has."""
    if byte < COPY:
        return ("head0" if byte else "null") if byte < APPEND else "head1"
    return {COPY: "copy", INC: "write", DEC: "write", JUMP: "loop"}.get(byte, "other")


SUBSTRATE = Substrate(
    "forth2",
    "The second Forth: four-bit digits, relative copy and jump, a strict stack.",
    Hex("forth2", decode),
    {byte: opcode_class(byte) for byte in range(256)},
    LEGEND,
    "pointer at 0, stack empty",
    execute,
    follow,
    registers=("pointer", "depth", "top"),
    max_steps=1000,
)
