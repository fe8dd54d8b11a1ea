"""How many threads kernels may use. Results never depend on it; only time does."""

from __future__ import annotations

import os

from primordia.core.errors import ConfigError

_limit: int | None = None


def available() -> int:
    """The number of threads a kernel should use: the limit if one was set, otherwise the cores this process may use."""
    return (
        _limit
        if _limit is not None
        else len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1
    )


def limit(n_threads: int | None) -> None:
    """Let kernels use at most `n_threads` (None: all cores of this process).

    Raises:
        ConfigError: fewer than one thread.
    """
    global _limit
    if n_threads is not None and n_threads < 1:
        raise ConfigError(f"threads={n_threads} is out of range: it must be at least 1; the nearest is 1.")
    _limit = n_threads
