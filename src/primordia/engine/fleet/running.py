"""Runs on a fleet: begun, resumed, and gone on with when a holder is gone."""

from __future__ import annotations

import collections
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from primordia.core import registry
from primordia.core.errors import BadInputError, LostStateError
from primordia.core.metrics import Row
from primordia.engine import checkpoints, interventions, launch
from primordia.engine.fleet.fleet import JOINED_BYTES, Distributed, Fleet
from primordia.engine.fleet.places import Place
from primordia.engine.folder import Opened, RunFolder
from primordia.engine.observer import Observer, Outcome, Unwatched
from primordia.engine.schedule import Schedule

MOST_LOSSES = 3
"""So many times in a row a run goes on without having got to another checkpoint; then it stays interrupted."""


def start(
    address: str,
    config: Any,
    schedule: Schedule,
    place: Place,
    *,
    root: Path,
    slug: str = "custom",
    observer: Observer | None = None,
    command: str = "",
) -> Outcome:
    """Run an experiment as `launch.start` does, with its shards held at `place`, which is closed afterwards.

    When a holder is gone, the run goes on from its last checkpoint with new ones.

    Raises:
        BadInputError: its state does not lie in shards, or there is no room for them; nothing was written.
        LostStateError: holders were lost again and again; the run is interrupted and can be resumed.
    """
    fleet = Fleet(address, registry.load(address), place)
    telling = _Telling(fleet, observer or Unwatched())
    try:
        fleet.begin(config)
        return launch.start(
            Distributed(fleet), config, schedule, root=root, slug=slug, address=address, observer=telling,
            command=command,
        )  # fmt: skip
    except LostStateError:
        if telling.run is None:
            raise
        return _go_on(telling.run.folder, fleet, telling)
    finally:
        place.close()


def resume(where: RunFolder, place: Place, *, observer: Observer | None = None) -> Outcome:
    """Continue a run as `launch.resume` does, with its shards held at `place`; whoever held them before.

    Raises:
        BadInputError: as in `start`, or it was intervened in since its last checkpoint.
        LostStateError: as in `start`.
    """
    address = str(where.config()["experiment"])
    fleet = Fleet(address, registry.load(address), place)
    stored = checkpoints.steps(where.checkpoints)
    later = [event for event in interventions.recorded(where) if event["step"] >= (stored[-1] if stored else 0)]
    if later:
        raise BadInputError(
            f"{where.path.name} was intervened in at step {later[0]['step']}, after its last checkpoint, which has to "
            "be done again and needs the whole state; resume it without --actors until its next checkpoint."
        )
    telling = _Telling(fleet, observer or Unwatched())
    try:
        return launch.resume(where, observer=telling, within=lambda experiment: Distributed(fleet))
    except LostStateError:
        if telling.run is None:
            raise
        return _go_on(where, fleet, telling)
    finally:
        place.close()


def _go_on(where: RunFolder, fleet: Fleet, telling: _Telling) -> Outcome:
    n_losses, reached = 0, -1
    while True:
        now_at = max(checkpoints.steps(where.checkpoints), default=-1)
        n_losses, reached = (n_losses + 1 if now_at <= reached else 1), now_at
        fleet.forget()
        try:
            return launch.resume(where, observer=telling, within=lambda experiment: Distributed(fleet))
        except LostStateError:
            if n_losses >= MOST_LOSSES:
                raise


@final
class _Telling:
    """Passes on what is observed, and notes where the shards are whenever the run begins or goes on."""

    def __init__(self, fleet: Fleet, observer: Observer) -> None:
        self.fleet, self.observer = fleet, observer
        self.run: Opened | None = None

    def started(self, run: Opened, step: int, rows: list[dict[str, Any]]) -> None:
        """Remember the run, which may be gone on with."""
        self.run = run
        self.observer.started(run, step, rows)

    def progressed(self, step: int, steps_per_second: float) -> None:
        """Pass it on."""
        self.observer.progressed(step, steps_per_second)

    def row_written(self, row: Row) -> None:
        """Pass it on."""
        self.observer.row_written(row)

    def event_noted(self, event: Mapping[str, Any]) -> None:
        """Pass it on, and note behind a beginning who holds the shards."""
        self.observer.event_noted(event)
        if self.run is not None and event["event"] in ("started", "resumed"):
            placed = self.run.folder.note("placed", int(event["step"]), **self._where(self.run))
            self.observer.event_noted(placed)

    def ended(self, outcome: Outcome) -> None:
        """Pass it on."""
        self.observer.ended(outcome)

    def _where(self, run: Opened) -> dict[str, Any]:
        fleet, mebibytes = self.fleet, self.fleet.n_bytes / 2**20
        told = {
            "actors": fleet.place.n_holders,
            "shards": fleet.sharding.n_shards(run.config),
            "machines": dict(collections.Counter(fleet.place.machines())),
            "mebibytes": round(mebibytes, 1),
        }
        if fleet.n_bytes > JOINED_BYTES:
            told["views"] = f"none, and no findings: the state is larger than {JOINED_BYTES // 2**20} MiB"
        return told
