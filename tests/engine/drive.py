"""A process that starts the run a file describes, or resumes the one that is there: `drive.py FILE ROOT [figures]`.

Like `python -m primordia.engine`, but it resumes, and it draws figures only when asked, because that takes longer than
everything else. What the file plans is done to the run on the way (see `steering.Plan`), if it is not done already.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import steering

from primordia.core import config as configs
from primordia.core import registry
from primordia.engine import launch, opening, schedule, wrapping


def main(file: str, root: str, figures: str = "") -> None:
    if not figures:
        wrapping.wrap_up = lambda run, outcome: None
    wanted = json.loads(Path(file).read_text())
    found = opening.all_folders(Path(root))
    if found:
        outcome = steering.go_on(found[0], wanted.get("plan", []))
    else:
        experiment = registry.load(wanted["experiment"])
        config = configs.from_dict(experiment.Config, wanted["config"])
        plan = schedule.make(experiment, wanted["schedule"])
        outcome = steering.steered(
            lambda helm: launch.start(
                experiment, config, plan, root=Path(root), address=wanted["experiment"], helm=helm
            ),
            wanted.get("plan", []),
        )
    print(outcome.status, outcome.step)


if __name__ == "__main__":
    main(*sys.argv[1:])
