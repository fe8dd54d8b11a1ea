"""`primordia runs`: the runs there are."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path
from typing import Annotated, Any

import tyro

from primordia.cli import arguments, printing
from primordia.engine import catalogue
from primordia.engine.catalogue import Entry
from primordia.engine.sweeps import storemirror, sweepfolder
from primordia.engine.sweeps.sweepfolder import SweepFolder

FILTERS_HELP = "conditions, all of which must hold: status=finished wing=life 'n_programs>1000'"
MOST_SWEEPS = 4


@dataclasses.dataclass(frozen=True)
class Runs:
    """The runs under a root, oldest first; a damaged folder is listed with what is wrong with it.

    Runs of a sweep are listed by --root and the sweep's folder; the sweeps there are come last.
    """

    filters: Annotated[tyro.conf.Positional[tuple[str, ...]], arguments.option(FILTERS_HELP, "FILTER")] = ()
    root: arguments.Root = Path("runs")
    json: arguments.Json = False


def main(argv: list[str]) -> int:
    """Print a table of runs."""
    wanted = arguments.parse(Runs, argv, "runs")
    root = storemirror.here(wanted.root)
    found = catalogue.select(catalogue.entries(root), catalogue.filters(wanted.filters))
    sweeps = sweepfolder.all_sweeps(root)
    if wanted.json:
        printing.show_json([_as_json(entry) for entry in found])
    elif not found and (wanted.filters or not sweeps):
        some = " that meet all conditions" if wanted.filters else ""
        where = storemirror.url_of(wanted.root) or wanted.root
        print(f"no runs under {where}{some}; `primordia run life/bff --preset quick` makes one.")
    elif found:
        printing.show(_table(found))
        for entry in found:
            if entry.damage:
                print(f"damaged: {entry.damage}")
    if sweeps and not wanted.json:
        print(_named(sweeps))
    return 0


def _named(sweeps: list[SweepFolder]) -> str:
    """The sweeps under a root in one line, the newest first."""
    names = [sweep.name for sweep in reversed(sweeps)]
    shown = ", ".join(names[:MOST_SWEEPS]) + (f" and {len(names) - MOST_SWEEPS} more" if names[MOST_SWEEPS:] else "")
    many = "1 sweep" if len(names) == 1 else f"{len(names)} sweeps"
    return f"{many} ({shown}): `primordia sweep status NAME`"


def _table(found: list[Entry]) -> Any:
    """One line a run where there is room for it; on a narrow terminal two, so that ids stay whole."""
    if printing.wide():
        columns = ("id", "experiment", "status", "step", "seed", "main metric", "age")
        rows = [_cells(entry) for entry in found]
        return printing.table(columns, rows, right=("step", "seed", "age"), whole=("id", "status"))
    rows = []
    for entry in found:
        name, experiment, status, step, seed, metric, age = _cells(entry)
        below = f"at {step}" if not entry.damage else ""
        rows.append(
            (f"{name}\n  {experiment} · seed {seed}", status.append(f"\n{below}"), metric.replace(" ", "\n", 1), age)
        )
    return printing.table(("run", "status", "main metric", "age"), rows, right=("age",), whole=("run", "status", "age"))


def _cells(entry: Entry) -> tuple[Any, ...]:
    if entry.damage:
        return (entry.id, "–", printing.status_text("damaged"), "–", "–", "–", "–")
    value = printing.number(entry.history[-1]) if entry.history else "–"
    created = datetime.datetime.fromisoformat(str(entry.facts["created"]))
    return (
        entry.id,
        entry.facts["experiment"],
        printing.status_text(entry.status),
        f"{entry.facts['step']:,}",
        entry.facts["seed"],
        f"{entry.metric} {value} {printing.sparkline(entry.history, 12)}".strip(),
        printing.age((datetime.datetime.now(datetime.UTC) - created).total_seconds()),
    )


def _as_json(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "folder": str(entry.path),
        "status": entry.status,
        "damage": entry.damage,
        "metric": entry.metric,
        "history": entry.history,
        **{key: value for key, value in entry.facts.items() if key not in ("id", "status")},
    }
