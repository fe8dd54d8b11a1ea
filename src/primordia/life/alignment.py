"""Copies that arrive shifted or mirrored, and lines of copies that die out: what the authors' detector cannot see.

Source: the gaps that arXiv 2406.19108 (section 1, footnotes) and arXiv 2607.01483 (its false positive) name
themselves: a program that copies itself at another offset scores about 0 in the authors' test, and one whose copies
drift by a few places each time scores high although its line soon breaks. The tests here are ours.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import final

import numpy as np
import numpy.typing as npt

from primordia.core.streams import mix64
from primordia.life.replicators import AUTHORS, MAX_STEPS, branch_noise, meet_in_a_row, strict_score

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]

GENERATIONS = 32


@final
@dataclasses.dataclass(frozen=True)
class Alignment:
    """How an image lies over a program: mirrored or not, then moved right by `shift` places, around the end."""

    shift: int
    mirrored: bool

    def image(self, program: Bytes) -> Bytes:
        """The program uint8 [byte] as it looks under this alignment."""
        return np.roll(program[::-1] if self.mirrored else program, self.shift)

    def __str__(self) -> str:
        words = "mirrored" if self.mirrored else "as it stands"
        return f"{words}, shifted by {self.shift}" if self.shift else words


def alignments(tape_length: int) -> tuple[Alignment, ...]:
    """All alignments of a tape, the plainest first: small shifts before large ones, unmirrored before mirrored."""
    shifts = sorted(range(-(tape_length // 2) + 1, tape_length // 2 + 1), key=lambda shift: (abs(shift), -shift))
    return tuple(Alignment(shift, mirrored) for shift in shifts for mirrored in (False, True))


def images(program: Bytes) -> Bytes:
    """What a program uint8 [byte] looks like under each of `alignments`, uint8 [alignment, byte]."""
    return program[_places(len(program))]


@functools.cache
def _places(tape_length: int) -> npt.NDArray[np.intp]:
    """Which byte of a program stands at each place of each of its images, [alignment, byte]."""
    places = np.arange(tape_length).astype(np.uint16)
    return np.stack([alignment.image(places) for alignment in alignments(tape_length)]).astype(np.intp)


def aligned_score(
    substrate_name: str, program: Bytes, *, word: int, max_steps: int = MAX_STEPS, n_threads: int | None = None
) -> tuple[int, Alignment]:
    """How many bytes of a program reappear in its partners, at whichever one alignment most of them do.

    A place of the partner counts when it holds the image's byte in at least 4 of 13 meetings with different random
    bytes, so neither noise nor a smear of one byte is taken for a copy, unless the program itself is such a smear.

    Args:
        substrate_name: the language.
        program: uint8 [byte]; it stands first.
        word: 64-bit word that the partners follow from.
        max_steps: step limit of a meeting.
        n_threads: threads, None for all cores.

    Returns:
        The score, 0 to the tape length, and the alignment; of several equally good ones the plainest.

    Cost: 13 meetings. One meeting tells of one copy; `generations` tells whether the line goes on.
    """
    noise = branch_noise(mix64(np.array([word], np.uint64)), len(program))
    ends = meet_in_a_row(substrate_name, program[None], noise, max_steps, n_threads, n_meetings=1)
    partners = ends[0, :, len(program) :]
    counts = _bytes_in_common(images(program), partners)
    best = int(np.argmax(counts))
    return int(counts[best]), alignments(len(program))[best]


def _bytes_in_common(forms: Bytes, partners: Bytes) -> Counts:
    """For each image [alignment, byte], the places at which enough of the partners [branch, byte] hold its byte."""
    agreeing = (partners[None] == forms[:, None]).sum(axis=1)
    return (agreeing >= AUTHORS.min_agreeing).sum(axis=1)


def generations(
    substrate_name: str,
    program: Bytes,
    *,
    word: int,
    n_generations: int = GENERATIONS,
    max_steps: int = MAX_STEPS,
    n_threads: int | None = None,
) -> int:
    """For how many generations a program's line goes on: each copy is the next program, with new random partners.

    A copy is a partner of whose bytes three quarters equal those of its parent, at any one alignment. The line is
    followed in 13 branches, and the answer is the median: half the branches went on at least that long.

    Args:
        substrate_name: the language.
        program: uint8 [byte].
        word: 64-bit word that the partners follow from.
        n_generations: where to stop.
        max_steps: step limit of a meeting.
        n_threads: threads, None for all cores.

    Returns:
        0 (it makes no copy) to `n_generations`. A program whose copies drift scores high in the authors' test, which
        looks at five meetings, and ends early here.

    Cost: 13 meetings per generation, and as many comparisons with the 2L images of the parent.
    """
    length = len(program)
    parents = np.repeat(program[None], AUTHORS.n_branches, axis=0)
    ages = np.zeros(AUTHORS.n_branches, np.int64)
    alive = np.ones(AUTHORS.n_branches, bool)
    for generation in range(n_generations):
        counters = np.uint64(word) ^ mix64(np.arange(AUTHORS.n_branches, dtype=np.uint64) + np.uint64(generation << 8))
        noise = branch_noise(mix64(counters), length, n_branches=1)
        children = meet_in_a_row(substrate_name, parents, noise, max_steps, n_threads, n_meetings=1)[:, 0, length:]
        for branch in np.flatnonzero(alive):
            common = (images(parents[branch]) == children[branch]).sum(axis=1).max()
            alive[branch] = common >= strict_score(length)
        ages += alive
        if not alive.any():
            break
        parents = children
    return int(np.median(ages))
