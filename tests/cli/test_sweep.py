"""Sweeps from the command line: begun, gone on with, asked about, added to, tried again, interrupted."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from calling import TESTS, WALK, Call, spawn

from primordia.engine import launch
from primordia.engine import schedule as schedules
from primordia.engine.folder import RunFolder
from primordia.engine.sweeps import asked, sweepfolder
from primordia.engine.sweeps import plan as plans
from walk import Walk, WalkConfig

SHORT = ("--steps", "40", "--every", "4", "--checkpoint-every", "10")
HOLD = """
import pathlib, sys
from primordia.engine.sweeps.lock import DriverLock
with DriverLock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
PLAN = """
experiment = "walk:Walk"
seeds = [0, 1]
steps = 40
every = 4
checkpoint-every = 10
[set]
p_move = [0.1, 0.2]
rule = "drift"
"""


@pytest.fixture(autouse=True)
def _workers_find_the_walk(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", f"{TESTS}{os.pathsep}{TESTS / 'cli'}")


def test_a_sweep_is_begun_and_gone_on_with_in_the_same_words(call: Call, tmp_path):
    words = ("sweep", WALK, "--seeds", "0:2", "--set", "p_move=0.1,0.2", *SHORT, "--jobs", "2", "--threads", "1")
    ending = call(*words)
    assert (ending.code, ending.err) == (0, "")
    folder = ending.lines[0]
    assert folder.startswith("runs/sweeps/tests-walk-")
    name = folder.rpartition("/")[2]
    assert ending.lines[1] == (
        "tests/walk · grid over p_move · 2 points, 2 seeds: 4 cells · 2 at a time, 1 thread each"
    )  # fmt: skip
    assert [line.split()[0] for line in ending.lines[2:6]] == ["1/4", "2/4", "3/4", "4/4"]
    assert ending.lines[6].startswith("4 of 4 cells finished (")
    assert [line.split(maxsplit=1)[1] for line in ending.lines[7:]] == [
        f"primordia sweep {verb} {name}" for verb in ("status", "table", "plot", "report")
    ]
    runs = sorted(path.parent for path in tmp_path.glob(f"{folder}/tests/walk/*/run.json"))
    assert [RunFolder(run).record()["status"] for run in runs] == ["finished"] * 4
    before = {run: (run / "run.json").stat().st_mtime_ns for run in runs}
    told = json.loads(call(*words, "--json").out)
    assert (told["finished"], told["failed"], told["left"], told["why"]) == (4, 0, 0, "")
    assert {run: (run / "run.json").stat().st_mtime_ns for run in runs} == before
    quiet = call("sweep", name, "--quiet")
    assert (quiet.code, quiet.lines[0], quiet.lines[1][:24]) == (0, folder, "4 of 4 cells finished (0")
    assert call("runs", "--root", folder).out.count("finished") == 4
    assert call("sweep", "status", name, "--follow").lines == ["done 4 · failed 0"]


def test_a_file_asks_in_the_words_of_the_command_line(call: Call, tmp_path, monkeypatch):
    monkeypatch.setattr("primordia.cli.sweeping.drive", lambda sweep, executor, **_: executor.close() or 0)
    (tmp_path / "plan.toml").write_text(PLAN)
    assert call("sweep", "plan.toml", "--name", "filed").code == 0
    typed = ("--seeds", "0,1", "--set", "p_move=0.1,0.2", "rule=drift", *SHORT)
    assert call("sweep", WALK, *typed, "--name", "typed").code == 0
    filed, typed_ = (sweepfolder.find(tmp_path / "runs", name).plan() for name in ("filed", "typed"))
    assert filed == typed_
    # What is typed beside a file counts more than what the file says.
    assert call("sweep", "plan.toml", "--seeds", "0:3", "--set", "rule=diffuse", "--name", "both").code == 0
    both = sweepfolder.find(tmp_path / "runs", "both").plan()
    assert (both.config["rule"], both.axes, len(both.cells)) == ("diffuse", ("p_move",), 6)


def test_what_is_repeated_is_a_list(call: Call, tmp_path, monkeypatch):
    monkeypatch.setattr("primordia.cli.sweeping.drive", lambda sweep, executor, **_: executor.close() or 0)
    assert call("sweep", WALK, "--set", "rule=drift", "--set", "rule=diffuse", "p_move=0.5", "--repeats", "2").code == 0
    plan = sweepfolder.find(tmp_path / "runs", "latest").plan()
    assert [(cell.settings["rule"], cell.seed) for cell in plan.cells] == [
        ("drift", 0), ("drift", 1), ("diffuse", 0), ("diffuse", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["sweep"], "primordia sweep needs NAME, an experiment; or a TOML file with these options as keys; or a sweep"),
        (["sweep", "life/bfff"], "There is no experiment 'life/bfff'; did you mean 'life/bff'?"),
        (["sweep", "nothing"], "There is no sweep 'nothing' under runs: it holds none; `primordia sweep --help` tells"),
        (["sweep", "statu", "x"], "There is no verb of sweep 'statu'; did you mean 'status'?"),
        (["sweep", "status"], "primordia sweep status needs SWEEP, a sweep: its folder, its name, the beginning of"),
        (["sweep", "status", "x"], "There is no sweep 'x' under runs"),
        (["sweep", "retry", "x"], "There is no sweep 'x' under runs"),
        (["sweep", "add", "x", "--seeds", "1"], "There is no sweep 'x' under runs"),
        (["sweep", "missing.toml"], "There is no file missing.toml; check the path."),
        (["sweep", WALK, "--seeds", "0-4"], "seeds=0-4 cannot be read; write FROM:TO as in 0:64"),
        (["sweep", WALK, "--set", "p_move=0.1,2"], "p_move=2.0 is out of range: it must be from 0 to 1"),
        (["sweep", WALK, "--set", "p_move=0..1"], "give --design random or sobol with --samples N."),
        (["sweep", WALK, "--on", "rey"], "There is no executor 'rey'; did you mean 'ray'?"),
        (["sweep", WALK, "--address", "auto"], "--address auto is that of a Ray cluster; give --on ray too."),
        (["sweep", WALK, "--jobs", "0"], "jobs=0 is out of range: it must be at least 1"),
        (["sweep", WALK, "--jobs", "1", "--threads", "1000"], "jobs=1 with threads=1000 asks for 1000 cores"),
        (["sweep", WALK, "--within", "soon"], "within=soon is not a number"),
        (["sweep", WALK, "--cell-memory", "-1"], "cell-memory=-1 is out of range: it must be at least 1"),
        (["sweep", WALK, "--name", "a/b"], "'a/b' cannot name a sweep"),
        (["sweep", WALK, "--sample", "3"], "There is no option '--sample'; did you mean '--samples'?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_bad_input_is_one_line_and_writes_nothing(call: Call, tmp_path, words, sentence):
    ending = call(*words)
    assert (ending.code, ending.out, ending.err.count("\n")) == (2, "", 1)
    assert sentence in ending.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("seeds = 3", 'plan.toml does not say what to run; add a line such as experiment = "life/bff".'),
        ('experiment = "walk:Walk"\nsede = 3', "There is no option in plan.toml: 'sede'; did you mean 'seeds'?"),
        (
            'experiment = "walk:Walk"\nset = 3',
            "plan.toml: set is 3, but it is a table; write [set] and one KEY = VALUE",
        ),
        (
            'experiment = "walk:Walk"\n[set]\np_move = {low = 0}',
            "plan.toml: p_move is {'low': 0}; allowed are a number",
        ),
        ('experiment = "walk:Walk"\n[set]\np_mov = 1', "There is no setting 'p_mov'; did you mean 'p_move'?"),
        ('experiment = "walk:Walk"\nsteps = [1, 2]', "steps=[1, 2] is not a whole number"),
        ('experiment = "walk:Walk"\njobs = "many"', "jobs=many is not a whole number"),
        ("experiment = 3", 'plan.toml: experiment is 3, which is not text; write experiment = "…".'),
        ("experiment = ", "plan.toml is not TOML: "),
    ],
)
def test_a_file_that_cannot_be_read_says_why(call: Call, tmp_path, text, sentence):
    (tmp_path / "plan.toml").write_text(text)
    ending = call("sweep", "plan.toml")
    assert (ending.code, ending.out, ending.err.count("\n")) == (2, "", 1)
    assert sentence in ending.err
    assert [path.name for path in tmp_path.iterdir()] == ["plan.toml"]


def test_a_sweep_that_goes_on_keeps_its_plan(call: Call, tmp_path, monkeypatch):
    monkeypatch.setattr("primordia.cli.sweeping.drive", lambda sweep, executor, **_: executor.close() or 0)
    call("sweep", WALK, "--name", "mine", "--cell-seconds", "5")
    ending = call("sweep", "mine", "--seeds", "0:4")
    assert ending.code == 2
    assert "The sweep mine goes on as it was planned, and --seeds would change that" in ending.err
    assert call("sweep", "mine", "--cell-memory", "100").code == 0
    budget = sweepfolder.find(tmp_path / "runs", "mine").plan().budget
    assert (budget.seconds, budget.mebibytes) == (5.0, 100)
    assert call("sweep", "runs/sweeps/mine", "--cell-seconds", "7").code == 0
    assert sweepfolder.find(tmp_path / "runs", "mine").plan().budget.seconds == 7.0


def finish(sweep):
    """Run every cell of a sweep in this process."""
    plan = sweep.plan()
    for cell in plan.cells:
        config, cadence = WalkConfig(**plans.config_of(plan, cell)), schedules.make(Walk(), plan.schedule)
        name = plans.name_of(plan, cell)
        launch.start(Walk(), config, cadence, root=sweep.path, name=name, address=WALK, wrap=False)


def test_status_add_and_retry_tell_what_is_and_what_to_type_next(call: Call, tmp_path, monkeypatch):
    monkeypatch.setattr("primordia.cli.sweeping.drive", lambda sweep, executor, **_: executor.close() or finish(sweep))
    words = ("sweep", WALK, "--seeds", "0:2", "--set", "p_move=0.1,0.2", *SHORT, "--name", "mine", "--jobs", "1")
    call(*words)
    added = call("sweep", "add", "mine", "--seeds", "1:3", "--set", "p_move=0.1,0.4")
    assert added.lines == ["3 cells were added, 7 in all; `primordia sweep mine` runs them"]
    again = call("sweep", "add", "mine", "--seeds", "1:3", "--set", "p_move=0.1,0.4")
    assert again.lines == ["nothing was added: the sweep has all of these among its 7 cells"]
    folder = sorted((tmp_path / "runs/sweeps/mine/tests/walk").iterdir())[1]
    RunFolder(folder).update(status="failed", reason="it broke")
    status = call("sweep", "status", "mine")
    assert status.lines[:3] == [
        "runs/sweeps/mine",
        "tests/walk · grid over p_move · 3 points, 3 seeds: 7 cells",
        "done 3 · waiting 3 · failed 1",
    ]
    assert status.lines[3] == "cell 1 failed: it broke"
    assert [line.split() for line in status.lines[6:10]] == [
        ["p_move", "done", "running", "stopped", "waiting", "failed", "cells"],
        ["0.1", "1", "–", "–", "1", "1", "3"],
        ["0.2", "2", "–", "–", "–", "–", "2"],
        ["0.4", "–", "–", "–", "2", "–", "2"],
    ]
    assert status.lines[10:] == [
        "nobody drives it; `primordia sweep mine` goes on",
        "`primordia sweep retry mine` has the failed cells tried again",
    ]
    told = json.loads(call("sweep", "status", "mine", "--json").out)
    assert (told["finished"], told["failed"], told["left"], len(told["cells"])) == (3, 1, 3, 7)
    assert call("sweep", "retry", "mine").lines == [
        "1 failed cell is to be tried again; `primordia sweep mine` does it"
    ]
    assert call("sweep", "retry", "mine").lines == ["no cell has failed; there is nothing to try again"]
    assert sweepfolder.find(tmp_path / "runs", "mine").all_found()[1].status == "stopped"


def test_a_cell_that_cannot_be_trusted_is_told_as_failed_with_what_can_be_done(call: Call, tmp_path, monkeypatch):
    monkeypatch.setattr("primordia.cli.sweeping.drive", lambda sweep, executor, **_: executor.close() or finish(sweep))
    call("sweep", WALK, "--seeds", "0:2", *SHORT, "--name", "mine", "--jobs", "1")
    folder = sorted((tmp_path / "runs/sweeps/mine/tests/walk").iterdir())[1]
    RunFolder(folder).update(status="interrupted")
    (folder / "config.json").write_text((folder / "config.json").read_text().replace('"seed": 1', '"seed": 5'))
    status = call("sweep", "status", "mine")
    assert status.lines[2] == "done 1 · failed 1"
    assert "cell 1 failed: " in status.lines[3]
    assert "config.json was altered" in status.lines[3]
    ending = call("sweep", "retry", "mine")
    assert ending.code == 1
    (line,) = ending.lines
    assert line.startswith("cell 1 cannot be set back: ")
    assert "config.json was altered" in line
    assert line.endswith(f" Remove {folder.relative_to(tmp_path)} to run the cell anew.")
    table = json.loads(call("sweep", "table", "mine", "--json").out)
    assert "config.json was altered" in json.dumps(table)


def test_failed_cells_are_told_with_their_reason(call: Call):
    ending = call("sweep", "failing:Failing", "--seeds", "0:3", "--name", "mine", "--jobs", "1", "--steps", "3")
    assert ending.code == 1
    assert "1/3  cell 0  finished" in ending.lines[2]
    assert "2/3  cell 1  failed: RuntimeError: seed 1 never works" in ending.lines[3]
    assert ending.lines[5].startswith("2 of 3 cells finished, 1 failed (")
    assert ending.lines[6] == "  cell 1 failed: RuntimeError: seed 1 never works"
    assert ending.lines[-1] == "  retry     primordia sweep retry mine"


def test_a_second_driver_is_refused_in_one_line(call: Call, tmp_path):
    words = ("sweep", WALK, "--name", "mine", "--steps", "2")
    plan = asked.plan_of(Walk(), asked.Asked(schedule={"steps": 2}), address=WALK)
    sweep = sweepfolder.create(tmp_path / "runs", plan, "mine")
    holder = subprocess.Popen([sys.executable, "-c", HOLD, sweep.path], stdout=subprocess.PIPE, stdin=subprocess.PIPE)
    assert holder.stdout.readline()
    ending = call(*words)
    holder.communicate(b"leave")
    assert (ending.code, ending.out, ending.err.count("\n")) == (2, "", 1)
    assert f" as pid {holder.pid} " in ending.err
    assert sorted(path.name for path in sweep.path.iterdir()) == ["lock", "plan.json"]


def test_ctrl_c_ends_in_order_and_the_same_words_go_on(tmp_path):
    words = ("sweep", WALK, "--seeds", "0:2", "--set", "microseconds=2000", "--steps", "2000", "--every", "50")
    process = spawn(*words, "--root", tmp_path, "--name", "mine", "--jobs", "1")
    run = None
    for _ in range(600):
        run = next(iter(tmp_path.glob("sweeps/mine/tests/walk/*/metrics.jsonl")), None)
        if run and run.stat().st_size:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "the cells under way write a checkpoint and end; press Ctrl-C again to stop at once\n"
    assert "0 of 2 cells finished, 2 left" in out
    assert "interrupted by Ctrl-C or SIGTERM" in out
    assert out.splitlines()[-1] == f"  go on     primordia sweep mine --root {tmp_path}"
    assert [RunFolder(run.parent).record()["status"]] == ["interrupted"]


@pytest.mark.parametrize("words", [["sweep", "--help"], ["sweep", "status", "latest"]], ids=" ".join)
def test_asking_imports_nothing_heavy(words, tmp_path):
    sweep = tmp_path / "runs/sweeps/mine"
    sweep.mkdir(parents=True)
    (sweep / "plan.json").write_text("{}")
    program = (
        "import sys; from primordia.cli.main import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    imported = set(done.stderr.split())
    assert "primordia.cli.sweep" in imported
    assert imported & {"ray", "scipy", "jax", "numba", "matplotlib", "duckdb", "fsspec"} == set()
