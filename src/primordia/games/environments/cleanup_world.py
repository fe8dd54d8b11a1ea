"""CleanUp for many: a river that gets dirty, a beam that cleans it, and an orchard that bears less when it is dirty."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar, final

import jax.numpy as jnp
from jaxtyping import Array, Bool, UInt32

from primordia.core.errors import ConfigError
from primordia.games.environments import grid
from primordia.games.environments.environment import unit
from primordia.games.environments.world import APPLE, CLEAN, DIRT, WALL, WATER, World, WorldState, marked

RIVER = (
    *("dDDDdDDdDdDdDdDdDdDdDdDdDDDd", "dDdDdDDdDdDdDdDdDdDdDdDdDDDd") * 2,
    "dDDdDDddDdDdDdDdDdDdDdDdDDDd",
    "                ~DddDdd     ",
    "   P    P       ~~~~  P     ",
    "     P     P     ~~~     P  ",
    "                 ~~~        ",
    "   P    P    P   ~~~  P     ",
    "                 ~~~     P  ",
    "     P     P     ~~~        ",
    "                 ~~~  P     ",
    "   P    P    P   ~~~     P  ",
    "                 ~~~        ",
    *("aaaaaaaaaaaaaaaaaaaaaaaaaaaa",) * 4,
)
"""A river above, its outlet, and an orchard below, 19 x 28 as in SocialJax and Melting Pot; our own drawing."""


@final
@dataclasses.dataclass(frozen=True)
class CleanupWorld(World):
    """CleanUp (Hughes et al. 2018) on a large map, seven agents; numbers of SocialJax and Melting Pot.

    Every bare cell of the orchard bears an apple with probability `growth` · (1 - f / `depletion`), at least 0, where f
    is the share of the water that is dirty. After `n_calm` steps a random clean cell that can be dirty becomes so with
    probability `dirt_rate`. A ninth action cleans what dirt the beam reaches. How we differ: `World`; dirt appears on
    cells where nobody stands; an agent who is zapped is away for `n_away` steps (in SocialJax it starts again at once).

    Args:
        growth: probability of an apple in a step, when the water is clean.
        depletion: share of dirty water from which nothing grows.
        dirt_rate: probability of a new dirty cell in a step.
        n_calm: steps before it gets dirtier.

    Raises:
        ConfigError: a rate is no probability, or the map has no water; otherwise as `World`.
    """

    n_agents: int = 7
    plan: tuple[str, ...] = RIVER
    growth: float = 0.05
    depletion: float = 0.4
    dirt_rate: float = 0.5
    n_calm: int = 50

    name: ClassVar[str] = "cleanup-world"
    events: ClassVar[Mapping[str, str]] = World.events | {"cleaned": "Dirty cells that the agent cleaned."}
    actions: ClassVar[tuple[str, ...]] = (*World.actions, "clean")
    seen: ClassVar[tuple[int, ...]] = (WALL, APPLE, WATER, DIRT)

    def __post_init__(self) -> None:
        super().__post_init__()
        for setting in ("growth", "dirt_rate", "depletion"):
            if not 0 <= getattr(self, setting) <= 1:
                raise ConfigError(f"{setting}={getattr(self, setting)} is no share; from 0 to 1 are allowed.")
        if self.depletion == 0 or not marked(self.plan, "~dD").any():
            raise ConfigError(f"depletion={self.depletion} must be above 0 and the map must have water (~, d or D).")

    def grown(self, state: WorldState, bare: Bool[Array, "row column"], words: UInt32[Array, " word"]) -> Array:
        """Apples by the dirt there is, then one dirty cell more."""
        rows, columns = state.field.shape
        dirty = (state.field == DIRT).sum(dtype=jnp.int32).astype(jnp.float32)
        share = dirty / int(marked(self.plan, "~dD").sum())
        rate = self.growth * (1 - share / jnp.float32(self.depletion))
        chance = unit(grid.spread(words[0], rows * columns)).reshape(rows, columns)
        field = jnp.where(jnp.asarray(marked(self.plan, "aA")) & bare & (chance < rate), APPLE, state.field)
        clean = (field == WATER) & bare & jnp.asarray(marked(self.plan, "dD"))
        worse = (unit(words[1]) < jnp.float32(self.dirt_rate)) & (state.step >= self.n_calm)
        where = grid.chosen(clean.reshape(-1), grid.mixed(words[1])).reshape(rows, columns)
        return jnp.where(where & worse, DIRT, field)

    def cleaned(self, field: Array, actions: Array, reach: Array) -> tuple[Array, dict[str, Array]]:
        """Whoever cleans turns the dirt in reach into water; where two reach a cell both count it."""
        swept = reach & (actions == CLEAN)[:, None, None] & (field == DIRT)
        return jnp.where(swept.any(0), WATER, field), {"cleaned": swept.sum((1, 2), dtype=jnp.float32)}
