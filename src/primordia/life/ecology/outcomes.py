"""Who becomes what when two programs meet, for every ordered pair of some, and what that makes of each.

The idea of a table of pairwise outcomes is that of ecology's competition experiments; for these soups peterseb1969's
computational-life drew one by hand.

The labels, from outcomes alone:

- *replicator*: it copies itself into random bytes (`CopyTest`; at least 5 positions).
- *host*: a replicator that some parasite is copied by.
- *parasite*: no replicator, but next to some replicator both halves end as it: the other's loop copies it.
- *defender*: none of these, and it stays what it is, standing second, next to every replicator, although at least one
  of them overwrites random bytes.
- *inert*: the rest.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from primordia.life.alignment import images
from primordia.life.microscope import CopyTest
from primordia.life.replicators import MAX_STEPS, REPLICATOR_SCORE

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

OTHER = -1
CHUNK = 256
LABELS = ("replicator", "host", "parasite", "defender", "inert")


@dataclasses.dataclass(frozen=True)
class Outcomes:
    """What became of every ordered pair.

    Args:
        first: int64 [first program, second program]: which of the programs the first half is in the end, or -1.
        second: int64 [first program, second program]: the same of the second half.
        labels: what each program is.
        scores: int64 [program]: its score among random bytes.
    """

    first: Places
    second: Places
    labels: tuple[str, ...]
    scores: Places


def outcomes(language: str, programs: Bytes, max_steps: int = MAX_STEPS, seed: int = 0) -> Outcomes:
    """The outcomes of all ordered pairs of programs uint8 [program, byte], themselves included.

    A half counts as one of the programs if it differs from it in at most a quarter of the bytes, at whichever alignment
    they have most in common (shifted or mirrored, `alignment.images`); as the nearest, if from several.

    Cost: one meeting for each ordered pair, and a replication test for each program.
    """
    from primordia.life.soup import evaluate

    n, length = programs.shape
    pairs = np.concatenate((np.repeat(programs, n, axis=0), np.tile(programs, (n, 1))), axis=1)
    halves = evaluate(language, pairs, max_steps)[0].reshape(n, n, 2, length)
    first, second = (nearest(programs, halves[:, :, half].reshape(-1, length)).reshape(n, n) for half in (0, 1))
    tests = [CopyTest.of(language, program, max_steps, seed=seed) for program in programs]
    scores = np.array([int(test.score(program[None])[0]) for test, program in zip(tests, programs, strict=True)])
    return Outcomes(first, second, label(first, second, scores >= REPLICATOR_SCORE), scores)


def nearest(programs: Bytes, halves: Bytes) -> Places:
    """The program that each half uint8 [half, byte] is, int64 [half]; -1 if it is none of them."""
    distances = np.empty((len(programs), len(halves)), np.int64)
    for row, program in zip(distances, programs, strict=True):
        forms = images(program)
        for start in range(0, len(halves), CHUNK):
            piece = slice(start, start + CHUNK)
            row[piece] = (halves[piece, None] != forms).sum(axis=2).min(axis=1)
    best = distances.argmin(axis=0)
    return np.where(distances.min(axis=0) <= programs.shape[1] // 4, best, OTHER)


def label(first: Places, second: Places, copies: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    """What each program is (see the module), from the outcomes and who copies itself into random bytes."""
    replicators = np.flatnonzero(copies)
    labels = ["replicator" if copies[index] else "inert" for index in range(len(copies))]
    for index in np.flatnonzero(~copies):
        hosts = [host for host in replicators if _takes_over(first, second, index, host)]
        if hosts:
            labels[index] = "parasite"
            for host in hosts:
                labels[host] = "host"
        elif len(replicators) and all(second[host, index] == index for host in replicators):
            labels[index] = "defender"
    return tuple(labels)


def _takes_over(first: Places, second: Places, guest: int, host: int) -> bool:
    """Whether a meeting of the two, in either order, leaves the guest in both halves."""
    return any(first[pair] == guest and second[pair] == guest for pair in ((guest, host), (host, guest)))


def letters(n: int) -> Sequence[str]:
    """Short names for the rows of a table: A to Z, then AA, AB and so on."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return [alphabet[i] if i < 26 else alphabet[i // 26 - 1] + alphabet[i % 26] for i in range(n)]


def word(place: int, names: Sequence[str]) -> str:
    """What a half became, as a table says it."""
    return "·" if place == OTHER else names[place]
