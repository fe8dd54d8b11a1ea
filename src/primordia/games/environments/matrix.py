"""Matrix games, played for a number of rounds: each agent sees the joint action of the last one, its own first."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, NamedTuple, TypeAlias, final

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt32

from primordia.core.views import Colour
from primordia.games.environments.environment import Environment, Step
from primordia.games.environments.payoffs import PRISONERS_DILEMMA

Payoffs: TypeAlias = tuple[tuple[tuple[float, ...], ...], ...]
PRISONERS_TABLE: Payoffs = PRISONERS_DILEMMA.table()


class MatrixState(NamedTuple):
    """A matrix game between two rounds: the joint action of the last round (n_actions^2 before any), rounds played."""

    last: Int[Array, ""]
    round: Int[Array, ""]


@final
@dataclasses.dataclass(frozen=True)
class MatrixGame(Environment):
    """A game of two agents given by a table, for `n_steps` rounds.

    An observation is one-hot over 1 + n_actions^2: nothing yet, then the last joint action with one's own first, so
    in a dilemma (start, CC, CD, DC, DD).

    Args:
        payoffs: axes [agent, action of the first, action of the second].
        n_steps: rounds of an episode.
        actions: what the actions are called.
    """

    payoffs: Payoffs = PRISONERS_TABLE
    n_steps: int = 10
    actions: tuple[str, ...] = ("cooperate", "defect")

    name: ClassVar[str] = "matrix"
    events: ClassVar[dict[str, str]] = {"cooperated": "Whether the agent chose the first action."}
    n_agents: ClassVar[int] = 2
    n_draws: ClassVar[int] = 0
    n_reset_draws: ClassVar[int] = 0
    palette: ClassVar[tuple[Colour, ...]] = (
        Colour("not yet played", "#FFFFFF"),
        Colour("cooperates", "#0072B2"),
        Colour("defects", "#D55E00"),
    )

    @property
    def n_observed(self) -> int:
        """Nothing yet, or one of the joint actions."""
        return 1 + len(self.actions) ** 2

    def reset(self, draws: UInt32[Array, " word"]) -> tuple[MatrixState, Float[Array, "agent observation"]]:
        """No round has been played."""
        state = MatrixState(jnp.asarray(len(self.actions) ** 2, jnp.int32), jnp.zeros((), jnp.int32))
        return state, self._seen(state)

    def step(self, state: MatrixState, actions: Int[Array, " agent"], draws: UInt32[Array, " word"]) -> Step:
        """One round."""
        first, second = actions[0], actions[1]
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
        tiles = [[0, 0]] if last == n * n else [[1 + min(last // n, 1), 1 + min(last % n, 1)]]
        return np.asarray(tiles, np.uint8)
