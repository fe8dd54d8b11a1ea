"""The public-goods dilemma of any number of agents: what is given is multiplied and shared by all."""

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


class GoodsState(NamedTuple):
    """Between two rounds: the last action of each agent (2 before any), rounds played."""

    last: Int[Array, " agent"]
    round: Int[Array, ""]


@final
@dataclasses.dataclass(frozen=True)
class PublicGoods(Environment):
    """Each of n agents gives its contribution or keeps it; gifts are multiplied and shared among all.

    Of k givers each is paid factor · contribution · k / n - contribution, and whoever keeps factor · contribution
    · k / n. It is a dilemma for 1 < factor < n. An observation is one-hot over 1 + 2n: nothing yet; gave, with
    n - 1 … 0 other givers; kept, with n - 1 … 0. With two agents this is (start, CC, CD, DC, DD).

    Args:
        n_agents: agents.
        contribution: what a giver gives.
        factor: what the gifts are multiplied with.
        n_steps: rounds of an episode.

    Raises:
        ConfigError: fewer than two agents or no round, or a contribution or factor that is not positive and finite.
    """

    n_agents: int = 4
    contribution: float = 1.0
    factor: float = 2.0
    n_steps: int = 10

    name: ClassVar[str] = "public-goods"
    events: ClassVar[dict[str, str]] = {"cooperated": "Whether the agent gave its contribution."}
    n_draws: ClassVar[int] = 0
    n_reset_draws: ClassVar[int] = 0
    actions: ClassVar[tuple[str, ...]] = ("give", "keep")
    palette: ClassVar[tuple[Colour, ...]] = (
        Colour("gives", "#0072B2"),
        Colour("keeps", "#D55E00"),
        Colour("not yet played", "#FFFFFF"),
    )

    def __post_init__(self) -> None:
        for what, n, least in (("agents", self.n_agents, 2), ("rounds", self.n_steps, 1)):
            if n < least:
                raise ConfigError(f"A public-goods game has {n} {what}; it must have {least} or more.")
        for what, size in (("contribution", self.contribution), ("factor", self.factor)):
            if not (math.isfinite(size) and size > 0):
                raise ConfigError(f"The {what} of a public-goods game is {size}; allowed: finite and above 0.")

    @property
    def n_observed(self) -> int:
        """Nothing yet, or one's own action with the number of other givers."""
        return 1 + 2 * self.n_agents

    def reset(self, draws: UInt32[Array, " word"]) -> tuple[GoodsState, Float[Array, "agent observation"]]:
        """No round has been played."""
        state = GoodsState(jnp.full(self.n_agents, 2, jnp.int32), jnp.zeros((), jnp.int32))
        return state, self._seen(state)

    def step(self, state: GoodsState, actions: Int[Array, " agent"], draws: UInt32[Array, " word"]) -> Step:
        """One round."""
        gave = (actions == 0).astype(jnp.float32)
        share = self.factor * self.contribution * gave.sum() / self.n_agents
        after = GoodsState(actions.astype(jnp.int32), state.round + 1)
        payoffs = share - self.contribution * gave
        return Step(after, self._seen(after), payoffs, after.round >= self.n_steps, {"cooperated": gave})

    def _seen(self, state: GoodsState) -> Float[Array, "agent observation"]:
        gave = (state.last == 0).astype(jnp.int32)
        others = gave.sum() - gave
        places = 1 + jnp.where(gave == 1, 0, self.n_agents) + self.n_agents - 1 - others
        places = jnp.where(state.last == 2, 0, places)
        return (places[:, None] == jnp.arange(self.n_observed)).astype(jnp.float32)

    def frame(self, state: GoodsState) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """A tile for each agent: what it did last."""
        return np.asarray(state.last, np.uint8)[None]
