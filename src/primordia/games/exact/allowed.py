"""What the exact solvers accept: memory-one strategies, discounts and payoff tables, each refused in a sentence."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from primordia.core.errors import BadInputError
from primordia.games.environments.payoffs import PRISONERS_DILEMMA, Payoffs

Floats: TypeAlias = npt.NDArray[np.float64]
PRISONERS_TABLE: Payoffs = PRISONERS_DILEMMA.table()
SEEN = ("s0", "CC", "CD", "DC", "DD")
"""What a memory-one strategy tells apart: the start, then the joint action of the last round, one's own first."""
SECOND_SEES = (1, 3, 2, 4)
"""Where the second agent finds its answer to CC, CD, DC and DD as the first sees them: its CD is the first's DC."""


def checked_discount(discount: float) -> float:
    """The discount, if a geometric sum with it converges.

    Raises:
        BadInputError: it is not from 0 to below 1.
    """
    if 0 <= discount < 1:
        return float(discount)
    limit = " (for 1, the mean over endless rounds, use primordia.games.exact.long_run)" if discount == 1 else ""
    raise BadInputError(f"A discount of {discount:g} is not allowed: it must be at least 0 and below 1{limit}.")


def checked_table(payoffs: Payoffs) -> Payoffs:
    """The payoff table, if two agents choose between two actions in it.

    Raises:
        BadInputError: its shape is another.
    """
    try:
        shape = np.asarray(payoffs, np.float64).shape
    except ValueError:
        shape = ()
    if shape == (2, 2, 2):
        return payoffs
    raise BadInputError(
        f"A payoff table of shape {list(shape)} has no memory-one strategies here: it must be [2, 2, 2], the agent, "
        "then the action of the first and of the second."
    )


def checked_strategy(strategy: npt.ArrayLike) -> Floats:
    """Probabilities of cooperation, last axis (s0, CC, CD, DC, DD).

    Raises:
        BadInputError: there are not five of them, or one is no probability.
    """
    found = np.asarray(strategy, np.float64)
    if found.ndim == 0 or found.shape[-1] != len(SEEN):
        raise BadInputError(
            f"A memory-one strategy of shape {list(found.shape)} is not allowed: it must hold five probabilities of "
            "cooperation, at the start and after CC, CD, DC and DD."
        )
    wrong = np.argwhere(~((found >= 0) & (found <= 1)))
    if len(wrong):
        place = tuple(wrong[0])
        raise BadInputError(
            f"The probability of cooperation after {SEEN[place[-1]]} is {found[place]:g}; it must be from 0 to 1."
        )
    return found
