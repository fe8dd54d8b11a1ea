"""Planning inside a mixture universe: what an action is evidence of counts, one's own action included.

In the paper's symbols (arXiv 2511.22226, section 3): the embedded best response maximises the return under
rho(e | h a), where a is conditioned upon and not set from outside; V_rho is the value of going on as the self-model
rho(a | h) says; Q^k takes k - 1 further maxima on top of V_rho. A decoupled agent is one whose alpha is 0.
"""

from __future__ import annotations

import dataclasses
from typing import final

import numpy as np
from jaxtyping import Float, Int

from primordia.core.errors import BadInputError
from primordia.games.embedded.belief import Belief, Mixture, forecast, update
from primordia.games.environments.payoffs import COOPERATE, DEFECT, PRISONERS_DILEMMA, Dilemma

MARGIN = 1e-9
"""By how much cooperating must be better. Ties are defected on by everyone alike, or twins would come apart."""


@final
@dataclasses.dataclass(frozen=True)
class Planner:
    """How far an agent looks, and how.

    Args:
        horizon: rounds looked ahead; 1 is myopic. The cost is 4^horizon forecasts.
        n_best: of those, rounds that the agent means to choose itself; the self-model chooses the others. None: all.
        discount: weight of a round over the one before it.
        payoffs: the game.
    """

    horizon: int = 1
    n_best: int | None = None
    discount: float = 1.0
    payoffs: Dilemma = PRISONERS_DILEMMA

    def __post_init__(self) -> None:
        """Ranges."""
        if not 1 <= self.horizon <= 6:
            raise BadInputError(f"A horizon of {self.horizon} rounds cannot be planned over; allowed: 1 to 6 rounds.")
        if self.n_best is not None and not 1 <= self.n_best <= self.horizon:
            raise BadInputError(
                f"{self.n_best} best rounds do not fit a horizon of {self.horizon}; allowed: 1 to {self.horizon}."
            )
        if not 0 <= self.discount <= 1:
            raise BadInputError(f"A discount of {self.discount:g} is out of range; allowed: from 0 to 1.")


def action_values(planner: Planner, mixture: Mixture, belief: Belief) -> Float[np.ndarray, "agent 2"]:
    """The expected return of each action over the horizon, in payoff (a sum, not a mean)."""
    return _values(planner, mixture, belief, planner.horizon, planner.n_best or planner.horizon)


def _values(
    planner: Planner, mixture: Mixture, belief: Belief, horizon: int, n_best: int
) -> Float[np.ndarray, "agent 2"]:
    joint = forecast(mixture, belief).joint
    given = joint / joint.sum(-1, keepdims=True)
    worth = np.broadcast_to(np.array(planner.payoffs.table()[0]), joint.shape)
    if horizon > 1 and planner.discount > 0:
        worth = worth + planner.discount * _later(planner, mixture, belief, horizon - 1, n_best - 1)
    return (given * worth).sum(-1)


def _later(
    planner: Planner, mixture: Mixture, belief: Belief, horizon: int, n_best: int
) -> Float[np.ndarray, "agent 2 2"]:
    """The value of what follows each joint action."""
    found = np.empty((len(belief.p_copy), 2, 2))
    for own in (COOPERATE, DEFECT):
        for other in (COOPERATE, DEFECT):
            one, two = (np.full(len(found), action) for action in (own, other))
            after = update(mixture, belief, one, two)
            values = _values(planner, mixture, after, horizon, n_best)
            if n_best > 0:
                found[:, own, other] = values.max(-1)
            else:
                found[:, own, other] = (forecast(mixture, after).joint.sum(-1) * values).sum(-1)
    return found


def choose(values: Float[np.ndarray, "agent 2"]) -> Int[np.ndarray, " agent"]:
    """The better action; defect where the two are equal to rounding."""
    return np.where(values[:, COOPERATE] > values[:, DEFECT] + MARGIN, COOPERATE, DEFECT)
