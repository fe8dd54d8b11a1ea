"""What is made once a run has ended: compacted metrics, figures and the report. All of it can be made again."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from primordia.core.errors import PrimordiaError
from primordia.engine import export, plots, poster, report
from primordia.engine.folder import Opened
from primordia.engine.observer import Outcome


def wrap_up(run: Opened, outcome: Outcome) -> None:
    """Write metrics.parquet (where DuckDB is installed), figures and report.html for a run that ended in order.

    A disk that fills up here, or a missing matplotlib, costs only what can be made again, so it is noted as an event
    and not raised; what needs neither is still written.
    """
    if outcome.status == "failed":
        return
    parts: dict[str, Callable[[], object]] = {
        "figures": lambda: plots.save(run),
        "poster": lambda: poster.save(run),
        "report": lambda: report.save(run),
    }
    if outcome.status == "finished" and export.can_write_parquet():
        parts["parquet file"] = lambda: export.parquet(run.folder, run.folder.path / "metrics.parquet")
    for name, save in parts.items():
        try:
            save()
        except (ImportError, OSError, PrimordiaError) as error:
            with contextlib.suppress(OSError):
                run.folder.note("warning", outcome.step, reason=f"the {name} could not be written: {error}")
