"""`primordia life breed`: two programs meet generation after generation."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Annotated, final

from primordia.core.config import Spec
from primordia.core.findings import Finding, Table
from primordia.core.tools import Runs, Tool
from primordia.life.ecology import names
from primordia.life.ecology.breeding import Generation, breed
from primordia.life.substrates import substrate
from primordia.life.tools import asking


@dataclasses.dataclass(frozen=True)
class BreedArguments:
    """Two programs and how often they meet."""

    language: asking.Language
    first: asking.Program
    second: Annotated[str, Spec(f"the other: zeros, random (see --seed), or a program {asking.PROGRAM_SAYS}")]
    generations: Annotated[int, Spec("meetings in a row", ge=1, le=1000)] = 4
    swap: Annotated[bool, Spec("let the halves change places before every meeting but the first")] = False
    length: asking.Length = 64
    fill: asking.Fill = "no-op"
    max_steps: asking.Steps = 8192
    seed: asking.Seed = 0


@final
class Breed(Tool):
    """The halves that come out of a meeting are the next pair. Nothing mutates; both orders are tried."""

    name = "life/breed"
    summary = "Two programs meet generation after generation, in either order: who becomes what?"
    Arguments = BreedArguments

    def use(self, arguments: BreedArguments, runs: Runs) -> Iterator[Finding]:
        """One table for each order."""
        language = arguments.language
        first = asking.program(language, arguments.first, arguments.length, arguments.fill)
        second = asking.partner(language, arguments.second, arguments.length, arguments.seed, arguments.fill)
        for title, pair in (("A stands first", (first, second)), ("B stands first", (second, first))):
            line = breed(language, *pair, arguments.generations, arguments.swap, arguments.max_steps)
            yield generations_table(language, title, line, "AB" if pair[0] is first else "BA")


def generations_table(language: str, title: str, line: list[Generation], who: str) -> Table:
    """A row for each generation; `who` names the parents by letters, in the order in which they began."""
    written = substrate(language)
    rows = []
    for generation in line:
        cells = []
        for half, kin in zip(generation.halves, generation.kinship, strict=True):
            first, second = (kin.first, kin.second) if who == "AB" else (kin.second, kin.first)
            cells += [names.name(language, half), first, second, written.format(half.tobytes())]
        rows.append((generation.number, generation.operations, *cells))
    halves = (f"{half}{column}" for half in ("first", "second") for column in ("", " like A", " like B", " as text"))
    columns = ("generation", "operations", *halves)
    return Table(
        title,
        columns,
        tuple(rows),
        "Like A and B: bytes in common with the parents, at the same places or mirrored, whichever are more.",
    )
