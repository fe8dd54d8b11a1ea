"""What to show of a soup: its most frequent programs and bytes, and its best replicator with its anatomy."""

from __future__ import annotations

import dataclasses
from collections.abc import Container

import numpy as np
import numpy.typing as npt

from primordia.core.findings import Finding, Table, Text
from primordia.core.streams import Streams
from primordia.life.ecology.alarms import alarms
from primordia.life.ecology.alarms import text as alarms_text
from primordia.life.lineage.tokens import EPOCH_SHIFT
from primordia.life.measures import Census, byte_counts, census
from primordia.life.microscope import dissect
from primordia.life.microscope.copying import NO_OPERATION
from primordia.life.microscope.portrait import PARTNERS, Subject, film_on_noise, film_picture, meetings, portrait
from primordia.life.replicators import REPLICATOR_SCORE, round_seed, scores
from primordia.life.substrates import substrate

Bytes = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]
Tokens = npt.NDArray[np.uint64]

FIRST_EPOCH = " First epoch: when the youngest of its bytes was there, by the tokens; the program is no older."
TABLE_ROWS = 16
DISASSEMBLED = 3
RELATED = 16
CANDIDATES = 512
"""Programs drawn at random that compete, with the most frequent ones, to be shown as the replicator."""
TOP_CANDIDATES = 32


@dataclasses.dataclass(frozen=True)
class Context:
    """The soup that specimens are taken from.

    Args:
        language: the substrate's name.
        soup: uint8 [program, byte].
        max_steps: step limit of an interaction.
        streams: the randomness of the run.
        t: completed epochs.
        tokens: uint64 [program, byte], where every byte entered the soup; None if it carries none.
    """

    language: str
    soup: Bytes
    max_steps: int
    streams: Streams
    t: int
    tokens: Tokens | None = None

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
    """Everything worth showing: the reasons to doubt first, then the replicator."""
    programs = census(context.soup)
    doubts = alarms(context.language, context.soup, context.streams, context.t, context.max_steps)
    return (
        alarms_text(doubts),
        *replicator(context, programs),
        top_programs(context, programs),
        disassemblies(context, programs),
        top_bytes(context),
    )


def top_programs(context: Context, programs: Census) -> Table:
    """The most frequent programs with count, share, replication score and, where tokens tell it, their first epoch."""
    first = programs.first[:TABLE_ROWS]
    rows = []
    for rank, (index, count, score) in enumerate(
        zip(first, programs.counts, context.scores(first), strict=False), start=1
    ):
        program = context.soup[index]
        since = () if context.tokens is None else (first_epoch(context.soup, context.tokens, program),)
        share = round(int(count) / len(context.soup), 6)
        rows.append((rank, int(count), share, int(score), *since, text(context, program)))
    return Table(
        "Most frequent programs",
        ("rank", "count", "share", "score", *(() if context.tokens is None else ("first epoch",)), "program"),
        tuple(rows),
        f"{len(programs.first)} distinct programs among {len(context.soup)}. The score counts the bytes that a program "
        f"passes on to a copy; from {REPLICATOR_SCORE} it counts as a replicator. One character is one byte."
        + ("" if context.tokens is None else FIRST_EPOCH),
    )


def first_epoch(soup: Bytes, tokens: Tokens, program: Bytes) -> int:
    """How many epochs were completed when the youngest byte of a program uint8 [byte] was there: it is no older.

    Of equal programs in a soup uint8 [program, byte] the one with the oldest youngest byte counts; tokens are uint64
    [program, byte].
    """
    equal = (soup == program).all(axis=1)
    return int((tokens[equal] >> EPOCH_SHIFT).max(axis=1).min())


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
        if not any(line.offset + place in offsets for place in range(len(line.raw))):
            continue
        # What a byte does is told by its meaning: by its class, operands and rare instructions may be coloured alike.
        idle, is_null = line.meaning == NO_OPERATION, line.opcode_class == "null"
        if idle and not is_null and not every:
            continue
        partner = "" if line.partner is None else f"  (partner at {line.partner})"
        meaning = "null byte" if idle and is_null else line.meaning
        lines.append(f"{line.offset:3d}  {line.raw.hex(' ').upper()}  {line.glyph}  {meaning}{partner}")
    return "\n".join(lines) or "no instruction"


def replicator(context: Context, programs: Census) -> tuple[Finding, ...]:
    """The best replicator among the most frequent programs and a random sample, or a sentence that there is none."""
    place, score = best_replicator(context, programs)
    if score < REPLICATOR_SCORE:
        return (no_replicator(f"the best score was {score}, a replicator has at least {REPLICATOR_SCORE}"),)
    program = context.soup[place]
    anatomy = dissect(context.language, program, context.max_steps)
    if anatomy.score < REPLICATOR_SCORE:
        outcome = f"the best scored {score}, but only {anatomy.score} against other random partners"
        return (no_replicator(outcome),)
    if not anatomy.copies:
        outcome = f"the best scored {score}, and a program of nothing but no-ops passes as well ({anatomy.bare_score})"
        return (no_replicator(outcome),)
    copies = int((context.soup == program).all(axis=1).sum())
    subject = Subject(context.language, program, context.streams, context.t, context.max_steps)
    taken = film_on_noise(subject)
    equal = f"{copies} of {len(context.soup)} programs are equal to it"
    others = context.soup[context.streams.integers("soup partners", context.t, PARTNERS, len(context.soup))]
    return (
        portrait(subject, anatomy, taken, equal),
        meetings(subject, {"programs of the soup": others}),
        film_picture(context.language, taken),
    )


def best_replicator(context: Context, programs: Census | None = None) -> tuple[int, int]:
    """Place and score of the best replicator among the most frequent programs and some drawn at random."""
    programs = programs or census(context.soup)
    drawn = context.streams.integers("replicator candidates", context.t, CANDIDATES, len(context.soup))
    candidates = np.concatenate((programs.first[:TOP_CANDIDATES], drawn))
    found = context.scores(candidates)
    best = int(np.argmax(found))
    return int(candidates[best]), int(found[best])


def no_replicator(outcome: str) -> Text:
    """The sentence that stands where a replicator would."""
    note = f"The {TOP_CANDIDATES} most frequent programs and {CANDIDATES} random ones were put to the replication test"
    return Text("The replicator", "None found.", f"{note}; {outcome}.")


def text(context: Context, program: Bytes) -> str:
    """A program in the glyphs of its language."""
    return substrate(context.language).format(program.tobytes())
