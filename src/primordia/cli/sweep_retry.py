"""`primordia sweep retry`: have the failed cells of a sweep tried again."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from primordia.cli import arguments, printing
from primordia.cli.sweep_status import SweepName


@dataclasses.dataclass(frozen=True)
class Retry:
    """Set the failed cells of a sweep back, so that the next `primordia sweep` goes on from their last checkpoints.

    A cell whose folder cannot be trusted is left as it is, and told with what can be done.

    Nothing is computed here. Where the cause was the budget, give the next call a larger one: --cell-seconds,
    --cell-memory.

    Exit codes: 0 done, 1 some cannot be set back, 2 bad input.
    """

    sweep: SweepName
    root: arguments.Root = Path("runs")
    json: arguments.Json = False


def main(argv: list[str]) -> int:
    """Set failed cells back."""
    wanted = arguments.parse(Retry, argv, "sweep retry")
    from primordia.cli import standings
    from primordia.engine.sweeps import retry, sweepfolder

    sweep = sweepfolder.find(wanted.root, wanted.sweep)
    done, refused = retry.set_back(sweep)
    if wanted.json:
        told = {"retried": done, "refused": refused}
        printing.show_json({key: [one.cell.index for one in cells] for key, cells in told.items()})
        return 1 if refused else 0
    if not done and not refused:
        print("no cell has failed; there is nothing to try again")
    if done:
        many = "1 failed cell is" if len(done) == 1 else f"{len(done):,} failed cells are"
        print(f"{many} to be tried again; `primordia sweep {standings.named(sweep, wanted.root)}` does it")
    for found in refused:
        print(f"cell {found.cell.index} cannot be set back: {found.reason}")
    return 1 if refused else 0
