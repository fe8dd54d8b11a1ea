"""`primordia show`: everything about one run."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from primordia.cli import arguments, printing, watching
from primordia.cli.progress import event_text
from primordia.core import config as configs
from primordia.engine import catalogue, checkpoints, lease, looking, opening
from primordia.engine.folder import Opened

SHOWN_EVENTS = 12
SHOWN_TEXTS = 2


@dataclasses.dataclass(frozen=True)
class Show:
    """One run: identity, settings, status, events, last row, findings, and where its pictures lie."""

    run: arguments.RunName
    root: arguments.Root = Path("runs")
    json: arguments.Json = False


def main(argv: list[str]) -> int:
    """Print a run."""
    wanted = arguments.parse(Show, argv, "show")
    run = opening.open_run(opening.find(wanted.root, wanted.run))
    if wanted.json:
        printing.show_json(_as_json(run))
        return 0
    commands = watching.next_commands(
        run.folder, lease.status(run.folder), int(run.folder.record()["step"]), wanted.root
    )
    goes_on = dict(commands).get("resume")
    printing.show(*_identity(run, goes_on), *_settings(run), *_metrics(run), *_events(run), *_findings(run))
    # Printed as they are: a path that is folded cannot be copied.
    print("\n".join(["", "files", *_files(run), ""]))
    for purpose, command in commands[1:]:
        print(f"{purpose:<9} {command}")
    return 0


def _as_json(run: Opened) -> dict[str, Any]:
    rows = run.folder.metrics.read()
    return {
        **run.folder.record(),
        "status": lease.status(run.folder),
        "folder": str(run.folder.path),
        "config": configs.to_dict(run.config),
        "changed": _changed(run),
        "schedule": configs.to_dict(run.schedule),
        "n_rows": len(rows),
        "last_row": rows[-1] if rows else None,
        "events": run.folder.events.read(),
        "checkpoints": checkpoints.steps(run.folder.checkpoints),
        "findings": [{**found, "folder": str(found["folder"])} for found in looking.saved_findings(run.folder)],
        "files": [str(path) for path in _paths(run)],
    }


def _changed(run: Opened) -> dict[str, Any]:
    """The settings that differ from the experiment's defaults."""
    default = configs.to_dict(run.experiment.Config())
    return {name: value for name, value in configs.to_dict(run.config).items() if value != default[name]}


def _identity(run: Opened, goes_on: str | None) -> list[Any]:
    from rich.text import Text

    record, status = run.folder.record(), lease.status(run.folder)
    resuming = f"; `{goes_on}` goes on" if goes_on and status in ("died", "interrupted", "failed") else ""
    return [
        Text.assemble((str(record["experiment"]), "bold"), f" version {record['version']} · {_origin(run)}"),
        Text.assemble(
            "status  ",
            printing.status_text(status),
            f" at {run.experiment.step_word} {record['step']:,} of {run.schedule.steps:,}"
            + (f" ({record['reason']})" if record["reason"] else "")
            + resuming,
        ),
        Text(f"folder  {run.folder.path}"),
        Text(f"made    {record['created']} on {record['host']} with: {record['command'] or '–'}"),
    ]


def _origin(run: Opened) -> str:
    """The preset it was made from, if it was one, or the run it was forked from."""
    record = run.folder.record()
    if parent := record["parent"]:
        return f"fork of {parent['id']} at {parent['step']:,}"
    return f"preset {record['preset'] if record['preset'] in run.experiment.presets else '–'}"


def _settings(run: Opened) -> list[Any]:
    from rich.text import Text

    changed = _changed(run)
    rows = []
    for name, field in configs.fields(run.experiment.Config).items():
        value = Text(looking.brief(getattr(run.config, name)), style="bold yellow" if name in changed else "")
        rows.append((name, value, str(field.default) if name in changed else "", field.spec.meaning))
    return [printing.heading("settings"), printing.table(("setting", "value", "default", "meaning"), rows)]


def _metrics(run: Opened) -> list[Any]:
    rows = run.folder.metrics.read()
    if not rows:
        return [printing.heading("metrics"), "no row was written yet"]
    declared = run.experiment.metrics
    lines = [
        (
            name,
            printing.quantity(rows[-1].get(name), declared[name].unit),
            printing.sparkline([float(row[name]) for row in rows if name in row], 24),
        )
        for name in catalogue.main_metrics(run.experiment)
    ]
    title = f"metrics at {run.experiment.step_word} {rows[-1]['step']:,} ({len(rows):,} rows)"
    return [printing.heading(title), printing.table(("metric", "value", "course"), lines, right=("value",))]


def _events(run: Opened) -> list[Any]:
    events = [event for event in run.folder.events.read() if event["event"] != "checkpoint"]
    lines = [(f"{event['step']:,}", event["time"], event_text(event)) for event in events[-SHOWN_EVENTS:]]
    stored = ", ".join(f"{step:,}" for step in checkpoints.steps(run.folder.checkpoints)) or "none"
    table = printing.table((run.experiment.step_word, "time", "event"), lines, right=(run.experiment.step_word,))
    return [printing.heading("events"), table, f"checkpoints: {stored}"]


def _findings(run: Opened) -> list[Any]:
    from rich.text import Text

    lines = []
    kept = looking.saved_findings(run.folder)
    for found in kept:
        for entry in found["findings"]:
            content = f"{len(entry['rows']):,} rows" if entry["kind"] == "table" else entry["kind"]
            lines.append((f"{found['step']:,}", found["label"], entry["title"], content))
    if not lines:
        return []
    word = run.experiment.step_word
    parts = [printing.heading("findings"), printing.table((word, "at", "finding", "what"), lines, right=(word,))]
    # The latest set speaks for the run; its first texts are what the experiment wants read.
    for entry in [entry for entry in kept[-1]["findings"] if entry["kind"] == "text"][:SHOWN_TEXTS]:
        parts += [printing.heading(f"{entry['title']} at {word} {kept[-1]['step']:,}"), Text(entry["text"])]
        parts += [Text(entry["note"])] if entry["note"] else []
    return parts


def _files(run: Opened) -> list[str]:
    pictures = looking.saved_views(run.folder)
    lines = [f"{run.folder.views / name} ({len(found)} pictures)" for name, found in pictures.items()]
    return [*lines, *map(str, _paths(run))]


def _paths(run: Opened) -> list[Path]:
    """Figures, findings and report that there are."""
    folder = run.folder.path
    found = [*sorted(run.folder.artefacts.glob("*.png")), *sorted(run.folder.artefacts.glob("step_*/"))]
    return [*found, *(folder / name for name in ("metrics.parquet", "report.html") if (folder / name).exists())]
