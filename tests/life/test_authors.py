"""The authors' simulator: its worlds, options and files, against what it wrote (life/authors/soups.py says how)."""

from __future__ import annotations

import errno
import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracles import plain_worlds as plain
from primordia.core import config as configs
from primordia.core.errors import BadInputError, ConfigError
from primordia.core.streams import Streams
from primordia.life.authors import files
from primordia.life.authors.soups import EPOCHS, SETTINGS, SOUPS, Soup
from primordia.life.experiments import continuing, known
from primordia.life.experiments.bff import Bff, BffConfig
from primordia.life.experiments.soup import CLAIMS
from primordia.life.experiments.soups import SoupState
from primordia.life.worlds.neighbours import text_of_edges

BFF = Bff()


def sparse_edges() -> list[tuple[int, int]]:
    """From none to four neighbours for every third program, none for the others."""
    goals = {(i, k): (7 * i + 13 * k + 1) % 480 for i in range(0, 480, 3) for k in range(i % 5)}
    return [(i, goal if goal != i else 1) for (i, _), goal in goals.items()]


def pattern_of_the_authors() -> str:
    """Their script's pattern for a grid of 24 x 20, in the order in which it writes the lines."""
    return "".join(f"{i} {j}\n" for i, near in enumerate(plain.grid_lists(24, 20, 2)) for j in near)


GOLDEN = {
    **SOUPS,
    "the grid as a pattern": Soup("", {"world": "edges", "edges": pattern_of_the_authors()}, SOUPS["grid"].hashes),
    "a sparse pattern": Soup(
        "--lang bff --interaction_pattern, sparse_edges()",
        {"world": "edges", "edges": text_of_edges(sparse_edges()), "language": "bff"},
        ("d06148b1d8438192", "d147c6e11ab92e54", "42b4a476a6d8ff83"),
    ),
}


def config_of(**changes: Any) -> BffConfig:
    return configs.override(BffConfig(), {**SETTINGS, **changes})


def digest(soup: np.ndarray) -> str:
    return hashlib.sha256(soup.tobytes()).hexdigest()[:16]


def soups_of(config: BffConfig, stops: tuple[int, ...]) -> list[SoupState]:
    streams, at, found = Streams(config.seed), 0, []
    state = BFF.init(config, streams)
    for stop in stops:
        state, _ = BFF.advance(config, state, streams, at, stop - at)
        at = stop
        found.append(state)
    return found


@pytest.mark.parametrize("name", GOLDEN)
def test_soups_of_the_authors_simulator(name: str) -> None:
    _, settings, hashes = GOLDEN[name]
    assert tuple(digest(state.soup) for state in soups_of(config_of(**settings), EPOCHS)) == hashes


def test_the_claim_counts_what_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = CLAIMS[0]
    measured = claim.measure(claim.setup)
    assert measured.value == claim.expected.high == 3 * len(SOUPS)
    monkeypatch.setattr(known, "SOUPS", {"mixed": SOUPS["mixed"]._replace(hashes=("0", SOUPS["mixed"].hashes[1], "1"))})
    assert claim.measure(claim.setup).value == 1


@pytest.mark.parametrize("name", ["fresh starts", "fresh zeros", "grid", "an organism"])
def test_a_run_may_be_divided_anywhere(name: str) -> None:
    _, settings, hashes = GOLDEN[name]
    assert digest(soups_of(config_of(**settings), tuple(range(1, 25)))[-1].soup) == hashes[-1]
    assert digest(soups_of(config_of(**settings), (4, 7, 13, 24))[-1].soup) == hashes[-1]


@pytest.mark.parametrize(
    ("settings", "whole_file"), [({}, "76643b5329f26ae7"), ({"reset_every": 5}, "3b1ca6d977f0dd32")]
)
def test_checkpoints_are_written_as_theirs_to_the_byte(
    tmp_path: Path, settings: dict[str, Any], whole_file: str
) -> None:
    config = config_of(**settings)
    state = soups_of(config, (8,))[0]
    files.write_checkpoint(tmp_path / "0000000007.dat", continuing.checkpoint_of(config, state, 8))
    assert hashlib.sha256((tmp_path / "0000000007.dat").read_bytes()).hexdigest()[:16] == whole_file


@pytest.mark.parametrize("name", ["mixed", "fresh starts", "grid"])
def test_a_run_continues_from_their_checkpoint(tmp_path: Path, name: str) -> None:
    """One made after epoch 5 with fresh starts every 5: one is due before the next epoch."""
    _, settings, hashes = GOLDEN[name]
    config = config_of(**settings)
    stored = continuing.checkpoint_of(config, soups_of(config, (6,))[0], 6)
    files.write_checkpoint(tmp_path / "stored.dat", stored)
    state, t = continuing.state_of(config, files.read_checkpoint(tmp_path / "stored.dat"))
    state, _ = BFF.advance(config, state, Streams(config.seed), t, 24 - t)
    assert digest(state.soup) == hashes[-1]


@given(st.integers(1, 400), st.integers(1, 60))
def test_the_reset_index_is_counted_by_them_epoch_after_epoch(epochs: int, every: int) -> None:
    index = 1
    for epoch in range(epochs):
        assert files.reset_index(every, epoch + 1) == index  # they store it here
        index += epoch % every == 0
    assert files.reset_index(0, epochs) == 1


@given(st.integers(1, 5), st.integers(1, 2**40), st.integers(1, 99), st.data())
def test_checkpoints_come_back_as_they_were(half: int, epoch: int, index: int, data: st.DataObject) -> None:
    import tempfile

    content = data.draw(st.binary(min_size=128 * half, max_size=128 * half))
    soup = np.frombuffer(content, np.uint8).reshape(-1, 64)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.dat"
        files.write_checkpoint(path, files.Checkpoint(index, epoch, soup))
        back = files.read_checkpoint(path)
    assert (back.reset_index, back.epoch, back.soup.tobytes()) == (index, epoch, content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it has 0 bytes and the header alone has 24; it was cut short"),
        (b"x" * 23, "it has 23 bytes"),
        (files.HEADER.pack(1, 4, 9) + bytes(255), "was cut short: it has 279 bytes, and 4 programs of 64 .* make 280"),
        (files.HEADER.pack(1, 4, 9) + bytes(257), "has something behind its end: it has 281 bytes"),
        (files.HEADER.pack(1, 3, 9) + bytes(192), "says 3 programs.*an even number"),
        (files.HEADER.pack(1, -4, 9), "says -4 programs"),
        (files.HEADER.pack(1, 2**60, 9), "programs, 9 epochs"),
        (files.HEADER.pack(0, 4, 9) + bytes(256), "reset index 0"),
        (b"{'a': 'json file, perhaps'}", "is no checkpoint of the authors'"),
    ],
)
def test_files_that_are_no_checkpoints(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "bad.dat").write_bytes(content)
    with pytest.raises(BadInputError, match=words):
        files.read_checkpoint(tmp_path / "bad.dat")


def test_checkpoints_that_are_not_there_or_in_the_way(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read: No such file"):
        files.read_checkpoint(tmp_path / "none.dat")
    (tmp_path / "kept.dat").write_text("precious")
    for write, given_ in (
        (files.write_checkpoint, files.Checkpoint(1, 1, np.zeros((2, 64), np.uint8))),
        (files.write_pattern, [(0, 1)]),
    ):
        with pytest.raises(BadInputError, match="cannot be written: File exists"):
            write(tmp_path / "kept.dat", given_)
    assert (tmp_path / "kept.dat").read_text() == "precious"


def test_a_full_disk_leaves_no_torn_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, content: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    def opened(path: Path, mode: str) -> Full:
        Path(path).touch(exist_ok=False)
        return Full()

    monkeypatch.setattr(files, "open", opened, raising=False)
    for write, given_ in (
        (files.write_checkpoint, files.Checkpoint(1, 1, np.zeros((2, 64), np.uint8))),
        (files.write_pattern, [(0, 1)]),
    ):
        with pytest.raises(BadInputError, match="cannot be written: No space left on device"):
            write(tmp_path / "new", given_)
        assert not list(tmp_path.iterdir())


def test_checkpoints_of_another_soup_are_refused() -> None:
    config = config_of()
    stored = continuing.checkpoint_of(config, soups_of(config, (6,))[0], 6)
    with pytest.raises(ConfigError, match="has n_programs=480 and the run 256: give 480"):
        continuing.state_of(config_of(n_programs=256), stored)
    with pytest.raises(BadInputError, match="begun anew 0 times; with reset_every=2 it would be 3 after 6 epochs"):
        continuing.state_of(config_of(reset_every=2), stored)
    with pytest.raises(ConfigError, match="carries no tokens: give tokens=false"):
        continuing.state_of(config_of(tokens=True), stored)
    with pytest.raises(BadInputError, match="take step 1"):
        continuing.checkpoint_of(config, BFF.init(config, Streams(1)), 0)


def test_patterns_go_out_and_come_back(tmp_path: Path) -> None:
    files.write_pattern(tmp_path / "pattern.txt", sparse_edges())
    assert files.read_pattern(tmp_path / "pattern.txt", 480) == sparse_edges()
    with pytest.raises(BadInputError, match=r"Line 1 .* names program 22, .* the nearest is 4"):
        files.read_pattern(tmp_path / "pattern.txt", 5)
    with pytest.raises(BadInputError, match="cannot be read: No such file"):
        files.read_pattern(tmp_path / "none.txt", 5)
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x80")
    with pytest.raises(BadInputError, match="it is not text"):
        files.read_pattern(tmp_path / "binary.txt", 5)
