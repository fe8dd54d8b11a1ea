"""Embedded agents once more, slowly: policies are functions of histories, universes a plain list, numbers fractions."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

PAYOFF = {(0, 0): 1, (0, 1): -1, (1, 0): 2, (1, 1): 0}


def mirrored(history):
    return [(other, own) for own, other in history]


def delay(k):
    """Defect for k rounds (None: for ever), then cooperate."""
    return lambda history: 1 if k is None or len(history) < k else 0


def memory_one(start, after):
    """`after` by the last joint action, own first: CC, CD, DC, DD."""
    return lambda history: after[2 * history[-1][0] + history[-1][1]] if history else start


def all_memory_one():
    return [memory_one(bits[0], bits[1:]) for bits in itertools.product((0, 1), repeat=5)]


def moore(actions, targets):
    """`targets[state][other's action]`."""

    def play(history):
        state = 0
        for _, other in history:
            state = targets[state][other]
        return actions[state]

    return play


def all_moore(n):
    return [
        moore(actions, [targets[2 * state : 2 * state + 2] for state in range(n)])
        for actions in itertools.product((0, 1), repeat=n)
        for targets in itertools.product(range(n), repeat=2 * n)
    ]


class Universes:
    """Every pair of policies, as a copy and as two draws, each with its weight."""

    def __init__(self, policies, prior, alpha, floor, trembles):
        self.floor, self.trembles = Fraction(floor), trembles
        self.policies = policies
        self.prior = [Fraction(weight) for weight in prior]
        alpha = Fraction(alpha)
        places = range(len(policies))
        self.all = [(alpha * self.prior[i], i, i, True) for i in places]
        self.all += [((1 - alpha) * self.prior[i] * self.prior[j], i, j, False) for i in places for j in places]

    def of_round(self, i, j, copy, history, own, other):
        """The probability of a round in one universe."""
        mine = self.policies[i](history) == own
        theirs = self.policies[j](mirrored(history)) == other
        keep, slip = 1 - self.floor, self.floor
        if copy and self.trembles == "shared":
            return keep if mine and theirs else slip if not (mine or theirs) else Fraction(0)
        return (keep if mine else slip) * (keep if theirs else slip)

    def posterior(self, history):
        """Unnormalised weights of all universes."""
        weights = []
        for weight, i, j, copy in self.all:
            for t, (own, other) in enumerate(history):
                weight *= self.of_round(i, j, copy, history[:t], own, other)
            weights.append(weight)
        return weights

    def p_copy(self, history):
        weights = self.posterior(history)
        copies = sum(weight for weight, universe in zip(weights, self.all, strict=True) if universe[3])
        return copies / sum(weights)

    def joint(self, history):
        weights = self.posterior(history)
        found = {}
        for own, other in itertools.product((0, 1), repeat=2):
            found[own, other] = sum(
                weight * self.of_round(i, j, copy, history, own, other)
                for weight, (_, i, j, copy) in zip(weights, self.all, strict=True)
                if weight
            ) / sum(weights)
        return found

    def values(self, history, horizon, n_best):
        """Returns of both actions, conditioned upon; beyond `n_best` rounds the self-model chooses."""
        joint = self.joint(history)
        found = []
        for own in (0, 1):
            value = Fraction(0)
            of_action = joint[own, 0] + joint[own, 1]
            for other in (0, 1):
                if not joint[own, other]:
                    continue
                worth = Fraction(PAYOFF[own, other])
                if horizon > 1:
                    after = [*history, (own, other)]
                    later = self.values(after, horizon - 1, n_best - 1)
                    if n_best > 1:
                        worth += max(later)
                    else:
                        model = self.joint(after)
                        worth += sum((model[a, 0] + model[a, 1]) * later[a] for a in (0, 1))
                value += joint[own, other] / of_action * worth
            found.append(value)
        return found


def decoupled_values(policies, prior, floor, history, horizon):
    """An agent that learns about the other alone, from percepts, and sets its action from outside."""
    floor = Fraction(floor)
    weights = []
    for weight, policy in zip(prior, policies, strict=True):
        weight = Fraction(weight)
        for t, (_, other) in enumerate(history):
            weight *= 1 - floor if policy(mirrored(history[:t])) == other else floor
        weights.append(weight)
    cooperates = sum(
        weight * (1 - floor if policy(mirrored(history)) == 0 else floor)
        for weight, policy in zip(weights, policies, strict=True)
    ) / sum(weights)
    found = []
    for own in (0, 1):
        value = Fraction(0)
        for other, probability in ((0, cooperates), (1, 1 - cooperates)):
            worth = Fraction(PAYOFF[own, other])
            if horizon > 1:
                worth += max(decoupled_values(policies, prior, floor, [*history, (own, other)], horizon - 1))
            value += probability * worth
        found.append(value)
    return found


def switch_round(d, alpha, n):
    """Example 4.13 in fractions; None: not within n rounds."""
    for k in range(n):
        mass = Fraction(d) + (1 - Fraction(d)) / 2**k
        if Fraction(alpha) > mass / (1 + mass):
            return k
    return None


def histories(n):
    """Every sequence of n (action, percept)."""
    return itertools.product(itertools.product((0, 1), repeat=2), repeat=n)


def losses(policies, environments, weights, n):
    """L_n of the coupled and of the decoupled mixture in every universe, and KL(rho || rho_d)."""

    def likelihood(table, history, side):
        probability, before = Fraction(1), 0
        for action, percept in history:
            given, seen = (before, action) if side == 0 else (action, percept)
            probability *= table[given] if seen else 1 - table[given]
            before = percept
        return probability

    n_own, n_other = len(policies), len(environments)
    coupled = [[0.0] * n_other for _ in range(n_own)]
    apart = [[0.0] * n_other for _ in range(n_own)]
    divergence = 0.0
    of_policy = [sum(row) for row in weights]
    of_environment = [sum(row[j] for row in weights) for j in range(n_other)]
    for history in histories(n):
        own = [likelihood(table, history, 0) for table in policies]
        there = [likelihood(table, history, 1) for table in environments]
        rho = sum(weights[i][j] * own[i] * there[j] for i in range(n_own) for j in range(n_other))
        rho_d = sum(w * p for w, p in zip(of_policy, own, strict=True)) * sum(
            w * p for w, p in zip(of_environment, there, strict=True)
        )
        divergence += float(rho) * math.log(rho / rho_d)
        for i in range(n_own):
            for j in range(n_other):
                true = own[i] * there[j]
                coupled[i][j] += float(true) * math.log(true / rho)
                apart[i][j] += float(true) * math.log(true / rho_d)
    return coupled, apart, divergence


def best_return(policy, n, history=()):
    """The best sum of payoffs against a policy, by trying every sequence of actions; history from its own seat."""
    best = None
    for actions in itertools.product((0, 1), repeat=n):
        seen, total = list(history), 0
        for own in actions:
            other = policy(seen)
            total += PAYOFF[own, other]
            seen.append((other, own))
        best = total if best is None or total > best else best
    return best


def wants_to_leave(own, other, t, horizon, p_dogma):
    """The gain of leaving a profile at round t, by trying every plan of the next rounds in both worlds."""
    history = []
    for _ in range(t):
        history.append((own(history), other(mirrored(history))))

    def worth(plan):
        """The plan's return; a plan says in which of its rounds one deviates, and after the first what is best."""
        seen, total, left = list(history), Fraction(0), horizon
        for leave in plan:
            mine, theirs = own(seen), other(mirrored(seen))
            if leave:
                away = 1 - mine
                after = [*seen, (away, theirs)]
                truth = PAYOFF[away, theirs] + best_return(other, left - 1, mirrored(after))
                return total + Fraction(p_dogma) * -1 * left + (1 - Fraction(p_dogma)) * truth
            total += PAYOFF[mine, theirs]
            seen.append((mine, theirs))
            left -= 1
        return total

    plans = [[False] * place + [True] for place in range(horizon)] + [[False] * horizon]
    return worth(plans[0]) - max(worth(plan) for plan in plans[1:])
