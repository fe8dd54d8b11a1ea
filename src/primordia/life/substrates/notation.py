"""How programs are written down: one glyph a byte, or two hexadecimal digits a byte."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, final

from primordia.core.errors import BadInputError

# Bytes without a meaning are written as the characters from U+0100 on. Twelve of those look like two letters side by
# side in many fonts; they are written as capital letters instead (docs/bff-semantics.md, section 6).
PLAIN_GLYPHS = {byte: chr(0x100 + byte) for byte in range(256)}
PLAIN_GLYPHS |= dict(zip([*range(0xC4, 0xCD), *range(0xF1, 0xF4)], "ABCDEFGHIJKL", strict=True))
NULL_GLYPH = "0"


class Line(NamedTuple):
    """One instruction, or one byte without a meaning, of a disassembled program.

    `raw` are its bytes; `partner` is the offset that it jumps to or is matched with, or None.
    """

    offset: int
    raw: bytes
    glyph: str
    meaning: str
    opcode_class: str
    partner: int | None


class Notation(abc.ABC):
    """Text for programs of one language, and back."""

    width: int
    """Characters that one byte takes in `format`, the gap behind it included."""

    @abc.abstractmethod
    def glyph(self, byte: int) -> str:
        """What stands for one byte."""

    @abc.abstractmethod
    def format(self, program: bytes) -> str:
        """A program as text."""

    @abc.abstractmethod
    def parse(self, text: str) -> bytes:
        """The program that a text stands for.

        Raises:
            BadInputError: a character that stands for nothing in this language; says which and where.
        """

    @abc.abstractmethod
    def disassemble(self, program: bytes, classes: Mapping[int, str]) -> list[Line]:
        """A program instruction by instruction; `classes` gives every byte's opcode class."""


@final
@dataclass(frozen=True)
class Glyphs(Notation):
    """One character a byte, as the languages of the BFF family are written.

    Args:
        language: the name to use in complaints.
        opcodes: instruction byte -> glyph.
        meanings: glyph -> what the instruction does, in a phrase.
        zero_bytes: the bytes that a loop test takes for zero.
        brackets: (open, close) glyphs that match each other, or None where jumps have a fixed length.
        spellings: further glyphs that `parse` accepts -> byte.
    """

    language: str
    opcodes: Mapping[int, str]
    meanings: Mapping[str, str]
    zero_bytes: frozenset[int] = frozenset({0})
    brackets: tuple[str, str] | None = ("[", "]")
    spellings: Mapping[str, int] = field(default_factory=dict)
    width = 1

    def glyph(self, byte: int) -> str:
        """The one character that stands for a byte."""
        return self.opcodes.get(byte) or (NULL_GLYPH if byte in self.zero_bytes else PLAIN_GLYPHS[byte])

    def format(self, program: bytes) -> str:
        """A program as text, one character a byte."""
        return "".join(self.glyph(byte) for byte in bytes(program))

    def parse(self, text: str) -> bytes:
        """The program that a text stands for; see `Notation.parse`."""
        known = {glyph: byte for byte, glyph in PLAIN_GLYPHS.items()} | {NULL_GLYPH: 0} | dict(self.spellings)
        known |= {glyph: byte for byte, glyph in sorted(self.opcodes.items(), reverse=True)}
        for place, glyph in enumerate(text):
            if glyph not in known:
                allowed = " ".join(sorted(set(self.opcodes.values())))
                raise BadInputError(
                    f"{self.language} has no glyph {glyph!r} (character {place} of the program text); "
                    f"its instructions are {allowed}, a null byte is {NULL_GLYPH}, and any other byte b is written "
                    f"as the character U+0100+b: replace {glyph!r} by one of these."
                )
        return bytes(known[glyph] for glyph in text)

    def disassemble(self, program: bytes, classes: Mapping[int, str]) -> list[Line]:
        """One line per byte, brackets with the offset of their partner within the program."""
        partner = self.partners(bytes(program))
        return [self._line(offset, byte, classes, partner.get(offset)) for offset, byte in enumerate(bytes(program))]

    def read(self, program: bytes, offset: int, classes: Mapping[int, str]) -> Line:
        """The one line of `disassemble` at an offset, without the others."""
        byte = program[offset]
        is_bracket = self.brackets is not None and self.opcodes.get(byte) in self.brackets
        return self._line(offset, byte, classes, self.partners(program).get(offset) if is_bracket else None)

    def partners(self, program: bytes) -> dict[int, int]:
        """Offset of a bracket -> offset of the one that it matches; those without a partner are left out."""
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

    def _line(self, offset: int, byte: int, classes: Mapping[int, str], partner: int | None) -> Line:
        glyph = self.glyph(byte)
        meaning = self.meanings[glyph] if byte in self.opcodes else "no operation"
        return Line(offset, bytes([byte]), glyph, meaning, classes[byte], partner)


class Decoded(NamedTuple):
    """One instruction read off a program: its length in bytes, its name, its meaning, and where it jumps to."""

    length: int
    name: str
    meaning: str
    goal: int | None = None


@final
@dataclass(frozen=True)
class Hex(Notation):
    """Two hexadecimal digits a byte, as the authors write Forth and SUBLEQ programs.

    Args:
        language: the name to use in complaints.
        decode: (program, offset) -> the instruction there; its length may reach past the end of the program.
    """

    language: str
    decode: Callable[[bytes, int], Decoded]
    width = 3

    def glyph(self, byte: int) -> str:
        """Two hexadecimal digits."""
        return f"{byte:02X}"

    def format(self, program: bytes) -> str:
        """A program as hexadecimal pairs with a blank between them."""
        return bytes(program).hex(" ").upper()

    def parse(self, text: str) -> bytes:
        """The program that hexadecimal pairs stand for; blanks between pairs may be left out; see `Notation.parse`."""
        pairs: list[str] = []
        for start, word in _words(text):
            for place, digit in enumerate(word):
                if digit not in "0123456789abcdefABCDEF":
                    raise BadInputError(
                        f"{self.language} is written in hexadecimal digits, and {digit!r} (character {start + place} "
                        f"of the program text) is none: write two of 0-9 and A-F for each byte, as in 0C 08 04."
                    )
            if len(word) % 2:
                raise BadInputError(
                    f"{self.language} is written in pairs of hexadecimal digits, and {word!r} (from character {start} "
                    f"of the program text on) has {len(word)} digits: write two for each byte, 0{word} perhaps."
                )
            pairs.append(word)
        return bytes.fromhex("".join(pairs))

    def disassemble(self, program: bytes, classes: Mapping[int, str]) -> list[Line]:
        """One line per instruction, read from offset 0 on, each right behind the one before."""
        lines, offset = [], 0
        while offset < len(program):
            found = self.decode(bytes(program), offset)
            raw = bytes(program[offset : offset + found.length])
            lines.append(Line(offset, raw, found.name, found.meaning, classes[raw[0]], found.goal))
            offset += len(raw)
        return lines


def _words(text: str) -> Sequence[tuple[int, str]]:
    """The words of a text, each with the place where it begins."""
    found, start = [], 0
    for word in text.split():
        start = text.index(word, start)
        found.append((start, word))
        start += len(word)
    return found
