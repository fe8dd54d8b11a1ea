"""Changes that a person makes to a running system: declared, with checked arguments, so that a run can be replayed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from primordia.core import config as configs
from primordia.core.errors import ConfigError, UnknownNameError
from primordia.core.streams import Streams


@dataclasses.dataclass(frozen=True)
class Intervention:
    """One kind of change, such as planting a program in a soup.

    Args:
        meaning: one sentence for people.
        Arguments: a frozen dataclass whose fields carry `Spec`s, as those of a Config do.
        apply: (config, state, streams, t, arguments) -> the state after it. Pure, as `Experiment.step` is; it raises
            `BadInputError` for arguments that do not fit this state, and keeps the structure of the state.
        example: arguments that fit any state, for the checks; those left out take their default or lowest value.
    """

    meaning: str
    Arguments: type[Any]
    apply: Callable[[Any, Any, Streams, int, Any], Any]
    example: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def arguments(declared: Mapping[str, Intervention], name: str, values: Mapping[str, Any]) -> Any:
    """The checked arguments of the intervention `name`; text is read as the field's type.

    Raises:
        UnknownNameError: no such intervention or argument; says the nearest.
        ConfigError: a value is missing, or out of its type or range.
    """
    if name not in declared:
        raise UnknownNameError("intervention", name, declared)
    kind = declared[name].Arguments
    known = configs.fields(kind)
    for key in values:
        if key not in known:
            raise UnknownNameError(f"argument of {name}", key, known)
    missing = [key for key, field in known.items() if field.default is dataclasses.MISSING and key not in values]
    if missing:
        raise ConfigError(f"{name} needs {', '.join(missing)}: {known[missing[0]].spec.meaning}.")
    return kind(**{key: configs.read(known[key], value) for key, value in values.items()})
