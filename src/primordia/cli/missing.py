"""A package that is not installed: which extra of primordia brings it."""

from __future__ import annotations

import importlib.metadata
import re


def sentence(error: ModuleNotFoundError) -> str:
    """What is missing and the command that installs it.

    Raises:
        ModuleNotFoundError: the same error, where no extra of primordia has that package: then it is no matter of
            installing something.
    """
    package = (error.name or "").partition(".")[0]
    for line in importlib.metadata.requires("primordia") or []:
        found = re.match(r"([A-Za-z0-9_-]+).*extra == ['\"]([a-z]+)['\"]", line)
        if found and found[1].replace("-", "_").lower() == package:
            return f"{package} is not installed; `pip install 'primordia[{found[2]}]'` brings it."
    raise error
