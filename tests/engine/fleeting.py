"""A herd on Ray actors, in a process of its own that may be killed: `fleeting.py ROOT ACTORS MILLISECONDS`."""

from __future__ import annotations

import sys
from pathlib import Path

from herd import Herd
from primordia.core import config as configs
from primordia.engine import schedule
from primordia.engine.fleet import running
from primordia.engine.fleet.actors import Actors

ADDRESS = "herd:Herd"
CADENCE = {"steps": 30, "every": 4, "checkpoint_every": 5, "keep": 9}


def main(root: Path, n: int, milliseconds: int) -> None:
    config = configs.override(Herd.Config(), {"milliseconds": milliseconds})
    running.start(ADDRESS, config, schedule.make(Herd(), CADENCE), Actors(n), root=root)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
