"""Questions about one instant of a run: what stands at a cell, what the experiment finds, and keeping it whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from primordia.core.errors import BadInputError, ContractError, UnknownNameError
from primordia.core.inspection import fault
from primordia.core.streams import Streams
from primordia.engine.folder import Opened
from primordia.engine.ring import Instant
from primordia.observatory.stages import showing

QUESTIONS = ("Inspect", "Findings", "Freeze")

Size = Callable[[str, Instant], tuple[int, int]]


def answer(run: Opened, instant: Instant, size: Size, request: Mapping[str, Any]) -> dict[str, Any]:
    """The value that answers one of `QUESTIONS` about an instant.

    Args:
        run: what the instant belongs to.
        instant: the run at the step that is asked about.
        size: rows and columns of a view of it; may raise as `View.pixels` does.
        request: its "kind" and fields, as in the protocol.

    Raises:
        BadInputError: a view or cell that is not there.
        Exception: whatever the experiment raises.
    """
    kind = request["kind"]
    if kind == "Freeze":
        return _freeze(run, instant, request)
    experiment, streams = run.experiment, Streams(instant.config.seed)
    if kind == "Findings":
        found = experiment.findings(instant.config, instant.state, streams, instant.t)
        return {"step": instant.t, "found": showing.all_as_json(found)}
    view, row, column = request["view"], int(request["row"]), int(request["column"])
    if view not in experiment.views:
        raise UnknownNameError("view", view, experiment.views)
    rows, columns = size(view, instant)
    if not (0 <= row < rows and 0 <= column < columns):
        raise BadInputError(f"The view {view} has {rows} x {columns} cells; row {row}, column {column} is outside.")
    inspected = experiment.inspect(instant.config, instant.state, streams, instant.t, view, row, column)
    for one in inspected:
        if sentence := fault(experiment.interventions, one):
            raise ContractError(sentence)
    return {"step": instant.t, "found": showing.all_as_json(inspected)}


def _freeze(run: Opened, instant: Instant, request: Mapping[str, Any]) -> dict[str, Any]:
    from primordia.observatory.keeping import freezer

    root = Path(request.get("out") or run.folder.path.parents[2])
    return {"item": freezer.keep_state(root, run, instant, request["view"], request["name"])}
