"""`primordia sweep add`: more cells for a sweep."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from primordia.cli import arguments, printing
from primordia.cli.sweep import Samples, Seeds, Settings, values
from primordia.cli.sweep_status import SweepName


@dataclasses.dataclass(frozen=True)
class Add:
    """Append cells to a sweep; those there are keep their numbers, and none is doubled.

    Seeds alone run every point with those seeds. A setting runs the design with these values in place of its own, all
    else as before. More samples draw further points of the same sequence. Nothing is computed here; a driver that runs
    takes the new cells up by itself.
    """

    sweep: SweepName
    seeds: Seeds = None
    set: Settings = ()
    samples: Samples = None
    root: arguments.Root = Path("runs")
    json: arguments.Json = False


def main(argv: list[str]) -> int:
    """Append cells."""
    wanted = arguments.parse(Add, argv, "sweep add")
    from primordia.cli import standings
    from primordia.engine.sweeps import asked, lock, sweepfolder

    sweep = sweepfolder.find(wanted.root, wanted.sweep)
    plan = sweep.plan()
    more = asked.Asked(settings=values(wanted.set), seeds=wanted.seeds, samples=wanted.samples)
    cells = sweep.add(asked.further(arguments.experiment(plan.address), plan, more))
    if wanted.json:
        printing.show_json({"folder": sweep.place, "added": [cell.index for cell in cells]})
        return 0
    n_cells = len(plan.cells) + len(cells)
    if not cells:
        print(f"nothing was added: the sweep has all of these among its {n_cells:,} cells")
        return 0
    many = "1 cell was" if len(cells) == 1 else f"{len(cells):,} cells were"
    then = "its driver takes them up" if lock.driver(sweep.path) else (
        f"`primordia sweep {standings.named(sweep, wanted.root)}` runs them"
    )  # fmt: skip
    print(f"{many} added, {n_cells:,} in all; {then}")
    return 0
