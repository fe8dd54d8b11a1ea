"""What a substrate declares: how its bytes are read, written down, coloured and executed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from primordia.core.errors import BadInputError

# Bytes without a meaning are written as the characters from U+0100 on. Twelve of those look like two letters side by
# side in many fonts; they are written as capital letters instead (docs/bff-semantics.md, section 6).
PLAIN_GLYPHS = {byte: chr(0x100 + byte) for byte in range(256)}
PLAIN_GLYPHS |= dict(zip([*range(0xC4, 0xCD), *range(0xF1, 0xF4)], "ABCDEFGHIJKL", strict=True))
NULL_GLYPH = "0"


class Line(NamedTuple):
    """One byte of a disassembled program; `partner` is the offset of the matching bracket, or None."""

    offset: int
    byte: int
    glyph: str
    meaning: str
    opcode_class: str
    partner: int | None


@dataclass(frozen=True)
class Substrate:
    """A language of programs and the machine that runs them.

    Args:
        name: the name it is asked for by.
        summary: one sentence.
        opcodes: instruction byte -> glyph.
        meanings: glyph -> what the instruction does, in a phrase.
        classes: every byte -> opcode class, for colouring: loop, head0, head1, write, copy, null or other.
        zero_bytes: the bytes that a loop test takes for zero.
        start: how heads and pointer start, in a phrase.
        execute: kernel (tape, max_steps) -> operations, running a pair tape in place.
        brackets: (open, close) glyphs that match each other, or None where jumps have a fixed length.
        spellings: further glyphs that `parse` accepts -> byte.
    """

    name: str
    summary: str
    opcodes: Mapping[int, str]
    meanings: Mapping[str, str]
    classes: Mapping[int, str]
    zero_bytes: frozenset[int]
    start: str
    execute: Any = field(repr=False)
    brackets: tuple[str, str] | None = None
    spellings: Mapping[str, int] = field(default_factory=dict)

    def glyph(self, byte: int) -> str:
        """The one character that stands for a byte."""
        return self.opcodes.get(byte) or (NULL_GLYPH if byte in self.zero_bytes else PLAIN_GLYPHS[byte])

    def format(self, program: bytes) -> str:
        """A program as text, one character a byte."""
        return "".join(self.glyph(byte) for byte in bytes(program))

    def parse(self, text: str) -> bytes:
        """The program that a text stands for.

        Raises:
            BadInputError: a character that stands for no byte of this language.
        """
        known = {glyph: byte for byte, glyph in PLAIN_GLYPHS.items()} | {NULL_GLYPH: 0} | dict(self.spellings)
        known |= {glyph: byte for byte, glyph in sorted(self.opcodes.items(), reverse=True)}
        for place, glyph in enumerate(text):
            if glyph not in known:
                allowed = " ".join(sorted(set(self.opcodes.values())))
                raise BadInputError(
                    f"{self.name} has no glyph {glyph!r} (character {place} of the program text); "
                    f"its instructions are {allowed}, a null byte is {NULL_GLYPH}, and any other byte b is written "
                    f"as the character U+0100+b: replace {glyph!r} by one of these."
                )
        return bytes(known[glyph] for glyph in text)

    def disassemble(self, program: bytes) -> list[Line]:
        """One line per byte, brackets with the offset of their partner within the program."""
        partner = self._partners(bytes(program))
        lines = []
        for offset, byte in enumerate(bytes(program)):
            glyph = self.glyph(byte)
            meaning = self.meanings[glyph] if byte in self.opcodes else "no operation"
            lines.append(Line(offset, byte, glyph, meaning, self.classes[byte], partner.get(offset)))
        return lines

    def _partners(self, program: bytes) -> dict[int, int]:
        partner: dict[int, int] = {}
        if self.brackets is None:
            return partner
        waiting = []
        for offset, byte in enumerate(program):
            glyph = self.opcodes.get(byte)
            if glyph == self.brackets[0]:
                waiting.append(offset)
            elif glyph == self.brackets[1] and waiting:
                other = waiting.pop()
                partner[offset], partner[other] = other, offset
        return partner
