"""Does a program copy itself? The authors' detector, for many programs at once.

Source: the self-replication check of the authors' simulator (paradigms-of-intelligence/cubff). Each program meets a
partner of random bytes in 13 independent branches; in every branch the outcome of one meeting becomes the program of
the next, five meetings in a row. What agrees across branches cannot come from the noise, so it was inherited.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from primordia.core.streams import mix64

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]

N_BRANCHES = 13
N_MEETINGS = 5
MIN_AGREEING = 4
"""Branches that must hold the same byte at a position: the authors ask for more than 13 // 4 = 3."""

REPLICATOR_SCORE = 5
"""Score from which the authors' log counts a program as a replicator."""
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


def scores(
    substrate_name: str,
    programs: Bytes,
    *,
    indices: Counts,
    n_programs: int,
    round_seed: int,
    max_steps: int = MAX_STEPS,
    n_threads: int | None = None,
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

    Returns:
        int64 [program], each from 0 to the tape length. `REPLICATOR_SCORE` and `STRICT_SCORE` are the usual thresholds.

    Cost: 65 meetings per program. Copies that arrive at a shifted offset and parasites score about 0.
    """
    indices = np.asarray(indices, np.int64)
    found = np.zeros(len(programs), np.int64)
    for start in range(0, len(programs), CHUNK):
        piece = slice(start, start + CHUNK)
        with np.errstate(over="ignore"):
            counters = np.uint64(n_programs * round_seed & MASK_64) + indices[piece].astype(np.uint64)
        noise = branch_noise(mix64(counters), programs.shape[1])
        ends = meet_in_a_row(substrate_name, programs[piece], noise, max_steps, n_threads)
        found[piece] = inherited(programs[piece], ends)
    return found


def branch_noise(locals_: npt.NDArray[np.uint64], tape_length: int) -> Bytes:
    """The partner of every branch, uint8 [program, branch, byte], from each program's own word uint64 [program]."""
    counters = np.arange(tape_length, (N_BRANCHES + 1) * tape_length, dtype=np.uint64)
    draws = mix64(locals_[:, None] ^ mix64(counters)[None, :])
    return draws.astype(np.uint8).reshape(len(locals_), N_BRANCHES, tape_length)


def meet_in_a_row(substrate_name: str, programs: Bytes, noise: Bytes, max_steps: int, n_threads: int | None) -> Bytes:
    """Five meetings in each branch; the partner's half becomes the program of the next meeting.

    Args:
        substrate_name: the language.
        programs: uint8 [program, byte].
        noise: uint8 [program, branch, byte]; each branch meets the same partner every time.
        max_steps: step limit of each meeting.
        n_threads: threads, None for all cores.

    Returns:
        uint8 [program, branch, pair byte]: both halves after the last meeting.
    """
    from primordia.life.soup import evaluate

    n_programs, _, length = noise.shape
    tapes = np.empty((n_programs, N_BRANCHES, 2 * length), np.uint8)
    tapes[:, :, :length] = programs[:, None, :]
    for meeting in range(N_MEETINGS):
        if meeting:
            tapes[:, :, :length] = tapes[:, :, length:]
        tapes[:, :, length:] = noise
        ends, _ = evaluate(substrate_name, tapes.reshape(-1, 2 * length), max_steps, n_threads=n_threads)
        tapes = ends.reshape(tapes.shape)
    return tapes


def inherited(programs: Bytes, ends: Bytes) -> Counts:
    """Score int64 [program] from the programs uint8 [program, byte] and the ends uint8 [program, branch, pair byte].

    A position counts when at least four branches hold the same byte there; in the first half it must also be the
    program's own byte. The score is the smaller count of the two halves.
    """
    length = programs.shape[1]
    agreed = np.zeros((len(programs), 2 * length), bool)
    for branch in range(N_BRANCHES - MIN_AGREEING + 1):
        same = (ends[:, branch + 1 :] == ends[:, branch : branch + 1]).sum(axis=1) + 1 >= MIN_AGREEING
        same[:, :length] &= ends[:, branch, :length] == programs
        agreed |= same
    return np.minimum(agreed[:, :length].sum(axis=1), agreed[:, length:].sum(axis=1)).astype(np.int64)
