"""A run as one HTML file: pictures, rows, events and findings recorded, and the page that plays them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import primordia
from primordia.core.streams import Streams
from primordia.engine import durable
from primordia.engine.folder import Opened
from primordia.engine.ring import Instant
from primordia.observatory.exports import bundle, recording
from primordia.observatory.exports.orders import Order
from primordia.observatory.exports.recording import Picture, Spool
from primordia.observatory.exports.travelling import Progress, pixels_of, travel
from primordia.observatory.serving import describing
from primordia.observatory.stages import showing

MOST_BYTES = 20_000_000
"""Of the whole file; where more would be needed, fewer pictures are kept."""
OVERHEAD = 600_000
"""What the page itself takes in it, at most."""


def make(run: Opened, order: Order, out: Path, progress: Progress) -> Path:
    """Record what is ordered and write the page, or with the form "prim" the recording alone; returns the file.

    Raises:
        BadInputError: even two pictures are too large.
    """
    room = (MOST_BYTES - OVERHEAD) * 3 // 4
    content = record(run, order, room, progress)
    progress(1.0, "writing the page")
    if order.form == "prim":
        durable.write(out.with_suffix(".prim"), content)
        return out.with_suffix(".prim")
    title = f"{run.experiment.name}, {run.folder.record()['id']}"
    durable.write(out.with_suffix(".html"), bundle.page(content, title).encode())
    return out.with_suffix(".html")


def record(run: Opened, order: Order, room: int, progress: Progress) -> bytes:
    """A recording of at most `room` bytes of the views and steps of an order."""
    spools = {part.view: Spool() for part in order.parts}
    last: Instant | None = None
    for instant in travel(run, order.steps, progress):
        for part in order.parts:
            spools[part.view].put(Picture(instant.t, instant.revision, pixels_of(run, part, instant)))
        last = instant
    assert last is not None
    found = run.experiment.findings(last.config, last.state, Streams(run.config.seed), last.t)
    header = {
        "run": _told(run, order, last),
        "primordia": primordia.__version__,
        "per_second": order.per_second,
        "findings": {"step": last.t, "found": showing.all_as_json(found)},
    }
    return recording.pack(durable.finite(header), spools, room)


def _told(run: Opened, order: Order, last: Instant) -> dict[str, Any]:
    """What a page is told of the run, cut to what was recorded, and without the places on this machine."""
    first, end = order.steps[0], order.steps[-1]
    whole = describing.run(run.folder)
    views = {part.view: whole["experiment"]["views"][part.view] for part in order.parts}
    return {
        **whole,
        "experiment": {**whole["experiment"], "views": views},
        "mode": "over",
        "why": "a recording",
        "live": False,
        "begins_at": first,
        "step": end,
        "revision": last.revision,
        "rows": [row for row in whole["rows"] if first <= row["step"] <= end],
        "events": [event for event in whole["events"] if first <= event["step"] <= end],
        "bookmarks": [mark for mark in whole["bookmarks"] if first <= mark["step"] <= end],
        "checkpoints": [],
        "folder": "",
        "report": False,
        "parent": whole["parent"] and {**whole["parent"], "folder": ""},
    }
