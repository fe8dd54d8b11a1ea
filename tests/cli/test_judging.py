"""The verbs that judge: check, verify, doctor."""

import dataclasses
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from calling import TESTS, WALK, Call

from primordia.cli import printing
from primordia.core import checks, registry
from primordia.core.claims import Claim, Expected, Measurement
from primordia.core.errors import ContractError
from primordia.engine import doctor, verify
from walk import Walk


def breaks(setup):
    raise ValueError("no such\nsoup")


CLAIMS = (
    Claim("A", "It is one.", "section 1", {}, lambda setup: Measurement(1.0), Expected(1, 1, "exact"), "quick", "none"),
    Claim("B", "It is two.", "section 2", {}, lambda setup: Measurement(3.0), Expected(2, 2.5, "x"), "quick", "none"),
    Claim("C", "It is there.", "Fig. 3", {}, breaks, Expected(0, 1, "x"), "full", "hours"),
)


@pytest.fixture
def claims(monkeypatch):
    monkeypatch.setattr(Walk, "claims", CLAIMS)


def test_check_says_ok_for_every_check_of_every_variant(call: Call, monkeypatch):
    # One check asks a process of its own, which must find the experiment too.
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    ending = call("check", WALK)
    assert (ending.code, ending.err) == (0, "")
    names = [f"{variant}:{check.__name__}" for variant in Walk.variants for check in checks.CHECKS]
    assert ending.lines == [*(f"ok      {name}" for name in names), f"{len(names)} of {len(names)} checks hold"]


def test_check_tells_what_failed_and_goes_on(call: Call, monkeypatch):
    def fails(subject):
        raise ContractError("The soup\nboiled over.")

    def stumbles(subject):
        raise KeyError("soup")

    monkeypatch.setattr(checks, "CHECKS", (fails, stumbles, checks.source_cited))
    ending = call("check", WALK)
    assert ending.code == 1
    assert ending.lines[:3] == [
        "FAILED  diffuse:fails: The soup boiled over.",
        "FAILED  diffuse:stumbles: KeyError: 'soup'",
        "ok      diffuse:source_cited",
    ]
    assert ending.lines[-1] == "2 of 6 checks hold"
    told = json.loads(call("check", WALK, "--json").out)
    assert told["failed"] == 4
    assert told["checks"][0] == {"check": "diffuse:fails", "ok": False, "sentence": "The soup boiled over."}


def test_verify_prints_paper_against_measured_and_keeps_the_verdicts(call: Call, claims):
    ending = call("verify", WALK)
    assert ending.code == 1
    table = [line.split() for line in ending.lines if line[:2] in ("A ", "B ")]
    assert table[0] == ["A", "It", "is", "one.", "1", "1", "pass"]
    assert table[1] == ["B", "It", "is", "two.", "2", "to", "2.5", "3", "FAIL"]
    assert ending.lines[-1] == "1 of 2 claims hold on this machine"
    kept = Path(ending.lines[-2].removeprefix("kept in "))
    assert kept.parent == Path("runs/verify")
    stored = json.loads(kept.read_text())
    assert [claim["outcome"] for claim in stored["claims"]] == ["pass", "fail"]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (131072, 131072, "131,072"),
        (0.123456, 0.654321, "0.1235 to 0.6543"),
        (0.5, math.inf, "at least 0.5"),
        (-math.inf, 2, "at most 2"),
    ],
)
def test_regions_are_written_for_people(low, high, said):
    assert printing.region(Expected(low, high, "x")) == said


def test_verify_takes_several_claims_after_one_flag(call: Call, claims):
    for words in ((WALK, "--claim", "C", "A"), ("--claim", "C", "A", WALK), (WALK, "--claim", "C", "--claim", "A")):
        told = json.loads(call("verify", *words, "--json").out)
        assert [claim["id"] for claim in told["claims"]] == ["C", "A"]


def test_a_wing_may_follow_the_claims(call: Call, claims, monkeypatch):
    monkeypatch.setattr(registry, "names", lambda: ("tests/one",))
    monkeypatch.setattr(registry, "load", lambda name: Walk())
    for words in (("--claim", "A", "tests"), ("--claim", "A", "--tier", "full", "tests"), ("tests", "--claim", "A")):
        told = json.loads(call("verify", *words, "--json").out)
        assert [claim["id"] for claim in told["claims"]] == ["A"]


def test_verify_of_an_experiment_without_claims_says_so(call: Call, monkeypatch, tmp_path):
    monkeypatch.setattr(Walk, "claims", ())
    for words in ((), ("--tier", "full"), ("--claim", "A")):
        ending = call("verify", WALK, *words)
        assert (ending.code, ending.out) == (2, "")
        assert ending.err == "error: tests/walk makes no claims, so there is nothing to verify.\n"
    assert list(tmp_path.iterdir()) == []


def test_verify_keeps_what_was_measured_before_ctrl_c(call: Call, monkeypatch):
    def interrupted(setup):
        raise KeyboardInterrupt

    stopped = dataclasses.replace(CLAIMS[1], measure=interrupted)
    monkeypatch.setattr(Walk, "claims", (CLAIMS[0], stopped))
    ending = call("verify", WALK)
    assert ending.code == 130
    (kept,) = Path("runs/verify").iterdir()
    assert f"1 verdicts so far are kept in {kept}" in ending.err
    assert ending.err.endswith("error: interrupted by Ctrl-C.\n")
    assert [claim["id"] for claim in json.loads(kept.read_text())["claims"]] == ["A"]
    monkeypatch.setattr(Walk, "claims", (stopped,))
    assert call("verify", WALK).code == 130
    assert list(Path("runs/verify").iterdir()) == [kept]


def test_verify_never_writes_over_verdicts_of_the_same_second(call: Call, claims, monkeypatch):
    monkeypatch.setattr(verify, "now", lambda: "2026-01-02T03:04:05Z")
    for _ in range(3):
        call("verify", WALK)
    assert len(list(Path("runs/verify").iterdir())) == 3


def test_a_measurement_that_is_no_number_fails_and_is_kept_as_null(call: Call, monkeypatch):
    odd = dataclasses.replace(
        CLAIMS[0], measure=lambda setup: Measurement(float("nan"), evidence={"x": [float("inf")]})
    )
    monkeypatch.setattr(Walk, "claims", (odd,))
    assert call("verify", WALK).code == 1
    (kept,) = Path("runs/verify").iterdir()
    assert "NaN" not in kept.read_text()
    (claim,) = json.loads(kept.read_text())["claims"]
    assert (claim["measured"], claim["outcome"], claim["evidence"]) == (None, "fail", {"x": [None]})


def test_verify_full_json_and_chosen_claims(call: Call, claims, tmp_path):
    told = json.loads(call("verify", WALK, "--tier", "full", "--json", "--out", "mine.json").out)
    assert [claim["outcome"] for claim in told["claims"]] == ["pass", "fail", "fail"]
    assert told["claims"][2]["error"] == "ValueError: no such\nsoup"
    assert json.loads((tmp_path / "mine.json").read_text())["failed"] == 2
    assert "mine.json exists; --force overwrites it." in call("verify", WALK, "--out", "mine.json").err
    only = call("verify", WALK, "--claim", "A", "--json")
    assert only.code == 0
    assert [claim["id"] for claim in json.loads(only.out)["claims"]] == ["A"]
    broken = call("verify", WALK, "--claim", "C")
    assert broken.code == 1
    assert "ValueError: no such" in broken.out


def test_verify_a_wing_runs_all_its_experiments(call: Call, claims, monkeypatch):
    monkeypatch.setattr(registry, "names", lambda: ("life/bff", "tests/one", "tests/two"))
    monkeypatch.setattr(registry, "load", lambda name: Walk())
    told = json.loads(call("verify", "tests", "--claim", "A", "--json").out)
    assert [entry["passed"] for entry in told] == [1, 1]


def test_doctor_looks_at_everything_and_leaves_nothing(call: Call, tmp_path):
    ending = call("doctor")
    found = {line[6:24].strip(): line[:4].strip() for line in ending.lines}
    assert ending.code == 0
    assert {"python", "numpy", "numba", "cores", "numba compiles", "disk", "terminal", "extra query"} <= set(found)
    assert "fail" not in found.values()
    assert list(tmp_path.iterdir()) == []
    told = json.loads(call("doctor", "--json").out)
    assert {entry["name"]: entry["state"] for entry in told} == found


@pytest.mark.parametrize(
    ("name", "patch", "state", "remedy"),
    [
        ("disk", {"shutil.disk_usage": lambda path: Room(2**20)}, "fail", "free some room or choose another --root"),
        ("disk", {"shutil.disk_usage": lambda path: Room(2**29)}, "warn", "free some room or choose another --root"),
        ("disk", {"os.access": lambda path, mode: False}, "fail", "choose another --root"),
        ("extra query", {"importlib.util.find_spec": lambda name: None}, "info", "pip install 'primordia[query]'"),
    ],
)
def test_doctor_says_what_to_do(call: Call, monkeypatch, name, patch, state, remedy):
    for target, replacement in patch.items():
        monkeypatch.setattr(target, replacement)
    told = {entry.name: entry for entry in doctor.examine(Path("runs"))}
    assert told[name].state == state
    assert remedy in told[name].remedy


def test_doctor_names_the_folder_that_kernels_use(call: Call, monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "misleading"))
    monkeypatch.setenv("PRIMORDIA_CACHE", str(tmp_path / "chosen"))
    told = {entry.name: entry for entry in doctor.examine(Path("runs"))}["numba cache"]
    assert (told.state, told.remedy) == ("ok", "")
    folder = Path(told.finding.removeprefix("compiled kernels are kept under "))
    # A kernel of a process of its own is the judge.
    (tmp_path / "one.py").write_text("from primordia.life.compile import kernel\n@kernel\ndef one(x):\n    return x\n")
    subprocess.run([sys.executable, "-c", "from one import one; one(1)"], cwd=tmp_path, check=True)
    assert len(list(folder.glob("*/*/*.nbi"))) > 0
    assert not (tmp_path / "misleading").exists()


def test_doctor_says_when_kernels_are_not_kept_where_they_should_be(call: Call, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("PRIMORDIA_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for instead in ("they are kept under", "every start compiles anew"):
        told = {entry.name: entry for entry in doctor.examine(Path("runs"))}["numba cache"]
        assert told.state == "warn"
        assert f"cannot be kept under {tmp_path / 'file' / 'kernels'}: {instead}" in told.finding
        assert told.remedy == "set PRIMORDIA_CACHE to a folder that you may write to"
        (tmp_path / f"primordia-kernels-{os.getuid()}").chmod(0o755)


def test_doctor_fails_when_something_is_broken(call: Call, monkeypatch):
    monkeypatch.setattr(doctor, "NEEDED", ("numpy", "no-such-package"))
    ending = call("doctor")
    assert ending.code == 1
    assert "fail  no-such-package    not installed; pip install no-such-package" in ending.lines


@dataclasses.dataclass(frozen=True)
class Room:
    free: int
