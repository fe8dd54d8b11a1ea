"""`primordia resume`: continue a run that was interrupted, that died, or that failed."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from primordia.cli import arguments, placing, watching
from primordia.engine import launch, opening
from primordia.engine.folder import RunFolder
from primordia.engine.observer import Observer, Outcome

if TYPE_CHECKING:
    from primordia.engine.fleet.places import Place


@dataclasses.dataclass(frozen=True)
class Resume:
    """Continue a run from its last checkpoint, with the bits of a run that never stopped.

    With --actors the shards of its state are held by Ray actors, as with `run`, however they were held before.

    Exit codes: 0 finished, 1 failed, 2 it cannot be resumed (finished, running elsewhere, damaged), 130 interrupted.
    """

    run: arguments.RunName
    threads: arguments.Threads = None
    actors: arguments.Actors = None
    address: arguments.Address = None
    root: arguments.Root = Path("runs")
    quiet: arguments.Quiet = False
    json: arguments.Json = False


def _resume(folder: RunFolder, place: Place | None, observer: Observer) -> Outcome:
    if place is None:
        return launch.resume(folder, observer=observer)
    from primordia.engine.fleet import running

    return running.resume(folder, place, observer=observer)


def main(argv: list[str]) -> int:
    """Resume a run."""
    wanted = arguments.parse(Resume, argv, "resume")
    folder = opening.find(wanted.root, wanted.run)
    arguments.limit_threads(wanted.threads)
    place = None
    if wanted.actors or wanted.address:
        experiment = arguments.experiment(str(folder.config()["experiment"]))
        place = placing.place(experiment, wanted.actors, wanted.address, wanted.threads)
    return watching.drive(
        lambda observer: _resume(folder, place, observer),
        root=wanted.root,
        quiet=wanted.quiet,
        as_json=wanted.json,
    )
