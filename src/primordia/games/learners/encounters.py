"""Two memory-one players in an iterated dilemma: what each gets, and the slope of the second one's payoff, exactly.

Arrays have the five situations in front (start, CC, CD, DC, DD, each player's own action first) and any batch behind,
so that every operation runs over a whole batch side by side. No derivative is taken: a learner that follows the slope
below can be differentiated once, forward, where automatic second derivatives would cost several times more.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.games.environments.payoffs import Dilemma


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

    With P the chain of joint actions (as the first player sees them), s the distribution of the first joint action and
    r the second player's payoffs: d solves (I - discount P)^T d = s, the discounted visits; v solves
    (I - discount P) v = r, the worth of each joint action. Payoffs are (1 - discount) r·d (arXiv 2410.18636, section
    on the analytic game); the slope in a situation is discount · visits · (worth after cooperating - worth after
    defecting). I - discount P is diagonally dominant, so that elimination needs no pivots.
    """
    mirrored = jnp.stack([second[0], second[1], second[3], second[2], second[4]])
    start, *rows = [_joint(first[place], mirrored[place]) for place in range(5)]
    lower, inverses = _eliminated(rows, discount)
    visits = _solved_transposed(lower, inverses, start)
    table = dilemma.table()
    own = [table[1][one][other] + 0.0 * start[0] for one in (0, 1) for other in (0, 1)]
    worth = _solved(lower, inverses, own)

    def gain(cooperates: Array) -> Array:
        return cooperates * (worth[0] - worth[1]) + (1 - cooperates) * (worth[2] - worth[3])

    steep = [gain(first[0]), *(discount * visits[place] * gain(first[1 + place]) for place in range(4))]
    slope = jnp.stack([steep[0], steep[1], steep[3], steep[2], steep[4]])
    payoffs = [sum(table[player][place // 2][place % 2] * visits[place] for place in range(4)) for player in (0, 1)]
    return Encounter((1 - discount) * jnp.stack(payoffs), (1 - discount) * slope)


def _joint(first: Array, second: Array) -> list[Array]:
    """Probabilities of CC, CD, DC, DD."""
    return [first * second, first * (1 - second), (1 - first) * second, (1 - first) * (1 - second)]


def _eliminated(rows: list[list[Array]], discount: float) -> tuple[list[list[Array]], list[Array]]:
    """I - discount P as lower and upper triangle in one matrix, and one over its diagonal."""
    matrix = [[float(row == column) - discount * rows[row][column] for column in range(4)] for row in range(4)]
    inverses = []
    for pivot in range(4):
        inverses.append(1.0 / matrix[pivot][pivot])
        for row in range(pivot + 1, 4):
            matrix[row][pivot] = matrix[row][pivot] * inverses[pivot]
            for column in range(pivot + 1, 4):
                matrix[row][column] = matrix[row][column] - matrix[row][pivot] * matrix[pivot][column]
    return matrix, inverses


def _solved(matrix: list[list[Array]], inverses: list[Array], right: list[Array]) -> list[Array]:
    found = list(right)
    for row in range(4):
        for column in range(row):
            found[row] = found[row] - matrix[row][column] * found[column]
    for row in reversed(range(4)):
        for column in range(row + 1, 4):
            found[row] = found[row] - matrix[row][column] * found[column]
        found[row] = found[row] * inverses[row]
    return found


def _solved_transposed(matrix: list[list[Array]], inverses: list[Array], right: list[Array]) -> list[Array]:
    found = list(right)
    for row in range(4):
        for column in range(row):
            found[row] = found[row] - matrix[column][row] * found[column]
        found[row] = found[row] * inverses[row]
    for row in reversed(range(4)):
        for column in range(row + 1, 4):
            found[row] = found[row] - matrix[column][row] * found[column]
    return found
