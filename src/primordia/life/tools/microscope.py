"""`primordia life microscope`: what a program copies, how, and which of its bytes it cannot do without."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Annotated, final

from primordia.core.config import Spec
from primordia.core.findings import Finding
from primordia.core.streams import Streams
from primordia.core.tools import BY_PLACE, Runs, Tool
from primordia.life.microscope.portrait import Subject, examine
from primordia.life.tools import asking


@dataclasses.dataclass(frozen=True)
class MicroscopeArguments:
    """A program that is typed in, or one of a run."""

    language: Annotated[str, Spec("the language of the program; not with --run"), BY_PLACE] = ""
    program: Annotated[str, Spec(f"the program, {asking.PROGRAM_SAYS}; not with --run"), BY_PLACE] = ""
    run: asking.FromRun = ""
    epoch: asking.Epoch = None
    place: asking.Place = None
    length: asking.Length = 64
    fill: asking.Fill = "no-op"
    max_steps: asking.Steps = 8192
    seed: asking.Seed = 0


@final
class Microscope(Tool):
    """A program of a run is the one at --place, or the best replicator among frequent and random ones."""

    name = "life/microscope"
    summary = "A program under the microscope: core, knock-outs, robustness, budget, and what it does to its partners."
    Arguments = MicroscopeArguments

    def use(self, arguments: MicroscopeArguments, runs: Runs) -> Iterator[Finding]:
        """Portrait, meetings and film."""
        yield from examine(subject(arguments, runs))


def subject(arguments: MicroscopeArguments, runs: Runs) -> Subject:
    """The program that is asked for, with the step limit of its run or of the arguments."""
    typed_only = "length", "fill", "max_steps", "seed"
    asking.refuse_idle(arguments, bool(arguments.run), of_run=("epoch", "place"), typed=typed_only)
    if arguments.run:
        asking.not_both(arguments.language, arguments.program, "--run")
        found = asking.from_run(runs, arguments.run, arguments.epoch, arguments.place)
        moment = found.moment
        return Subject(moment.config.language, found.program, moment.streams, moment.t, moment.config.max_steps)
    asking.need_program(arguments.language, arguments.program)
    program = asking.program(arguments.language, arguments.program, arguments.length, arguments.fill)
    return Subject(arguments.language, program, Streams(arguments.seed), 0, arguments.max_steps)
