"""The metrics of a run as curves: points, axis, and the transitions that belong to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from primordia.core.errors import BadInputError
from primordia.engine.folder import Opened
from primordia.observatory.exports import axes
from primordia.observatory.exports.axes import Axis


class Curve(NamedTuple):
    """A metric over the steps.

    Args:
        name: for people.
        unit: for people; empty where there is none to tell.
        points: (step, value), by step, at least one.
        up: the axis of its values.
        thresholds: of the transitions that watch it.
        marks: steps of transitions that were crossed, by name: those that watch it, or all where none does.
    """

    name: str
    unit: str
    points: tuple[tuple[int, float], ...]
    up: Axis
    thresholds: tuple[float, ...]
    marks: Mapping[str, int]


def read(run: Opened, names: Sequence[str], first: int, last: int) -> list[Curve]:
    """The named metrics of a run between two steps.

    Raises:
        BadInputError: no row has such a metric there.
    """
    rows = run.folder.metrics.read()
    crossings = {name: step for name, step in run.crossings(rows).items() if first <= step <= last}
    found = []
    for name in names:
        points = tuple((row["step"], row[name]) for row in rows if name in row and first <= row["step"] <= last)
        if not points:
            raise BadInputError(f"No row from {first} to {last} has {name}, so there is no curve to draw.")
        declared, words = run.experiment.metrics[name], name.replace("_", " ")
        watching = {key: kind for key, kind in run.experiment.transitions.items() if kind.metric == name}
        found.append(
            Curve(
                words,
                "" if declared.unit in ("dimensionless", words) or words.endswith(declared.unit) else declared.unit,
                points,
                axes.around([value for _, value in points], direction=declared.direction),
                tuple(kind.threshold for kind in watching.values()),
                {key: step for key, step in crossings.items() if key in watching or not watching},
            )
        )
    return found
