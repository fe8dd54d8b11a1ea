"""`report.html` of a sweep: what was asked, what ran, what failed, figures, numbers, and how to make it again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from primordia.core import config as configs
from primordia.core.errors import BadInputError
from primordia.engine import durable, launch, page
from primordia.engine.analysis import figures, points, stats
from primordia.engine.analysis.intervals import Estimate
from primordia.engine.analysis.table import CellTable
from primordia.engine.sweeps import designs
from primordia.engine.sweeps.axes import Axis
from primordia.engine.sweeps.designs import Design

MOST_CELLS = 2_000
"""Rows of the page's table of cells; a browser is slow with more, and the Parquet file has all."""
MOST_COMPARISONS = 30


def save(
    table: CellTable, out: Path | None = None, *, metric: str | None = None, transition: str | None = None,
    x: str | None = None, y: str | None = None, named: str | None = None,
) -> Path:  # fmt: skip
    """Write the page into the sweep's folder, or as `out`; returns the file. Arguments as of `render`."""
    out = out or table.sweep.path / "report.html"
    text = render(table, metric=metric, transition=transition, x=x, y=y, named=named)
    durable.write(out, text.encode(), sync=False)
    return out


def render(
    table: CellTable, *, metric: str | None = None, transition: str | None = None, x: str | None = None,
    y: str | None = None, named: str | None = None,
) -> str:  # fmt: skip
    """The page as text, with every picture inside it; a second or more, most of it for the figures.

    Args:
        table: the sweep.
        metric: that is looked at; None: what the experiment is about.
        transition: likewise; None: the experiment's last.
        x: the axis along the bottom of phase diagrams; with it, axes that are not named are pooled over.
        y: the second one.
        named: how a command names the sweep; None: by its name.

    Raises:
        UnknownNameError: there is no such metric, transition or axis.
    """
    metric, transition = table.metric(metric), table.transition(transition)
    axes = [table.axis(axis) for axis in (x, y) if axis is not None] or None
    title = f"{table.experiment.name} · sweep {table.sweep.name}"
    sections = [
        _head(table, title, transition),
        _failures(table),
        _figures(table, metric, transition, x, y),
        _points(table, metric, transition, axes),
        _comparisons(table, metric, transition, axes),
        _cells(table, metric),
        _settings(table),
        _again(table, named or shlex.quote(table.sweep.name)),
    ]
    return page.whole(title, sections)


def command(table: CellTable) -> list[str]:
    """The commands that make such a sweep again, that which began it first."""
    plan = table.plan
    words = ["primordia", "sweep", plan.address]
    words += ["--preset", plan.preset] if plan.preset else []
    config, schedule = launch.resolve(table.experiment, plan.preset, {}, {})
    varied = {axis.key for axis in plan.design.axes}
    for key, value in configs.to_dict(config).items():
        if key != "seed" and key not in varied and plan.config.get(key, value) != value:
            words += ["--set", f"{key}={plan.config[key]}"]
    words += _designed(plan.design)
    for key, value in configs.to_dict(schedule).items():
        if plan.schedule.get(key, value) != value:
            words += [f"--{key.replace('_', '-')}", str(plan.schedule[key]).lower() if plan.schedule[key] is None
                      else str(plan.schedule[key])]  # fmt: skip
    for option, limit in (("--cell-seconds", plan.budget.seconds), ("--cell-memory", plan.budget.mebibytes)):
        words += [option, f"{limit:g}"] if limit is not None else []
    words += ["--name", table.sweep.name] if table.sweep.name != plan.default_name() else []
    added = [["primordia", "sweep", "add", table.sweep.name, *_designed(design)] for design in plan.added]
    return [shlex.join(words), *map(shlex.join, added)]


def _designed(design: Design) -> list[str]:
    words: list[str] = []
    for axis in design.axes:
        words += ["--set", *_said(axis)]
    if design.kind != "grid":
        words += ["--design", design.kind, "--samples", str(design.samples), "--design-seed", str(design.seed)]
    return [*words, "--seeds", designs.said(design.seeds)]


def _said(axis: Axis) -> list[str]:
    """An axis behind --set; texts with commas are repeated, as one would type them."""
    if any(isinstance(value, str) and "," in value for value in axis.values):
        return [word for value in axis.values for word in (f"{axis.key}={value}", "--set")][:-1]
    return [axis.said()]


def _head(table: CellTable, title: str, transition: str | None) -> str:
    counts, plan = table.counts(), table.plan
    n_points = len({row.point for row in table.rows})
    told = [(f"{len(table.rows):,}", "cells"), (f"{n_points:,}", "points of the design")]
    told += [(f"{n:,}", f"cells {status}") for status, n in counts.items()]
    if transition is not None:
        crossed = sum(transition in row.crossed for row in table.rows)
        told.append((f"{crossed:,}", f"cells that crossed {transition.replace('_', ' ')}"))
    seconds = sum(row.seconds or 0.0 for row in table.rows)
    told.append((_span(seconds), "from beginnings to ends, added up"))
    source, summary = table.experiment.source, table.experiment.summary
    design = " · ".join([plan.design.kind, *(axis.said() for axis in plan.design.axes),
                         f"seeds {designs.said(plan.design.seeds)}"])  # fmt: skip
    return (
        f"<h1>{page.text(title)}</h1><p>{page.text(summary)}</p><p class='soft'>Asked: {page.text(design)}"
        f"{_preset(table)}.</p>{page.facts(told)}<p class='soft'>Source: {page.text(source.authors)} ({source.year}), "
        f"<i>{page.text(source.title)}</i>, arXiv {page.text(source.arxiv)}. {page.text(source.how_we_differ)}</p>"
    )


def _preset(table: CellTable) -> str:
    plan, word = table.plan, table.experiment.step_word
    stop = f", stop {plan.schedule['stop']}" if plan.schedule.get("stop") else ""
    preset = f" · preset {plan.preset}" if plan.preset else ""
    return page.text(f"{preset} · up to {plan.schedule['steps']:,} {word}s{stop}")


def _failures(table: CellTable) -> str:
    failed: dict[str, list[int]] = {}
    for row in table.rows:
        if row.status == "failed":
            failed.setdefault(row.reason or "it failed without a word", []).append(row.index)
    if not failed:
        return ""
    rows = [[len(indexes), reason, ", ".join(map(str, indexes[:40])) + (" …" if len(indexes) > 40 else "")]
            for reason, indexes in sorted(failed.items(), key=lambda item: -len(item[1]))]  # fmt: skip
    return f"<h2>Failures</h2>{page.table(['cells', 'reason', 'which'], rows)}"


def _figures(table: CellTable, metric: str | None, transition: str | None, x: str | None, y: str | None) -> str:
    if metric is None:
        return "<h2>Figures</h2><p class='soft'>No cell has a row of metrics yet.</p>"
    word = table.experiment.step_word
    wanted: list[tuple[str, dict[str, str], str]] = []
    if transition is not None:
        meaning = table.experiment.transitions[transition].meaning
        wanted.append(
            (
                "phase",
                {"transition": transition},
                f"{transition}: {meaning} Of the finished cells.{_stopped(table, transition)}",
            )
        )
        wanted.append(("survival", {"transition": transition},
                       f"The share of cells that have not crossed {transition} yet, by {word}. A cell that ended, or "
                       f"was last seen, without crossing is censored there; a crossing counts at the first row that "
                       f"shows it.{_stopped(table, transition)}"))  # fmt: skip
    declared = table.experiment.metrics.get(metric)
    wanted.append(("phase", {"metric": metric}, declared.meaning if declared else metric))
    stopped = " A dot: a cell that its stop rule ended; the median goes as far as all of them do."
    note = stopped if table.plan.schedule.get("stop") else ""
    wanted.append(("multiples", {"metric": metric},
                   f"Thin: each cell. Thick: their median. Band: the middle half.{note}"))  # fmt: skip
    parts = []
    for kind, shown, caption in wanted:
        drawn = figures.png(figures.draw(table, kind, **shown, x=x, y=y))
        picture = page.image(drawn, "png", f"{kind} of {next(iter(shown.values()))}")
        parts.append(f"<figure class='plot natural'>{picture}<figcaption>{page.text(caption)}</figcaption></figure>")
    return f"<h2>Figures</h2>{''.join(parts)}"


def _stopped(table: CellTable, transition: str) -> str:
    """A warning where cells were ended for something else than what a figure waits for."""
    if table.stopped_at in (None, transition):
        return ""
    return f" Cells were ended at {table.stopped_at}, whether or not {transition} would have followed."


def _points(table: CellTable, metric: str | None, transition: str | None, axes: Sequence[str] | None) -> str:
    named = list(table.axes if axes is None else axes)
    unit = _unit(table, metric)
    columns = [*named, "finished", "cells", *([f"median {metric}", "95 % interval"] if metric else [])]
    columns += ([f"with {transition}", "share", "exact 95 % interval", f"half by {table.experiment.step_word}"]
                if transition else [])  # fmt: skip
    rows = []
    for one in stats.summaries(table, metric, transition, axes):
        row: list[Any] = [points.said(value) for value in one.point.at.values()]
        row += [len(one.point.done), len(one.point.rows)]
        row += [_number(one.median.value, unit), _interval(one.median, unit)] if metric else []
        if transition and one.survival:
            row += [one.point.n_crossed(transition), _number(one.crossed.value, "share"),
                    _interval(one.crossed, "share"), _number(one.survival.median, "")]  # fmt: skip
        rows.append(row)
    note = ("Medians are of the last rows of finished cells, with bootstrap intervals; shares are of finished cells; "
            "“half by” is the median of Kaplan and Meier.")  # fmt: skip
    return f"<h2>Points</h2><p class='soft'>{note}</p>{page.table(columns, rows)}"


def _comparisons(table: CellTable, metric: str | None, transition: str | None, axes: Sequence[str] | None) -> str:
    try:
        compared = stats.comparisons(table, metric, transition, axes)
    except BadInputError as error:
        return f"<h2>Between points</h2><p class='soft'>{page.text(error)}</p>"
    if not compared:
        return ""
    columns = ["first", "second", *([f"second has more {metric}", "Cliff's delta", "p (Holm)"] if metric else [])]
    columns += [f"log-rank {transition}", "p (Holm)"] if transition else []
    rows = []
    for each in stats.by_strength(compared)[:MOST_COMPARISONS]:
        row: list[Any] = [each.one.label, each.other.label]
        row += [_number(each.superiority, "share"), _number(each.delta), _number(each.p_holm)] if metric else []
        row += [_number(each.logrank), _number(each.p_logrank_holm)] if transition else []
        rows.append(row)
    more = f" The {MOST_COMPARISONS} with the smallest p of {len(compared):,}." if len(rows) < len(compared) else ""
    note = ("The probability that a cell of the second point has more of the metric than one of the first, with the "
            "Mann-Whitney test; and the log-rank test of the crossing times, positive where the second crosses later. "
            f"p-values are corrected for their number by Holm's procedure.{more}")  # fmt: skip
    return f"<h2>Between points</h2><p class='soft'>{note}</p>{page.table(columns, rows)}"


def _cells(table: CellTable, metric: str | None) -> str:
    unit = _unit(table, metric)
    columns = ["cell", *table.axes, "seed", "status", table.experiment.step_word, *([metric] if metric else [])]
    columns += [*table.transitions, "seconds", "folder"]
    rows = []
    for row in table.rows[:MOST_CELLS]:
        told: list[Any] = [row.index, *(points.said(row.settings.get(axis)) for axis in table.axes), row.seed]
        told += [row.status, row.step, *([_number(row.last.get(metric), unit)] if metric else [])]
        told += [*(row.crossed.get(name) for name in table.transitions), row.seconds, row.folder]
        rows.append(told)
    more = f"<p class='soft'>The first {MOST_CELLS:,}.</p>" if len(table.rows) > MOST_CELLS else ""
    return f"<h2>Cells</h2><details><summary>All cells</summary>{more}{page.table(columns, rows)}</details>"


def _settings(table: CellTable) -> str:
    varied = {*table.axes, "seed"}
    shared = {**table.plan.config, **table.plan.schedule}
    rows = [[name, points.said(value)] for name, value in shared.items() if name not in varied]
    shown = page.table(["setting", "value"], rows)
    return f"<h2>Settings</h2><details><summary>What all cells share</summary>{shown}</details>"


def _again(table: CellTable, named: str) -> str:
    lines = "\n".join(command(table))
    looks = "\n".join(f"primordia sweep {verb} {named}" for verb in ("status", "table", "plot", "stats", "report"))
    return (
        f"<h2>Make it again</h2><p>The same command goes on where a sweep was left.</p><pre>{page.text(lines)}</pre>"
        f"<p>What this page is made of:</p><pre>{page.text(looks)}</pre>"
    )


def _span(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
        if seconds < 7200
        else f"{seconds / 3600:,.1f} h"
    )


def _unit(table: CellTable, metric: str | None) -> str:
    declared = table.experiment.metrics.get(metric) if metric else None
    return declared.unit if declared else ""


def _number(value: float | None, unit: str = "") -> str | None:
    if value is None:
        return None
    return page.number(int(value) if float(value).is_integer() and abs(value) < 1e15 else value, unit)


def _interval(estimate: Estimate, unit: str) -> str | None:
    if estimate.low is None or estimate.high is None:
        return None
    return f"{_number(estimate.low, unit)} to {_number(estimate.high, unit)}"
