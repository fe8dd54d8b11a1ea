"""`primordia life tree`: the dominant lineages of a run as a tree."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Annotated, final

from primordia.core.config import Spec
from primordia.core.findings import Finding, Text
from primordia.core.tools import Runs, Tool
from primordia.life.ecology import phylogeny
from primordia.life.ecology.descent import by_birth
from primordia.life.ecology.families import MOST_PROGRAMS, TOLERANCE
from primordia.life.tools import asking, replay
from primordia.life.tools.families import FamiliesArguments, Most, Samples, Tolerance, look


@dataclasses.dataclass(frozen=True)
class TreeArguments:
    """A run, the epochs to look at, and who counts as dominant."""

    run: asking.Run
    samples: Samples = 16
    start: asking.Start = None
    end: asking.End = None
    dominant: Annotated[float, Spec("least share of the soup that a dominant family holds", ge=0.0, le=1.0)] = 0.01
    parents: Annotated[
        str,
        Spec(
            "what tells the parents: likeness of the founders, or births, which are followed back epoch by epoch",
            choices=("likeness", "births"),
        ),
    ] = "likeness"
    most: Most = MOST_PROGRAMS
    tolerance: Tolerance = TOLERANCE


@final
class TreeTool(Tool):
    """A dominant family's parent is the one, dominant at the sample before, whose founder is most like its own.

    The run is replayed once from the first sample on. With --parents births a member of each family is followed back
    until an ancestor belongs to a family that was in the tree before; every epoch back is run again.
    """

    name = "life/tree"
    summary = "The dominant lineages of a run: a tree as text, as Newick, and their shares over time."
    Arguments = TreeArguments

    def use(self, arguments: TreeArguments, runs: Runs) -> Iterator[Finding]:
        """The tree as text, in Newick form, and the picture."""
        wanted = FamiliesArguments(
            arguments.run,
            arguments.samples,
            arguments.start,
            arguments.end,
            most=arguments.most,
            tolerance=arguments.tolerance,
        )
        found, epochs, sizes, n_programs = look(wanted, runs)
        births = arguments.parents == "births"
        ancestor = by_birth(found, replay.past(runs, arguments.run).history, epochs) if births else None
        tree = phylogeny.grow(found, epochs, sizes / n_programs, arguments.dominant, ancestor)
        if not tree.branches:
            peak = 100 * float(sizes.max(initial=0)) / n_programs
            line = f"No family holds {100 * arguments.dominant:g} % of the soup at any sample"
            yield Text("The tree of dominant lineages", "None found.", f"{line}; the largest share is {peak:.2g} %.")
            return
        yield Text(
            "The tree of dominant lineages",
            phylogeny.drawn(tree),
            f"{len(epochs)} samples from epoch {epochs[0]:,} to {epochs[-1]:,}; dominant from "
            f"{100 * arguments.dominant:g} % of the soup on. Parents are "
            f"{'told by births' if births else 'guessed by likeness'}; likeness is that of the founders.",
        )
        yield Text("Newick", phylogeny.newick(tree), "Branch lengths are epochs.")
        yield phylogeny.picture(tree)
