"""The sweeps under a root and how far each is, for a page; one that is done is not looked at again."""

from __future__ import annotations

import collections
from pathlib import Path
from typing import Any, final

from primordia.core.errors import PrimordiaError, RunFolderError
from primordia.engine.sweeps import sweepfolder
from primordia.engine.sweeps.sweepfolder import PLAN, SweepFolder


@final
class Sweeps:
    """All sweeps under `root`. Only one thread may ask at a time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._done: dict[str, tuple[int, dict[str, Any]]] = {}

    def listed(self) -> list[dict[str, Any]]:
        """Each sweep in short, newest first; a damaged one says so under "damage" and hides no other."""
        return [self._entry(sweep) for sweep in reversed(sweepfolder.all_sweeps(self.root))]

    def _entry(self, sweep: SweepFolder) -> dict[str, Any]:
        try:
            planned = (sweep.path / PLAN).stat().st_mtime_ns
            known = self._done.get(sweep.name)
            if known and known[0] == planned:
                return known[1]
            plan = sweep.plan()
            counts = collections.Counter(found.status for found in sweep.all_found(plan))
        except (PrimordiaError, OSError) as error:
            blank = dict.fromkeys(("cells", "finished", "failed", "running", "left"), 0)
            return {"sweep": sweep.name, "experiment": "", **blank, "damage": str(error)}
        left = counts["waiting"] + counts["running"] + counts["stopped"]
        entry = {
            "sweep": sweep.name,
            "experiment": plan.experiment,
            "cells": len(plan.cells),
            **{status: counts[status] for status in ("finished", "failed", "running")},
            "left": left,
            "damage": "",
        }
        if counts["finished"] == len(plan.cells):
            self._done[sweep.name] = (planned, entry)
        return entry


def named(root: Path, name: str) -> SweepFolder:
    """The sweep of exactly this name under `root`.

    Raises:
        RunFolderError: there is none.
    """
    for sweep in sweepfolder.all_sweeps(root):
        if sweep.name == name:
            return sweep
    raise RunFolderError(f"There is no sweep {name[:120]!r} under {root.name}; the page of runs lists those there are.")
