"""Runs in a store: sent in an order that may be broken off anywhere, held by one process, read through a copy."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from sweeping import FAILS, Doomed, folders, n_ended, plan

from primordia.core import config as configs
from primordia.core.errors import BadInputError, RunFolderError, StoreError
from primordia.engine import environment, opening, schedule
from primordia.engine.executors import stored
from primordia.engine.executors.local import Local
from primordia.engine.folder import RunFolder, now
from primordia.engine.helm import Helm
from primordia.engine.ring import Ring
from primordia.engine.sweeps import retry, storemirror, sweepfolder
from primordia.engine.sweeps.cells import Work
from primordia.engine.sweeps.designs import Design
from primordia.engine.sweeps.driver import drive
from primordia.engine.sweeps.store import Store, is_url
from primordia.engine.sweeps.storedruns import StoredRun
from primordia.engine.sweeps.storelock import StoreLock
from runs import ENVIRONMENT, assert_same, start
from walk import Walk, WalkConfig

CADENCE = {"steps": 26, "every": 4, "checkpoint_every": 5, "keep": 1}


class Killed(BaseException):
    """The process is gone."""


class Executioner:
    """Breaks off at the n-th object that is written or deleted in memory://, and at each one after it."""

    def __init__(self, n: int) -> None:
        self.n, self.count = n, 0

    def due(self) -> None:
        self.count += 1
        if self.count >= self.n:
            raise Killed


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRIMORDIA_CACHE", str(tmp_path / "cache"))


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    yield Store(f"file://{tmp_path / 'store'}" if request.param == "file" else f"memory://{tmp_path.name}")
    MemoryFileSystem.store.clear()


def work(root: str, seed: int = 0) -> Work:
    walk = Walk()
    return Work(
        index=0,
        root=root,
        name="00000-aaaaaaaa",
        address="walk:Walk",
        config=configs.to_dict(WalkConfig(seed=seed, n_sites=16)),
        schedule=configs.to_dict(schedule.make(walk, CADENCE)),
        slug="small",
        n_threads=1,
        looks=False,
    )


def compute(root: str, begun: Callable[[], None] = lambda: None) -> Any:
    return stored.run(work(root), Helm(ring=Ring(0)), begun)


def pulled(root: str, into: Path) -> RunFolder:
    """A run fetched whole from a store."""
    assert StoredRun(Store(root).under("tests/walk/00000-aaaaaaaa"), into).pull()
    return RunFolder(into)


@pytest.mark.parametrize("stride", [4, pytest.param(1, marks=pytest.mark.thorough)])
def test_a_run_goes_on_with_the_same_bits_wherever_sending_it_was_broken_off(
    stride: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    monkeypatch.setattr(stored, "PUSH_SECONDS", 0.0)
    write, remove = MemoryFileSystem.pipe_file, MemoryFileSystem.rm_file
    executioner = Executioner(10**9)

    def dying_write(*arguments: Any, **options: Any) -> Any:
        executioner.due()
        return write(*arguments, **options)

    def dying_remove(*arguments: Any, **options: Any) -> Any:
        executioner.due()
        return remove(*arguments, **options)

    monkeypatch.setattr(MemoryFileSystem, "pipe_file", dying_write)
    monkeypatch.setattr(MemoryFileSystem, "rm_file", dying_remove)
    assert compute("memory://whole").status == "finished"
    whole = pulled("memory://whole", tmp_path / "whole")
    n_all = executioner.count
    assert n_all > 30
    found: set[object] = set()
    for n in range(1, n_all + 1, stride):
        root = f"memory://killed{n}"
        executioner.n, executioner.count = n, 0
        with pytest.raises(Killed):
            compute(root)
        executioner.n = 10**9
        # Of a dead process the lock would be taken over; this one lives.
        Store(root).remove([f"{stored.HOLDERS}/00000-aaaaaaaa.json"])
        left = StoredRun(Store(root).under("tests/walk/00000-aaaaaaaa"), tmp_path / "left" / str(n))
        found.add(RunFolder(left.path).record()["step"] if left.pull() else None)
        assert compute(root).status == "finished"
        assert_same(pulled(root, tmp_path / str(n)), whole)
    assert None in found
    assert len(found) >= 4


def test_what_is_left_of_a_run_without_a_record_is_no_part_of_the_next(tmp_path: Path) -> None:
    """A whole checkpoint without its rows would be gone on from, and the rows would be missing."""
    compute("memory://first")
    run = Store("memory://first").under("tests/walk/00000-aaaaaaaa")
    run.remove(["run.json", "metrics.jsonl"])
    assert any(name.startswith("checkpoints/") for name in run.marks())
    assert StoredRun(run, tmp_path).pull() is False
    assert run.marks() == {}
    assert list(tmp_path.iterdir()) == [tmp_path / "cache"] or list(tmp_path.iterdir()) == []


def test_a_run_that_another_process_took_over_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "PUSH_SECONDS", 0.0)
    root, lock = "memory://taken", f"{stored.HOLDERS}/00000-aaaaaaaa.json"
    theirs = (json.dumps(["elsewhere", 7, now(), "other"]) + "\n").encode()
    ended = compute(root, begun=lambda: Store(root).write({lock: theirs}))
    assert (ended.status, ended.reason) == ("interrupted", stored.LOST)
    assert list(Store(root).marks()) == [lock]
    assert Store(root).read(lock)[0] == theirs  # type: ignore[index]


def test_a_store_that_is_gone_at_the_end_is_a_death_and_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise StoreError("memory://gone cannot be used")

    monkeypatch.setattr(StoredRun, "push", refuse)
    ended = compute("memory://gone")
    assert ended.status == "died"
    assert "memory://gone cannot be used" in ended.reason
    monkeypatch.undo()
    assert compute("memory://gone").status == "finished"


def test_objects_are_written_read_listed_claimed_and_deleted(store: Store) -> None:
    assert store.marks() == {}
    assert store.read("a/b") is None
    store.write({"a/b": b"one", "a/c": b"two", "ab": b"three"})
    before = store.marks()
    assert sorted(before) == ["a/b", "a/c", "ab"]
    assert sorted(store.marks("a")) == ["a/b", "a/c"]
    found = store.read("a/b")
    assert found == (b"one", before["a/b"])
    assert not store.claim("a/b", b"mine")
    assert store.claim("a/b", b"longer", before["a/b"])
    assert not store.claim("a/b", b"late", before["a/b"])
    assert store.marks()["a/b"] != before["a/b"]
    assert store.claim("new/one", b"")
    store.remove(["a/b", "ab"])
    store.remove(["a/b", "never was"])
    assert sorted(store.marks()) == ["a/c", "new/one"]


def test_a_file_that_is_broken_off_does_not_appear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(f"file://{tmp_path}")
    store.write({"one": b"whole"})
    write = LocalFileSystem.pipe_file

    def half(self: Any, path: str, content: bytes, **options: Any) -> None:
        write(self, path, content[: len(content) // 2], **options)
        raise Killed

    monkeypatch.setattr(LocalFileSystem, "pipe_file", half)
    for name in ("one", "two"):
        with pytest.raises(Killed):
            store.write({name: b"something else"})
    assert list(store.marks()) == ["one"]
    assert (tmp_path / "one").read_bytes() == b"whole"


def test_one_process_holds_a_lock(store: Store) -> None:
    with StoreLock(store, "lock.json"):
        with pytest.raises(RunFolderError, match=f"driven on host {environment.host()} as pid {os.getpid()} "):
            StoreLock(store, "lock.json").__enter__()
        assert "lock.json" in store.marks()
    assert store.marks() == {}
    with StoreLock(store, "lock.json") as again:
        assert again.is_ours()


def test_a_lock_of_the_dead_is_taken_over_and_one_of_the_living_is_not(store: Store) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    long_ago = "2020-01-01T00:00:00Z"
    cases = [
        ([environment.host(), gone.pid, now(), "t"], True),
        (["elsewhere", 1, long_ago, "t"], True),
        (["elsewhere", 1, now(), "t"], False),
        ("not a lock", True),
    ]
    for held, is_free in cases:
        store.write({"lock.json": json.dumps(held).encode()})
        lock = StoreLock(store, "lock.json")
        assert (lock.take() is None) is is_free, held
        assert lock.is_ours() is is_free
        lock.leave()


def test_of_two_who_find_a_dead_holder_one_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write({"lock.json": json.dumps(["elsewhere", 1, "2020-01-01T00:00:00Z", "t"]).encode()})
    first, second = StoreLock(store, "lock.json"), StoreLock(store, "lock.json")
    read, outcomes = Store.read, []

    def interleaved(self: Store, name: str) -> Any:
        """After the first has read, the second takes the lock whole."""
        found = read(self, name)
        monkeypatch.setattr(Store, "read", read)
        outcomes.append(second.take())
        return found

    monkeypatch.setattr(Store, "read", interleaved)
    outcomes.append(first.take())
    assert outcomes[0] is None
    assert outcomes[1].pid == os.getpid()
    assert (first.is_ours(), second.is_ours()) == (False, True)
    second.leave()


def test_a_url_is_known_also_where_it_was_taken_for_a_path(tmp_path: Path) -> None:
    assert is_url("s3://bucket/runs")
    assert not is_url("runs/s3:bucket")
    assert storemirror.url_of(Path("s3://bucket/runs/")) == "s3://bucket/runs"
    assert storemirror.url_of("memory://a/b") == "memory://a/b"
    assert storemirror.url_of(Path("file:///a/b")) == storemirror.url_of("file:///a/b") == "file:///a/b"
    assert storemirror.url_of(tmp_path) is None
    assert storemirror.url_of("runs") is None
    assert storemirror.here(tmp_path) == tmp_path


def test_a_missing_library_is_named() -> None:
    with pytest.raises(BadInputError, match=r"nosuch://x/y"):
        Store("nosuch://x/y")


def test_a_sweep_in_a_store_is_the_sweep_in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begun, added to, retried and asked about; its folders here lack nothing that a reader of sweeps uses."""
    monkeypatch.setitem(os.environ, "PYTHONPATH", ENVIRONMENT["PYTHONPATH"])
    url = f"file://{tmp_path / 'store'}"
    sweep = plan(Path(url), [0, FAILS], Doomed)  # type: ignore[arg-type]
    with Executing() as executor:
        tally = drive(sweep, executor)
    assert (tally.finished, tally.failed) == (1, 1)
    assert {one.status for one in sweepfolder.find(Path(url), "latest").all_found()} == {"finished", "failed"}
    again = sweepfolder.find(Path(url), sweep.name)
    assert len(again.add([Design(seeds=(7,))])) == 1
    assert [len(cells) for cells in retry.set_back(again)] == [1, 0]
    assert [one.status for one in sweepfolder.find(Path(url), "latest").all_found()] == [
        "finished", "stopped", "waiting"
    ]  # fmt: skip
    with Executing() as executor:
        tally = drive(again, executor)
    assert (tally.finished, tally.failed) == (2, 1)
    there = tmp_path / "store" / "sweeps" / sweep.name
    assert {name.split("/")[0] for name in Store(f"file://{there}").marks()} == {"plan.json", "tests"}
    for seed in (0, 7):
        other = start(tmp_path / "plain", Doomed, seed=seed)
        (run,) = [folder for folder in opening.all_folders(there) if folder.record()["seed"] == seed]
        assert_same(run, other.folder)
        assert n_ended(run) == 1
    assert folders(again)[0].metrics.read() == folders(dataclasses.replace(again, path=there))[0].metrics.read()


def test_only_what_changed_is_fetched_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    store = Store("memory://many")
    store.write({f"tests/walk/{n}/{name}": b"{}" for n in range(5) for name in ("run.json", "views/ring/1.png")})
    store.write({"plan.json": b"{}"})
    fetched: list[list[str]] = []
    fetch = Store.fetch

    def counted(self: Store, names: list[str], into: Path) -> set[str]:
        fetched.append(sorted(names))
        return fetch(self, names, into)

    monkeypatch.setattr(Store, "fetch", counted)
    storemirror.Mirror(store.url, tmp_path / "copy").fetch()
    assert len(fetched[-1]) == 6
    store.write({"tests/walk/3/run.json": b"[]"})
    store.remove(["tests/walk/4/run.json"])
    storemirror.Mirror(store.url, tmp_path / "copy").fetch()
    assert fetched[-1] == ["tests/walk/3/run.json"]
    assert (tmp_path / "copy/tests/walk/3/run.json").read_bytes() == b"[]"
    assert not (tmp_path / "copy/tests/walk/4/run.json").exists()


def test_an_object_that_goes_after_it_was_listed_is_no_error_for_a_reader_and_one_for_a_worker(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write({"run.json": b"{}", "plan.json": b"{}"})
    marks = Store.marks

    def ghostly(self: Store, under: str = "") -> dict[str, str]:
        return {**marks(self, under), "holders/gone.json": "mark"}

    monkeypatch.setattr(Store, "marks", ghostly)
    mirror = storemirror.Mirror(store.url, tmp_path / "copy")
    mirror.fetch()
    assert sorted(mirror.marks) == ["plan.json", "run.json"]
    assert not (tmp_path / "copy" / "holders").exists()
    with pytest.raises(StoreError, match=r"lost holders/gone\.json"):
        StoredRun(store, tmp_path / "run").pull()


def test_a_plan_that_was_changed_in_between_is_not_overwritten(tmp_path: Path) -> None:
    sweep = plan(Path("memory://shared"), [0])
    store = Store(f"memory://shared/sweeps/{sweep.name}")
    store.write({"plan.json": b"{}   "})
    before = (sweep.path / "plan.json").read_bytes()
    with pytest.raises(RunFolderError, match="changed by another process"):
        sweep.add([Design(seeds=(1,))])
    assert (sweep.path / "plan.json").read_bytes() == before
    assert store.read("plan.json")[0] == b"{}   "  # type: ignore[index]


class Executing:
    """Two workers, for a while."""

    def __enter__(self) -> Local:
        self.executor = Local(2, 1)
        return self.executor

    def __exit__(self, *_: object) -> None:
        self.executor.close()
