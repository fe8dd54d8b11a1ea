"""Rules that pause a run: at a step, when a metric passes a line, at a transition, on extinction."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Collection, Mapping
from typing import Any

from primordia.core.errors import BadInputError, UnknownNameError
from primordia.core.experiment import Experiment
from primordia.core.metrics import Row

KEYS: Mapping[str, tuple[set[str], ...]] = {
    "step": ({"step"},),
    "metric": ({"metric", "above"}, {"metric", "below"}),
    "transition": ({"transition"},),
    "extinction": (set(),),
}
"""What a rule says besides when, by when."""


@dataclasses.dataclass(frozen=True)
class Rule:
    """One rule, used up when it fires.

    Args:
        step: the completed steps to pause after; None for rules about rows.
        fires: (the row before, the row, the transitions it is the first to show) -> why to pause, or None.
    """

    step: int | None = None
    fires: Callable[[Row, Row, Collection[str]], str | None] = lambda before, row, crossed: None


def read(experiment: Experiment[Any, Any], value: Any) -> Rule:
    """The rule that JSON values describe.

    Raises:
        BadInputError: it is not of one of the shapes of a rule.
        UnknownNameError: it names a metric or transition that the experiment does not have.
    """
    when = value.get("when") if isinstance(value, Mapping) else None
    if not isinstance(when, str):
        raise BadInputError(f"A rule is an object with the key 'when', not {value!r}.")
    if when not in KEYS:
        raise UnknownNameError("rule", when, KEYS)
    if value.keys() - {"when"} not in KEYS[when]:
        wanted = " or ".join(", ".join(sorted(keys)) or "nothing" for keys in KEYS[when])
        raise BadInputError(f"The rule {when!r} says {wanted} besides; it has {', '.join(sorted(value))}.")
    if when == "step":
        return _at_step(value["step"])
    if when == "metric":
        return _at_line(experiment, value)
    return _at_transition(experiment, value["transition"]) if when == "transition" else _on_extinction(experiment)


def _at_step(step: Any) -> Rule:
    if type(step) is not int or step < 0:
        raise BadInputError(f"A rule's step is a whole number from 0 on, not {step!r}.")
    return Rule(step)


def _at_line(experiment: Experiment[Any, Any], value: Mapping[str, Any]) -> Rule:
    name, side = value["metric"], "above" if "above" in value else "below"
    line = value[side]
    if name not in experiment.metrics:
        raise UnknownNameError("metric", str(name), experiment.metrics)
    if type(line) not in (int, float) or not math.isfinite(line):
        raise BadInputError(f"A rule's line is a finite number, not {line!r}.")

    def fires(before: Row, row: Row, crossed: Collection[str]) -> str | None:
        found = row.get(name)
        beyond = found is not None and (found >= line if side == "above" else found <= line)
        return f"{name} is {found:.6g}, {side} the line {line:.6g}" if beyond else None

    return Rule(fires=fires)


def _at_transition(experiment: Experiment[Any, Any], name: Any) -> Rule:
    if name not in experiment.transitions:
        raise UnknownNameError("transition", str(name), experiment.transitions)
    return Rule(fires=lambda before, row, crossed: f"transition {name}" if name in crossed else None)


def _on_extinction(experiment: Experiment[Any, Any]) -> Rule:
    def fires(before: Row, row: Row, crossed: Collection[str]) -> str | None:
        for name, transition in experiment.transitions.items():
            known = transition.metric in row
            if known and transition.crossed(before) and not transition.crossed(row):
                return f"extinction: {transition.metric} is {row[transition.metric]:.6g}, back behind {name}"
        return None

    return Rule(fires=fires)
