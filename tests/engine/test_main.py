"""`python -m primordia.engine FILE` runs where only NumPy and safetensors are installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from primordia.engine import __main__ as engine_main
from primordia.engine import opening
from runs import SHORT, assert_same, start

WANTED = {"experiment": "walk:Walk", "config": {"seed": "5"}, "schedule": SHORT}
# As if nothing were installed but NumPy and safetensors.
ONLY_THE_BASE = """
import importlib.machinery as machinery
find_spec = machinery.PathFinder.find_spec
MISSING = {"tyro", "rich", "jax", "numba", "brotli", "duckdb", "matplotlib", "PIL", "hypothesis"}
def without(name, path=None, target=None):
    return None if name.split(".")[0] in MISSING else find_spec(name, path, target)
machinery.PathFinder.find_spec = without
"""


def write(tmp_path: Path, wanted: Any) -> str:
    file = tmp_path / "config.json"
    file.write_text(wanted if isinstance(wanted, str) else json.dumps(wanted))
    return str(file)


def test_a_file_is_run_with_numpy_and_safetensors_alone(root: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(ONLY_THE_BASE)
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parent.parent)])
    done = subprocess.run(
        [sys.executable, "-m", "primordia.engine", write(tmp_path, WANTED), str(root)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (folder,) = opening.all_folders(root)
    assert done.stdout.splitlines() == [str(folder.path), "finished at step 40: all 40 steps done"]
    assert folder.record()["command"].startswith("python -m primordia.engine ")
    assert sorted(path.name for path in (folder.views / "ring").iterdir())[0] == "step_000000000000.png"
    assert "all 40 steps done" in (folder.path / "report.html").read_text()
    assert not (folder.path / "metrics.parquet").exists()
    warnings = [event["reason"] for event in folder.events.read() if event["event"] == "warning"]
    assert warnings[0] == "the figures could not be written: No module named 'matplotlib'"


def test_a_run_can_be_made_again_from_its_own_config(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = start(root / "first", seed=5).folder
    assert engine_main.main([str(first.path / "config.json"), str(root / "second")]) == 0
    (second,) = opening.all_folders(root / "second")
    assert capsys.readouterr().out.splitlines()[0] == str(second.path)
    assert_same(first, second)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ("{", "is not JSON: "),
        ("[]", "does not name an experiment"),
        ({"config": {}}, "does not name an experiment; it must be a JSON object with the key 'experiment'."),
        ({**WANTED, "shedule": {}}, "There is no key of a run's file 'shedule'; did you mean 'schedule'?"),
        ({**WANTED, "config": [1]}, "config in "),
        ({**WANTED, "config": {"n_walkers": 5}}, "n_walkers=5 is out of range: it must be an even number"),
        ({**WANTED, "schedule": {"steps": 0}}, "steps=0 is out of range"),
        ({**WANTED, "experiment": "tests/no"}, "There is no experiment 'tests/no'"),
        ({**WANTED, "version": 1}, "is for version 1 of tests/walk; installed is 3."),
    ],
    ids=str,
)
def test_a_bad_file_is_one_line_exit_code_2_and_nothing_written(
    wanted: Any, sentence: str, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert engine_main.main([write(tmp_path, wanted), str(root)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert sentence in printed.err
    assert not root.exists()


def test_usage(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert engine_main.main([]) == 2
    assert engine_main.main(["--steps", "3"]) == 2
    assert engine_main.main(["--help"]) == 0
    assert capsys.readouterr().err.count("usage: python -m primordia.engine CONFIG.json [ROOT]") == 3
    assert engine_main.main([str(tmp_path / "missing.json")]) == 2
    assert "missing.json cannot be read: No such file or directory." in capsys.readouterr().err
