"""What the two SUBLEQ languages share: bytes that are operands all, and a way to see that a run goes in circles.

There are no opcodes: the same instruction is read everywhere and a byte is an address, a distance or a value by its use
alone. So bytes are coloured by what they are as signed numbers.
"""

from __future__ import annotations

from primordia.life.compile import kernel

LEGEND = {
    "other": "any other number",
    "null": "zero",
    "loop": "-1 to -4",
    "head0": "1 to 4",
    "head1": "5 to 24",
    "write": "-5 to -24",
    "copy": "52 to 76 either way: about the length of a program",
}

NOTE_ROOM = 640
"""Bytes that `scratch` has room for: a longer tape, or a tape with its origins, is not noted."""
FIRST_NOTE = 5
"""The jump back at which a run is first noted; after that at every power of two times it."""


def signed(byte: int) -> int:
    """A byte as a number from -128 to 127."""
    return byte - 256 if byte > 127 else byte


def class_of(byte: int) -> str:
    """The class that a byte is coloured by; see `LEGEND`."""
    number = signed(byte)
    if number == 0:
        return "null"
    for least, most, ahead, back in ((1, 4, "head0", "loop"), (5, 24, "head1", "write"), (52, 76, "copy", "copy")):
        if least <= abs(number) <= most:
            return ahead if number > 0 else back
    return "other"


CLASSES = {byte: class_of(byte) for byte in range(256)}


@kernel(allocates=False)
def note(tape, origins, seen):
    """Notes the tape, and where its bytes came from if that is followed."""
    for i in range(tape.size):
        seen[i] = tape[i]
    if origins is not None:
        for i in range(tape.size):
            seen[tape.size + 2 * i] = origins[i] & 255
            seen[tape.size + 2 * i + 1] = origins[i] >> 8


@kernel(allocates=False)
def differing(tape, origins, seen):
    """A place at which the tape, or where its bytes came from, is not as noted; -1 if there is none."""
    for i in range(tape.size):
        if tape[i] != seen[i]:
            return i
    if origins is not None:
        for i in range(tape.size):
            if origins[i] != seen[tape.size + 2 * i] | (seen[tape.size + 2 * i + 1] << 8):
                return i
    return -1
