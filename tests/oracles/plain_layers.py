"""Attention and scalar-gated linear layers token by token in NumPy, 64 bits, one head: nothing clever."""

import math

import numpy as np


def linear(query, key, value, gate, write, reset):
    """Outputs [time, value] and the state [value, key] of S = gate S + write v k'."""
    state, outputs = np.zeros((value.shape[1], key.shape[1])), []
    for t in range(len(key)):
        state = (0.0 if reset[t] else gate[t]) * state
        for i in range(value.shape[1]):
            for j in range(key.shape[1]):
                state[i, j] += write[t] * value[t, i] * key[t, j]
        outputs.append(state @ query[t])
    return np.array(outputs), state


def mlstm(query, key, value, gate, write, reset):
    """Outputs of `linear` divided by max(1, |n q|), with n = gate n + write k."""
    outputs, _ = linear(query, key, value, gate, write, reset)
    n = np.zeros(key.shape[1])
    for t in range(len(key)):
        n = (0.0 if reset[t] else gate[t]) * n + write[t] * key[t]
        outputs[t] /= max(1.0, abs(float(n @ query[t])))
    return outputs


def softmax(query, key, value, reset, window=None):
    """Outputs [time, value] of softmax attention with rotary positions; `window`: tokens seen, itself included."""
    outputs, begin, d = [], 0, key.shape[1]
    for t in range(len(key)):
        begin = t if reset[t] else begin
        first = begin if window is None else max(begin, t - window + 1)
        scores = [turned(query[t], t) @ turned(key[s], s) / math.sqrt(d) for s in range(first, t + 1)]
        weights = [math.exp(score - max(scores)) for score in scores]
        mixed = sum(weight * value[s] for weight, s in zip(weights, range(first, t + 1), strict=True))
        outputs.append(mixed / sum(weights))
    return np.array(outputs)


def turned(vector, position):
    """Channels i and i + d/2 as a complex number, turned by position / 10000^(2 i / d)."""
    d = len(vector)
    made = np.zeros(d)
    for i in range(d // 2):
        number = complex(vector[i], vector[i + d // 2])
        number *= complex(math.cos(position * 10_000 ** (-2 * i / d)), math.sin(position * 10_000 ** (-2 * i / d)))
        made[i], made[i + d // 2] = number.real, number.imag
    return made
