"""`primordia export`: a run in the formats of other tools."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Literal

from primordia.cli import arguments
from primordia.engine import durable, export, opening


@dataclasses.dataclass(frozen=True)
class Export:
    """Write the rows of a run as CSV or Parquet, the whole run as JSON, or its report as one HTML page."""

    run: arguments.RunName
    to: Annotated[Literal["csv", "parquet", "json", "html"], arguments.option("the format")]
    out: Annotated[Path | None, arguments.option("the file (default: ID.FORMAT in this folder)", "FILE")] = None
    force: arguments.Force = False
    root: arguments.Root = Path("runs")


def main(argv: list[str]) -> int:
    """Write the file and print its path."""
    wanted = arguments.parse(Export, argv, "export")
    folder = opening.find(wanted.root, wanted.run)
    folder.record()
    out = arguments.new_file(wanted.out or Path(f"{folder.path.resolve().name}.{wanted.to}"), wanted.force)
    if wanted.to == "html":
        from primordia.engine import report

        durable.write(out, report.standalone(opening.open_run(folder)).encode())
    else:
        write = {"csv": export.comma_separated, "parquet": export.parquet, "json": export.json_object}[wanted.to]
        write(folder, out)
    print(out)
    return 0
