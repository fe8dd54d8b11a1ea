"""Nash equilibria by trying every pair of supports of equal size; all of them only where no two payoffs tie."""

import itertools

import numpy as np


def _indifferent(worth, own, other):
    """The mixture over `other` that makes all rows of `own` pay alike, or None."""
    n = len(other)
    system, wanted = np.zeros((n + 1, n + 1)), np.zeros(n + 1)
    system[:n, :n], system[:n, n] = worth[np.ix_(own, other)], -1.0
    system[n, :n], wanted[n] = 1.0, 1.0
    if abs(np.linalg.det(system)) < 1e-12:
        return None
    mixed = np.linalg.solve(system, wanted)[:n]
    if (mixed <= 1e-12).any():
        return None
    whole = np.zeros(worth.shape[1])
    whole[list(other)] = mixed
    return whole


def equilibria(first, second):
    """Pairs of mixed strategies."""
    first, second = np.asarray(first, float), np.asarray(second, float)
    n, m = first.shape
    found = []
    for size in range(1, min(n, m) + 1):
        for rows, columns in itertools.product(
            itertools.combinations(range(n), size), itertools.combinations(range(m), size)
        ):
            y, x = _indifferent(first, rows, columns), _indifferent(second.T, columns, rows)
            if x is None or y is None:
                continue
            if regret(first, second, x, y) < 1e-9:
                found.append((x, y))
    return found


def regret(first, second, x, y):
    """The most that one of the two could gain by another action."""
    first, second = np.asarray(first, float), np.asarray(second, float)
    return max((first @ y).max() - x @ first @ y, (x @ second).max() - x @ second @ y)
