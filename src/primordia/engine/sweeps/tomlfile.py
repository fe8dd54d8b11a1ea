"""A sweep in a TOML file: the options of the command line as keys, the settings as the table [set]."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from primordia.core.errors import BadInputError, UnknownNameError

EXPERIMENT = "experiment"
SETTINGS = "set"
TEXTS = ("experiment", "preset", "design", "on", "address", "name", "root")
KEYS = (
    *TEXTS, "set", "seeds", "repeats", "samples", "design-seed", "steps", "every", "checkpoint-every", "keep",
    "views-every", "stop", "cell-seconds", "cell-memory", "within", "jobs", "threads",
)  # fmt: skip


def read(path: Path) -> dict[str, Any]:
    """The options in a file, with underscores in their names; of `set` a dict from setting to value or values.

    Raises:
        BadInputError: it cannot be read, is no TOML, names no experiment, or has a value of another kind.
        UnknownNameError: a key that is no option; says the nearest.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadInputError(f"There is no file {path}; check the path.") from error
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is not text: byte {error.start} is not UTF-8; save it as UTF-8.") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadInputError(f"{path} is not TOML: {error}.") from error
    options: dict[str, Any] = {}
    for key, value in told.items():
        name = key.replace("_", "-")
        if name not in KEYS:
            raise UnknownNameError(f"option in {path}:", key, KEYS)
        options[name.replace("-", "_")] = _sound(path, key, value, settings=name == SETTINGS, text=name in TEXTS)
    if EXPERIMENT not in options:
        raise BadInputError(f'{path} does not say what to run; add a line such as experiment = "life/bff".')
    return options


def _sound(path: Path, key: str, value: Any, *, settings: bool, text: bool) -> Any:
    if settings:
        if not isinstance(value, dict):
            raise BadInputError(
                f"{path}: {key} is {value!r}, but it is a table; write [set] and one KEY = VALUE a line."
            )
        return {name: _values(path, name, given) for name, given in value.items()}
    if text and not isinstance(value, str):
        raise BadInputError(f'{path}: {key} is {value!r}, which is not text; write {key} = "…".')
    return _values(path, key, value)


def _values(path: Path, key: str, value: Any) -> Any:
    """A value that an option or a setting can have: a scalar, or a list of them."""
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, bool | int | float | str):
            raise BadInputError(f"{path}: {key} is {value!r}; allowed are a number, a text, true or false, or a list.")
    return value
