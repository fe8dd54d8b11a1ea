"""Prediction among learners as it reads: histories and universes one by one, 64 bits, no arrays over histories."""

from __future__ import annotations

import itertools
import math

PAYOFF = {("C", "C"): 1.0, ("C", "D"): -1.0, ("D", "C"): 2.0, ("D", "D"): 0.0}
PLACES = {("C", "C"): 1, ("C", "D"): 2, ("D", "C"): 3, ("D", "D"): 4}
ACTIONS = ("C", "D")


def histories(n_rounds):
    """All histories of that many rounds, each a tuple of (own, other)."""
    return list(itertools.product(PLACES, repeat=n_rounds))


def swapped(history):
    return tuple((other, own) for own, other in history)


def tabular(chances):
    """A program that acts on the last joint action."""

    def act(history):
        chance = chances[PLACES[history[-1]] if history else 0]
        return {"C": chance, "D": 1 - chance}

    return act


def likelihood(program, history):
    """The probability that a program takes its actions in a history."""
    found = 1.0
    for place, (own, _) in enumerate(history):
        found *= program(history[:place])[own]
    return found


def payoff(first, second, n_rounds):
    """Per round, summed over all histories."""
    total = 0.0
    for history in histories(n_rounds):
        chance = likelihood(first, history) * likelihood(second, swapped(history))
        total += chance * sum(PAYOFF[joint] for joint in history)
    return total / n_rounds


def best(opponent, n_rounds, history=()):
    """The total of the best way to go on, by search over everything that can happen."""
    if len(history) == n_rounds:
        return 0.0
    chances = opponent(swapped(history))
    return max(
        sum(
            chances[other] * (PAYOFF[own, other] + best(opponent, n_rounds, (*history, (own, other))))
            for other in ACTIONS
        )
        for own in ACTIONS
    )


class Mixture:
    """Universes (weight, self, other): two programs each, that know nothing of one another."""

    def __init__(self, universes, n_rounds, decoupled=False):
        self.universes, self.n_rounds, self.decoupled = universes, n_rounds, decoupled

    def chance(self, history, own, other):
        """The probability of the next joint action, by the posterior over universes."""
        rows = [
            (weight, likelihood(mine, history), likelihood(theirs, swapped(history)), mine, theirs)
            for weight, mine, theirs in self.universes
        ]
        if self.decoupled:
            me = sum(w * m * program(history)[own] for w, m, _, program, _ in rows) / sum(w * m for w, m, *_ in rows)
            you = sum(w * t * program(swapped(history))[other] for w, _, t, _, program in rows)
            return me * you / sum(w * t for w, _, t, *_ in rows)
        joint = sum(w * m * t * p(history)[own] * q(swapped(history))[other] for w, m, t, p, q in rows)
        return joint / sum(w * m * t for w, m, t, *_ in rows)

    def worth(self, history, own):
        """The expected payoff from here on, once one has acted, with all later own actions by the mixture."""
        joint = {other: self.chance(history, own, other) for other in ACTIONS}
        return sum(
            chance / sum(joint.values()) * (PAYOFF[own, other] + self.value((*history, (own, other))))
            for other, chance in joint.items()
        )

    def prior(self, history, own):
        return sum(self.chance(history, own, other) for other in ACTIONS)

    def value(self, history):
        if len(history) == self.n_rounds:
            return 0.0
        return sum(self.prior(history, own) * self.worth(history, own) for own in ACTIONS)

    def improved(self, strength):
        """The learner that plans one step in this mixture, as a table of all it will ever do."""
        table = {}
        for place in range(self.n_rounds):
            for history in histories(place):
                raw = {own: self.prior(history, own) * math.exp(strength * self.worth(history, own)) for own in ACTIONS}
                table[history] = {own: value / sum(raw.values()) for own, value in raw.items()}
        return table.__getitem__


def phases(programs, n_rounds, strength, first, n_phases, arm):
    """The learners of all phases, in order."""
    pool = [tabular(chances) for chances in programs]
    coin = tabular([0.5] * 5)
    if arm == "alone":
        universes = [(first, coin, coin)]
    else:
        universes = [(first / len(pool) ** 2, one, other) for one in pool for other in pool]
    share = 0.5 if arm in ("mixed", "decoupled") else 1.0
    learners = []
    for _ in range(n_phases):
        learner = Mixture(universes, n_rounds, arm == "decoupled").improved(strength)
        learners.append(learner)
        universes = [*universes, (share, learner, learner)]
        if share < 1:
            universes += [((1 - share) / len(pool), learner, other) for other in pool]
    return learners


def endless_pool(history):
    """The probability that a table of five uniform chances takes these actions: a Beta integral for each chance."""
    counts, seen, found = {}, 0, 1.0
    for own, other in history:
        kept = counts.setdefault(seen, {"C": 1, "D": 1})
        found *= kept[own] / (kept["C"] + kept["D"])
        kept[own] += 1
        seen = PLACES[own, other]
    return found
