"""The tools of a wing from the command line: listing, parsing, printing, keeping, and what is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated, final

import numpy as np
import pytest
from calling import Call

from primordia.core import tools, tree
from primordia.core.config import Spec
from primordia.core.errors import BadInputError, RunFolderError
from primordia.core.findings import Picture, Table, Text
from primordia.core.tools import BY_PLACE, Tool
from primordia.core.views import Colour
from primordia.engine.moments import RunsUnder

SPOTS = Picture(
    "Spots", np.arange(4, dtype=np.uint8).reshape(2, 2) % 2, (Colour("a", "#000000"), Colour("b", "#ffffff"))
)


@dataclasses.dataclass(frozen=True)
class EchoArguments:
    """What the echo takes."""

    first: Annotated[str, Spec("what to say")]
    second: Annotated[str, Spec("what else"), BY_PLACE] = "nothing"
    times: Annotated[int, Spec("how often", "times", ge=1, le=9)] = 2
    tone: Annotated[str, Spec("how", choices=("loud", "soft"))] = "soft"
    run: Annotated[str, Spec("a run")] = ""
    twice: Annotated[bool, Spec("say it twice")] = False


@final
class Echo(Tool):
    """It says what it was given."""

    name = "tests/echo"
    summary = "Says what it was given."
    Arguments = EchoArguments

    def use(self, arguments, runs):
        yield Text("Said", repr(dataclasses.astuple(arguments)), "as it was given")
        yield Table("Counted", ("word", "n", "even"), (("a", 1234567, True), ("b", 0.25, False), ("c", None, True)))
        yield SPOTS
        if arguments.run:
            moment = runs.moment(arguments.run, arguments.times)
            yield Text("Run", f"{moment.run} {moment.t} {len(runs.rows(arguments.run))}")
        if arguments.first == "break":
            raise BadInputError("It broke on purpose.")


@pytest.fixture(autouse=True)
def _echo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "names", lambda wing="": ("tests/echo",))
    monkeypatch.setattr(tools, "load", lambda name: Echo())


def said(call: Call, *words: str) -> tuple:
    ending = call("tests", "echo", *words)
    assert ending.code == 0, ending.err
    return eval(ending.lines[2])


def test_a_wing_lists_its_tools(call: Call):
    ending = call("tests")
    assert ending.code == 0
    assert "primordia tests echo  Says what it was given." in ending.lines
    assert json.loads(call("tests", "--json").out) == [{"name": "tests/echo", "summary": "Says what it was given."}]


def test_arguments_by_place_and_options_take_their_defaults_and_types(call: Call):
    assert said(call, "x") == ("x", "nothing", 2, "soft", "", False)
    assert said(call, "x", "y", "--times", "0x3", "--tone=loud", "--twice") == ("x", "y", 3, "loud", "", True)
    assert said(call, "--twice", "--", "-x", "--times") == ("-x", "--times", 2, "soft", "", True)


def test_text_that_begins_with_an_at_sign_is_read_from_a_file(call: Call, tmp_path: Path):
    (tmp_path / "words.txt").write_text("from ż file\n\n")
    assert said(call, "@words.txt") == ("from ż file", "nothing", 2, "soft", "", False)


def test_findings_are_printed_as_they_are(call: Call):
    lines = call("tests", "echo", "x").lines
    assert lines[1] == "Said"
    assert "as it was given" in lines
    assert "a     1,234,567  yes" in lines
    assert "b        0.2500  no" in lines
    assert "a picture of 2 x 2 pixels; --save FOLDER keeps it as PNG" in lines


def test_all_findings_as_json(call: Call):
    found = json.loads(call("tests", "echo", "x", "--json").out)
    assert [entry["kind"] for entry in found] == ["text", "table", "picture"]
    assert found[1]["rows"][0] == ["a", 1234567, True]
    assert found[2]["pixels"] == [[0, 1], [0, 1]]


def test_what_is_found_can_be_kept(call: Call, tmp_path: Path):
    ending = call("tests", "echo", "x", "--save", "kept")
    assert "saved as kept/3-spots.png" in ending.lines
    assert "#000000 a, #ffffff b" in ending.lines, "a picture that is kept is told with its colours"
    assert (tmp_path / "kept" / "3-spots.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "kept" / "2-counted.csv").read_text().splitlines()[0] == "word,n,even"
    found = json.loads(call("tests", "echo", "x", "--save", "more", "--json").out)
    assert found[2]["file"] == "3-spots.png"


def test_pictures_are_drawn_on_a_terminal(call: Call, monkeypatch: pytest.MonkeyPatch):
    from primordia.cli import printing

    monkeypatch.setattr(printing, "on_terminal", lambda: True)
    assert "▀▀" in call("tests", "echo", "x").out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["tests", "ehco"], "There is no tool of tests 'ehco'; did you mean 'echo'?"),
        (["tets"], "There is no verb 'tets'; did you mean 'tests'?"),
        (["tests", "echo"], "primordia tests echo needs FIRST, what to say; see primordia tests echo --help."),
        (["tests", "echo", "x", "y", "z"], "'z' is one word too many"),
        (["tests", "echo", "x", "--times", "0"], "times=0 is out of range: it must be from 1 to 9; the nearest is 1."),
        (["tests", "echo", "x", "--times", "two"], "times=two is not a whole number"),
        (["tests", "echo", "x", "--tone", "lowd"], "it must be one of loud, soft; the nearest is loud."),
        (["tests", "echo", "x", "--tmes", "2"], "There is no option '--tmes'; did you mean '--times'?"),
        (["tests", "echo", "-[}"], "'-[}' begins like an option and is none; write it behind -- if it is meant."),
        (["tests", "echo", "@none.txt"], "@none.txt names the file none.txt, and there is no such file;"),
        (["tests", "echo", "@bytes.bin"], "bytes.bin is not text: byte 1 is not UTF-8; save it as UTF-8."),
        (["tests", "echo", "x", "--save", "full"], "full is there already and not an empty folder; give --save a new"),
        (["tests", "echo", "x", "--save", "a/b"], "There is no folder a to make b in; make it first."),
        (["tests", "echo", "x", "--run", "latest"], "There is no run 'latest' under runs"),
        (["tests", "echo", "break"], "It broke on purpose."),
        (["tests", "echo", "break", "--save", "kept"], "It broke on purpose."),
        (["tests", "echo", "break", "--save", "empty"], "It broke on purpose."),
        (["run", "walk:Walk", "--set", "rule=@none"], "@none names the file none, and there is no such file;"),
    ],
)
def test_bad_input_is_one_sentence(call: Call, tmp_path: Path, words, sentence):
    (tmp_path / "bytes.bin").write_bytes(b"a\xff")
    (tmp_path / "full").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "full" / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    ending = call(*words)
    assert ending.code == 2
    assert ending.err.startswith("error: ")
    assert ending.err.count("\n") == 1
    assert sentence in ending.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_setting_may_come_from_a_file(call: Call, tmp_path: Path):
    (tmp_path / "rule").write_text("diffuse\n")
    ending = call("run", "walk:Walk", "--preset", "small", "--set", "rule=@rule", "--steps", "1", "--json")
    folder = Path(json.loads(ending.out)["folder"])
    assert json.loads((folder / "config.json").read_text())["config"]["rule"] == "diffuse"


def test_a_run_can_be_looked_at_at_any_step(finished: Path):
    runs = RunsUnder(finished.parents[2])
    last = runs.moment("latest")
    assert last.run == finished.name
    assert last.t == json.loads((finished / "run.json").read_text())["step"]
    middle = runs.moment(finished.name, 3)
    state, _ = middle.experiment.advance(middle.config, middle.state, middle.streams, 3, last.t - 3)
    ours, theirs = tree.to_arrays(state), tree.to_arrays(last.state)
    assert ours.keys() == theirs.keys()
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)
    assert runs.rows("latest")[-1]["step"] == last.t
    assert runs.events("latest")[0]["event"] == "started"
    with pytest.raises(RunFolderError, match="has the steps 0 to 40, not 999999; the nearest is 40"):
        runs.moment("latest", 999_999)


def test_every_tool_of_ours_can_be_loaded_and_asked_for_help(call: Call, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
    found = tools.names()
    assert "life/disassemble" in found
    for name in found:
        tool = tools.load(name)
        assert tool.name == name
        ending = call(*name.split("/"), "--help")
        assert ending.code == 0, ending.err
        assert ending.lines[0].startswith(f"usage: primordia {name.replace('/', ' ')}")


def test_what_is_no_tool_is_refused(monkeypatch: pytest.MonkeyPatch):
    import importlib.metadata

    monkeypatch.undo()
    point = importlib.metadata.EntryPoint("tests/none", "walk:PALETTE", tools.GROUP)
    broken = importlib.metadata.EntryPoint("tests/none", "no_such_module:X", tools.GROUP)
    for entry, sentence in ((point, "cannot be loaded from walk:PALETTE"), (broken, "cannot be loaded from no_such")):
        with monkeypatch.context() as patch:
            patch.setattr(importlib.metadata, "entry_points", lambda entry=entry, **_: [entry])
            with pytest.raises(BadInputError, match=sentence):
                tools.load("tests/none")
