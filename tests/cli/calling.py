"""Calling the command line in a process of its own, and what a call leaves."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

TESTS = Path(__file__).parents[1]
WALK = "walk:Walk"


@dataclasses.dataclass(frozen=True)
class Ending:
    """What a command line left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Call = Callable[..., Ending]


def root_of(folder: Path) -> Path:
    return folder.parents[2]


def environment() -> dict[str, str]:
    """For processes of their own: the tests' experiments can be imported, and nothing is coloured."""
    return {**os.environ, "PYTHONPATH": str(TESTS), "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "primordia.cli.main", *map(str, words)]


def spawn(*words: object) -> subprocess.Popen[str]:
    """The command line as a process of its own."""
    return subprocess.Popen(
        command(*words), env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
