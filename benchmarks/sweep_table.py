"""How long the table of a sweep of 1,000 runs takes to open, and to be written as Parquet.

    python benchmarks/sweep_table.py --cells 1000 --rows 256

One real run of life/bff with so many rows is made, and its small files are copied into the folder of every cell: the
table reads nothing else of a run. Prints medians and ranges of the repeats; the files are in the system's cache, as
they are for whoever has just run the sweep.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from primordia.core import registry
from primordia.engine import launch
from primordia.engine.analysis import files, table
from primordia.engine.sweeps import asked, sweepfolder
from primordia.engine.sweeps.asked import Asked
from primordia.engine.sweeps.sweepfolder import SweepFolder

SMALL = ("run.json", "config.json", "env.json", "metrics.jsonl", "events.jsonl", "lock")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        sweep = made(Path(root), given.cells, given.rows)
        told("open the table", [timed(lambda: table.read(sweep)) for _ in range(given.repeats)])
        found = table.read(sweep)
        out = Path(root) / "cells.parquet"
        told("write cells.parquet", [timed(lambda: files.save_cells(found, out)) for _ in range(given.repeats)])
        print(f"cells.parquet: {out.stat().st_size:,} bytes")


def made(root: Path, n_cells: int, n_rows: int) -> SweepFolder:
    """A finished sweep whose runs are copies of one."""
    experiment = registry.load("life/bff")
    wanted = Asked(preset="small", seeds=f"0:{n_cells}", schedule={"steps": n_rows - 1, "every": 1})
    plan = asked.plan_of(experiment, wanted)
    config, schedule = launch.resolve(experiment, "small", {}, plan.schedule)
    outcome = launch.start(experiment, config, schedule, root=root, wrap=False, looks=False)
    sweep = sweepfolder.create(root, plan, "copies")
    for cell in plan.cells:
        folder = sweep.folder_of(plan, cell)
        folder.mkdir(parents=True)
        for name in SMALL:
            if (outcome.folder.path / name).exists():
                shutil.copyfile(outcome.folder.path / name, folder / name)
    return sweep


def timed(what) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


def told(name: str, seconds: list[float]) -> None:
    print(f"{name}: median {statistics.median(seconds):.3f} s ({min(seconds):.3f} to {max(seconds):.3f})")


if __name__ == "__main__":
    main()
