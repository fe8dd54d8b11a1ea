"""What the tools of the wing ask for in the same words: languages, programs, partners."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from primordia.core.config import Spec
from primordia.core.errors import BadInputError
from primordia.core.streams import Streams
from primordia.core.tools import Moment, Runs
from primordia.life.microscope import neutral_byte
from primordia.life.reading import parse
from primordia.life.replicators import REPLICATOR_SCORE
from primordia.life.substrates import Substrate, substrate

Bytes = npt.NDArray[np.uint8]

PROGRAM_SAYS = "in the language's own notation, as hex: and hexadecimal digits, or @FILE with either or a specimen"

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
FromRun: TypeAlias = Annotated[
    str, Spec("take it from a run: its folder, its id, the beginning of its id, or 'latest'")
]
Place: TypeAlias = Annotated[
    int | None, Spec("place of the program in the run's soup (default: the best replicator of a sample)", ge=0)
]
Start: TypeAlias = Annotated[int | None, Spec("first epoch to look at (default: the first row)", "epochs", ge=0)]
End: TypeAlias = Annotated[int | None, Spec("last epoch to look at (default: the last row)", "epochs", ge=0)]
Epoch: TypeAlias = Annotated[int | None, Spec("completed epochs of the run (default: its last)", "epochs", ge=0)]


def program(language: str, text: str, length: int = 64, fill: str = "no-op") -> Bytes:
    """A program uint8 [byte] of `length` bytes; a shorter text is filled up at its end.

    Raises:
        BadInputError: it cannot be read, is longer, or the language has no programs of that length.
    """
    found = substrate(language)
    _check_length(found, length)
    typed = parse(language, text)
    if not typed:
        raise BadInputError("The program is empty: write one byte or more, the no-op for instance.")
    if len(typed) > length:
        fitting = [allowed for allowed in found.tape_lengths if allowed >= len(typed)]
        hint = f"give --length {fitting[0]}" if fitting else f"{language} has at most {max(found.tape_lengths)} bytes"
        raise BadInputError(f"The program has {len(typed)} bytes and the tape room for {length}; {hint}.")
    filled = np.full(length, neutral_byte(language) if fill == "no-op" else 0, np.uint8)
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


@dataclasses.dataclass(frozen=True)
class Found:
    """A program uint8 [byte] of a run, its place in the soup, and the moment it was taken from."""

    program: Bytes
    place: int
    moment: Moment


def soup_moment(runs: Runs, run: str, epoch: int | None) -> Moment:
    """A run of a soup after some epochs.

    Raises:
        BadInputError: there is no such run, it has no such epoch, or what it runs is no soup of programs.
    """
    moment = runs.moment(run, epoch)
    if not (hasattr(moment.state, "soup") and hasattr(moment.config, "language")):
        raise BadInputError(f"The run {run} is one of {moment.experiment.name}, which has no soup of programs.")
    return moment


def from_run(runs: Runs, run: str, epoch: int | None, place: int | None) -> Found:
    """The program at a place of a run's soup, or the best replicator among its most frequent and 512 random ones.

    Raises:
        BadInputError: as `soup_moment` and `best_place` do, or the soup has no such place.
    """
    moment = soup_moment(runs, run, epoch)
    return at_place(moment, run, best_place(moment) if place is None else place)


def at_place(moment: Moment, run: str, place: int) -> Found:
    """The program at a place of a soup.

    Raises:
        BadInputError: the soup has no such place.
    """
    soup = moment.state.soup
    if place >= len(soup):
        raise BadInputError(f"The soup of {run} has the places 0 to {len(soup) - 1}, not {place}; take one of these.")
    return Found(np.array(soup[place]), place, moment)


def best_place(moment: Moment) -> int:
    """Where in the soup the best replicator of the most frequent and some random programs stands.

    Raises:
        BadInputError: none of them copies itself.
    """
    from primordia.life.specimens import Context, best_replicator

    config = moment.config
    context = Context(config.language, moment.state.soup, config.max_steps, moment.streams, moment.t)
    place, score = best_replicator(context)
    if score < REPLICATOR_SCORE:
        raise BadInputError(
            f"No replicator was found after {moment.t} epochs among the most frequent programs and some random ones "
            f"(the best scores {score}); name any program with --place, or another --epoch."
        )
    return place


def write_new(path: Path, content: bytes) -> None:
    """Writes a file that is not there yet.

    Raises:
        BadInputError: it is there already, or its folder is not.
    """
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise BadInputError(f"{path} is there already; give --out a new file.") from error
    except FileNotFoundError as error:
        raise BadInputError(f"There is no folder {path.parent} to write {path.name} into; make it first.") from error


def not_both(*others: str) -> None:
    """Refuse a program that is typed in beside a run to take it from.

    Raises:
        BadInputError: one of the words before the last, which is the option, was given.
    """
    *typed, option = others
    if any(typed):
        raise BadInputError(
            f"{typed[0]!r} and {option} are both given; leave out one: the run says language and program."
        )


def need_program(language: str, text: str, how: str = "LANGUAGE PROGRAM") -> None:
    """Refuse a command line without a program.

    Raises:
        BadInputError: the language or the program is missing; `how` says what to type.
    """
    if not (language and text):
        missing = "program to look at is" if language else "language and the program to look at are"
        raise BadInputError(f"The {missing} missing: give {how}, or --run RUN to take it from there.")


def refuse_idle(arguments: Any, run: bool, *, of_run: Collection[str], typed: Collection[str]) -> None:
    """Refuse options that would do nothing.

    Args:
        arguments: a tool's.
        run: whether --run was given.
        of_run: options that only go with it.
        typed: options that only go without it.

    Raises:
        BadInputError: one of them has another value than its default.
    """
    idle, why = (typed, "does nothing with --run") if run else (of_run, "does nothing without --run")
    for field in dataclasses.fields(arguments):
        if field.name in idle and getattr(arguments, field.name) != field.default:
            raise BadInputError(f"--{field.name.replace('_', '-')} {why}; leave it out.")


def _check_length(language: Substrate, length: int) -> None:
    if length not in language.tape_lengths:
        near = min(language.tape_lengths, key=lambda allowed: abs(allowed - length))
        allowed = ", ".join(map(str, language.tape_lengths))
        raise BadInputError(
            f"Programs of {language.name} cannot have {length} bytes; allowed are {allowed}: take {near}."
        )
