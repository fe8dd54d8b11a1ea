"""Failed cells, set back so that the next call goes on with them."""

from __future__ import annotations

import dataclasses

from primordia.core.errors import RunFolderError
from primordia.engine import opening
from primordia.engine.folder import RunFolder
from primordia.engine.lease import Lease
from primordia.engine.sweeps import storemirror
from primordia.engine.sweeps.cells import Found
from primordia.engine.sweeps.sweepfolder import SweepFolder


def set_back(sweep: SweepFolder) -> tuple[list[Found], list[Found]]:
    """Mark every failed cell as interrupted, so that it goes on from its last checkpoint; (set back, beyond help).

    Beyond help are runs whose folder cannot be trusted, which stays as it is, or that another process holds; their
    `reason` says which, and what can be done.
    """
    done, refused = [], []
    mirror = storemirror.of(sweep.path)
    for found in sweep.all_found():
        if found.status != "failed":
            continue
        folder = RunFolder(found.folder)
        try:
            opening.check(folder)
        except RunFolderError as error:
            place = f"{sweep.place}/{found.folder.relative_to(sweep.path).as_posix()}"
            refused.append(dataclasses.replace(found, reason=f"{error} Remove {place} to run the cell anew."))
            continue
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
        except RunFolderError as error:
            refused.append(dataclasses.replace(found, reason=str(error)))
    return done, refused
