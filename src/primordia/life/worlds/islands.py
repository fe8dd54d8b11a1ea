"""Islands: well-mixed populations side by side, between which programs travel now and then."""

from __future__ import annotations

import dataclasses
from typing import final

import numpy as np
from numpy.typing import NDArray

from primordia.core.errors import BadInputError
from primordia.life.compile import kernel
from primordia.life.counter import mix, world_word
from primordia.life.worlds.matching import choice
from primordia.life.worlds.meeting import World

DRAWS = 1 << 30


@final
@dataclasses.dataclass(frozen=True)
class Islands(World):
    """Equal islands in a circle; every epoch each of them is a well-mixed soup of its own (docs/worlds.md, section 6).

    Travellers are guests: for one epoch, a program meets those of the next island in the stead of the program with the
    same place there, which meets those of the first. What they take home is what the meeting made of them.

    Args:
        n_islands: how many; each has an even number of programs.
        migration_rate: the probability of each such exchange, in steps of 2^-30.
    """

    n_islands: int
    migration_rate: float = 0.0

    def check(self, n_programs: int) -> None:
        """See `World.check`: a whole and even number of programs to an island."""
        super().check(n_programs)
        check_sharing(n_programs, self.n_islands)

    def draw(self, seed: int, epoch: int, order: NDArray[np.int32]) -> int:
        """See `World.draw`."""
        threshold = np.uint64(round(self.migration_rate * DRAWS))
        draw_islands(np.uint64(seed), np.uint64(epoch), len(order) // self.n_islands, threshold, order)
        return len(order) // 2


def check_sharing(n_programs: int, n_islands: int) -> None:
    """Refuses programs that islands cannot share, each with the same even number; says the nearest that they can."""
    if n_programs % (2 * n_islands):
        near = max(1, round(n_programs / (2 * n_islands))) * 2 * n_islands
        raise BadInputError(
            f"{n_programs} programs cannot be shared among {n_islands} islands: each needs the same even number; the "
            f"nearest is n_programs={near}."
        )


@kernel(signature="void(uint64, uint64, int64, uint64, int32[::1])")
def draw_islands(seed, epoch, size, threshold, order):
    """Seats guests on islands of `size` programs, then shuffles each island as a soup of its own is shuffled."""
    n = order.size
    for i in range(n):
        order[i] = i
    epoch_word = world_word(seed, epoch)
    if threshold != 0 and size < n:
        for i in range(n):
            if np.uint64(choice(seed, epoch_word, i, DRAWS)) < threshold:
                other = (i + size) % n
                order[i], order[other] = order[other], order[i]
    for start in range(0, n, size):
        for i in range(size - 1, -1, -1):
            draw = mix(world_word(seed, epoch * np.uint64(n) + np.uint64(start + i)))
            j = np.int64(draw % np.uint64(i + 1))
            order[start + i], order[start + j] = order[start + j], order[start + i]
