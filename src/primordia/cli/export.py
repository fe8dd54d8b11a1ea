"""`primordia export`: a run in the formats of other tools."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Annotated, Literal

from primordia.cli import arguments
from primordia.core.errors import BadInputError
from primordia.engine import durable, export, opening
from primordia.engine.folder import RunFolder


@dataclasses.dataclass(frozen=True)
class Export:
    """Write the rows of a run as CSV or Parquet, the whole run as JSON, or its report as one HTML page."""

    run: arguments.RunName
    to: Annotated[Literal["csv", "parquet", "json", "html"], arguments.option("the format")]
    out: Annotated[
        Path | None, arguments.option("the file (default: ID.FORMAT in this folder); - for standard output", "FILE")
    ] = None
    force: arguments.Force = False
    root: arguments.Root = Path("runs")


def main(argv: list[str]) -> int:
    """Write the file and print its path."""
    wanted = arguments.parse(Export, argv, "export")
    folder = opening.find(wanted.root, wanted.run)
    folder.record()
    if str(wanted.out) == "-":
        return _to_standard_output(folder, wanted.to)
    out = arguments.new_file(wanted.out or Path(f"{folder.path.resolve().name}.{wanted.to}"), wanted.force)
    if wanted.to == "html":
        from primordia.engine import report

        durable.write(out, report.standalone(opening.open_run(folder)).encode())
    else:
        write = {"csv": export.comma_separated, "parquet": export.parquet, "json": export.json_object}[wanted.to]
        write(folder, out)
    print(out)
    return 0


def _to_standard_output(folder: RunFolder, kind: str) -> int:
    texts = {"csv": export.csv_text, "json": export.json_text}
    if kind not in texts:
        raise BadInputError(f"{kind} is not written to standard output; name a file with --out, or choose csv or json.")
    sys.stdout.write(texts[kind](folder))
    return 0
