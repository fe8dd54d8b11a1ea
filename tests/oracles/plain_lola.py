"""LOLA the slow way: every derivative a central difference, every payoff a distribution carried from round to round."""

import math

from oracles import plain_memory_one as plain

STEP = 1e-4


def chances(logits):
    return [1 / (1 + math.exp(-x)) for x in logits]


def worth(own, other, payoffs, discount, n_rounds, scale):
    """Payoffs (own, other's); `scale` times the discounted sum."""
    both = plain.discounted(chances(own), chances(other), discount, payoffs, n_rounds)
    return [scale * x / (1 - discount) for x in both]


def direction(own, other, payoffs, *, n_steps, step_rate, weight, discount, n_rounds, scale=1.0, first_order=False):
    """Where an agent goes that takes itself for the first."""

    def mine(own, other):
        return worth(own, other, payoffs, discount, n_rounds, scale)[0]

    def pull(own, other):
        return plain.slopes(lambda x: worth(own, x, payoffs, discount, n_rounds, scale)[1], other, STEP)

    partial = plain.slopes(lambda x: mine(x, other), own, STEP)
    if n_steps == 0:
        return partial
    if first_order:
        gain = plain.slopes(lambda x: mine(own, x), other, STEP)
        correction = plain.slopes(lambda x: sum(a * b for a, b in zip(pull(x, other), gain, strict=True)), own, 1e-3)
        ahead = [a + step_rate * b for a, b in zip(partial, correction, strict=True)]
    else:

        def after(own):
            there = list(other)
            for _ in range(n_steps):
                there = [a + step_rate * b for a, b in zip(there, pull(own, there), strict=True)]
            return mine(own, there)

        ahead = plain.slopes(after, own, 1e-3)
    return [weight * a + (1 - weight) * b for a, b in zip(ahead, partial, strict=True)]


def mirrored(payoffs):
    """The table as the second agent sees it."""
    return tuple(tuple(tuple(payoffs[1 - agent][b][a] for b in (0, 1)) for a in (0, 1)) for agent in (0, 1))
