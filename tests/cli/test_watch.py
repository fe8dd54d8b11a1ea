"""What `primordia watch` understands, what it refuses in one sentence, and how it ends."""

import re
import signal
import subprocess
import sys

import pytest
from calling import WALK, environment, root_of, spawn

from primordia.cli import watch
from primordia.core.errors import BadInputError


@pytest.fixture
def served(monkeypatch):
    """What would have been served, instead of serving it."""
    from primordia.observatory.serving import server

    calls = []
    monkeypatch.setattr(server, "serve", lambda root, **wanted: calls.append((root, wanted)) or [])
    return calls


def test_alone_it_shows_all_runs(call, served):
    assert call("watch").code == 0
    ((root, wanted),) = served
    assert str(root) == "runs"
    assert (wanted["page"], wanted["begin"], wanted["port"]) == ("", None, 0)
    assert (wanted["read_only"], wanted["open_browser"]) == (False, True)


def test_a_run_is_shown_wherever_it_lies(call, served, finished):
    for name in (finished, str(finished) + "/"):
        assert call("watch", name, "--no-open", "--read-only", "--port", "8123").code == 0
        root, wanted = served.pop()
        assert root == root_of(finished)
        assert (wanted["page"], wanted["begin"], wanted["port"]) == (f"/run/{finished.name}", None, 8123)
        assert (wanted["read_only"], wanted["open_browser"]) == (True, False)
    for name in (finished.name, "latest", finished.name[:12]):
        assert call("watch", name, "--root", root_of(finished)).code == 0
        assert served.pop()[1]["page"] == f"/run/{finished.name}"


def test_an_experiment_is_started_with_the_options_of_run(call, served):
    words = ["--preset", "small", "--seed", "7", "--set", "p_move=25%", "--steps", "90", "--stop", "half+3"]
    assert call("watch", WALK, *words).code == 0
    begin = served[0][1]["begin"]
    assert (begin.experiment, begin.preset, begin.paused) == (WALK, "small", False)
    assert begin.settings == {"p_move": "25%", "seed": "7"}
    assert begin.schedule == {"steps": "90", "stop": "half+3"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["life/bf"], "There is no run and no experiment 'life/bf'; did you mean life/bff?"),
        (
            ["qqqq"],
            "There is no run and no experiment 'qqqq'; `primordia runs` and `primordia list` say what there is.",
        ),
        ([WALK, "--preset", "smal"], "There is no preset 'smal'; did you mean 'small'? Known: covering, small."),
        ([WALK, "--set", "n_walker=4"], "There is no setting 'n_walker'; did you mean 'n_walkers'?"),
        ([WALK, "--steps", "0"], "steps=0 is out of range"),
        (["--steps", "9"], "--steps is for a run that is started; name the experiment first."),
        (["--set", "a=1"], "--set is for a run that is started; name the experiment first."),
        (["--port", "-1"], "port=-1 is out of range"),
        (["--read-onyl"], "There is no option '--read-onyl'; did you mean '--read-only'?"),
        (["a", "b"], "'b' is one word too many"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(call, served, tmp_path, words, sentence):
    ending = call("watch", *words)
    assert (ending.code, ending.out) == (2, "")
    assert ending.err.startswith(f"error: {sentence}")
    assert len(ending.err.splitlines()) == 1
    assert served == []
    assert list(tmp_path.iterdir()) == []


def test_options_of_a_start_are_refused_for_a_run(call, served, finished):
    ending = call("watch", finished, "--checkpoint-every", "3")
    assert ending.code == 2
    assert "is a run, and --checkpoint-every is for one that is started" in ending.err
    assert served == []


def test_the_nearest_run_is_named_too(call, served, finished):
    near = finished.name[:-1] + "z"
    assert f"did you mean {finished.name}?" in call("watch", near, "--root", root_of(finished)).err


def test_without_the_extra_its_name_is_told(call, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("primordia.observatory")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "starlette", None)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    ending = call("watch")
    assert (ending.code, ending.out) == (2, "")
    assert "`pip install 'primordia[observatory]'` brings it." in ending.err


def test_a_watched_run_ends_in_order_and_the_last_line_goes_on_with_it(tmp_path):
    root = tmp_path / "runs"
    words = ["watch", WALK, "--set", "microseconds=1000", "--steps", "100000", "--root", root, "--no-open"]
    watching = spawn(*words)
    try:
        line = watching.stdout.readline()
        run = re.fullmatch(r"observatory  http://127\.0\.0\.1:\d+/\?token=[\w-]{32}#/run/(\S+)\n", line)[1]
        watching.send_signal(signal.SIGINT)
        out, err = watching.communicate(timeout=60)
    finally:
        watching.kill()
    assert (watching.returncode, err) == (130, "")
    last = out.splitlines()[-1]
    resume = re.fullmatch(rf"{run}: interrupted at [\d,]+; primordia (resume {run} --root \S+)", last)[1]
    resumed = subprocess.Popen([sys.executable, "-m", "primordia", *resume.split(), "--quiet"], env=environment(),
                               stdout=subprocess.PIPE, text=True)  # fmt: skip
    resumed.stdout.readline()
    resumed.send_signal(signal.SIGINT)
    assert resumed.wait(60) == 130
    resumed.stdout.close()


def test_a_neighbour_is_only_named_where_nothing_fits(finished):
    assert watch._neither(finished.name[:4], root_of(finished)) is None
    assert isinstance(watch._neither("nothing at all", root_of(finished)), BadInputError)
