"""One interaction of two programs, with its mutations and with where every byte of the outcome came from."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import final

import numpy as np
import numpy.typing as npt

from primordia.core.errors import BadInputError
from primordia.life.compile import kernel
from primordia.life.counter import mutate, mutation_base
from primordia.life.substrates import substrate

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]


@final
@dataclasses.dataclass(frozen=True)
class Rules:
    """What the outcome of a meeting follows from, beside the two programs.

    Args:
        language: the substrate's name.
        seed: of the soup.
        n_programs: in the soup.
        tape_length: bytes of a program.
        mutation_threshold: M; a byte mutates with probability M / 2^30.
        max_steps: step limit of an interaction.
    """

    language: str
    seed: int
    n_programs: int
    tape_length: int
    mutation_threshold: int
    max_steps: int


@final
@dataclasses.dataclass(frozen=True)
class Interaction:
    """One pair of one epoch, from the programs that met to the programs that parted.

    Args:
        epoch: number of the epoch, from 0: the soup after it is that of t = epoch + 1.
        pair: number of the pair in its epoch.
        places: the two programs' places in the soup, the one that stood first first.
        before: uint8 [pair byte]: both programs as they came.
        mutated: uint8 [pair byte]: the tape when it began to run.
        after: uint8 [pair byte]: both programs as they went.
        origins: int64 [pair byte]: the place on the tape, at the start, that the byte there in the end came from
            (last-writer rule, docs/tokens.md).
        operations: instructions executed.
        executed: whether the pair ran at all; in some worlds a pair is mutated only.
    """

    epoch: int
    pair: int
    places: tuple[int, int]
    before: Bytes
    mutated: Bytes
    after: Bytes
    origins: Places
    operations: int
    executed: bool

    @property
    def mutations(self) -> tuple[int, ...]:
        """The places on the tape whose byte a mutation changed; one that drew the old byte again did nothing."""
        return tuple(int(place) for place in np.flatnonzero(self.before != self.mutated))

    def half(self, program: int) -> slice:
        """The part of the pair tape that belongs to the program at this place of the soup."""
        length = len(self.before) // 2
        which = self.places.index(program)
        return slice(which * length, (which + 1) * length)

    def bytes_from(self, program: int) -> tuple[int, int]:
        """How many of a program's bytes after the meeting came from the first and from the second of the two."""
        sources = self.origins[self.half(program)]
        n_first = int((sources < len(self.before) // 2).sum())
        return n_first, len(sources) - n_first

    def parent(self, program: int) -> int:
        """The place in the soup of the one that gave most of a program's bytes; itself when both gave half."""
        n_first, n_second = self.bytes_from(program)
        if n_first == n_second:
            return program
        return self.places[0] if n_first > n_second else self.places[1]


@kernel
def mutate_pairs(tapes, pairs, seed, epoch, n_programs, threshold):
    """Mutates pair tapes [tape, pair byte] in place, as the pairs of these numbers [tape] mutate in an epoch."""
    span = np.uint64(tapes.shape[1])
    for k in range(len(tapes)):
        mutate(tapes[k], mutation_base(seed, epoch, n_programs, np.uint64(pairs[k]), span), threshold)


def mutated_pairs(rules: Rules, epoch: int, pairs: Places, tapes: Bytes) -> Bytes:
    """The pair tapes uint8 [tape, pair byte] of these pairs int64 [tape] with the mutations of an epoch."""
    found = np.array(tapes, np.uint8, order="C")
    seed, word, n_programs = np.uint64(rules.seed), np.uint64(epoch), np.uint64(rules.n_programs)
    mutate_pairs(found, np.asarray(pairs, np.int64), seed, word, n_programs, np.uint64(rules.mutation_threshold))
    return found


def take_apart(
    rules: Rules,
    epoch: int,
    pair: int,
    places: tuple[int, int],
    rows: Bytes,
    *,
    executed: bool = True,
    without: Collection[int] = (),
) -> Interaction:
    """Runs one pair again and says what came from where.

    Args:
        rules: of the soup.
        epoch: number of the epoch.
        pair: number of the pair; its mutations follow from it.
        places: of the two programs.
        rows: uint8 [2, byte]: the two programs before the epoch.
        executed: whether to run them.
        without: places on the tape at which the mutation, if there is one, is left out.
    """
    before = np.ascontiguousarray(rows, np.uint8).reshape(-1)
    mutated = mutated_pairs(rules, epoch, np.array([pair]), before[None])[0]
    left_out = list(without)
    mutated[left_out] = before[left_out]
    after, origins, operations = mutated.copy(), np.arange(len(before), dtype=np.uint16), 0
    if executed:
        operations = followed(rules.language, after, origins, rules.max_steps)
    return Interaction(epoch, pair, places, before, mutated, after, origins.astype(np.int64), operations, executed)


def followed(language: str, tape: Bytes, origins: npt.NDArray[np.uint16], max_steps: int) -> int:
    """Runs a pair tape in place and moves the entries of origins along; returns the operations.

    Raises:
        BadInputError: the language does not tell where its bytes come from.
    """
    found = substrate(language)
    if found.follow is None:
        raise BadInputError(
            f"The language {language} does not say where its bytes come from (it declares no `follow`), so births and "
            "ancestors cannot be told; docs/your-own-substrate.md shows how to declare it."
        )
    registers = np.zeros(len(found.registers), np.int64)
    return int(found.follow(tape, origins, registers, max_steps))
