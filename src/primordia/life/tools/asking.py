"""What the tools of the wing ask for in the same words: languages, programs, partners."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import numpy as np
import numpy.typing as npt

from primordia.core.config import Spec
from primordia.core.errors import BadInputError
from primordia.core.streams import Streams
from primordia.life.substrates import Substrate, substrate

Bytes = npt.NDArray[np.uint8]

HEX = "hex:"
PROGRAM_SAYS = "in the language's own notation, as hex: and hexadecimal digits, or @FILE with either"

Language: TypeAlias = Annotated[str, Spec("the language of the program, as `primordia describe` lists them")]
Program: TypeAlias = Annotated[str, Spec(f"the program, {PROGRAM_SAYS}")]
Length: TypeAlias = Annotated[
    int, Spec("bytes of one program; a shorter text is filled up", "bytes", ge=16, le=1024, power_of_two=True)
]
Fill: TypeAlias = Annotated[
    str,
    Spec("what fills up a short program: the language's no-op (zero where it has none), or zeros",
         choices=("no-op", "zeros")),
]  # fmt: skip
Steps: TypeAlias = Annotated[int, Spec("steps after which a meeting is cut off", "steps", ge=1, le=2**20)]
Seed: TypeAlias = Annotated[int, Spec("the number that random bytes follow from", ge=0, le=2**64 - 1)]
Run: TypeAlias = Annotated[str, Spec("a run: its folder, its id, the beginning of its id, or 'latest'")]
Epoch: TypeAlias = Annotated[int | None, Spec("completed epochs of the run (default: its last)", "epochs", ge=0)]


def parse(language: str, text: str) -> bytes:
    """The bytes that a text stands for: hexadecimal after "hex:", otherwise the language's own notation.

    Raises:
        BadInputError: a character that stands for nothing; says which and where.
    """
    if not text.startswith(HEX):
        return substrate(language).parse(text)
    digits = "".join(text[len(HEX) :].split())
    for place, digit in enumerate(digits):
        if digit not in "0123456789abcdefABCDEF":
            raise BadInputError(
                f"{digit!r} (digit {place} after hex:) is no hexadecimal digit; write two of 0-9 and a-f for each byte."
            )
    if len(digits) % 2:
        raise BadInputError(f"After hex: stand {len(digits)} digits; write two for each byte, {len(digits) + 1} or so.")
    return bytes.fromhex(digits)


def program(language: str, text: str, length: int = 64, fill: str = "no-op") -> Bytes:
    """A program uint8 [byte] of `length` bytes; a shorter text is filled up at its end.

    Raises:
        BadInputError: it cannot be read, is longer, or the language has no programs of that length.
    """
    found = substrate(language)
    _check_length(found, length)
    typed = parse(language, text)
    if len(typed) > length:
        fitting = [allowed for allowed in found.tape_lengths if allowed >= len(typed)]
        hint = f"give --length {fitting[0]}" if fitting else f"{language} has at most {max(found.tape_lengths)} bytes"
        raise BadInputError(f"The program has {len(typed)} bytes and the tape room for {length}; {hint}.")
    filled = np.full(length, filler(found) if fill == "no-op" else 0, np.uint8)
    filled[: len(typed)] = np.frombuffer(typed, np.uint8)
    return filled


def partner(language: str, text: str, length: int, seed: int = 0, fill: str = "no-op") -> Bytes:
    """A partner uint8 [byte]: "zeros", "random" bytes that follow from the seed, or a program.

    Raises:
        BadInputError: as `program` does.
    """
    if text == "zeros":
        return np.zeros(length, np.uint8)
    if text == "random":
        return Streams(seed).integers("partner", 0, length, 256).astype(np.uint8)
    return program(language, text, length, fill)


def filler(language: Substrate) -> int:
    """The no-op of a language, or 0 where it has none."""
    options = (*range(0x20, 256), *range(0x20))
    return next((byte for byte in options if language.classes.get(byte, "other") == "other"), 0)


def _check_length(language: Substrate, length: int) -> None:
    if length not in language.tape_lengths:
        near = min(language.tape_lengths, key=lambda allowed: abs(allowed - length))
        allowed = ", ".join(map(str, language.tape_lengths))
        raise BadInputError(
            f"Programs of {language.name} cannot have {length} bytes; allowed are {allowed}: take {near}."
        )
