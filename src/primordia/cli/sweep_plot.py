"""`primordia sweep plot`: phase diagrams, survival curves, small multiples."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

from primordia.cli import arguments
from primordia.cli.sweep_status import SweepName
from primordia.cli.sweep_table import Metric, Transition
from primordia.core.errors import BadInputError

X = arguments.words("the setting along the bottom; with it the others are pooled over (default: the sweep's)", "AXIS")
Y = arguments.words("the second setting", "AXIS")


@dataclasses.dataclass(frozen=True)
class Plot:
    """Draw a sweep: every figure into its folder figures/, or one of them into a file.

    phase: a metric's median, or the share of cells that crossed a transition, over one axis or two. survival: how long
    cells go without the transition (Kaplan-Meier). multiples: a metric over the steps, one panel a point.
    """

    sweep: SweepName
    kind: arguments.words("phase, survival or multiples (default: all of them)", "KIND") = None
    metric: Metric = None
    transition: Transition = None
    x: X = None
    y: Y = None
    out: Annotated[Path | None, arguments.option("the file of one figure; .png, .svg or .pdf", "FILE")] = None
    force: arguments.Force = False
    root: arguments.Root = Path("runs")


def main(argv: list[str]) -> int:
    """Draw, and print the files."""
    wanted = arguments.parse(Plot, argv, "sweep plot")
    from primordia.engine.analysis import figures, table
    from primordia.engine.sweeps import sweepfolder

    found = table.read(sweepfolder.find(wanted.root, wanted.sweep))
    shown = {"metric": wanted.metric, "transition": wanted.transition, "x": wanted.x, "y": wanted.y}
    if wanted.kind is None and wanted.out is None:
        files = figures.save(found, found.sweep.path / figures.FOLDER, **shown)
    elif wanted.metric and wanted.transition and wanted.kind == "phase":
        raise BadInputError("A phase diagram shows a metric or a transition; leave out --metric or --transition.")
    else:
        kind = wanted.kind or "phase"
        out = arguments.new_file(wanted.out or Path(f"{kind}.png"), wanted.force)
        files = [figures.write(figures.draw(found, kind, **shown), out)]
    print("\n".join(map(str, files)))
    return 0
