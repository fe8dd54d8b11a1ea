"""Delta rules, channel gates, TTT and the RG-LRU as loops over tokens in 64 bits; nothing comes from the package."""

from __future__ import annotations

import numpy as np


def delta(query, key, value, strength, log_decay=None, reset=None, state=None):
    """Axes [batch, head, time, channel]; gates [batch, head, time]; resets [batch, time]."""
    query, key, value, strength = (np.asarray(x, np.float64) for x in (query, key, value, strength))
    n_batch, n_heads, n_time, d_key = key.shape
    d_value = value.shape[-1]
    out = np.zeros((n_batch, n_heads, n_time, d_value))
    end = np.zeros((n_batch, n_heads, d_value, d_key))
    for b in range(n_batch):
        for h in range(n_heads):
            memory = np.zeros((d_value, d_key)) if state is None else np.array(state[b, h], np.float64)
            for t in range(n_time):
                if reset is not None and reset[b, t]:
                    memory = np.zeros((d_value, d_key))
                if log_decay is not None:
                    memory = np.exp(float(log_decay[b, h, t])) * memory
                wrong = value[b, h, t] - memory @ key[b, h, t]
                memory = memory + strength[b, h, t] * np.outer(wrong, key[b, h, t])
                out[b, h, t] = memory @ query[b, h, t]
            end[b, h] = memory
    return out, end


def channel_gated(query, key, value, log_decay, reset=None, state=None):
    """Gates [batch, head, time, key]."""
    query, key, value, log_decay = (np.asarray(x, np.float64) for x in (query, key, value, log_decay))
    n_batch, n_heads, n_time, d_key = key.shape
    out = np.zeros(value.shape)
    end = np.zeros((n_batch, n_heads, value.shape[-1], d_key))
    for b in range(n_batch):
        for h in range(n_heads):
            memory = np.zeros(end.shape[2:]) if state is None else np.array(state[b, h], np.float64)
            for t in range(n_time):
                if reset is not None and reset[b, t]:
                    memory = np.zeros(end.shape[2:])
                memory = memory * np.exp(log_decay[b, h, t]) + np.outer(value[b, h, t], key[b, h, t])
                out[b, h, t] = memory @ query[b, h, t]
            end[b, h] = memory
    return out, end


def trained_at_test_time(query, key, value, rate, start, start_bias, scale, shift, batch, reset=None):
    """A linear model per head that descends its loss in mini-batches; `rate` [batch, head, time] is the whole rate."""
    query, key, value, rate, start, start_bias, scale, shift = (
        np.asarray(x, np.float64) for x in (query, key, value, rate, start, start_bias, scale, shift)
    )
    n_batch, n_heads, n_time, _ = key.shape
    out = np.zeros(value.shape)
    for b in range(n_batch):
        for h in range(n_heads):
            weights, bias, waiting = start[h], start_bias[h], []
            for t in range(n_time):
                if reset is not None and reset[b, t]:
                    weights, bias, waiting = start[h], start_bias[h], []
                if len(waiting) == batch:
                    weights, bias = descended(weights, bias, waiting)
                    waiting = []
                k, v = key[b, h, t], value[b, h, t]
                slope = numerical_slope(weights @ k + bias, v - k, scale[h], shift[h])
                waiting.append((rate[b, h, t] * slope, k))
                weights_now, bias_now = descended(weights, bias, waiting)
                reached = layer_norm(weights_now @ query[b, h, t] + bias_now, scale[h], shift[h])
                out[b, h, t] = query[b, h, t] + reached
    return out


def descended(weights, bias, steps):
    for slope, k in steps:
        weights = weights - np.outer(slope, k)
        bias = bias - slope
    return weights, bias


def layer_norm(x, scale, shift):
    return (x - x.mean()) / np.sqrt(x.var() + 1e-6) * scale + shift


def numerical_slope(x, target, scale, shift, width=1e-6):
    """The gradient of half the squared error by central differences."""

    def loss(x):
        return 0.5 * np.sum((layer_norm(x, scale, shift) - target) ** 2)

    found = np.zeros(len(x))
    for i in range(len(x)):
        nudge = width * np.eye(len(x))[i] * np.abs(x).max()
        found[i] = (loss(x + nudge) - loss(x - nudge)) / (2 * width * np.abs(x).max())
    return found


def gated_unit(x, log_decay, reset=None, state=None):
    """RG-LRU behind its gates: h = a h + sqrt(1 - a^2) x, h = x where a document begins; [batch, time, channel]."""
    x, log_decay = np.asarray(x, np.float64), np.asarray(log_decay, np.float64)
    out = np.zeros(x.shape)
    for b in range(x.shape[0]):
        memory = None if state is None else np.asarray(state[b], np.float64)
        for t in range(x.shape[1]):
            a = np.exp(log_decay[b, t])
            begins = memory is None or (reset is not None and reset[b, t])
            memory = x[b, t] if begins else a * memory + np.sqrt(1 - a**2) * x[b, t]
            out[b, t] = memory
    return out
