"""Worlds drawn as a map: agents with a heading, beams, apples, and a window that turns with the agent."""

from __future__ import annotations

import abc
import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, UInt32

from primordia.core.errors import ConfigError
from primordia.core.views import Colour
from primordia.games.environments import grid
from primordia.games.environments.environment import Environment, Step, choice

NOOP, FORWARD, BACKWARD, STEP_LEFT, STEP_RIGHT, TURN_LEFT, TURN_RIGHT, ZAP, CLEAN = range(9)
SAND, WALL, APPLE, WATER, DIRT = range(5)
"""What a cell holds; a negative number is sand on which an apple appears after so many steps."""
HEADINGS = ((-1, 0), (0, 1), (1, 0), (0, -1))
"""Up, right, down, left: what a step ahead adds to (row, column)."""
SIGNS = {" ": SAND, "P": SAND, "#": WALL, "A": APPLE, "a": SAND, "~": WATER, "d": WATER, "D": DIRT}
"""Signs of a map: P a place to start from, a and A where apples grow (A: one hangs there at the start), ~ water, d and
D water that can be dirty (D: is at the start)."""
GROUND = (
    Colour("sand", "#F4F1EA"),
    Colour("wall", "#7A7468"),
    Colour("apple", "#B2182B"),
    Colour("water", "#A9CCE3"),
    Colour("dirt", "#6B4F2A"),
    Colour("orchard", "#C5D8A4"),
)
ORCHARD = len(GROUND) - 1


class WorldState(NamedTuple):
    """A world between two steps.

    Args:
        cells: where the agents are, axis [agent]; -1 for an agent who is away.
        headings: where they look (up, right, down, left), axis [agent].
        away: steps until an agent comes back; 0 for those who are there, axis [agent].
        hits: beams that hit an agent since it came, axis [agent].
        field: what each cell holds, axes [row, column].
        step: steps played.
    """

    cells: Int[Array, " agent"]
    headings: Int[Array, " agent"]
    away: Int[Array, " agent"]
    hits: Int[Array, " agent"]
    field: Int[Array, "row column"]
    step: Int[Array, ""]


@dataclasses.dataclass(frozen=True)
class World(Environment, abc.ABC):
    """A world on a map, such as CleanUp, the commons harvest and gathering (Melting Pot and SocialJax, simplified).

    In a step, in this order: what grows grows, on cells where nobody stands; agents turn or move, all at once
    (`grid.moved`: nobody enters a cell that was taken as the step began); an agent on an apple takes it and gets 1;
    beams hit; an agent hit `n_hits` times goes away, and after `n_away` whole steps appears, looking anywhere, on a
    free starting place. Beams reach the cells up to `length` ahead and `width` to either side, and nothing stops them.

    An observation is a window that turns with the agent: `ahead` rows before it, `behind` rows after it, `side` columns
    to either side, and for each cell, one-hot: what it holds (`seen`, the rest of the world being wall), then another
    agent who looks the same way, to the right, this way, to the left. An agent who is away sees zeros.

    Args:
        n_agents: agents.
        n_steps: steps of an episode.
        n_hits: beams that send an agent away.
        n_away: steps it is away.
        length: cells ahead that a beam reaches.
        width: cells to either side of them.
        ahead: rows of the window before the agent.
        behind: rows after it.
        side: columns to either side.
        plan: the map, a string for each row; `SIGNS` says what the signs mean.

    Raises:
        ConfigError: the map has unequal rows, an unknown sign or too few places to start from; a number is too small.
    """

    n_agents: int = 2
    n_steps: int = 1000
    n_hits: int = 1
    n_away: int = 4
    length: int = 3
    width: int = 1
    ahead: int = 9
    behind: int = 1
    side: int = 5
    plan: tuple[str, ...] = ()

    events: ClassVar[Mapping[str, str]] = {
        "apples": "Apples that the agent took.",
        "zapped": "Other agents whom its beam hit.",
        "away": "Whether the agent is away.",
    }
    actions: ClassVar[tuple[str, ...]] = (
        "noop", "forward", "backward", "step left", "step right", "turn left", "turn right", "zap",
    )  # fmt: skip
    seen: ClassVar[tuple[int, ...]] = (WALL, APPLE)
    n_draws: ClassVar[int] = 5
    n_reset_draws: ClassVar[int] = 2

    def __post_init__(self) -> None:
        if not self.plan or len({len(row) for row in self.plan}) != 1 or not self.plan[0]:
            lengths = sorted({len(row) for row in self.plan})
            raise ConfigError(f"The rows of a map must be of one length above 0; they have {lengths or 'no rows'}.")
        strange = sorted(set("".join(self.plan)) - SIGNS.keys())
        if strange:
            raise ConfigError(f"The map has the sign {strange[0]!r}; known are {', '.join(map(repr, SIGNS))}.")
        for setting in ("n_agents", "n_steps", "n_hits", "n_away"):
            if getattr(self, setting) < 1:
                raise ConfigError(f"{setting}={getattr(self, setting)} is too small; at least 1 is needed.")
        for setting in ("length", "width", "ahead", "behind", "side"):
            if getattr(self, setting) < 0:
                raise ConfigError(f"{setting}={getattr(self, setting)} is negative; 0 or more are allowed.")
        n_places = "".join(self.plan).count("P")
        if n_places < 2 * self.n_agents:
            raise ConfigError(
                f"The map has {n_places} places to start from (P) for {self.n_agents} agents; it needs two for each, "
                f"{2 * self.n_agents} in all."
            )

    @property
    def n_observed(self) -> int:
        """Cells of the window times what is told of each."""
        return (self.ahead + 1 + self.behind) * (2 * self.side + 1) * (len(self.seen) + 4)

    @property
    def palette(self) -> tuple[Colour, ...]:
        """Ground, marks, agents."""
        return grid.colours(GROUND, self.n_agents)

    @abc.abstractmethod
    def grown(self, state: WorldState, bare: Bool[Array, "row column"], words: UInt32[Array, " word"]) -> Array:
        """The field after what grows has grown; `bare` says where nobody stands. Two words."""

    def bitten(self, field: Array, taken: Array) -> Array:
        """The field without the apples that were taken; axes [row, column]."""
        return jnp.where(taken, SAND, field)

    def cleaned(self, field: Array, actions: Array, reach: Array) -> tuple[Array, dict[str, Array]]:
        """The field after other actions than moves and zaps, and their events; `reach`: axes [agent, row, column]."""
        return field, {}

    def reset(self, draws: UInt32[Array, " word"]) -> tuple[WorldState, Float[Array, "agent observation"]]:
        """Agents on random starting places, looking anywhere."""
        zeros = jnp.zeros(self.n_agents, jnp.int32)
        field = jnp.asarray(_field(self.plan))
        cells = self._places(zeros - 1, draws[0])
        state = WorldState(cells, self._turned(draws[1]), zeros, zeros, field, jnp.zeros((), jnp.int32))
        return state, self.observed(state)

    def step(self, state: WorldState, actions: Int[Array, " agent"], draws: UInt32[Array, " word"]) -> Step:
        """What grows, moves, apples, beams, returns."""
        here = state.away == 0
        stood = self._standing(state.cells)
        field = self.grown(state, ~stood.any(0), draws[:2])

        turns = (actions == TURN_RIGHT).astype(jnp.int32) - (actions == TURN_LEFT)
        headings = (state.headings + turns) % 4
        cells = jnp.where(here, grid.moved(state.cells, self._wanted(state, actions), draws[2]), -1)
        standing = self._standing(cells)
        takes = standing & (field == APPLE)
        apples = takes.any((1, 2))
        field = self.bitten(field, takes.any(0))

        reach = self._reach(cells, headings)
        field, events = self.cleaned(field, actions, reach)
        beams = ((actions == ZAP) & here)[:, None]
        struck = beams & self._struck(cells, headings)
        hits = state.hits + struck.sum(0, dtype=jnp.int32)
        gone = hits >= self.n_hits
        back = state.away == 1
        away = jnp.where(gone, self.n_away, jnp.maximum(state.away - 1, 0))
        cells = jnp.where(gone, -1, cells)
        after = WorldState(
            jnp.where(back, self._places(cells, draws[3]), cells),
            jnp.where(back, self._turned(draws[4]), headings),
            away,
            jnp.where(gone, 0, hits),
            field,
            state.step + 1,
        )
        payoffs = apples.astype(jnp.float32)
        told = {"apples": payoffs, "zapped": struck.sum(1, dtype=jnp.float32), "away": (away > 0).astype(jnp.float32)}
        return Step(after, self.observed(after), payoffs, after.step >= self.n_steps, told | events)

    def _standing(self, cells: Int[Array, " agent"]) -> Bool[Array, "agent row column"]:
        rows, columns = len(self.plan), len(self.plan[0])
        return grid.one_hot(cells, rows * columns).reshape(-1, rows, columns)

    def _wanted(self, state: WorldState, actions: Array) -> Int[Array, " agent"]:
        """Where each agent would go; its own cell before a wall and at the end of the map; the away all differ."""
        columns = len(self.plan[0])
        moves = actions[:, None] == jnp.asarray([FORWARD, STEP_RIGHT, BACKWARD, STEP_LEFT])
        along, across = _ahead((state.headings + (moves * jnp.arange(4)).sum(1)) % 4)
        going = moves.any(1) & (state.away == 0)
        row, column = state.cells // columns + along, state.cells % columns + across
        inside = (row >= 0) & (row < len(self.plan)) & (column >= 0) & (column < columns)
        wanted = row * columns + column
        walls = np.flatnonzero(_field(self.plan) == WALL)
        if walls.size:
            inside = inside & ~(wanted[:, None] == jnp.asarray(walls, jnp.int32)).any(1)
        return jnp.where(
            going & inside, wanted, jnp.where(state.away == 0, state.cells, -2 - jnp.arange(self.n_agents))
        )

    def _box(self, cells: Array, headings: Array) -> tuple[Array, Array, Array, Array]:
        """First and last row, first and last column that the beam of each agent reaches; axis [agent]."""
        columns = len(self.plan[0])
        row, column = cells // columns, cells % columns
        along, across = _ahead(headings)
        wide, tall = jnp.abs(along) * self.width, jnp.abs(across) * self.width
        near_row, far_row = row + along, row + along * self.length
        near_column, far_column = column + across, column + across * self.length
        return (
            jnp.minimum(near_row, far_row) - tall,
            jnp.maximum(near_row, far_row) + tall,
            jnp.minimum(near_column, far_column) - wide,
            jnp.maximum(near_column, far_column) + wide,
        )

    def _reach(self, cells: Array, headings: Array) -> Bool[Array, "agent row column"]:
        """The cells that the beam of each agent would reach."""
        top, bottom, left, right = (edge[:, None] for edge in self._box(cells, headings))
        rows, columns = jnp.arange(len(self.plan)), jnp.arange(len(self.plan[0]))
        tall = (rows >= top) & (rows <= bottom) & (cells >= 0)[:, None]
        return tall[:, :, None] & ((columns >= left) & (columns <= right))[:, None, :]

    def _struck(self, cells: Array, headings: Array) -> Bool[Array, "agent agent"]:
        """Whether the beam of an agent (first axis) would hit another (second axis)."""
        columns = len(self.plan[0])
        row, column = cells // columns, cells % columns
        top, bottom, left, right = (edge[:, None] for edge in self._box(cells, headings))
        inside = (row >= top) & (row <= bottom) & (column >= left) & (column <= right)
        numbers = jnp.arange(self.n_agents)
        return inside & (cells >= 0) & (numbers[:, None] != numbers)

    def _places(self, cells: Int[Array, " agent"], word: UInt32[Array, ""]) -> Int[Array, " agent"]:
        """A free starting place for every agent, all different."""
        places = jnp.asarray(_starts(self.plan), jnp.int32)
        taken = (places[:, None] == cells).any(1)
        scores = (grid.spread(word, places.shape[0]) >> 1) | (taken.astype(jnp.uint32) << 31)
        mine = grid.ranks(scores) == jnp.arange(self.n_agents)[:, None]
        return (mine * places).sum(1, dtype=jnp.int32)

    def _turned(self, word: UInt32[Array, ""]) -> Int[Array, " agent"]:
        """A random heading for every agent."""
        return choice(grid.spread(word, self.n_agents), 4)

    def observed(self, state: WorldState) -> Float[Array, "agent observation"]:
        """Windows out of a walled map that holds what · 5 + (0 for nobody, else 1 + the heading of who is there)."""
        columns = state.field.shape[1]
        edge = max(self.ahead, self.behind, self.side)
        marks = self._standing(state.cells) * (1 + state.headings)[:, None, None]
        code = jnp.maximum(state.field, SAND) * 5 + marks.sum(0)
        code = jnp.pad(code, edge, constant_values=WALL * 5).reshape(-1)
        offsets = jnp.asarray(_offsets(self.ahead, self.behind, self.side, columns + 2 * edge))
        facing = grid.one_hot(state.headings, 4)
        offset = (facing[:, :, None] * offsets).sum(1)
        cells = jnp.maximum(state.cells, 0)
        corner = (cells // columns + edge) * (columns + 2 * edge) + cells % columns + edge
        window = code.at[corner[:, None] + offset].get(mode="promise_in_bounds")
        what, who = window // 5, window % 5 - 1
        looks = jnp.where(who >= 0, (who - state.headings[:, None]) % 4, -1)
        looks = jnp.where(offset == 0, -1, looks)
        things = what[..., None] == jnp.asarray(self.seen)
        shown = jnp.concatenate([things, grid.one_hot(looks, 4)], axis=-1).reshape(self.n_agents, -1)
        return (shown & (state.away == 0)[:, None]).astype(jnp.float32)

    def frame(self, state: WorldState) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Agents as squares whose mark shows where they look; whoever is away is not drawn."""
        field = np.maximum(np.asarray(state.field), SAND)
        grows = np.array([[sign in "aA" for sign in row] for row in self.plan])
        picture = grid.tiled(np.where((field == SAND) | (field == APPLE), np.where(grows, ORCHARD, SAND), field))
        for row, column in np.argwhere(field == APPLE):
            grid.dot(picture, row, column, APPLE, 6)
        for agent, cell in enumerate(np.asarray(state.cells)):
            if cell >= 0:
                row, column = divmod(int(cell), len(self.plan[0]))
                grid.dot(picture, row, column, len(GROUND) + 1 + agent, 6)
                along, across = HEADINGS[int(state.headings[agent])]
                top, left = row * grid.TILE + 3 + 2 * along, column * grid.TILE + 3 + 2 * across
                picture[top : top + 2, left : left + 2] = len(GROUND)
        return picture


def _ahead(headings: Int[Array, " agent"]) -> tuple[Array, Array]:
    """What a step in the heading adds to the row and to the column."""
    along = (headings == 2).astype(jnp.int32) - (headings == 0)
    across = (headings == 1).astype(jnp.int32) - (headings == 3)
    return along, across


@functools.lru_cache(maxsize=64)
def _field(plan: tuple[str, ...]) -> np.ndarray:
    """What the cells hold at the start, axes [row, column]."""
    return np.array([[SIGNS[sign] for sign in row] for row in plan], np.int32)


@functools.lru_cache(maxsize=64)
def _starts(plan: tuple[str, ...]) -> np.ndarray:
    """The cells one may start from."""
    return np.flatnonzero([sign == "P" for sign in "".join(plan)]).astype(np.int32)


@functools.lru_cache(maxsize=64)
def marked(plan: tuple[str, ...], signs: str) -> np.ndarray:
    """Where the map has one of the signs, axes [row, column]."""
    return np.array([[sign in signs for sign in row] for row in plan])


@functools.lru_cache(maxsize=64)
def _offsets(ahead: int, behind: int, side: int, columns: int) -> np.ndarray:
    """What to add to an agent's cell for each cell of its window, axes [heading, window]; far row first, left first."""
    found = []
    for along, across in HEADINGS:
        right = (across, -along)
        found.append(
            [
                (before * along + aside * right[0]) * columns + before * across + aside * right[1]
                for before in range(ahead, -behind - 1, -1)
                for aside in range(-side, side + 1)
            ]
        )
    return np.array(found, np.int32)
