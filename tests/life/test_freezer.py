"""The shelf of specimens: what is put on it comes back, and nothing else is taken for a specimen."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core.errors import BadInputError, UnknownNameError
from primordia.life.ecology import freezer
from primordia.life.ecology.freezer import Specimen
from primordia.life.golden import FIG4_REPLICATOR

FIG4 = Specimen("bff_noheads", FIG4_REPLICATOR, "Fig. 4", {"run": "typed", "seed": 2**63, "epoch": 3})


@settings(deadline=None)
@given(
    program=st.binary(min_size=16, max_size=64), note=st.text(), language=st.sampled_from(["bff", "forth", "subleq"])
)
def test_any_specimen_survives_its_file(program: bytes, note: str, language: str) -> None:
    specimen = Specimen(language, program, note, {"epoch": 1})
    assert freezer.from_json(freezer.to_json(specimen), "it") == specimen


def test_the_same_program_is_frozen_once(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    path, is_new = freezer.freeze(shelf, FIG4)
    assert is_new
    assert freezer.freeze(shelf, Specimen("bff_noheads", FIG4_REPLICATOR, "again")) == (path, False)
    assert freezer.shelf(shelf) == [FIG4]
    assert freezer.thaw(shelf, FIG4.name) == FIG4
    assert freezer.thaw(shelf, FIG4.name[:5]) == FIG4
    assert [file.name for file in shelf.iterdir()] == [f"{FIG4.name}.json"]
    assert np.array_equal(FIG4.of("bff_noheads"), np.frombuffer(FIG4_REPLICATOR, np.uint8))


def test_names_that_cannot_be_thawed(tmp_path: Path) -> None:
    freezer.freeze(tmp_path / "shelf", FIG4)
    freezer.freeze(tmp_path / "shelf", Specimen("bff_noheads", FIG4_REPLICATOR[::-1] + b"\0"))
    with pytest.raises(UnknownNameError, match="There is no specimen '16niwoyujo'; did you mean '16niwoyuju'"):
        freezer.thaw(tmp_path / "shelf", "16niwoyujo")
    with pytest.raises(BadInputError, match="'16' could be any of 16"):
        freezer.thaw(tmp_path / "shelf", "16")
    with pytest.raises(BadInputError, match=r"There is no freezer .*none; `primordia life freeze` makes one"):
        freezer.shelf(tmp_path / "none")


def test_a_specimen_of_another_language_is_refused() -> None:
    with pytest.raises(BadInputError, match=r"16niwoyuju is a program of bff_noheads, not of forth; .* hex:5b5b7b2e"):
        FIG4.of("forth")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda values: values | {"bytes": "00" + values["bytes"][2:]},
            "was altered: it says 16niwoyuju, and its bytes",
        ),
        (lambda values: values | {"language": "bff"}, "was altered"),
        (lambda values: values | {"version": 2}, "holds 'primordia specimen' version 2; this primordia reads"),
        (lambda values: values | {"kind": "run"}, "holds 'run' version 1"),
        (lambda values: values | {"bytes": "zz"}, "is no specimen"),
        (lambda values: values | {"language": "bfff"}, "There is no substrate 'bfff'; did you mean"),
        (lambda values: {"kind": values["kind"]}, "is no specimen"),
        (lambda values: [1], "is no specimen"),
    ],
)
def test_a_file_that_was_altered_is_refused(tmp_path: Path, change, sentence: str) -> None:
    path, _ = freezer.freeze(tmp_path / "shelf", FIG4)
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(BadInputError, match=sentence):
        freezer.read(path)


def test_what_is_no_text_or_cut_short_is_refused(tmp_path: Path) -> None:
    path, _ = freezer.freeze(tmp_path / "shelf", FIG4)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(BadInputError, match="is no specimen"):
        freezer.read(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BadInputError, match="is no specimen: it is not text"):
        freezer.read(path)


def test_a_freezer_needs_a_place(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInputError, match="is a file; name a folder"):
        freezer.freeze(tmp_path / "file", FIG4)
    with pytest.raises(BadInputError, match="There is no folder"):
        freezer.freeze(tmp_path / "no" / "shelf", FIG4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_two_programs_with_one_name_are_not_taken_for_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezer.names, "name", lambda language, program: "16niwoyuju")
    freezer.freeze(tmp_path / "shelf", FIG4)
    with pytest.raises(BadInputError, match="holds another program whose name happens to be the same"):
        freezer.freeze(tmp_path / "shelf", Specimen("bff_noheads", FIG4_REPLICATOR[::-1] + b"\0"))
    assert freezer.shelf(tmp_path / "shelf") == [FIG4]
