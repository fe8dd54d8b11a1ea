"""Pools that evolve: shares of a population that change by what the strategies get from one another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from primordia.core.errors import ConfigError

Floats = npt.NDArray[np.float64]


def checked_payoffs(payoffs: npt.ArrayLike) -> Floats:
    """A payoff matrix of a pool, axes [player, co-player].

    Raises:
        ConfigError: it is not square, is empty, or holds a number that is not finite.
    """
    matrix = np.asarray(payoffs, np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise ConfigError(f"The payoffs of a pool have the shape {list(matrix.shape)}; they must be square.")
    if not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        raise ConfigError(f"The payoff of player {row} against {column} is {matrix[row, column]}; allowed: finite.")
    return matrix


def generation(shares: Floats, payoffs: Floats, mutation: float = 0.0) -> Floats:
    """One generation of Axelrod's ecology: offspring in proportion to the mean payoff, shape [player].

    x_i' = (1 - mutation) · x_i f_i / mean + mutation / n, with f = payoffs @ x; where payoffs are negative they are
    counted from the least of the matrix (Axelrod and Hamilton 1981 describe the tournament's, which are not).
    """
    fitness = payoffs @ shares - min(0.0, payoffs.min())
    mean = shares @ fitness
    grown = shares * fitness / mean if mean > 0 else shares
    grown = (1 - mutation) * grown + mutation / len(shares)
    return np.asarray(grown / grown.sum())


def flow(shares: Floats, payoffs: Floats, duration: float = 1.0, n_parts: int = 10) -> Floats:
    """The replicator equation dx_i/dt = x_i (f_i - mean f) for a duration, shape [player].

    Runge and Kutta's fourth order in `n_parts` parts; unlike generations it does not depend on a constant added to
    all payoffs.
    """
    step = duration / n_parts

    def change(at: Floats) -> Floats:
        fitness = payoffs @ at
        return np.asarray(at * (fitness - at @ fitness))

    for _ in range(n_parts):
        first = change(shares)
        second = change(shares + step / 2 * first)
        third = change(shares + step / 2 * second)
        fourth = change(shares + step * third)
        shares = np.maximum(shares + step / 6 * (first + 2 * second + 2 * third + fourth), 0.0)
    return shares


def moran(
    counts: npt.NDArray[np.int64], payoffs: Floats, draws: Floats, *, intensity: float = 1.0, mutation: float = 0.0
) -> npt.NDArray[np.int64]:
    """Births and deaths in a population of fixed size, axes [player] -> [player].

    At each event a member is drawn in proportion to exp(intensity · its mean payoff against the others), its child
    (of a random kind with probability `mutation`) takes the place of a member drawn at random.

    Args:
        counts: members of each kind; their sum is the population, of two or more.
        payoffs: axes [player, co-player].
        draws: numbers from 0 to below 1, axes [event, 4]: who is born, who dies, whether it mutates, into what.
        intensity: of selection, per unit of payoff; 0 is drift.
        mutation: probability that a child is of a random kind.
    """
    counts, n = counts.copy(), int(counts.sum())
    own = payoffs.diagonal()
    for born, dead, mutates, into in draws:
        fitness = (payoffs @ counts - own) / (n - 1)
        weight = counts * np.exp(intensity * (fitness - fitness[counts > 0].max()))
        child = _drawn(weight, born)
        if mutates < mutation:
            child = int(into * len(counts))
        gone = _drawn(counts.astype(np.float64), dead)
        counts[gone] -= 1
        counts[child] += 1
    return counts


def _drawn(weight: Floats, draw: float) -> int:
    heap = weight.cumsum()
    return int(min(np.searchsorted(heap, draw * heap[-1], side="right"), np.flatnonzero(weight)[-1]))
