"""What a worker takes of its machine, and whether that is more than its cell may."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import final

from primordia.core.errors import ConfigError
from primordia.engine.sweeps.cells import Budget

LOOK_SECONDS = 0.05
"""How often a worker is looked at while its cell has a budget: what it takes in between is not seen."""
PROC = Path("/proc")


def check(budget: Budget) -> None:
    """Refuse a budget that cannot be held here.

    Raises:
        ConfigError: a limit of memory where the system does not tell what a process takes.
    """
    if budget.mebibytes is not None and not (PROC / "self" / "statm").exists():
        raise ConfigError(
            f"A limit of {budget.mebibytes} MiB cannot be held on this system, which has no /proc; "
            "leave --cell-memory out."
        )


def resident_mebibytes(pid: int) -> float:
    """Resident memory of a process and all its descendants, in MiB; 0 for those that are gone.

    Pages that several of them share are counted for each.
    """
    try:
        pages = int((PROC / str(pid) / "statm").read_text().split()[1])
        tasks = [task / "children" for task in (PROC / str(pid) / "task").iterdir()]
        children = {int(child) for task in tasks for child in task.read_text().split()}
    except (OSError, IndexError, ValueError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20 + sum(map(resident_mebibytes, children))


@final
@dataclasses.dataclass(frozen=True)
class Excess:
    """What a worker took too much of, in words, and whether that is memory."""

    what: str
    is_memory: bool


def excess(budget: Budget, pid: int, seconds: float) -> Excess | None:
    """What a worker takes too much of, or None.

    Args:
        budget: of the cell that it computes.
        pid: of the worker.
        seconds: since it began the cell.
    """
    if budget.seconds is not None and seconds > budget.seconds:
        return Excess(f"its budget of {budget.seconds:g} s", False)
    if budget.mebibytes is not None and (taken := resident_mebibytes(pid)) > budget.mebibytes:
        return Excess(f"its budget of {budget.mebibytes} MiB of memory: it took {taken:.0f} MiB", True)
    return None
