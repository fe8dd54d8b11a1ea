"""`primordia list`: the experiments there are."""

from __future__ import annotations

import dataclasses
from typing import Any

from primordia.cli import printing
from primordia.core import registry
from primordia.core.errors import PrimordiaError


def main(argv: list[str]) -> int:
    """Print a table of experiments."""
    # Listing should feel instant, and importing tyro takes a third of it, so the two usual forms go without.
    as_json = "--json" in argv if set(argv) <= {"--json"} else _parse(argv)
    entries = [_entry(name) for name in registry.names()]
    if as_json:
        printing.show_json(entries)
        return 0
    rows = [
        (entry["name"], entry["summary"], ", ".join(entry["presets"]), entry["variants"], entry["source"])
        for entry in entries
    ]
    printing.show(printing.table(("name", "what", "presets", "variants", "source"), rows, right=("variants",)))
    if printing.on_terminal():
        printing.show("primordia describe NAME tells everything about one.")
    return 0


def _parse(argv: list[str]) -> bool:
    """Read any other command line, to show the help or to refuse it."""
    from primordia.cli import arguments

    kind = dataclasses.make_dataclass(
        "List",
        [("json", arguments.Json, False)],
        namespace={"__doc__": "The experiments there are, with their presets and where they come from."},
    )
    return bool(arguments.parse(kind, argv, "list").json)


def _entry(name: str) -> dict[str, Any]:
    """One experiment in short; one that cannot be loaded says why instead of hiding the others."""
    try:
        found = registry.load(name)
    except PrimordiaError as error:
        return {"name": name, "summary": str(error), "presets": [], "variants": 0, "source": ""}
    return {
        "name": name,
        "summary": found.summary,
        "presets": list(found.presets),
        "variants": len(found.variants),
        "source": f"arXiv {found.source.arxiv}",
    }
