"""The trace files that the authors' visualiser plays (cubff, python/bff_interpreter.py; facts read off it).

All numbers are 32 bits, low byte first: "BFF" and a null byte, the version 1, the tape's 128; then for every step, also
of no-ops, the pointer, head0 and head1 as they are before it, and the 128 bytes of the tape.
"""

from __future__ import annotations

import struct

from primordia.core.errors import BadInputError
from primordia.life.stepping import Course
from primordia.life.substrates import Substrate

MAGIC, VERSION, TAPE = b"BFF\0", 1, 128
REGISTERS = ("pointer", "head0", "head1")


def trace_file(language: Substrate, course: Course) -> bytes:
    """The content of a trace file.

    Raises:
        BadInputError: the language has no two heads, or the programs have not 64 bytes each.
    """
    if tuple(language.registers) != REGISTERS or len(course.opening.tape) != TAPE:
        raise BadInputError(
            f"The authors' trace files hold a pointer, two heads and two programs of 64 bytes; this is "
            f"{language.name} ({', '.join(language.registers)}) with {len(course.opening.tape) // 2} bytes. "
            "Use a language of the BFF family and --length 64, or --json."
        )
    before = [course.opening, *((step.registers, step.tape) for step in course.steps)][: len(course.steps)]
    states = (struct.pack("<3I", *registers) + tape.tobytes() for registers, tape in before)
    return MAGIC + struct.pack("<2I", VERSION, TAPE) + b"".join(states)
