"""What is made once a run has ended: compacted metrics, figures and the report. All of it can be made again."""

from __future__ import annotations

import contextlib

from primordia.core.errors import PrimordiaError
from primordia.engine import export, plots, poster, report
from primordia.engine.folder import Opened
from primordia.engine.observer import Outcome


def wrap_up(run: Opened, outcome: Outcome) -> None:
    """Write metrics.parquet (where DuckDB is installed), figures and report.html for a run that ended in order.

    A disk that fills up here costs only what can be made again, so it is noted as an event and not raised.
    """
    if outcome.status == "failed":
        return
    try:
        if outcome.status == "finished" and export.can_write_parquet():
            export.parquet(run.folder, run.folder.path / "metrics.parquet")
        plots.save(run)
        poster.save(run)
        report.save(run)
    except (OSError, PrimordiaError) as error:
        with contextlib.suppress(OSError):
            run.folder.note("warning", outcome.step, reason=f"the report could not be written: {error}")
