"""CleanUp for two on a small grid: somebody has to clean the river, or no apples grow."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, NamedTuple, final

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, UInt32

from primordia.core.errors import ConfigError
from primordia.core.views import Colour
from primordia.games.environments import grid
from primordia.games.environments.environment import Environment, Step, choice, unit

ZAP = 4
REACH = 2
"""Cells that a zap reaches, counted in moves."""
GRASS, WATER, SAND, APPLE, DIRT = range(5)


class CleanupState(NamedTuple):
    """CleanUp between two steps.

    Args:
        cells: where the agents are, axis [agent].
        frozen: steps for which an agent can do nothing, axis [agent].
        apples: whether an apple hangs there, axis [cell]; only in the first column.
        dirt: whether the cell is dirty, axis [cell]; only in the last column.
        step: steps played.
    """

    cells: Int[Array, " agent"]
    frozen: Int[Array, " agent"]
    apples: Bool[Array, " cell"]
    dirt: Bool[Array, " cell"]
    step: Int[Array, ""]


@final
@dataclasses.dataclass(frozen=True)
class Cleanup(Environment):
    """CleanUp-lite (Meulemans et al. 2025, arXiv 2410.18636, appendix): orchard on the left, river on the right.

    In a step, in this order: dirt appears on a random clean cell of the river with probability `dirt_rate`; an apple
    grows in a random bare cell of the orchard with probability 1 - min(1, dirty cells / 3); an agent on an apple takes
    it and gets 1, an agent on dirt removes it; an agent who zaps freezes the other if it is at most two moves away,
    with probability `zap_rate`; agents move. A frozen agent does nothing and cannot be zapped.

    What the paper leaves open, and how it is here: 5 x 4 means five rows and four columns; both agents zap at once, so
    that they can freeze each other; a zapped agent loses the move of that step and `n_frozen` whole steps; no two
    agents share a cell, and nobody enters a cell that was taken as the moves began; if both want a free cell one of
    them, at random, gets it; dirt and apples may appear under an agent.

    An observation: one's own cell, the other's cell, then for each cell apple, dirt or nothing, all one-hot; then
    whether oneself and the other are frozen.

    Args:
        n_rows: rows.
        n_columns: columns, at least 2.
        n_steps: steps of an episode.
        n_dirty: dirty cells at the start; three or more, and no apple grows.
        dirt_rate: probability of a new dirty cell in a step.
        zap_rate: probability that a zap freezes.
        n_frozen: steps that a zapped agent is frozen.

    Raises:
        ConfigError: the grid is too small, more cells are dirty than the river has, or a rate is no probability.
    """

    n_rows: int = 5
    n_columns: int = 4
    n_steps: int = 64
    n_dirty: int = 3
    dirt_rate: float = 0.35
    zap_rate: float = 0.9
    n_frozen: int = 5

    name: ClassVar[str] = "cleanup"
    events: ClassVar[dict[str, str]] = {
        "apples": "Apples that the agent took.",
        "cleaned": "Dirty cells that the agent cleaned.",
        "zapped": "Whether the agent froze the other.",
    }
    actions: ClassVar[tuple[str, ...]] = ("right", "left", "up", "down", "zap", "noop")
    n_agents: ClassVar[int] = 2
    n_draws: ClassVar[int] = 7
    palette: ClassVar[tuple[Colour, ...]] = (
        Colour("orchard", "#C5D8A4"),
        Colour("river", "#A9CCE3"),
        Colour("sand", "#F4F1EA"),
        Colour("apple", "#B2182B"),
        Colour("dirt", "#6B4F2A"),
        *grid.colours((), 2),
    )

    def __post_init__(self) -> None:
        if self.n_rows < 1 or self.n_columns < 2 or self.n_rows * self.n_columns > 4096:
            raise ConfigError(
                f"A CleanUp of {self.n_rows} rows and {self.n_columns} columns cannot be played; it needs at least "
                "1 row and 2 columns, and at most 4,096 cells."
            )
        if not 0 <= self.n_dirty <= self.n_rows:
            raise ConfigError(
                f"n_dirty={self.n_dirty} does not fit the river of {self.n_rows} cells; from 0 to {self.n_rows} "
                "are allowed."
            )
        for setting in ("dirt_rate", "zap_rate"):
            if not 0 <= getattr(self, setting) <= 1:
                raise ConfigError(f"{setting}={getattr(self, setting)} is no probability; from 0 to 1 are allowed.")
        if self.n_steps < 1 or self.n_frozen < 1:
            raise ConfigError(f"n_steps={self.n_steps} and n_frozen={self.n_frozen} must both be at least 1.")

    @property
    def n_cells(self) -> int:
        """Cells of the grid."""
        return self.n_rows * self.n_columns

    @property
    def n_observed(self) -> int:
        """Five numbers for each cell, and two."""
        return 5 * self.n_cells + 2

    @property
    def n_reset_draws(self) -> int:
        """A word for each agent and each dirty cell."""
        return 2 + self.n_dirty

    def _columns(self) -> tuple[np.ndarray, np.ndarray]:
        """Masks of the orchard and of the river, axis [cell]."""
        column = np.arange(self.n_cells) % self.n_columns
        return column == 0, column == self.n_columns - 1

    def reset(self, draws: UInt32[Array, " word"]) -> tuple[CleanupState, Float[Array, "agent observation"]]:
        """Agents on two random cells, no apples, some dirt."""
        first, second = choice(draws[0], self.n_cells), choice(draws[1], self.n_cells - 1)
        river = jnp.asarray(self._columns()[1])
        dirt = jnp.zeros(self.n_cells, bool)
        for i in range(self.n_dirty):
            dirt = dirt | grid.chosen(river & ~dirt, draws[2 + i])
        cells = jnp.stack([first, second + (second >= first)])
        zero = jnp.zeros((), jnp.int32)
        state = CleanupState(cells, jnp.zeros(2, jnp.int32), jnp.zeros(self.n_cells, bool), dirt, zero)
        return state, self.observed(state)

    def step(self, state: CleanupState, actions: Int[Array, " agent"], draws: UInt32[Array, " word"]) -> Step:
        """Dirt, apples, harvest and cleaning, zaps, moves."""
        orchard, river = (jnp.asarray(mask) for mask in self._columns())
        spoilt = unit(draws[0]) < jnp.float32(self.dirt_rate)
        dirt = state.dirt | (grid.chosen(river & ~state.dirt, draws[1]) & spoilt)
        clean = 1 - jnp.minimum(dirt.sum(dtype=jnp.int32).astype(jnp.float32) / 3, 1)
        apples = state.apples | (grid.chosen(orchard & ~state.apples, draws[3]) & (unit(draws[2]) < clean))

        free = state.frozen == 0
        here = grid.one_hot(state.cells, self.n_cells) & free[:, None]
        eaten, cleaned = (here & apples).any(1), (here & dirt).any(1)
        taken = here.any(0)
        zapped = self._zapped(state, (actions == ZAP) & free, draws[4:6])
        frozen = jnp.where(zapped, self.n_frozen, jnp.maximum(state.frozen - 1, 0))
        wanted = self._wanted(state.cells, actions, free & ~zapped)
        cells = grid.moved(state.cells, wanted, draws[6])
        after = CleanupState(cells, frozen, apples & ~taken, dirt & ~taken, state.step + 1)
        events = {"apples": eaten, "cleaned": cleaned, "zapped": zapped[::-1]}
        events = {name: happened.astype(jnp.float32) for name, happened in events.items()}
        return Step(after, self.observed(after), events["apples"], after.step >= self.n_steps, events)

    def _zapped(
        self, state: CleanupState, zaps: Bool[Array, " agent"], words: UInt32[Array, " agent"]
    ) -> Bool[Array, " agent"]:
        """Who is frozen by the other's zap; the words are those of who zaps."""
        rows, columns = state.cells // self.n_columns, state.cells % self.n_columns
        near = jnp.abs(rows[0] - rows[1]) + jnp.abs(columns[0] - columns[1]) <= REACH
        hits = zaps & near & (unit(words) < jnp.float32(self.zap_rate))
        return hits[::-1] & (state.frozen == 0)

    def _wanted(
        self, cells: Int[Array, " agent"], actions: Int[Array, " agent"], free: Bool[Array, " agent"]
    ) -> Int[Array, " agent"]:
        """Where each agent would go; its own cell where the grid ends."""
        rows, columns = cells // self.n_columns, cells % self.n_columns
        across = (actions == grid.RIGHT).astype(jnp.int32) - (actions == grid.LEFT)
        along = (actions == grid.DOWN).astype(jnp.int32) - (actions == grid.UP)
        rows = jnp.clip(rows + along, 0, self.n_rows - 1)
        columns = jnp.clip(columns + across, 0, self.n_columns - 1)
        return jnp.where(free, rows * self.n_columns + columns, cells)

    def observed(self, state: CleanupState) -> Float[Array, "agent observation"]:
        """What each agent sees of a state."""
        places = grid.one_hot(jnp.stack([state.cells, state.cells[::-1]], axis=1), self.n_cells).reshape(2, -1)
        ground = jnp.stack([state.apples, state.dirt, ~(state.apples | state.dirt)], axis=1).reshape(-1)
        frozen = jnp.stack([state.frozen, state.frozen[::-1]], axis=1) > 0
        shared = jnp.broadcast_to(ground, (2, 3 * self.n_cells))
        return jnp.concatenate([places, shared, frozen], axis=1).astype(jnp.float32)

    def frame(self, state: CleanupState) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Agents as squares (with a black middle while frozen), apples as dots, dirt as patches."""
        shape = (self.n_rows, self.n_columns)
        orchard, river = self._columns()
        picture = grid.tiled(np.where(orchard, GRASS, np.where(river, WATER, SAND)).reshape(shape))
        for mask, colour, size in ((state.dirt, DIRT, 8), (state.apples, APPLE, 6)):
            for row, column in np.argwhere(np.asarray(mask).reshape(shape)):
                grid.dot(picture, row, column, colour, size)
        for agent in (0, 1):
            row, column = divmod(int(state.cells[agent]), self.n_columns)
            grid.dot(picture, row, column, DIRT + 2 + agent, 6)
            if int(state.frozen[agent]):
                grid.dot(picture, row, column, DIRT + 1, 2)
        return picture
