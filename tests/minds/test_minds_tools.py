"""The tools of the wing: writing on from a run and from a folder, keeping a model, the tables, and what is refused."""

import dataclasses
import functools
import subprocess
import sys

import pytest
from calling_minds import (  # noqa: F401  # the fixture is used by pytest
    SPEC,
    FakeRuns,
    Loud,
    Quiet,
    _writing_compiles_in_little_time,
    filled,
    model,
)

from primordia.core import tools
from primordia.core.errors import BadInputError, CheckpointError, ConfigError
from primordia.minds.layers.table import LAYERS
from primordia.minds.models.disk import Saved, load, save
from primordia.minds.models.weights import named
from primordia.minds.text import tokens
from primordia.minds.tools.generate import Generate, GenerateArguments
from primordia.minds.tools.layers import Layers, LayersArguments
from primordia.minds.tools.save import Save, SaveArguments
from primordia.minds.tools.sizes import Sizes, SizesArguments

ASKED = GenerateArguments("run", "cat", tokens=6, samples=2, seed=4)


@functools.lru_cache
def texts(**changes):
    return tuple(Generate().use(dataclasses.replace(ASKED, **changes), FakeRuns(Loud())))


def test_all_tools_are_announced_under_their_names():
    announced = [tools.load(name) for name in tools.names("minds")]
    assert {Generate, Save, Layers, Sizes} <= set(map(type, announced))
    assert all(tool.name in tools.names("minds") for tool in announced)


def test_a_run_writes_on_from_a_prompt():
    first, second = texts()
    assert first.title == "After 'cat' (1)"
    assert first.text.startswith("cat")
    assert first.text != second.text
    assert "tokens written" in first.note
    assert texts() == tuple(Generate().use(ASKED, FakeRuns(Loud())))
    assert texts(seed=5) != texts()


def test_a_saved_model_writes_what_its_run_did(tmp_path):
    (said,) = Save().use(SaveArguments("run", str(tmp_path / "kept"), step=3), FakeRuns(Loud()))
    assert "after 3 updates" in said.text
    kept = load(tmp_path / "kept", SPEC)
    assert kept.provenance["run"] == "a-run"
    assert kept.provenance["settings"] == {"seed": 7}
    assert all((named(kept.model)[name] == array).all() for name, array in named(model()).items())
    found = Generate().use(dataclasses.replace(ASKED, model=str(tmp_path / "kept")), FakeRuns(Quiet()))
    assert tuple(found) == texts()


def test_the_step_of_a_run_is_handed_on():
    runs = FakeRuns(Loud())
    list(Generate().use(dataclasses.replace(ASKED, step=2), runs))
    assert runs.asked == [("run", 2)]


def test_a_text_that_ends_says_so():
    # Every token but the beginning of a document is forbidden by the weights of this model.
    (found,) = Generate().use(dataclasses.replace(ASKED, samples=1), FakeRuns(Loud(ends=True)))
    assert found.text == "cat"
    assert found.note == "0 tokens written, where the text ends"


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"temperature": -1.0}, ConfigError, "temperature=-1"),
        ({"top_p": 0.0}, ConfigError, "top_p=0"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_anything_is_read(change, error, words):
    runs = FakeRuns(Loud())
    with pytest.raises(error, match=words):
        list(Generate().use(dataclasses.replace(ASKED, **change), runs))
    assert runs.asked == []


def test_a_run_without_text_and_a_model_without_tokens_are_refused(tmp_path):
    with pytest.raises(BadInputError, match="tests/quiet trains no models of text"):
        list(Generate().use(ASKED, FakeRuns(Quiet())))
    kept = save(tmp_path / "kept", Saved(model(), {}, "", {}))
    with pytest.raises(BadInputError, match="does not read text"):
        list(Generate().use(dataclasses.replace(ASKED, model=str(kept)), FakeRuns(Quiet())))
    with pytest.raises(BadInputError, match="--step goes with a run"):
        list(Generate().use(dataclasses.replace(ASKED, model=str(kept), step=1), FakeRuns(Quiet())))
    with pytest.raises(CheckpointError, match="is there already"):
        list(Save().use(SaveArguments("run", str(kept)), FakeRuns(Loud())))


def test_every_layer_is_in_the_tables_of_layers():
    for table in Layers().use(LayersArguments(), FakeRuns(Quiet())):
        assert [row[0] for row in table.rows] == list(LAYERS)
        assert all(cell for row in table.rows for cell in row)


def test_the_sizes_are_those_of_the_paper():
    (table,) = Sizes().use(SizesArguments(pattern="scalar-gla"), FakeRuns(Quiet()))
    assert [row[0] for row in table.rows] == ["140M", "440M", "940M"]
    assert all(abs(row[4] / wanted - 1e6) < 1e4 for row, wanted in zip(table.rows, (146, 433, 936), strict=True))


@pytest.mark.slow
def test_a_saved_model_with_a_trained_tokenizer_writes_in_a_fresh_process(tmp_path):
    pairs = tokens.train([b"the cat sat on the mat, the rat sat on the cat"] * 9, 280)
    spec = dataclasses.replace(SPEC, n_inputs=pairs.n_tokens, n_outputs=pairs.n_tokens)
    kept = Saved(filled(spec), pairs.settings(), pairs.tokenizer(), {})
    folder = save(tmp_path / "kept", kept)
    words = ["minds", "generate", str(folder), "--prompt", "the cat", "--tokens", "5", "--seed", "1"]
    command = [sys.executable, "-m", "primordia.cli.main", *words]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert runs[0] == runs[1]
    assert "the cat" in runs[0]
