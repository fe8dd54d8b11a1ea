"""A soup: random programs that meet in pairs as their world decides, run as one tape, and part again.

Everything is a function of the seed and the epoch number, so any split of the epochs into calls, and any number of
threads, gives the same bits; they are those of the authors' simulator (docs/bff-semantics.md).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from primordia.core import threads
from primordia.core.errors import BadInputError
from primordia.life import counter
from primordia.life.interact import execute_each, interact
from primordia.life.substrates import Substrate, substrate
from primordia.life.substrates.vouching import vouch
from primordia.life.worlds import Mixed, World

__all__ = ["Ran", "evaluate", "random_soup", "run", "run_epochs"]

Bytes = NDArray[np.uint8]
MIXED = Mixed()
Beforehand = tuple[Any, ...]
PAIRS_PER_TICKET = 512
TAPES_PER_TICKET = 16


class Ran(NamedTuple):
    """What came of some epochs.

    Args:
        soup: uint8 [program byte] after the last of them.
        operations: of the last epoch, summed over its pairs (0 when there was none).
        n_interactions: pairs executed in the last epoch (0 when there was none).
    """

    soup: Bytes
    operations: int
    n_interactions: int


def random_soup(seed: int, n_programs: int, tape_length: int = 64, index: int = 0) -> Bytes:
    """The initial soup [program byte] of a seed, uniform random bytes; `index` counts the fresh starts after it."""
    soup = np.empty((n_programs, tape_length), np.uint8)
    counter.fill_soup(np.uint64(seed), np.uint64(index), soup)
    return soup


def evaluate(
    substrate_name: str, tapes: Bytes, max_steps: int, n_threads: int | None = None
) -> tuple[Bytes, NDArray[np.int64]]:
    """Runs each tape [tape byte] alone, without mutation.

    Returns:
        The final tapes [tape byte] and the operations [tape] of each.
    """
    vouch(substrate_name)
    language = substrate(substrate_name)
    check_length("pair tapes", np.shape(tapes)[1], language, 2)
    execute = language.execute.dispatcher
    final = np.array(tapes, np.uint8, order="C")
    operations, tickets = np.zeros(len(final), np.int64), np.zeros(1, np.int64)
    with Team(n_threads) as team:
        team.sum(lambda: execute_each(execute, final, max_steps, operations, tickets, TAPES_PER_TICKET))
    return final, operations


def run_epochs(substrate_name: str, soup: Bytes, **given: Any) -> tuple[Bytes, int]:
    """The soup after some epochs, and the operations of the last one; takes and raises what `run` does."""
    return run(substrate_name, soup, **given)[:2]


def run(
    substrate_name: str,
    soup: Bytes,
    *,
    seed: int,
    first_epoch: int,
    n_epochs: int,
    mutation_threshold: int,
    max_steps: int,
    world: World = MIXED,
    n_threads: int | None = None,
) -> Ran:
    """Runs a soup [program byte] for n_epochs epochs, the first of which has the number first_epoch (0-based).

    Args:
        substrate_name: the language of its programs.
        soup: the programs, an even number of them; it is not changed.
        seed: unsigned 64-bit, that of the initial soup.
        first_epoch: number of the first epoch to run.
        n_epochs: how many to run.
        mutation_threshold: M, a byte mutates with probability M / 2^30.
        max_steps: steps after which an interaction ends.
        world: who meets whom. Its meetings of the next epoch are drawn while an epoch runs.
        n_threads: at most so many threads; None for as many as `core.threads` allows.

    Raises:
        BadInputError: an odd number of programs, more or fewer than the world has room for, or a length that the
            language does not know; a language of another package that is not fit for a soup.
    """
    vouch(substrate_name)
    language = substrate(substrate_name)
    check_length("programs", np.shape(soup)[1], language, 1)
    world.check(len(soup))
    execute = language.execute.dispatcher
    soup = np.array(soup, np.uint8, order="C")
    order, next_order = np.empty((2, len(soup)), np.int32)
    tickets = np.zeros(1, np.int64)
    word, threshold = np.uint64(seed), np.uint64(mutation_threshold)
    operations, n_meeting, next_meeting = 0, 0, 0
    if n_epochs:
        next_meeting = world.draw(seed, first_epoch, next_order)
    with Team(n_threads) as team:
        for t in range(first_epoch, first_epoch + n_epochs):
            order, next_order, n_meeting = next_order, order, next_meeting
            tickets[0] = 0
            given = execute, soup, order, n_meeting, tickets, word, np.uint64(t), threshold, max_steps
            draw = (world.draw, seed, t + 1, next_order) if t + 1 < first_epoch + n_epochs else None
            operations, next_meeting = team.sum(interact, *given, PAIRS_PER_TICKET, beforehand=draw)
    return Ran(soup, operations, n_meeting)


def check_length(what: str, length: int, language: Substrate, n_joined: int) -> None:
    """The kernels index memory without looking, so lengths are looked at here."""
    allowed = [n_joined * n_bytes for n_bytes in language.tape_lengths]
    if length not in allowed:
        near = min(allowed, key=lambda other: abs(other - length))
        raise BadInputError(
            f"Bytes of the {what}: {length}; {language.name} allows {', '.join(map(str, allowed))}: take {near}."
        )


class Team:
    """Threads that each do their part of the same work."""

    def __init__(self, n_threads: int | None) -> None:
        self.n_others = (threads.available() if n_threads is None else n_threads) - 1

    def __enter__(self) -> Team:
        self.pool = ThreadPoolExecutor(self.n_others) if self.n_others > 0 else None
        return self

    def __exit__(self, *_: object) -> None:
        if self.pool:
            self.pool.shutdown()

    def sum(self, work: Callable[..., int], *given: object, beforehand: Beforehand | None = None) -> tuple[int, int]:
        """Calls work(*given) once in every thread, this one included, and adds up what the calls return.

        This thread first calls `beforehand`, (function, arguments ...), while the others work already; what that
        returns comes second (0 if there is none).
        """
        others = [self.pool.submit(work, *given) for _ in range(self.n_others)] if self.pool else []
        found = beforehand[0](*beforehand[1:]) if beforehand else 0
        return work(*given) + sum(other.result() for other in others), found
