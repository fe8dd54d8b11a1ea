"""A small replicator for each language of the long tape, with what it leaves behind, worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from primordia.life.long_tape.languages import LANGUAGES


@final
@dataclass(frozen=True)
class Specimen:
    """A program, one start of it on a tape that is otherwise filled with one byte, and the bytes it must leave there.

    Args:
        language: what runs it.
        program: its bytes, from START on.
        filling: every other byte of the tape of 1,024.
        limit: of the start, in the language's unit.
        first: place of the first expected byte, from START on; may be negative.
        expected: bytes that stand there after the start, worked out from the rules.
        statement: what is expected, in one sentence.
        source: of the program, and of what is expected.
    """

    language: str
    program: bytes
    filling: int
    limit: int
    first: int
    expected: bytes
    statement: str
    source: str

    def measured(self) -> str:
        """The bytes that stand where `expected` should, in hexadecimal."""
        tape = np.full(LENGTH, self.filling, np.uint8)
        tape[START : START + len(self.program)] = np.frombuffer(self.program, np.uint8)
        LANGUAGES[self.language].run_at(tape, START, self.limit, HEAD_OFFSET, np.zeros(3, np.int64))
        first = START + self.first
        return tape[first : first + len(self.expected)].tobytes().hex(" ")


LENGTH, START, HEAD_OFFSET = 1024, 512, 12

PAIR = bytes.fromhex("01 C5")
FORTH = bytes.fromhex("0D 07 20 21 0A 0E 23")
LOOP = b"[.}>.]xxxxxx"

SPECIMENS = {
    "i8080": Specimen(
        *("i8080", PAIR * 16, 0x76, 150, -16, b"\x76\x76" + b"\xc5\x01" * 7 + PAIR),
        "Sixteen times 01 C5 (LXI B, PUSH B) push C5 01 seven times within 150 clock periods, right before the start.",
        "arXiv 2406.19108, section 3.3; 10 + 11 clock periods a turn, and the eighth would begin at 147 and end at 168",
    ),
    "forth2": Specimen(
        *("forth2", FORTH, 0x24, 1000, -7, b"\x24" * 7 + FORTH * 19 + FORTH[:5] + b"\x24\x24"),
        "0D 07 20 21 0A 0E 23 copies itself seven bytes on, then the copy, and so on: 20 in a row, the last cut short.",
        "arXiv 2406.19108, section 3.1.2; one byte in six steps, from -3 to 127 behind the copy instruction",
    ),
    "bff_long": Specimen(
        *("bff_long", LOOP, ord("x"), 240, 0, LOOP * 6 + b"x"),
        "[.}>.]xxxxxx copies itself twelve bytes on, a byte in four steps: six in a row after 240 steps.",
        "arXiv 2406.19108, section 2.4, for head1 starting 12 bytes on; worked out from the rules",
    ),
}
