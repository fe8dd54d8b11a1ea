"""`primordia life thaw`: what is on the shelf, and how to use it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, TypeAlias, final

from primordia.core.config import Spec
from primordia.core.findings import Finding, Table, Text
from primordia.core.tools import BY_PLACE, Runs, Tool
from primordia.life.ecology import freezer
from primordia.life.ecology.freezer import Specimen
from primordia.life.substrates import substrate
from primordia.life.tools import asking

Freezer: TypeAlias = Annotated[str, Spec("the folder of specimens")]


@dataclasses.dataclass(frozen=True)
class ThawArguments:
    """A name, or nothing to list them."""

    specimen: Annotated[str, Spec("the name of a specimen, or its beginning; none: list them"), BY_PLACE] = ""
    freezer: Freezer = "freezer"
    out: Annotated[str, Spec("also write the program, in its language's notation, to this new file")] = ""


@final
class Thaw(Tool):
    """A specimen's file can stand wherever a program is asked for, with an @ before it."""

    name = "life/thaw"
    summary = "List the specimens of a freezer, or show one and how to use it."
    Arguments = ThawArguments

    def use(self, arguments: ThawArguments, runs: Runs) -> Iterator[Finding]:
        """The list, or one specimen."""
        folder = Path(arguments.freezer)
        if not arguments.specimen:
            yield listing(freezer.shelf(folder))
            return
        found = freezer.thaw(folder, arguments.specimen)
        if arguments.out:
            text = substrate(found.language).format(found.program) + "\n"
            asking.write_new(Path(arguments.out), text.encode())
        path = folder / f"{found.name}.json"
        yield label(found, f"use it as @{path}, for instance: primordia life microscope {found.language} @{path}")


def listing(specimens: list[Specimen]) -> Table:
    """A row for each specimen."""
    rows = tuple(
        (
            found.name,
            found.language,
            len(found.program),
            str(found.found.get("run", "typed in")),
            found.found.get("epoch"),
            found.found.get("place"),
            found.note,
        )
        for found in specimens
    )
    return Table("Specimens", ("name", "language", "bytes", "run", "epoch", "place", "note"), rows)


def label(found: Specimen, closing: str) -> Text:
    """A specimen as text: name, language, program and where it comes from."""
    lines = [
        f"language   {found.language}",
        f"program    {substrate(found.language).format(found.program)}",
        f"bytes      {found.program.hex()}",
        *([f"note       {found.note}"] if found.note else []),
        *(f"{key:<10} {value}" for key, value in found.found.items()),
    ]
    return Text(found.name, "\n".join(lines), closing)
