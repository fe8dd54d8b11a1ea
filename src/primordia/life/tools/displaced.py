"""`primordia life displaced`: how long the first replicator's strain led, and who displaced it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Annotated, final

from primordia.core.config import Spec
from primordia.core.findings import Finding, Table, Text
from primordia.core.tools import Runs, Tool
from primordia.life.ecology.families import difference
from primordia.life.lineage.ancestry import walk_back
from primordia.life.lineage.births import Birth
from primordia.life.lineage.displacement import Standing, overtaking, standings, strain
from primordia.life.substrates import substrate
from primordia.life.tools import asking, replay


@dataclasses.dataclass(frozen=True)
class DisplacedArguments:
    """A replicator of a run, and when to look."""

    run: asking.Run
    epoch: replay.LineEpoch = None
    place: replay.LinePlace = None
    samples: Annotated[int, Spec("epochs to look at, evenly spaced from the birth to the end", ge=2, le=4096)] = 24
    until: Annotated[int | None, Spec("last epoch to look at (default: the run's last)", "epochs", ge=0)] = None


@final
class DisplacedTool(Tool):
    """Programs with the same instructions, forwards or backwards, are one strain; no-ops do not count.

    The strain is that of the first replicator of the line that --epoch and --place name, by default of the line that
    took over.
    """

    name = "life/displaced"
    summary = (
        "How the strain of the first replicator fared, which strain displaced it, and whether that descends from it."
    )
    Arguments = DisplacedArguments

    def use(self, arguments: DisplacedArguments, runs: Runs) -> Iterator[Finding]:
        """The shares over time, then the strain that overtook it for good."""
        found = replay.past(runs, arguments.run)
        birth = replay.line_of(found, arguments.epoch, arguments.place).birth
        span = found.end(arguments.until, "until", birth.t) - birth.t
        epochs = sorted({birth.t + span * k // (arguments.samples - 1) for k in range(arguments.samples)})
        seen = list(standings(found.history, birth.program, birth.t, epochs))
        yield shares(found, seen)
        yield verdict(found, birth, seen)


def shares(found: replay.Past, seen: list[Standing]) -> Table:
    """The strain and its greatest rival over time."""
    rows = tuple(
        (
            standing.t,
            round(standing.share, 5),
            instructions(found, standing.rival) if standing.rival is not None else "-",
            round(standing.rival_share, 5),
            standing.rival_score if standing.rival is not None else None,
            standing.overtaken,
        )
        for standing in seen
    )
    return Table(
        "The first replicator's strain and its greatest rival",
        ("epoch", "its share", "rival", "rival's share", "rival's score", "overtaken"),
        rows,
        "Shares of the soup's programs. The rival, written as its instructions, is the strain that has gained most "
        "since the birth; its score is that of its most frequent program. One that scores 0 does not copy itself: it "
        "lives on others, or is what their copying leaves behind.",
    )


def verdict(found: replay.Past, birth: Birth, seen: list[Standing]) -> Text:
    """Who displaced the strain, and where that strain comes from."""
    history = found.history
    winner = overtaking(seen)
    title = "Who displaced it"
    if winner is None or winner.rival is None:
        best = max(seen, key=lambda standing: standing.share)
        text = f"Nobody so far: after {seen[-1].t} epochs no other strain is ahead for good."
        return Text(title, text, f"Its share was greatest after {best.t} epochs: {best.share:.1%}.")
    previous = max((standing.t for standing in seen if standing.t < winner.t), default=birth.t)
    program = history.soup(winner.t)[winner.rival_place]
    apart = difference(history.config.language, birth.program, program)
    descends = "yes" if descends_from(found, winner.t, winner.rival_place, birth) else "no"
    ahead = max(seen, key=lambda standing: standing.share)
    first, second = instructions(found, _strain(found, birth)), instructions(found, winner.rival)
    lines = [
        f"overtaken   between epoch {previous} and {winner.t}, and never ahead again until {seen[-1].t}",
        f"by          {second} ({winner.rival_share:.1%} against {winner.share:.1%} of the soup)",
        f"first was   {first}; its greatest share {ahead.share:.1%} after {ahead.t}",
        f"example     {found.text(program)}",
        f"            at place {winner.rival_place} after {winner.t} epochs; score {winner.rival_score}",
        f"different   {apart:.0%} of the instructions",
        f"descendant  {descends}: its line, walked back by the majority of bytes, "
        + (
            "passes through the first replicator" if descends == "yes" else "does not pass through the first replicator"
        ),
    ]
    end = seen[-1]
    return Text(title, "\n".join(lines), f"At the end, after {end.t} epochs, the first strain holds {end.share:.1%}.")


def descends_from(found: replay.Past, t: int, place: int, birth: Birth) -> bool:
    """Whether the line of a program passes through a newborn."""
    for link in walk_back(found.history, t, place):
        if link.t == birth.t and birth.link is not None:
            return link.place == birth.place
        t, place = link.t - 1, link.parent
    return (t, place) == (birth.t, birth.place)


def instructions(found: replay.Past, of: bytes) -> str:
    """A strain as text: its instructions without what lies between."""
    return substrate(found.history.config.language).format(of) or "(no instruction)"


def _strain(found: replay.Past, birth: Birth) -> bytes:
    return strain(found.history.config.language, birth.program)
