"""Slow obvious twins of attention layers, gradient descent and gated recurrences: NumPy in 64 bits, loops, one task."""

from __future__ import annotations

import numpy as np


def attention_layer(tokens, heads, *, n_queries=1, causal=False, softmax=False):
    """Tokens [time, channel] after one layer; `heads` is a list of (query, key, value, out) matrices."""
    tokens = np.asarray(tokens, np.float64)
    after = tokens.copy()
    n_time = len(tokens)
    for query, key, value, out in heads:
        for j in range(n_time):
            seen = range(j + 1) if causal else range(n_time - n_queries)
            scores = [float((key @ tokens[i]) @ (query @ tokens[j])) for i in seen]
            if softmax:
                largest = max(scores)
                total = sum(np.exp(score - largest) for score in scores)
                scores = [np.exp(score - largest) / total for score in scores]
            for score, i in zip(scores, seen, strict=True):
                after[j] += out @ (score * (value @ tokens[i]))
    return after


def descent(xs, ys, rate, n_steps, start=None):
    """The readout W [output, input] after steps of gradient descent on 1/(2N) sum ||W x - y||^2."""
    w = np.zeros((ys.shape[1], xs.shape[1])) if start is None else np.array(start, np.float64)
    for _ in range(n_steps):
        gradient = np.zeros_like(w)
        for x, y in zip(xs, ys, strict=True):
            gradient += np.outer(w @ x - y, x) / len(xs)
        w = w - rate * gradient
    return w


def curved_descent(xs, ys, query, rate, curvature, n_steps):
    """The prediction of GD++ for a query: targets shrink, and inputs along their second moment."""
    xs, ys, query = np.array(xs, np.float64), np.array(ys, np.float64), np.array(query, np.float64)
    predicted = np.zeros(ys.shape[1])
    for _ in range(n_steps):
        change = np.zeros((ys.shape[1], xs.shape[1]))
        for x, y in zip(xs, ys, strict=True):
            change += rate / len(xs) * np.outer(y, x)
        shrink = np.eye(xs.shape[1]) - curvature * sum(np.outer(x, x) for x in xs)
        predicted = predicted + change @ query
        ys = np.array([y - change @ x for x, y in zip(xs, ys, strict=True)])
        xs, query = np.array([shrink @ x for x in xs]), shrink @ query
    return predicted


def sequence_step(states, rate, start):
    """Phi_0 s_t - rate grad L_t(Phi_0) s_t for each t; L_t = 1/2 sum_{t' < t} ||s_{t'+1} - Phi s_{t'}||^2."""
    predicted = []
    for t, state in enumerate(states):
        gradient = np.zeros_like(start)
        for before in range(t):
            gradient += np.outer(start @ states[before] - states[before + 1], states[before])
        predicted.append((start - rate * gradient) @ state)
    return np.array(predicted)


def gated_recurrence(inputs, decay, inward, outward, readout):
    """Outputs [time, output] of h = decay * h + g_in(x), y = readout g_out(h); gates are pairs of matrices.

    Inputs and states get a constant one appended before they enter a gate.
    """
    state, outputs = np.zeros(len(decay)), []
    for x in np.asarray(inputs, np.float64):
        x1 = np.append(x, 1.0)
        state = decay * state + (inward[0] @ x1) * (inward[1] @ x1)
        h1 = np.append(state, 1.0)
        outputs.append(readout @ ((outward[0] @ h1) * (outward[1] @ h1)))
    return np.array(outputs)
