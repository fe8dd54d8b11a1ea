"""The one table of experiments: entry points of the group `primordia.experiments`, a decorator, or "module:Class"."""

from __future__ import annotations

import importlib
import importlib.metadata
import re
import sys
from collections.abc import Mapping
from typing import Any, TypeVar

from primordia.core import config as configs
from primordia.core.errors import BadInputError, ContractError, UnknownNameError
from primordia.core.experiment import Experiment

GROUP = "primordia.experiments"
NAME = re.compile(r"[a-z][a-z0-9-]*/[a-z][a-z0-9-]*")
NEEDED = ("name", "version", "summary", "Config", "metrics", "source", "determinism", "presets")

E = TypeVar("E", bound=type[Experiment[Any, Any]])
_registered: dict[str, type[Experiment[Any, Any]]] = {}


def register(experiment_class: E) -> E:
    """Class decorator for experiments that no package announces, such as those of a notebook or a test."""
    if sentence := fault(experiment_class):
        raise ContractError(sentence)
    name = experiment_class.name
    known = _registered.get(name)
    if known is not None and known.__qualname__ != experiment_class.__qualname__:
        raise ContractError(
            f"The experiment name {name!r} is already taken by {known.__module__}:{known.__qualname__}."
        )
    _registered[name] = experiment_class
    return experiment_class


def fault(kind: type) -> str | None:
    """What keeps a class from being run at all, in one sentence, or None: attributes missing or of the wrong kind."""
    if missing := [part for part in NEEDED if not hasattr(kind, part)]:
        return f"{kind.__qualname__} is not a whole experiment: it lacks {', '.join(missing)}."
    name, version = kind.name, kind.version  # type: ignore[attr-defined]
    if not (isinstance(name, str) and NAME.fullmatch(name)):
        return f"The experiment name {name!r} must look like 'wing/experiment', in lower case."
    if type(version) is not int or version < 1:
        return f"The version of {name} is {version!r}; it must be a whole number from 1 on."
    for part in ("metrics", "presets"):
        if not isinstance(getattr(kind, part), Mapping):
            return f"The {part} of {name} must be a mapping from names."
    try:
        known = configs.fields(kind.Config)  # type: ignore[attr-defined]
    except (TypeError, NameError) as error:
        return f"The Config of {name} cannot be used: {str(error).rstrip('.')}."
    return None if "seed" in known else f"The Config of {name} has no field 'seed'."


def names() -> tuple[str, ...]:
    """Every registered name, sorted; imports nothing."""
    return tuple(sorted({*_registered, *(point.name for point in importlib.metadata.entry_points(group=GROUP))}))


def load(name: str) -> Experiment[Any, Any]:
    """The experiment of that name, or at "package.module:Class".

    Raises:
        UnknownNameError: no such name; says the nearest.
        BadInputError: its module cannot be imported, or what stands there is not a whole experiment (see `fault`).
    """
    if name in _registered:
        return _registered[name]()
    found = list(importlib.metadata.entry_points(group=GROUP, name=name))
    target = found[0].value if found else name
    module_name, _, attribute = target.partition(":")
    if not attribute:
        raise UnknownNameError("experiment", name, names())
    if not found and "" not in sys.path:
        sys.path.insert(0, "")
    try:
        experiment_class = getattr(importlib.import_module(module_name), attribute)
    except Exception as error:  # Somebody else's module may raise anything while it is imported.
        reason = f"{type(error).__name__}: {error}".rstrip(".")
        raise BadInputError(f"The experiment {name!r} cannot be loaded from {target}: {reason}.") from error
    if not (isinstance(experiment_class, type) and issubclass(experiment_class, Experiment)):
        raise BadInputError(
            f"{target} is not an experiment: it must be a class that extends primordia.core's Experiment."
        )
    try:
        experiment: Experiment[Any, Any] = experiment_class()
    except TypeError as error:
        raise BadInputError(f"{target} is not a whole experiment: {error}.") from error
    if sentence := fault(experiment_class):
        raise BadInputError(f"{target} cannot be run. {sentence}")
    return experiment
