"""Batches of two memory-one players in an iterated dilemma: what each gets, and the slope of the second one's payoff.

Arrays have the five situations in front (start, CC, CD, DC, DD, each player's own action first) and any batch behind,
so that every operation runs over a whole batch side by side. The slope is in closed form: a learner that follows it can
be differentiated once, forward, where automatic second derivatives would cost several times more.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from primordia.games.environments.payoffs import Dilemma
from primordia.games.exact.memory_one import chain, visits, worths

AS_SECOND = np.array([0, 1, 3, 2, 4])
"""The situations of the first player in the second one's order: its CD is the first's DC."""


class Encounter(NamedTuple):
    """What comes of two memory-one players.

    Args:
        payoffs: the normalised return (1 - discount) · sum of discount^t · payoff, axes [player, *batch].
        slope: derivative of the second player's payoff by its own probabilities, axes [situation, *batch].
    """

    payoffs: Float[Array, "player *batch"]
    slope: Float[Array, "situation *batch"]


def encounter(
    first: Float[Array, "situation *batch"],
    second: Float[Array, "situation *batch"],
    discount: float,
    dilemma: Dilemma,
) -> Encounter:
    """Payoffs and the second player's slope, for probabilities of cooperation.

    With d the discounted visits of each joint action, v its worth to the second player and r payoffs (see
    `exact.memory_one`): payoffs are (1 - discount) r·d (arXiv 2410.18636, section on the analytic game); the slope in a
    situation is discount · visits · (worth after cooperating - worth after defecting).
    """
    table = np.asarray(dilemma.table(), np.float64).reshape(2, 4)

    def one(first: Array, second: Array) -> Encounter:
        start, moves = chain(first, second)
        payoffs = jnp.asarray(table, start.dtype)
        passed = visits(start, discount * moves, 1 - discount)
        worth = worths(discount * moves, payoffs[1], 1 - discount)
        gains = first * (worth[0] - worth[1]) + (1 - first) * (worth[2] - worth[3])
        steep = jnp.concatenate([gains[:1], discount * passed * gains[1:]])
        return Encounter((1 - discount) * (payoffs * passed).sum(1), (1 - discount) * steep[AS_SECOND])

    for _ in range(first.ndim - 1):
        one = jax.vmap(one, in_axes=-1, out_axes=-1)
    return one(first, second)
