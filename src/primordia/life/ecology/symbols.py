"""What of a program is compared: its instructions, with bytes that mean the same taken for the same."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from primordia.life.microscope.copying import does_nothing, instruction
from primordia.life.substrates import substrate

Bytes = npt.NDArray[np.uint8]


@functools.cache
def table(language: str) -> tuple[Bytes, npt.NDArray[np.bool_]]:
    """Byte -> symbol, uint8 [byte value], and whether it is an instruction, bool [byte value].

    Bytes written with the same glyph have the same symbol. Where instructions have several bytes, any byte may be an
    operand, so every byte counts.
    """
    found = substrate(language)
    first: dict[str, int] = {}
    symbols = np.array([first.setdefault(found.glyph(byte), byte) for byte in range(256)], np.uint8)
    single = all(len(instruction(found, byte).raw) == 1 for byte in range(256))
    counts = np.array([not (single and does_nothing(found, byte)) for byte in range(256)])
    return symbols, counts


def symbols_of(language: str, program: Bytes) -> Bytes:
    """The instructions of a program uint8 [byte] as symbols, uint8 [instruction], without no-ops and null bytes."""
    symbols, counts = table(language)
    return symbols[program][counts[program]]
