"""Bad input: one line on stderr that says what is allowed and the nearest fix, exit code 2, and nothing written."""

import json
import shutil

import pytest
from calling import WALK, Call, root_of

FORMATS = "one of csv, parquet, json, html, png, svg, gif, mp4, share, prim"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["rnu", WALK], "There is no verb 'rnu'; did you mean 'run'?"),
        (["--json", "list"], "The verb comes first: primordia VERB --json"),
        (["run"], "primordia run needs NAME, an experiment, as `primordia list` prints it, or package.module:Class;"),
        (["run", "--seed", "3"], "primordia run needs NAME, an experiment"),
        (["diff", "latest"], "primordia diff needs RUN, the other run; see primordia diff --help."),
        (["run", WALK, "extra"], "'extra' is one word too many: primordia run takes NAME and options; see primordia"),
        (["run", WALK, "seed"], "'seed' is one word too many: the option is --seed; see primordia run --help."),
        (["run", WALK, "p_move=1"], "'p_move=1' is one word too many: settings follow --set, as in --set p_move=1"),
        (["list", "life"], "'life' is one word too many: primordia list takes options; see primordia list --help."),
        (["run", WALK, "--name", "x"], "There is no option '--name'; known: --actors, --address, --checkpoint-every"),
        (["run", WALK, "-s", "1"], "There is no option '-s'; did you mean '--set'? Known: --actors, --address"),
        (["run", WALK, "--json=yes"], "--json takes no value; leave out '=yes'."),
        (["run", WALK, "--root", "/dev/null/runs"], "/dev/null/runs/tests/walk: Not a directory."),
        (["run", "life/bfff"], "There is no experiment 'life/bfff'; did you mean 'life/bff'?"),
        (["run", "no.such.module:Class"], "cannot be loaded from no.such.module:Class"),
        (["run", "./mine.py:Voter"], "'./mine.py:Voter' names a file; name its module instead: mine:Voter."),
        (["describe", "sub/mine.py"], "'sub/mine.py' names a file; name its module instead: sub.mine:CLASS."),
        (["verify", "/a/mine.py:Voter"], "names a file; go to its folder and name its module instead: mine:Voter."),
        (["check", "../mine.py:Voter"], "names a file; go to its folder and name its module instead: mine:Voter."),
        (["run", "walk:PALETTE"], "walk:PALETTE is not an experiment"),
        (["run", WALK, "--preset", "smal"], "There is no preset 'smal'; did you mean 'small'?"),
        (["run", WALK, "--preset"], "--preset needs a value: a named setting to start from; `primordia describe"),
        (["run", WALK, "--preset", "--seed", "3"], "--preset needs a value: a named setting to start from"),
        (["run", WALK, "--seed"], "--seed needs a value: the seed; the same as --set seed=N; see primordia run"),
        (["run", WALK, "--set"], "--set needs a value: a setting to change"),
        (["run", WALK, "--sed", "1"], "There is no option '--sed'; did you mean '--seed'?"),
        (["run", WALK, "--checkpoint_evry=3"], "did you mean '--checkpoint-every'?"),
        (["run", WALK, "--seed", "-1"], "seed=-1 is out of range: it must be from 0 to"),
        (["run", WALK, "--seed", "two"], "seed=two is not a whole number"),
        (["run", WALK, "--steps", "0"], "steps=0 is out of range: it must be from 1 to"),
        (["run", WALK, "--steps", "none"], "steps=none is not a whole number; allowed: from 1 to"),
        (["run", WALK, "--seed", "None"], "seed=None is not a whole number; allowed: from 0 to"),
        (["run", WALK, "--set", "n_walkers=4.5"], "allowed: an even number from 2 to 4096; the nearest is 4"),
        (["run", WALK, "--set", "p_move=nan"], "p_move=nan is out of range: it must be from 0 to 1; the default is"),
        (["run", WALK, "--threads", "1.5"], "threads=1.5 is not a whole number; allowed: at least 1; the nearest is"),
        (["run", WALK, "--steps", "many"], "steps=many is not a whole number"),
        (["run", WALK, "--threads", "0"], "threads=0 is out of range: it must be at least 1; the nearest is 1"),
        (["run", WALK, "--threads", "x"], "threads=x is not a whole number"),
        (["run", WALK, "--stop", "haf"], "There is no transition 'haf'; did you mean 'half'?"),
        (["run", WALK, "--stop", "half+soon"], "stop=half+soon cannot be read"),
        (["run", WALK, "--set", "n_walkers=3"], "n_walkers=3 is out of range: it must be an even number from 2"),
        (["run", WALK, "--set", "n_sites=100"], "n_sites=100 is out of range: it must be a power of two"),
        (["run", WALK, "--set", "p_move=1.5"], "p_move=1.5 is out of range: it must be from 0 to 1; the nearest is 1"),
        (["run", WALK, "--set", "p_moves=0.5"], "There is no setting 'p_moves'; did you mean 'p_move'?"),
        (["run", WALK, "--set", "rule=difuse"], "it must be one of drift, diffuse; the nearest is diffuse"),
        (["run", WALK, "--set", "steps=5"], "steps is part of the schedule; give --steps 5."),
        (["run", WALK, "--set", "views_every=8"], "views_every is part of the schedule; give --views-every 8."),
        (["run", WALK, "--keep", "0"], "keep=0 is out of range: it must be from 1 to"),
        (["run", WALK, "--views-every", "x"], "views_every=x is not a whole number"),
        (["run", WALK, "--set", "p_move"], "--set p_move cannot be read: write key=value"),
        (["run", WALK, "--set", "=1"], "--set =1 cannot be read: write key=value"),
        (["describe", "lif/bff"], "There is no experiment 'lif/bff'; did you mean 'life/bff'?"),
        (["resume", "latest"], "There is no run 'latest' under runs"),
        (["show", "nowhere"], "There is no run 'nowhere' under runs"),
        (["runs", "status=interupted"], "There is no status 'interupted'; did you mean 'interrupted'?"),
        (["runs", "status"], "The filter 'status' cannot be read: write KEY, one of >= <= != = > <"),
        (["export", "latest", "--to", "cvs"], f"it must be {FORMATS}; the nearest is csv."),
        (["export", "latest", "--to"], f"--to needs a value: the format, {FORMATS}; see"),
        (["export", "latest"], f"primordia export needs --to, the format, {FORMATS}; see"),
        (["plot"], "primordia plot needs RUN, a run: its folder, its id, the beginning of its id, or 'latest'; see"),
        (["check", "life/bf"], "There is no experiment 'life/bf'; did you mean 'life/bff'?"),
        (["verify", WALK, "--claim", "W2"], "There is no claim 'W2'; did you mean 'W1'?"),
        (["verify", WALK, "--tier", "slow"], "--tier slow is not there: it must be one of quick, full."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_one_line_says_what_is_wrong(call: Call, tmp_path, words, sentence):
    ending = call(*words)
    assert ending.code == 2
    assert ending.out == ""
    assert ending.err.startswith("error: ")
    assert ending.err.count("\n") == 1
    assert sentence in ending.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["resume", "RUN"], "is finished (all 40 steps done); `primordia fork"),
        (["fork", "RUN", "--at", "41"], "at=41 is out of range: the run"),
        (["fork", "RUN", "--at", "ten"], "at=ten is not a whole number"),
        (["fork", "RUN", "--at", "20", "--set", "n_walkers=32", "--steps", "80"], "changes the shape of the state"),
        (["fork", "RUN", "--at", "40"], "steps=40 leaves nothing to do after step 40; give --steps above 40"),
        (["runs", "sead=5"], "There is no key to filter by 'sead'; did you mean 'seed'?"),
        (["runs", "status=interupted"], "There is no status 'interupted'; did you mean 'interrupted'? Known: created"),
        (["runs", "n_walkers>abc"], "n_walkers>abc cannot be read: n_walkers is a number, as in n_walkers>16."),
        (["export", "RUN", "--to", "html", "--out", "-"], "html is not written to standard output; name a file"),
        (["export", "RUN", "--to", "parquet", "--out", "-"], "parquet is not written to standard output; name a file"),
        (["plot", "RUN", "--metric", "coverag"], "There is no metric 'coverag'; did you mean 'coverage'?"),
        (["plot", "RUN", "--out", "figure.gif"], "out=figure.gif has an unknown format; allowed: .png, .svg, .pdf"),
        (["plot", "RUN", "--out", "no/folder.png"], "There is no folder no to write folder.png into"),
        (["export", "RUN", "--to", "csv", "--out", "."], ". is a folder; name a file in it"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_a_run_that_cannot_serve(call: Call, finished, tmp_path, words, sentence):
    before = sorted(root_of(finished).rglob("*"))
    named = [finished.name if word == "RUN" else word for word in words]
    ending = call(*named, "--root", root_of(finished))
    assert (ending.code, ending.out) == (2, "")
    assert ending.err.count("\n") == 1
    assert sentence in ending.err
    assert list(tmp_path.iterdir()) == []
    assert sorted(root_of(finished).rglob("*")) == before


@pytest.mark.parametrize(
    ("file", "change", "sentence"),
    [
        ("run.json", lambda text: text[:40], "run.json is not JSON"),
        ("run.json", lambda text: text.replace('"format": 1', '"format": 2'), "from a newer primordia"),
        ("run.json", lambda text: text.replace("tests/walk", "tests/other"), "mixes two runs"),
        ("config.json", lambda text: text.replace('"seed": 5', '"seed": 6'), "was altered: its hash is"),
        ("config.json", None, "is not a run folder: it has no config.json"),
        ("metrics.jsonl", lambda text: text.replace("{", "[", 1), "Line 1 of"),
    ],
)
def test_a_damaged_folder(call: Call, finished, tmp_path, file, change, sentence):
    copy = tmp_path / "runs" / "tests" / "walk" / "copy"
    shutil.copytree(finished, copy)
    if change:
        (copy / file).write_text(change((copy / file).read_text()))
    else:
        (copy / file).unlink()
    ending = call("show", "copy")
    assert (ending.code, ending.out) == (2, "")
    assert ending.err.count("\n") == 1
    assert sentence in ending.err


def test_a_damaged_folder_is_one_row_and_hides_no_other(call: Call, finished, tmp_path):
    for name in ("whole", "torn", "headless"):
        shutil.copytree(finished, tmp_path / "runs" / "tests" / "walk" / name)
    (tmp_path / "runs/tests/walk/torn/run.json").write_text('{"format": 1, "id"')
    (tmp_path / "runs/tests/walk/headless/run.json").unlink()
    ending = call("runs")
    assert ending.code == 0
    assert [line.split()[:3] for line in ending.lines[1:4]] == [
        ["headless", "–", "damaged"],
        ["torn", "–", "damaged"],
        ["whole", "tests/walk", "finished"],
    ]
    assert ending.lines[4].endswith("headless is not a run folder: it has no run.json.")
    entries = json.loads(call("runs", "--json").out)
    assert [entry["status"] for entry in entries] == ["damaged", "damaged", "finished"]
    assert len(json.loads(call("runs", "status=damaged", "--json").out)) == 2
