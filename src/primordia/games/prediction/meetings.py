"""Who meets whom: learners in rows, of which some meet the pool and the others meet each other in pairs."""

from __future__ import annotations

import dataclasses
import functools
from typing import NamedTuple, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from primordia.core.errors import ConfigError
from primordia.games.prediction.pool import N_SEEN, cooperation, draw

NAMED_LEAST = 1e-3
"""Smallest probability whose logarithm a named opponent is described with."""


class Opponents(NamedTuple):
    """Whom each row meets in an episode.

    Args:
        tables: of a pool member; unused where another learner is met; axes [row, seen].
        from_pool: whether a pool member is met, axis [row].
        names: what the learner is told about the opponent: logarithms of the table, zeros for a learner or where
            nobody is named (arXiv 2602.16301); axes [row, seen].
    """

    tables: Float[Array, "row seen"]
    from_pool: Bool[Array, " row"]
    names: Float[Array, "row seen"]


@final
@dataclasses.dataclass(frozen=True)
class Meetings:
    """How many rows there are, and what pool they meet.

    The first rows meet the pool, the later ones each other: of those, the first half meets the second, in order.

    Args:
        n_rows: learners that play at once.
        pool: "mixed" (half of them meet the pool), "identified" (so too, and they are told whom) or "learners-only".

    Raises:
        ConfigError: the rows cannot be halved and paired.
    """

    n_rows: int
    pool: str

    def __post_init__(self) -> None:
        unit = 2 if self.pool == "learners-only" else 4
        if self.n_rows < unit or self.n_rows % unit:
            near = max(unit, self.n_rows // unit * unit)
            raise ConfigError(
                f"n_episodes={self.n_rows} cannot be shared out in the pool {self.pool!r}: half meet the pool and the "
                f"others each other in pairs; it must be a multiple of {unit}; the nearest is {near}."
            )

    @property
    def n_pool(self) -> int:
        """Rows that meet the pool."""
        return 0 if self.pool == "learners-only" else self.n_rows // 2

    @functools.partial(jax.jit, static_argnums=0)
    def opponents(self, key: Array) -> Opponents:
        """Fresh members of the pool for one episode."""
        tables = draw(key, self.n_rows)
        from_pool = jnp.arange(self.n_rows) < self.n_pool
        return Opponents(tables, from_pool, self.names(tables, from_pool))

    def names(self, tables: Float[Array, "row seen"], from_pool: Bool[Array, " row"]) -> Float[Array, "row seen"]:
        """What is told about these."""
        if self.pool != "identified":
            return jnp.zeros_like(tables)
        return jnp.where(from_pool[:, None], jnp.log(jnp.maximum(tables, NAMED_LEAST)), 0.0)

    def partners(self) -> Int[Array, " row"]:
        """The row that each meets; itself where it meets the pool."""
        rows = jnp.arange(self.n_rows)
        half = (self.n_rows - self.n_pool) // 2
        met = self.n_pool + (rows - self.n_pool + half) % max(2 * half, 1)
        return jnp.where(rows < self.n_pool, rows, met)

    def replies(
        self, key: Array, opponents: Opponents, seen: Int[Array, " row"], actions: Int[Array, " row"]
    ) -> Int[Array, " row"]:
        """What each row's opponent does at the same time; learners' actions are those of their partners."""
        chances = cooperation(opponents.tables, seen)
        drawn = (jax.random.uniform(key, chances.shape) >= chances).astype(actions.dtype)
        return jnp.where(opponents.from_pool, drawn, actions[self.partners()])


def fixed_opponents(table: Float[Array, " seen"], meetings: Meetings) -> Opponents:
    """Everybody meets this one strategy, named where opponents are named."""
    tables = jnp.broadcast_to(table, (meetings.n_rows, N_SEEN))
    from_pool = jnp.ones(meetings.n_rows, bool)
    return Opponents(tables, from_pool, meetings.names(tables, from_pool))
