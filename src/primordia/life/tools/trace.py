"""`primordia life trace`: a meeting of two programs step by step."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, final

import numpy as np

from primordia.core.config import Spec
from primordia.core.findings import Finding, Picture, Table, Text
from primordia.core.tools import Runs, Tool
from primordia.life import pictures
from primordia.life.authors.trace_file import trace_file
from primordia.life.stepping import Course, Step, follow_steps
from primordia.life.substrates import Substrate, substrate
from primordia.life.tools import asking

MOST_CHANGES = 4
"""Changed bytes that a row names; the others are counted."""


@dataclasses.dataclass(frozen=True)
class TraceArguments:
    """Two programs and the steps to show."""

    language: asking.Language
    program: asking.Program
    partner: Annotated[
        str, Spec(f"who stands second: zeros, random (see --seed), or a program {asking.PROGRAM_SAYS}")
    ] = "zeros"
    start: Annotated[int, Spec("the first step to show", "steps", ge=1, le=2**20)] = 1
    steps: Annotated[int, Spec("steps to show", "steps", ge=1, le=2**14)] = 64
    out: Annotated[
        str, Spec("also write the steps to this new file, as the authors' visualiser reads them (BFF, 64 bytes)")
    ] = ""
    every: Annotated[bool, Spec("show the steps on bytes that are no instruction, too")] = False
    length: asking.Length = 64
    fill: asking.Fill = "no-op"
    seed: asking.Seed = 0


@final
class Trace(Tool):
    """The program stands first on the tape and runs; nothing mutates."""

    name = "life/trace"
    summary = "A meeting of two programs, step by step: what is read, what changes, where the machine stands."
    Arguments = TraceArguments

    def use(self, arguments: TraceArguments, runs: Runs) -> Iterator[Finding]:
        """The steps as a table, the tape before and after as text, and a film of it."""
        language = substrate(arguments.language)
        program = asking.program(arguments.language, arguments.program, arguments.length, arguments.fill)
        partner = asking.partner(
            arguments.language, arguments.partner, arguments.length, arguments.seed, arguments.fill
        )
        tape = np.concatenate((program, partner))
        course = follow_steps(arguments.language, tape, arguments.start, arguments.steps)
        if arguments.out:
            asking.write_new(Path(arguments.out), trace_file(language, course))
        yield steps_table(language, course, arguments.every)
        yield ends(language, tape, course, arguments.start)
        if course.steps:
            yield film(language, course)


def steps_table(language: Substrate, course: Course, every: bool) -> Table:
    """One row for each step; steps on no-ops only if `every`."""
    shown = [step for step in course.steps if step.counts or every]
    rows = tuple(
        (
            step.number,
            step.line.offset,
            step.line.raw.hex(" "),
            step.line.glyph,
            step.line.meaning,
            _changes(language, step),
            *step.registers,
        )
        for step in shown
    )
    hidden = len(course.steps) - len(shown)
    note = "Registers are shown as they are after the step." + (
        f" {hidden} steps on bytes that are no instruction are left out; --every shows them." if hidden else ""
    )
    columns = ("step", "at", "bytes", "text", "meaning", "changes", *language.registers)
    return Table(f"{language.name}, step by step", columns, rows, note)


def ends(language: Substrate, tape: asking.Bytes, course: Course, start: int) -> Text:
    """The tape before and after the shown steps, and whether the machine stopped."""
    last = course.steps[-1] if course.steps else None
    final = last.tape if last else tape
    length = len(tape) // 2
    lines = [
        f"{name:<14}{language.format(half.tobytes())}"
        for name, half in (
            ("first before", tape[:length]),
            ("first after", final[:length]),
            ("second before", tape[length:]),
            ("second after", final[length:]),
        )
    ]
    reached = last.number if last else start - 1
    ending = f"the machine stopped after step {reached:,}" if course.stopped else f"it goes on after step {reached:,}"
    return Text("The tape", "\n".join(lines), f"{ending}; {course.operations:,} operations until then.")


def film(language: Substrate, course: Course) -> Picture:
    """The tape after every shown step: one row of pixels for each, the first program on the left."""
    pixels = pictures.class_table(language.name)[np.stack([step.tape for step in course.steps])]
    return Picture(
        "The tape over time",
        np.ascontiguousarray(pixels.repeat(4, axis=1).repeat(2, axis=0)),
        pictures.palette(language.legend),
        "Time runs downwards; the first program on the left.",
    )


def _changes(language: Substrate, step: Step) -> str:
    named = [f"{place}: {language.glyph(int(step.tape[place]))}" for place in step.changed[:MOST_CHANGES]]
    more = len(step.changed) - MOST_CHANGES
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")
