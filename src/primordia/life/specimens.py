"""What to show of a soup: its most frequent programs and bytes, and its best replicator with its anatomy."""

from __future__ import annotations

import dataclasses
from collections.abc import Container

import numpy as np
import numpy.typing as npt

from primordia.core.findings import Finding, Picture, Table, Text
from primordia.core.streams import Streams
from primordia.life.measures import Census, byte_counts, census
from primordia.life.microscope import Anatomy, Film, copy_in_words, dissect, meet, watch
from primordia.life.pictures import class_table, palette
from primordia.life.replicators import REPLICATOR_SCORE, STRICT_SCORE, round_seed, scores
from primordia.life.substrates import substrate

Bytes = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]

TABLE_ROWS = 16
DISASSEMBLED = 3
RELATED = 16
CANDIDATES = 512
"""Programs drawn at random that compete, with the most frequent ones, to be shown as the replicator."""
TOP_CANDIDATES = 32
PARTNERS = 64
FILM_ROWS = 256


@dataclasses.dataclass(frozen=True)
class Context:
    """The soup that specimens are taken from.

    Args:
        language: the substrate's name.
        soup: uint8 [program, byte].
        max_steps: step limit of an interaction.
        streams: the randomness of the run.
        t: completed epochs.
    """

    language: str
    soup: Bytes
    max_steps: int
    streams: Streams
    t: int

    def scores(self, indices: Indices) -> Indices:
        """Replication score of the programs at these places of the soup, int64 [index]."""
        return scores(
            self.language,
            self.soup[indices],
            indices=indices,
            n_programs=len(self.soup),
            round_seed=round_seed(self.streams.seed, max(self.t - 1, 0)),
            max_steps=self.max_steps,
        )


def findings(context: Context) -> tuple[Finding, ...]:
    """Everything worth showing, the replicator first."""
    programs = census(context.soup)
    return (
        *replicator(context, programs),
        top_programs(context, programs),
        disassemblies(context, programs),
        top_bytes(context),
    )


def top_programs(context: Context, programs: Census) -> Table:
    """The most frequent programs with count, share and replication score."""
    first = programs.first[:TABLE_ROWS]
    rows = [
        (rank, int(count), round(int(count) / len(context.soup), 6), int(score), text(context, context.soup[index]))
        for rank, (index, count, score) in enumerate(
            zip(first, programs.counts, context.scores(first), strict=False), start=1
        )
    ]
    return Table(
        "Most frequent programs",
        ("rank", "count", "share", "score", "program"),
        tuple(rows),
        f"{len(programs.first)} distinct programs among {len(context.soup)}. The score counts the bytes that a program "
        f"passes on to a copy; from {REPLICATOR_SCORE} it counts as a replicator. One character is one byte.",
    )


def top_bytes(context: Context) -> Table:
    """The most frequent byte values with glyph, class and share."""
    language = substrate(context.language)
    counts = byte_counts(context.soup)
    order = np.lexsort((-np.arange(256), -counts))[:TABLE_ROWS]
    return Table(
        "Most frequent bytes",
        ("byte", "glyph", "class", "count", "share"),
        tuple(
            (
                f"0x{byte:02X}",
                language.glyph(int(byte)),
                language.classes[int(byte)],
                int(counts[byte]),
                round(int(counts[byte]) / context.soup.size, 6),
            )
            for byte in order
        ),
        "Among uniform random bytes every value has the share 0.003906.",
    )


def disassemblies(context: Context, programs: Census) -> Text:
    """The most frequent programs, instruction by instruction; near relatives of the first only where they differ."""
    first = context.soup[programs.first[0]]
    parts = []
    for rank, index in enumerate(programs.first[:DISASSEMBLED], start=1):
        program = context.soup[index]
        different = np.flatnonzero(program != first)
        listing = disassembly(context.language, program, {*range(len(program))})
        if rank > 1 and different.size <= RELATED:
            listing = "as #1, but\n" + disassembly(context.language, program, set(different.tolist()), every=True)
        parts.append(f"#{rank}, {int(programs.counts[rank - 1])} copies\n{listing}")
    return Text(
        f"The {len(parts)} most frequent programs, disassembled",
        "\n\n".join(parts),
        "Offset, byte, glyph, meaning. Bytes without a meaning are left out; brackets name the offset of their partner "
        f"in the program. A program that differs from the first in at most {RELATED} bytes shows only these.",
    )


def disassembly(language: str, program: Bytes, offsets: Container[int], every: bool = False) -> str:
    """The instructions and null bytes of a program at these offsets, a line each; `every` adds the no-ops."""
    lines = []
    for line in substrate(language).disassemble(program.tobytes()):
        if line.offset not in offsets or (line.opcode_class == "other" and not every):
            continue
        partner = "" if line.partner is None else f"  (partner at {line.partner})"
        meaning = "null byte" if line.opcode_class == "null" else line.meaning
        lines.append(f"{line.offset:3d}  {line.raw[0]:02X}  {line.glyph}  {meaning}{partner}")
    return "\n".join(lines) or "no instruction"


def replicator(context: Context, programs: Census) -> tuple[Finding, ...]:
    """The best replicator among the most frequent programs and a random sample, or a sentence that there is none."""
    n_programs = len(context.soup)
    drawn = context.streams.integers("replicator candidates", context.t, CANDIDATES, n_programs)
    candidates = np.concatenate((programs.first[:TOP_CANDIDATES], drawn))
    found = context.scores(candidates)
    best = int(np.argmax(found))
    if found[best] < REPLICATOR_SCORE:
        return (no_replicator(f"the best score was {int(found[best])}, a replicator has at least {REPLICATOR_SCORE}"),)
    program = context.soup[candidates[best]]
    anatomy = dissect(context.language, program, context.max_steps)
    if anatomy.score < REPLICATOR_SCORE:
        outcome = f"the best scored {int(found[best])}, but only {anatomy.score} against other random partners"
        return (no_replicator(outcome),)
    copies = int((context.soup == program).all(axis=1).sum())
    taken = film_on_noise(context, program)
    return (
        portrait(context, program, anatomy, copies, taken),
        meetings(context, program),
        film_picture(context, taken),
    )


def no_replicator(outcome: str) -> Text:
    """The sentence that stands where a replicator would."""
    note = f"The {TOP_CANDIDATES} most frequent programs and {CANDIDATES} random ones were put to the replication test"
    return Text("The replicator", "None found.", f"{note}; {outcome}.")


def portrait(context: Context, program: Bytes, anatomy: Anatomy, copies: int, on_noise: Film) -> Text:
    """The replicator, what it does and its minimal working core as text, one character for each byte."""
    on_zeros = watch(context.language, program, np.zeros(len(program), np.uint8), context.max_steps)
    core = np.flatnonzero(anatomy.core)
    language = substrate(context.language)
    needed = ", ".join(f"{position}:{language.glyph(int(program[position]))}" for position in core)
    text_lines = [
        f"score      {anatomy.score} of {len(program)}",
        f"copies     {copies} of {len(context.soup)} programs are equal to it",
        f"on zeros   {copy_in_words(on_zeros)}",
        f"on noise   {copy_in_words(on_noise)}",
        "",
        f"program    {text(context, program)}",
        f"core       {marks(anatomy.core)}",
        f"essential  {marks(anatomy.essential)}",
        f"core only  {''.join(text(context, program[i : i + 1]) if on else '·' for i, on in enumerate(anatomy.core))}",
        "",
        f"core       {core.size} bytes: {needed}",
        f"           alone it scores {anatomy.bare_score}",
        f"bytes      {program.tobytes().hex()}",
    ]
    strict = "" if anatomy.threshold >= STRICT_SCORE else " (the whole program scores below 48)"
    return Text(
        "The replicator",
        "\n".join(text_lines),
        f"Copying means a score of at least {anatomy.threshold}{strict}. Core: bytes were replaced by a no-op, in "
        "blocks and then one by one, as long as the rest still copied; none of the marked bytes can go any more "
        "(another order may leave another core). Essential: replacing this byte alone, in the whole program, stops "
        "the copying.",
    )


def meetings(context: Context, program: Bytes) -> Table:
    """What the replicator does to partners of several kinds, standing first or second on the tape."""
    length = len(program)
    shape = (PARTNERS, length)
    noise = context.streams.integers("random partners", context.t, PARTNERS * length, 256).astype(np.uint8)
    others = context.soup[context.streams.integers("soup partners", context.t, PARTNERS, len(context.soup))]
    rows = []
    for name, partners in (
        ("zeros", np.zeros((1, length), np.uint8)),
        ("random bytes", noise.reshape(shape)),
        ("programs of the soup", others),
    ):
        for place in ("first", "second"):
            outcome = meet(context.language, program, partners, place == "first", context.max_steps)
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
    return Table(
        "What the replicator does to its partner",
        ("partner", "replicator stands", "meetings", "complete copies", "copied", "mirrored", "original intact"),
        tuple(rows),
        "Complete copies (mirrored ones too) and intact originals are shares of the meetings. Copied: bytes of the "
        "partner that equal the replicator's at the same place in the end; mirrored: at the mirrored place (both "
        "medians). After two mirrored copies the program is itself again.",
    )


def film_on_noise(context: Context, program: Bytes) -> Film:
    """The replicator meets a partner of random bytes."""
    partner = context.streams.integers("film partner", context.t, len(program), 256).astype(np.uint8)
    return watch(context.language, program, partner, context.max_steps)


def film_picture(context: Context, taken: Film) -> Picture:
    """A copy in the making: one row of pixels for each moment, the program on the left, its partner on the right."""
    moments = np.unique(np.linspace(0, len(taken.frames) - 1, FILM_ROWS).astype(int))
    pixels = class_table(context.language)[taken.frames[moments]]
    return Picture(
        "A copy in the making",
        np.ascontiguousarray(pixels.repeat(4, axis=1).repeat(2, axis=0)),
        palette(substrate(context.language).legend),
        f"Time runs downwards over {len(taken.frames) - 1} steps; the replicator on the left, a partner of random "
        f"bytes on the right: {copy_in_words(taken)}.",
    )


def text(context: Context, program: Bytes) -> str:
    """A program in the glyphs of its language."""
    return substrate(context.language).format(program.tobytes())


def marks(flags: npt.NDArray[np.bool_]) -> str:
    """A line with a sign below every marked byte."""
    return "".join("^" if on else " " for on in flags).rstrip()
