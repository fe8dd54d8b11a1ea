"""A program under the microscope, as findings: portrait, what it does to its partners, and the film of a copy."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from primordia.core.findings import Finding, Picture, Table, Text
from primordia.core.streams import Streams
from primordia.life.alignment import GENERATIONS, aligned_score, generations
from primordia.life.microscope.anatomy import Anatomy, budget, dissect, robustness
from primordia.life.microscope.film import Film, copy_in_words, watch
from primordia.life.microscope.meeting import meet
from primordia.life.pictures import class_table, palette
from primordia.life.replicators import MAX_STEPS
from primordia.life.substrates import Substrate, substrate

Bytes = npt.NDArray[np.uint8]

PARTNERS = 64
FILM_ROWS = 256
KIN_CHANGES = 3
"""Bytes in which a kin partner differs from the program."""


@dataclasses.dataclass(frozen=True)
class Subject:
    """What lies under the microscope.

    Args:
        language: the substrate's name.
        program: uint8 [byte].
        streams: where random partners come from.
        t: which of them; the completed epochs, for a program of a run.
        max_steps: step limit of a meeting.
    """

    language: str
    program: Bytes
    streams: Streams
    t: int = 0
    max_steps: int = MAX_STEPS

    def noise(self, what: str, n: int) -> Bytes:
        """Random partners, uint8 [partner, byte]."""
        drawn = self.streams.integers(what, self.t, n * len(self.program), 256)
        return drawn.astype(np.uint8).reshape(n, len(self.program))

    def kin(self) -> Bytes:
        """Copies of the program with a few random bytes replaced, uint8 [partner, byte]."""
        partners = np.repeat(self.program[None], PARTNERS, axis=0)
        places = self.streams.integers("kin places", self.t, PARTNERS * KIN_CHANGES, len(self.program))
        values = self.streams.integers("kin bytes", self.t, PARTNERS * KIN_CHANGES, 256).astype(np.uint8)
        partners[np.repeat(np.arange(PARTNERS), KIN_CHANGES), places] = values
        return partners


def examine(subject: Subject) -> Iterator[Finding]:
    """Everything there is to say about a program, one finding after the other."""
    anatomy = dissect(subject.language, subject.program, subject.max_steps)
    on_noise = film_on_noise(subject)
    yield portrait(subject, anatomy, on_noise, depth=anatomy.copies)
    yield meetings(subject, {"its kin": subject.kin()})
    if anatomy.copies:
        yield film_picture(subject.language, on_noise)


def portrait(subject: Subject, anatomy: Anatomy, on_noise: Film, copies: str = "", depth: bool = False) -> Text:
    """The program, what it does and its minimal working core as text.

    `copies` is a line about how many there are; `depth` adds what costs seconds: alignment, line, budget, robustness.
    """
    language, program = substrate(subject.language), subject.program
    on_zeros = watch(subject.language, program, np.zeros(len(program), np.uint8), subject.max_steps)
    core = np.flatnonzero(anatomy.core)
    needed = ", ".join(f"{position}:{language.glyph(int(program[position]))}" for position in core)
    lines = [
        f"score      {anatomy.score} of {len(program)}",
        *([f"copies     {copies}"] if copies else []),
        f"on zeros   {copy_in_words(on_zeros)}",
        f"on noise   {copy_in_words(on_noise)}",
        *(_depth(subject, anatomy) if depth else []),
        "",
        f"program    {language.format(program.tobytes())}",
        f"core       {marks(language, anatomy.core)}".rstrip(),
        f"essential  {marks(language, anatomy.essential)}".rstrip(),
        f"core only  {only(language, program, anatomy.core)}",
        "",
        f"core       {core.size} bytes: {needed}",
        f"           alone it scores {anatomy.bare_score}",
        f"bytes      {program.tobytes().hex()}",
    ]
    if not anatomy.copies:
        lines = [line for line in lines if not line.startswith(("core", "essential", "           "))]
    return Text(
        "The replicator" if anatomy.copies else "Under the microscope",
        "\n".join(lines),
        _note(anatomy),
    )


def _note(anatomy: Anatomy) -> str:
    strict = anatomy.threshold == 3 * len(anatomy.bare) // 4
    weak = "" if strict else f" (the whole program scores below {3 * len(anatomy.bare) // 4})"
    if anatomy.score < anatomy.threshold:
        return f"It does not copy: a replicator scores at least {anatomy.threshold} in some test ({anatomy.test})."
    if not anatomy.copies:
        return (
            f"It passes the test ({anatomy.test}), and so does a program of nothing but no-ops, with a score of "
            f"{anatomy.bare_score}: none of its bytes is needed, so it is no replicator."
        )
    return (
        f"On noise: one partner of random bytes; the table of its meetings has {PARTNERS}. Copying means a score of at "
        f"least {anatomy.threshold}{weak}; the test: {anatomy.test}. Core: bytes were "
        "replaced by a no-op, in blocks and then one by one, as long as the rest still copied; none of the marked "
        "bytes can go any more (another order may leave another core). Essential: replacing this byte alone, in the "
        "whole program, stops the copying."
    )


def _depth(subject: Subject, anatomy: Anatomy) -> list[str]:
    """Lines on the alignment of the copies, how long the line goes on, the budget, and the robustness."""
    given = {"word": anatomy.test.word, "max_steps": subject.max_steps}
    score, alignment = aligned_score(subject.language, subject.program, **given)
    line = generations(subject.language, subject.program, **given)
    least = budget(anatomy.test, subject.program)
    stays = robustness(anatomy.test, subject.program, subject.streams)
    on = "or more " if line == GENERATIONS else ""
    return [
        f"alignment  {score} bytes arrive {alignment}",
        f"line       goes on for {line} {on}generations (median of 13 lines among random partners)",
        f"budget     copies within {'–' if least is None else f'{least:,}'} steps and not within one less",
        f"robust     of random single-byte substitutions, it still copies after {stays}",
    ]


def meetings(subject: Subject, others: Mapping[str, Bytes]) -> Table:
    """What the program does to partners of several kinds, standing first or second on the tape."""
    length = len(subject.program)
    kinds = {
        "zeros": np.zeros((1, length), np.uint8),
        "random bytes": subject.noise("random partners", PARTNERS),
        **others,
    }
    rows = []
    for name, partners in kinds.items():
        for place in ("first", "second"):
            outcome = meet(subject.language, subject.program, partners, place == "first", subject.max_steps)
            rows.append(
                (
                    name,
                    place,
                    len(partners),
                    round(float((np.maximum(outcome.copied, outcome.mirrored) == length).mean()), 3),
                    float(np.median(outcome.copied)),
                    float(np.median(outcome.mirrored)),
                    round(float(outcome.intact.mean()), 3),
                )
            )
    kin = f" Kin differ from it in up to {KIN_CHANGES} bytes." if "its kin" in others else ""
    return Table(
        "What it does to its partner",
        ("partner", "it stands", "meetings", "complete copies", "copied", "mirrored", "original intact"),
        tuple(rows),
        "Complete copies (mirrored ones too) and intact originals are shares of the meetings. Copied: bytes of the "
        "partner that equal its own at the same place in the end; mirrored: at the mirrored place (both "
        f"medians). After two mirrored copies the program is itself again.{kin}",
    )


def film_on_noise(subject: Subject) -> Film:
    """The program meets a partner of random bytes."""
    return watch(subject.language, subject.program, subject.noise("film partner", 1)[0], subject.max_steps)


def film_picture(language: str, taken: Film) -> Picture:
    """A copy in the making: one row of pixels for each moment, the program on the left, its partner on the right."""
    moments = np.unique(np.linspace(0, len(taken.frames) - 1, FILM_ROWS).astype(int))
    pixels = class_table(language)[taken.frames[moments]]
    return Picture(
        "A copy in the making",
        np.ascontiguousarray(pixels.repeat(4, axis=1).repeat(2, axis=0)),
        palette(substrate(language).legend),
        f"Time runs downwards over {len(taken.frames) - 1} steps; the replicator on the left, a partner of random "
        f"bytes on the right: {copy_in_words(taken)}.",
    )


def marks(language: Substrate, flags: npt.NDArray[np.bool_]) -> str:
    """A line with a sign below every marked byte, as wide as the program is written."""
    width = language.notation.width
    sign = "^" * max(width - 1, 1)
    return "".join((sign if on else "").ljust(width) for on in flags).rstrip()


def only(language: Substrate, program: Bytes, flags: npt.NDArray[np.bool_]) -> str:
    """A program uint8 [byte] with a dot in place of every byte that is not marked."""
    width = language.notation.width
    glyphs = (
        language.glyph(int(byte)) if on else "·" * max(width - 1, 1) for byte, on in zip(program, flags, strict=True)
    )
    return "".join(glyph.ljust(width) for glyph in glyphs).rstrip()
