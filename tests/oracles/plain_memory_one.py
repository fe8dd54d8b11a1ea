"""Memory-one games the slow way: distributions carried from round to round in plain Python, and all 32 responses."""

import itertools
import math

PRISONERS = (((1.0, -1.0), (2.0, 0.0)), ((1.0, 2.0), (-1.0, 0.0)))
JOINT = ((0, 0), (0, 1), (1, 0), (1, 1))


def _next(strategy, seen):
    """Chances of (cooperate, defect) after what was seen: None, or a pair with one's own action first."""
    place = 0 if seen is None else 1 + JOINT.index(seen)
    return strategy[place], 1 - strategy[place]


def rounds(first, second, n_rounds):
    """The distribution over joint actions in each round."""
    law = {None: 1.0}
    for _ in range(n_rounds):
        after = dict.fromkeys(JOINT, 0.0)
        for seen, weight in law.items():
            one = _next(first, seen)
            other = _next(second, None if seen is None else seen[::-1])
            for pair in JOINT:
                after[pair] += weight * one[pair[0]] * other[pair[1]]
        yield after
        law = after


def discounted(first, second, discount, payoffs=PRISONERS, n_rounds=None):
    """Normalised values of both agents: (1 - discount) times the sum over rounds, cut where nothing is left."""
    if n_rounds is None:
        n_rounds = 1 if discount == 0 else math.ceil(math.log(1e-15) / math.log(discount))
    totals = [0.0, 0.0]
    for t, law in enumerate(rounds(first, second, n_rounds)):
        for agent in (0, 1):
            paid = sum(weight * payoffs[agent][pair[0]][pair[1]] for pair, weight in law.items())
            totals[agent] += (1 - discount) * discount**t * paid
    return totals


def mean(first, second, n_rounds, payoffs=PRISONERS):
    """Mean payoffs of both agents over so many rounds."""
    totals = [0.0, 0.0]
    for law in rounds(first, second, n_rounds):
        for agent in (0, 1):
            totals[agent] += sum(weight * payoffs[agent][a][b] for (a, b), weight in law.items()) / n_rounds
    return totals


def best_of_all(coplayer, discount, payoffs=PRISONERS):
    """The highest value that any deterministic memory-one strategy gets against a co-player."""
    return max(discounted(one, coplayer, discount, payoffs)[0] for one in itertools.product((0.0, 1.0), repeat=5))


def best_plan(coplayer, n_rounds, payoffs=PRISONERS):
    """The highest mean payoff over so many rounds, by trying every answer to every history of play."""

    def worth(seen, left):
        if left == 0:
            return 0.0
        chances = _next(coplayer, None if seen is None else seen[::-1])
        return max(
            sum(p * (payoffs[0][own][other] + worth((own, other), left - 1)) for other, p in enumerate(chances))
            for own in (0, 1)
        )

    return worth(None, n_rounds) / n_rounds


def slopes(function, point, step=1e-5):
    """Central differences of a function of a list."""
    found = []
    for place in range(len(point)):
        up, down = list(point), list(point)
        up[place] += step
        down[place] -= step
        found.append((function(up) - function(down)) / (2 * step))
    return found
