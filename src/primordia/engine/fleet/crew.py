"""The threads of a holder."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from primordia.core import threads

R = TypeVar("R")


def each(work: Callable[[int], R], n: int) -> list[R]:
    """What `work(i)` returns for every i below `n`; as many at a time as there are threads, which they share out.

    Raises:
        Exception: what the first of them to fail, by number, raised, once none is under way; some were not begun.
    """
    if (at_once := min(n, threads.available())) <= 1:
        return [work(i) for i in range(n)]
    share = threads.available() // at_once

    def apart(i: int) -> R:
        with threads.sharing(share):
            return work(i)

    with ThreadPoolExecutor(at_once) as workers:
        return list(workers.map(apart, range(n)))
