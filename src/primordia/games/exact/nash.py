"""Nash equilibria of small two-player games, by enumerating the vertices of both best-response polytopes, in 64 bits.

A vertex is where a mixed strategy makes as many things tight as it has actions: an own action that is not played, or
an action of the other that is a best response. Two vertices are an equilibrium when each action of either side is
unplayed or a best response (Mangasarian 1964). In a game without ties these are all equilibria. With ties there may be
whole line segments and faces of them; then their corners are found, and `degenerate` says so.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from primordia.core.errors import BadInputError

MOST_VERTICES = 20_000
"""Sets of tight constraints that are tried; 8 actions on both sides have 12,870."""
TOLERANCE = 1e-9


class Equilibrium(NamedTuple):
    """A Nash equilibrium.

    Args:
        first: the probability of each action of the first agent.
        second: of the second.
        payoffs: what each expects.
    """

    first: tuple[float, ...]
    second: tuple[float, ...]
    payoffs: tuple[float, float]


class Equilibria(NamedTuple):
    """The equilibria of a game.

    Args:
        found: pure ones first; if the game is degenerate, the corners of their set.
        degenerate: whether some mixed strategy has more best responses than actions that it plays. Then there may be
            infinitely many equilibria between those that were found.
    """

    found: tuple[Equilibrium, ...]
    degenerate: bool


def equilibria(payoffs: npt.ArrayLike) -> Equilibria:
    """All equilibria of a game given by a table.

    Args:
        payoffs: axes [agent, action of the first, action of the second].

    Raises:
        BadInputError: the table has another shape, a payoff is not finite, or the game is too large to enumerate.
    """
    first, second = _checked(payoffs)
    n, m = first.shape
    # Polytopes: strategies of the first against which no answer of the second pays more than 1, and the reverse.
    of_first, tight_first = _vertices(_positive(second).T)
    of_second, tight_second = _vertices(_positive(first))
    # Labels: the first's actions, then the second's. A strategy's own come first in its polytope.
    tight_second = np.concatenate([tight_second[:, m:], tight_second[:, :m]], 1)
    complete = (tight_first[:, None] | tight_second[None]).all(-1)
    found = []
    for i, j in np.argwhere(complete):
        x, y = of_first[i] / of_first[i].sum(), of_second[j] / of_second[j].sum()
        found.append(Equilibrium(tuple(x.tolist()), tuple(y.tolist()), (float(x @ first @ y), float(x @ second @ y))))
    found.sort(key=lambda one: (sum(p > TOLERANCE for p in (*one.first, *one.second)), [-p for p in one.first]))
    degenerate = bool((tight_first.sum(1) > n).any() or (tight_second.sum(1) > m).any())
    return Equilibria(tuple(found), degenerate)


def _checked(payoffs: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    try:
        table = np.asarray(payoffs, np.float64)
    except ValueError:
        raise BadInputError("A payoff table with rows of unequal length is not allowed.") from None
    if table.ndim != 3 or len(table) != 2 or 0 in table.shape:
        raise BadInputError(
            f"A payoff table of shape {list(table.shape)} is not allowed: it must have the axes agent (two), action of "
            "the first, action of the second."
        )
    if not np.isfinite(table).all():
        agent, one, other = np.argwhere(~np.isfinite(table))[0]
        raise BadInputError(
            f"Agent {agent} gets {table[agent, one, other]} for the actions {one} and {other}; payoffs must be finite."
        )
    n, m = table.shape[1:]
    if max(math.comb(n + m, n), math.comb(n + m, m)) > MOST_VERTICES:
        raise BadInputError(
            f"A game of {n} by {m} actions has {math.comb(n + m, n):,} corners to look at; at most {MOST_VERTICES:,} "
            "are enumerated, which is enough for 8 by 8."
        )
    return table[0], table[1]


def _positive(worth: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Payoffs moved and scaled to 1 to 2, which changes no best response and keeps the polytope bounded."""
    span = float(np.ptp(worth))
    return (worth - worth.min()) / span + 1 if span else np.ones_like(worth)


def _vertices(worth: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """The corners of {x >= 0, worth x <= 1} other than 0, axes [corner, action], and what is tight at each.

    Tight constraints have the axes [corner, constraint]: the actions that are not played, then the answers that are
    best.
    """
    n_answers, n = worth.shape
    rows, bounds = np.concatenate([np.eye(n), worth]), np.concatenate([np.zeros(n), np.ones(n_answers)])
    chosen = np.array(list(itertools.combinations(range(n + n_answers), n)))
    systems = rows[chosen]
    usable = np.linalg.matrix_rank(systems) == n
    points = np.linalg.solve(systems[usable], bounds[chosen[usable]][..., None])[..., 0]
    inside = (points > -TOLERANCE).all(1) & (points @ worth.T < 1 + TOLERANCE).all(1) & (points > TOLERANCE).any(1)
    points = np.where(points[inside] > TOLERANCE, points[inside], 0.0)
    _, firsts = np.unique(np.round(points, 8), axis=0, return_index=True)
    points = points[np.sort(firsts)]
    return points, np.abs(points @ rows.T - bounds) < TOLERANCE
