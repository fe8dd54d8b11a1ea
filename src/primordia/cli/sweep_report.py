"""`primordia sweep report`: one page that shows what a sweep asked and found."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

from primordia.cli import arguments
from primordia.cli.sweep_plot import X, Y
from primordia.cli.sweep_status import SweepName
from primordia.cli.sweep_table import Metric, Transition


@dataclasses.dataclass(frozen=True)
class Report:
    """Write report.html into the sweep's folder: what was asked, what ran, what failed and why, figures and tables.

    The page opens without a server and loads nothing.
    """

    sweep: SweepName
    metric: Metric = None
    transition: Transition = None
    x: X = None
    y: Y = None
    out: Annotated[Path | None, arguments.option("another file for the page", "FILE")] = None
    force: arguments.Force = False
    root: arguments.Root = Path("runs")


def main(argv: list[str]) -> int:
    """Write the page, and print where it is."""
    wanted = arguments.parse(Report, argv, "sweep report")
    from primordia.cli import standings
    from primordia.engine.analysis import report, table
    from primordia.engine.sweeps import sweepfolder

    found = table.read(sweepfolder.find(wanted.root, wanted.sweep))
    out = None if wanted.out is None else arguments.new_file(wanted.out, wanted.force)
    named = standings.named(found.sweep, wanted.root)
    print(
        report.save(found, out, metric=wanted.metric, transition=wanted.transition, x=wanted.x, y=wanted.y, named=named)
    )
    return 0
