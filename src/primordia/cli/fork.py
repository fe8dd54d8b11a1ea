"""`primordia fork`: a new run from any step of another."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from primordia.cli import arguments, watching
from primordia.engine import launch, opening


@dataclasses.dataclass(frozen=True)
class Fork:
    """Start a new run from the state of another after some steps, with settings changed; the parent stays as it is.

    What the options leave open of the schedule is as in the parent.

    Exit codes: 0 finished, 1 failed, 2 bad input, 130 interrupted.
    """

    run: arguments.RunName
    at: arguments.number("completed steps of the parent to start from (default: its last)") = None
    seed: arguments.number("another seed from there on; the same as --set seed=N") = None
    set: arguments.Settings = ()
    steps: arguments.number("steps to perform at most, counted from the parent's beginning") = None
    every: arguments.Every = None
    checkpoint_every: arguments.CheckpointEvery = None
    keep: arguments.Keep = None
    views_every: arguments.ViewsEvery = None
    stop: arguments.Stop = None
    threads: arguments.Threads = None
    root: arguments.Root = Path("runs")
    quiet: arguments.Quiet = False
    json: arguments.Json = False


def main(argv: list[str]) -> int:
    """Fork a run."""
    wanted = arguments.parse(Fork, argv, "fork")
    parent = opening.find(wanted.root, wanted.run)
    at = int(parent.record()["step"]) if wanted.at is None else arguments.whole("at", wanted.at, 0)
    settings = {**arguments.settings(wanted.set), **arguments.given(seed=wanted.seed)}
    schedule = arguments.given(
        steps=wanted.steps,
        every=wanted.every,
        checkpoint_every=wanted.checkpoint_every,
        keep=wanted.keep,
        views_every=wanted.views_every,
        stop=wanted.stop,
    )
    arguments.limit_threads(wanted.threads)
    return watching.drive(
        lambda observer: launch.fork(
            parent,
            at,
            settings,
            schedule,
            root=wanted.root,
            observer=observer,
            command=arguments.command("fork", argv),
        ),
        root=wanted.root,
        quiet=wanted.quiet,
        as_json=wanted.json,
    )
