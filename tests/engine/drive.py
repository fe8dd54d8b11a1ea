"""A process that starts the run a file describes, or resumes the one that is there: `drive.py FILE ROOT [figures]`.

Like `python -m primordia.engine`, but it resumes, and it draws figures only when asked, because that takes longer than
everything else.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from primordia.core import config as configs
from primordia.core import registry
from primordia.engine import launch, opening, schedule, wrapping


def main(file: str, root: str, figures: str = "") -> None:
    if not figures:
        wrapping.wrap_up = lambda run, outcome: None
    found = opening.all_folders(Path(root))
    if found:
        outcome = launch.resume(found[0])
    else:
        wanted = json.loads(Path(file).read_text())
        experiment = registry.load(wanted["experiment"])
        config = configs.from_dict(experiment.Config, wanted["config"])
        plan = schedule.make(experiment, wanted["schedule"])
        outcome = launch.start(experiment, config, plan, root=Path(root), address=wanted["experiment"])
    print(outcome.status, outcome.step)


if __name__ == "__main__":
    main(*sys.argv[1:])
