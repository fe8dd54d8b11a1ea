"""Bookmarks lie in the run's folder, whole or absent, and the engine does not mind them."""

import re

import pytest

import runs
from primordia.core.errors import BadInputError, RunFolderError
from primordia.engine import catalogue, launch
from primordia.engine.opening import open_run
from primordia.observatory.keeping import bookmarks


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def test_bookmarks_are_kept_by_step_and_replaced_and_forgotten(folder):
    assert bookmarks.read(folder) == []
    bookmarks.put(folder, 30, "  life  begins ")
    assert bookmarks.put(folder, 4, "quiet") == [{"step": 4, "note": "quiet"}, {"step": 30, "note": "life begins"}]
    bookmarks.put(folder, 30, "later")
    assert bookmarks.read(folder) == [{"step": 4, "note": "quiet"}, {"step": 30, "note": "later"}]
    assert bookmarks.put(folder, 4, " ") == [{"step": 30, "note": "later"}]
    assert [path.name for path in folder.iterdir()] == ["bookmarks.json"]


def test_a_bookmark_that_cannot_be_kept_is_refused_and_changes_nothing(folder):
    bookmarks.put(folder, 1, "here")
    with pytest.raises(BadInputError, match="not at -1"):
        bookmarks.put(folder, -1, "there")
    with pytest.raises(BadInputError, match="201 characters"):
        bookmarks.put(folder, 1, "x" * 201)
    (folder / "full.json").write_text("")
    assert bookmarks.read(folder) == [{"step": 1, "note": "here"}]


def test_there_is_an_end_to_bookmarks(folder, monkeypatch):
    monkeypatch.setattr(bookmarks, "MOST", 2)
    bookmarks.put(folder, 1, "a")
    bookmarks.put(folder, 2, "b")
    bookmarks.put(folder, 2, "c")
    with pytest.raises(BadInputError, match="2 bookmarks"):
        bookmarks.put(folder, 3, "d")


@pytest.mark.parametrize(
    "content",
    ["", "[", "{}", "[3]", '[{"step": 1}]', '[{"step": -1, "note": "a"}]', '[{"step": true, "note": "a"}]',
     '[{"step": 1, "note": ""}]', '[{"step": 1, "note": "a", "more": 1}]', "[" * 100_000],
)  # fmt: skip
def test_a_damaged_file_is_a_sentence_and_stays_as_it_is(folder, content):
    path = folder / "bookmarks.json"
    path.write_text(content)
    with pytest.raises(RunFolderError, match=re.escape(str(path))):
        bookmarks.read(folder)
    with pytest.raises(RunFolderError):
        bookmarks.put(folder, 1, "a")
    assert path.read_text() == content


def test_the_engine_does_not_mind_bookmarks(root):
    where = runs.start(root).folder
    bookmarks.put(where.path, 12, "here")
    assert catalogue.entries(root)[0].status == "finished"
    child = launch.fork(where, 12, {}, {"steps": 16}, root=root)
    assert child.status == "finished"
    assert open_run(where).config.seed == 0
    assert bookmarks.read(where.path) == [{"step": 12, "note": "here"}]
