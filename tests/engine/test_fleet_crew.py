"""Work on shards that is shared out among the threads of a holder."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from primordia.core import threads
from primordia.engine.fleet.crew import Crew


@pytest.fixture(autouse=True)
def _limit_is_lifted() -> Iterator[None]:
    yield
    threads.limit(None)


@pytest.mark.parametrize(("n_threads", "n", "share"), [(1, 3, 1), (2, 5, 1), (7, 3, 2), (4, 1, 4)])
def test_pieces_of_work_share_the_threads(n_threads: int, n: int, share: int) -> None:
    threads.limit(n_threads)
    assert Crew().each(lambda i: (i, threads.available()), n) == [(i, share) for i in range(n)]
    assert threads.available() == n_threads


def test_as_many_pieces_as_threads_are_done_at_a_time() -> None:
    threads.limit(3)
    meeting = threading.Barrier(3, timeout=60)
    assert Crew().each(lambda i: meeting.wait() >= 0, 6) == [True] * 6


def test_a_failure_is_raised_and_leaves_nothing_under_way() -> None:
    threads.limit(2)
    begun, done = list[int](), list[int]()

    def work(i: int) -> None:
        begun.append(i)
        if i == 1:
            raise KeyError(i)
        done.append(i)

    with pytest.raises(KeyError, match="1"):
        Crew().each(work, 50)
    assert sorted([*done, 1]) == sorted(begun)
    assert threads.available() == 2
