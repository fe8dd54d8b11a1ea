"""Small real sweeps, whose cells are run one after another in this process."""

from __future__ import annotations

import unittest.mock
from pathlib import Path
from typing import Any

from primordia.core import config as configs
from primordia.engine import launch
from primordia.engine import schedule as schedules
from primordia.engine.sweeps import asked, sweepfolder
from primordia.engine.sweeps import plan as plans
from primordia.engine.sweeps.asked import Asked
from primordia.engine.sweeps.sweepfolder import SweepFolder
from walk import Walk

SCHEDULE = {"steps": 60, "every": 4, "checkpoint_every": 60}


def walks(
    root: Path, name: str, *, left: int = 0, schedule: dict[str, Any] | None = None, **wanted: Any
) -> SweepFolder:
    """A sweep of walks; the last `left` cells of its plan are not run."""
    cadence = {**SCHEDULE, **(schedule or {})}
    plan = asked.plan_of(Walk(), Asked(schedule=cadence, **wanted), address="walk:Walk")
    sweep = sweepfolder.create(root, plan, name)
    # Nobody pulls the plug here, and a disk that others use too takes most of the time.
    with unittest.mock.patch("os.fsync"):
        for cell in plan.cells[: len(plan.cells) - left]:
            launch.start(
                Walk(),
                configs.from_dict(Walk.Config, plans.config_of(plan, cell)),
                schedules.make(Walk(), plan.schedule),
                root=sweep.path,
                address="walk:Walk",
                name=plans.name_of(plan, cell),
                wrap=False,
                looks=False,
            )
    return sweep
