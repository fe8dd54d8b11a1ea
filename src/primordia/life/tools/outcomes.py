"""`primordia life outcomes`: who becomes what when the families of a soup meet."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Annotated, final

import numpy as np
import numpy.typing as npt

from primordia.core.config import Spec
from primordia.core.errors import BadInputError
from primordia.core.findings import Finding, Table
from primordia.core.tools import Runs, Tool
from primordia.life.ecology import names
from primordia.life.ecology.equilibrium import flow, predicted
from primordia.life.ecology.families import families
from primordia.life.ecology.outcomes import Outcomes, letters, outcomes, word
from primordia.life.substrates import substrate
from primordia.life.tools import asking

MOST_PROGRAMS = 64
"""Programs in a table; every ordered pair of them meets."""


@dataclasses.dataclass(frozen=True)
class OutcomesArguments:
    """Programs of a run, or typed in."""

    run: asking.FromRun = ""
    epoch: asking.Epoch = None
    families: Annotated[int, Spec("the greatest families of the run to pair", ge=1, le=MOST_PROGRAMS)] = 8
    language: Annotated[str, Spec("the language of --programs")] = ""
    programs: Annotated[
        str,
        Spec(
            "programs to pair instead, with commas between (semicolons where the language has a comma), or @FILE with "
            "one in each line"
        ),
    ] = ""
    length: asking.Length = 64
    fill: asking.Fill = "no-op"
    max_steps: asking.Steps = 8192


@final
class OutcomesTool(Tool):
    """Every ordered pair meets once, without mutation.

    Replicators copy themselves into random bytes; parasites need a replicator's loop to be copied, which makes that one
    a host; defenders stay what they are next to all of them.
    """

    name = "life/outcomes"
    summary = "Who becomes what when programs meet, first and second; replicators, hosts, parasites and defenders."
    Arguments = OutcomesArguments

    def use(self, arguments: OutcomesArguments, runs: Runs) -> Iterator[Finding]:
        """The programs with their labels, and the table of outcomes."""
        language, programs, max_steps, shares = chosen(arguments, runs)
        found = outcomes(language, programs, max_steps)
        yield whos_who(language, programs, found)
        yield matrix(found)
        if shares is not None:
            yield forecast(found, shares)


def chosen(arguments: OutcomesArguments, runs: Runs) -> tuple[str, asking.Bytes, int, npt.NDArray[np.float64] | None]:
    """Language, programs uint8 [program, byte], step limit, and the shares of a run's soup [program, all others]."""
    typed_only = "length", "fill", "max_steps"
    asking.refuse_idle(arguments, bool(arguments.run), of_run=("epoch", "families"), typed=typed_only)
    if arguments.run:
        asking.not_both(arguments.language, arguments.programs, "--run")
        moment = asking.soup_moment(runs, arguments.run, arguments.epoch)
        found = families(moment.config.language, [moment.state.soup])
        sizes = found.sizes(moment.state.soup)
        order = np.argsort(-sizes, kind="stable")[: arguments.families]
        programs = np.stack([found.founder(int(family)) for family in order])
        shares = sizes[order] / len(moment.state.soup)
        return found.language, programs, moment.config.max_steps, np.append(shares, 1 - shares.sum())
    asking.need_program(arguments.language, arguments.programs, "--language and --programs")
    texts = [text for text in arguments.programs.splitlines() if text.strip()]
    if len(texts) == 1:
        texts = _split(arguments.language, texts[0])
    if not 0 < len(texts) <= MOST_PROGRAMS:
        raise BadInputError(f"{len(texts)} programs were given; pair from 1 to {MOST_PROGRAMS} of them.")
    programs = [asking.program(arguments.language, text, arguments.length, arguments.fill) for text in texts]
    return arguments.language, np.stack(programs), arguments.max_steps, None


def whos_who(language: str, programs: asking.Bytes, found: Outcomes) -> Table:
    """Letter, name, label, score and text of every program."""
    written = substrate(language)
    rows = tuple(
        (letter, names.name(language, program), label, int(score), written.format(program.tobytes()))
        for letter, program, label, score in zip(
            letters(len(programs)), programs, found.labels, found.scores, strict=True
        )
    )
    return Table("Who is who", ("", "name", "is a", "score", "program"), rows, "The score is that among random bytes.")


def matrix(found: Outcomes) -> Table:
    """What the two halves became: rows stand first, columns second."""
    names_of = letters(len(found.labels))
    rows = tuple(
        (
            names_of[i],
            *(
                f"{word(int(found.first[i, j]), names_of)} {word(int(found.second[i, j]), names_of)}"
                for j in range(len(names_of))
            ),
        )
        for i in range(len(names_of))
    )
    return Table(
        "Who becomes what",
        ("first \\ second", *names_of),
        rows,
        "In a cell: what the first half is in the end, then the second; · is none of these. A half counts as a program "
        "from which it differs in at most a quarter of the bytes, shifted or mirrored if need be.",
    )


def forecast(found: Outcomes, shares: npt.NDArray[np.float64]) -> Table:
    """The families' shares of the soup, and those that the table of outcomes alone would lead to."""
    after, epochs = predicted(found, shares)
    who = [*letters(len(found.labels)), "others"]
    rows = tuple(
        (name, round(float(now), 5), round(float(soon), 5), round(float(end), 5))
        for name, now, soon, end in zip(who, shares, flow(found, shares), after, strict=True)
    )
    return Table(
        "What the table predicts",
        ("", "share now", "an epoch later", "at rest"),
        rows,
        "If all met at random and nothing mutated, a family's members did as its founder does, and others left alone: "
        f"at rest after {epochs:,} epochs.",
    )


def _split(language: str, line: str) -> list[str]:
    """Programs of one line: at commas, unless the comma is an instruction of the language; then at semicolons."""
    return line.split(";" if "," in {substrate(language).glyph(byte) for byte in range(256)} else ",")
