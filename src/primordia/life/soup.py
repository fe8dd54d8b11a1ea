"""A well-mixed soup: random programs that meet in pairs, run as one tape, and part again.

Everything is a function of the seed and the epoch number, so any split of the epochs into calls, and any number of
threads, gives the same bits; they are those of the authors' simulator (docs/bff-semantics.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from primordia.core import threads
from primordia.core.errors import BadInputError
from primordia.life import counter
from primordia.life.interact import execute_each, interact, shuffle
from primordia.life.substrates import substrate

__all__ = ["evaluate", "random_soup", "run_epochs"]

Bytes = NDArray[np.uint8]
TAPE_LENGTHS = (16, 32, 64)
PAIRS_PER_TICKET = 512
TAPES_PER_TICKET = 16


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
    _check_length("pair tapes", np.shape(tapes)[1], [2 * length for length in TAPE_LENGTHS])
    execute = substrate(substrate_name).execute.dispatcher
    final = np.array(tapes, np.uint8, order="C")
    operations, tickets = np.zeros(len(final), np.int64), np.zeros(1, np.int64)
    with _Team(n_threads) as team:
        team.sum(lambda: execute_each(execute, final, max_steps, operations, tickets, TAPES_PER_TICKET))
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
        substrate_name: the language of its programs.
        soup: the programs, an even number of them; it is not changed.
        seed: unsigned 64-bit, that of the initial soup.
        first_epoch: number of the first epoch to run.
        n_epochs: how many to run.
        mutation_threshold: M, a byte mutates with probability M / 2^30.
        max_steps: steps after which an interaction ends.
        n_threads: at most so many threads; None for as many as `core.threads` allows.

    Returns:
        The new soup and the operations of the last epoch, summed over its pairs (0 when n_epochs is 0).
    """
    _check_length("programs", np.shape(soup)[1], TAPE_LENGTHS)
    if len(soup) % 2:
        raise BadInputError(
            f"A soup of {len(soup)} programs cannot meet in pairs: take an even number, as {len(soup) + 1}."
        )
    execute = substrate(substrate_name).execute.dispatcher
    soup = np.array(soup, np.uint8, order="C")
    order, next_order, swaps = np.empty((3, len(soup)), np.int32)
    tickets = np.zeros(1, np.int64)
    world, threshold = np.uint64(seed), np.uint64(mutation_threshold)
    operations = 0
    if n_epochs:
        shuffle(world, np.uint64(first_epoch), swaps, order)
    with _Team(n_threads) as team:
        for t in range(first_epoch, first_epoch + n_epochs):
            given = execute, soup, order, swaps, next_order, tickets, world, np.uint64(t), threshold, max_steps
            tickets[0] = 0 if t + 1 < first_epoch + n_epochs else 1
            operations = team.sum(interact, *given, PAIRS_PER_TICKET)
            order, next_order = next_order, order
    return soup, operations


def _check_length(what: str, length: int, allowed: Sequence[int]) -> None:
    """The kernels index memory without looking, so lengths are looked at here."""
    if length not in allowed:
        near = min(allowed, key=lambda other: abs(other - length))
        raise BadInputError(f"Bytes of the {what}: {length}; allowed are {', '.join(map(str, allowed))}: take {near}.")


class _Team:
    """Threads that each do their part of the same work."""

    def __init__(self, n_threads: int | None) -> None:
        self.n_others = (threads.available() if n_threads is None else n_threads) - 1

    def __enter__(self) -> _Team:
        self.pool = ThreadPoolExecutor(self.n_others) if self.n_others > 0 else None
        return self

    def __exit__(self, *_: object) -> None:
        if self.pool:
            self.pool.shutdown()

    def sum(self, work: Callable[..., int], *given: object) -> int:
        """Calls work(*given) once in every thread, this one included, and adds up what the calls return."""
        others = [self.pool.submit(work, *given) for _ in range(self.n_others)] if self.pool else []
        return work(*given) + sum(other.result() for other in others)
