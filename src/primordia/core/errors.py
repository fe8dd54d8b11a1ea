"""Errors a person can act on: what happened, the value, what is allowed, the nearest fix."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

EXIT_CODES = {"finished": 0, "failed": 1, "interrupted": 130}
"""What a command line returns for a run that ended so; bad input has the `exit_code` of its error."""

MOST_NAMES = 14
CUT_TO = 12


class PrimordiaError(Exception):
    """Any error that primordia raises on purpose; `exit_code` is what the command line returns for it."""

    exit_code = 1


class BadInputError(PrimordiaError):
    """Something the user gave cannot be used; nothing was written."""

    exit_code = 2


class ConfigError(BadInputError):
    """A setting has a value outside its type or range, or a key does not exist."""


class RunFolderError(BadInputError):
    """A run folder is missing, damaged, busy, or belongs to something else."""


class CheckpointError(RunFolderError):
    """A checkpoint cannot be trusted: truncated, altered, of another shape, or not ours."""


class ContractError(PrimordiaError):
    """An experiment broke its own contract (undeclared metric, unstable state, oversized view)."""


class LostStateError(PrimordiaError):
    """A process or machine that held a part of a run's state is gone; the run goes on from its last checkpoint."""


class NoRoomError(PrimordiaError):
    """The disk is full; what was there before is untouched."""


class StoreError(PrimordiaError):
    """A store of run folders cannot be reached, or refused something; what is on this machine is untouched."""


class UnknownNameError(BadInputError):
    """A name that is not in a table, with the nearest one that is, and those there are.

    Args:
        what: the kind of thing looked up, as it reads in a sentence ("experiment", "setting").
        name: what was asked for.
        options: every name that would have been accepted.
    """

    def __init__(self, what: str, name: str, options: Iterable[str]) -> None:
        choices = sorted(options)
        near = nearest(name, choices)
        known = f"nown: {_listed(choices)}."
        super().__init__(f"There is no {what} {name!r}; " + (f"did you mean {near!r}? K" if near else "k") + known)
        self.name = name


def _listed(names: Sequence[str]) -> str:
    """Names as they read in a sentence; of a long list only the beginning."""
    if len(names) <= MOST_NAMES:
        return ", ".join(names) or "none"
    return f"{', '.join(names[:CUT_TO])}, … ({len(names)} in all)"


def nearest(name: str, options: Iterable[str]) -> str | None:
    """The option closest to `name` in spelling, or None when nothing is close; dashes in front do not count."""
    choices = list(options)
    by_spelling = {option.lower().lstrip("-"): option for option in choices}
    found = difflib.get_close_matches(name.lower().lstrip("-"), by_spelling, n=1, cutoff=0.5)
    if found:
        return by_spelling[found[0]]
    parts = [option for option in choices if name and name.lower() in option.lower().split("/")]
    return parts[0] if parts else None
