"""`primordia diff`: what differs between two runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import tyro

from primordia.cli import arguments, printing
from primordia.engine import compare, looking, opening


@dataclasses.dataclass(frozen=True)
class Diff:
    """What differs between two runs: settings, schedule, environment, and metrics at the last step both have."""

    first: arguments.RunName
    second: Annotated[tyro.conf.Positional[str], arguments.option("the other run", "RUN")]
    root: arguments.Root = Path("runs")
    json: arguments.Json = False


def main(argv: list[str]) -> int:
    """Print the differences."""
    wanted = arguments.parse(Diff, argv, "diff")
    folders = [opening.find(wanted.root, name) for name in (wanted.first, wanted.second)]
    found = compare.compare(*folders)
    if wanted.json:
        names = {"first": str(folders[0].path), "second": str(folders[1].path)}
        printing.show_json({**names, **dataclasses.asdict(found), "same_bits": found.same_bits})
        return 0
    parts: list[Any] = [f"first   {folders[0].path}", f"second  {folders[1].path}"]
    for title in ("identity", "settings", "schedule", "environment"):
        parts += _pairs(title, getattr(found, title))
    printing.show(*parts, *_interventions(found), *_metrics(found))
    return 0


def _pairs(title: str, pairs: Mapping[str, tuple[Any, Any]]) -> list[Any]:
    if not pairs:
        return [printing.heading(title), "the same"]
    rows = [(key, *(_shown(value) for value in pair)) for key, pair in pairs.items()]
    return [printing.heading(title), printing.table((title, "first", "second"), rows)]


def _interventions(found: compare.Comparison) -> list[Any]:
    """What was done to the runs while they ran, where that differs: the same settings are then not the same run."""
    if not found.interventions:
        return []
    told = [
        (which, str(len(done)), looking.brief("; ".join(done) or "–"))
        for which, done in zip(("first", "second"), found.interventions, strict=True)
    ]
    return [printing.heading("interventions"), printing.table(("run", "number", "step: what"), told, right=("number",))]


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return looking.brief(value)
    return "–" if value is None else value


def _metrics(found: compare.Comparison) -> list[Any]:
    if found.common_step is None:
        return [printing.heading("metrics"), "no step of which both have a row"]
    if found.same_bits:
        return [printing.heading("metrics"), f"every common row is the same, up to step {found.common_step:,}"]
    rows = []
    for name, (first, second) in found.metrics.items():
        change = None if first is None or second is None else second - first
        signed = ("+" if change and change > 0 else "") + printing.number(change)
        rows.append((name, printing.number(first), printing.number(second), signed))
    columns = ("metric", "first", "second", "change")
    return [
        printing.heading(f"metrics at step {found.common_step:,}"),
        printing.table(columns, rows, right=columns[1:]),
        f"the first rows that differ are those of step {found.parted:,}",
    ]
