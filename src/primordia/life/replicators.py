"""Does a program copy itself? The authors' detector, for many programs at once.

Source: the self-replication check of the authors' simulator (paradigms-of-intelligence/cubff). Each program meets a
partner of random bytes in 13 independent branches; in every branch the outcome of one meeting becomes the program of
the next, five meetings in a row. What agrees across branches cannot come from the noise, so it was inherited.
"""

from __future__ import annotations

import dataclasses
from typing import final

import numpy as np
import numpy.typing as npt

from primordia.core.streams import mix64

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]


@final
@dataclasses.dataclass(frozen=True)
class Detector:
    """The constants of the test.

    Args:
        n_branches: independent partners.
        n_meetings: meetings in a row in each branch.
        min_agreeing: branches that must hold the same byte at a position for it to count as inherited.
    """

    n_branches: int = 13
    n_meetings: int = 5
    min_agreeing: int = 4


AUTHORS = Detector()
"""The authors' simulator: 13 branches, and more than 13 // 4 = 3 must agree."""
FOLLOW_UP = Detector(n_branches=9, n_meetings=5, min_agreeing=3)
"""The 2026 follow-up as printed (arXiv 2607.01483): 9 branches, three must agree."""

REPLICATOR_SCORE = 5
"""Score from which the authors' log counts a program as a replicator, whatever its length."""
STRICT_SCORE = 48
"""Score from which the 2026 follow-up (arXiv 2607.01483) does: three quarters of the 64 bytes are inherited."""

MAX_STEPS = 8192
CHUNK = 512
MASK_64 = (1 << 64) - 1


def hash64(x: int) -> int:
    """S(x): the SplitMix64 output of counter x."""
    return int(mix64(np.array([x & MASK_64], np.uint64))[0])


def round_seed(seed: int, epoch: int) -> int:
    """E(epoch) = S(S(seed) xor S(epoch)): the seed of the detector's noise in a simulation at that epoch (from 0)."""
    return hash64(hash64(seed) ^ hash64(epoch))


def strict_score(tape_length: int) -> int:
    """The strict threshold for programs of any length: three quarters of their bytes, which is 48 of 64."""
    return 3 * tape_length // 4


def scores(
    substrate_name: str,
    programs: Bytes,
    *,
    indices: Counts,
    n_programs: int,
    round_seed: int,
    max_steps: int = MAX_STEPS,
    n_threads: int | None = None,
    detector: Detector = AUTHORS,
) -> Counts:
    """Self-replication score of each program: the number of tape positions that it passes on, to the partner and back.

    Args:
        substrate_name: the language the programs are written in.
        programs: uint8 [program, byte].
        indices: int64 [program]: the place of each program in its soup; it selects the noise.
        n_programs: programs in that soup; also selects the noise.
        round_seed: see `round_seed`.
        max_steps: step limit of each meeting.
        n_threads: threads for the meetings; None means all cores. The result does not depend on it.
        detector: the constants; a branch's noise depends on its number only, so detectors share their first branches.

    Returns:
        int64 [program], each from 0 to the tape length. `REPLICATOR_SCORE` and `strict_score` are the usual thresholds.

    Cost: 65 meetings per program (45 for `FOLLOW_UP`). Copies that arrive at a shifted offset score about 0, and so do
    parasites; `primordia.life.alignment` sees the former.
    """
    indices = np.asarray(indices, np.int64)
    found = np.zeros(len(programs), np.int64)
    for start in range(0, len(programs), CHUNK):
        piece = slice(start, start + CHUNK)
        with np.errstate(over="ignore"):
            counters = np.uint64(n_programs * round_seed & MASK_64) + indices[piece].astype(np.uint64)
        noise = branch_noise(mix64(counters), programs.shape[1], detector.n_branches)
        ends = meet_in_a_row(substrate_name, programs[piece], noise, max_steps, n_threads, detector.n_meetings)
        found[piece] = inherited(programs[piece], ends, detector.min_agreeing)
    return found


def branch_noise(locals_: npt.NDArray[np.uint64], tape_length: int, n_branches: int = AUTHORS.n_branches) -> Bytes:
    """The partner of every branch, uint8 [program, branch, byte], from each program's own word uint64 [program]."""
    counters = np.arange(tape_length, (n_branches + 1) * tape_length, dtype=np.uint64)
    draws = mix64(locals_[:, None] ^ mix64(counters)[None, :])
    return draws.astype(np.uint8).reshape(len(locals_), n_branches, tape_length)


def meet_in_a_row(
    substrate_name: str,
    programs: Bytes,
    noise: Bytes,
    max_steps: int,
    n_threads: int | None,
    n_meetings: int = AUTHORS.n_meetings,
) -> Bytes:
    """So many meetings in each branch; the partner's half becomes the program of the next meeting.

    Args:
        substrate_name: the language.
        programs: uint8 [program, byte].
        noise: uint8 [program, branch, byte]; each branch meets the same partner every time.
        max_steps: step limit of each meeting.
        n_threads: threads, None for all cores.
        n_meetings: how many in a row.

    Returns:
        uint8 [program, branch, pair byte]: both halves after the last meeting.
    """
    from primordia.life.soup import evaluate

    n_programs, n_branches, length = noise.shape
    tapes = np.empty((n_programs, n_branches, 2 * length), np.uint8)
    tapes[:, :, :length] = programs[:, None, :]
    for meeting in range(n_meetings):
        if meeting:
            tapes[:, :, :length] = tapes[:, :, length:]
        tapes[:, :, length:] = noise
        ends, _ = evaluate(substrate_name, tapes.reshape(-1, 2 * length), max_steps, n_threads=n_threads)
        tapes = ends.reshape(tapes.shape)
    return tapes


def inherited(programs: Bytes, ends: Bytes, min_agreeing: int = AUTHORS.min_agreeing) -> Counts:
    """Score int64 [program] from the programs uint8 [program, byte] and the ends uint8 [program, branch, pair byte].

    A position counts when at least `min_agreeing` branches hold the same byte there; in the first half it must also be
    the program's own byte. The score is the smaller count of the two halves.
    """
    length = programs.shape[1]
    agreed = np.zeros((len(programs), 2 * length), bool)
    for branch in range(ends.shape[1] - min_agreeing + 1):
        same = (ends[:, branch + 1 :] == ends[:, branch : branch + 1]).sum(axis=1) + 1 >= min_agreeing
        same[:, :length] &= ends[:, branch, :length] == programs
        agreed |= same
    return np.minimum(agreed[:, :length].sum(axis=1), agreed[:, length:].sum(axis=1)).astype(np.int64)
