"""A package that is not installed: which extra of primordia brings it."""

from __future__ import annotations

import collections
import importlib.metadata
import re

REQUIREMENT = re.compile(r"([\w.-]+)(?=[<>=!~ ;]).*extra == ['\"](\w+)['\"]")


def sentence(error: ModuleNotFoundError) -> str:
    """What is missing and the command that installs it: the smallest extra that has it.

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
    smallest = min(having, key=lambda extra: len(extras[extra]))
    return f"{package} is not installed; `pip install 'primordia[{smallest}]'` brings it."
