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

FILTERS_HELP = "conditions, all of which must hold: status=finished wing=life 'n_programs>1000'"


@dataclasses.dataclass(frozen=True)
class Runs:
    """The runs under a root, oldest first; a damaged folder is listed with what is wrong with it."""

    filters: Annotated[tyro.conf.Positional[tuple[str, ...]], arguments.option(FILTERS_HELP, "FILTER")] = ()
    root: arguments.Root = Path("runs")
    json: arguments.Json = False


def main(argv: list[str]) -> int:
    """Print a table of runs."""
    wanted = arguments.parse(Runs, argv, "runs")
    found = catalogue.select(catalogue.entries(wanted.root), catalogue.filters(wanted.filters))
    if wanted.json:
        printing.show_json([_as_json(entry) for entry in found])
    elif not found:
        some = " that meet all conditions" if wanted.filters else ""
        print(f"no runs under {wanted.root}{some}; `primordia run life/bff --preset quick` makes one.")
    else:
        printing.show(_table(found))
        for entry in found:
            if entry.damage:
                print(f"damaged: {entry.damage}")
    return 0


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
