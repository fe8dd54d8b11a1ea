"""Slow, obvious twins of the learners that predict each token of a sequence, in NumPy and 64 bits."""

import numpy as np


def by_position(learner, inputs, targets, weight):
    """What a learner says at each moment of one sequence, from the pairs strictly before it."""
    said = []
    for t in range(len(inputs)):
        known = [s for s in range(t) if weight[s]]
        said.append(learner(inputs[known], targets[known], inputs[t]) if known else np.zeros(targets.shape[1]))
    return np.array(said)


def ridge(penalty):
    def learn(x, y, query):
        return y.T @ x @ np.linalg.inv(x.T @ x + penalty * np.eye(x.shape[1])) @ query

    return learn


def descent(rate):
    def learn(x, y, query):
        return rate * sum(np.outer(b, a) for a, b in zip(x, y, strict=True)) @ query

    return learn


def kernel(sharpness):
    def learn(x, y, query):
        weights = np.exp(sharpness * x @ query)
        return weights @ y / weights.sum()

    return learn


def chebyshev(penalty, n_steps, smallest, largest):
    """Ridge by the three-term recurrence of Chebyshev's polynomials, written for the polynomial itself.

    The residual after k steps is T_k((c - A) / r) / T_k(c / r) times the vector, with c the middle and r half the
    width of the interval.
    """

    def polynomial(k, matrix):
        before, now = np.eye(len(matrix)), matrix
        for _ in range(k - 1):
            before, now = now, 2 * matrix @ now - before
        return now if k else before

    def learn(x, y, query):
        matrix = x.T @ x + penalty * np.eye(x.shape[1])
        middle, half = (smallest + largest) / 2 + penalty, (largest - smallest) / 2
        scaled = (middle * np.eye(len(matrix)) - matrix) / half
        left = polynomial(n_steps, scaled) / polynomial(n_steps, np.array([[middle / half]]))[0, 0]
        return y.T @ x @ np.linalg.inv(matrix) @ (query - left @ query)

    return learn
