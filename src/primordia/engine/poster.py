"""One picture of a whole run: what it looked like at the start, at its transitions and at the end, over its curve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from primordia.core import metrics
from primordia.engine import looking, plots
from primordia.engine.folder import Opened

PAPER, INK, SOFT, FAINT, LINE, MARK = "#0d1117", "#e6edf3", "#8b949e", "#30363d", "#58a6ff", "#ffa657"
WHOLE, CORNER = 600, 208
MAX_PANELS = 4


def save(run: Opened) -> Path | None:
    """Write `artefacts/poster.png`; None when there is nothing to show yet.

    The pictures are those of the first declared view; of one that is large only the top left corner, so that single
    cells stay visible.
    """
    rows = run.folder.metrics.read()
    pictures = looking.saved_views(run.folder).get(next(iter(run.experiment.views), ""), [])
    watched = metrics.watched(run.experiment.transitions)
    if not rows or not pictures or not watched:
        return None
    crossed = run.crossings(rows)
    wanted = sorted({pictures[0][0], pictures[-1][0], *crossed.values()})
    panels = [picture for picture in pictures if picture[0] in wanted][-MAX_PANELS:]
    figure = _figure(len(panels))
    upper, lower = figure.subfigures(2, 1, height_ratios=(1.45, 1.0))
    for part in (upper, lower):
        part.set_facecolor(PAPER)
    for axis, (step, file) in zip(upper.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        _picture(axis, run, step, file, crossed)
    _curve(lower.subplots(), run, rows, watched[-1], crossed, [step for step, _ in panels])
    run.folder.artefacts.mkdir(exist_ok=True)
    return plots.write(figure, run.folder.artefacts / "poster.png")


def _figure(n_panels: int) -> Any:
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    padded = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)
    return Figure(figsize=(3.4 * max(n_panels, 2), 5.6), layout=padded, facecolor=PAPER)


def _picture(axis: Any, run: Opened, step: int, file: Path, crossed: dict[str, int]) -> None:
    from PIL import Image

    with Image.open(file) as image:
        axis.imshow(_shown(np.asarray(image.convert("RGB"))), interpolation="antialiased")
    axis.set(xticks=(), yticks=())
    axis.spines[:].set_color(FAINT)
    names = [name for name, at in crossed.items() if at == step]
    label = f"{run.experiment.step_word} {step:,}" + (f" · {', '.join(names)}" if names else "")
    axis.set_title(label, color=MARK if names else INK, fontsize=11, loc="left")


def _shown(pixels: Any) -> Any:
    return pixels if max(pixels.shape[:2]) <= WHOLE else pixels[:CORNER, :CORNER]


def _curve(
    axis: Any, run: Opened, rows: list[dict[str, Any]], metric: str, crossed: dict[str, int], shown: list[int]
) -> None:
    points = [(row["step"], row[metric]) for row in rows if metric in row]
    axis.set_facecolor(PAPER)
    axis.plot(*zip(*points, strict=True), color=LINE, lw=2) if points else None
    for step in shown:
        colour = MARK if step in crossed.values() else SOFT
        axis.axvline(step, color=colour, lw=1, ls="--" if step in crossed.values() else ":")
    declared = run.experiment.metrics[metric]
    name = metric.replace("_", " ")
    unit = "" if declared.unit == "dimensionless" or name.endswith(declared.unit) else f", {declared.unit}"
    axis.set_ylabel(name + unit, color=INK, fontsize=9)
    axis.set_xlabel(
        f"{run.experiment.step_word}    ({run.experiment.name}, seed {run.config.seed})", color=INK, fontsize=9
    )
    axis.tick_params(colors=SOFT, labelsize=8)
    plots.in_full(axis)
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["left", "bottom"]].set_color(SOFT)
    axis.margins(x=0.01)
