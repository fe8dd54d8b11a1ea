"""`primordia export`: a run in the formats of other tools."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Annotated, Literal

from primordia.cli import arguments, taking
from primordia.core.errors import BadInputError
from primordia.engine import durable, export, opening
from primordia.engine.folder import RunFolder


@dataclasses.dataclass(frozen=True)
class Export:
    """Write the rows of a run as CSV or Parquet, the whole run as JSON, its report as one HTML page, or what one sees.

    What one sees: a picture (png, svg), a film (gif, mp4), or a page that plays without a server (share); prim is the
    recording inside such a page alone. The steps between checkpoints are replayed.
    """

    run: arguments.RunName
    to: Annotated[
        Literal["csv", "parquet", "json", "html", "png", "svg", "gif", "mp4", "share", "prim"],
        arguments.option("the format"),
    ]
    show: arguments.words("views, and metrics to draw as curves, with commas (default: the first view)", "NAMES") = None
    corner: arguments.words("only this much of the view from its upper left corner, as in 144x144", "ROWSxCOLUMNS") = (
        None
    )
    first: arguments.number("the first step to show (default: the run's first; of a picture the last)") = None
    last: arguments.number("the last step to show (default: the run's last)") = None
    every: arguments.number("steps from one picture to the next (default: about 60 pictures)") = None
    scale: arguments.number("pixels to a cell (default: 1)") = None
    per_second: arguments.number("pictures a second (default: 10)") = None
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
    taking.refuse_idle(wanted)
    if str(wanted.out) == "-":
        return _to_standard_output(folder, wanted.to)
    out = taking.named(folder, wanted)
    if wanted.to in taking.FORMS:
        print(taking.take(folder, wanted, out))
        return 0
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
