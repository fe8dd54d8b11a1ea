"""Memory-one players and a learning co-player in plain NumPy, in double precision: sums over rounds, no solve.

Independent of the package: payoffs are added up round by round, and every derivative is a central difference.
"""

import numpy as np

PAYOFFS = ((1.0, -1.0, 2.0, 0.0), (1.0, 2.0, -1.0, 0.0))
"""Of the first and the second player after CC, CD, DC, DD as the first sees them."""
STEP = 1e-5


def sigmoid(logits):
    return 1.0 / (1.0 + np.exp(-np.asarray(logits, np.float64)))


def payoffs(first, second, discount, n_rounds=2000):
    """(1 - discount) · sum of discount^t · payoff of both players, for probabilities (start, CC, CD, DC, DD)."""
    mirrored = [second[1], second[3], second[2], second[4]]

    def joint(one, other):
        return np.array([one * other, one * (1 - other), (1 - one) * other, (1 - one) * (1 - other)])

    chances = joint(first[0], second[0])
    total = np.zeros(2)
    for t in range(n_rounds):
        for player in (0, 1):
            total[player] += discount**t * float(np.dot(chances, PAYOFFS[player]))
        after = np.zeros(4)
        for place in range(4):
            after += chances[place] * joint(first[1 + place], mirrored[place])
        chances = after
        if discount**t < 1e-14:
            break
    return (1 - discount) * total


def slope(function, logits):
    """Central differences of a scalar function."""
    found = np.zeros(len(logits))
    for place in range(len(logits)):
        up, down = np.array(logits, np.float64), np.array(logits, np.float64)
        up[place] += STEP
        down[place] -= STEP
        found[place] = (function(up) - function(down)) / (2 * STEP)
    return found


def meta_episode(logits, naive, discount, n_inner, rate):
    """Payoffs of both players in each inner episode, while the naive one climbs its own: [inner, player]."""
    own, other, rows = sigmoid(logits), np.array(naive, np.float64), []
    for _ in range(n_inner + 1):
        rows.append(payoffs(own, sigmoid(other), discount))
        other = other + rate * slope(lambda at: payoffs(own, sigmoid(at), discount)[1], other)
    return np.array(rows)
