"""Two memory-one strategies over endless rounds without a discount: mean payoff per round, in 64 bits, by NumPy.

Where the chain of joint actions falls into several closed classes (tit for tat against itself has three), the mean
depends on how the game begins. It is then what the classes are worth, weighed by how likely each is to be entered:
the limit of the normalised value for a discount going to 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from primordia.core.errors import BadInputError
from primordia.games.environments.payoffs import Payoffs
from primordia.games.exact.allowed import PRISONERS_TABLE, SECOND_SEES, Floats, checked_strategy, checked_table


def joint_chain(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[Floats, Floats]:
    """The first joint action and the probability of each after each; axes [..., joint] and [..., last, next].

    Both strategies may have axes in front, which broadcast.
    """
    one, other = checked_strategy(first), checked_strategy(second)
    answer = other[..., list(SECOND_SEES)]
    return _joint(one[..., 0], other[..., 0]), _joint(one[..., 1:], answer)


def _joint(one: Any, other: Any) -> Floats:
    return np.stack([one * other, one * (1 - other), (1 - one) * other, (1 - one) * (1 - other)], -1)


def stationary(moves: Floats) -> Floats:
    """The share of each state in the long run of an irreducible chain, by elimination without subtraction.

    Args:
        moves: probabilities, axes [last, next].
    """
    left = np.array(moves, np.float64)
    n = len(left)
    for k in range(n - 1, 0, -1):
        left[:k, k] /= left[k, :k].sum()
        left[:k, :k] += np.outer(left[:k, k], left[k, :k])
    shares = np.zeros(n)
    shares[0] = 1
    for k in range(1, n):
        shares[k] = shares[:k] @ left[:k, k]
    return np.asarray(shares / shares.sum(), np.float64)


def long_run_shares(start: Floats, moves: Floats) -> Floats:
    """The share of each state over endless steps of any finite chain, from a first distribution.

    A state belongs to a closed class if it is reached again from wherever it leads; what is impossible is exactly 0.

    Args:
        start: probabilities of the first state, axis [state].
        moves: axes [last, next].
    """
    n = len(moves)
    reached = (moves > 0) | np.eye(n, dtype=bool)
    for k in range(n):
        reached |= reached[:, k : k + 1] & reached[k : k + 1]
    closed = np.array([(reached[reached[i], i]).all() for i in range(n)])
    open_states = np.flatnonzero(~closed)
    inside = np.eye(len(open_states)) - moves[np.ix_(open_states, open_states)]
    visits = np.linalg.solve(inside.T, start[open_states]) if len(open_states) else np.zeros(0)
    entered = np.where(closed, start, 0) + np.where(closed, visits @ moves[open_states], 0)
    shares = np.zeros(n)
    for head in range(n):
        members = np.flatnonzero(reached[head])
        if closed[head] and members[0] == head:
            shares[members] = entered[members].sum() * stationary(moves[np.ix_(members, members)])
    return shares


def long_run_values(first: npt.ArrayLike, second: npt.ArrayLike, payoffs: Payoffs = PRISONERS_TABLE) -> Floats:
    """The mean payoff per round of each agent over endless rounds, axis [agent].

    Args:
        first: five probabilities of cooperation.
        second: the same of the other, its own action first.
        payoffs: axes [agent, action of the first, action of the second].

    Raises:
        BadInputError: a strategy is none, or the table has another shape.
    """
    start, moves = joint_chain(first, second)
    return np.asarray(checked_table(payoffs), np.float64).reshape(2, -1) @ long_run_shares(start, moves)


def responding_slopes(fixed: npt.ArrayLike, learner: npt.ArrayLike, payoffs: Payoffs = PRISONERS_TABLE) -> Floats:
    """Which way a learner's mean payoff over endless rounds rises against a fixed co-player; axis (CC, CD, DC, DD).

    The partial derivatives of its long-run payoff in its own probabilities, by the differences of its relative values
    (the solution of Poisson's equation). The chain must have one closed class; how a game begins then has no part.

    Args:
        fixed: the co-player's five probabilities; it is the first agent.
        learner: its own, its action first.
        payoffs: axes [agent, action of the first, action of the second].

    Raises:
        BadInputError: a strategy is none, the table has another shape, or the chain has several closed classes.
    """
    start, moves = joint_chain(fixed, learner)
    shares = long_run_shares(start, moves)
    n = len(shares)
    worth = np.asarray(checked_table(payoffs), np.float64)[1].reshape(-1)
    system = np.eye(n) - moves + np.ones((n, 1)) * shares
    if np.linalg.matrix_rank(np.eye(n) - moves) < n - 1:
        raise BadInputError(
            "The long run of these two strategies depends on how the game begins, so it has no slopes; allowed are "
            "pairs that can come back to one joint action from all others."
        )
    relative = np.linalg.solve(system, worth - shares @ worth)
    moved = checked_strategy(fixed)[1:]
    gained = moved * (relative[0] - relative[1]) + (1 - moved) * (relative[2] - relative[3])
    return np.asarray((shares * gained)[np.array(SECOND_SEES) - 1], np.float64)
