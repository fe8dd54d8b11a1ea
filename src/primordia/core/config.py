"""Configurations: frozen dataclasses whose every field carries its meaning, unit, range and source.

A field is written ``n_programs: Annotated[int, Spec("programs in the soup", unit="programs", ge=2)] = 131_072``.
The command line, the run folder and the documentation are all made from this one definition.
"""

from __future__ import annotations

import dataclasses
import decimal
import functools
import hashlib
import json
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from primordia.core.errors import ConfigError, UnknownNameError, nearest

C = TypeVar("C")
SCALARS = (bool, int, float, str)
ANYTHING = "anything of its type"
NOTHING = ("none", "null")
LONGEST_NUMBER = 300
"""Digits of the largest whole number that is read from float notation; 1e999999999 would fill the memory."""


@dataclasses.dataclass(frozen=True)
class Spec:
    """What a configuration field means and which values it takes.

    Args:
        meaning: one sentence.
        unit: the unit, or "dimensionless".
        ge: smallest allowed value, inclusive.
        le: largest allowed value, inclusive.
        multiple_of: the value must be a multiple of this.
        power_of_two: the value must be a power of two.
        choices: the only values allowed.
        source: where the default comes from.
    """

    meaning: str
    unit: str = "dimensionless"
    ge: float | None = None
    le: float | None = None
    multiple_of: int | None = None
    power_of_two: bool = False
    choices: tuple[Any, ...] = ()
    source: str = ""

    def allowed(self) -> str:
        """The allowed values, as they read in a sentence."""
        if self.choices:
            return "one of " + ", ".join(str(choice) for choice in self.choices)
        parts = []
        if self.power_of_two:
            parts.append("a power of two")
        elif self.multiple_of == 2:
            parts.append("an even number")
        elif self.multiple_of:
            parts.append(f"a multiple of {self.multiple_of}")
        if self.ge is not None and self.le is not None:
            parts.append(f"from {_number(self.ge)} to {_number(self.le)}")
        elif self.ge is not None:
            parts.append(f"at least {_number(self.ge)}")
        elif self.le is not None:
            parts.append(f"at most {_number(self.le)}")
        return " ".join(parts) or ANYTHING


@dataclasses.dataclass(frozen=True)
class Field:
    """One field of a configuration class: name, type, default and `Spec`."""

    name: str
    type: type
    optional: bool
    default: Any
    spec: Spec


def fields(config_class: type) -> Mapping[str, Field]:
    """Every field of a configuration class, by name and in order of definition; looked up once for each class.

    Raises:
        TypeError: the class is not a frozen dataclass, or a field lacks its `Spec` or a scalar type. This is a mistake
            of the author, not of the user.
    """
    return _fields(config_class)


@functools.cache
def _fields(config_class: type) -> Mapping[str, Field]:
    if not dataclasses.is_dataclass(config_class):
        raise TypeError(f"{config_class!r} must be a frozen dataclass.")
    if not config_class.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise TypeError(f"{config_class.__name__} must be a frozen dataclass.")
    hints = typing.get_type_hints(config_class, include_extras=True)
    found = {}
    for field in dataclasses.fields(config_class):
        hint = hints[field.name]
        spec = next((extra for extra in getattr(hint, "__metadata__", ()) if isinstance(extra, Spec)), None)
        if spec is None:
            raise TypeError(f"{config_class.__name__}.{field.name} needs Annotated[..., Spec(...)].")
        inner = typing.get_args(hint)[0]
        is_union = typing.get_origin(inner) in (typing.Union, types.UnionType)
        arguments = typing.get_args(inner) if is_union else (inner,)
        base = [argument for argument in arguments if argument is not type(None)]
        if len(base) != 1 or base[0] not in SCALARS:
            raise TypeError(f"{config_class.__name__}.{field.name} must be one of bool, int, float, str or None.")
        found[field.name] = Field(field.name, base[0], len(arguments) > 1, field.default, spec)
    return types.MappingProxyType(found)


def check(config: object) -> None:
    """Refuse a configuration with a value outside its type or range.

    Raises:
        ConfigError: names the setting, its value, what is allowed and the nearest allowed value.
    """
    for field in fields(type(config)).values():
        _check_value(field, getattr(config, field.name))


def read(field: Field, value: Any) -> Any:
    """The value of one field, checked; text is read as the field's type.

    Raises:
        ConfigError: as `check` does.
    """
    converted = _convert(field, value)
    _check_value(field, converted)
    return converted


def to_dict(config: object) -> dict[str, Any]:
    """The configuration as plain JSON-able values, in field order."""
    return {name: getattr(config, name) for name in fields(type(config))}


def from_dict(config_class: type[C], values: Mapping[str, Any]) -> C:
    """Build and check a configuration; unknown keys are refused, missing ones take their default."""
    known = fields(config_class)
    for key in values:
        if key not in known:
            raise UnknownNameError("setting", key, known)
    converted = {key: _convert(known[key], value) for key, value in values.items()}
    config = config_class(**converted)
    check(config)
    return config


def override(config: C, values: Mapping[str, Any]) -> C:
    """A copy of `config` with some settings replaced; text values are read as the field's type."""
    return from_dict(type(config), {**to_dict(config), **values})


def is_on(config: object, setting: str) -> bool:
    """Whether what a metric or a view `needs` is on, a setting or a property of them; empty where it needs nothing."""
    return not setting or bool(getattr(config, setting))


def digest(*parts: object) -> str:
    """Eight hexadecimal digits that identify JSON-able values across processes and machines."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _convert(field: Field, value: Any) -> Any:
    if isinstance(value, str) and field.optional and value.lower() in NOTHING:
        return None
    if isinstance(value, str) and field.type is not str:
        return _parse(field, value)
    if field.type is float and isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 2**1023:
        return float(value)
    return value


def _parse(field: Field, text: str) -> Any:
    near: Any = None
    if field.type is bool:
        named = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
        if text.lower() in named:
            return named[text.lower()]
    elif field.type is int:
        try:
            # As people write counts: 0x10, 1_000, 010, and 1e3 or 131072.0 where that is a whole number.
            return int(text.replace("_", ""), 0) if not text.lstrip("+-").isdigit() else int(text)
        except ValueError:
            near = _approximately(text)
        if isinstance(near, int):
            return near
    else:
        try:
            return float(text.rstrip("%")) / 100 if text.endswith("%") else float(text)
        except ValueError:
            pass
    raise ConfigError(
        f"{field.name}={text} is not {_article(field.type)}; allowed: {_allowed(field)}{_hint(field, near)}."
    )


def _approximately(text: str) -> int | float | None:
    """What text in float notation amounts to: exactly, where it is a whole number of a sensible length."""
    try:
        exact = decimal.Decimal(text)
    except decimal.InvalidOperation:
        return None
    if not exact.is_finite() or exact.adjusted() > LONGEST_NUMBER:
        return float(exact)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _check_value(field: Field, value: Any) -> None:
    if value is None and field.optional:
        return
    if type(value) is not field.type:
        hint = _hint(field, value if type(value) is float else None)
        raise ConfigError(f"{field.name}={value!r} is not {_article(field.type)}; allowed: {_allowed(field)}{hint}.")
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ConfigError(f"{field.name}={value!r} holds characters that no file can hold; leave them out.")
    if _fits(field.spec, value):
        return
    raise ConfigError(f"{field.name}={value} is out of range: it must be {_allowed(field)}{_hint(field, value)}.")


def _allowed(field: Field) -> str:
    return "a finite number" if field.type is float and field.spec.allowed() == ANYTHING else field.spec.allowed()


def _hint(field: Field, value: Any) -> str:
    """The end of a refusal: the allowed value that is nearest, or for a number near to none the default."""
    near = None if value is None else _nearest_value(field, value)
    if near is not None:
        return f"; the nearest is {near}"
    if isinstance(value, float) and isinstance(field.default, int | float):
        return f"; the default is {_number(field.default)}"
    return ""


def _fits(spec: Spec, value: Any) -> bool:
    if spec.choices:
        return value in spec.choices
    if not isinstance(value, int | float) or isinstance(value, bool):
        return True
    return (
        (isinstance(value, int) or math.isfinite(value))
        and (spec.ge is None or value >= spec.ge)
        and (spec.le is None or value <= spec.le)
        and (not spec.multiple_of or value % spec.multiple_of == 0)
        and (not spec.power_of_two or (value > 0 and int(value) & (int(value) - 1) == 0))
    )


def _nearest_value(field: Field, value: Any) -> Any:
    spec = field.spec
    if spec.choices:
        if field.type is str:
            return nearest(str(value), [str(choice) for choice in spec.choices])
        return None if _is_nan(value) else min(spec.choices, key=lambda choice: abs(choice - value))
    if not isinstance(value, int | float) or _is_nan(value):
        return None
    low = spec.ge if spec.ge is not None else -math.inf
    high = spec.le if spec.le is not None else math.inf
    near = min(max(value, low), high)
    if isinstance(near, float) and math.isinf(near):
        return None
    candidates = [near]
    if field.type is int and spec.power_of_two:
        below = 1 << (int(near).bit_length() - 1) if near >= 1 else 1
        candidates = [below, 2 * below]
    elif field.type is int and spec.multiple_of:
        below = math.floor(near) // spec.multiple_of * spec.multiple_of
        candidates = [below, below + spec.multiple_of]
    elif field.type is int:
        candidates = [math.floor(near), math.ceil(near)]
    fitting = [option for option in candidates if _fits(spec, option)]
    return _number(min(fitting, key=lambda option: abs(option - near))) if fitting else None


def _is_nan(value: Any) -> bool:
    # A comparison, since math.isnan refuses whole numbers beyond the floats.
    return bool(value != value)


def _number(value: float) -> str:
    # Six digits read best, but a limit that is named must be the limit.
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)


def _article(kind: type) -> str:
    return {bool: "true or false", int: "a whole number", float: "a number", str: "text"}[kind]
