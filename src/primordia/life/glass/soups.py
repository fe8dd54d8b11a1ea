"""A soup under the glass: what there is to say about the program, or the byte, that somebody points at."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, final

import numpy as np
import numpy.typing as npt

from primordia.core.errors import BadInputError
from primordia.core.findings import Picture, Table, Text
from primordia.core.inspection import Execution, Inspected, Specimen
from primordia.core.streams import Streams
from primordia.life.ecology import names
from primordia.life.glass.executions import execution
from primordia.life.glass.listing import listing
from primordia.life.glass.meetings import coming
from primordia.life.glass.places import spot
from primordia.life.lineage.tokens import origin, provenance
from primordia.life.maps import places
from primordia.life.microscope import dissect
from primordia.life.microscope.portrait import Subject, marks, only
from primordia.life.pictures import MAX_TILES, class_table, palette, tile_shape
from primordia.life.replicators import REPLICATOR_SCORE
from primordia.life.specimens import TABLE_ROWS, Context
from primordia.life.substrates import Substrate, substrate
from primordia.life.worlds import World

Bytes = npt.NDArray[np.uint8]
Tokens = npt.NDArray[np.uint64]

MOST_NAMED = 3
"""Founders that are named; the others are counted."""

LONELY = "Nobody that it could meet is free in this epoch, or the interactions are rationed."

DISSECTED = 128
"""Bytes of the longest program whose core is looked for; that of a longer one takes seconds."""


@final
@dataclasses.dataclass(frozen=True)
class Glass:
    """A soup that somebody points at.

    Args:
        config: its settings.
        soup: uint8 [program, byte].
        tokens: uint64 [program, byte], or None if it carries none.
        world: who meets whom.
        streams: the randomness of the run.
        t: completed epochs.
    """

    config: Any
    soup: Bytes
    tokens: Tokens | None
    world: World
    streams: Streams
    t: int

    def at(self, view: str, row: int, column: int) -> tuple[Inspected, ...]:
        """What a cell of a view shows; raises as `places.spot` does."""
        found = spot(view, row, column, *self.soup.shape, places(self.world, len(self.soup)))
        if found is None:
            return (Text("Outside the soup", "No program stands here."),)
        if found.program is None:
            assert found.byte is not None, found
            return (self.column(found.byte),)
        return tuple(self.program(found.program, found.byte))

    def program(self, place: int, byte: int | None = None) -> Iterator[Inspected]:
        """All about the program at a place of the soup; `byte` is the one that was pointed at."""
        program = self.soup[place]
        name = names.name(self.config.language, program)
        score = int(self._context.scores(np.array([place]))[0])
        yield self._facts(place, name, score, byte)
        yield specimen(self.config.language, program, place, f"program {place} after {self.t:,} epochs, score {score}")
        yield self._alone(program, name)
        yield self._meeting(place)
        yield listing(self._language, program, f"Program {place} after {self.t:,} epochs, instruction by instruction")
        if score >= REPLICATOR_SCORE and len(program) <= DISSECTED:
            yield core(self.config.language, program, self.config.max_steps)

    def column(self, byte: int) -> Table:
        """The values that stand at one place of the programs, the most frequent first."""
        shown = self.soup[:MAX_TILES, byte]
        counts = np.bincount(shown, minlength=256)
        rows = []
        for value in np.lexsort((np.arange(256), -counts))[:TABLE_ROWS].tolist():
            if counts[value]:
                kind = self._language.legend[self._language.classes[value]]
                share = round(int(counts[value]) / len(shown), 6)
                rows.append((f"0x{value:02X}", self._language.glyph(value), kind, int(counts[value]), share))
        return Table(
            f"Byte {byte} of the programs",
            ("byte", "glyph", "kind", "programs", "share"),
            tuple(rows),
            f"What stands there in the first {len(shown):,} programs: {np.count_nonzero(counts)} values, of which the "
            "most frequent are shown. Among uniform random bytes every value has the share 0.003906.",
        )

    @property
    def _language(self) -> Substrate:
        return substrate(self.config.language)

    @property
    def _context(self) -> Context:
        return Context(self.config.language, self.soup, self.config.max_steps, self.streams, self.t)

    def _facts(self, place: int, name: str, score: int, byte: int | None) -> Table:
        program = self.soup[place]
        copies = int((self.soup == program).all(axis=1).sum())
        rows = [
            ("place", str(place)),
            ("copies", f"{copies:,} of {len(self.soup):,} programs are equal to it"),
            ("score", f"{score} of {len(program)}: {'a replicator' if score >= REPLICATOR_SCORE else 'no replicator'}"),
            ("program", self._language.format(program.tobytes())),
        ]
        if self.tokens is not None:
            rows += ancestry(self.tokens[place])
        if byte is not None:
            value = int(program[byte])
            kind = self._language.legend[self._language.classes[value]]
            rows.append((f"byte {byte}", f"0x{value:02X}  {self._language.glyph(value)}  {kind}"))
        note = f"The score counts the bytes it passes on to a copy; from {REPLICATOR_SCORE} it counts as a replicator."
        return Table(name, ("of this program", ""), tuple(rows), note)

    def _alone(self, program: Bytes, name: str) -> Execution | Text:
        subject = Subject(self.config.language, program, self.streams, self.t, self.config.max_steps)
        tape = np.concatenate((program, subject.noise("film partner", 1)[0]))
        title = f"{name} stands first and meets random bytes"
        return self._watch(tape, title, f"{name}_meets_random_bytes", "What it does to noise is its own doing.")

    def _meeting(self, place: int) -> Execution | Text:
        met = coming(self.config, self.soup, self.world, self.streams.seed, self.t, place)
        title = f"The next epoch: program {met.first} stands first, {met.second} second"
        if not met.executed:
            return Text("The next epoch", f"Program {place} runs with nobody; its bytes may mutate.", LONELY)
        changed = f"{met.mutated} of their bytes mutate before. " if met.mutated else ""
        note = f"{changed}This is the interaction that the epoch will run, unless somebody intervenes."
        return self._watch(met.tape, title, f"epoch_{self.t}_programs_{met.first}_and_{met.second}", note)

    def _watch(self, tape: Bytes, title: str, name: str, note: str) -> Execution | Text:
        try:
            return execution(self.config.language, tape, self.config.max_steps, title, name, note)
        except BadInputError as error:
            return Text(title, str(error))


def core(language: str, program: Bytes, max_steps: int) -> Text:
    """The minimal working core of a replicator uint8 [byte], below the program."""
    found, anatomy = substrate(language), dissect(language, program, max_steps, n_threads=1)
    if not anatomy.copies:
        return Text("Its core", "None found: a program of nothing but no-ops passes the test as well.")
    lines = (
        f"program    {found.format(program.tobytes())}",
        f"core       {marks(found, anatomy.core)}",
        f"essential  {marks(found, anatomy.essential)}",
        f"core only  {only(found, program, anatomy.core)}",
    )
    return Text(
        f"Its core: {int(anatomy.core.sum())} bytes, which alone score {anatomy.bare_score}",
        "\n".join(line.rstrip() for line in lines),
        "Core: bytes were replaced by a no-op as long as the rest still copied. Essential: replacing this byte alone, "
        f"in the whole program, stops the copying. The test: {anatomy.test}, a score of at least {anatomy.threshold}.",
    )


def specimen(language: str, program: Bytes, place: int, note: str) -> Specimen:
    """A program uint8 [byte] to keep, which can be planted in any soup of its language, at this place or another."""
    found = substrate(language)
    tile = class_table(language)[program].reshape(tile_shape(len(program)))
    name = names.name(language, program)
    return Specimen(
        name,
        "plant",
        {"program": f"hex:{program.tobytes().hex()}", "language": language, "place": place},
        f"{language}: {note}.",
        Picture(name, tile, palette(found.legend)[:-1]),
    )


def ancestry(tokens: Tokens) -> list[tuple[str, str]]:
    """Where the bytes of a program, tokens [byte], entered the soup: rows of a name and words."""
    found = provenance(tokens, len(tokens))
    founders = [f"{n} of program {tape}" for tape, n in zip(found.tapes[:MOST_NAMED], found.n_bytes, strict=False)]
    if len(found.tapes) > MOST_NAMED:
        founders.append(f"{int(found.n_bytes[MOST_NAMED:].sum())} of {len(found.tapes) - MOST_NAMED} others")
    later = int((origin(tokens)[0] > 0).sum())
    rows = [("bytes of the first soup", ", ".join(founders) or "none")]
    if later:
        rows.append(("bytes that came later", f"{later}, the last in epoch {int(found.mutations[-1])}"))
    return rows
