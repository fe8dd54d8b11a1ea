"""An archipelago: well-mixed shards side by side, which every k epochs bring a share of their programs together."""

from __future__ import annotations

import dataclasses
from typing import final

import numpy as np
from numpy.typing import NDArray

from primordia.core.errors import BadInputError
from primordia.life.compile import kernel
from primordia.life.counter import draw_swaps_from
from primordia.life.worlds.islands import check_sharing
from primordia.life.worlds.meeting import World

MASK_64 = (1 << 64) - 1
MOST = 2**31 - 2
"""Programs that an order of 32-bit places can hold: of a shard, and of all that travel in one exchange."""


@final
@dataclasses.dataclass(frozen=True)
class Archipelago(World):
    """Equal islands, each a well-mixed soup of its own but for exchanges (docs/worlds.md, section 11).

    In every `exchange_every`-th epoch, from epoch 0 on, each island sends the same number of programs, drawn at random,
    to meet those of all islands; where one is a guest is drawn too. Afterwards everybody is at home again.

    Args:
        n_islands: how many; each has an even number of programs.
        exchange_every: epochs from one exchange to the next.
        exchange_share: share of an island's programs that travel, rounded to whole pairs; 1: everybody.
    """

    n_islands: int
    exchange_every: int = 1
    exchange_share: float = 1.0

    def check(self, n_programs: int) -> None:
        """See `World.check`: a whole and even number of programs to an island, and places that 32 bits can number."""
        super().check(n_programs)
        check_sharing(n_programs, self.n_islands)
        if (size := n_programs // self.n_islands) > MOST:
            raise BadInputError(
                f"{size} programs are too many for one island, which holds at most {MOST}: take n_islands="
                f"{-(-n_programs // MOST)} or more."
            )
        if (n_travelling := self.n_islands * self.n_movers(n_programs)) > MOST:
            raise BadInputError(
                f"{n_travelling} programs would travel at once and {MOST} can: take exchange_share="
                f"{MOST / n_programs:.3g} or less."
            )

    def n_movers(self, n_programs: int) -> int:
        """How many programs of each island travel in an exchange: an even number; half a pair goes to the even one."""
        return 2 * round(self.exchange_share * (n_programs // self.n_islands) / 2)

    def exchanges(self, epoch: int, n_programs: int) -> bool:
        """Whether anybody travels in an epoch."""
        return epoch % self.exchange_every == 0 and self.n_movers(n_programs) > 0

    def draw(self, seed: int, epoch: int, order: NDArray[np.int32]) -> int:
        """See `World.draw`."""
        n = len(order)
        n_movers = self.n_movers(n) if self.exchanges(epoch, n) else 0
        draw_archipelago(np.uint64(seed), np.uint64(epoch), n // self.n_islands, n_movers, order)
        return n // 2


def island_order(seed: int, epoch: int, n_programs: int, first: int, n_movers: int, order: NDArray[np.int32]) -> None:
    """Writes the order of the island whose programs begin with number `first`, counted from 0 within it.

    The places from n_movers on say who stays, pair after pair; those before them say who travels.
    """
    counter = np.uint64((epoch * n_programs + first) & MASK_64)
    shuffle_island(np.uint64(seed), counter, n_movers, np.empty_like(order), order)


def deal(seed: int, epoch: int, n_programs: int, n_islands: int, n_movers: int) -> NDArray[np.int32]:
    """Who sits where in an exchange: int32 [slot], the number of a traveller.

    Slot and traveller number i * n_movers + r are the r-th seat, and the r-th who travels, of island i. Takes time and
    eight bytes of memory for each of the n_islands * n_movers who travel, whoever asks.
    """
    dealt = np.empty(n_islands * n_movers, np.int32)
    first = np.uint64((epoch * n_programs) & MASK_64)
    shuffle_movers(np.uint64(seed), first, n_programs // n_islands, n_movers, np.empty_like(dealt), dealt)
    return dealt


def slots_by_home(dealt: NDArray[np.int32], n_movers: int) -> NDArray[np.int32]:
    """Where the travellers go, island after island that they are from: int32 [traveller], each island's slots rising.

    Takes time in proportion to those who travel, and four bytes of memory for each.
    """
    slots = np.empty_like(dealt)
    sort_by_home(n_movers, dealt, slots)
    return slots


@kernel(signature="void(uint64, uint64, int64, int32[::1], int32[::1])")
def shuffle_island(seed, counter, n_movers, swaps, order):
    """The shuffle of one island, stopped at n_movers; `counter` is that of its place 0, `swaps` room to work in."""
    draw_swaps_from(seed, counter + np.uint64(n_movers), n_movers, swaps[n_movers:])
    for i in range(order.size):
        order[i] = i
    for i in range(order.size - 1, n_movers - 1, -1):
        j = swaps[i]
        order[i], order[j] = order[j], order[i]


@kernel(signature="void(uint64, uint64, int64, int64, int32[::1], int32[::1])")
def shuffle_movers(seed, first, size, n_movers, swaps, dealt):
    """The shuffle of all who travel, with the words that the islands of `size` programs left over."""
    for start in range(0, dealt.size, n_movers):
        counter = first + np.uint64(start // n_movers * size)
        draw_swaps_from(seed, counter, start, swaps[start : start + n_movers])
    for i in range(dealt.size):
        dealt[i] = i
    for i in range(dealt.size - 1, -1, -1):
        j = swaps[i]
        dealt[i], dealt[j] = dealt[j], dealt[i]


@kernel(signature="void(int64, int32[::1], int32[::1])")
def sort_by_home(n_movers, dealt, slots):
    """Writes the slots of those who are from island 0, then those of island 1, and so on, each in rising order."""
    filled = np.arange(0, dealt.size, n_movers)
    for slot in range(dealt.size):
        island = np.uint32(dealt[slot]) // np.uint32(n_movers)
        slots[filled[island]] = slot
        filled[island] += 1


@kernel(signature="void(uint64, uint64, int64, int64, int32[::1])")
def draw_archipelago(seed, epoch, size, n_movers, order):
    """Writes the order of an epoch of all islands of `size` programs."""
    n = order.size
    first = epoch * np.uint64(n)
    swaps = np.empty(size, np.int32)
    for start in range(0, n, size):
        here = order[start : start + size]
        shuffle_island(seed, first + np.uint64(start), n_movers, swaps, here)
        for i in range(size):
            here[i] += start
    if n_movers == 0:
        return
    n_travelling = n // size * n_movers
    dealt, travelling = np.empty(n_travelling, np.int32), np.empty(n_travelling, np.int32)
    shuffle_movers(seed, first, size, n_movers, np.empty(n_travelling, np.int32), dealt)
    for number in range(n_travelling):
        travelling[number] = order[number // n_movers * size + number % n_movers]
    for slot in range(n_travelling):
        order[slot // n_movers * size + slot % n_movers] = travelling[dealt[slot]]
