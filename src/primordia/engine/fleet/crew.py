"""The threads of a holder."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar, final

from primordia.core import threads

R = TypeVar("R")


@final
class Crew:
    """Threads that are kept from one piece of work to the next, because new ones need milliseconds to get a core."""

    def __init__(self) -> None:
        self._n_others = 0
        self._others: ThreadPoolExecutor | None = None

    def each(self, work: Callable[[int], R], n: int) -> list[R]:
        """What `work(i)` returns for every i below `n`; as many at a time as there are threads, which they share out.

        Raises:
            Exception: what the first of them to fail, by number, raised, once none is under way; some were not begun.
        """
        if (at_once := min(n, threads.available())) <= 1:
            return [work(i) for i in range(n)]
        share, turns = threads.available() // at_once, iter(range(n))
        done, failed = dict[int, R](), dict[int, BaseException]()

        def work_off() -> None:
            with threads.sharing(share):
                for i in turns:
                    try:
                        done[i] = work(i)
                    except BaseException as error:
                        failed[i] = error
                        list(turns)  # Nobody begins another.

        others = self._of(at_once - 1)
        under_way = [others.submit(work_off) for _ in range(at_once - 1)]
        work_off()
        wait(under_way)
        if failed:
            raise failed[min(failed)]
        return [done[i] for i in range(n)]

    def _of(self, n: int) -> ThreadPoolExecutor:
        if self._others is None or n > self._n_others:
            self._n_others, self._others = n, ThreadPoolExecutor(n)
        return self._others
