"""A journal keeps every whole line through torn ends, full disks and cuts, and refuses altered lines by number."""

from __future__ import annotations

import errno
import os
import resource
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primordia.core.errors import RunFolderError
from primordia.engine import durable
from primordia.engine.journal import Journal

ENTRIES: list[dict[str, Any]] = [{"step": step, "text": "a\nb ü\u2028", "x": step / 3} for step in range(5)]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    found = Journal(tmp_path / "rows.jsonl")
    for entry in ENTRIES:
        found.append(entry)
    return found


def test_what_is_appended_is_read(journal: Journal, tmp_path: Path) -> None:
    assert journal.read() == ENTRIES
    assert journal.path.read_bytes().count(b"\n") == 5
    assert Journal(tmp_path / "missing.jsonl").read() == []
    assert Journal(tmp_path / "missing.jsonl").keep(lambda entry: True) == []
    assert not (tmp_path / "missing.jsonl").exists()


def test_a_torn_last_line_is_not_there_wherever_it_is_torn(journal: Journal) -> None:
    whole = journal.path.read_bytes()
    start = whole[:-1].rindex(b"\n") + 1
    for length in range(start, len(whole)):
        journal.path.write_bytes(whole[:length])
        assert journal.read() == ENTRIES[:4]
        assert journal.keep(lambda entry: True) == ENTRIES[:4]
        assert journal.path.read_bytes() == whole[:start]
        journal.append(ENTRIES[4])
        assert journal.path.read_bytes() == whole


def test_an_altered_line_is_refused_by_its_number(journal: Journal) -> None:
    lines = journal.path.read_bytes().split(b"\n")
    for bad in (b"", b"{", b"[1]", b"3", b"\xff\xfe", b'{"step": 1}{'):
        journal.path.write_bytes(b"\n".join([*lines[:2], bad, *lines[3:]]))
        with pytest.raises(RunFolderError, match=r"Line 3 of .*rows.jsonl is not a JSON object; the file was altered"):
            journal.read()


def test_a_cut_keeps_the_longest_wanted_beginning(journal: Journal) -> None:
    whole = journal.path.read_bytes()
    assert journal.keep(lambda entry: entry["step"] != 2) == ENTRIES[:2]
    assert journal.path.read_bytes() == b"".join(line + b"\n" for line in whole.split(b"\n")[:2])
    assert journal.keep(lambda entry: False) == []
    assert journal.path.read_bytes() == b""


def test_an_altered_journal_is_not_cut(journal: Journal) -> None:
    journal.path.write_bytes(journal.path.read_bytes() + b"broken\n")
    before = journal.path.read_bytes()
    with pytest.raises(RunFolderError, match="Line 6"):
        journal.keep(lambda entry: entry["step"] < 2)
    assert journal.path.read_bytes() == before


@pytest.mark.parametrize("room", [0, 1, 20])
def test_a_line_that_found_no_room_is_taken_back(journal: Journal, room: int) -> None:
    """The kernel itself writes a part of the line and refuses the rest."""
    before = journal.path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + room, limits[1]))
    try:
        with pytest.raises(OSError, match=r"No space left|File too large") as caught:
            journal.append({"step": 5, "text": "x" * 100})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.errno in (errno.ENOSPC, errno.EFBIG)
    assert journal.path.read_bytes() == before
    journal.append({"step": 5})
    assert journal.read() == [*ENTRIES, {"step": 5}]


@given(
    st.lists(
        st.dictionaries(
            st.text(), st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.none()
        )
    )
)
def test_anything_json_can_say_is_kept(entries: list[dict[str, Any]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "rows.jsonl")
        for entry in entries:
            journal.append(entry)
        assert journal.read() == entries


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_json_cannot_say_is_not_written(value: float, journal: Journal, tmp_path: Path) -> None:
    before = journal.path.read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        journal.append({"step": 5, "x": [value]})
    assert journal.path.read_bytes() == before
    with pytest.raises(ValueError, match="JSON"):
        durable.write_json(tmp_path / "run.json", {"x": value})
    assert not (tmp_path / "run.json").exists()
    assert durable.finite({"x": [value, 1.5, (value, True, "a", None)]}) == {"x": [None, 1.5, [None, True, "a", None]]}


def test_a_line_without_what_its_readers_rely_on_is_refused_by_its_number(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "rows.jsonl", lambda entry: None if "step" in entry else "step")
    journal.append({"step": 1})
    journal.append({"stop": 1})
    with pytest.raises(RunFolderError, match=r"Line 2 of .*rows.jsonl lacks or garbles 'step'; the file was altered"):
        journal.read()


def test_a_file_is_replaced_in_one_instant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "run.json"
    durable.write(file, b"old")

    def fail(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, fail)
            with pytest.raises(OSError, match="No space left"):
                durable.write(file, b"new")
        assert file.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [file]
    durable.write_json(file, {"ü": 1})
    assert file.read_text() == '{\n  "ü": 1\n}\n'


def test_content_reaches_the_disk_before_its_name_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    replace = os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: order.append(os.readlink(f"/proc/self/fd/{handle}")))
    monkeypatch.setattr(os, "replace", lambda *names: (order.append("replace"), replace(*names))[1])
    durable.write(tmp_path / "run.json", b"new")
    assert order == [str(tmp_path / f".run.json.{os.getpid()}"), "replace", str(tmp_path)]


def test_the_scraps_of_a_killed_process_are_swept_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "views").mkdir()
    scraps = [tmp_path / ".run.json.123", tmp_path / "views" / ".step_1.png.77", tmp_path / ".metrics.parquet.9"]
    kept = [tmp_path / "run.json", tmp_path / ".hidden", tmp_path / ".git.d", tmp_path / "views" / "step_1.png"]
    for path in [*scraps, *kept]:
        path.write_text("x")
    durable.sweep(tmp_path)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)
