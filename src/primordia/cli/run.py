"""`primordia run`: start a run and watch it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from primordia.cli import arguments, placing, watching
from primordia.engine import launch


@dataclasses.dataclass(frozen=True)
class Run:
    """Run an experiment from its beginning in a new folder.

    The first line printed is the folder. Ctrl-C ends in order with a checkpoint (resume continues with the same
    bits); a second Ctrl-C stops at once.

    Where neither preset nor option says otherwise, a run has 1024 steps, a row every 64, a checkpoint every 256, of
    which the newest 3 are kept, and views at the start, at transitions and at the end.

    With --actors the state lies in shards that Ray actors hold, on this machine or on those of a cluster, for
    experiments that have shards; --threads is then that of each actor.

    Exit codes: 0 finished, 1 failed, 2 bad input, 130 interrupted.
    """

    name: arguments.Name
    preset: arguments.Preset = None
    seed: arguments.Seed = None
    set: arguments.Settings = ()
    steps: arguments.Steps = None
    every: arguments.Every = None
    checkpoint_every: arguments.CheckpointEvery = None
    keep: arguments.Keep = None
    views_every: arguments.ViewsEvery = None
    stop: arguments.Stop = None
    threads: arguments.Threads = None
    actors: arguments.Actors = None
    address: arguments.Address = None
    root: arguments.Root = Path("runs")
    quiet: arguments.Quiet = False
    json: arguments.Json = False


def main(argv: list[str]) -> int:
    """Start a run."""
    wanted = arguments.parse(Run, argv, "run")
    experiment = arguments.experiment(wanted.name)
    settings = {**arguments.settings(wanted.set), **arguments.given(seed=wanted.seed)}
    schedule = arguments.given(
        steps=wanted.steps,
        every=wanted.every,
        checkpoint_every=wanted.checkpoint_every,
        keep=wanted.keep,
        views_every=wanted.views_every,
        stop=wanted.stop,
    )
    config, checked = launch.resolve(experiment, wanted.preset, settings, schedule)
    arguments.limit_threads(wanted.threads)
    if (place := placing.place(experiment, wanted.actors, wanted.address, wanted.threads)) is not None:
        from primordia.engine.fleet import running

        return watching.drive(
            lambda observer: running.start(
                wanted.name,
                config,
                checked,
                place,
                root=wanted.root,
                slug=wanted.preset or "custom",
                observer=observer,
                command=arguments.command("run", argv),
            ),
            root=wanted.root,
            quiet=wanted.quiet,
            as_json=wanted.json,
        )
    return watching.drive(
        lambda observer: launch.start(
            experiment,
            config,
            checked,
            root=wanted.root,
            slug=wanted.preset or "custom",
            address=wanted.name,
            observer=observer,
            command=arguments.command("run", argv),
        ),
        root=wanted.root,
        quiet=wanted.quiet,
        as_json=wanted.json,
    )
