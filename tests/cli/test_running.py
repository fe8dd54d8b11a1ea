"""run, resume and fork as a user meets them: what is printed, what is left, and how Ctrl-C ends."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from calling import WALK, Call, command, environment, root_of, spawn

from primordia.cli import watching
from primordia.engine import opening
from primordia.engine.folder import RunFolder
from primordia.engine.schedule import Schedule
from walk import Walk

SLOW_WALK = (WALK, "--set", "microseconds=2000", "--steps", "100000", "--every", "10", "--checkpoint-every", "20")


@pytest.fixture(autouse=True)
def _no_figures(request, monkeypatch):
    """Figures take longer than all the rest; the tests of the verbs that show them make them."""
    monkeypatch.setattr("primordia.engine.wrapping.wrap_up", lambda run, outcome: None)


def test_plain_lines_off_a_terminal(call: Call, tmp_path):
    ending = call("run", WALK, "--preset", "small", "--seed", "5", "--every", "10")
    folder = Path(ending.lines[0])
    assert (ending.code, ending.err) == (0, "")
    assert folder.parent == Path("runs/tests/walk")
    assert (tmp_path / folder / "run.json").is_file()
    rows = [line for line in ending.lines if re.match(r" *\d+  coverage", line)]
    assert [int(line.split()[0]) for line in rows] == [0, 10, 20, 30, 40]
    assert re.fullmatch(r" 0  coverage 20\.31 %  moves 0 walkers  mean_distance 0 sites", rows[0])
    assert rows[-1].endswith("steps/s")
    assert any("* transition half: coverage" in line for line in ending.lines)
    assert any(line.endswith("* checkpoint") for line in ending.lines)
    assert ending.lines[-3:] == [
        "finished: all 40 steps done (step 40)",
        f"  look      primordia show {folder.name}",
        f"  go on     primordia fork {folder.name} --at 40 --steps 80",
    ]


def test_quiet_prints_only_the_first_and_the_last_lines(call: Call):
    ending = call("run", WALK, "--preset", "small", "--quiet")
    assert len(ending.lines) == 4
    assert ending.lines[0].startswith("runs/tests/walk/")
    assert ending.lines[1] == "finished: all 40 steps done (step 40)"


def test_json_prints_exactly_one_object(call: Call):
    ending = call("run", WALK, "--preset", "small", "--json")
    told = json.loads(ending.out)
    assert (told["status"], told["step"], told["outcome"]) == ("finished", 40, "all 40 steps done")
    assert told["last_row"] == RunFolder(Path(told["folder"])).metrics.read()[-1]
    assert ending.err == ""


def test_settings_reach_the_run_however_they_are_written(call: Call):
    words = ("--set", "n_walkers=32", "p_move=25%", "--set", "rule=drift", "--seed=7", "--threads", "1")
    told = json.loads(call("run", *words, WALK, "--steps", "8", "--every", "4", "--json").out)
    stored = RunFolder(Path(told["folder"])).config()
    assert stored["config"] | {"n_walkers": 32, "p_move": 0.25, "rule": "drift", "seed": 7} == stored["config"]
    assert (stored["schedule"]["steps"], stored["schedule"]["every"]) == (8, 4)
    assert stored["experiment"] == WALK
    record = RunFolder(Path(told["folder"])).record()
    assert record["preset"] == "custom"
    assert record["command"].startswith("primordia run --set n_walkers=32 p_move=25% --set rule=drift --seed=7")


def test_checkpoints_to_keep_and_views_are_scheduled(call: Call):
    words = ("--preset", "small", "--checkpoint-every", "8", "--keep", "2", "--views-every", "16", "--json")
    told = json.loads(call("run", WALK, *words).out)
    schedule = RunFolder(Path(told["folder"])).config()["schedule"]
    assert (schedule["keep"], schedule["views_every"]) == (2, 16)
    words = ("--steps", "60", "--keep", "1", "--views-every", "none", "--json")
    told = json.loads(call("fork", told["id"], *words).out)
    schedule = RunFolder(Path(told["folder"])).config()["schedule"]
    assert (schedule["keep"], schedule["views_every"]) == (1, None)


def test_a_fork_is_told_the_option_of_a_schedule_setting(call: Call, finished):
    ending = call("fork", finished, "--set", "steps=80", "--root", "forks")
    assert (ending.code, ending.err) == (2, "error: steps is part of the schedule; give --steps 80.\n")
    assert not Path("forks").exists()


def test_help_states_the_defaults_of_the_schedule(call: Call):
    said = " ".join(call("run", "--help").out.replace("│", " ").split())
    usual = Schedule()
    assert f"{usual.steps} steps, a row every {usual.every}, a checkpoint every {usual.checkpoint_every}" in said
    assert f"of which the newest {usual.keep} are kept" in said
    assert (usual.views_every, usual.stop) == (None, None)


def test_a_run_without_a_transition_says_so(call: Call):
    ending = call("run", WALK, "--preset", "small", "--steps", "1", "--quiet")
    assert ending.lines[1:3] == [
        "finished: all 1 steps done (step 1)",
        f"no transition was seen (half, known); `primordia describe {WALK}` says what they are and what to expect",
    ]
    seen = call("run", WALK, "--preset", "small", "--steps", "40")
    assert "no transition" not in seen.out


def test_stop_rules_are_set_and_taken_back(call: Call):
    told = json.loads(call("run", WALK, "--stop", "half+3", "--steps", "400", "--every", "1", "--json").out)
    assert told["outcome"] == "stopped 3 steps after half"
    words = ("fork", told["id"], "--stop", "none", "--steps", "60", "--json")
    assert json.loads(call(*words).out)["outcome"] == "all 60 steps done"


def test_fork_changes_settings_and_leaves_the_parent_alone(call: Call, finished):
    before = {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()}
    root = root_of(finished)
    words = ("--at", "17", "--set", "p_move=1", "--seed", "9", "--steps", "30", "--every", "1", "--root", "forks")
    told = json.loads(call("fork", finished, *words, "--json").out)
    child = RunFolder(Path(told["folder"]))
    assert child.record()["parent"]["step"] == 17
    assert child.config()["config"]["p_move"] == 1.0
    assert child.config()["config"]["seed"] == 9
    assert [row["step"] for row in child.metrics.read()] == list(range(17, 31))
    assert {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()} == before
    assert len(opening.all_folders(root)) == 1


def test_fork_without_a_step_continues_from_the_end(call: Call, finished):
    told = json.loads(call("fork", finished, "--steps", "44", "--root", "forks", "--json").out)
    assert RunFolder(Path(told["folder"])).record()["begins_at"] == 40


def test_an_experiment_that_breaks_ends_failed_and_resumes(call: Call, monkeypatch):
    whole = Walk.measure

    def breaks(self, config, state, streams, t):
        if t == 24:
            raise ZeroDivisionError("the ring\nbroke")
        return whole(self, config, state, streams, t)

    monkeypatch.setattr(Walk, "measure", breaks)
    ending = call("run", WALK, "--preset", "small", "--checkpoint-every", "8")
    folder = RunFolder(Path(ending.lines[0]))
    assert ending.code == 1
    assert "Traceback" in ending.err
    assert ending.err.splitlines()[-1] == (
        "error: the run failed: ZeroDivisionError: the ring broke; once the cause is gone, "
        f"`primordia resume {folder.path.name}` goes on from the last checkpoint"
    )
    assert folder.record()["status"] == "failed"
    again = call("resume", "latest", "--json")
    assert again.code == 1
    told = json.loads(again.out)
    assert (told["status"], told["outcome"]) == ("failed", "ZeroDivisionError: the ring\nbroke")
    monkeypatch.setattr(Walk, "measure", whole)
    assert call("resume", "latest").lines[-3] == "finished: all 40 steps done (step 40)"


def test_an_experiment_that_breaks_the_contract_gets_one_line(call: Call, monkeypatch):
    whole = Walk.measure
    monkeypatch.setattr(Walk, "measure", lambda self, *words: {**whole(self, *words), "secret": 1})
    ending = call("run", WALK, "--preset", "small")
    assert ending.code == 1
    assert ending.err.startswith(
        "error: the run failed: tests/walk put undeclared metrics into a row: ['secret']; once"
    )
    assert ending.err.count("\n") == 1


def test_an_experiment_that_breaks_at_its_beginning_leaves_nothing(call: Call, monkeypatch, tmp_path):
    def breaks(self, config, streams):
        raise MemoryError("too many walkers")

    monkeypatch.setattr(Walk, "init", breaks)
    ending = call("run", WALK)
    assert ending.code == 1
    assert ending.err.splitlines()[-1] == "error: MemoryError: too many walkers"
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_while_the_report_is_written_leaves_the_run_finished(call: Call, monkeypatch):
    def interrupted(run, outcome):
        raise KeyboardInterrupt

    monkeypatch.setattr("primordia.engine.wrapping.wrap_up", interrupted)
    ending = call("run", WALK, "--preset", "small")
    assert ending.code == 130
    assert ending.err == "stopped while figures and report were written; the run itself is finished and whole\n"


def test_what_breaks_after_the_end_does_not_call_a_finished_run_failed(call: Call, monkeypatch):
    def breaks(run, outcome):
        raise ZeroDivisionError("no axes")

    monkeypatch.setattr("primordia.engine.wrapping.wrap_up", breaks)
    ending = call("run", WALK, "--preset", "small")
    assert ending.code == 1
    assert ending.err.splitlines()[-1] == "error: ZeroDivisionError: no axes; the run itself is finished and whole"
    assert "resume" not in ending.err.splitlines()[-1]


def wait_for(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)
    return found


def started(root: Path, n_rows: int = 3) -> RunFolder:
    """The only run under `root`, once it has written some rows."""

    def look():
        folders = opening.all_folders(root)
        return folders[0] if folders and len(folders[0].metrics.read()) >= n_rows else None

    return wait_for(look)


def test_ctrl_c_ends_in_order_and_resume_gives_the_same_bits(tmp_path):
    root = tmp_path / "runs"
    running = spawn("run", *SLOW_WALK, "--root", root)
    folder = started(root)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert err == "finishing this chunk, then a checkpoint; press Ctrl-C again to stop at once\n"
    assert out.splitlines()[-1] == f"  resume    primordia resume {folder.path.name} --root {root}"
    assert "\ninterrupted by Ctrl-C; resume continues with the same bits (step " in out
    assert folder.record()["status"] == "interrupted"
    step = folder.record()["step"]
    resumed = spawn("resume", "latest", "--root", root, "--quiet")
    wait_for(lambda: folder.metrics.read()[-1]["step"] > step + 30)
    resumed.send_signal(signal.SIGINT)
    assert resumed.wait(timeout=30) == 130
    rows = folder.metrics.read()
    unbroken = subprocess.run(
        command("run", WALK, "--steps", rows[-1]["step"], "--every", "10", "--root", tmp_path / "whole", "--json"),
        env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    expected = RunFolder(Path(json.loads(unbroken.stdout)["folder"])).metrics.read()
    assert rows == expected
    resumed.communicate()


def test_sigterm_speaks_of_no_key(tmp_path):
    running = spawn("run", *SLOW_WALK, "--root", tmp_path)
    started(tmp_path)
    running.terminate()
    out, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert err == "finishing this chunk, then a checkpoint; a second signal stops at once\n"
    assert "\ninterrupted by SIGTERM; resume continues" in out


def test_a_second_ctrl_c_stops_at_once_and_says_how_to_resume(tmp_path):
    root = tmp_path / "runs"
    running = spawn("run", WALK, "--set", "microseconds=1000000", "--steps", "50", "--every", "1", "--root", root)
    folder = started(root, n_rows=1)
    running.send_signal(signal.SIGINT)
    time.sleep(0.2)
    asked = time.monotonic()
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert time.monotonic() - asked < 5
    assert running.returncode == 130
    assert f"stopped at once; `primordia resume {folder.path.name} --root {root}` goes on" in err
    assert "Traceback" not in err
    assert folder.record()["status"] == "interrupted"


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.1])
def test_ctrl_c_while_the_report_is_written_leaves_at_once(tmp_path, delay):
    """An exception inside matplotlib's start-up would end in abort() now and then."""
    running = spawn("run", *SLOW_WALK, "--root", tmp_path)
    folder = started(tmp_path)
    running.send_signal(signal.SIGINT)
    wait_for(lambda: folder.record()["status"] == "interrupted")
    time.sleep(delay)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "Traceback" not in err
    assert f"stopped at once; `primordia resume {folder.path.name}" in err
    assert folder.record()["status"] == "interrupted"


def test_a_reader_that_goes_away_costs_the_log_and_not_the_run(tmp_path):
    running = spawn("run", WALK, "--preset", "small", "--set", "microseconds=10000", "--root", tmp_path)
    assert running.stdout
    assert running.stdout.readline().startswith(str(tmp_path))
    running.stdout.close()
    assert running.wait(timeout=60) == 0
    assert running.stderr
    assert running.stderr.read() == ""
    running.stderr.close()
    assert opening.all_folders(tmp_path)[0].record()["status"] == "finished"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the always-full device /dev/full")
@pytest.mark.parametrize("places", [dict(os.environ), {}], ids=["as here", "nothing set"])
def test_a_full_disk_under_the_output_is_one_line(places):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command("--help"), stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=places
        )
    assert (done.returncode, done.stderr) == (1, "error: No space left on device.\n")


def test_head_ends_a_listing_without_a_word():
    listing = spawn("describe", "life/bff", "--json")
    assert listing.stdout
    assert listing.stdout.read(1) == "{"
    listing.stdout.close()
    assert listing.wait(timeout=30) == 0
    assert listing.stderr
    assert listing.stderr.read() == ""
    listing.stderr.close()


def test_two_processes_cannot_run_one_folder(call: Call, tmp_path):
    running = spawn("run", *SLOW_WALK, "--root", tmp_path / "runs")
    folder = started(tmp_path / "runs")
    ending = call("resume", folder.path.name)
    assert ending.code == 2
    assert f"as pid {running.pid}" in ending.err
    assert "running" in call("runs").lines[1]
    running.kill()
    running.communicate()
    assert "died" in call("runs").lines[1]


def test_on_a_terminal_a_panel_lives_and_ctrl_c_leaves_the_terminal_whole(tmp_path):
    """A real pseudo-terminal of 80 columns: no line is longer, the cursor comes back, the outcome stands below."""
    main_end, process_end = pty.openpty()
    variables = {**environment(), "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24", "PYTHONUTF8": "1"}
    running = subprocess.Popen(
        command("run", *SLOW_WALK, "--root", tmp_path / "runs"),
        env=variables, stdin=process_end, stdout=process_end, stderr=process_end, start_new_session=True,
    )  # fmt: skip
    os.close(process_end)
    folder = started(tmp_path / "runs", n_rows=20)
    running.send_signal(signal.SIGINT)
    seen = b""
    while select.select([main_end], [], [], 30)[0]:
        try:
            received = os.read(main_end, 65536)
        except OSError:
            break
        if not received:
            break
        seen += received
    os.close(main_end)
    assert running.wait(timeout=30) == 130
    text = seen.decode()
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r\n", "\n").replace("\r", "\n")
    assert plain.lstrip().startswith(str(folder.path)[:60])
    assert "tests/walk · custom · seed 0" in plain
    assert "steps/s" in plain
    assert "finishing this chunk, then a checkpoint" in plain
    assert f"primordia resume {folder.path.name}" in plain.replace("\n", "")
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1
    assert text.index("\x1b[?25h") > text.rindex("╰")
    frames = [line for line in plain.splitlines() if line.startswith(("╭", "│", "╰"))]
    assert frames
    assert max(map(len, frames)) <= 80


def test_life_runs_from_the_command_line(call: Call, tmp_path):
    words = ("--preset", "small", "--set", "language=bff_noheads_4bit", "n_programs=64", "--steps", "8", "--json")
    told = json.loads(call("run", "life/bff", *words).out)
    assert (told["status"], told["step"]) == ("finished", 8)
    assert told["last_row"]["unique_programs"] == 64


def test_a_signal_is_announced_before_the_end_that_it_caused():
    told = []

    class Watcher:
        def event_noted(self, event):
            told.append(event["event"])

    relay = watching._Relay(Watcher())

    def listener():
        time.sleep(0.2)
        told.append("announced")
        relay.announced.set()

    thread = threading.Thread(target=listener)
    thread.start()
    relay.event_noted({"event": "interrupted", "step": 1})
    thread.join()
    assert told == ["announced", "interrupted"]
