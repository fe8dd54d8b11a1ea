"""Calling the command line as a user does, in this process or in one of its own."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from primordia.cli.main import main
from primordia.core import threads

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


@pytest.fixture(autouse=True)
def _nothing_global_changes() -> Iterator[None]:
    """In place of the house's fixture of this name: tyro empties its caches at random, from the global generator."""
    yield
    threads.limit(None)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run one command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> Ending:
        capsys.readouterr()
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Ending(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run that tests only read; its root is three levels up."""
    root = tmp_path_factory.mktemp("finished") / "runs"
    assert main(["run", WALK, "--preset", "small", "--seed", "5", "--root", str(root), "--json"]) == 0
    (folder,) = (root / "tests" / "walk").iterdir()
    return folder


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
