"""Calling the command line as a user does, in this process; and a finished run to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from calling import WALK, Call, Ending

from primordia.cli.main import main
from primordia.core import threads


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
