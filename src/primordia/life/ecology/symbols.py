"""What of a program is compared: its instructions, with bytes that mean the same taken for the same."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from primordia.life.microscope import neutral_byte
from primordia.life.substrates import substrate

Bytes = npt.NDArray[np.uint8]


@functools.cache
def table(language: str) -> tuple[Bytes, npt.NDArray[np.bool_]]:
    """Byte -> symbol, uint8 [byte value], and whether it is an instruction, bool [byte value].

    Bytes written with the same glyph have the same symbol. In a language without a no-op, where any byte may be an
    operand, every byte counts.
    """
    found = substrate(language)
    first: dict[str, int] = {}
    symbols = np.array([first.setdefault(found.glyph(byte), byte) for byte in range(256)], np.uint8)
    has_no_op = neutral_byte(language) != 0
    counts = np.array(
        [not has_no_op or found.classes.get(byte, "other") not in ("other", "null") for byte in range(256)]
    )
    return symbols, counts


def symbols_of(language: str, program: Bytes) -> Bytes:
    """The instructions of a program uint8 [byte] as symbols, uint8 [instruction], without no-ops and null bytes."""
    symbols, counts = table(language)
    return symbols[program][counts[program]]
