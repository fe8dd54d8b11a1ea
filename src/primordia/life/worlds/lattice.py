"""Lattices: a bounded grid, a torus and a ring, with neighbours up to any distance. No lists are stored."""

from __future__ import annotations

import dataclasses
from typing import final

import numpy as np
from numpy.typing import NDArray

from primordia.core.errors import BadInputError
from primordia.life.interact import shuffle
from primordia.life.worlds.matching import match, name_in_cross, name_in_square
from primordia.life.worlds.meeting import World


@final
@dataclasses.dataclass(frozen=True)
class Grid(World):
    """Programs on a rectangle, row by row; each names one program nearby, and pairs form as chance has it.

    Source: arXiv 2406.19108, section 2.2 (240 x 135, radius 2, square, bounded).

    Args:
        width: programs in a row.
        height: rows.
        radius: how far a neighbour may be.
        cross: whether distance is |dx| + |dy| (von Neumann) and not the larger of both (Moore).
        wraps: whether opposite edges touch: a torus.
    """

    width: int
    height: int
    radius: int = 2
    cross: bool = False
    wraps: bool = False

    def check(self, n_programs: int) -> None:
        """See `World.check`: width times height, and a torus that no neighbourhood goes round."""
        super().check(n_programs)
        kind = "torus" if self.wraps else "grid"
        room = self.width * self.height
        if room != n_programs:
            fitting = f"n_programs={room} or " if room % 2 == 0 else ""
            raise BadInputError(
                f"A {kind} of {self.width} x {self.height} has room for {room} programs and the soup has {n_programs}: "
                f"give {fitting}another width and height."
            )
        if self.wraps:
            _check_round(f"A torus of {self.width} x {self.height}", min(self.width, self.height), self.radius)

    def draw(self, seed: int, epoch: int, order: NDArray[np.int32]) -> int:
        """See `World.draw`."""
        named, at = np.empty_like(order), (np.uint64(seed), np.uint64(epoch), self.width, self.height)
        if self.cross:
            name_in_cross(*at, self.radius, self.wraps, named)
        else:
            name_in_square(*at, self.radius, self.radius, self.wraps, named)
        return _pair(seed, epoch, named, order)


@final
@dataclasses.dataclass(frozen=True)
class Ring(World):
    """Programs on a closed line; each names one of those up to `radius` places away on either side."""

    radius: int = 1

    def check(self, n_programs: int) -> None:
        """See `World.check`: enough programs that no neighbourhood goes round."""
        super().check(n_programs)
        _check_round(f"A ring of {n_programs} programs", n_programs, self.radius)

    def draw(self, seed: int, epoch: int, order: NDArray[np.int32]) -> int:
        """See `World.draw`."""
        named = np.empty_like(order)
        name_in_square(np.uint64(seed), np.uint64(epoch), len(order), 1, 0, self.radius, True, named)
        return _pair(seed, epoch, named, order)


def _check_round(what: str, side: int, radius: int) -> None:
    if side < 2 * radius + 1:
        near = max(0, (side - 1) // 2)
        advice = f"take radius={near}" if near else "take more programs or the world mixed"
        raise BadInputError(
            f"{what} is too small for radius {radius}: each side needs at least {2 * radius + 1} programs, or a "
            f"neighbourhood would meet itself; {advice}."
        )


def _pair(seed: int, epoch: int, named: NDArray[np.int32], order: NDArray[np.int32]) -> int:
    swaps, visits = np.empty((2, len(order)), np.int32)
    shuffle(np.uint64(seed), np.uint64(epoch), swaps, visits)
    return int(match(visits, named, order))
