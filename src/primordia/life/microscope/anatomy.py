"""Which bytes of a program matter: minimal core, knock-outs, robustness, and the steps that a copy needs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from primordia.core.intervals import clopper_pearson
from primordia.core.streams import Streams
from primordia.life.microscope.copying import CopyTest, neutral_byte
from primordia.life.replicators import MAX_STEPS

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

SUBSTITUTIONS = 512


@dataclasses.dataclass(frozen=True)
class Anatomy:
    """Which bytes of a replicator matter.

    Args:
        score: score of the whole program in `test`.
        threshold: score from which an altered program still counts as copying.
        core: bool [byte]: the bytes left when one byte after another is replaced by a no-op as long as it copies; no
            further one can go. Other cores may exist.
        essential: bool [byte]: replacing this byte alone in the whole program stops the copying.
        bare: uint8 [byte]: the program with every byte outside the core replaced by the no-op.
        bare_score: score of `bare`.
        test: what counts as copying.
    """

    score: int
    threshold: int
    core: Flags
    essential: Flags
    bare: Bytes
    bare_score: int
    test: CopyTest

    @property
    def copies(self) -> bool:
        """Whether it passes the test, and for a reason: a program of nothing but no-ops does not pass as well."""
        return self.score >= self.threshold and bool(self.core.any())


class Share(NamedTuple):
    """How many of so many draws, with the exact 95 % interval (Clopper and Pearson) of the share."""

    hits: int
    n: int
    low: float
    high: float

    @classmethod
    def of(cls, hits: int, n: int) -> Share:
        """The share of `hits` among `n` independent draws."""
        return cls(hits, n, *clopper_pearson(hits, n))

    def __str__(self) -> str:
        return f"{self.hits} of {self.n} ({100 * self.hits / self.n:.0f} %, 95 % interval " + (
            f"{100 * self.low:.0f} to {100 * self.high:.0f} %)"
        )


def dissect(
    substrate_name: str, program: Bytes, max_steps: int = MAX_STEPS, n_threads: int | None = None, seed: int = 0
) -> Anatomy:
    """Find the minimal working core of a program uint8 [byte] by ablation, and its essential bytes by knock-out.

    What counts as copying is said in `CopyTest.of`. The noise of the detector follows from `seed` alone, so the same
    program has the same anatomy.

    Cost: at most a few hundred replication tests of 65 meetings each.
    """
    test = CopyTest.of(substrate_name, program, max_steps, n_threads, seed)
    neutral = neutral_byte(substrate_name)
    essential = ~test.passes(_knock_outs(program, np.arange(len(program)), neutral))
    bare, core = _ablate(program, neutral, test.passes)
    whole, left = (int(score) for score in test.score(np.stack((program, bare))))
    return Anatomy(whole, test.threshold, core, essential, bare, left, test)


def robustness(test: CopyTest, program: Bytes, streams: Streams, n: int = SUBSTITUTIONS) -> Share:
    """The share of single-byte substitutions after which a program uint8 [byte] still copies.

    Place and new byte are drawn uniformly, `n` times; the new byte differs from the old one.
    """
    places = streams.integers("substituted place", 0, n, len(program))
    steps = 1 + streams.integers("substituted byte", 0, n, 255)
    variants = np.repeat(program[None], n, axis=0)
    variants[np.arange(n), places] += steps.astype(np.uint8)
    return Share.of(int(test.passes(variants).sum()), n)


def budget(test: CopyTest, program: Bytes) -> int | None:
    """The step limit that a program uint8 [byte] needs to copy: it does with so many steps and does not with one less.

    None if it does not copy within the test's own limit. Found by bisection, so for a program that copies, fails and
    copies again as the limit grows it is one of several such limits.
    """

    def copies(max_steps: int) -> bool:
        return bool(dataclasses.replace(test, max_steps=max_steps).passes(program[None])[0])

    if not copies(test.max_steps):
        return None
    fails, enough = 0, test.max_steps
    while enough - fails > 1:
        middle = (fails + enough) // 2
        fails, enough = (fails, middle) if copies(middle) else (middle, enough)
    return enough


def _knock_outs(program: Bytes, positions: npt.NDArray[np.int64], neutral: int) -> Bytes:
    """One variant per position, uint8 [variant, byte], with that byte replaced."""
    variants = np.repeat(program[None], len(positions), axis=0)
    variants[np.arange(len(positions)), positions] = neutral
    return variants


def _ablate(program: Bytes, neutral: int, copies: Callable[[Bytes], Flags]) -> tuple[Bytes, Flags]:
    """The program reduced to bytes none of which can go, and where these are.

    Blocks of a quarter of the tape are tried first, then ever smaller ones, each pass from the end of the tape to its
    start; single bytes are tried again until a pass removes none.
    """
    bare, core = program.copy(), program != neutral
    size = len(program) // 4
    while True:
        removed = False
        for start in reversed(range(0, len(program), size)):
            block = np.arange(start, start + size)
            block = block[core[block]]
            variant = bare.copy()
            variant[block] = neutral
            if block.size and copies(variant[None])[0]:
                bare, removed = variant, True
                core[block] = False
        if size == 1 and not removed:
            return bare, core
        size = max(1, size // 2)
