"""What can be had from the pool: exact payoffs of fixed strategies, and of a best response to a known opponent.

NumPy in 64 bits. A round costs a few sums over four joint actions for each opponent.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from primordia.core.errors import BadInputError
from primordia.games.exact.best_response import planned_response
from primordia.games.prediction.pool import MIRRORED, N_SEEN, PAYOFFS, check_opponents

ALLOWED_ROUNDS = 1_000_000


class Anchors(NamedTuple):
    """What a pool is worth, per round and in the mean over opponents.

    Args:
        always_defect: to somebody who always defects.
        tit_for_tat: to tit for tat.
        always_cooperate: to somebody who always cooperates.
        oracle: to somebody who knows each opponent, by backward induction.
        share_defecting: of opponents against whom always defecting is within 0.001 of the oracle.
    """

    always_defect: float
    tit_for_tat: float
    always_cooperate: float
    oracle: float
    share_defecting: float


def payoff(strategy: npt.ArrayLike, opponents: npt.ArrayLike, n_rounds: int) -> npt.NDArray[np.float64]:
    """The expected payoff per round of a strategy with one round of memory, for each opponent; axis [opponent].

    Args:
        strategy: probability of cooperation at the start and after CC, CD, DC, DD, own action first.
        opponents: the same of each opponent, from its own side; axes [opponent, seen].
        n_rounds: rounds of the game; they are not discounted.

    Raises:
        BadInputError: a table of another shape, a probability outside 0 to 1, or no rounds.
    """
    mine, others = _tables(strategy, opponents, n_rounds)
    theirs = others[:, list(MIRRORED)]
    joint = np.stack([mine * theirs, mine * (1 - theirs), (1 - mine) * theirs, (1 - mine) * (1 - theirs)], axis=-1)
    law = joint[:, 0]
    total = law @ np.asarray(PAYOFFS)
    for _ in range(n_rounds - 1):
        law = np.einsum("os,osn->on", law, joint[:, 1:])
        total += law @ np.asarray(PAYOFFS)
    return total / n_rounds


def best_response(opponents: npt.ArrayLike, n_rounds: int) -> npt.NDArray[np.float64]:
    """The expected payoff per round of a best response to each opponent, known to it; axis [opponent].

    By backward induction (`exact.best_response`). Against an opponent with one round of memory, no more memory helps.

    Raises:
        BadInputError: as `payoff` does.
    """
    _, others = _tables(np.zeros(N_SEEN), opponents, n_rounds)
    return planned_response(others, n_rounds).value


def anchors(opponents: npt.ArrayLike, n_rounds: int) -> Anchors:
    """What this pool is worth to four strategies."""
    from primordia.games.prediction.pool import FIXED

    found = {
        name: payoff(FIXED[name], opponents, n_rounds) for name in ("always defect", "tit for tat", "always cooperate")
    }
    oracle = best_response(opponents, n_rounds)
    return Anchors(
        *(float(one.mean()) for one in found.values()),
        float(oracle.mean()),
        float((found["always defect"] >= oracle - 1e-3).mean()),
    )


def _tables(strategy: Any, opponents: Any, n_rounds: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    mine, others = np.asarray(strategy, np.float64), np.asarray(opponents, np.float64)
    check_opponents(mine[None] if mine.ndim == 1 else mine)
    check_opponents(others)
    if not 1 <= n_rounds <= ALLOWED_ROUNDS:
        raise BadInputError(f"n_rounds={n_rounds} is out of range: it must be from 1 to {ALLOWED_ROUNDS}.")
    return mine, others
