"""`primordia verify` of claims that are frequencies over seeds."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from calling import TESTS, WALK, Call

from primordia.cli import verify as command
from primordia.core.claims import Claim, Expected, Frequency
from primordia.engine.executors.local import Local
from primordia.engine.frequency_sweep import Count
from walk import Walk

OFTEN = Claim(
    "F1",
    "Half is seen often.",
    "nowhere",
    {},
    Frequency("half", (4, 5, 6, 7), preset="small", schedule={"steps": 40, "every": 4}),
    Expected(0.5, 1.0, "more often than not"),
    "quick",
    "nothing",
)


@pytest.fixture
def frequency(monkeypatch):
    monkeypatch.setattr(Walk, "claims", (OFTEN,))
    monkeypatch.setenv("PYTHONPATH", str(TESTS))


def test_the_table_shows_share_counts_and_interval_and_json_tells_of_every_seed(call: Call, frequency):
    told = json.loads(call("verify", WALK, "--json", "--jobs", "1").out)
    (claim,) = told["claims"]
    assert claim["outcome"] == "pass"
    assert claim["setup"]["seeds"] == [4, 5, 6, 7]
    assert claim["evidence"]["n_run"] == 2
    assert [one["seed"] for one in claim["evidence"]["per_seed"]] == [4, 5]
    assert claim["evidence"]["stopped_early"] == "the 2 seeds left cannot change the verdict"
    sweep = Path(claim["evidence"]["sweep"])
    assert sweep == Path("runs/sweeps/verify-tests-walk-F1")
    runs = sorted(path.name[:5] for path in (sweep / "tests/walk").iterdir())
    assert runs[:2] == ["00000", "00001"]
    # What is there is not run again.
    stamps = {path: path.stat().st_mtime_ns for path in sweep.rglob("run.json")}
    ending = call("verify", WALK)
    assert {path: path.stat().st_mtime_ns for path in sweep.rglob("run.json")} == stamps
    (row,) = [line for line in ending.lines if line.startswith("F1")]
    assert row.split("  ")[-2].strip() == "1: 2 of 2 (0.158 to 1)"
    assert row.endswith("pass")
    told = json.loads(call("verify", WALK, "--json").out)
    assert told["claims"][0]["evidence"]["ran_before"] == 2
    assert json.loads(call("describe", WALK, "--json").out)["claims"][0]["setup"]["transition"] == "half"


def test_options_that_make_no_executor_leave_nothing_behind(call: Call, frequency, tmp_path):
    for words, said in (
        (("--jobs", "0"), "error: jobs=0 is out of range: it must be at least 1; the nearest is 1.\n"),
        (("--threads", "many"), "error: threads=many"),
        (("--jobs", "999", "--threads", "999"), "error: jobs=999 with threads=999 asks for"),
        (("--address", "auto"), "error: --address auto is that of a Ray cluster; give --on ray too.\n"),
    ):
        ending = call("verify", WALK, *words)
        assert (ending.code, ending.out) == (2, "")
        assert ending.err.startswith(said)
    assert list(tmp_path.iterdir()) == []


def test_ray_that_is_not_installed_is_said_before_anything_is_measured(call: Call, frequency, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ray", None)
    ending = call("verify", WALK, "--on", "ray")
    assert ending.code != 0
    assert "ray" in ending.err
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_says_how_it_goes_on(call: Call, frequency, monkeypatch):
    def interrupted(self, seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(Local, "wait", interrupted)
    ending = call("verify", WALK)
    assert ending.code == 130
    assert ending.err == "the same command goes on with the runs of F1\nerror: interrupted by Ctrl-C.\n"
    ending = call("verify", WALK, "--anew")
    assert "the same command without --anew goes on with the runs of F1" in ending.err


def test_a_line_tells_how_far_a_frequency_is(capsys):
    command._count(Count(OFTEN, 3, 2, 4))
    command._count(Count(OFTEN, 0, 0, 4))
    said = capsys.readouterr().out.split("\r\x1b[K")
    assert said == ["", "F1  2 of 3 seeds (0.0943 to 0.992), 4 at most", "F1  0 of 0 seeds (0 to 1), 4 at most"]


@pytest.fixture
def one_left_out(monkeypatch):
    """In place of a Ray cluster: this machine, and a node that is left out as soon as there is somebody to tell."""
    clusters = pytest.importorskip("primordia.engine.executors.cluster")

    def cluster(address, n_slots, n_threads, notice=clusters._warn):
        notice("The node far has primordia 0.0.1\nand this machine primordia 0.1.0.")
        return Local(n_slots, n_threads)

    monkeypatch.setattr(clusters, "Cluster", cluster)


def test_a_node_that_is_left_out_is_told_in_a_line_beside_the_results(call: Call, frequency, one_left_out):
    sweep = ("sweep", WALK, "--seeds", "0:1", "--steps", "4", "--every", "4")
    for words in (("verify", WALK), sweep):
        ending = call(*words, "--on", "ray", "--jobs", "1", "--json")
        assert ending.code == 0
        assert ending.err == "The node far has primordia 0.0.1 and this machine primordia 0.1.0.\n"
        json.loads(ending.out)
