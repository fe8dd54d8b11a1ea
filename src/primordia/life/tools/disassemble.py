"""`primordia life disassemble`: a program instruction by instruction."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import final

import numpy as np

from primordia.core.findings import Table
from primordia.core.tools import Runs, Tool
from primordia.life.substrates import Substrate, substrate
from primordia.life.tools import asking


@dataclasses.dataclass(frozen=True)
class DisassembleArguments:
    """A language and a program."""

    language: asking.Language
    program: asking.Program


@final
class Disassemble(Tool):
    """The text is taken as it stands: it may have any number of bytes."""

    name = "life/disassemble"
    summary = "A program, instruction by instruction."
    Arguments = DisassembleArguments

    def use(self, arguments: DisassembleArguments, runs: Runs) -> Iterator[Table]:
        """One table."""
        found = substrate(arguments.language)
        program = asking.parse(arguments.language, arguments.program)
        yield listing(found, np.frombuffer(program, np.uint8), f"{len(program)} bytes of {found.name}")


def listing(language: Substrate, program: asking.Bytes, title: str) -> Table:
    """A program uint8 [byte] as a table with one row for each instruction."""
    rows = tuple(
        (line.offset, line.raw.hex(" "), line.glyph, line.opcode_class, line.meaning, line.partner)
        for line in language.disassemble(program.tobytes())
    )
    note = f"{language.start[0].upper()}{language.start[1:]}. Goes to: where it jumps, or the bracket it belongs to."
    return Table(title, ("offset", "bytes", "text", "class", "meaning", "goes to"), rows, note)
