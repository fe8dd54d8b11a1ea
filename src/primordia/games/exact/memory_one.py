"""The value of two memory-one strategies in an iterated game of two actions, in closed form and to be differentiated.

A strategy is five probabilities of cooperation: before the first round, then after CC, CD, DC and DD, one's own action
first in each pair. All values are NORMALISED: (1 - discount) times the discounted sum, so a payoff per round. The raw
sum that LOLA and M-FOS write is `raw(value, discount)`; a learning rate on one is another on the other.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from primordia.games.environments.payoffs import Payoffs
from primordia.games.exact.allowed import PRISONERS_TABLE, SECOND_SEES, checked_discount, checked_table


def raw(value: float, discount: float) -> float:
    """A normalised value as the discounted sum of payoffs."""
    return value / (1 - checked_discount(discount))


def values(
    first: Float[Array, "state=5"],
    second: Float[Array, "state=5"],
    discount: float = 0.95,
    payoffs: Payoffs = PRISONERS_TABLE,
) -> Float[Array, "agent=2"]:
    """What each of two strategies is worth against the other, normalised: J = (1 - γ) r (I - γ P^T)^-1 s0.

    Differentiable to any order; derivatives are implicit, so that each order costs a few products of small matrices.
    Batch it by vmap.

    Args:
        first: the probabilities of cooperation of the first agent, axis (s0, CC, CD, DC, DD).
        second: those of the second, its own action first as well.
        discount: γ, from 0 to below 1.
        payoffs: axes [agent, action of the first, action of the second].

    Raises:
        BadInputError: the discount or the table is not allowed.
    """
    table = np.asarray(checked_table(payoffs), np.float64).reshape(2, 4)
    shares = occupancy(first, second, discount)
    return (jnp.asarray(table, shares.dtype) * shares).sum(1)


def occupancy(
    first: Float[Array, "state=5"], second: Float[Array, "state=5"], discount: float = 0.95
) -> Float[Array, "joint=4"]:
    """The discounted share of rounds that each joint action (CC, CD, DC, DD) takes; it sums to 1."""
    discount = checked_discount(discount)
    start, moves = chain(first, second)
    return visits((1 - discount) * start, discount * moves, 1 - discount)


def chain(
    first: Float[Array, "state=5"], second: Float[Array, "state=5"]
) -> tuple[Float[Array, "joint=4"], Float[Array, "joint joint"]]:
    """The joint action of the first round, and the probability of each after each, axes [last, next]."""
    after, answer = first[1:], second[np.array(SECOND_SEES)]
    return _joint(first[0], second[0]), _joint(after, answer)


def _joint(one: Array, other: Array) -> Array:
    return jnp.stack([one * other, one * (1 - other), (1 - one) * other, (1 - one) * (1 - other)], -1)


@functools.partial(jax.custom_jvp, nondiff_argnums=(2,))
def visits(
    start: Float[Array, "joint=4"], moves: Float[Array, "joint joint"], ending: float
) -> Float[Array, "joint=4"]:
    """How often each joint action is expected, each round counting γ times the one before: s0 (I - γ P)^-1.

    Args:
        start: s0, of the first round.
        moves: γ P, axes [last, next].
        ending: 1 - γ, what is missing in each row of `moves`.
    """
    return _product(start, _fundamental(moves, ending))


@visits.defjvp
def _visits_jvp(ending: float, primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    start, moves = primals
    through = _fundamental(moves, ending)
    found = _product(start, through)
    return found, _product(tangents[0] + _product(found, tangents[1]), through)


@functools.partial(jax.custom_jvp, nondiff_argnums=(2,))
def worths(moves: Float[Array, "joint joint"], paid: Float[Array, "joint=4"], ending: float) -> Float[Array, "joint=4"]:
    """What is still to come from each joint action on, with its own payoff, as a raw sum: (I - γ P)^-1 r.

    Args:
        moves: γ P, axes [last, next].
        paid: r, the payoff of each joint action.
        ending: 1 - γ.
    """
    return _applied(_fundamental(moves, ending), paid)


@worths.defjvp
def _worths_jvp(ending: float, primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    moves, paid = primals
    through = _fundamental(moves, ending)
    found = _applied(through, paid)
    return found, _applied(through, _applied(tangents[0], found) + tangents[1])


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def _fundamental(moves: Array, ending: float) -> Array:
    """N = (I - T)^-1 for T = `moves`, axes [from, visited].

    States are eliminated one after the other. A pivot is the probability to leave for what is left, summed up and not
    taken from 1 (Grassmann, Taksar and Heyman 1985): nothing is subtracted, each pivot is at least `ending`, and all
    digits stay good for a discount near 1. Written out, since a general solver of 4 by 4 is slow to compile and to run
    in a batch; the states are few, so this is not many lines of the compiled program.
    """
    n = moves.shape[0]
    through = [[moves[i, j] for j in range(n)] for i in range(n)]
    begun = [jnp.eye(n, dtype=moves.dtype)[:, j] for j in range(n)]
    ends: list[Array | float] = [ending] * n
    stays: list[Any] = [moves[0, 0]] * n
    for k in reversed(range(n)):
        stays[k] = 1 / sum(through[k][:k], ends[k])
        for j in range(k):
            share = through[k][j] * stays[k]
            begun[j] = begun[j] + begun[k] * share
            for i in range(k):
                through[i][j] = through[i][j] + through[i][k] * share
        for i in range(k):
            ends[i] = ends[i] + through[i][k] * (ends[k] * stays[k])
    passed: list[Array] = []
    for k in range(n):
        arrived = begun[k]
        for i in range(k):
            arrived = arrived + passed[i] * through[i][k]
        passed.append(arrived * stays[k])
    return jnp.stack(passed, 1)


@_fundamental.defjvp
def _fundamental_jvp(ending: float, primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    """N' = N T' N."""
    found = _fundamental(primals[0], ending)
    return found, _product(_product(found, tangents[0]), found)


def _product(left: Array, right: Array) -> Array:
    """A product of small matrices as sums of products: in a batch much faster than small dot products."""
    return (left[..., :, None] * right).sum(-2)


def _applied(matrix: Array, column: Array) -> Array:
    """A small matrix times a column."""
    return (matrix * column).sum(-1)
