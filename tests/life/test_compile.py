"""The compiler door: what is cached, where, and that no edit anywhere leaves stale machine code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from primordia.life.compile import cache_folder

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


def test_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRIMORDIA_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "primordia" / "kernels"
    monkeypatch.setenv("PRIMORDIA_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own" / "kernels"
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("PRIMORDIA_CACHE", str(tmp_path / "file"))
    assert cache_folder() != tmp_path / "file" / "kernels"
    assert "primordia-kernels" in cache_folder().name
