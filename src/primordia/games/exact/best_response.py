"""The best that can be had from a known memory-one co-player, by dynamic programming in 64 bits.

A co-player who remembers one round makes the game a Markov decision process whose states are what one saw last, so no
longer memory does better and some deterministic strategy is best (Press and Dyson 2012 prove the first).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from primordia.core.errors import BadInputError
from primordia.games.environments.payoffs import Payoffs
from primordia.games.exact.allowed import (
    PRISONERS_TABLE,
    SECOND_SEES,
    Floats,
    checked_discount,
    checked_strategy,
    checked_table,
)

N_SWEEPS = 100
"""Strategies are at most 32 and each sweep finds a better one, so this is never reached."""


class BestResponse(NamedTuple):
    """A best response over endless rounds with a discount.

    Args:
        strategy: probabilities of cooperation, 0 or 1, axis (s0, CC, CD, DC, DD), one's own action first.
        value: what it gets, normalised: (1 - discount) times the discounted sum.
        advantages: what cooperating next is worth more than defecting, in raw sums, in each situation.
    """

    strategy: Floats
    value: float
    advantages: Floats


class PlannedResponse(NamedTuple):
    """A best response over a known number of rounds.

    Args:
        cooperates: whether to, axes [round, situation, *opponent] with the situations (s0, CC, CD, DC, DD); s0 counts
            in the first round and the others in all later ones.
        value: expected payoff per round, axis [*opponent].
    """

    cooperates: npt.NDArray[np.bool_]
    value: Floats


def best_response(coplayer: npt.ArrayLike, discount: float = 0.95, payoffs: Payoffs = PRISONERS_TABLE) -> BestResponse:
    """The best response of the first agent to a co-player, by policy iteration. Ties go to cooperation.

    Args:
        coplayer: its five probabilities of cooperation, its own action first.
        discount: from 0 to below 1.
        payoffs: axes [agent, action of the first, action of the second].

    Raises:
        BadInputError: the co-player is no strategy, or the discount or the table is not allowed.
    """
    discount = checked_discount(discount)
    chances, worth = _situations(checked_strategy(coplayer)), np.asarray(checked_table(payoffs), np.float64)[0]
    cooperates = np.zeros(5, bool)
    for _ in range(N_SWEEPS):
        values = _evaluated(cooperates, chances, worth, discount)
        q = _actions(values, chances, worth, discount)
        # A change must gain more than rounding, or two equal strategies could take turns for ever.
        gain = q[:, 0] - q[:, 1]
        better = np.where(np.abs(gain) > 1e-12 / (1 - discount), gain > 0, cooperates)
        if (better == cooperates).all():
            break
        cooperates = better
    tied = np.abs(gain) <= 1e-12 / (1 - discount)
    return BestResponse((cooperates | tied).astype(np.float64), float((1 - discount) * values[0]), gain)


def planned_response(coplayer: npt.ArrayLike, n_rounds: int, payoffs: Payoffs = PRISONERS_TABLE) -> PlannedResponse:
    """The best response of the first agent over so many rounds without a discount, by backward induction.

    Ties go to cooperation.

    Args:
        coplayer: five probabilities of cooperation, its own action first, axes [*opponent, situation].
        n_rounds: rounds, at least one.
        payoffs: axes [agent, action of the first, action of the second].

    Raises:
        BadInputError: the co-player is no strategy, the table is not allowed, or there is no round.
    """
    if n_rounds < 1:
        raise BadInputError(f"A game of {n_rounds} rounds has no best response; there must be at least 1.")
    chances, worth = _situations(checked_strategy(coplayer)), np.asarray(checked_table(payoffs), np.float64)[0]
    values, chosen = np.zeros(chances.shape[:-1]), []
    for _ in range(n_rounds):
        q = _actions(values, chances, worth, 1.0)
        chosen.append(np.moveaxis(q[..., 0] >= q[..., 1], -1, 0))
        values = q.max(-1)
    return PlannedResponse(np.stack(chosen[::-1]), values[..., 0] / n_rounds)


def _situations(coplayer: Floats) -> Floats:
    """The probability of each answer (cooperate, defect) in each situation as the first agent sees it."""
    cooperates = coplayer[..., [0, *SECOND_SEES]]
    return np.stack([cooperates, 1 - cooperates], -1)


def _actions(values: Floats, chances: Floats, worth: Floats, discount: float) -> Floats:
    """What each action is worth in each situation, axes [..., situation, action]."""
    after = values[..., 1:].reshape(*values.shape[:-1], 2, 2)
    return np.asarray(np.einsum("...so,...ao->...sa", chances, worth + discount * after), np.float64)


def _evaluated(cooperates: npt.NDArray[np.bool_], chances: Floats, worth: Floats, discount: float) -> Floats:
    """What each situation is worth to a deterministic strategy, as a raw sum."""
    own = np.stack([cooperates, ~cooperates], -1).astype(np.float64)
    moves = np.zeros((5, 5))
    moves[:, 1:] = np.einsum("sa,so->sao", own, chances).reshape(5, 4)
    paid = np.einsum("sa,so,ao->s", own, chances, worth)
    return np.linalg.solve(np.eye(5) - discount * moves, paid)
