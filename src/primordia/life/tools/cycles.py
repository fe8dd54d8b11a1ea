"""`primordia life cycles`: programs that make each other, read off the interactions of a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Annotated, final

from primordia.core.config import Spec
from primordia.core.errors import BadInputError
from primordia.core.findings import Finding, Table
from primordia.core.tools import Runs, Tool
from primordia.life.lineage.autocatalysis import LEAST_COPIES, AutocatalyticSet, autocatalytic_sets, productions
from primordia.life.substrates import substrate
from primordia.life.tools import asking, replay

MOST_MEMBERS = 4
"""Members of a set that a row names; the others are counted."""


@dataclasses.dataclass(frozen=True)
class CyclesArguments:
    """A run, the epochs to look at, and what counts as an arrow."""

    run: asking.Run
    epoch: Annotated[
        int | None, Spec("first epoch to look at (default: the takeover, or just before the end)", "epochs", ge=0)
    ] = None
    epochs: Annotated[int, Spec("how many epochs to look at", "epochs", ge=1, le=4096)] = 8
    least: Annotated[int, Spec("copies of one kind by another that count as an arrow", "copies", ge=1)] = LEAST_COPIES
    rows: Annotated[int, Spec("sets to show", ge=1, le=1000)] = 16


@final
class Cycles(Tool):
    """Programs are of one kind when their instructions are the same as they stand; a mirror image is another kind."""

    name = "life/cycles"
    summary = "Autocatalytic sets: kinds of programs that make each other and together become more."
    Arguments = CyclesArguments

    def use(self, arguments: CyclesArguments, runs: Runs) -> Iterator[Finding]:
        """One table."""
        found = replay.past(runs, arguments.run)
        begin, last = found.history.first, found.history.last
        if begin == last:
            raise BadInputError(f"The run {arguments.run} has no epoch yet; `primordia resume` goes on with it.")
        first = arguments.epoch
        if first is None:
            first = last - arguments.epochs if found.takeover is None else min(found.takeover, last - 1)
            first = max(begin, first)
        if not begin <= first < last:
            near = min(max(first, begin), last - 1)
            raise BadInputError(f"The run has the epochs {begin} to {last - 1}, not {first}; the nearest is {near}.")
        end = min(last, first + arguments.epochs)
        sets = autocatalytic_sets(productions(found.history, first, end), arguments.least)
        yield table(found, sets, first, end, arguments.rows)


def table(found: replay.Past, sets: list[AutocatalyticSet], first: int, end: int, n_rows: int) -> Table:
    """The sets, the fastest-growing first."""
    rows = tuple(
        (
            len(each.members),
            round(each.gain, 4),
            round(each.alone, 4),
            each.is_collective,
            _members(found, each),
        )
        for each in sets[:n_rows]
    )
    return Table(
        f"Autocatalytic sets in the epochs {first} to {end - 1}",
        ("kinds", "gain", "best alone", "collective", "members"),
        rows,
        f"{len(sets)} sets. Gain: by what factor the members, together, become more in an epoch. Best alone: the "
        "largest factor of any one of them by copies of its own kind. Collective: no member becomes more by itself. "
        "Members are written as their instructions, the most copied first.",
    )


def _members(found: replay.Past, each: AutocatalyticSet) -> str:
    language = substrate(found.history.config.language)
    named = [language.format(member) or "(no instruction)" for member in each.members[:MOST_MEMBERS]]
    more = len(each.members) - MOST_MEMBERS
    return "  ".join(named) + (f"  and {more} more" if more > 0 else "")
