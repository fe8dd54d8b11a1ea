"""Cyclic pairing: programs stand in a circle and meet the neighbour on one side, then the one on the other."""

from __future__ import annotations

import dataclasses
from typing import final

import numpy as np
from numpy.typing import NDArray

from primordia.life.worlds.meeting import World


@final
@dataclasses.dataclass(frozen=True)
class Cyclic(World):
    """The authors' "nopermute_programs": odd epochs pair (0, 1), (2, 3) ...; even ones (n - 1, 0), (1, 2) ..."""

    def draw(self, seed: int, epoch: int, order: NDArray[np.int32]) -> int:
        """See `World.draw`; nothing is random here."""
        first = 0 if epoch % 2 else -1
        order[:] = np.arange(first, first + len(order), dtype=np.int32)
        if first < 0:
            order[0] = len(order) - 1
        return len(order) // 2
