"""`primordia life alarms`: reasons to doubt what a soup's numbers say."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Annotated, final

from primordia.core.config import Spec
from primordia.core.findings import Finding, Table
from primordia.core.tools import Runs, Tool
from primordia.life.ecology import samples
from primordia.life.ecology.alarms import SAMPLE, alarms, table
from primordia.life.ecology.null_model import beside
from primordia.life.tools import asking


@dataclasses.dataclass(frozen=True)
class AlarmsArguments:
    """A run and when to look at it."""

    run: asking.Run
    epoch: asking.Epoch = None
    samples: Annotated[
        int, Spec("epochs at which to look at a matched random walk, evenly over the rows; 0: none", ge=0, le=512)
    ] = 0


@final
class Alarms(Tool):
    """With --samples the run is replayed once, beside a matched random walk.

    The walk's bytes change as often and are drawn from the same distribution, but nothing is copied in it.
    """

    name = "life/alarms"
    summary = "Before you call it life: floods, smears, false replicators, and a matched random walk beside the soup."
    Arguments = AlarmsArguments

    def use(self, arguments: AlarmsArguments, runs: Runs) -> Iterator[Finding]:
        """The alarms as a table; the walk beside the soup."""
        moment = asking.soup_moment(runs, arguments.run, arguments.epoch)
        config = moment.config
        yield table(alarms(config.language, moment.state.soup, moment.streams, moment.t, config.max_steps))
        if arguments.samples:
            epochs = samples.evenly(runs, arguments.run, arguments.samples, None, arguments.epoch)
            rows = tuple(
                (
                    row.epoch,
                    row.change_rate,
                    round(row.soup_complexity, 4),
                    round(row.walk_complexity, 4),
                    row.soup_replicators,
                    row.walk_replicators,
                )
                for row in beside(samples.walk(runs, arguments.run, epochs))
            )
            yield Table(
                "The soup and its matched random walk",
                ("epoch", "change rate", "complexity", "of the walk", "replicators", "walk's"),
                rows,
                "Change rate: share of the bytes that the next epoch changes; the walk changes as many, to bytes of "
                f"the soup's own distribution. Complexity in bits per byte; replicators among {SAMPLE} sampled places.",
            )
