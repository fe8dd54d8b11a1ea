"""The commons harvest: apples grow back only where apples hang near, so that greed ends the harvest for good."""

from __future__ import annotations

import dataclasses
from typing import ClassVar, final

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, UInt32

from primordia.core.errors import ConfigError
from primordia.games.environments import grid
from primordia.games.environments.environment import unit
from primordia.games.environments.world import APPLE, World, WorldState, marked

RADIUS = 2
"""Apples up to this far, as the crow flies, count as near: twelve cells around one."""
NEAR = tuple(
    (i, j)
    for i in range(-RADIUS, RADIUS + 1)
    for j in range(-RADIUS, RADIUS + 1)
    if 0 < i * i + j * j <= RADIUS * RADIUS
)

SMALL = (
    "P       P",
    "   aAa   ",
    "  aAAAa  ",
    " P AAA P ",
    "  aAAAa  ",
    "   aAa   ",
    "P       P",
)
"""A small orchard for two, ours."""
OPEN = (
    "AAAA      A      AAAA ",
    "AAA      AAA      AAA ",
    "AA      AAAAA      AA ",
    "A        AAA        A ",
    "    A     A     A     ",
    "   AAA         AAA    ",
    "  AAAAA       AAAAA   ",
    "   AAA         AAA    ",
    "    A           A     ",
    "                      ",
    "  P P P P P P P P P   ",
    "                      ",
    " P P P P P P P P P P  ",
    "                      ",
    "  P P P P P P P P P   ",
    "                      ",
)
"""An open orchard of the size that SocialJax and Melting Pot have, 16 x 22; the patches are our own drawing."""


@final
@dataclasses.dataclass(frozen=True)
class Harvest(World):
    """The commons harvest (Perolat et al. 2017, after Janssen et al. 2010; numbers of Melting Pot's open harvest).

    A bare cell of an orchard bears an apple again with a probability that depends on the apples within distance 2:
    none, one, two, or three and more. Where all apples of a patch are gone none comes back. How we differ from Melting
    Pot: `World`; beams are not stopped and need no rest, and episodes have a fixed length.

    Args:
        regrowth: probability in a step with no, one, two, and three or more apples near. Melting Pot's are the default;
            SocialJax has 0.001 with one.

    Raises:
        ConfigError: there are not four probabilities; otherwise as `World`.
    """

    plan: tuple[str, ...] = SMALL
    regrowth: tuple[float, ...] = (0.0, 0.0025, 0.005, 0.025)

    name: ClassVar[str] = "harvest"

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.regrowth) != 4 or not all(0 <= rate <= 1 for rate in self.regrowth):
            raise ConfigError(f"regrowth={self.regrowth} must be four probabilities: with 0, 1, 2, and 3 apples near.")

    def near(self, field: Int[Array, "row column"]) -> Int[Array, "row column"]:
        """Apples near each cell."""
        rows, columns = field.shape
        apples = jnp.pad((field == APPLE).astype(jnp.int32), RADIUS)
        shifted = (apples[RADIUS + i : RADIUS + i + rows, RADIUS + j : RADIUS + j + columns] for i, j in NEAR)
        return sum(shifted, jnp.zeros((rows, columns), jnp.int32))

    def grown(self, state: WorldState, bare: Bool[Array, "row column"], words: UInt32[Array, " word"]) -> Array:
        """Every bare cell of the orchard has a chance of its own."""
        rows, columns = state.field.shape
        near = jnp.minimum(self.near(state.field), 3)
        rates = jnp.asarray(self.regrowth, jnp.float32)
        rate = sum(jnp.where(near == n, rates[n], 0) for n in range(4))
        chance = unit(grid.spread(words[0], rows * columns)).reshape(rows, columns)
        return jnp.where(jnp.asarray(marked(self.plan, "aA")) & bare & (chance < rate), APPLE, state.field)
