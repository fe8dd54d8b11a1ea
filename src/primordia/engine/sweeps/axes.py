"""Axes of a sweep: which values one setting takes, listed or drawn from a range."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, final

from primordia.core import config as configs
from primordia.core.config import Field
from primordia.core.errors import ConfigError

LOG = "log:"
RANGE = re.compile(rf"(?P<log>{LOG})?(?P<low>.+?)\.\.(?P<high>.+)")


@final
@dataclasses.dataclass(frozen=True)
class Axis:
    """The values of one setting over the points of a design.

    Args:
        key: the setting.
        values: the listed values, each allowed and no two the same; empty where the axis is a range.
        low: least value of a range, itself allowed.
        high: greatest value of a range, inclusive and allowed.
        log: whether the logarithm is uniform over the range, rather than the value.
    """

    key: str
    values: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    log: bool = False

    @property
    def is_range(self) -> bool:
        """Whether values are drawn from a range."""
        return self.low is not None

    def said(self) -> str:
        """As one would type it behind --set."""
        if self.is_range:
            return f"{self.key}={LOG if self.log else ''}{self.low}..{self.high}"
        return f"{self.key}={','.join(map(str, self.values))}"

    def at(self, field: Field, u: float) -> Any:
        """The value at `u` from 0 to below 1; uniform `u` make listed or whole values equally likely, unless `log`.

        Whole numbers of a range that the field allows are equally likely; of powers of two every one is, with `log` or
        without.
        """
        if self.low is None or self.high is None:
            return self.values[min(int(u * len(self.values)), len(self.values) - 1)]
        if field.type is float:
            return _between(self.low, self.high, u, log=self.log)
        if field.spec.power_of_two:
            least, most = (int(end).bit_length() - 1 for end in (self.low, self.high))
            return 1 << (least + min(int(u * (most - least + 1)), most - least))
        size = field.spec.multiple_of or 1
        least, most = round(self.low) // size, round(self.high) // size
        drawn = math.floor(_between(least, most + 1, u, log=self.log))
        return min(max(drawn, least), most) * size

    def as_json(self) -> dict[str, Any]:
        """As `from_json` reads it."""
        if self.is_range:
            return {"key": self.key, "low": self.low, "high": self.high, "log": self.log}
        return {"key": self.key, "values": list(self.values)}

    @staticmethod
    def from_json(told: Mapping[str, Any]) -> Axis:
        """From JSON; raises KeyError or TypeError where that lacks something."""
        if "values" in told:
            return Axis(str(told["key"]), tuple(told["values"]))
        return Axis(str(told["key"]), (), told["low"], told["high"], bool(told["log"]))


def read(field: Field, value: Any) -> Axis:
    """An axis as a person gives it: one value, a list, "A,B,C", "LOW..HIGH" or "log:LOW..HIGH".

    Text is split at its commas and its dots, unless the setting is free text, whose lists are given as lists.

    Raises:
        ConfigError: a value that the field does not allow, one that stands twice, or a range that holds nothing.
    """
    free = field.type is str and not field.spec.choices
    if isinstance(value, str) and not free:
        if found := RANGE.fullmatch(value.strip()):
            return _range(field, value, found["low"], found["high"], log=bool(found["log"]))
        value = [part.strip() for part in value.split(",")]
    given = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    if not given:
        raise ConfigError(f"{field.name} has an empty list of values; give at least one.")
    values = [configs.read(field, each) for each in given]
    if len(set(values)) < len(values):
        twice = next(each for place, each in enumerate(values) if each in values[:place])
        raise ConfigError(f"{field.name}={twice} stands twice in its list; leave one out.")
    return Axis(field.name, tuple(values))


def _range(field: Field, text: str, low: str, high: str, *, log: bool) -> Axis:
    if field.type not in (int, float):
        raise ConfigError(f"{field.name}={text} is a range, but {field.name} is not a number; list its values: A,B.")
    if field.spec.choices:
        raise ConfigError(f"{field.name}={text} is a range, but not every number in it is allowed; list values: "
                          f"{','.join(map(str, field.spec.choices))}.")  # fmt: skip
    ends = [_end(field, end) for end in (low, high)]
    if ends[0] >= ends[1]:
        raise ConfigError(f"{field.name}={text} is no range: {ends[0]} is not below {ends[1]}; write LOW..HIGH.")
    if log and ends[0] <= 0:
        raise ConfigError(f"{field.name}={text} has no logarithm at {ends[0]}; begin a log: range above 0.")
    return Axis(field.name, (), ends[0], ends[1], log)


def _end(field: Field, text: str) -> Any:
    value = configs.read(field, text.strip())
    if value is None:
        raise ConfigError(f"{field.name}={text} cannot end a range; write two numbers, LOW..HIGH.")
    return value


def _between(low: float, high: float, u: float, *, log: bool) -> float:
    if not log:
        return min(low + u * (high - low), high)
    return min(max(math.exp(math.log(low) + u * (math.log(high) - math.log(low))), low), high)
