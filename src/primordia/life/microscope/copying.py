"""The question that every experiment under the microscope asks again and again: does it still copy?"""

from __future__ import annotations

import dataclasses
import functools
from typing import final

import numpy as np
import numpy.typing as npt

from primordia.life.alignment import aligned_score
from primordia.life.replicators import MAX_STEPS, REPLICATOR_SCORE, round_seed, scores, strict_score
from primordia.life.substrates import Line, Substrate, substrate

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NO_OPERATION = "no operation"


@final
@dataclasses.dataclass(frozen=True)
class CopyTest:
    """Scores variants of one program, always against the same partners of random bytes.

    Args:
        language: the substrate's name.
        aligned: whether copies may arrive shifted or mirrored (`alignment.aligned_score`, one meeting in a row);
            otherwise the authors' test of five in a row, in place.
        threshold: score from which a variant counts as copying.
        max_steps: step limit of a meeting.
        word: the random bytes follow from it.
        n_threads: threads, None for all cores.
    """

    language: str
    aligned: bool
    threshold: int
    max_steps: int
    word: int
    n_threads: int | None = None

    @classmethod
    def of(
        cls, language: str, program: Bytes, max_steps: int = MAX_STEPS, n_threads: int | None = None, seed: int = 0
    ) -> CopyTest:
        """The test that suits a program uint8 [byte].

        It is the authors', unless the program scores below 5 in it and has more bytes in common with its partners at
        another alignment. The threshold is three quarters of the bytes, or 5 if the whole program has fewer.
        """
        strict, word = strict_score(len(program)), round_seed(seed, 0)
        plain = cls(language, False, REPLICATOR_SCORE, max_steps, word, n_threads)
        aligned = dataclasses.replace(plain, aligned=True)
        whole = int(plain.score(program[None])[0])
        found = plain
        if whole < REPLICATOR_SCORE and (other := int(aligned.score(program[None])[0])) >= REPLICATOR_SCORE:
            found, whole = aligned, other
        return dataclasses.replace(found, threshold=strict if whole >= strict else REPLICATOR_SCORE)

    def score(self, variants: Bytes) -> Counts:
        """The score of each variant uint8 [variant, byte], int64 [variant]."""
        if self.aligned:
            given = {"word": self.word, "max_steps": self.max_steps, "n_threads": self.n_threads}
            return np.array([aligned_score(self.language, variant, **given)[0] for variant in variants], np.int64)
        return scores(
            self.language,
            variants,
            indices=np.zeros(len(variants), np.int64),
            n_programs=1,
            round_seed=self.word,
            max_steps=self.max_steps,
            n_threads=self.n_threads,
        )

    def passes(self, variants: Bytes) -> Flags:
        """Whether each variant uint8 [variant, byte] still copies."""
        return self.score(variants) >= self.threshold

    def __str__(self) -> str:
        return "copies at any offset, mirrored or not" if self.aligned else "the authors' test, copies in place"


@functools.cache
def neutral_byte(substrate_name: str) -> int:
    """The no-op that ablation puts in, or 0 in a language that has none.

    It is the first byte from 0x20 up (then from 0) that is coloured as no instruction and whose meaning, as the
    language's notation gives it, is "no operation".
    """
    language = substrate(substrate_name)
    for byte in (*range(0x20, 256), *range(0x20)):
        if language.classes.get(byte, "other") == "other" and does_nothing(language, byte):
            return byte
    return 0


def does_nothing(language: Substrate, byte: int) -> bool:
    """Whether a byte is a whole instruction that is called "no operation"."""
    line = instruction(language, byte)
    return len(line.raw) == 1 and line.meaning == NO_OPERATION


def instruction(language: Substrate, byte: int) -> Line:
    """The instruction that begins with this byte, and goes on with zeros if it has more."""
    return language.disassemble(bytes([byte, 0, 0, 0]))[0]
