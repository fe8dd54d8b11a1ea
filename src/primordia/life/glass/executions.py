"""Executions of a pair tape, step by step, for whoever looks; and tests that hold how they end."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from primordia.core.inspection import Execution, Instruction
from primordia.life.pictures import class_table, palette
from primordia.life.stepping import Course, Step, follow_steps
from primordia.life.substrates import Substrate, substrate
from primordia.life.substrates.notation import Glyphs

Bytes = npt.NDArray[np.uint8]

MOST_STEPS = 1024
"""Steps that are shown; the limit of an interaction is often larger."""

TEST = '''"""How this meeting of two programs ends."""

import numpy as np

from primordia.life.soup import evaluate


def test_{name}():
    tape = np.frombuffer(bytes.fromhex("{tape}"), np.uint8)
    after, operations = evaluate("{language}", tape[None], {steps})
    assert after[0].tobytes().hex() == "{final}"
    assert operations[0] == {operations}
'''


def execution(language: str, tape: Bytes, max_steps: int, title: str, name: str, note: str = "") -> Execution:
    """A run of a pair tape uint8 [pair byte] from its beginning, its first `MOST_STEPS` steps at most.

    Args:
        language: the substrate's name.
        tape: two programs of equal length, joined; the first one runs.
        max_steps: step limit of the interaction.
        title: what runs.
        name: that of the copied test, as a Python name without "test_".
        note: what else to say.

    Raises:
        BadInputError: the language declares no `follow`, so its machine cannot be watched.
    """
    found = substrate(language)
    course = follow_steps(language, tape, 1, min(max_steps, MOST_STEPS))
    half = len(tape) // 2
    return Execution(
        title=title,
        tape=np.array(tape),
        parts=(("first program", half), ("second program", half)),
        glyphs=tuple(found.glyph(byte) for byte in range(256)),
        classes=class_table(language),
        palette=palette(found.legend)[:-1],
        registers=found.registers,
        pointers=(found.registers[0], *(name for name in found.registers[1:] if name in found.pointers)),
        opening=course.opening.registers,
        matches=matches(found, tape),
        steps=tuple(_instruction(step) for step in course.steps),
        stopped=course.stopped,
        test=_test(found, course, max_steps, name),
        note=f"{note} {_ending(course, max_steps)}".strip(),
    )


def matches(language: Substrate, tape: Bytes) -> tuple[tuple[int, int], ...]:
    """Pairs of places of a tape uint8 [pair byte]: brackets that match, or an instruction and the place it jumps to.

    Instructions of several bytes are read one behind the other from the start of the tape.
    """
    if isinstance(language.notation, Glyphs):
        partners = language.notation.partners(tape.tobytes())
        return tuple(sorted((place, other) for place, other in partners.items() if place < other))
    lines = language.disassemble(tape.tobytes())
    return tuple((line.offset, line.partner) for line in lines if line.partner is not None)


def _instruction(step: Step) -> Instruction:
    return Instruction(
        at=step.line.offset,
        length=len(step.line.raw),
        text=step.line.glyph,
        meaning=step.line.meaning,
        changes=tuple((place, int(step.tape[place])) for place in step.changed),
        registers=step.registers,
        counts=step.counts,
    )


def _ending(course: Course, max_steps: int) -> str:
    """How the shown steps end, in a sentence."""
    done = len(course.steps)
    if course.stopped:
        return f"The machine stops after {done:,} steps."
    if done == max_steps:
        return f"The interaction is cut off after {done:,} steps."
    return f"These are the first {done:,} of at most {max_steps:,} steps."


def _test(language: Substrate, course: Course, max_steps: int, name: str) -> str:
    """A test that holds tape and operations after the shown steps, or after all where the machine stops before."""
    tape = course.opening.tape
    return TEST.format(
        name=name,
        tape=tape.tobytes().hex(),
        language=language.name,
        steps=max_steps if course.stopped else len(course.steps),
        final=(course.steps[-1].tape if course.steps else tape).tobytes().hex(),
        operations=course.operations,
    )
