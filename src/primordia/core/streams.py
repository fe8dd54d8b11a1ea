"""Randomness as a pure function of (seed, name, step, index): nothing is stored, so nothing can get out of step."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import numpy as np

MASK_64 = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


@dataclasses.dataclass(frozen=True)
class Streams:
    """The named random streams of one run.

    Args:
        seed: any integer from 0 to 2^64 - 1. Two runs with the same seed and configuration are the same run.
    """

    seed: int

    def words(self, name: str, step: int) -> tuple[int, int]:
        """Two 64-bit words for stream `name` at `step`; a kernel mixes them with its index i to get draw i.

        The words are the first 16 bytes of BLAKE2b over seed, step and name, so streams with different names or steps
        share nothing that a counter could run into.
        """
        message = self.seed.to_bytes(8, "little") + step.to_bytes(8, "little", signed=True) + name.encode()
        found = hashlib.blake2b(message, digest_size=16, person=b"primordia").digest()
        return int.from_bytes(found[:8], "little"), int.from_bytes(found[8:], "little")

    def integers(self, name: str, step: int, n: int, bound: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        """`n` whole numbers from 0 to `bound` - 1, shape [draw]; draw i does not depend on n.

        The remainder of a 64-bit word: the bias is below bound / 2^64.
        """
        first, second = self.words(name, step)
        with np.errstate(over="ignore"):
            counter = np.uint64(first) + np.arange(n, dtype=np.uint64) * np.uint64(GOLDEN)
            return (mix64(counter ^ np.uint64(second)) % np.uint64(bound)).astype(np.int64)

    def key(self, name: str, step: int) -> Any:
        """A JAX key (new style) for stream `name` at `step`. Imports JAX; needs the extra `minds`."""
        import jax

        first, second = self.words(name, step)
        key = jax.random.key(first & 0x7FFFFFFF)
        for word in (first >> 32, second & 0xFFFFFFFF, second >> 32):
            key = jax.random.fold_in(key, word & 0xFFFFFFFF)
        return key


def mix64(x: np.ndarray[Any, np.dtype[np.uint64]]) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """The SplitMix64 output function of each counter (Steele, Lea, Flood 2014), wrapping modulo 2^64."""
    with np.errstate(over="ignore"):
        z = x + np.uint64(GOLDEN)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))
