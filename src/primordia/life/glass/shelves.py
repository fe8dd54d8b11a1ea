"""The shelf of a random search under the glass: the found program that somebody points at."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from primordia.core.errors import BadInputError
from primordia.core.findings import Table
from primordia.core.inspection import Inspected
from primordia.life.ecology import names
from primordia.life.glass.executions import execution
from primordia.life.glass.listing import listing
from primordia.life.glass.soups import core
from primordia.life.microscope.portrait import Subject
from primordia.life.substrates import substrate

Bytes = npt.NDArray[np.uint8]


def at(subject: Subject, number: int, step: int, score: int) -> tuple[Inspected, ...]:
    """All about the `number`-th find of a search, which a step (from 1 on) found with this score."""
    language, program = substrate(subject.language), subject.program
    name = names.name(subject.language, program)
    tape = np.concatenate((program, subject.noise("film partner", 1)[0]))
    facts = (
        ("found", f"number {number}, in batch {step:,}"),
        ("score", f"{score} of {len(program)}"),
        ("program", language.format(program.tobytes())),
    )
    return (
        Table(name, ("of this program", ""), facts),
        execution(
            subject.language,
            tape,
            subject.max_steps,
            f"{name} stands first and meets random bytes",
            f"{name}_meets_random_bytes",
        ),
        listing(language, program, f"{name}, instruction by instruction"),
        core(subject.language, program, subject.max_steps),
    )


def spot(row: int, column: int, rows: int, length: int, pixel: int) -> int:
    """The line of the shelf at a cell of a picture whose lines are `pixel` high and `length` bytes of `pixel` wide.

    Raises:
        BadInputError: the picture has no such cell.
    """
    if not (0 <= row < rows * pixel and 0 <= column < length * pixel):
        raise BadInputError(
            f"The view found has no cell at row {row}, column {column}: its rows are 0 to {rows * pixel - 1}, its "
            f"columns 0 to {length * pixel - 1}."
        )
    return row // pixel
