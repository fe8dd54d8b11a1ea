"""`primordia life disassemble`: a program instruction by instruction."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Annotated, final

import numpy as np

from primordia.core.config import Spec
from primordia.core.findings import Table
from primordia.core.tools import BY_PLACE, Runs, Tool
from primordia.life.glass.listing import listing
from primordia.life.measures import census
from primordia.life.reading import parse
from primordia.life.substrates import substrate
from primordia.life.tools import asking


@dataclasses.dataclass(frozen=True)
class DisassembleArguments:
    """A language and a program, or a run."""

    language: Annotated[str, Spec("the language of the program; not with --run"), BY_PLACE] = ""
    program: Annotated[str, Spec(f"the program, {asking.PROGRAM_SAYS}; not with --run"), BY_PLACE] = ""
    run: asking.FromRun = ""
    epoch: asking.Epoch = None
    place: Annotated[int | None, Spec("place in the run's soup (default: the most frequent program)", ge=0)] = None


@final
class Disassemble(Tool):
    """A text that is typed in is taken as it stands: it may have any number of bytes."""

    name = "life/disassemble"
    summary = "A program, instruction by instruction."
    Arguments = DisassembleArguments

    def use(self, arguments: DisassembleArguments, runs: Runs) -> Iterator[Table]:
        """One table."""
        asking.refuse_idle(arguments, bool(arguments.run), of_run=("epoch", "place"), typed=())
        if not arguments.run:
            asking.need_program(arguments.language, arguments.program)
            program = np.frombuffer(parse(arguments.language, arguments.program), np.uint8)
            found = substrate(arguments.language)
            yield listing(found, program, f"{len(program)} bytes of {found.name}")
            return
        asking.not_both(arguments.language, arguments.program, "--run")
        moment = asking.soup_moment(runs, arguments.run, arguments.epoch)
        soup = moment.state.soup
        place = int(census(soup).first[0]) if arguments.place is None else arguments.place
        program = asking.at_place(moment, arguments.run, place).program
        copies = int((soup == program).all(axis=1).sum())
        title = f"Program {place} after {moment.t:,} epochs, one of {copies} that are alike"
        yield listing(substrate(moment.config.language), program, title)
