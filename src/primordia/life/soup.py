"""A well-mixed soup: random programs that meet in pairs, run as one tape, and part again.

Everything is a function of the seed and the epoch number, so any split of the epochs into calls, and any number of
threads, gives the same bits; they are those of the authors' simulator (specification 2.1 and 2.2).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from primordia.core import threads
from primordia.life import counter
from primordia.life.interact import execute_each, interact
from primordia.life.substrates import substrate

__all__ = ["evaluate", "random_soup", "run_epochs"]

Bytes = NDArray[np.uint8]


def random_soup(seed: int, n_programs: int, tape_length: int = 64) -> Bytes:
    """The initial soup [program byte] of a seed, uniform random bytes."""
    soup = np.empty((n_programs, tape_length), np.uint8)
    counter.fill_soup(np.uint64(seed), soup)
    return soup


def evaluate(
    substrate_name: str, tapes: Bytes, max_steps: int, n_threads: int | None = None
) -> tuple[Bytes, NDArray[np.int64]]:
    """Runs each tape [tape byte] alone, without mutation.

    Returns:
        The final tapes [tape byte] and the operations [tape] of each.
    """
    execute = substrate(substrate_name).execute.dispatcher
    final = np.array(tapes, np.uint8, order="C")
    operations = np.zeros(len(final), np.int64)
    with _Team(n_threads) as team:
        team.over(len(final), lambda lo, hi: execute_each(execute, final, max_steps, operations, lo, hi))
    return final, operations


def run_epochs(
    substrate_name: str,
    soup: Bytes,
    *,
    seed: int,
    first_epoch: int,
    n_epochs: int,
    mutation_threshold: int,
    max_steps: int,
    n_threads: int | None = None,
) -> tuple[Bytes, int]:
    """Runs a soup [program byte] for n_epochs epochs, the first of which has the number first_epoch (0-based).

    Args:
        mutation_threshold: M, a byte mutates with probability M / 2^30.
        max_steps: steps after which an interaction ends.

    Returns:
        The new soup and the operations of the last epoch, summed over its pairs (0 when n_epochs is 0).
    """
    execute = substrate(substrate_name).execute.dispatcher
    soup = np.array(soup, np.uint8, order="C")
    words = soup.view(np.uint64)
    swaps, order = np.empty(len(soup), np.int32), np.empty(len(soup), np.int32)
    world, threshold = np.uint64(seed), np.uint64(mutation_threshold)
    operations = 0
    with _Team(n_threads) as team:
        for t in range(first_epoch, first_epoch + n_epochs):
            epoch = np.uint64(t)
            counter.draw_swaps(world, epoch, swaps)
            counter.apply_swaps(swaps, order)

            def some(lo: int, hi: int, epoch: np.uint64 = epoch) -> int:
                return interact(execute, words, order, world, epoch, threshold, max_steps, lo, hi)

            operations = sum(team.over(len(soup) // 2, some))
    return soup, operations


class _Team:
    """Threads that share a range of work in small chunks."""

    CHUNKS_PER_THREAD = 8

    def __init__(self, n_threads: int | None) -> None:
        self.n_threads = threads.available() if n_threads is None else n_threads

    def __enter__(self) -> _Team:
        self.pool = ThreadPoolExecutor(self.n_threads) if self.n_threads > 1 else None
        return self

    def __exit__(self, *_: object) -> None:
        if self.pool:
            self.pool.shutdown()

    def over(self, n: int, work: Callable[[int, int], int]) -> list[int]:
        """Calls work(lo, hi) over 0 .. n and returns what each call returned."""
        if not self.pool:
            return [work(0, n)]
        size = max(1, -(-n // (self.n_threads * self.CHUNKS_PER_THREAD)))
        return list(self.pool.map(lambda lo: work(lo, min(n, lo + size)), range(0, n, size)))
