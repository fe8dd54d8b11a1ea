"""What the languages of the Forth family have in common: bytes, names, classes, and the table of their machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from primordia.life.substrates import stack_operations as does
from primordia.life.substrates.declaration import Substrate
from primordia.life.substrates.notation import Decoded, Hex

N_NAMED = 0x0E
"""Bytes from here to LITERALS - 1 are no instruction."""
LITERALS, FORWARD, BACKWARD = 0x40, 0x80, 0xC0

STACK = {
    0x04: (does.DUP, "dup", "push the top again"),
    0x05: (does.DROP, "drop", "pop"),
    0x06: (does.SWAP, "swap", "exchange the two topmost values"),
    0x07: (does.TEST, "if0", "skip the next byte unless the top is 0; the top stays"),
    0x08: (does.INC, "inc", "top plus 1"),
    0x09: (does.DEC, "dec", "top minus 1"),
    0x0A: (does.ADD, "add", "pop a and b, push a + b"),
    0x0B: (does.SUB, "sub", "pop a (the top) and b, push a - b"),
}
HALVES = {
    0x00: (does.READ_OWN, "read0", "pop a, push byte a of the first half"),
    0x01: (does.READ_PARTNER, "read1", "pop a, push byte a of the second half"),
    0x02: (does.WRITE_OWN, "write0", "pop v and a, byte a of the first half becomes v"),
    0x03: (does.WRITE_PARTNER, "write1", "pop v and a, byte a of the second half becomes v"),
}
COPIES = {
    0x0C: (does.COPY_OVER, "copy0", "pop a, copy byte a of the first half to the second"),
    0x0D: (does.COPY_BACK, "copy1", "pop a, copy byte a of the second half to the first"),
}
WHOLE_TAPE = {
    0x00: (does.READ_ANY, "read", "pop a, push byte a of the tape"),
    0x01: (does.WRITE_ANY, "write", "pop v and a, byte a of the tape becomes v"),
    0x02: (does.COPY_ANY, "copy", "pop to and from, copy one byte of the tape to another"),
    0x03: (does.OTHER_HALF, "xor", "top exclusive-or 64, the same place in the other half"),
}
GUARDED = {
    0x03: (
        does.WRITE_PARTNER_GUARDED,
        "write1",
        f"{HALVES[0x03][2]}, unless it is 13: noise fills the first half",
    ),
    0x0C: (does.COPY_OVER_GUARDED, "copy0", f"{COPIES[0x0C][2]}, unless it is 13 there: noise fills the first"),
}
Names = Mapping[int, tuple[int, str, str]]

# Jumps are half of all byte values and literals a quarter, so these have the quiet colours.
LEGEND = {
    "other": "not an instruction",
    "null": "no byte of this language",
    "loop": "works on the stack",
    "head0": "pushes a number",
    "head1": "jumps",
    "write": "reads or writes a byte",
    "copy": "copies a byte",
}
START = "the pointer starts at 0, the stack is empty"
"""How every language of the family starts."""


def table(names: Names) -> NDArray[np.uint8]:
    """Byte -> operation of the machine."""
    operations = np.full(256, does.NOTHING, np.uint8)
    for byte, (operation, _, _) in names.items():
        operations[byte] = operation
    operations[LITERALS:FORWARD] = does.LITERAL
    operations[FORWARD:BACKWARD] = does.FORWARD
    operations[BACKWARD:] = does.BACKWARD
    return operations


def opcode_class(names: Names, byte: int) -> str:
    """The class of a byte, one of `CLASSES`."""
    if byte >= LITERALS:
        return "head1" if byte >= FORWARD else "head0"
    if byte not in names:
        return "other"
    operation = names[byte][0]
    if byte in STACK or operation == does.OTHER_HALF:
        return "loop"
    return "copy" if operation >= does.COPY_OVER else "write"


def declare(name: str, summary: str, names: Names, execute: Any, follow: Any) -> Substrate:
    """A substrate of the family, from the instructions below 0E."""

    def decode(program: bytes, offset: int) -> Decoded:
        byte = program[offset]
        field = byte & int(does.FIELD)
        if byte >= FORWARD:
            distance = field + 1 if byte < BACKWARD else -field - 1
            goal = offset + distance
            where = f"continue at {goal}" if goal >= 0 else "leave the tape: the run ends"
            return Decoded(1, f"jump {distance:+d}", where, goal if 0 <= goal < len(program) else None)
        if byte >= LITERALS:
            return Decoded(1, f"lit {field}", f"push {field}")
        if byte in names:
            return Decoded(1, names[byte][1], names[byte][2])
        return Decoded(1, f"{byte:02X}", "no operation")

    return Substrate(
        name,
        summary,
        Hex(name, decode),
        {byte: opcode_class(names, byte) for byte in range(256)},
        LEGEND,
        START,
        execute=execute,
        follow=follow,
        registers=("pointer", "depth", "top"),
    )
