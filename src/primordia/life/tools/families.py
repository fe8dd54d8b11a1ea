"""`primordia life families`: who lives in a soup, and how many of them, over time."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Annotated, final

import numpy as np
import numpy.typing as npt

from primordia.core.config import Spec
from primordia.core.errors import BadInputError
from primordia.core.findings import Finding, Table
from primordia.core.tools import Runs, Tool
from primordia.life.ecology import samples
from primordia.life.ecology.families import MOST_PROGRAMS, TOLERANCE, Families, families
from primordia.life.substrates import substrate
from primordia.life.tools import asking

Samples = Annotated[int, Spec("epochs to look at, evenly spaced over the rows of the run", ge=1, le=512)]
Most = Annotated[int, Spec("distinct programs to sort into families, the most frequent", "programs", ge=2, le=2**15)]
Tolerance = Annotated[
    float, Spec("largest edit distance to a family's founder, as a share of the instructions", ge=0.0, le=1.0)
]


@dataclasses.dataclass(frozen=True)
class FamiliesArguments:
    """A run, the epochs to look at, and how alike relatives are."""

    run: asking.Run
    samples: Samples = 1
    start: asking.Start = None
    end: asking.End = None
    rows: Annotated[int, Spec("families to show", ge=1, le=1000)] = 16
    most: Most = MOST_PROGRAMS
    tolerance: Tolerance = TOLERANCE


@final
class FamiliesTool(Tool):
    """A program belongs to the first family whose founder differs from it in few instructions, forwards or backwards.

    No-ops do not count. With --samples above 1 the run is replayed once from the first of them on.
    """

    name = "life/families"
    summary = "The families in a soup, how many members they have, and how that changes."
    Arguments = FamiliesArguments

    def use(self, arguments: FamiliesArguments, runs: Runs) -> Iterator[Finding]:
        """The families at the last epoch looked at, and the numbers over time."""
        found, epochs, sizes, n_programs = look(arguments, runs)
        yield at_the_end(found, sizes[-1], epochs[-1], n_programs, arguments.rows)
        if len(epochs) > 1:
            yield over_time(found, epochs, sizes, n_programs, arguments.rows)


def look(arguments: FamiliesArguments, runs: Runs) -> tuple[Families, list[int], npt.NDArray[np.int64], int]:
    """The families of all samples taken together, the epochs, sizes [sample, family], and the soup's programs."""
    start, end = arguments.start, arguments.end
    if start is not None and end is not None and start > end:
        raise BadInputError(f"--start {start} is behind --end {end}; exchange the two.")
    if start is not None and arguments.samples == 1:
        raise BadInputError("--start does nothing with one sample, which is taken at the end; give --samples.")
    if arguments.samples == 1:
        moments = [asking.soup_moment(runs, arguments.run, end)]
    else:
        asking.soup_moment(runs, arguments.run, end)
        epochs = samples.evenly(runs, arguments.run, arguments.samples, start, end)
        moments = list(samples.walk(runs, arguments.run, epochs))
    soups = [moment.state.soup for moment in moments]
    found = families(moments[0].config.language, soups, arguments.most, arguments.tolerance)
    sizes = np.stack([found.sizes(soup) for soup in soups])
    return found, [moment.t for moment in moments], sizes, len(soups[0])


def at_the_end(found: Families, sizes: npt.NDArray[np.int64], epoch: int, n_programs: int, n_rows: int) -> Table:
    """The greatest families after an epoch."""
    language = substrate(found.language)
    order = [family for family in np.argsort(-sizes, kind="stable")[:n_rows] if sizes[family]]
    members = np.bincount(found.family, minlength=len(found))
    rows = tuple(
        (
            found.name(family),
            int(sizes[family]),
            float(sizes[family]) / n_programs,
            int(members[family]),
            language.format(found.founder(family).tobytes()),
        )
        for family in order
    )
    covered = 100 * sizes.sum() / n_programs
    return Table(
        f"Families after {epoch:,} epochs",
        ("name", "programs", "share", "distinct", "founder"),
        rows,
        f"Families among the {len(found.programs):,} most frequent distinct programs: {len(found)}. {covered:.1f} % of "
        "the soup belongs to one. Distinct: how many different programs were counted to the family.",
    )


def over_time(found: Families, epochs: list[int], sizes: npt.NDArray[np.int64], n_programs: int, n_rows: int) -> Table:
    """The share of the soup that the greatest families hold, a row for each epoch."""
    order = np.argsort(-sizes.max(axis=0), kind="stable")[:n_rows]
    rows = tuple(
        (epoch, *(round(float(size) / n_programs, 5) for size in sizes[sample, order]))
        for sample, epoch in enumerate(epochs)
    )
    names = tuple(found.name(int(family)) for family in order)
    return Table("Shares over time", ("epoch", *names), rows, "The families with the largest share at any time.")
