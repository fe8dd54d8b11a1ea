"""A limit on interactions: of the pairs that a world brings together, only some have the energy to run."""

from __future__ import annotations

import dataclasses
from typing import final

import numpy as np
from numpy.typing import NDArray

from primordia.life.compile import kernel
from primordia.life.counter import world_word
from primordia.life.worlds.matching import choice
from primordia.life.worlds.meeting import World

DRAWS = 1 << 30


@final
@dataclasses.dataclass(frozen=True)
class Rationed(World):
    """Another world, in which a pair that meets is executed with a probability; else it is mutated only.

    Args:
        world: who meets whom.
        interaction_rate: the probability, in steps of 2^-30, drawn for each pair by itself.
    """

    world: World
    interaction_rate: float

    def check(self, n_programs: int) -> None:
        """See `World.check`: what the other world says."""
        self.world.check(n_programs)

    def draw(self, seed: int, epoch: int, order: NDArray[np.int32]) -> int:
        """See `World.draw`: the pairs that are executed come first, otherwise in the order of the other world."""
        all_pairs = np.empty_like(order)
        n_meeting = self.world.draw(seed, epoch, all_pairs)
        threshold = np.uint64(round(self.interaction_rate * DRAWS))
        return int(ration(np.uint64(seed), np.uint64(epoch), threshold, n_meeting, all_pairs, order))


@kernel(signature="int64(uint64, uint64, uint64, int64, int32[::1], int32[::1])")
def ration(seed, epoch, threshold, n_meeting, all_pairs, order):
    """Writes to `order` the chosen pairs, then the others; returns how many are chosen.

    Pair p of n programs draws E(E(epoch) xor E(n + p)): counters that no choice of a neighbour uses.
    """
    epoch_word = world_word(seed, epoch)
    n, n_chosen = order.size, 0
    chosen = np.zeros(n // 2, np.bool_)
    for pair in range(n_meeting):
        chosen[pair] = np.uint64(choice(seed, epoch_word, n + pair, DRAWS)) < threshold
        n_chosen += chosen[pair]
    first, second = 0, 2 * n_chosen
    for pair in range(n // 2):
        at = first if chosen[pair] else second
        order[at], order[at + 1] = all_pairs[2 * pair], all_pairs[2 * pair + 1]
        if chosen[pair]:
            first += 2
        else:
            second += 2
    return n_chosen
