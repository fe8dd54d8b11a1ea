"""Ways to play CleanUp that are written down rather than learned: what learned agents are held against."""

from __future__ import annotations

import dataclasses
from typing import final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from primordia.core.errors import ConfigError, UnknownNameError
from primordia.games.environments.cleanup import REACH, ZAP, Cleanup
from primordia.games.environments.grid import DOWN, LEFT, RIGHT, UP
from primordia.games.policies.policy import Acting, Policy

NOOP = Cleanup.actions.index("noop")

ROLES = {
    "eater": "goes to the nearest apple and never cleans; the defector of this game",
    "cleaner": "goes to the nearest dirt and never eats, unless it stands there",
    "balancer": "cleans while two or more cells are dirty, and eats otherwise",
    "zapper": "an eater that zaps the other whenever it is in reach and not frozen",
    "idler": "does nothing",
}
"""Name of a role -> what it does."""

ENOUGH = 2
"""Dirty cells from which the balancer cleans."""


def role(name: str) -> dict[str, Array]:
    """The weights of a role: a number for each, of which one is 1.

    Raises:
        UnknownNameError: there is no such role; says the nearest.
    """
    if name not in ROLES:
        raise UnknownNameError("role of CleanUp", name, ROLES)
    return {"role": jnp.asarray([float(name == one) for one in ROLES])}


@final
@dataclasses.dataclass(frozen=True)
class CleanupRole(Policy):
    """A role of CleanUp for two, which stands in the weights, so that one compiled program plays all of them.

    It walks to the nearest cell that it wants, first across and then along, and waits where there is none. With the
    probability `slip` it takes a random action instead, so that two who block each other get free.

    Args:
        n_rows: rows of the grid.
        n_columns: columns of the grid.
        slip: probability of a random action.

    Raises:
        ConfigError: `slip` is no probability above 0.
    """

    n_rows: int = 5
    n_columns: int = 4
    slip: float = 0.05

    def __post_init__(self) -> None:
        if not 0 < self.slip <= 1:
            raise ConfigError(f"slip={self.slip} is out of range: it must be above 0 and at most 1, such as 0.05.")

    @property
    def n_cells(self) -> int:
        """Cells of the grid."""
        return self.n_rows * self.n_columns

    @property
    def n_observed(self) -> int:  # type: ignore[override]
        """As the game shows."""
        return 5 * self.n_cells + 2

    @property
    def n_actions(self) -> int:  # type: ignore[override]
        """As the game has."""
        return len(Cleanup.actions)

    def weights(self, key: Array) -> dict[str, Array]:
        """A role at random."""
        return {"role": jax.nn.one_hot(jax.random.randint(key, (), 0, len(ROLES)), len(ROLES))}

    def begin(self) -> tuple[()]:
        """Nothing is remembered."""
        return ()

    def act(self, weights: dict[str, Array], memory: tuple[()], observation: Float[Array, " observation"]) -> Acting:
        """The role's action, or with the probability `slip` any."""
        n = self.n_cells
        is_role = dict(zip(ROLES, weights["role"] > 0, strict=True))
        own, other = jnp.argmax(observation[:n]), jnp.argmax(observation[n : 2 * n])
        apples, dirt = (observation[2 * n : 5 * n].reshape(n, 3) > 0)[:, :2].T
        cleans = is_role["cleaner"] | (is_role["balancer"] & (dirt.sum() >= ENOUGH))
        chosen = self._towards(own, jnp.where(cleans, dirt, apples) & ~is_role["idler"])
        zaps = is_role["zapper"] & (self._distance(own, other) <= REACH) & (observation[-1] == 0)
        chosen = jnp.where(zaps, ZAP, chosen)
        chances = jnp.where(jnp.arange(self.n_actions) == chosen, 1 - self.slip, 0.0) + self.slip / self.n_actions
        return Acting(jnp.log(chances), jnp.zeros(()), ())

    def _distance(self, one: Int[Array, "*shape"], other: Int[Array, "*shape"]) -> Int[Array, "*shape"]:
        """Moves from one cell to another."""
        along = jnp.abs(one // self.n_columns - other // self.n_columns)
        return along + jnp.abs(one % self.n_columns - other % self.n_columns)

    def _towards(self, own: Int[Array, ""], wanted: Bool[Array, " cell"]) -> Int[Array, ""]:
        """The first move to the nearest wanted cell, the first of those in reading order."""
        far = jnp.where(wanted, self._distance(own, np.arange(self.n_cells)), self.n_cells)
        there = jnp.where(wanted.any(), jnp.argmin(far), own)
        across = there % self.n_columns - own % self.n_columns
        along = there // self.n_columns - own // self.n_columns
        sideways = jnp.where(across > 0, RIGHT, LEFT)
        return jnp.where(across != 0, sideways, jnp.where(along > 0, DOWN, jnp.where(along < 0, UP, NOOP)))
