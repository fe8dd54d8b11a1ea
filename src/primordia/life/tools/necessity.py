"""`primordia life necessity`: which mutations and interactions a birth could not do without."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Annotated, final

from primordia.core.config import Spec
from primordia.core.findings import Finding, Table
from primordia.core.tools import Runs, Tool
from primordia.life.lineage.births import Birth
from primordia.life.lineage.counterfactual import Removal, altered
from primordia.life.lineage.necessity import Verdict, candidates, verdicts
from primordia.life.tools import asking, replay


@dataclasses.dataclass(frozen=True)
class NecessityArguments:
    """A replicator of a run, how far to look back for what it needed, and what to play again."""

    run: asking.Run
    epoch: replay.LineEpoch = None
    place: replay.LinePlace = None
    window: Annotated[
        int, Spec("epochs before the birth within which mutations of its bytes are tried", "epochs", ge=1, le=2**16)
    ] = 256
    recent: Annotated[
        int, Spec("epochs before it within which interactions of its partners are tried", "epochs", ge=0, le=2**16)
    ] = 16
    depth: Annotated[int, Spec("epochs before it within which every mutation that can matter is tried", "epochs",
                               ge=0, le=14)] = 8  # fmt: skip
    horizon: Annotated[
        int | None,
        Spec("epoch until which the run is played again to see whether it is taken over (default: its last)", ge=0),
    ] = None
    plays: Annotated[
        int, Spec("necessary events, the latest ones, that the run is played again without", ge=0, le=64)
    ] = 2


@final
class NecessityTool(Tool):
    """Each event is taken out by itself; nothing else changes its draws, so the comparison is exact.

    The birth is that of the line that --epoch and --place name, by default of the line that took over.
    """

    name = "life/necessity"
    summary = "Which mutation and which interaction the birth of a replicator could not do without."
    Arguments = NecessityArguments

    def use(self, arguments: NecessityArguments, runs: Runs) -> Iterator[Finding]:
        """The table of events, then what became of the soup without the necessary ones."""
        found = replay.past(runs, arguments.run)
        birth = replay.line_of(found, arguments.epoch, arguments.place).birth
        end = found.end(arguments.horizon, "horizon", birth.t, beyond=True)
        tried = candidates(found.history, birth, arguments.window, arguments.recent, arguments.depth)
        judged = list(verdicts(found.history, birth, tried))
        yield table(found, birth, judged, arguments)
        needed = [verdict for verdict in judged if verdict.necessary][: arguments.plays]
        if needed:
            yield played_again(found, birth, needed, end)


def table(found: replay.Past, birth: Birth, judged: list[Verdict], arguments: NecessityArguments) -> Table:
    """The events whose removal the newborn felt, the latest first; the others are counted."""
    felt = [verdict for verdict in judged if verdict.necessary or not verdict.same or verdict.carries]
    rows = tuple(
        (
            verdict.removal.epoch,
            verdict.removal.pair,
            what(found, verdict.removal),
            ", ".join(map(str, verdict.carries)) or "-",
            verdict.score,
            "the same" if verdict.same else found.text(verdict.changed[birth.place]),
            verdict.necessary,
        )
        for verdict in felt
    )
    n_mutations = sum(verdict.removal.mutation is not None for verdict in judged)
    return Table(
        f"What the birth at place {birth.place} after {birth.t} epochs needed",
        ("epoch", "pair", "without", "brought byte", "score then", "program then", "necessary"),
        rows,
        f"{n_mutations} mutations and {len(judged) - n_mutations} interactions were taken out, one at a time: the "
        f"mutations of the last {arguments.window} epochs that drew a byte of either partner, every one of the last "
        f"{arguments.depth} that could reach the place, and what changed the partners in the last {arguments.recent}. "
        f"{len(judged) - len(felt)} made no difference to the "
        "newborn and are not shown. Necessary: without it no replicator stands there then.",
    )


def what(found: replay.Past, removal: Removal) -> str:
    """A removal in words, with the byte that a mutation drew."""
    if removal.mutation is None:
        return "the interaction"
    met, length = found.history.pair(removal.epoch, removal.pair), found.history.config.tape_length
    side, offset = divmod(removal.mutation, length)
    here = slice(removal.mutation, removal.mutation + 1)
    change = f"{found.text(met.before[here])} -> {found.text(met.mutated[here])}"
    return f"the mutation of byte {offset} of program {met.places[side]}, {change}"


def played_again(found: replay.Past, birth: Birth, needed: list[Verdict], end: int) -> Table:
    """When the soup is taken over without each of some events, each by itself."""
    rows = []
    for verdict in needed:
        when = found.takeover_of(altered(found.history, birth.t, verdict.changed), birth.t, end)
        rows.append((verdict.removal.epoch, verdict.removal.pair, what(found, verdict.removal), when))
    return Table(
        f"Played again without them until epoch {end}",
        ("epoch", "pair", "without", "taken over"),
        tuple(rows),
        f"In the run itself the takeover is at: {found.own_takeover()}. It is looked for at every row, {found.every} "
        "epochs apart. Other replicators may still arise, so a late takeover is another story, not the same one "
        "delayed.",
    )
