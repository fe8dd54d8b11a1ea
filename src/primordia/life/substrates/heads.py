"""What the languages of the BFF family have in common: glyphs, meanings, classes, and the tables of their tape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from primordia.life import tape
from primordia.life.substrates.declaration import Substrate
from primordia.life.substrates.notation import Glyphs

MEANINGS = {
    "<": "head0 one left",
    ">": "head0 one right",
    "{": "head1 one left",
    "}": "head1 one right",
    "-": "byte at head0 minus one",
    "+": "byte at head0 plus one",
    ".": "copy the byte at head0 to head1",
    ",": "copy the byte at head1 to head0",
    "[": "if the byte at head0 is zero, jump behind the matching ]",
    "]": "if the byte at head0 is not zero, jump back behind the matching [",
}
CLASSES = {"[": "loop", "]": "loop", "<": "head0", ">": "head0", "{": "head1", "}": "head1"}
CLASSES |= {"+": "write", "-": "write", ".": "copy", ",": "copy"}
OPERATIONS = {
    "<": tape.LEFT_0,
    ">": tape.RIGHT_0,
    "{": tape.LEFT_1,
    "}": tape.RIGHT_1,
    "-": tape.MINUS,
    "+": tape.PLUS,
    ".": tape.COPY_0_TO_1,
    ",": tape.COPY_1_TO_0,
    "[": tape.OPEN,
    "]": tape.CLOSE,
}
FIXED_MEANINGS = {
    "[": "if the byte at head0 is zero, go nine bytes forward",
    "]": "if the byte at head0 is not zero, go seven bytes back (stop if that is before the tape)",
}
FIXED_OPERATIONS = {"[": tape.OPEN_FIXED, "]": tape.CLOSE_FIXED}
MOVING_MEANINGS = {",": "copy the byte at head1 to head0, then head1 one right"}
MOVING_OPERATIONS = {",": tape.COPY_1_TO_0_AND_MOVE}

ASCII = {ord(glyph): glyph for glyph in MEANINGS}
# The ten instruction characters of ASCII in four tests: + , - . are neighbours, and < > and the brackets of either
# kind differ in a single bit.
ASCII_TESTS = ((0xFF, 0x2B, 3), (0xFD, 0x3C, 0), (0xDF, 0x5B, 0), (0xDF, 0x5D, 0))

FIXED_START = "heads and pointer start at 0"
TAPE_START = "head0 and head1 start where bytes 0 and 1 of the tape say, the pointer at 2"


def table(opcodes: Mapping[int, str], special: Mapping[str, int] | None = None) -> NDArray[np.uint8]:
    """Byte -> operation of the machine, for instruction bytes and the language's special operations."""
    operations = OPERATIONS | dict(special or {})
    return np.array([operations.get(opcodes.get(byte, ""), tape.NOTHING) for byte in range(256)], np.uint8)


def byte_tests(opens: int, closes: int, others: Sequence[tuple[int, int, int]], keep: int = 0xFF) -> NDArray[np.uint8]:
    """The rows (keep, low, span) that find, in this order, [ and ] and then the other instructions."""
    return np.array([(keep, opens, 0), (keep, closes, 0), *others], np.uint8)


REGISTERS = ("pointer", "head0", "head1")
LEGEND = {
    "other": "not an instruction",
    "null": "null byte: ends loops",
    "loop": "loop bracket",
    "head0": "moves head 0",
    "head1": "moves head 1",
    "write": "changes a byte",
    "copy": "copies a byte",
}


def declare(
    name: str,
    summary: str,
    opcodes: Mapping[int, str],
    *,
    special: Mapping[str, str] | None = None,
    zero_bytes: frozenset[int] = frozenset({0}),
    brackets: tuple[str, str] | None = ("[", "]"),
    spellings: Mapping[str, int] | None = None,
    **rest: Any,
) -> Substrate:
    """A substrate of the family; `special` holds the meanings that differ from the common ones."""
    classes = {}
    for byte in range(256):
        otherwise = "null" if byte in zero_bytes else "other"
        classes[byte] = CLASSES[opcodes[byte]] if byte in opcodes else otherwise
    meanings = {glyph: MEANINGS[glyph] for glyph in MEANINGS if glyph in opcodes.values()} | dict(special or {})
    notation = Glyphs(name, dict(opcodes), meanings, zero_bytes, brackets, dict(spellings or {}))
    return Substrate(name, summary, notation, classes, LEGEND, registers=REGISTERS, pointers=REGISTERS[1:], **rest)
