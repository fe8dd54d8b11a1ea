"""What every test may rely on: no global generator is touched, the thread limit is put back, runs have a fresh root."""

from __future__ import annotations

import atexit
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from primordia.core import threads

# Before JAX starts, here and in processes of tests: a key that is used twice is an error, and programs are compiled
# without the optimisations that cost more time in small tests than they save.
os.environ.setdefault("JAX_DEBUG_KEY_REUSE", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    # What one process of tests compiled, the others load. Workers inherit the folder; the first process removes it.
    os.environ["JAX_COMPILATION_CACHE_DIR"] = tempfile.mkdtemp(prefix="primordia-tests-")
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.1"
    atexit.register(shutil.rmtree, os.environ["JAX_COMPILATION_CACHE_DIR"], ignore_errors=True)

IMPORTS_THAT_DRAW = {"jax", "rich.style"}
"""Packages that draw from a global generator while they are imported, once in a process."""


@pytest.fixture(autouse=True)
def _nothing_global_changes(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that draws from or seeds a global generator; put the thread limit back."""
    before, loaded = _generators(), IMPORTS_THAT_DRAW & sys.modules.keys()
    yield
    threads.limit(None)
    # Hypothesis seeds and restores the global generators around its own tests.
    if not getattr(request.function, "is_hypothesis_test", False) and loaded == IMPORTS_THAT_DRAW & sys.modules.keys():
        assert _generators() == before, "the test used a global random generator"


def _generators() -> tuple[object, bytes]:
    words = np.random.get_state(legacy=True)[1]  # noqa: NPY002  # watched, not used
    return random.getstate(), np.asarray(words).tobytes()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty folder for runs."""
    return tmp_path / "runs"
