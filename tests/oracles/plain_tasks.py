"""Slow, obvious twins of the tasks and of their best predictors, in NumPy and 64 bits."""

import numpy as np


def gradient_descent(x, y, query, rate, n_steps):
    """Steps on 1/(2N) sum |W x_i - y_i|^2 for one problem, pair by pair."""
    weights = np.zeros((y.shape[1], x.shape[1]))
    for _ in range(n_steps):
        change = np.zeros_like(weights)
        for one, label in zip(x, y, strict=True):
            change -= rate / len(x) * np.outer(weights @ one - label, one)
        weights = weights + change
    return weights @ query


def corrected_descent(x, y, query, rates, corrections):
    """The update of tokens (x, y) that the source draws for one problem; the query is a token with y = 0."""
    tokens = [(one, label) for one, label in zip(x, y, strict=True)]
    asked = (query, np.zeros(y.shape[1]))
    for rate, correction in zip(rates, corrections, strict=True):
        moved = [_moved(token, tokens, rate, correction) for token in tokens]
        asked, tokens = _moved(asked, tokens, rate, correction), moved
    return -asked[1]


def _moved(token, tokens, rate, correction):
    x, y = token[0].copy(), token[1].copy()
    for other_x, other_y in tokens:
        closeness = other_x @ token[0]
        x -= correction * closeness * other_x
        y -= rate / len(tokens) * closeness * other_y
    return x, y


def ridge(x, y, query, penalty):
    """The least squares problem with the penalty as further rows."""
    n_inputs = x.shape[1]
    rows = np.concatenate([x, np.sqrt(penalty) * np.eye(n_inputs)])
    labels = np.concatenate([y, np.zeros((n_inputs, y.shape[1]))])
    return np.linalg.lstsq(rows, labels, rcond=None)[0].T @ query


def kernel_regression(x, y, query, sharpness):
    weights = np.array([np.exp(sharpness * one @ query) for one in x])
    return sum(weight * label for weight, label in zip(weights / weights.sum(), y, strict=True))


def remembered(sequence):
    """What followed the first earlier occurrence of each symbol, or -1."""
    answers, followers = [], {}
    for place, symbol in enumerate(sequence):
        answers.append(int(followers.get(symbol, -1)))
        if place + 1 < len(sequence):
            followers.setdefault(symbol, sequence[place + 1])
    return answers


def interleaved(x, y):
    """Tokens x, y, x, …, x of one problem, with their codes."""
    n_inputs = x.shape[1]
    tokens = []
    for place in range(2 * len(x) - 1):
        token = np.zeros(2 * n_inputs)
        if place % 2 == 0:
            token[:n_inputs] = x[place // 2]
        else:
            token[n_inputs - y.shape[1] : n_inputs] = y[place // 2]
        for channel in range(n_inputs):
            angle = place / 10_000 ** (2 * (channel // 2) / n_inputs)
            token[n_inputs + channel] = np.cos(angle) if channel % 2 else np.sin(angle)
        tokens.append(token)
    return np.array(tokens)
