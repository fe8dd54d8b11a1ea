"""Run what a JSON file says, where no command line is installed: `python -m primordia.engine CONFIG.json [ROOT]`.

The file holds {"experiment": …, "config": {…}, "schedule": {…}}; the `config.json` of any run folder is one. Needs
nothing beyond the standard library, NumPy, safetensors and what the experiment itself imports.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from primordia.core import config as configs
from primordia.core import registry
from primordia.core.errors import EXIT_CODES, BadInputError, PrimordiaError, UnknownNameError
from primordia.engine import launch, schedule
from primordia.engine.observer import Outcome, Unwatched

USAGE = "usage: python -m primordia.engine CONFIG.json [ROOT]   (ROOT: the folder of all runs, by default ./runs)"
KEYS = ("config", "experiment", "format", "schedule", "version")


class _Folder(Unwatched):
    """Prints the run folder as soon as there is one."""

    def started(self, run: Any, step: int, rows: list[dict[str, Any]]) -> None:
        print(run.folder.path, flush=True)


def main(arguments: Sequence[str]) -> int:
    """Run, print the folder and at the end the outcome; returns the exit code of the command line."""
    if len(arguments) not in (1, 2) or arguments[0].startswith("-"):
        print(USAGE, file=sys.stderr)
        return 0 if list(arguments) in (["-h"], ["--help"]) else 2
    try:
        outcome = _run(Path(arguments[0]), Path(arguments[1] if len(arguments) == 2 else "runs"))
    except PrimordiaError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_CODES["interrupted"]
    print(f"{outcome.status} at step {outcome.step}: {outcome.reason}")
    return EXIT_CODES[outcome.status]


def _run(file: Path, root: Path) -> Outcome:
    wanted = _read(file)
    address = str(wanted["experiment"])
    experiment = registry.load(address)
    if wanted.get("version", experiment.version) != experiment.version:
        raise BadInputError(
            f"{file} is for version {wanted['version']} of {experiment.name}; installed is {experiment.version}."
        )
    config = configs.from_dict(experiment.Config, wanted.get("config", {}))
    plan = schedule.make(experiment, wanted.get("schedule", {}))
    command = f"python -m primordia.engine {file}"
    return launch.start(
        experiment, config, plan, root=root, slug="file", address=address, observer=_Folder(), command=command
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        wanted = json.loads(file.read_bytes())
    except OSError as error:
        raise BadInputError(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise BadInputError(f"{file} is not JSON: {error}.") from error
    if not isinstance(wanted, dict) or "experiment" not in wanted:
        raise BadInputError(f"{file} does not name an experiment; it must be a JSON object with the key 'experiment'.")
    for key in wanted:
        if key not in KEYS:
            raise UnknownNameError("key of a run's file", key, KEYS)
    for part in ("config", "schedule"):
        if not isinstance(wanted.get(part, {}), dict):
            raise BadInputError(f"{part} in {file} must be a JSON object of settings.")
    return wanted


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
