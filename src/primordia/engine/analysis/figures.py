"""The figures of a sweep: which there are, and writing them into files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from primordia.core.errors import BadInputError, ConfigError, UnknownNameError
from primordia.engine import plots
from primordia.engine.analysis import canvas, curves, phases
from primordia.engine.analysis.table import CellTable

KINDS = ("phase", "survival", "multiples")
FORMATS = (".png", ".svg", ".pdf")
FOLDER = "figures"


def default_axes(table: CellTable) -> tuple[str | None, str | None]:
    """The first two axes of a sweep, or as many as it has."""
    x, y, *_ = (*table.axes, None, None)
    return x, y


def draw(
    table: CellTable, kind: str, *, metric: str | None = None, transition: str | None = None,
    x: str | None = None, y: str | None = None,
) -> Any:  # fmt: skip
    """One figure, as a matplotlib Figure.

    Args:
        table: the sweep.
        kind: "phase", "survival" or "multiples".
        metric: that is shown; None with a transition: the transition is; None without: the experiment's main one.
        transition: likewise; None: the experiment's last.
        x: the axis along the bottom of a phase diagram, or that makes the points; None: the sweep's own axes.
        y: the second one.

    Raises:
        UnknownNameError: there is no such figure, metric, transition or axis; says the nearest.
        BadInputError: no cell has a row yet, the experiment has no transition, or --y without --x.
    """
    if kind not in KINDS:
        raise UnknownNameError("figure of a sweep", kind, KINDS)
    if y is not None and x is None:
        raise BadInputError(f"y is {y}, and there is no x; name the axis along the bottom too: --x AXIS.")
    x, y = (None if axis is None else table.axis(axis) for axis in (x, y))
    named = None if x is None else [axis for axis in (x, y) if axis is not None]
    if kind == "survival":
        return curves.survival(table, _transition(table, transition), named)
    if kind == "multiples":
        return curves.multiples(table, _metric(table, metric), named)
    if metric is None and (transition is not None or table.transitions):
        quantity = canvas.quantity_of_transition(table, _transition(table, transition))
    else:
        quantity = canvas.quantity_of_metric(table, _metric(table, metric))
    return phases.draw(table, quantity, *(default_axes(table) if x is None else (x, y)))


def save(
    table: CellTable, folder: Path, *, metric: str | None = None, transition: str | None = None,
    x: str | None = None, y: str | None = None,
) -> list[Path]:  # fmt: skip
    """Draw every figure that a sweep has into `folder` as PNG; returns the files. Arguments as of `draw`."""
    watched = _metric(table, metric)
    folder.mkdir(parents=True, exist_ok=True)
    told = {"x": x, "y": y}
    files = []
    if table.transitions:
        crossing = _transition(table, transition)
        for kind in ("phase", "survival"):
            made = draw(table, kind, transition=crossing, **told)
            files.append(plots.write(made, folder / f"{kind}-{crossing}.png"))
    for kind in ("phase", "multiples"):
        files.append(plots.write(draw(table, kind, metric=watched, **told), folder / f"{kind}-{watched}.png"))
    return files


def write(figure: Any, out: Path) -> Path:
    """Write a figure in the format of the ending of `out`.

    Raises:
        ConfigError: another format.
    """
    if out.suffix not in FORMATS:
        raise ConfigError(f"out={out} has an unknown format; allowed: {', '.join(FORMATS)}.")
    return plots.write(figure, out)


def png(figure: Any) -> bytes:
    """A figure as PNG."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=130)
    return drawn.getvalue()


def _metric(table: CellTable, asked: str | None) -> str:
    found = table.metric(asked)
    if found is None:
        raise BadInputError(f"No cell of {table.sweep.path} has a row of metrics yet, so there is nothing to draw.")
    return found


def _transition(table: CellTable, asked: str | None) -> str:
    found = table.transition(asked)
    if found is None:
        raise BadInputError(f"{table.experiment.name} has no transition, so nothing crosses one; name a --metric.")
    return found
