"""Failed cells, set back so that the next call goes on with them."""

from __future__ import annotations

from primordia.core.errors import RunFolderError
from primordia.engine.folder import RunFolder
from primordia.engine.lease import Lease
from primordia.engine.sweeps import storemirror
from primordia.engine.sweeps.cells import Found
from primordia.engine.sweeps.sweepfolder import SweepFolder


def set_back(sweep: SweepFolder) -> tuple[list[Found], list[Found]]:
    """Mark every failed cell as interrupted, so that it goes on from its last checkpoint; (set back, beyond help).

    Beyond help are runs whose record cannot be read, or that another process holds; their `reason` says which.
    """
    done, refused = [], []
    mirror = storemirror.of(sweep.path)
    for found in sweep.all_found():
        if found.status != "failed":
            continue
        folder = RunFolder(found.folder)
        try:
            with Lease(folder) as lease:
                # A killed process may have left half a line, which nothing may be written behind.
                folder.events.keep(lambda event: True)
                reason = str(folder.record()["reason"] or "").removesuffix(".")
                lease.update(status="interrupted", reason=f"to be tried again; it had failed: {reason}")
                folder.note("retried", found.step, reason=f"to be tried again; it had failed: {reason}")
            if mirror:
                mirror.publish_run(found.folder)
            done.append(found)
        except RunFolderError:
            refused.append(found)
    return done, refused
