"""Figures of metrics over steps, with the transitions marked. No pyplot, so any thread may draw."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from primordia.core import config as configs
from primordia.core import metrics
from primordia.core.errors import ConfigError, UnknownNameError
from primordia.core.findings import Chart
from primordia.engine import durable
from primordia.engine.folder import Opened

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARK = "#D55E00"
DASHES = ("-", "--", ":", "-.")
STEEP = 30
"""Where the largest value of what should become small is this many times the smallest, its panel has a log axis."""


def save(run: Opened) -> list[Path]:
    """Draw a run into its artefacts: one overview of all metrics, and a large figure per watched metric and panel.

    Returns:
        The files written, the large figures first; none when there are no rows yet.
    """
    rows = run.folder.metrics.read()
    if not rows:
        return []
    run.folder.artefacts.mkdir(exist_ok=True)
    files = []
    for metric in [name for name in metrics.watched(run.experiment.transitions) if any(name in row for row in rows)]:
        figure = _figure(9.0, 3.6)
        axis = figure.subplots()
        _draw(axis, run, rows, metric, label=None, colour=COLOURS[0], large=True)
        _make_room(axis)
        files.append(write(figure, run.folder.artefacts / f"{metric}.png"))
    for title, names in run.experiment.panels.items():
        if any(name in row for row in rows for name in names):
            files.append(write(_panel(run, rows, title, names), run.folder.artefacts / panel_file(title)))
    files.append(write(_overview(run, rows), run.folder.artefacts / "metrics.png"))
    return files


def compare(runs: Sequence[Opened], names: Sequence[str], out: Path) -> Path:
    """Draw the named metrics of several runs into one file, a panel a metric, a line a run.

    Args:
        runs: opened runs, drawn in order.
        names: metrics; empty for those that transitions watch, or all where there are none.
        out: the file; its ending chooses the format (.png, .svg, .pdf).

    Raises:
        UnknownNameError: no run has the metric.
        ConfigError: the format is not supported.
    """
    if out.suffix not in (".png", ".svg", ".pdf"):
        raise ConfigError(f"out={out} has an unknown format; allowed: .png, .svg, .pdf.")
    known = list(dict.fromkeys(name for run in runs for name in run.experiment.metrics))
    for metric in names:
        if metric not in known:
            raise UnknownNameError("metric", metric, known)
    watched = list(dict.fromkeys(name for run in runs for name in metrics.watched(run.experiment.transitions)))
    chosen = list(names) or watched or known
    figure = _figure(9.0, 3.2 * len(chosen))
    axes = figure.subplots(len(chosen), 1, squeeze=False)[:, 0]
    labels = _labels(runs)
    for axis, metric in zip(axes, chosen, strict=True):
        for index, run in enumerate(runs):
            label = labels[index] if len(runs) > 1 else None
            colour = COLOURS[index % len(COLOURS)]
            _draw(axis, run, run.folder.metrics.read(), metric, label=label, colour=colour, large=True)
        _make_room(axis)
        if len(runs) > 1:
            axis.legend(fontsize=7, frameon=False)
    return write(figure, out)


def panel_file(title: str) -> str:
    """The name of the file that holds a panel."""
    return f"panel-{re.sub(r'[^a-z0-9]+', '-', title.lower()).strip('-')}.png"


def _panel(run: Opened, rows: Sequence[Mapping[str, Any]], title: str, names: Sequence[str]) -> Any:
    """Several metrics over the steps in one large figure."""
    lines = {
        name.replace("_", " "): tuple((row["step"], row[name]) for row in rows if name in row)
        for name in names
        if any(name in row for row in rows)
    }
    values = [value for line in lines.values() for _, value in line]
    units = list(dict.fromkeys(run.experiment.metrics[name].unit for name in names))
    unit = units[0] if len(units) == 1 and units[0] != "dimensionless" else ""
    small_is_good = any(run.experiment.metrics[name].direction == "down" for name in names)
    steep = small_is_good and min(values) > 0 and max(values) > STEEP * min(values)
    bands = {
        name.replace("_", " "): tuple((row["step"], row[low], row[high]) for row in rows if {low, high} <= row.keys())
        for name, (low, high) in run.experiment.bands.items()
        if name.replace("_", " ") in lines
    }
    return _lines(Chart(title, run.experiment.step_word, unit, lines, log_y=steep, bands=bands))


def chart(found: Chart) -> bytes:
    """A chart as PNG."""
    drawn = io.BytesIO()
    _lines(found).savefig(drawn, format="png", dpi=130)
    return drawn.getvalue()


def _lines(found: Chart) -> Any:
    figure = _figure(9.0, 3.8)
    axis = figure.subplots()
    # The first line is drawn last, so that none of those it is held against hides it.
    for place, (name, points) in reversed(list(enumerate(found.lines.items()))):
        style = {"lw": 2.2, "ls": "-"} if place == 0 else {"lw": 1.3, "ls": DASHES[place % len(DASHES)]}
        marker = "o" if len(points) < 2 else None
        if found.bands.get(name):
            shade = list(zip(*found.bands[name], strict=True))
            axis.fill_between(*shade, color=COLOURS[place % len(COLOURS)], alpha=0.18, lw=0)
        axis.plot(*zip(*points, strict=True), color=COLOURS[place % len(COLOURS)], label=name, marker=marker, **style)
    axis.set_xscale("log" if found.log_x else "linear")
    axis.set_yscale("log" if found.log_y else "linear")
    axis.set_title(found.title, fontsize=10, loc="left")
    axis.set_xlabel(found.x, fontsize=8)
    axis.set_ylabel(found.y, fontsize=8)
    if len(found.lines) > 1:
        handles, labels = axis.get_legend_handles_labels()
        # Beside the axes: a legend over the curves hides the very place where they meet.
        axis.legend(handles[::-1], labels[::-1], fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    _plain(axis)
    return figure


def _labels(runs: Sequence[Opened]) -> list[str]:
    """Each run's id and the settings that not all of them share."""
    settings = [{"experiment": run.experiment.name, **configs.to_dict(run.config)} for run in runs]
    names = dict.fromkeys(name for each in settings for name in each)
    parting = [name for name in names if any(each.get(name) != settings[0].get(name) for each in settings)]
    told = [", ".join(f"{name}={each[name]}" for name in parting if name in each) for each in settings]
    return [f"{run.folder.path.name} {text}".rstrip() for run, text in zip(runs, told, strict=True)]


def _overview(run: Opened, rows: Sequence[Mapping[str, Any]]) -> Any:
    names = [name for name in run.experiment.metrics if any(name in row for row in rows)]
    n_columns = min(3, max(1, len(names)))
    n_rows = max(1, math.ceil(len(names) / n_columns))
    figure = _figure(4.2 * n_columns, 2.3 * n_rows)
    axes = list(figure.subplots(n_rows, n_columns, squeeze=False).flat)
    for axis, name in zip(axes, names, strict=False):
        _draw(axis, run, rows, name, label=None, colour=COLOURS[0], large=False)
    for axis in axes[len(names) :]:
        axis.set_visible(False)
    return figure


def _draw(
    axis: Any,
    run: Opened,
    rows: Sequence[Mapping[str, Any]],
    metric: str,
    *,
    label: str | None,
    colour: str,
    large: bool,
) -> None:
    points = [(row["step"], row[metric]) for row in rows if metric in row]
    declared = run.experiment.metrics[metric]
    marker = "o" if len(points) < 40 else None
    axis.plot(*zip(*points, strict=True), color=colour, lw=1.6, marker=marker, ms=3, label=label) if points else None
    mark = MARK if label is None else colour
    for name, step in run.crossings(rows).items():
        watched = run.experiment.transitions[name]
        if watched.metric != metric and not large:
            axis.axvline(step, color=mark, lw=0.7, alpha=0.35)
            continue
        axis.axvline(step, color=mark, lw=1.1, ls="--")
        if large:
            text = f"{name}, {run.experiment.step_word} {step:,}"
            at = {"xy": (step, 1.0), "xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
            # Below the labels that are there, over every line, and towards the middle, so that none leaves the axes.
            late = bool(rows) and step > 0.7 * rows[-1]["step"]
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1.2}
            place = {"xytext": (-5 if late else 5, -12 - 13 * len(axis.texts)), "ha": "right" if late else "left"}
            axis.annotate(text, color=mark, fontsize=8, bbox=box, zorder=5, **place, **at)
        if watched.metric == metric:
            axis.axhline(watched.threshold, color=mark, lw=0.7, ls=":")
    axis.set_title(metric.replace("_", " "), fontsize=10 if large else 9, loc="left")
    axis.set_ylabel(
        "" if declared.unit in ("dimensionless", metric, metric.replace("_", " ")) else declared.unit, fontsize=8
    )
    axis.set_xlabel(run.experiment.step_word, fontsize=8)
    _plain(axis)


def _plain(axis: Any) -> None:
    axis.tick_params(labelsize=7)
    in_full(axis)
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(True, lw=0.3, alpha=0.6)


def in_full(axis: Any) -> None:
    """Write every tick in full: an offset ("1e-5 + 1.8127") in a corner is overlooked, and the curve misread."""
    from matplotlib.ticker import ScalarFormatter

    for each in (axis.xaxis, axis.yaxis):
        if isinstance(each.get_major_formatter(), ScalarFormatter):
            each.get_major_formatter().set_useOffset(False)


def _make_room(axis: Any) -> None:
    """Raise the top of a large panel (about 190 points high) so that its labels lie above the curves."""
    taken = min(13 * len(axis.texts) / 190, 0.4)
    low, high = axis.get_ylim()
    axis.set_ylim(low, high + (high - low) * taken / (1 - taken))


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def write(figure: Any, out: Path) -> Path:
    """Save a figure in the format of its ending, in one instant; returns the file."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format=out.suffix[1:], dpi=130)
    durable.write(out, drawn.getvalue(), sync=False)
    return out
