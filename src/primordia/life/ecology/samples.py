"""Looking at a run at several epochs, each reached from the one before."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from primordia.core.errors import BadInputError
from primordia.core.tools import Moment, Runs


def evenly(runs: Runs, run: str, n: int, first: int | None = None, last: int | None = None) -> list[int]:
    """At most `n` epochs for which a run has rows, evenly spaced from `first` to `last`, both included.

    Raises:
        BadInputError: there is no such run, or it has no row there.
    """
    steps = [int(row["step"]) for row in runs.rows(run)]
    within = [step for step in steps if (first or 0) <= step and (last is None or step <= last)]
    if not within:
        there = f"its rows go from {min(steps)} to {max(steps)}" if steps else "it has none yet"
        until = "its last" if last is None else last
        raise BadInputError(f"The run {run} has no row from epoch {first or 0} to {until}; {there}.")
    places = np.unique(np.linspace(0, len(within) - 1, min(n, len(within))).round().astype(int))
    return [within[place] for place in places]


def walk(runs: Runs, run: str, epochs: Sequence[int]) -> Iterator[Moment]:
    """A run at each of these epochs (rising), replayed once from the nearest checkpoint before the first of them.

    Cost: that of the run itself over the epochs between the first and the last.
    """
    moment = runs.moment(run, epochs[0])
    yield moment
    for epoch in epochs[1:]:
        state, _ = moment.experiment.advance(moment.config, moment.state, moment.streams, moment.t, epoch - moment.t)
        moment = dataclasses.replace(moment, state=state, t=epoch)
        yield moment
