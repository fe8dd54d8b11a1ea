"""What is made once a run has ended: compacted metrics, figures and the report. All of it can be made again."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from primordia.core.errors import PrimordiaError
from primordia.engine import export, plots, poster, report
from primordia.engine.folder import Opened
from primordia.engine.observer import Outcome

EXPECTED = (ImportError, OSError, PrimordiaError)


def wrap_up(run: Opened, outcome: Outcome) -> None:
    """Write metrics.parquet (where DuckDB is installed), figures and report.html for a run that ended in order.

    Whatever fails here, such as a full disk or a missing matplotlib, costs only what can be made again. It is noted as
    an event and not raised, because the run itself is over; the other parts are still written.
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
        except Exception as error:
            said = str(error) if isinstance(error, EXPECTED) else f"{type(error).__name__}: {error}"
            with contextlib.suppress(Exception):
                run.folder.note("warning", outcome.step, reason=f"the {name} could not be written: {said}")
