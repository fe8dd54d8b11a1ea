"""How many threads kernels may use. Results never depend on it; only time does."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

from primordia.core.errors import ConfigError

LEAST_POOL = 4
"""LAPACK calls occupy a thread of JAX's pool and wait for others of it: with two threads, two calls at a time wait for
ever (jaxlib 0.10.2, seen with eigvalsh beside solve on two cores). One thread is safe, and so are four."""

_limit: int | None = None
_here = threading.local()


def available() -> int:
    """The number of threads a kernel should use: the limit if one was set, otherwise the cores this process may use."""
    if (share := getattr(_here, "share", None)) is not None:
        return int(share)
    if _limit is not None:
        return _limit
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def limit(n_threads: int | None) -> None:
    """Let kernels use at most `n_threads` (None: all cores of this process).

    Raises:
        ConfigError: fewer than one thread.
    """
    global _limit
    if n_threads is not None and n_threads < 1:
        raise ConfigError(f"threads={n_threads} is out of range: it must be at least 1; the nearest is 1.")
    _limit = n_threads


@contextlib.contextmanager
def sharing(n_threads: int) -> Iterator[None]:
    """So many threads for what this one calls: its share where several compute at a time."""
    before = getattr(_here, "share", None)
    _here.share = n_threads
    try:
        yield
    finally:
        _here.share = before


def pool(n_threads: int) -> int:
    """The size of JAX's pool for so many threads."""
    return n_threads if n_threads == 1 else max(n_threads, LEAST_POOL)


def prepare_jax() -> None:
    """Say how large JAX's pool is to be, unless that was said; wings that use JAX call it before they import it."""
    os.environ.setdefault("NPROC", str(max(LEAST_POOL, os.cpu_count() or 1)))
