"""What somebody would have earned who knew the other player from the start."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from primordia.games.embedded.machines import Machines
from primordia.games.environments.payoffs import PRISONERS_DILEMMA, Dilemma


def best_returns(
    machines: Machines, n_rounds: int, payoffs: Dilemma = PRISONERS_DILEMMA
) -> Float[np.ndarray, "n_left machine state"]:
    """The highest sum of payoffs against each known machine in each of its states, with 0 to `n_rounds` rounds left.

    Backward induction; the machine is in the other's seat, so it sees its own action first.
    """
    table = np.array(payoffs.table()[0])
    n, n_states = machines.actions.shape
    everyone = np.arange(n)[:, None]
    returns = [np.zeros((n, n_states))]
    for _ in range(n_rounds):
        each = [
            table[own, machines.actions]
            + returns[-1][everyone, machines.moves[everyone, np.arange(n_states), machines.actions, own]]
            for own in (0, 1)
        ]
        returns.append(np.maximum(*each))
    return np.array(returns)
