"""A package that is not installed: which extra of primordia brings it."""

from __future__ import annotations

import collections
import importlib.metadata
import re
from collections.abc import Iterator

REQUIREMENT = re.compile(r"([\w.-]+)(?=[<>=!~ ;]).*extra == ['\"](\w+)['\"]")


def sentence(error: ModuleNotFoundError) -> str:
    """What is missing and the command that installs it: the extra of the wing that asked, or the smallest that has it.

    Raises:
        ModuleNotFoundError: the same error, where no extra of primordia has that package: then it is no matter of
            installing something.
    """
    package = (error.name or "").partition(".")[0]
    extras: dict[str, set[str]] = collections.defaultdict(set)
    for line in importlib.metadata.requires("primordia") or []:
        if found := REQUIREMENT.match(line):
            extras[found[2]].add(found[1].replace("-", "_").lower())
    having = [extra for extra, packages in extras.items() if package in packages]
    if not having:
        raise error
    asked = [room for room in _rooms(error) if room in having]
    extra = asked[-1] if asked else min(having, key=lambda extra: len(extras[extra]))
    return f"{package} is not installed; `pip install 'primordia[{extra}]'` brings it."


def _rooms(error: ModuleNotFoundError) -> Iterator[str]:
    """The rooms of the house whose code was running, the outermost first."""
    place = error.__traceback__
    while place is not None:
        name = place.tb_frame.f_globals.get("__name__", "").split(".")
        if name[0] == "primordia" and len(name) > 1:
            yield name[1]
        place = place.tb_next
