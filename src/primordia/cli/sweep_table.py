"""`primordia sweep table`: the cells of a sweep with what came of them, on the terminal and as one file."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from primordia.cli import arguments, printing
from primordia.cli.sweep_status import SweepName

if TYPE_CHECKING:
    from primordia.engine.analysis.table import CellRow, CellTable

MOST_ROWS = 200
"""Rows that a terminal is shown; a pipe gets all."""

Metric = arguments.words("the metric to look at (default: what the experiment is about)", "METRIC")
Transition = arguments.words("the transition to look at (default: the stop rule's, or the last)", "TRANSITION")


@dataclasses.dataclass(frozen=True)
class Table:
    """The cells of a sweep: settings, status, last row and the step of each transition, one row a cell.

    Writes cells.parquet into the sweep's folder, with every setting and every metric of the last row, for DuckDB and
    whatever else reads Parquet; --out writes another file instead, in the format of its ending. A transition that a
    cell has not crossed is missing, and observed_until says how far the cell was seen.
    """

    sweep: SweepName
    metric: Metric = None
    transition: Transition = None
    rows: Annotated[bool, arguments.option("write all rows of all cells, not the last ones: rows.parquet")] = False
    out: Annotated[Path | None, arguments.option("the file: .parquet, .csv or .json", "FILE")] = None
    force: arguments.Force = False
    root: arguments.Root = Path("runs")
    json: arguments.Json = False


def main(argv: list[str]) -> int:
    """Print the table, and write it."""
    wanted = arguments.parse(Table, argv, "sweep table")
    from primordia.engine import export
    from primordia.engine.analysis import files, table
    from primordia.engine.sweeps import sweepfolder

    found = table.read(sweepfolder.find(wanted.root, wanted.sweep))
    metric, transition = found.metric(wanted.metric), found.transition(wanted.transition)
    save = files.save_rows if wanted.rows else files.save_cells
    own = found.sweep.path / (files.ROWS if wanted.rows else files.CELLS)
    written = ""
    if wanted.out is not None:
        written = str(save(found, arguments.new_file(wanted.out, wanted.force)))
    elif wanted.rows or (export.can_write_parquet() and not wanted.json):
        written = str(save(found, own))
    if wanted.json:
        printing.show_json(files.records(found))
        return 0
    printing.show(_drawn(found, metric, transition))
    if len(found.rows) > MOST_ROWS and printing.on_terminal():
        print(f"and {len(found.rows) - MOST_ROWS:,} more cells")
    print(", ".join(f"{n:,} {status}" for status, n in found.counts().items()))
    print(
        written or "no cells.parquet, which DuckDB writes: pip install 'primordia[analysis]', or give --out cells.csv"
    )
    return 0


def _drawn(found: CellTable, metric: str | None, transition: str | None) -> Any:
    shown = found.rows[:MOST_ROWS] if printing.on_terminal() else found.rows
    names = ["cell", *found.axes, "seed", "status", found.experiment.step_word]
    names += [metric] if metric else []
    names += [transition] if transition else []
    rows = [_row(found, row, metric, transition) for row in shown]
    right = [name for name in names if name != "status"]
    return printing.table(names, rows, right=right, whole=("status",))


def _row(found: CellTable, row: CellRow, metric: str | None, transition: str | None) -> list[Any]:
    from primordia.engine.analysis import points

    told: list[Any] = [row.index, *(points.said(row.settings.get(axis)) for axis in found.axes), row.seed]
    told += [printing.status_text(row.status), printing.number(row.step)]
    if metric:
        told.append(printing.number(row.last.get(metric), found.experiment.metrics[metric].unit))
    if transition:
        told.append(printing.number(row.crossed.get(transition)))
    return told
