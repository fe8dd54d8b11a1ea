"""What a world decides: which programs meet in an epoch, and who stands first."""

from __future__ import annotations

import abc
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from primordia.core.errors import BadInputError


class Meetings(NamedTuple):
    """The meetings of one epoch.

    Args:
        order: int32 [program]: every program once. Pair p is programs order[2p] (first on the tape) and order[2p + 1].
        n_meeting: the pairs 0 .. n_meeting - 1 are executed; the programs of the others are mutated only.
    """

    order: NDArray[np.int32]
    n_meeting: int

    def pair_of(self, program: int) -> tuple[int, int]:
        """The pair that a program belongs to, and its place in it: 0 first, 1 second."""
        place = int(np.flatnonzero(self.order == program)[0])
        return place // 2, place % 2


class World(abc.ABC):
    """A rule for meetings. Worlds are frozen values: the same world, seed and epoch give the same meetings.

    The rules of ours are in docs/worlds.md, to the bit.
    """

    def check(self, n_programs: int) -> None:
        """Refuses a number of programs that this world has no room for, or too much; here an odd one.

        Raises:
            BadInputError: says the number and the nearest that fits.
        """
        if n_programs % 2:
            raise BadInputError(
                f"A soup of {n_programs} programs cannot meet in pairs: take an even number, as {n_programs + 1}."
            )

    @abc.abstractmethod
    def draw(self, seed: int, epoch: int, order: NDArray[np.int32]) -> int:
        """Writes the order of an epoch (see `Meetings`) and returns how many pairs are executed.

        It is called from a thread of its own while another epoch runs, so what takes long in it is a kernel. `check`
        has been called before.
        """

    def meetings(self, seed: int, epoch: int, n_programs: int) -> Meetings:
        """The meetings of an epoch of a soup of n_programs; raises what `check` raises."""
        self.check(n_programs)
        order = np.empty(n_programs, np.int32)
        return Meetings(order, self.draw(seed, epoch, order))
