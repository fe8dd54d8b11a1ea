"""One meeting step by step, in any language: what the machine read, what it changed, where it stands."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from primordia.core.errors import BadInputError
from primordia.life.substrates import Line, Substrate, substrate
from primordia.life.substrates.notation import Glyphs, Hex

Bytes = npt.NDArray[np.uint8]


class Step(NamedTuple):
    """One step of a machine.

    Args:
        number: from 1 on.
        line: the instruction that was read, at the place where the pointer stood.
        counts: whether it is counted as an operation; a no-op is not.
        registers: all registers after it, in the order of the substrate's names for them.
        tape: uint8 [pair byte]: the tape after it.
        changed: the places whose byte it changed.
    """

    number: int
    line: Line
    counts: bool
    registers: tuple[int, ...]
    tape: Bytes
    changed: tuple[int, ...]


class Opening(NamedTuple):
    """Registers and tape uint8 [pair byte] before the first step of a stretch."""

    registers: tuple[int, ...]
    tape: Bytes


class Course(NamedTuple):
    """A stretch of a meeting.

    Args:
        opening: where it begins.
        steps: its steps.
        operations: those of the meeting until its end.
        stopped: whether the machine had stopped by then.
    """

    opening: Opening
    steps: list[Step]
    operations: int
    stopped: bool


def follow_steps(language: str, tape: Bytes, first: int = 1, count: int = 64) -> Course:
    """The steps first .. first + count - 1 of a pair tape uint8 [pair byte] that runs from its beginning.

    Cost: one run from the start for every step, because kernels show only ends; 8,192 steps take seconds.

    Raises:
        BadInputError: the language declares no `follow`, so its machine cannot be watched.
    """
    found = substrate(language)
    if found.follow is None:
        raise BadInputError(
            f"{language} cannot be traced step by step, because it declares no `follow` kernel; "
            "`primordia life microscope` needs none."
        )
    steps: list[Step] = []
    before = _after(found, tape, first - 1)
    opening = Opening(before.registers, before.tape)
    for number in range(first, first + count):
        now = _after(found, tape, number)
        if not 0 <= before.registers[0] < len(tape) or _same(before, now):
            return Course(opening, steps, before.operations, True)
        changed = tuple(np.flatnonzero(now.tape != before.tape).tolist())
        line = read_at(found, before.tape, before.registers[0])
        steps.append(Step(number, line, now.operations > before.operations, now.registers, now.tape, changed))
        before = now
    return Course(opening, steps, before.operations, False)


def read_at(language: Substrate, tape: Bytes, place: int) -> Line:
    """The instruction that begins at a place of the tape, wherever the instructions before it begin."""
    if isinstance(language.notation, Hex):
        found = language.notation.decode(tape.tobytes(), place)
        raw = tape[place : place + found.length].tobytes()
        return Line(place, raw, found.name, found.meaning, language.classes[raw[0]], found.goal)
    if isinstance(language.notation, Glyphs):
        return language.notation.read(tape.tobytes(), place, language.classes)
    for line in language.disassemble(tape.tobytes()):
        if line.offset == place:
            return line
    return language.disassemble(tape[place:].tobytes())[0]._replace(offset=place, partner=None)


class _State(NamedTuple):
    tape: Bytes
    registers: tuple[int, ...]
    operations: int


def _after(language: Substrate, tape: Bytes, steps: int) -> _State:
    """Tape, registers and operations after so many steps."""
    ran = np.array(tape, np.uint8)
    registers = np.zeros(len(language.registers), np.int64)
    operations = int(language.follow(ran, np.arange(len(ran), dtype=np.uint16), registers, steps))
    return _State(ran, tuple(registers.tolist()), operations)


def _same(before: _State, now: _State) -> bool:
    return before[1:] == now[1:] and np.array_equal(before.tape, now.tape)
