"""Gathering: apples for two, and a beam that takes the other out of the way for a while."""

from __future__ import annotations

import dataclasses
from typing import ClassVar, final

import jax.numpy as jnp
from jaxtyping import Array, Bool, UInt32

from primordia.core.errors import ConfigError
from primordia.games.environments.world import APPLE, SAND, World, WorldState

SMALL = (
    "P    A    P",
    "P   AAA   P",
    "P  AAAAA  P",
    "P   AAA   P",
    "P    A    P",
)
"""A patch of thirteen apples in the middle, ours."""
WIDE = (
    "P                             P",
    "P                             P",
    "P              A              P",
    "P             AAA             P",
    "P            AAAAA            P",
    "P           AAAAAAA           P",
    "P            AAAAA            P",
    "P             AAA             P",
    "P              A              P",
    "P                             P",
    "P                             P",
)
"""A field of 11 x 31 with its apples in the middle, ours."""


@final
@dataclasses.dataclass(frozen=True)
class Gathering(World):
    """Gathering, after Leibo et al. 2017 (arXiv 1702.03037): an apple comes back a fixed time after it was taken.

    A beam goes straight ahead and hits everybody in it; two hits send an agent away for `n_away` steps, unpaid for by
    either. With scarce apples (a large `n_regrow`) it pays to be alone with them. The idea is the paper's; the map, the
    window, the beam, the number of hits and both times are ours and were not held against it. Otherwise as `World`.

    Args:
        n_regrow: steps until a taken apple is there again.

    Raises:
        ConfigError: `n_regrow` is below 1; otherwise as `World`.
    """

    n_hits: int = 2
    n_away: int = 25
    length: int = 10
    width: int = 0
    plan: tuple[str, ...] = SMALL
    n_regrow: int = 15

    name: ClassVar[str] = "gathering"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_regrow < 1:
            raise ConfigError(f"n_regrow={self.n_regrow} is too small; an apple takes at least 1 step to come back.")

    def grown(self, state: WorldState, bare: Bool[Array, "row column"], words: UInt32[Array, " word"]) -> Array:
        """Waiting cells count up; the last step of a wait lasts while somebody stands there."""
        waits = state.field < SAND
        ripe = jnp.where(bare, APPLE, -1)
        return jnp.where(waits, jnp.where(state.field == -1, ripe, state.field + 1), state.field)

    def bitten(self, field: Array, taken: Array) -> Array:
        """A taken apple waits."""
        return jnp.where(taken, -self.n_regrow, field)
