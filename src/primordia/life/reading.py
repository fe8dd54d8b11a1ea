"""Programs as people hand them over: the file of a specimen, hexadecimal digits, or the language's own notation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from primordia.core.errors import BadInputError
from primordia.life.ecology import freezer
from primordia.life.substrates import substrate

HEX = "hex:"


def parse(language: str, text: str) -> bytes:
    """The bytes that a text stands for: the file of a specimen, hexadecimal after "hex:", or the language's notation.

    Raises:
        BadInputError: a character that stands for nothing (says which and where), or a specimen of another language.
    """
    if text.startswith("{") and f'"{freezer.KIND}"' in text:
        return freezer.from_json(text, "The specimen").of(language).tobytes()
    if not text.startswith(HEX):
        return substrate(language).parse(text)
    digits = "".join(text[len(HEX) :].split())
    for place, digit in enumerate(digits):
        if digit not in "0123456789abcdefABCDEF":
            raise BadInputError(
                f"{digit!r} (digit {place} after hex:) is no hexadecimal digit; write two of 0-9 and a-f for each byte."
            )
    if len(digits) % 2:
        raise BadInputError(f"The number of digits after hex: is odd, {len(digits)}; write two for each byte.")
    return bytes.fromhex(digits)


def program_of(language: str, written_as: str, text: str, meant_for: str) -> npt.NDArray[np.uint8]:
    """The program uint8 [byte] that somebody wants to put into a run.

    Args:
        language: what runs there.
        written_as: the substrate whose notation it has.
        text: the program, as `parse` reads it.
        meant_for: the language that it is a program of; empty where nobody says.

    Raises:
        BadInputError: it cannot be read, is empty, or a program of another language.
    """
    if meant_for not in ("", language):
        raise BadInputError(
            f"This is a program of {meant_for}, and here {language} runs, in which its bytes mean something else; "
            f"plant it in a run of {meant_for}, or leave out language."
        )
    program = np.frombuffer(parse(written_as, text), np.uint8)
    if not len(program):
        raise BadInputError("The program to plant is empty: write one byte or more.")
    return program
