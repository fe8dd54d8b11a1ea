"""The coin game: two agents, each with a colour, and coins that either may take, at the other's cost."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, NamedTuple, final

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt32

from primordia.core.errors import ConfigError
from primordia.core.views import Colour
from primordia.games.environments import grid
from primordia.games.environments.environment import Environment, Step, choice

LOSS = -2.0
"""What an agent gets when the other takes a coin of its colour; whoever takes a coin gets 1."""


class CoinState(NamedTuple):
    """Coins between two steps.

    Args:
        cells: where the agents are, axis [agent].
        coins: where the coin of each agent's colour lies, axis [agent]; -1 where none lies.
        step: steps played.
    """

    cells: Int[Array, " agent"]
    coins: Int[Array, " agent"]
    step: Int[Array, ""]


@final
@dataclasses.dataclass(frozen=True)
class Coins(Environment):
    """Two agents on a grid whose edges meet; a coin pays 1 to whoever takes it and costs the other 2 if it was theirs.

    One coin (Foerster et al. 2018, arXiv 1709.04326; rules as in the authors' code): once it is taken, a coin of the
    other colour appears on a random cell where nobody stands. Two coins (the variant of Pax and JaxMARL): a coin of
    each colour lies at all times, and appears anywhere. Agents may share a cell. If both arrive on a coin at once both
    take it; the first LOLA code paid only the first agent then, its successor lola_dice pays both, as we do.

    An observation is one-hot over cells, four times: oneself, the other, the coin of one's colour, the other's coin.

    Args:
        size: cells of a side.
        n_coins: 1 or 2.
        n_steps: steps of an episode.
        may_stay: whether there is a fifth action, to stay, as in Pax and JaxMARL.

    Raises:
        ConfigError: the grid has no room, or `n_coins` is not 1 or 2.
    """

    size: int = 3
    n_coins: int = 1
    n_steps: int = 150
    may_stay: bool = False

    name: ClassVar[str] = "coins"
    events: ClassVar[dict[str, str]] = {
        "own": "Coins of its own colour that the agent took.",
        "other": "Coins of the other's colour that the agent took.",
    }
    n_agents: ClassVar[int] = 2
    n_draws: ClassVar[int] = 2
    n_reset_draws: ClassVar[int] = 5
    palette: ClassVar[tuple[Colour, ...]] = (
        Colour("floor", "#F4F1EA"),
        Colour("lines", "#E4DED2"),
        *grid.colours((), 2),
    )

    def __post_init__(self) -> None:
        if self.size < 2 or self.size > 64:
            raise ConfigError(
                f"A coin game of size {self.size} cannot be played; from 2 to 64 cells a side are allowed."
            )
        if self.n_coins not in (1, 2):
            raise ConfigError(f"A coin game with {self.n_coins} coins is not known; 1 or 2 are allowed.")
        if self.n_steps < 1:
            raise ConfigError(f"An episode of {self.n_steps} steps cannot be played; it needs at least 1.")

    @property
    def actions(self) -> tuple[str, ...]:
        """Moves, and to stay where that is allowed."""
        return ("right", "left", "up", "down", "stay") if self.may_stay else ("right", "left", "up", "down")

    @property
    def n_observed(self) -> int:
        """Four times the cells."""
        return 4 * self.size**2

    def reset(self, draws: UInt32[Array, " word"]) -> tuple[CoinState, Float[Array, "agent observation"]]:
        """The agents on two different cells; of one coin the colour is random."""
        n = self.size**2
        first = choice(draws[0], n)
        second = choice(draws[1], n - 1)
        cells = jnp.stack([first, second + (second >= first)])
        if self.n_coins == 2:
            coins = choice(draws[2:4], n)
        else:
            coins = jnp.where(jnp.arange(2) == choice(draws[4], 2), self._free(cells, draws[2]), -1)
        state = CoinState(cells, coins, jnp.zeros((), jnp.int32))
        return state, self.observed(state)

    def step(self, state: CoinState, actions: Int[Array, " agent"], draws: UInt32[Array, " word"]) -> Step:
        """Both move, then take."""
        across = (actions == grid.RIGHT).astype(jnp.int32) - (actions == grid.LEFT)
        along = (actions == grid.DOWN).astype(jnp.int32) - (actions == grid.UP)
        rows = (state.cells // self.size + along) % self.size
        cells = rows * self.size + (state.cells % self.size + across) % self.size
        own = cells == state.coins
        other = cells == state.coins[::-1]
        payoffs = own.astype(jnp.float32) + other + LOSS * other[::-1]
        gone = own | other[::-1]
        if self.n_coins == 2:
            coins = jnp.where(gone, choice(draws, self.size**2), state.coins)
        else:
            coins = jnp.where(gone[::-1], self._free(cells, draws[0]), jnp.where(gone, -1, state.coins))
        after = CoinState(cells, coins, state.step + 1)
        events = {"own": own.astype(jnp.float32), "other": other.astype(jnp.float32)}
        return Step(after, self.observed(after), payoffs, after.step >= self.n_steps, events)

    def _free(self, cells: Int[Array, " agent"], word: UInt32[Array, ""]) -> Int[Array, ""]:
        """A random cell where nobody stands."""
        low, high = jnp.minimum(cells[0], cells[1]), jnp.maximum(cells[0], cells[1])
        apart = low != high
        place = choice(word, self.size**2 - 1 - apart.astype(jnp.int32))
        place = place + (place >= low)
        return place + (apart & (place >= high))

    def observed(self, state: CoinState) -> Float[Array, "agent observation"]:
        """What each agent sees of a state."""
        what = jnp.stack([state.cells, state.cells[::-1], state.coins, state.coins[::-1]], axis=1)
        return grid.one_hot(what, self.size**2).reshape(2, -1).astype(jnp.float32)

    def frame(self, state: CoinState) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Agents as squares, coins as dots of their colour; two who share a cell overlap."""
        marks = len(self.palette) - 2
        rows, columns = np.divmod(np.arange(self.size**2), self.size)
        picture = grid.tiled(((rows + columns) % 2).reshape(self.size, self.size))
        for agent in (0, 1):
            row, column = divmod(int(state.cells[agent]), self.size)
            grid.dot(picture, row, column, marks + agent, 8 - 2 * agent)
        for agent in (0, 1):
            if int(state.coins[agent]) >= 0:
                row, column = divmod(int(state.coins[agent]), self.size)
                grid.dot(picture, row, column, marks - 1, 5)
                grid.dot(picture, row, column, marks + agent, 3)
        return picture
