"""`primordia life without`: a run played again without one mutation or one interaction."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Annotated, Any, final

import numpy as np

from primordia.core.config import Spec
from primordia.core.errors import BadInputError
from primordia.core.findings import Finding, Table
from primordia.core.tools import Runs, Tool
from primordia.life.lineage.births import Birth, score_at
from primordia.life.lineage.counterfactual import Removal, altered, remove
from primordia.life.replicators import REPLICATOR_SCORE
from primordia.life.tools import asking, replay


@dataclasses.dataclass(frozen=True)
class WithoutArguments:
    """A run and the event to leave out."""

    run: asking.Run
    epoch: Annotated[int, Spec("number of the epoch, from 0", ge=0)]
    pair: Annotated[int, Spec("number of the pair in it", ge=0)]
    byte: Annotated[
        int | None,
        Spec("place on the pair tape whose mutation is left out (default: the interaction itself)", ge=0, le=2047),
    ] = None
    horizon: Annotated[int | None, Spec("epoch until which to play (default: the run's last)", "epochs", ge=0)] = None


@final
class Without(Tool):
    """Nothing else changes its draws. `primordia life necessity` tries many events; this is for one of your own."""

    name = "life/without"
    summary = "A run played again without one mutation or interaction: what differs, and whether it is taken over."
    Arguments = WithoutArguments

    def use(self, arguments: WithoutArguments, runs: Runs) -> Iterator[Finding]:
        """One table."""
        found = replay.past(runs, arguments.run)
        history = found.history
        if not history.first <= arguments.epoch < history.last:
            raise BadInputError(
                f"The run has the epochs {history.first} to {history.last - 1}, not {arguments.epoch}; the nearest is "
                f"{min(max(arguments.epoch, history.first), history.last - 1)}."
            )
        removal = Removal(arguments.epoch, arguments.pair, arguments.byte)
        changed = remove(history, removal)
        t = removal.epoch + 1
        end = found.end(arguments.horizon, "horizon", t, beyond=True)
        rows: list[tuple[str, str | int | None, str | int | None]] = [("programs that differ at once", 0, len(changed))]
        state = altered(history, t, changed)
        if found.takeover is not None and changed:
            birth = replay.line_of(found, None, None).birth
            if t <= birth.t <= end:
                state, t = history.advanced(state, t, birth.t - t), birth.t
                rows += at_the_birth(found, birth, state)
        own = found.own_takeover()
        rows.append(("taken over", own, found.takeover_of(state, t, end) if changed else own))
        yield Table(
            f"{found.name} without the {removal}",
            ("what", "in the run", "without it"),
            tuple(rows),
            f"Played until epoch {end}; a takeover is looked for at every row, {found.every} epochs apart. The birth "
            "is that of the line that took over.",
        )


def at_the_birth(found: replay.Past, birth: Birth, state: Any) -> list[tuple[str, str | int, str | int]]:
    """What stands where the first replicator was born, in a state of that epoch."""
    program = state.soup[birth.place]
    differ = int((state.soup != found.history.soup(birth.t)).any(axis=1).sum())
    score = score_at(found.history, birth.t, birth.place, program)
    kind = "no replicator" if score < REPLICATOR_SCORE else "another replicator"
    return [
        (f"programs that differ after {birth.t} epochs", 0, differ),
        (
            f"born at place {birth.place} after {birth.t} epochs",
            found.text(birth.program),
            "the same" if np.array_equal(program, birth.program) else f"{kind}: {found.text(program)}",
        ),
        ("its score", birth.score, score),
    ]
