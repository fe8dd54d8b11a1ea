"""What a table of outcomes predicts: the shares that programs would have if nothing mutated and all met at random.

In a well-mixed soup a pair (i, j) meets with the probability x_i x_j, and its two halves become what the table says.
The shares after the meeting are those of the halves: the map x -> x' is iterated until it rests. It leaves out mutation
and everything that is not in the table, so a difference from the soup is news, not an error.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from primordia.life.ecology.outcomes import OTHER, Outcomes

Shares = npt.NDArray[np.float64]

MOST_STEPS = 10_000
AT_REST = 1e-9


def flow(found: Outcomes, shares: Shares) -> Shares:
    """The shares float64 [program] after everyone has met once; the last entry, [-1], is that of all others.

    `shares` has that entry too. What meets one of the others, or is one, stays what it is.
    """
    n = len(found.labels)
    pairs = np.outer(shares[:n], shares[:n])
    after = np.zeros(n + 1)
    for half in (found.first, found.second):
        after += np.bincount(np.where(half == OTHER, n, half).ravel(), pairs.ravel() / 2, n + 1)
    with_others = shares[:n] * shares[n]
    after[:n] += with_others
    after[n] += with_others.sum() + shares[n] ** 2
    # The map squares the sum, so a rounding error in it would double at every step.
    return after / after.sum()


def predicted(found: Outcomes, shares: Shares) -> tuple[Shares, int]:
    """Where the shares float64 [program, and all others] come to rest, and after how many epochs (or 10,000)."""
    for step in range(MOST_STEPS):
        after = flow(found, shares)
        if np.abs(after - shares).max() < AT_REST:
            return after, step
        shares = after
    return shares, MOST_STEPS
