"""Sweeps of walks for the tests of driver and slots; as a process, `sweeping.py FOLDER SECONDS` drives one."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from primordia.core.metrics import Row
from primordia.core.streams import Streams
from primordia.engine import opening
from primordia.engine.executors.local import Local
from primordia.engine.folder import RunFolder
from primordia.engine.sweeps import plan as plans
from primordia.engine.sweeps import sweepfolder
from primordia.engine.sweeps.cells import Budget
from primordia.engine.sweeps.designs import Design
from primordia.engine.sweeps.driver import drive
from primordia.engine.sweeps.sweepfolder import SweepFolder
from runs import SHORT, leavings
from walk import Walk, WalkConfig, WalkState

FAILS, LACKS_MEMORY, DIES, LINGERS, EATS, ORPHANS = 1, 2, 3, 4, 5, 6
"""Seeds of a doomed walk."""


class Doomed(Walk):
    """A walk that does not end well with some seeds, from its 12th step on, after a checkpoint."""

    name = "tests/doomed"

    def init(self, config: WalkConfig, streams: Streams) -> WalkState:
        if config.p_move == 0:
            raise RuntimeError("nobody moves")
        return super().init(config, streams)

    def step(self, config: WalkConfig, state: WalkState, streams: Streams, t: int) -> tuple[WalkState, Row]:
        if t >= 12:
            meet_end(config.seed)
        return super().step(config, state, streams, t)


def meet_end(seed: int) -> None:
    if seed == FAILS:
        raise RuntimeError("it never works")
    if seed == LACKS_MEMORY:
        raise MemoryError
    if seed == DIES:
        print("a last word", file=sys.stderr, flush=True)
        os._exit(7)
    if seed == ORPHANS and os.fork():
        os._exit(8)
    if seed in (LINGERS, ORPHANS):
        time.sleep(60)
    if seed == EATS:
        held = [b"x" * 2**24 for _ in range(40)]
        time.sleep(60)
        del held


def plan(
    root: Path,
    seeds: Iterable[int],
    kind: type[Walk] = Walk,
    budget: Budget | None = None,
    settings: Mapping[str, Any] | None = None,
    **schedule: Any,
) -> SweepFolder:
    """A new sweep under `root`."""
    made = plans.make(
        kind(),
        Design(seeds=tuple(seeds)),
        address=f"{kind.__module__}:{kind.__qualname__}",
        settings=settings,
        schedule={**SHORT, **schedule},
        budget=budget,
    )
    return sweepfolder.create(root, made)


def folders(sweep: SweepFolder) -> dict[int, RunFolder]:
    """The run folders of a sweep by the seeds of their cells."""
    return {int(folder.record()["seed"]): folder for folder in opening.all_folders(sweep.path)}


def n_ended(folder: RunFolder) -> int:
    """How often a run was told to have ended."""
    return sum(event["event"] == "finished" for event in folder.events.read())


def n_computed(folder: RunFolder) -> int:
    """How often a run was computed to its end, where the disk was full meanwhile.

    An end that was told, and could not be recorded because the disk filled in between, is told once more by whoever
    takes the run up at that step and has nothing left to compute.
    """
    events = folder.events.read()
    resumed = [(at, event["step"]) for at, event in enumerate(events) if event["event"] == "resumed"]
    ends = [(at, event["step"]) for at, event in enumerate(events) if event["event"] == "finished"]
    return sum(not any(later > at and step == end for later, step in resumed) for at, end in ends)


def assert_sound(sweep: SweepFolder, n: int, n_ends: Callable[[RunFolder], int] = n_ended) -> None:
    """Every cell of a finished sweep is whole, and was finished once."""
    found = folders(sweep)
    assert len(found) == n
    assert [seed for seed, folder in found.items() if n_ends(folder) != 1] == []
    for path in sweep.path.rglob("*.json"):
        json.loads(path.read_bytes())
    for path in sweep.path.rglob("*.jsonl"):
        assert path.read_bytes().endswith(b"\n")
    assert all(leavings(folder) for folder in found.values())


if __name__ == "__main__":
    told = drive(SweepFolder(Path(sys.argv[1])), Local(2, 1), within=float(sys.argv[2]))
    print(json.dumps({"finished": told.finished, "failed": told.failed, "why": told.why}))
