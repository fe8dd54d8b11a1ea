"""A fixed sequence of shuffles, the same for every seed: the paper's runs without noise (its section 2.1, Fig. 7)."""

from __future__ import annotations

import dataclasses
from typing import final

import numpy as np
from numpy.typing import NDArray

from primordia.core.errors import BadInputError
from primordia.life.worlds.meeting import World


@final
@dataclasses.dataclass(frozen=True)
class Fixed(World):
    """The authors' "fixed_shuffle": place i holds program (i o mod n) xor (epoch mod 2), o = 2^(epoch mod b + 1) - 1.

    n is 2^b programs. Multiplying by an odd number permutes the numbers below a power of two, so this is a permutation;
    the sequence repeats after b epochs, or 2b where b is odd.
    """

    def check(self, n_programs: int) -> None:
        """See `World.check`: a power of two."""
        super().check(n_programs)
        if n_programs & (n_programs - 1):
            below = 1 << (n_programs.bit_length() - 1)
            near = below if n_programs - below <= 2 * below - n_programs else 2 * below
            raise BadInputError(
                f"The world fixed cannot pair {n_programs} programs: it needs a power of two; the nearest is {near}."
            )

    def draw(self, seed: int, epoch: int, order: NDArray[np.int32]) -> int:
        """See `World.draw`; nothing is random here."""
        n = len(order)
        factor = (2 << (epoch % (n.bit_length() - 1))) - 1
        places = np.arange(n, dtype=np.int64)
        order[:] = (places * factor % n) ^ (epoch % 2)
        return n // 2
