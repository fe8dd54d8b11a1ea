"""--actors and --address of run and resume: what is refused, and in which words."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from calling import WALK, Call, environment

from runs import start

HERD = "herd:Herd"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([WALK, "--actors", "2"], "tests/walk cannot run on several actors: its state does not lie in shards; run it"),
        ([HERD, "--actors", "0"], "actors=0 is out of range"),
        ([HERD, "--actors", "two"], "actors"),
        ([HERD, "--actors", "2", "--threads", "0"], "threads=0 is out of range"),
        ([HERD, "--address", "auto"], "--address auto is that of a Ray cluster; give --actors N too."),
    ],
)
def test_what_cannot_be_placed_is_refused_before_anything_is_written(
    call: Call, tmp_path: Path, words: list[str], said: str
) -> None:
    ending = call("run", *words, "--root", str(tmp_path / "runs"))
    assert ending.code == 2
    assert said in ending.err
    assert not (tmp_path / "runs").exists()


def test_a_run_without_shards_is_not_resumed_on_actors(call: Call, tmp_path: Path) -> None:
    folder = start(tmp_path).folder
    ending = call("resume", str(folder.path), "--actors", "2")
    assert ending.code == 2
    assert "does not lie in shards" in ending.err


def test_without_ray_the_extra_is_named(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    ending = call("run", HERD, "--actors", "2", "--root", str(tmp_path / "runs"))
    assert ending.code == 2
    assert "ray is not installed; `pip install 'primordia[sweep]'` brings it." in ending.err
    assert not (tmp_path / "runs").exists()


@pytest.mark.cluster
def test_a_run_on_actors_from_the_command_line(tmp_path: Path) -> None:
    """In processes of their own, as a person calls it."""

    def told(*words: str) -> dict[str, object]:
        command = [sys.executable, "-m", "primordia.cli.main", *words, "--json"]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True, timeout=200)
        found: dict[str, object] = json.loads(done.stdout)
        return found

    cadence = ["--steps", "12", "--every", "4"]
    one = told("run", HERD, *cadence, "--root", str(tmp_path / "one"))
    two = told("run", HERD, *cadence, "--actors", "2", "--root", str(tmp_path / "two"))
    assert (one["last_row"], one["status"]) == (two["last_row"], two["status"])
    assert two["status"] == "finished"
