"""Interventions in a run: events of it, each of which changes the state, or the settings, between two steps.

One at step s changes the state after s completed steps. A checkpoint of step s holds the state before it, so whoever
goes on from there applies it again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from primordia.core import config as configs
from primordia.core import interventions as declared
from primordia.core import tree
from primordia.core.errors import (
    BadInputError,
    ConfigError,
    ContractError,
    PrimordiaError,
    RunFolderError,
    UnknownNameError,
)
from primordia.core.experiment import Experiment
from primordia.core.streams import Streams
from primordia.engine import looking
from primordia.engine.folder import Opened, RunFolder

SET = "set"
"""The intervention that every experiment has: other settings from here on."""


def read(experiment: Experiment[Any, Any], config: Any, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The checked arguments of an intervention, complete, as an event keeps them.

    Raises:
        UnknownNameError: no such intervention, argument or setting; says the nearest.
        BadInputError: a value is missing, or out of its type or range.
    """
    if name != SET:
        if name not in experiment.interventions:
            raise UnknownNameError("intervention", name, [SET, *experiment.interventions])
        with _refused(name):
            return configs.to_dict(declared.arguments(experiment.interventions, name, values))
    settings = values.get("settings")
    if list(values) != ["settings"] or not isinstance(settings, Mapping) or not settings:
        raise BadInputError(f"{SET} needs settings and nothing else: the new value of each by its name.")
    known = configs.fields(experiment.Config)
    for key in settings:
        if key not in known:
            raise UnknownNameError("setting", key, known)
    with _refused(name):
        changed = configs.override(config, settings)
    if changed.seed != config.seed:
        raise ConfigError(f"seed={changed.seed} cannot be set while a run goes on; fork the run with it.")
    return {"settings": {key: getattr(changed, key) for key in settings}}


def apply(
    experiment: Experiment[Any, Any], config: Any, state: Any, streams: Streams, t: int, event: Mapping[str, Any]
) -> tuple[Any, Any]:
    """Config and state after the intervention that `event` tells of; `config` and `state` stay as they are.

    Args:
        experiment: whose run it is.
        config: the settings before it.
        state: the state after `t` steps and all interventions before it.
        streams: of the run.
        t: completed steps.
        event: its "name" and "arguments".

    Raises:
        BadInputError: it is none of the experiment's, or does not fit this state; says why in a sentence.
    """
    name = str(event["name"])
    arguments = read(experiment, config, name, event["arguments"])
    with _refused(name):
        if name == SET:
            changed = configs.override(config, arguments["settings"])
            keep_shape(experiment, config, changed, state)
            return changed, state
        checked = declared.arguments(experiment.interventions, name, arguments)
        after = experiment.interventions[name].apply(config, state, streams, t, checked)
        # In the leaves' own kinds, so that what follows is computed as it would be from a checkpoint.
        return config, tree.from_arrays(state, tree.to_arrays(after))


@contextlib.contextmanager
def _refused(name: str) -> Iterator[None]:
    """Whatever an experiment raises, the intervention is refused in a sentence and the run goes on as it was."""
    try:
        yield
    except ContractError as error:
        raise BadInputError(f"{name} would change the structure of the state, so it was not done: {error}") from error
    except PrimordiaError:
        raise
    except Exception as error:
        raise BadInputError(f"{name} could not be done: {type(error).__name__}: {error}.") from error


def recorded(folder: RunFolder) -> list[dict[str, Any]]:
    """The interventions among a run's events, by their steps; those of one step in the order they were made in."""
    found = [event for event in folder.events.read() if event["event"] == "intervention"]
    return sorted(found, key=lambda event: int(event["step"]))


def said(event: Mapping[str, Any]) -> str:
    """An intervention in a few words: its name and its arguments."""
    arguments, settings = event["arguments"], event["arguments"].get("settings")
    told = settings if event["name"] == SET and isinstance(settings, Mapping) else arguments
    return f"{event['name']} {', '.join(f'{key}={looking.brief(value)}' for key, value in told.items())}".rstrip()


def config_at(run: Opened, before: Iterable[Mapping[str, Any]]) -> Any:
    """The config that a run has after the interventions `before`.

    Raises:
        RunFolderError: it cannot have been set so; the run's events were altered.
    """
    config = run.config
    for event in before:
        if event["name"] == SET:
            with _recorded(run, event):
                config = configs.override(config, read(run.experiment, config, SET, event["arguments"])["settings"])
    return config


def again(run: Opened, config: Any, state: Any, t: int, events: Iterable[Mapping[str, Any]]) -> tuple[Any, Any]:
    """Config and state after the recorded interventions `events`, all of step `t`.

    Raises:
        RunFolderError: one of them cannot be applied any more; the run's events were altered.
    """
    for event in events:
        with _recorded(run, event):
            config, state = apply(run.experiment, config, state, Streams(config.seed), t, event)
    return config, state


@contextlib.contextmanager
def _recorded(run: Opened, event: Mapping[str, Any]) -> Iterator[None]:
    """What was done once can be done again; a run of which that is not so is damaged."""
    try:
        yield
    except PrimordiaError as error:
        raise RunFolderError(
            f"{run.folder.path} cannot be replayed beyond step {event['step']}: its intervention {event['name']} there "
            f"was accepted once, and now: {error}"
        ) from error


def keep_shape(experiment: Experiment[Any, Any], config: Any, changed: Any, state: Any) -> None:
    """Refuse changed settings with which a state cannot go on.

    Raises:
        ConfigError: the experiment's states are of another shape then; says which settings do it.
    """
    try:
        same_shape(experiment, changed, state)
    except ContractError as error:
        names = [name for name, value in configs.to_dict(changed).items() if value != getattr(config, name)]
        raise ConfigError(
            f"Changing {', '.join(names)} changes the shape of the state, so it cannot go on: {error}"
        ) from error


def same_shape(experiment: Experiment[Any, Any], config: Any, state: Any) -> None:
    """Refuse a state that is not of the shape of an experiment's states with this config.

    Raises:
        ContractError: says where it differs.
    """
    template = experiment.init(config, Streams(config.seed))
    tree.from_arrays(template, tree.to_arrays(state))
