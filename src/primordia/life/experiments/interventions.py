"""What a person may do to a soup between two epochs: plant a program, change a byte, scatter noise, clear programs.

Bytes that come in before epoch t carry the tokens of what enters with it, as an organism does (docs/tokens.md).
"""

from __future__ import annotations

import dataclasses
import zlib
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from primordia.core.config import Spec
from primordia.core.errors import BadInputError
from primordia.core.interventions import Intervention
from primordia.core.streams import Streams
from primordia.life.reading import program_of

if TYPE_CHECKING:
    from primordia.life.experiments.soups import SoupState

Bytes: TypeAlias = npt.NDArray[np.uint8]

Place: TypeAlias = Annotated[
    int, Spec("the program of the soup, by its place", "index of a program", ge=0, le=2**22 - 1)
]


@dataclasses.dataclass(frozen=True)
class Planting:
    """A program and where to put it."""

    program: Annotated[str, Spec("the program, in the language's own notation or as hex: and hexadecimal digits")]
    place: Place = 0
    copies: Annotated[
        int, Spec("how many, at this place and those after it; behind the last program comes the first", ge=1, le=2**22)
    ] = 1
    language: Annotated[str, Spec("the language that it is a program of; empty for that of the soup")] = ""


@dataclasses.dataclass(frozen=True)
class Poking:
    """A byte of a program and its new value."""

    place: Place
    offset: Annotated[int, Spec("the byte of the program, from 0 on", "bytes", ge=0, le=1023)]
    byte: Annotated[int, Spec("what to write there", ge=0, le=255)]


@dataclasses.dataclass(frozen=True)
class Scattering:
    """How much noise."""

    n_bytes: Annotated[int, Spec("random bytes, each at a random place of the soup", "bytes", ge=1, le=2**24)] = 1024


@dataclasses.dataclass(frozen=True)
class Clearing:
    """Which programs are lost."""

    place: Place = 0
    n_programs: Annotated[
        int, Spec("how many, from this place on; behind the last program comes the first", "programs", ge=1, le=2**22)
    ] = 1


def plant(config: Any, state: SoupState, streams: Streams, t: int, arguments: Planting) -> SoupState:
    """The first bytes of the programs at these places are replaced; a shorter program leaves the rest as it is."""
    n_programs, length = state.soup.shape
    program = program_of(config.language, config.language, arguments.program, arguments.language)
    if len(program) > length:
        raise BadInputError(
            f"The program to plant has {len(program)} bytes, and there is room for {length}: shorten it."
        )
    _check_place(arguments.place, n_programs)
    if arguments.copies > n_programs:
        raise BadInputError(
            f"{arguments.copies} copies do not fit: the soup has {n_programs} programs; plant at most {n_programs}."
        )
    places = (arguments.place + np.arange(arguments.copies))[:, None] % n_programs
    return _entered(state, t, places * length + np.arange(len(program)), program)


def poke(config: Any, state: SoupState, streams: Streams, t: int, arguments: Poking) -> SoupState:
    """One byte is replaced."""
    n_programs, length = state.soup.shape
    _check_place(arguments.place, n_programs)
    if arguments.offset >= length:
        raise BadInputError(
            f"offset={arguments.offset} is no byte of a program of this soup: it has 0 to {length - 1}; the nearest is "
            f"{length - 1}."
        )
    return _entered(state, t, np.array([arguments.place * length + arguments.offset]), np.uint8(arguments.byte))


def scatter(config: Any, state: SoupState, streams: Streams, t: int, arguments: Scattering) -> SoupState:
    """Random bytes fall on random places; of two that fall on one place the later stays.

    The soup itself is part of what the draws follow from, so that a second handful before the same epoch is another.
    """
    stream = f"scattered {zlib.crc32(np.ascontiguousarray(state.soup)):08x}"
    drawn = streams.integers(stream, t, arguments.n_bytes, state.soup.size * 256)
    places, values = np.divmod(drawn[::-1], 256)
    places, latest = np.unique(places, return_index=True)
    return _entered(state, t, places, values[latest].astype(np.uint8))


def clear(config: Any, state: SoupState, streams: Streams, t: int, arguments: Clearing) -> SoupState:
    """Whole programs become zeros."""
    n_programs, length = state.soup.shape
    _check_place(arguments.place, n_programs)
    if arguments.n_programs > n_programs:
        raise BadInputError(
            f"n_programs={arguments.n_programs} is more than the soup has: it has {n_programs} programs; clear at most "
            f"{n_programs}."
        )
    places = (arguments.place + np.arange(arguments.n_programs))[:, None] % n_programs
    return _entered(state, t, places * length + np.arange(length), np.uint8(0))


def _check_place(place: int, n_programs: int) -> None:
    if place >= n_programs:
        raise BadInputError(
            f"place={place} is no program of this soup: it has 0 to {n_programs - 1}; the nearest is {n_programs - 1}."
        )


def _entered(state: SoupState, t: int, positions: npt.NDArray[np.int64], values: Any) -> SoupState:
    """The state after bytes came in at these positions of the soup (program times its bytes, plus byte)."""
    soup = state.soup.copy()
    soup.reshape(-1)[positions] = values
    if state.tokens is None:
        return dataclasses.replace(state, soup=soup)
    tokens = state.tokens.copy()
    tokens.reshape(-1)[positions] = positions.astype(np.uint64) | np.uint64((t + 1) << 32)
    return dataclasses.replace(state, soup=soup, tokens=tokens)


INTERVENTIONS = {
    "plant": Intervention(
        "Put a program into the soup, as one copy or many, over the programs that stand there.",
        Planting,
        plant,
        example={"program": "hex:00"},
    ),
    "poke": Intervention("Write one byte of one program.", Poking, poke),
    "scatter": Intervention("Replace bytes all over the soup by random ones.", Scattering, scatter),
    "clear": Intervention("Replace whole programs by zeros.", Clearing, clear),
}
