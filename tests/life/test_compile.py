"""The compiler door: what is cached, where, and that no edit anywhere leaves stale machine code."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from primordia.life import compile as compiling
from primordia.life.compile import kernel, shelf

INNER = """
from primordia.life.compile import kernel
@kernel
def inner(x):
    return x + {constant}
"""
OUTER = """
import sys
from inner import inner
from shape import FACTOR
from primordia.life.compile import kernel
@kernel
def outer(x):
    return inner(x) * FACTOR
print(outer(10), sum(outer.dispatcher.stats.cache_hits.values()))
"""


def run_outer(folder: Path, constant: int, factor: int) -> tuple[int, int]:
    """Result and cache hits of a kernel that calls one in a second file and names a constant of a third."""
    (folder / "inner.py").write_text(INNER.format(constant=constant), encoding="utf-8")
    (folder / "shape.py").write_text(f"FACTOR = {factor}\n", encoding="utf-8")
    (folder / "outer.py").write_text(OUTER, encoding="utf-8")
    # A rewrite within one second and of equal length must not be mistaken for the file before.
    for name in ("inner", "shape", "outer"):
        os.utime(folder / f"{name}.py", (1_700_000_000, 1_700_000_000))
    environment = os.environ | {"PRIMORDIA_CACHE": str(folder / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "outer.py"], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    result, hits = done.stdout.split()
    return int(result), int(hits)


def test_an_edit_in_another_file_recompiles(tmp_path: Path) -> None:
    assert run_outer(tmp_path, 1, 2) == (22, 0)
    assert run_outer(tmp_path, 1, 2) == (22, 1)
    assert run_outer(tmp_path, 5, 2) == (30, 0)
    assert run_outer(tmp_path, 5, 3) == (45, 0)
    assert run_outer(tmp_path, 1, 2) == (22, 1)


@pytest.mark.slow
def test_a_soup_is_cached_across_processes(tmp_path: Path) -> None:
    """A second start compiles nothing, in whatever language."""
    code = """
from primordia.life import interact, soup
from primordia.life.substrates import substrate
for name in ("bff", "bff8"):
    soup.run_epochs(name, soup.random_soup(1, 8), seed=1, first_epoch=0, n_epochs=2, mutation_threshold=9, max_steps=9)
kernels = [interact.interact, interact.shuffle, substrate("bff").execute, substrate("bff8").execute]
print(sum(sum(k.dispatcher.stats.cache_misses.values()) for k in kernels))
"""
    environment = os.environ | {"PRIMORDIA_CACHE": str(tmp_path)}
    misses = [
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert int(misses[0]) > 0
    assert int(misses[1]) == 0


def test_without_a_folder_everything_runs_and_nothing_is_kept(tmp_path: Path) -> None:
    kept, source = tmp_path / "kept", tmp_path / "source"
    for folder in (kept, source):
        folder.mkdir()
    (kept / "file").write_text("not a folder", encoding="utf-8")
    (kept / f"primordia-kernels-{os.getuid()}").write_text("nor this", encoding="utf-8")
    (source / "inner.py").write_text(INNER.format(constant=1), encoding="utf-8")
    places = {"PRIMORDIA_CACHE": str(kept / "file"), "TMPDIR": str(kept), "PYTHONDONTWRITEBYTECODE": "1"}
    code = "from inner import inner; print(inner(1))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=source, env=os.environ | places, capture_output=True, text=True, check=True
    )
    assert done.stdout == "2\n"
    assert len(list(kept.iterdir())) == 2
    assert len(list(source.iterdir())) == 1


def test_forgotten_machine_code_is_removed_when_some_is_added(tmp_path: Path) -> None:
    old, unfinished = "0" * 20, "gone-" + "1" * 20
    for name in (old, unfinished, "2" * 20, "3" * 20, "not-ours"):
        (tmp_path / name / "inside").mkdir(parents=True)
    long_ago = time.time() - compiling.UNUSED - 60
    for name in (old, "3" * 20, "not-ours"):
        os.utime(tmp_path / name, (long_ago, long_ago))
    # What is used is marked, and nothing is removed for it.
    assert shelf(tmp_path, "3" * 20) == tmp_path / ("3" * 20)
    assert (tmp_path / old).exists()
    assert time.time() - (tmp_path / ("3" * 20)).stat().st_mtime < 60
    assert shelf(tmp_path, "4" * 20).is_dir()
    assert {path.name for path in tmp_path.iterdir()} == {".lock", "not-ours", "2" * 20, "3" * 20, "4" * 20}


def test_what_another_process_has_just_marked_stays(tmp_path: Path) -> None:
    """Both need the lock, so either the mark comes first and is seen, or the folder is gone and is made anew."""
    old = tmp_path / ("0" * 20)
    old.mkdir()
    long_ago = time.time() - compiling.UNUSED - 60
    os.utime(old, (long_ago, long_ago))
    with open(tmp_path / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        remover = threading.Thread(target=shelf, args=(tmp_path, "1" * 20))
        remover.start()
        time.sleep(0.1)
        assert old.exists()
        os.utime(old)
    remover.join()
    assert old.exists()


def test_threads_that_meet_at_a_new_kernel_make_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One names the other, and one has a signature, so that it compiles as it is made: no order of locks may block."""
    import numba

    monkeypatch.setenv("PRIMORDIA_CACHE", str(tmp_path))
    before, made, folders = numba.config.CACHE_DIR, [], []
    real = numba.njit

    def slow(*signature: Any, **options: Any) -> Any:
        if options.get("error_model") == "numpy":  # ours; Numba decorates parts of its own
            made.append(signature)
            time.sleep(0.05)
            folders.append(numba.config.CACHE_DIR)
        return real(*signature, **options)

    for _ in range(3):
        made.clear()
        folders.clear()
        inner = kernel(_inner, "int64(int64)")
        monkeypatch.setitem(_outer.__globals__, "INNER_KERNEL", inner)
        outer = kernel(_outer)
        results: list[int] = []
        barrier = threading.Barrier(8)

        def call(which: Any, results: list[int] = results, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            results.append(int(which(3)))

        # Daemons, so that threads which block each other fail this test instead of hanging it.
        callers = [threading.Thread(target=call, args=(which,), daemon=True) for which in [inner, outer] * 4]
        with monkeypatch.context() as patch:
            patch.setattr(numba, "njit", slow)
            for caller in callers:
                caller.start()
            for caller in callers:
                caller.join(timeout=60)
                assert not caller.is_alive()
        assert sorted(results) == [4] * 4 + [8] * 4
        assert len(made) == 2
        assert sorted(folders) == sorted(str(tmp_path / "kernels" / each.digest) for each in (inner, outer))
        assert before == numba.config.CACHE_DIR


def _inner(x):  # type: ignore[no-untyped-def]
    return x + 1


def _outer(x):  # type: ignore[no-untyped-def]
    return INNER_KERNEL(x) * 2


INNER_KERNEL: Any = None
