"""Starting, resuming and forking runs: the three ways into the loop."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from primordia.core import config as configs
from primordia.core.errors import ConfigError, RunFolderError, UnknownNameError
from primordia.core.experiment import Experiment
from primordia.core.streams import Streams
from primordia.engine import checkpoints, folder, interventions, wrapping
from primordia.engine import schedule as schedules
from primordia.engine.folder import Beginning, Opened, RunFolder
from primordia.engine.helm import Helm
from primordia.engine.lease import Lease, is_live
from primordia.engine.loop import Loop
from primordia.engine.observer import Observer, Outcome, Unwatched
from primordia.engine.opening import open_run
from primordia.engine.ring import Instant, Ring
from primordia.engine.schedule import Schedule

Within = Callable[[Experiment[Any, Any]], Experiment[Any, Any]]


def resolve(
    experiment: Experiment[Any, Any],
    preset: str | None,
    settings: Mapping[str, Any],
    schedule: Mapping[str, Any],
) -> tuple[Any, Schedule]:
    """The checked config and schedule of a preset with some settings replaced; writes nothing.

    Args:
        experiment: whose settings they are.
        preset: one of its presets, or None for the plain defaults.
        settings: config overrides; text values are read as the field's type.
        schedule: schedule overrides, likewise.
    """
    if preset is not None and preset not in experiment.presets:
        raise UnknownNameError("preset", preset, experiment.presets)
    base = experiment.presets[preset] if preset else None
    check_keys(experiment, settings)
    config = configs.override(experiment.Config(), {**(base.config if base else {}), **settings})
    return config, schedules.make(experiment, {**(base.run if base else {}), **schedule})


def check_keys(experiment: Experiment[Any, Any], settings: Mapping[str, Any]) -> None:
    """Refuse a setting that the experiment does not have.

    Raises:
        ConfigError: it is part of the schedule; says its option.
        UnknownNameError: it is nothing at all; says the nearest.
    """
    known = configs.fields(experiment.Config)
    for key, value in settings.items():
        if key in known:
            continue
        if key in configs.fields(Schedule):
            raise ConfigError(f"{key} is part of the schedule; give --{key.replace('_', '-')} {value}.")
        raise UnknownNameError("setting", key, known)


def start(
    experiment: Experiment[Any, Any],
    config: Any,
    schedule: Schedule,
    *,
    root: Path,
    slug: str = "custom",
    address: str | None = None,
    observer: Observer | None = None,
    helm: Helm | None = None,
    command: str = "",
    name: str | None = None,
    wrap: bool = True,
    looks: bool = True,
) -> Outcome:
    """Run an experiment from its beginning in a new folder under `root`; back when it ended.

    Without `wrap` no figures, poster, report and Parquet file are made at its end; `primordia plot` and `primordia
    export` make them whenever they are wanted. Without `looks` no views and findings are kept at its start, at
    transitions and at its end.

    Raises:
        RunFolderError: `name` was given, and there is a folder of that name.
    """
    configs.check(config)
    state = experiment.init(config, Streams(config.seed))
    run = folder.create(
        root, experiment, config, schedule, address=address or experiment.name, slug=slug, command=command, name=name
    )
    with Lease(run.folder) as lease:
        lease.announce()
        return _drive(run, lease, state, 0, [], observer, helm, {"event": "started"}, wrap=wrap, looks=looks)


def resume(
    where: RunFolder,
    *,
    observer: Observer | None = None,
    helm: Helm | None = None,
    wrap: bool = True,
    looks: bool = True,
    within: Within | None = None,
) -> Outcome:
    """Continue a run from its last checkpoint, with the bits of a run that never stopped.

    `wrap` and `looks` are as in `start`.

    Interventions made after that checkpoint are made again at their steps. `within`, where given, stands in for the
    experiment, as one whose state lies elsewhere does.

    Raises:
        RunFolderError: it is finished, running elsewhere, or cannot be trusted.
    """
    run = open_run(where)
    if within is not None:
        run = dataclasses.replace(run, experiment=within(run.experiment))
    _refuse_finished(where)
    if not is_live(where):
        # Before the lock is touched: a run that cannot be trusted is left byte for byte as it was.
        interventions.config_at(run, interventions.recorded(where))
        where.metrics.read()
        latest_state(run)
    with Lease(where) as lease:
        # Again, because it may have been finished by the process that held the lease until now.
        _refuse_finished(where)
        state, t, complete = latest_state(run)
        # Both are read before either is cut: a run that cannot go on is left as it was.
        where.events.keep(lambda event: True)
        rows = where.metrics.keep(lambda row: complete and row["step"] <= t)
        lease.announce()
        return _drive(run, lease, state, t, rows, observer, helm, {"event": "resumed"}, wrap=wrap, looks=looks)


def _refuse_finished(where: RunFolder) -> None:
    record = where.record()
    if record["status"] == "finished":
        ruled = " --stop none" if where.config()["schedule"].get("stop") else ""
        raise RunFolderError(
            f"{where.path} is finished ({record['reason']}); "
            f"`primordia fork {where.path.name} --at {record['step']} --steps N{ruled}` continues it as a new run."
        )


def fork(
    where: RunFolder,
    at: int,
    settings: Mapping[str, Any],
    schedule: Mapping[str, Any],
    *,
    root: Path,
    observer: Observer | None = None,
    helm: Helm | None = None,
    command: str = "",
) -> Outcome:
    """Start a new run from the state of another after `at` steps, with some settings changed.

    The state is replayed from the nearest earlier checkpoint, the parent's interventions up to there included; the
    child's begins at `at`, with the config that the parent had there.

    Raises:
        ConfigError: the parent never got to step `at`, the schedule leaves nothing to do after it, or the changed
            settings give a state of another shape.
    """
    parent = open_run(where)
    reached = where.reached()
    if not 0 <= at <= reached:
        raise ConfigError(f"at={at} is out of range: the run {where.path.name} has steps 0 to {reached}.")
    check_keys(parent.experiment, settings)
    then = _config_after(parent, at)
    config = configs.override(then, settings)
    child_schedule = schedules.make(parent.experiment, {**configs.to_dict(parent.schedule), **schedule})
    crossed = _crossed(parent, at)
    _something_to_do(child_schedule, crossed, at)
    state = state_at(parent, at)
    interventions.keep_shape(parent.experiment, then, config, state)
    child = folder.create(
        root,
        parent.experiment,
        config,
        child_schedule,
        address=str(where.config()["experiment"]),
        slug="fork",
        beginning=Beginning(at, state, {"id": where.path.name, "folder": str(where.path), "step": at}, crossed),
        command=command,
    )
    with Lease(child.folder) as lease:
        lease.announce()
        opening = {"event": "forked", "parent": where.path.name, "changed": dict(settings)}
        return _drive(child, lease, state, at, [], observer, helm, opening)


def _crossed(run: Opened, at: int) -> dict[str, int]:
    """The transitions that a run had crossed after `at` steps."""
    found = run.crossings(row for row in run.folder.metrics.read() if row["step"] <= at)
    return {name: step for name, step in found.items() if step <= at}


def _config_after(run: Opened, at: int) -> Any:
    """The config that a run has after `at` steps and the interventions there."""
    return interventions.config_at(run, [event for event in interventions.recorded(run.folder) if event["step"] <= at])


def _something_to_do(schedule: Schedule, crossed: Mapping[str, int], at: int) -> None:
    if schedule.steps <= at:
        raise ConfigError(f"steps={schedule.steps} leaves nothing to do after step {at}; give --steps above {at}.")
    rule = schedule.stop_rule()
    if rule and rule[0] in crossed and crossed[rule[0]] + rule[1] <= at:
        raise ConfigError(
            f"stop={schedule.stop} leaves nothing to do after step {at}, since {rule[0]} was at step "
            f"{crossed[rule[0]]}; give --stop none, or more steps after it."
        )


def state_at(run: Opened, at: int) -> Any:
    """The state after `at` steps; see `moment_at`."""
    return moment_at(run, at).state


def moment_at(run: Opened, at: int) -> Instant:
    """State and config after `at` steps and all interventions until then, those of step `at` included.

    Replayed from the nearest checkpoint at or before it, or from the beginning.

    Raises:
        RunFolderError: `at` lies before a forked run's first step, or that step's checkpoint is missing.
    """
    earlier = [step for step in checkpoints.steps(run.folder.checkpoints) if step <= at]
    begins = int(run.folder.record()["begins_at"])
    if at < begins:
        raise RunFolderError(f"{run.folder.path.name} begins at step {begins}; step {at} belongs to its parent.")
    if not earlier:
        _refuse_orphan(run)
    state, t = _stored_state(run, earlier[-1]) if earlier else (_first_state(run), 0)
    made = [event for event in interventions.recorded(run.folder) if event["step"] <= at]
    past = [event for event in made if event["step"] < t]
    config, streams = interventions.config_at(run, past), Streams(run.config.seed)
    for step in sorted({event["step"] for event in made[len(past) :]} | {at}):
        if step > t:
            state, _ = run.experiment.advance(config, state, streams, t, step - t)
            t = step
        here = [event for event in made if event["step"] == step]
        config, state = interventions.again(run, config, state, t, here)
    return Instant(at, len(made), config, state)


def latest_state(run: Opened) -> tuple[Any, int, bool]:
    """State and completed steps of the newest checkpoint, or of the beginning when there is none yet.

    The state is that before the interventions of its step.

    The third value is whether everything up to there is on disk. At the beginning that is only so once the record says
    that the run has begun: a fork has its first checkpoint before its first row, and a row may lack what belongs to it.
    """
    record, stored = run.folder.record(), checkpoints.steps(run.folder.checkpoints)
    begun = record.get("begun") is True
    if stored:
        return *_stored_state(run, stored[-1]), begun or stored[-1] > record["begins_at"]
    _refuse_orphan(run)
    return _first_state(run), 0, begun


def _refuse_orphan(run: Opened) -> None:
    if run.folder.record()["begins_at"]:
        raise RunFolderError(f"{run.folder.path} was forked but its first checkpoint is missing; fork it again.")


def _drive(
    run: Opened,
    lease: Lease,
    state: Any,
    t: int,
    rows: list[dict[str, Any]],
    observer: Observer | None,
    helm: Helm | None,
    opening: Mapping[str, Any],
    *,
    wrap: bool = True,
    looks: bool = True,
) -> Outcome:
    watching, steering = observer or Unwatched(), helm or Helm(ring=Ring(0))
    steering.begin(run.experiment)
    ending = "it stopped without a word"
    try:
        watching.started(run, t, rows)
        outcome = Loop(run, lease, watching, steering, state, t, rows, opening, looks).go()
        ending = outcome.reason
    except BaseException as error:
        ending = f"{type(error).__name__}: {error}".removesuffix(": ")
        raise
    finally:
        steering.end(ending)
    if wrap:
        wrapping.wrap_up(run, outcome)
    watching.ended(outcome)
    return outcome


def _first_state(run: Opened) -> Any:
    return run.experiment.init(run.config, Streams(run.config.seed))


def _stored_state(run: Opened, step: int) -> tuple[Any, int]:
    return checkpoints.load(run.folder.checkpoints, step, _first_state(run), run.stamp, run.cut), step
