"""`primordia life check`: whether a language is fit for a soup, tried where it can do no harm."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Annotated, final

from primordia.core.config import Spec
from primordia.core.findings import Table
from primordia.core.tools import BY_PLACE, Runs, Tool
from primordia.life.substrates import substrate, vouching


@dataclasses.dataclass(frozen=True)
class CheckArguments:
    """A language."""

    language: Annotated[str, Spec("the language to try: one of primordia's, or one that a package announces"), BY_PLACE]
    seconds: Annotated[
        float, Spec("computing time after which a language that has not ended never will", "seconds", ge=0.1, le=600)
    ] = vouching.SECONDS


@final
class CheckTool(Tool):
    """Every soup and evaluation does the same before it runs another package's language for the first time."""

    name = "life/check"
    summary = "Try a language, your own perhaps, in a process of its own: does it end, and keep to its tape?"
    Arguments = CheckArguments

    def use(self, arguments: CheckArguments, runs: Runs) -> Iterator[Table]:
        """One table of what was run; what is wrong is raised."""
        found = substrate(arguments.language)
        vouching.refuse(arguments.language, vouching.declared(found))
        rows = tuple((line,) for line in vouching.tried(arguments.language, arguments.seconds))
        yield Table(
            f"{arguments.language} is fit for a soup",
            ("it ran",),
            rows,
            "It ended in time, wrote and read nothing beside its tape, and gave the same outcome twice.",
        )
