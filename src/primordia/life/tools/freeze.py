"""`primordia life freeze`: put a program on the shelf."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, final

from primordia.core.config import Spec
from primordia.core.findings import Finding
from primordia.core.tools import BY_PLACE, Runs, Tool
from primordia.life.ecology import freezer
from primordia.life.ecology.freezer import Specimen
from primordia.life.tools import asking
from primordia.life.tools.thaw import Freezer, label


@dataclasses.dataclass(frozen=True)
class FreezeArguments:
    """A program that is typed in, or one of a run."""

    language: Annotated[str, Spec("the language of the program; not with --run"), BY_PLACE] = ""
    program: Annotated[str, Spec(f"the program, {asking.PROGRAM_SAYS}; not with --run"), BY_PLACE] = ""
    run: asking.FromRun = ""
    epoch: asking.Epoch = None
    place: asking.Place = None
    note: Annotated[str, Spec("what to remember of it")] = ""
    freezer: Freezer = "freezer"
    length: asking.Length = 64
    fill: asking.Fill = "no-op"


@final
class Freeze(Tool):
    """A program of a run is the one at --place, or the best replicator among frequent and random ones.

    The file is named after the program; what is there already stays as it is.
    """

    name = "life/freeze"
    summary = "Keep a program, with its name and where it comes from, in a folder of specimens."
    Arguments = FreezeArguments

    def use(self, arguments: FreezeArguments, runs: Runs) -> Iterator[Finding]:
        """Writes the file and tells of it."""
        kept = specimen(arguments, runs)
        path, is_new = freezer.freeze(Path(arguments.freezer), kept)
        yield label(kept if is_new else freezer.read(path), f"{'frozen as' if is_new else 'was there already:'} {path}")


def specimen(arguments: FreezeArguments, runs: Runs) -> Specimen:
    """The program that is asked for, with its provenance."""
    asking.refuse_idle(arguments, bool(arguments.run), of_run=("epoch", "place"), typed=("length", "fill"))
    if not arguments.run:
        asking.need_program(arguments.language, arguments.program)
        program = asking.program(arguments.language, arguments.program, arguments.length, arguments.fill)
        return Specimen(arguments.language, program.tobytes(), arguments.note)
    asking.not_both(arguments.language, arguments.program, "--run")
    found = asking.from_run(runs, arguments.run, arguments.epoch, arguments.place)
    moment = found.moment
    provenance: dict[str, Any] = {
        "run": moment.run,
        "experiment": moment.experiment.name,
        "version": moment.experiment.version,
        "seed": moment.streams.seed,
        "epoch": moment.t,
        "place": found.place,
    }
    return Specimen(moment.config.language, found.program.tobytes(), arguments.note, provenance)
