"""A program, instruction by instruction, as a table."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from primordia.core.findings import Table
from primordia.life.substrates import Substrate

Bytes = npt.NDArray[np.uint8]


def listing(language: Substrate, program: Bytes, title: str) -> Table:
    """A program uint8 [byte] as a table with one row for each instruction."""
    rows = tuple(
        (line.offset, line.raw.hex(" "), line.glyph, language.legend[line.opcode_class], line.meaning, line.partner)
        for line in language.disassemble(program.tobytes())
    )
    note = f"{language.start[0].upper()}{language.start[1:]}. Goes to: where it jumps, or the bracket it belongs to."
    return Table(title, ("offset", "bytes", "text", "kind", "meaning", "goes to"), rows, note)
