"""`primordia life born`: the first replicator of a run, the interaction that bore it, and that of the line that won."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Annotated, final

import numpy as np

from primordia.core.config import Spec
from primordia.core.errors import BadInputError
from primordia.core.findings import Finding, Picture, Table, Text
from primordia.core.tools import Runs, Tool
from primordia.life.ecology.names import name
from primordia.life.lineage.births import Birth, chief, first_replicator
from primordia.life.lineage.interaction import Interaction
from primordia.life.microscope import dissect, watch
from primordia.life.pictures import class_table, palette
from primordia.life.replicators import REPLICATOR_SCORE
from primordia.life.substrates import substrate
from primordia.life.tools import asking, replay

FILM_ROWS = 256


@dataclasses.dataclass(frozen=True)
class BornArguments:
    """A run, and where to look."""

    run: asking.Run
    since: Annotated[
        int | None, Spec("first epoch to call the roll of all programs at (default: the run's first)", "epochs", ge=0)
    ] = None
    until: Annotated[int | None, Spec("last epoch to look at (default: the takeover)", "epochs", ge=0)] = None
    threshold: replay.Threshold = REPLICATOR_SCORE


@final
class Born(Tool):
    """All programs of the soup are tested after every epoch until one copies itself.

    Two births are told: of the first replicator, and of the line whose program is the most frequent at the takeover.
    Often they are one.
    """

    name = "life/born"
    summary = "Who was the first replicator of a run, which interaction bore it, and whose line took over."
    Arguments = BornArguments

    def use(self, arguments: BornArguments, runs: Runs) -> Iterator[Finding]:
        """The two clocks as a table, then the record of each birth."""
        found = replay.past(runs, arguments.run)
        history = found.history
        until = found.end(arguments.until, "until", history.first)
        if arguments.until is None and found.takeover is not None:
            until = found.takeover
        since = history.first if arguments.since is None else arguments.since
        if not history.first <= since <= until:
            raise BadInputError(
                f"--since {since} is out of range: it must be from {history.first}, where the run begins, to {until}, "
                f"the last epoch to look at; the nearest is {min(max(since, history.first), until)}."
            )
        winner = None
        if chief(history, until, arguments.threshold) is not None:
            winner = replay.line_of(found, until, None, arguments.threshold)
            until = max(winner.birth.t, since)
        first = first_replicator(history, since=since, until=until, threshold=arguments.threshold)
        yield clocks(found, first, winner, (since, until if first is None else first.t))
        births = [("The first replicator", first)] if first is not None else []
        if winner is not None and (first is None or (first.t, first.place) != (winner.birth.t, winner.birth.place)):
            births.append(("The birth of the line that took over", winner.birth))
        for title, birth in births:
            yield record(found, title, birth)
            if birth.link is not None:
                yield film(found, birth.link.interaction)
            yield anatomy(found, birth)


def clocks(found: replay.Past, first: Birth | None, winner: replay.Line | None, looked_at: tuple[int, int]) -> Table:
    """Appearance and takeover as events; `looked_at`: the first and the last epoch at which the roll was called."""
    rows: list[tuple[str | int | None, ...]] = []
    language = found.history.config.language
    if first is not None:
        rows.append(("first replicator", first.t, *_where(first), name(language, first.program), first.score))
    if winner is not None:
        birth = winner.birth
        rows.append(("birth of the line", birth.t, *_where(birth), name(language, birth.program), birth.score))
        event = "takeover" if winner.t == found.takeover else "most frequent replicator"
        program = found.history.soup(winner.t)[winner.place]
        rows.append((event, winner.t, None, winner.place, name(language, program), None))
    counted = f"; {first.n_replicators} in the soup then" if first is not None and first.n_replicators else ""
    since, until = looked_at
    where = f"Every program was tested after every epoch from {since} to {until}{counted}."
    if first is None:
        where += " None copied itself."
    elif since == first.t > found.history.first:
        where += " That is the first epoch looked at, so it may be older: give an earlier --since."
    return Table(
        f"Appearance and takeover of {found.name}",
        ("event", "epoch", "pair", "place", "name", "score"),
        tuple(rows),
        f"{where} Epoch: completed epochs when the program is there; the pair met in the epoch before it. The line is "
        "that of the replicator whose program is the most frequent at the takeover.",
    )


def _where(birth: Birth) -> tuple[int | None, int]:
    return (birth.link.interaction.pair if birth.link else None), birth.place


def record(found: replay.Past, title: str, birth: Birth) -> Text:
    """Where the newborn stands, who met, what mutated, and which bytes came from whom."""
    if birth.link is None:
        began = birth.t == found.history.first
        how = "The run began with it" if began else f"It was put in from outside before epoch {birth.t}"
        return Text(title, found.text(birth.program), f"{how}, at place {birth.place}.")
    met = birth.link.interaction
    half = met.half(birth.place)
    n_first, n_second = birth.link.bytes_from
    length = len(birth.program)
    lines = [
        f"born       in epoch {met.epoch} (there after {birth.t}), pair {met.pair}: programs {met.places[0]} and "
        f"{met.places[1]}, {met.operations:,} operations",
        f"place      {birth.place}, the {'first' if half.start == 0 else 'second'} of the two; score {birth.score}",
        f"bytes      {n_first} from the first, {n_second} from the second",
        f"mutations  {_mutations(met, length)}",
        *(
            f"put in     program {place} came from outside just before"
            for place in met.places
            if found.history.put_in(met.epoch, place)
        ),
        "",
        f"first      {found.text(met.before[:length])}",
        f"second     {found.text(met.before[length:])}",
        "became",
        f"first      {found.text(met.after[:length])}",
        f"second     {found.text(met.after[length:])}",
        f"from       {_origins(found, met, half)}",
        "",
        f"as bytes   hex:{birth.program.tobytes().hex()}",
    ]
    note = "From: for each byte of the newborn, 1 or 2 for the program it came from; a capital M for a mutation."
    return Text(title, "\n".join(lines), note)


def _mutations(met: Interaction, length: int) -> str:
    if not met.mutations:
        return "none in this epoch"
    return ", ".join(f"byte {place % length} of the {('first', 'second')[place // length]}" for place in met.mutations)


def _origins(found: replay.Past, met: Interaction, half: slice) -> str:
    length = half.stop - half.start
    drawn = set(met.mutations)
    marks = ["M" if origin in drawn else str(1 + origin // length) for origin in met.origins[half].tolist()]
    width = substrate(found.history.config.language).notation.width
    return "".join(mark.ljust(width) for mark in marks).rstrip()


def film(found: replay.Past, met: Interaction) -> Picture:
    """The tape of the interaction that bore a replicator: one row of pixels for each moment until nothing changes."""
    config, length = found.history.config, len(met.before) // 2
    frames = watch(config.language, met.mutated[:length], met.mutated[length:], config.max_steps).frames
    moments = np.unique(np.linspace(0, len(frames) - 1, FILM_ROWS).astype(int))
    pixels = class_table(config.language)[frames[moments]]
    return Picture(
        "The interaction that bore it",
        np.ascontiguousarray(pixels.repeat(4, axis=1).repeat(2, axis=0)),
        palette(substrate(config.language).legend),
        f"Time runs downwards over {len(frames) - 1} steps; the program that stood first on the left.",
    )


def anatomy(found: replay.Past, birth: Birth) -> Table:
    """The minimal working core of the newborn, byte by byte."""
    config = found.history.config
    dissected = dissect(config.language, birth.program, config.max_steps)
    rows = tuple(
        (int(offset), f"0x{birth.program[offset]:02X}", found.text(birth.program[offset : offset + 1]), essential)
        for offset, essential in enumerate(dissected.essential.tolist())
        if dissected.core[offset]
    )
    return Table(
        f"Its minimal core: {len(rows)} bytes",
        ("offset", "byte", "text", "essential"),
        rows,
        f"Everything else was replaced by a no-op and it still copies (score {dissected.bare_score}, at least "
        f"{dissected.threshold} counts). Essential: replacing this byte alone, in the whole program, stops the "
        "copying. `primordia life microscope` says more.",
    )
