"""A checkpoint is loaded only when every byte of it is as it was written, and nothing in it is ever executed."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save as to_bytes

from primordia.core import tree
from primordia.core.errors import CheckpointError, RunFolderError
from primordia.core.streams import Streams
from primordia.engine import checkpoints, durable, launch
from primordia.engine.checkpoints import META, STATE, Stamp
from primordia.engine.folder import RunFolder
from runs import start
from walk import Walk, WalkConfig

STAMP = Stamp("tests/walk", 3, "0123abcd")
CONFIG = WalkConfig()
STATE_0 = Walk().init(CONFIG, Streams(0))


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    checkpoints.save(tmp_path / "checkpoints", 7, STATE_0, STAMP)
    return tmp_path / "checkpoints"


def load(stored: Path, step: int = 7, template: Any = STATE_0, stamp: Stamp = STAMP) -> Any:
    return checkpoints.load(stored, step, template, stamp)


def reseal(folder: Path, content: bytes | None = None, **changes: Any) -> None:
    """Alter a checkpoint and make all its checksums right again, as an attacker would."""
    content = (folder / STATE).read_bytes() if content is None else content
    meta = json.loads((folder / META).read_bytes())
    meta = {**meta, "state_sha256": hashlib.sha256(content).hexdigest(), **changes}
    del meta["meta_sha256"]
    digest = hashlib.sha256(json.dumps(meta, sort_keys=True).encode()).hexdigest()
    (folder / STATE).write_bytes(content)
    (folder / META).write_text(json.dumps({**meta, "meta_sha256": digest}))


def test_a_state_comes_back_with_the_same_bits(stored: Path) -> None:
    assert tree.same_bits(load(stored), STATE_0)
    assert [path.name for path in stored.iterdir()] == ["step_000000000007"]
    assert sorted(path.name for path in (stored / "step_000000000007").iterdir()) == [META, STATE]
    assert checkpoints.steps(stored) == [7]


def test_memory_order_does_not_matter(tmp_path: Path) -> None:
    state = {"f": np.asfortranarray(np.arange(12.0).reshape(3, 4)), "s": np.arange(20)[::3], "z": np.array(3)}
    checkpoints.save(tmp_path, 1, state, STAMP)
    assert tree.same_bits(load(tmp_path, 1, state), state)


def flips(length: int) -> list[int]:
    """Every byte of the first and last 96, and every seventh between."""
    return sorted({*range(min(96, length)), *range(max(0, length - 96), length), *range(0, length, 7)})


@pytest.mark.parametrize("name", [STATE, META])
def test_a_flipped_bit_anywhere_is_refused(name: str, stored: Path) -> None:
    file = stored / "step_000000000007" / name
    whole = file.read_bytes()
    accepted = []
    for position in flips(len(whole)):
        for bit in {position % 8, (position + 3) % 8}:
            altered = bytearray(whole)
            altered[position] ^= 1 << bit
            file.write_bytes(altered)
            try:
                load(stored)
            except CheckpointError:
                continue
            accepted.append((position, bit))
    assert accepted == []


@pytest.mark.parametrize("name", [STATE, META])
def test_a_truncated_or_lengthened_file_is_refused(name: str, stored: Path) -> None:
    file = stored / "step_000000000007" / name
    whole = file.read_bytes()
    for content in (b"", whole[:1], whole[: len(whole) // 2], whole[:-2], whole + b"x", whole + whole):
        file.write_bytes(content)
        with pytest.raises(CheckpointError, match=r"truncated or altered|checksum does not match|not JSON"):
            load(stored)


def test_a_refused_checkpoint_says_what_to_do(stored: Path) -> None:
    checkpoints.save(stored, 12, STATE_0, STAMP)
    for step, start_again in ((12, "step 7"), (7, "the beginning")):
        file = checkpoints.folder_of(stored, step) / STATE
        file.write_bytes(file.read_bytes()[:-1])
        with pytest.raises(CheckpointError) as caught:
            load(stored, step)
        assert str(caught.value) == (
            f"{file} was truncated or altered: its checksum does not match. Delete that folder to resume from "
            f"{start_again}, with the same bits."
        )


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("where", ["extra file", "in place of the state", "sealed", "meta", "tensor"])
def test_pickle_inside_is_refused_and_never_executed(where: str, stored: Path, tmp_path: Path) -> None:
    mark, folder = tmp_path / "executed", stored / "step_000000000007"
    bomb = pickle.dumps(Bomb(mark))
    pickle.loads(bomb)
    assert mark.exists(), "the bomb must work, or this test proves nothing"
    mark.unlink()
    if where == "extra file":
        (folder / "state.pkl").write_bytes(bomb)
    elif where == "in place of the state":
        (folder / STATE).write_bytes(bomb)
    elif where == "sealed":
        reseal(folder, bomb)
    elif where == "meta":
        (folder / META).write_bytes(bomb)
    else:
        arrays = {**tree.to_arrays(STATE_0), "clock.1": np.frombuffer(bomb, np.uint8)}
        reseal(folder, to_bytes(arrays))
    with pytest.raises(CheckpointError) as caught:
        load(stored)
    assert caught.value.exit_code == 2
    assert not mark.exists()


def test_pickled_arrays_in_numpy_files_are_not_read_either(stored: Path, tmp_path: Path) -> None:
    mark, folder = tmp_path / "executed", stored / "step_000000000007"
    np.save(folder / "state.npy", np.array([Bomb(mark)], dtype=object), allow_pickle=True)
    with pytest.raises(CheckpointError, match=r"holds state\.npy, which is no part of a checkpoint; nothing in it was"):
        load(stored)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"experiment": "tests/other"}, "belongs to experiment='tests/walk', this run has experiment='tests/other'"),
        ({"version": 4}, "belongs to version=3, this run has version=4"),
        ({"config_hash": "ffffffff"}, "belongs to config_hash='0123abcd', this run has config_hash='ffffffff'"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(changes: dict[str, Any], sentence: str, stored: Path) -> None:
    with pytest.raises(CheckpointError, match=sentence):
        load(stored, stamp=dataclasses.replace(STAMP, **changes))


def test_a_checkpoint_under_another_step_is_refused(stored: Path) -> None:
    os.rename(checkpoints.folder_of(stored, 7), checkpoints.folder_of(stored, 8))
    with pytest.raises(CheckpointError, match="belongs to step=7, this run has step=8"):
        load(stored, 8)


def test_a_newer_format_is_named(stored: Path) -> None:
    reseal(stored / "step_000000000007", format=3)
    with pytest.raises(CheckpointError, match="has format 3; this version of primordia reads up to format 2"):
        load(stored)


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ({"x": np.zeros(3)}, r"cannot be used: The stored state does not fit: missing \['x'\]"),
        (
            Walk().init(WalkConfig(n_walkers=2), Streams(0)),
            r"crowd.positions is int64\[16\]; the state needs int64\[2\]",
        ),
    ],
)
def test_a_state_of_another_shape_is_refused(template: Any, sentence: str, stored: Path) -> None:
    with pytest.raises(CheckpointError, match=sentence):
        load(stored, template=template)


def test_sealed_nonsense_is_refused(stored: Path) -> None:
    folder = stored / "step_000000000007"
    for dtype in ("BF16", "F8_E4M3", "I128"):
        header = json.dumps({"a": {"dtype": dtype, "shape": [0], "data_offsets": [0, 0]}}).encode()
        for content in (b"", b"\xff" * 64, len(header).to_bytes(8, "little") + header):
            reseal(folder, content)
            with pytest.raises(CheckpointError):
                load(stored)
    for meta in (b"[]", b"null", b"[" * 100_000, b'{"format": 1}', b"\xff\xfe"):
        (folder / META).write_bytes(meta)
        with pytest.raises(CheckpointError):
            load(stored)


@given(st.binary(max_size=200))
@settings(max_examples=60)
def test_any_bytes_in_place_of_meta_are_refused(content: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        checkpoints.save(Path(name), 7, {"x": np.zeros(1)}, STAMP)
        (Path(name) / "step_000000000007" / META).write_bytes(content)
        with pytest.raises(CheckpointError):
            checkpoints.load(Path(name), 7, {"x": np.zeros(1)}, STAMP)


def test_missing_parts_are_named(stored: Path) -> None:
    folder = stored / "step_000000000007"
    with pytest.raises(CheckpointError, match=r"There is no checkpoint .*step_000000000009"):
        load(stored, 9)
    for name in (STATE, META):
        (folder / name).unlink()
        with pytest.raises(CheckpointError, match=f"is incomplete: {STATE if name == STATE else META} is missing"):
            load(stored)


def test_only_whole_names_count_as_checkpoints(stored: Path) -> None:
    for name in (".writing_000000000009", "step_9", "step_x", "step_²", "step_000000000009.tmp", "notes"):
        (stored / name).mkdir()
    assert checkpoints.steps(stored) == [7]
    assert checkpoints.steps(stored / "none") == []


def test_a_failed_write_leaves_nothing(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for name in ("write", "write_json"):
        with monkeypatch.context() as patch:
            patch.setattr(durable, name, fail)
            with pytest.raises(OSError, match="No space left"):
                checkpoints.save(stored, 8, STATE_0, STAMP)
        assert [path.name for path in stored.iterdir()] == ["step_000000000007"]


def test_old_checkpoints_go_and_pinned_ones_stay(tmp_path: Path) -> None:
    for step in range(0, 100, 10):
        checkpoints.save(tmp_path, step, {"x": np.array(step)}, STAMP)
    checkpoints.prune(tmp_path, 3, {0, 40, 55})
    assert checkpoints.steps(tmp_path) == [0, 40, 70, 80, 90]
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_what_a_killed_process_left_aside_is_removed(stored: Path) -> None:
    for name in (".writing_000000000009", ".writing_000000000003_old"):
        (stored / name).mkdir()
        (stored / name / STATE).write_bytes(b"half")
    checkpoints.save(stored, 9, STATE_0, STAMP)
    assert sorted(path.name for path in stored.iterdir()) == ["step_000000000007", "step_000000000009"]


def test_a_run_with_an_altered_checkpoint_is_not_touched_and_resumes_from_the_one_before(root: Path) -> None:
    done = start(root)
    folder = done.folder
    whole = (folder.path / "metrics.jsonl").read_bytes()
    folder.update(status="failed")
    last = checkpoints.folder_of(folder.checkpoints, 40) / STATE
    last.write_bytes(last.read_bytes()[:-1])
    before = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file() and path.name != "lock"}
    with pytest.raises(CheckpointError, match="Delete that folder to resume from step 30, with the same bits"):
        launch.resume(folder)
    assert before == {path: path.read_bytes() for path in before}
    (last.parent / META).unlink()
    last.unlink()
    last.parent.rmdir()
    assert launch.resume(RunFolder(folder.path)).status == "finished"
    assert (folder.path / "metrics.jsonl").read_bytes() == whole
    assert issubclass(CheckpointError, RunFolderError)


def test_a_checkpoint_of_other_settings_says_which_differ(root: Path, tmp_path: Path) -> None:
    one = start(root, n_walkers=16, seed=1).folder
    other = start(root, n_walkers=32, p_move=0.25, seed=1).folder
    shutil.rmtree(one.checkpoints)
    shutil.copytree(other.checkpoints, one.checkpoints)
    record = json.loads((one.path / "run.json").read_text())
    (one.path / "run.json").write_text(json.dumps({**record, "status": "interrupted"}))
    with pytest.raises(CheckpointError) as raised:
        launch.resume(one)
    assert "they differ in n_walkers (there 32, here 16), p_move (there 0.25, here 0.5)." in str(raised.value)


def test_a_long_setting_is_kept_and_compared_as_a_digest(tmp_path: Path) -> None:
    long, other = ({"edges": text * 200, "n": 3} for text in "ab")
    checkpoints.save(tmp_path, 1, STATE_0, dataclasses.replace(STAMP, settings=long))
    meta = json.loads((tmp_path / "step_000000000001" / META).read_text())
    assert meta["settings"]["n"] == 3
    assert len(meta["settings"]["edges"]) < 20
    with pytest.raises(CheckpointError, match=r"they differ in edges \(there 'text [0-9a-f]{8}', here 'text"):
        load(tmp_path, 1, stamp=dataclasses.replace(STAMP, config_hash="ffffffff", settings=other))
