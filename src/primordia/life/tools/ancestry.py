"""`primordia life ancestry`: from a program back to its parents, to the birth of its line, and a little beyond."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Annotated, final

from primordia.core.config import Spec
from primordia.core.findings import Finding, Table
from primordia.core.tools import Runs, Tool
from primordia.life.lineage.ancestry import Link, walk_back_from_meeting
from primordia.life.lineage.births import score_at
from primordia.life.tools import asking, replay


@dataclasses.dataclass(frozen=True)
class AncestryArguments:
    """A program of a run, and how far to go back."""

    run: asking.Run
    epoch: replay.LineEpoch = None
    place: replay.LinePlace = None
    generations: Annotated[int, Spec("generations to show, the newest first", ge=1, le=100_000)] = 1000
    beyond: Annotated[int, Spec("epochs to go on behind the birth of the line", "epochs", ge=0, le=2**20)] = 32


@final
class AncestryTool(Tool):
    """The parent of a program is the one that gave it most of its bytes; a generation is a copy into another place."""

    name = "life/ancestry"
    summary = "The ancestors of a program, generation by generation, back to the birth of its line and beyond."
    Arguments = AncestryArguments

    def use(self, arguments: AncestryArguments, runs: Runs) -> Iterator[Finding]:
        """The generations since the birth, then every change in the epochs before it."""
        found = replay.past(runs, arguments.run)
        line = replay.line_of(found, arguments.epoch, arguments.place)
        yield generations(found, line, arguments.generations)
        if arguments.beyond and line.birth.link is not None:
            yield before(found, line, arguments.beyond)


def generations(found: replay.Past, line: replay.Line, n_rows: int) -> Table:
    """One row for each copy, the newest first; what happened between two copies is summed up."""
    rows: list[tuple[str | int | None, ...]] = []
    n_mutations, waited = 0, 0
    known: dict[bytes, int] = {}
    for link in line.links:
        n_mutations += len(link.mutations)
        waited += 1
        if not link.is_copy and (link is not line.links[-1] or line.birth.link is None):
            continue
        key = link.program.tobytes()
        if key not in known:
            known[key] = score_at(found.history, link.t, link.place, link.program)
        given = link.bytes_from[link.interaction.places.index(link.parent)]
        text = found.text(link.program)
        rows.append((link.t, link.place, link.parent, given, waited, n_mutations, known[key], text))
        n_mutations, waited = 0, 0
    if line.birth.link is None:
        birth = line.birth
        rows.append((birth.t, birth.place, None, None, waited, n_mutations, birth.score, found.text(birth.program)))
    n_generations = len(rows) - 1
    return Table(
        f"From place {line.place} after {line.t} epochs back to the birth of its line",
        ("epoch", "place", "parent", "bytes from it", "stayed", "mutations", "score", "program"),
        tuple(rows[:n_rows]),
        f"{n_generations} generations in {line.t - line.birth.t} epochs; the last row is the birth"
        + (f" (not shown: {len(rows) - n_rows} older rows)" if len(rows) > n_rows else "")
        + ". Epoch: completed epochs when the copy is there. Stayed: epochs that it was there before it was copied on. "
        "Mutations: bytes of it that mutations brought in during that time.",
    )


def before(found: replay.Past, line: replay.Line, n_epochs: int) -> Table:
    """The line of the newborn's majority parent in the epochs before the birth, where anything changed."""
    birth = line.birth
    assert birth.link is not None
    rows = []
    for parent in sorted(set(birth.link.interaction.places), key=lambda place: place != birth.link.parent):
        links = itertools.islice(walk_back_from_meeting(found.history, birth.t - 1, parent), n_epochs)
        rows += [_row(found, parent, link) for link in links if link.changed or link.is_copy]
    return Table(
        f"What became the parents of the newborn, in the {n_epochs} epochs before",
        ("partner", "epoch", "place", "parent", "bytes from it", "changed", "mutated", "program"),
        tuple(rows),
        "Partner: the place of the one of the pair that bore the newborn; the parent that gave more of it comes first. "
        "Only epochs that changed a byte. Changed: bytes that differ from the parent; mutated: the places in it that a "
        "mutation of this epoch brought in.",
    )


def _row(found: replay.Past, partner: int, link: Link) -> tuple[str | int, ...]:
    given = link.bytes_from[link.interaction.places.index(link.parent)]
    mutated = ", ".join(map(str, link.mutations)) or "-"
    return partner, link.t, link.place, link.parent, given, link.changed, mutated, found.text(link.program)
