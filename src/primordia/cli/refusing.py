"""What a command line lacks or has too much of, in the house's own sentences; tyro then reads what is left."""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Sequence
from typing import Any, Literal

import tyro

from primordia.core.errors import BadInputError, UnknownNameError, nearest

_POSITIONAL = typing.get_args(tyro.conf.Positional[str])[1]
HELP_FLAGS = ("--help", "-h")
BEHIND = "--"
"""What stands behind it is no option, however it looks."""


@dataclasses.dataclass(frozen=True)
class Argument:
    """One argument of a verb.

    Args:
        flag: how it is typed, "--json"; for one that is known by its place, what `--help` calls it: "RUN".
        says: what `--help` says of it.
        choices: the only values allowed, if there are such.
        by_place: it is not an option.
        switch: it takes no value.
        many: it takes any number of values.
        required: it has no default.
    """

    flag: str
    says: str
    choices: tuple[str, ...]
    by_place: bool
    switch: bool
    many: bool
    required: bool

    def meaning(self) -> str:
        """What it is and which values it takes, as it reads after a comma."""
        return self.says + (f", one of {', '.join(self.choices)}" if self.choices else "")


def arguments(kind: type) -> list[Argument]:
    """The arguments of a verb's dataclass, in order."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return [_argument(field, hints[field.name]) for field in dataclasses.fields(kind)]


def check(kind: type, words: Sequence[str], verb: str) -> None:
    """Refuse a command line that cannot be read; one that asks for help never is.

    Raises:
        UnknownNameError: an option that the verb does not have; says the nearest.
        BadInputError: something is missing, is no allowed choice, or is one word too many.
    """
    known = arguments(kind)
    options = {argument.flag: argument for argument in known if not argument.by_place}
    more = f"see primordia {verb} --help."
    placed, given = [], set()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in HELP_FLAGS:
            return
        if word == BEHIND:
            placed += rest
            break
        if not _looks_like_an_option(word):
            placed.append(word)
            continue
        typed, equals, value = word.partition("=")
        flag = typed if not typed.startswith("--") else typed.replace("_", "-")
        if flag not in options and not re.match("--?[A-Za-z]", word):
            raise BadInputError(f"{word!r} begins like an option and is none; write it behind {BEHIND} if it is meant.")
        if flag not in options:
            raise UnknownNameError("option", flag, [*options, "--help"])
        given.add(flag)
        option = options[flag]
        if option.switch:
            if equals:
                raise BadInputError(f"{flag} takes no value; leave out '={value}'.")
            continue
        if not equals:
            if not rest or rest[0] in HELP_FLAGS or _looks_like_an_option(rest[0]):
                raise BadInputError(f"{flag} needs a value: {option.meaning()}; {more}")
            value = rest.pop(0)
        if option.choices and value not in option.choices:
            near = nearest(value, option.choices)
            hint = f"; the nearest is {near}" if near else ""
            raise BadInputError(f"{flag} {value} is not there: it must be one of {', '.join(option.choices)}{hint}.")
    _check_places(known, placed, verb, more)
    for flag, option in options.items():
        if option.required and flag not in given:
            raise BadInputError(f"primordia {verb} needs {flag}, {option.meaning()}; {more}")


def _check_places(known: Sequence[Argument], placed: Sequence[str], verb: str, more: str) -> None:
    places = [argument for argument in known if argument.by_place]
    for place in places[len(placed) :]:
        if place.required:
            raise BadInputError(f"primordia {verb} needs {place.flag}, {place.meaning()}; {more}")
    if len(placed) <= len(places) or any(place.many for place in places):
        return
    extra = placed[len(places)]
    flags = [argument.flag for argument in known if not argument.by_place]
    if "--set" in flags and "=" in extra:
        hint = f"settings follow --set, as in --set {extra}"
    elif f"--{extra}" in flags:
        hint = f"the option is --{extra}"
    else:
        taken = "".join(f"{place.flag} " for place in places) + ("and " if places else "")
        hint = f"primordia {verb} takes {taken}options"
    raise BadInputError(f"{extra!r} is one word too many: {hint}; {more}")


def _looks_like_an_option(word: str) -> bool:
    """Whether a word is one; a negative number is not."""
    return len(word) > 1 and word.startswith("-") and not re.match(r"-[\d.]", word)


def _argument(field: dataclasses.Field[Any], hint: Any) -> Argument:
    inner, *marks = typing.get_args(hint)
    by_place = _POSITIONAL in marks
    told = next(mark for mark in marks if hasattr(mark, "help"))
    flag = "--" + field.name.replace("_", "-")
    return Argument(
        flag=(told.metavar or field.name.upper()) if by_place else flag,
        says=told.help,
        choices=tuple(map(str, typing.get_args(inner))) if typing.get_origin(inner) is Literal else (),
        by_place=by_place,
        switch=inner is bool,
        many=typing.get_origin(inner) is tuple,
        required=field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
    )
