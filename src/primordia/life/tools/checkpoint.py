"""`primordia life checkpoint`: the authors' checkpoint files, written from a run and taken over into one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Annotated, Any, final

from primordia.core.config import Spec
from primordia.core.errors import BadInputError, ConfigError
from primordia.core.findings import Finding, Text
from primordia.core.tools import BY_PLACE, Runs, Tool
from primordia.life.authors.files import read_checkpoint, write_checkpoint
from primordia.life.experiments.continuing import checkpoint_of, settings_of, state_of
from primordia.life.tools import asking


@dataclasses.dataclass(frozen=True)
class CheckpointArguments:
    """A file of theirs to read, or a run to write one from."""

    file: Annotated[str, Spec("the authors' checkpoint file to read; not with --run"), BY_PLACE] = ""
    run: asking.FromRun = ""
    epoch: asking.Epoch = None
    out: Annotated[str, Spec("with --run: the file to write")] = ""
    experiment: Annotated[str, Spec("with FILE: the experiment to go on as; none: only tell what it holds")] = ""
    settings: Annotated[
        str, Spec("with FILE: what it was made with, as key=value with blanks between; seed and language above all")
    ] = ""
    steps: Annotated[int, Spec("with FILE: epochs of the new run, counted from the soup's beginning", ge=1)] = 16_384
    length: Annotated[int, Spec("bytes of one program; the authors' have 64", "bytes", ge=16, le=1024)] = 64


@final
class CheckpointTool(Tool):
    """The file holds programs, epochs and fresh starts; seed, language and rates are yours to say.

    A run that takes one over goes on with the bits of the authors' own.
    """

    name = "life/checkpoint"
    summary = "The checkpoint files of the authors' simulator: written from a run, or taken over into a new one."
    Arguments = CheckpointArguments

    def use(self, arguments: CheckpointArguments, runs: Runs) -> Iterator[Finding]:
        """What was read or written, and what to type next."""
        if bool(arguments.file) == bool(arguments.run):
            raise BadInputError("Give either FILE, a checkpoint to read, or --run RUN --out FILE to write one.")
        asking.refuse_idle(
            arguments, bool(arguments.run), of_run=("epoch", "out"), typed=("experiment", "settings", "steps", "length")
        )
        yield written(arguments, runs) if arguments.run else taken_over(arguments, runs)


def written(arguments: CheckpointArguments, runs: Runs) -> Text:
    """Writes the soup of a run at an epoch as the authors' program would have stored it."""
    if not arguments.out:
        raise BadInputError("--run needs --out FILE, the checkpoint to write.")
    moment = asking.soup_moment(runs, arguments.run, arguments.epoch)
    write_checkpoint(arguments.out, checkpoint_of(moment.config, moment.state, moment.t))
    flags = f"--lang {moment.config.language} --seed {moment.streams.seed} --num {len(moment.state.soup)}"
    return Text(
        "Written",
        f"{len(moment.state.soup):,} programs after {moment.t:,} epochs to {arguments.out}",
        f"The authors' program goes on from it with --load {arguments.out} {flags} and the run's other settings.",
    )


def taken_over(arguments: CheckpointArguments, runs: Runs) -> Text:
    """Tells what a file holds and, if an experiment is named, begins a run with it."""
    found = read_checkpoint(arguments.file, arguments.length)
    holds = (
        f"{len(found.soup):,} programs of {found.soup.shape[1]} bytes after {found.epoch:,} epochs, "
        f"{found.reset_index - 1} fresh starts"
    )
    if not arguments.experiment:
        return Text("In the file", holds, "--experiment NAME --settings 'seed=… language=…' begins a run with it.")
    settings = {**settings_of(found), **_pairs(arguments.settings)}
    command = runs.begin(arguments.experiment, settings, arguments.steps, lambda config: state_of(config, found))
    return Text("Taken over", holds, f"`{command}` goes on from it.")


def _pairs(text: str) -> dict[str, Any]:
    found = {}
    for pair in text.split():
        key, equals, value = pair.partition("=")
        if not (key and equals):
            raise ConfigError(f"--settings {pair} cannot be read: write key=value, as in seed=10248.")
        found[key] = value
    return found
