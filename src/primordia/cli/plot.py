"""`primordia plot`: figures of metrics over steps."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro

from primordia.cli import arguments
from primordia.core.errors import BadInputError
from primordia.engine import opening


@dataclasses.dataclass(frozen=True)
class Plot:
    """Draw all metrics of one run into its artefacts, or named metrics of one or several runs into one file."""

    runs: Annotated[tyro.conf.Positional[tuple[str, ...]], arguments.option(arguments.RUN_HELP, "RUN")]
    metric: Annotated[
        tyro.conf.UseAppendAction[tuple[str, ...]],
        arguments.option("a metric to draw; repeat it (default: those that transitions watch)", "METRIC"),
    ] = ()
    out: Annotated[Path | None, arguments.option("the file; .png, .svg or .pdf (default: plot.png)", "FILE")] = None
    force: arguments.Force = False
    root: arguments.Root = Path("runs")


def main(argv: list[str]) -> int:
    """Draw, and print the files."""
    wanted = arguments.parse(Plot, argv, "plot")
    runs = [opening.open_run(opening.find(wanted.root, name)) for name in wanted.runs]
    from primordia.engine import plots

    if len(runs) == 1 and not wanted.metric and wanted.out is None:
        files = plots.save(runs[0])
        if not files:
            raise BadInputError(f"{runs[0].folder.path} has no row of metrics yet, so there is nothing to draw.")
    else:
        files = [plots.compare(runs, wanted.metric, arguments.new_file(wanted.out or Path("plot.png"), wanted.force))]
    print("\n".join(map(str, files)))
    return 0
