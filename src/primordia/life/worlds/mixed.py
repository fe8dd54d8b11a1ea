"""Well mixed: every epoch a random permutation pairs every program with any other."""

from __future__ import annotations

import dataclasses
from typing import final

import numpy as np
from numpy.typing import NDArray

from primordia.life.interact import shuffle
from primordia.life.worlds.meeting import World


@final
@dataclasses.dataclass(frozen=True)
class Mixed(World):
    """The default of the authors' simulator (docs/bff-semantics.md, section 2)."""

    def draw(self, seed: int, epoch: int, order: NDArray[np.int32]) -> int:
        """See `World.draw`."""
        shuffle(np.uint64(seed), np.uint64(epoch), np.empty_like(order), order)
        return len(order) // 2
