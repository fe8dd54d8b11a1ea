"""Matrix games, played for a number of rounds: each agent sees the joint action of the last one, its own first."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, ClassVar, NamedTuple, final

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt32

from primordia.core.errors import ConfigError
from primordia.core.views import Colour
from primordia.games.environments.environment import Environment, Step
from primordia.games.environments.payoffs import PRISONERS_DILEMMA, Payoffs

PRISONERS_TABLE: Payoffs = PRISONERS_DILEMMA.table()
SHADES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
"""Colours of actions; where there are more actions the last is shared."""


class MatrixState(NamedTuple):
    """A matrix game between two rounds: the joint action of the last round (n_actions^2 before any), rounds played."""

    last: Int[Array, ""]
    round: Int[Array, ""]


@final
@dataclasses.dataclass(frozen=True)
class MatrixGame(Environment):
    """A game of two agents given by a table, for `n_steps` rounds; 1 is the one-shot game.

    An observation is one-hot over 1 + n_actions^2: nothing yet, then the last joint action with one's own first, so
    in a dilemma (start, CC, CD, DC, DD).

    Args:
        payoffs: axes [agent, action of the first, action of the second]; nested lists and arrays will do.
        n_steps: rounds of an episode.
        actions: what the actions are called; the first counts as cooperation.

    Raises:
        ConfigError: the table has another shape than the actions ask for, a payoff is not finite, an action is named
            twice, or there is no round.
    """

    payoffs: Payoffs = PRISONERS_TABLE
    n_steps: int = 10
    actions: tuple[str, ...] = ("cooperate", "defect")

    name: ClassVar[str] = "matrix"
    events: ClassVar[dict[str, str]] = {"cooperated": "Whether the agent chose the first action."}
    n_agents: ClassVar[int] = 2
    n_draws: ClassVar[int] = 0
    n_reset_draws: ClassVar[int] = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "actions", tuple(self.actions))
        object.__setattr__(self, "payoffs", checked(self.payoffs, self.actions))
        if type(self.n_steps) is not int or self.n_steps < 1:
            raise ConfigError(f"A matrix game has {self.n_steps} rounds; it must be a whole number from 1 on.")

    @property
    def n_observed(self) -> int:
        """Nothing yet, or one of the joint actions."""
        return 1 + len(self.actions) ** 2

    @property
    def palette(self) -> tuple[Colour, ...]:  # type: ignore[override]
        """A colour for each action."""
        shade = [SHADES[min(place, len(SHADES) - 1)] for place in range(len(self.actions))]
        return (Colour("not yet played", "#FFFFFF"), *map(Colour, self.actions, shade))

    def reset(self, draws: UInt32[Array, " word"]) -> tuple[MatrixState, Float[Array, "agent observation"]]:
        """No round has been played."""
        state = MatrixState(jnp.asarray(len(self.actions) ** 2, jnp.int32), jnp.zeros((), jnp.int32))
        return state, self._seen(state)

    def step(self, state: MatrixState, actions: Int[Array, " agent"], draws: UInt32[Array, " word"]) -> Step:
        """One round."""
        first, second = actions[0].astype(jnp.int32), actions[1].astype(jnp.int32)
        payoffs = jnp.asarray(self.payoffs, jnp.float32)[:, first, second]
        after = MatrixState(first * len(self.actions) + second, state.round + 1)
        events = {"cooperated": (actions == 0).astype(jnp.float32)}
        return Step(after, self._seen(after), payoffs, after.round >= self.n_steps, events)

    def _seen(self, state: MatrixState) -> Float[Array, "agent observation"]:
        n = len(self.actions)
        mirrored = jnp.where(state.last < n * n, (state.last % n) * n + state.last // n, state.last)
        places = (jnp.stack([state.last, mirrored]) + 1) % (n * n + 1)
        return (places[:, None] == jnp.arange(n * n + 1)).astype(jnp.float32)

    def frame(self, state: MatrixState) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Two tiles: what each agent did last."""
        n, last = len(self.actions), int(state.last)
        tiles = [[0, 0]] if last == n * n else [[1 + last // n, 1 + last % n]]
        return np.asarray(tiles, np.uint8)


def checked(payoffs: Any, actions: tuple[str, ...]) -> Payoffs:
    """A payoff table as nested tuples of floats.

    Raises:
        ConfigError: its shape is not [2, action, action], or a payoff is not finite.
    """
    n = len(actions)
    if n < 1 or len(set(actions)) < n:
        named = ", ".join(actions) or "none"
        raise ConfigError(f"The actions of a matrix game are {named}; allowed: one or more, each with its own name.")
    try:
        table = np.asarray(payoffs, np.float64)
        shape = " x ".join(map(str, table.shape)) or "a single number"
    except (TypeError, ValueError):
        table, shape = np.empty(0), "ragged, or not of numbers"
    if table.shape != (2, n, n):
        near = "; payoffs.symmetric(table) makes both agents' of one's" if table.shape == (n, n) else ""
        raise ConfigError(
            f"The payoff table is {shape}; for {n} actions it must be 2 x {n} x {n} "
            f"(agent, action of the first, action of the second){near}."
        )
    for agent, first, second in np.ndindex(table.shape):
        if not math.isfinite(table[agent, first, second]):
            raise ConfigError(
                f"The payoff of agent {agent} for ({actions[first]}, {actions[second]}) is "
                f"{table[agent, first, second]}; allowed: finite numbers."
            )
    return tuple(tuple(tuple(map(float, row)) for row in rows) for rows in table)
