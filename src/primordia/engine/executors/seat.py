"""A slot on a node of a cluster: what stands there, and what it says of itself before it is given anything."""

from __future__ import annotations

import dataclasses
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from primordia.engine import environment
from primordia.engine.executors.slot import Slot
from primordia.engine.sweeps.cells import Work
from primordia.engine.sweeps.store import is_url
from primordia.engine.sweeps.sweepfolder import PLAN

Told = dict[str, Any]


@final
class Seat:
    """What a Ray actor is made of: the slot that a sweep on one machine has, reached from another one.

    Says and is told JSON-able values only. Threads may use it together: one waits in `run` while others interrupt.

    Args:
        n_threads: for the kernels of one cell.
    """

    def __init__(self, n_threads: int) -> None:
        self._slot = Slot(n_threads)

    def tell(self) -> Told:
        """Where this is, and what is installed here; see `identity`."""
        return {"host": environment.host(), "pid": os.getpid(), **identity()}

    def run(self, work: Mapping[str, Any]) -> Told:
        """Compute a cell: {"ended": …}, or {"refused": a sentence} where this node does not see the sweep."""
        wanted = Work.from_json(work)
        if not is_url(wanted.root) and not (Path(wanted.root) / PLAN).is_file():
            return {
                "refused": f"The node {environment.host()} does not see {Path(wanted.root) / PLAN}: all nodes need the "
                "sweep's folder at the same path, on a file system that they share, or a --root that is a URL."
            }
        return {"ended": dataclasses.asdict(self._slot.run(wanted))}

    def interrupt(self) -> None:
        """See `Slot.interrupt`."""
        self._slot.interrupt()

    def renew(self) -> Told:
        """See `Slot.renew`; says what `tell` does."""
        self._slot.renew()
        return self.tell()

    def close(self) -> None:
        """See `Slot.close`."""
        self._slot.close()


def identity() -> Told:
    """What must be the same wherever cells of one sweep are computed: {"primordia", "commit", "python"}.

    The commit is that of the checkout which primordia is imported from, or None where it is installed.
    """
    here = environment.describe()
    major, minor = platform.python_version_tuple()[:2]
    commit = here["source"]["commit"] if here["source"] else None
    return {"primordia": here["primordia"], "commit": commit, "python": f"{major}.{minor}"}


def mismatch(here: Mapping[str, Any], there: Mapping[str, Any]) -> str | None:
    """Why cells may not be computed by what `tell` told, in a sentence; None where they may."""
    for key in ("primordia", "commit", "python"):
        if here[key] != there[key] and None not in (here[key], there[key]):
            return (
                f"The node {there['host']} has {_named(there)} and this machine {_named(here)}; results may differ "
                "between the two. Install the same on both."
            )
    return None


def _named(what: Mapping[str, Any]) -> str:
    commit = f" (commit {what['commit'][:10]})" if what["commit"] else ""
    return f"primordia {what['primordia']}{commit} with Python {what['python']}"
