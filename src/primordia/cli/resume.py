"""`primordia resume`: continue a run that was interrupted, that died, or that failed."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from primordia.cli import arguments, watching
from primordia.engine import launch, opening


@dataclasses.dataclass(frozen=True)
class Resume:
    """Continue a run from its last checkpoint, with the bits of a run that never stopped.

    Exit codes: 0 finished, 1 failed, 2 it cannot be resumed (finished, running elsewhere, damaged), 130 interrupted.
    """

    run: arguments.RunName
    threads: arguments.Threads = None
    root: arguments.Root = Path("runs")
    quiet: arguments.Quiet = False
    json: arguments.Json = False


def main(argv: list[str]) -> int:
    """Resume a run."""
    wanted = arguments.parse(Resume, argv, "resume")
    folder = opening.find(wanted.root, wanted.run)
    arguments.limit_threads(wanted.threads)
    return watching.drive(
        lambda observer: launch.resume(folder, observer=observer),
        root=wanted.root,
        quiet=wanted.quiet,
        as_json=wanted.json,
    )
