"""What a person may do to a long tape between two rounds: plant a program on it, or clear a stretch."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from primordia.core.config import Spec
from primordia.core.errors import BadInputError
from primordia.core.interventions import Intervention
from primordia.core.streams import Streams
from primordia.life.long_tape.languages import LANGUAGES
from primordia.life.reading import program_of

if TYPE_CHECKING:
    from primordia.life.experiments.i8080_long_tape import LongTapeState

Place: TypeAlias = Annotated[int, Spec("a byte of the tape; behind the last comes the first", ge=0, le=2**16 - 1)]


@dataclasses.dataclass(frozen=True)
class Planting:
    """A program and where to put it."""

    program: Annotated[str, Spec("the program, in the language's own notation or as hex: and hexadecimal digits")]
    place: Place = 0
    copies: Annotated[int, Spec("how many, end to end", ge=1, le=2**16)] = 1
    language: Annotated[str, Spec("the language that it is a program of; empty for that of the tape")] = ""


@dataclasses.dataclass(frozen=True)
class Clearing:
    """Which bytes are lost."""

    place: Place = 0
    n_bytes: Annotated[int, Spec("how many, from this place on", "bytes", ge=1, le=2**16)] = 256


def plant(config: Any, state: LongTapeState, streams: Streams, t: int, arguments: Planting) -> LongTapeState:
    """The bytes that stand there are replaced; the tape is a ring."""
    written = LANGUAGES[config.language].written_as
    program = program_of(config.language, written, arguments.program, arguments.language)
    _check(arguments.place, arguments.copies * len(program), state.tape)
    return _written(state, arguments.place, np.tile(program, arguments.copies))


def clear(config: Any, state: LongTapeState, streams: Streams, t: int, arguments: Clearing) -> LongTapeState:
    """The bytes become zeros."""
    _check(arguments.place, arguments.n_bytes, state.tape)
    return _written(state, arguments.place, np.zeros(arguments.n_bytes, np.uint8))


def _check(place: int, n_bytes: int, tape: npt.NDArray[np.uint8]) -> None:
    if place >= len(tape):
        raise BadInputError(
            f"place={place} is no byte of this tape: it has 0 to {len(tape) - 1}; the nearest is {len(tape) - 1}."
        )
    if n_bytes > len(tape):
        raise BadInputError(f"{n_bytes} bytes do not fit on a tape of {len(tape)}: take at most {len(tape)}.")


def _written(state: LongTapeState, place: int, string: npt.NDArray[np.uint8]) -> LongTapeState:
    tape = state.tape.copy()
    tape[(place + np.arange(len(string))) % len(tape)] = string
    return dataclasses.replace(state, tape=tape)


INTERVENTIONS = {
    "plant": Intervention(
        "Put a program on the tape, once or end to end.", Planting, plant, example={"program": "hex:00"}
    ),
    "clear": Intervention("Replace a stretch of the tape by zeros.", Clearing, clear),
}
