"""`report.html`: one page that opens without a server and shows what a run did and found."""

from __future__ import annotations

import html
import json
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from primordia.core import metrics
from primordia.core.views import Colour
from primordia.engine import durable, going_on, interventions, looking, page, plots
from primordia.engine.folder import Opened, RunFolder

EMBED_LIMIT_BYTES = 3 * 2**19
MOST_COLUMNS = 12
"""Rows and columns of a matrix up to which its numbers are also written as a table."""


def save(run: Opened) -> Path:
    """Write `report.html` into the run folder from what lies there; returns the file."""
    out = run.folder.path / "report.html"
    durable.write(out, render(run).encode(), sync=False)
    return out


def render(run: Opened) -> str:
    """The page as text. Pictures are inside it, or linked where they are large; nothing is loaded from anywhere."""
    record = run.folder.record()
    preset = f" · {record['preset']}" if record.get("preset") else ""
    title = f"{run.experiment.name}{preset} · seed {record['seed']}"
    sections = [
        _head(run, record, title),
        _poster(run),
        _views(run),
        _plots(run),
        _findings(run),
        _settings(run),
        _events(run),
    ]
    return page.whole(title, sections)


def standalone(run: Opened) -> str:
    """The page as text with every picture inside it, large ones too, for taking it away from the run folder."""

    def embedded(link: re.Match[str]) -> str:
        return f"<figure>{_embedded(run.folder.path / urllib.parse.unquote(link[2]), html.unescape(link[1]))}</figure>"

    return re.sub(
        r"<p class='soft'>([^<]*) is too large for this page: <a href='([^']*)'>open it</a></p>", embedded, render(run)
    )


def _head(run: Opened, record: dict[str, Any], title: str) -> str:
    experiment, rows = run.experiment, run.folder.metrics.read()
    crossed = run.crossings(rows)
    word = experiment.step_word
    facts = [(f"{record['step']:,}", f"{word}s done")]
    for name in experiment.transitions:
        when = f"{word} {crossed[name]:,}" if name in crossed else "not seen"
        facts.append((when, f"{name}: first row that shows it"))
    last = rows[-1] if rows else {}
    watched = metrics.watched(experiment.transitions)
    units = {name: metric.unit for name, metric in experiment.metrics.items()}
    facts += [
        (page.number(last[name], units[name]), f"{name.replace('_', ' ')} at the end")
        for name in watched
        if name in last
    ]
    reason = f" — {page.text(record['reason'])}" if record["reason"] else ""
    source = experiment.source
    status = page.text(record["status"])
    return (
        f"<h1>{page.text(title)}</h1><p><span class='status {status}'>{status}</span>"
        f"{reason}<br><span class='soft'>{page.text(record['id'])} · created {page.text(record['created'])}</span></p>"
        f"<p>{page.text(experiment.summary)}</p>{page.facts(facts)}"
        f"<p class='soft'>Source: {page.text(source.authors)} ({source.year}), <i>{page.text(source.title)}</i>, "
        f"arXiv {page.text(source.arxiv)}. {page.text(source.how_we_differ)}</p>"
    )


def _poster(run: Opened) -> str:
    file = run.folder.artefacts / "poster.png"
    return f"<figure>{_image(run, file, 'the run at a glance')}</figure>" if file.exists() else ""


def _views(run: Opened) -> str:
    parts = []
    saved, crossed = looking.saved_views(run.folder), run.crossings(run.folder.metrics.read())
    for name, view in run.experiment.views.items():
        if name not in saved:
            continue
        pictures = _few(saved[name], crossed)
        figures = "".join(
            f"<figure>{_image(run, file, f'{name} after {step} {run.experiment.step_word}s')}"
            f"<figcaption>{run.experiment.step_word} {step:,}{_why(crossed, step)}</figcaption></figure>"
            for step, file in pictures
        )
        heading = name.replace("_", " ").capitalize()
        parts.append(f"<h2>{page.text(heading)}</h2><p>{page.text(view.meaning)}</p>")
        legend = _legend(looking.shown(view.palette, [file for _, file in pictures]))
        parts.append(f"{legend}<div class='pictures'>{figures}</div>")
    return "".join(parts)


def _few(pictures: list[tuple[int, Path]], crossed: Mapping[str, int]) -> list[tuple[int, Path]]:
    """Start, transitions and end; a page with hundreds of pictures serves nobody."""
    wanted = {pictures[0][0], pictures[-1][0], *crossed.values()}
    return [picture for picture in pictures if picture[0] in wanted]


def _why(crossed: Mapping[str, int], step: int) -> str:
    names = [name for name, at in crossed.items() if at == step]
    return f", first row that shows {' and '.join(names)}" if names else ""


def _plots(run: Opened) -> str:
    figures, experiment = [], run.experiment
    panels = {
        plots.panel_file(title).removesuffix(".png"): _together(names) for title, names in experiment.panels.items()
    }
    for name in [*panels, *metrics.watched(experiment.transitions), "metrics"]:
        file = run.folder.artefacts / f"{name}.png"
        if file.exists():
            meaning = (
                experiment.metrics[name].meaning if name in experiment.metrics else panels.get(name, "All metrics.")
            )
            wide = " class='wide'" if name == "metrics" else ""
            image = f"<div{wide}>{_image(run, file, name)}</div>"
            figures.append(f"<figure class='plot'>{image}<figcaption>{page.text(meaning)}</figcaption></figure>")
    rows = [[name, metric.unit, metric.meaning] for name, metric in experiment.metrics.items()]
    explained = (
        f"<details><summary>What each metric means</summary>{page.table(['metric', 'unit', 'meaning'], rows)}</details>"
    )
    return f"<h2>Metrics</h2>{''.join(figures)}{explained}" if figures else ""


def _together(names: Sequence[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names) + " in one panel."


def _findings(run: Opened) -> str:
    parts: list[str] = []
    for found in reversed(looking.saved_findings(run.folder)):
        heading = f"{found['label']}, {run.experiment.step_word} {found['step']:,}"
        inside = "".join(_finding(run, found["folder"], entry) for entry in found["findings"])
        opened = " open" if not parts else ""
        parts.append(f"<details{opened}><summary>{page.text(heading)}</summary>{inside}</details>")
    return f"<h2>Findings</h2>{''.join(parts)}" if parts else ""


def _finding(run: Opened, folder: Path, entry: dict[str, Any]) -> str:
    title, note = (
        f"<h3>{page.text(entry['title'])}</h3>",
        f"<p class='soft'>{page.text(entry['note'])}</p>" if entry["note"] else "",
    )
    if entry["kind"] == "table":
        return f"{title}{note}{page.table(entry['columns'], entry['rows'])}"
    if entry["kind"] in ("picture", "animation"):
        palette = [Colour(meaning, rgb) for meaning, rgb in entry["legend"]]
        legend = _legend(looking.shown(palette, [folder / entry["file"]]) if entry["kind"] == "picture" else palette)
        image = _image(run, folder / entry["file"], entry["title"])
        return f"{title}{note}{legend}<figure class='pictures'>{image}</figure>"
    if entry["kind"] in ("chart", "matrix", "graph"):
        legend = _legend([Colour(*pair) for pair in entry["legend"]]) if entry["kind"] == "graph" else ""
        # A small matrix that is blown up to the width of the page shouts; a chart is drawn for it.
        kind = "plot" if entry["kind"] == "chart" else "plot natural"
        figure = f"<figure class='{kind}'>{_image(run, folder / entry['file'], entry['title'])}</figure>"
        return f"{title}{note}{legend}{figure}{_numbers(entry) if entry['kind'] == 'matrix' else ''}"
    return f"{title}{note}<pre>{page.text(entry['text'])}</pre>"


def _numbers(entry: dict[str, Any]) -> str:
    """The numbers of a small matrix, folded in."""
    if max(len(entry["rows"]), len(entry["columns"])) > MOST_COLUMNS:
        return ""
    rows = [[name, *values] for name, values in zip(entry["rows"], entry["values"], strict=True)]
    return f"<details><summary>The numbers</summary>{page.table(['', *entry['columns']], rows)}</details>"


def _settings(run: Opened) -> str:
    settings, environment = run.folder.config(), run.folder.environment() or {}
    rows = [[name, _setting(value)] for part in ("config", "schedule") for name, value in settings[part].items()]
    flat = [
        [name, json.dumps(value) if isinstance(value, dict) else _setting(value)] for name, value in environment.items()
    ]
    return (
        f"<h2>Settings</h2>{page.table(['setting', 'value'], rows)}"
        f"<details><summary>Environment</summary>{page.table(['what', 'value'], flat)}</details>"
        f"<h3>Go on from here</h3><pre>{page.text(_go_on(run))}</pre>"
    )


def _setting(value: Any) -> str | None:
    return None if value is None else looking.brief(value)


def _go_on(run: Opened) -> str:
    """The commands that continue this run, as the command line prints them, and that try something else."""
    record, path = run.folder.record(), run.folder.path
    folder = RunFolder(path if len(path.parts) > 3 else path.resolve())
    root = folder.path.parent.parent.parent
    name, where = going_on.named(folder, root)
    first = going_on.go_on(folder, str(record["status"]), int(record["step"]), root)
    return f"{first}\nprimordia fork {name} --at STEP --set KEY=VALUE{where}"


def _events(run: Opened) -> str:
    shown = [entry for entry in run.folder.events.read() if entry["event"] != "checkpoint"]
    rows = []
    for entry in shown:
        details = {key: value for key, value in entry.items() if key not in ("time", "step", "event")}
        rows.append([entry["time"], entry["step"], entry["event"], _happened(entry["event"], details)])
    return f"<h2>Events</h2>{page.table(['time', run.experiment.step_word, 'event', 'details'], rows)}"


def _happened(event: str, details: Mapping[str, Any]) -> str:
    """The details of an event in words."""
    if event == "transition" and details.keys() >= {"name", "metric", "value"}:
        return f"{details['name']}: {details['metric']} = {page.number(details['value'])}"
    if event == "intervention":
        return interventions.said(details)
    return ", ".join(
        page.number(value) if key == "reason" else f"{key} {page.number(value)}" for key, value in details.items()
    )


def _legend(palette: Sequence[Colour]) -> str:
    named = dict.fromkeys((colour.meaning, colour.rgb) for colour in palette)
    items = "".join(
        f"<span><i style='background:{page.text(rgb)}'></i>{page.text(meaning)}</span>" for meaning, rgb in named
    )
    return f"<div class='legend'>{items}</div>"


def _image(run: Opened, file: Path, description: str) -> str:
    if file.stat().st_size > EMBED_LIMIT_BYTES:
        link = urllib.parse.quote(file.relative_to(run.folder.path).as_posix())
        return f"<p class='soft'>{page.text(description)} is too large for this page: <a href='{link}'>open it</a></p>"
    return _embedded(file, description)


def _embedded(file: Path, description: str) -> str:
    return page.image(file.read_bytes(), file.suffix[1:], description)
