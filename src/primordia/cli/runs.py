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
        columns = ("id", "experiment", "status", "step", "seed", "main metric", "age")
        printing.show(printing.table(columns, [_row(entry) for entry in found], right=("step", "seed", "age")))
        for entry in found:
            if entry.damage:
                print(f"damaged: {entry.damage}")
    return 0


def _row(entry: Entry) -> tuple[Any, ...]:
    if entry.damage:
        return (entry.id, "–", printing.status_text("damaged"), "–", "–", "–", "–")
    value = printing.number(entry.history[-1]) if entry.history else "–"
    line = printing.sparkline(entry.history, 10)
    created = datetime.datetime.fromisoformat(str(entry.facts["created"]))
    age = (datetime.datetime.now(datetime.UTC) - created).total_seconds()
    return (
        entry.id,
        entry.facts["experiment"],
        printing.status_text(entry.status),
        f"{entry.facts['step']:,}",
        entry.facts["seed"],
        f"{entry.metric} {value} {line}".strip(),
        printing.duration(age).partition(" 0")[0] if age >= 3600 else printing.duration(age),
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
