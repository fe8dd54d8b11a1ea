"""What a substrate declares: how its bytes are written down, coloured and executed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

from primordia.life.substrates.notation import Line, Notation

CLASSES = ("other", "null", "loop", "head0", "head1", "write", "copy")
"""Opcode classes, in the order of the palette: each substrate says what they mean for it, and colours by them."""


@final
@dataclass(frozen=True)
class Substrate:
    """A language of programs and the machine that runs them.

    Args:
        name: the name it is asked for by.
        summary: one sentence.
        notation: how its programs are written.
        classes: every byte -> one of `CLASSES`, for colouring.
        legend: opcode class -> what it means in this language, in a phrase; "other" and "null" included.
        start: how pointer, heads or registers start, in a phrase.
        execute: kernel (tape uint8[::1], max_steps int64) -> operations int64, running a pair tape in place.
        follow: kernel (tape uint8[::1], origins uint16[::1], registers int64[::1], max_steps int64) -> operations:
            the same run, which also moves the entries of `origins` along with the bytes of the tape (last-writer rule,
            docs/tokens.md) and leaves the machine's registers, as they are after the last step, in `registers`.
        registers: the names of what `follow` leaves in `registers`, in order; the first is the pointer.
        pointers: those registers, beside the first, that are places on the tape, modulo its length.
        tape_lengths: bytes that a program may have.
        max_steps: usual step limit of an interaction.
    """

    name: str
    summary: str
    notation: Notation
    classes: Mapping[int, str]
    legend: Mapping[str, str]
    start: str
    execute: Any = field(repr=False)
    follow: Any = field(repr=False, default=None)
    registers: tuple[str, ...] = ("pointer",)
    pointers: tuple[str, ...] = ()
    tape_lengths: tuple[int, ...] = (16, 32, 64, 128, 256, 512, 1024)
    max_steps: int = 8192

    def glyph(self, byte: int) -> str:
        """What stands for one byte."""
        return self.notation.glyph(byte)

    def format(self, program: bytes) -> str:
        """A program as text."""
        return self.notation.format(bytes(program))

    def parse(self, text: str) -> bytes:
        """The program that a text stands for; `BadInputError` names what cannot be read, and where."""
        return self.notation.parse(text)

    def disassemble(self, program: bytes) -> list[Line]:
        """One line per instruction."""
        return self.notation.disassemble(bytes(program), self.classes)
