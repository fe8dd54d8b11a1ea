"""AdamW with warm-up, cosine and clipping, written out in NumPy and 64 bits (Loshchilov and Hutter 2019)."""

import math

import numpy as np


def rate(t, peak, warmup, decay, start, floor):
    """The learning rate of update t, counted from 0."""
    if t < warmup:
        return start + (peak - start) * t / warmup
    if not decay:
        return peak
    share = min(1.0, (t - warmup) / (decay - warmup))
    return peak * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * share)))


def train(weights, gradient, n, recipe, decayed):
    """The weights after n updates, and their running average; `gradient` maps weights to gradients."""
    weights = {name: np.array(array, np.float64) for name, array in weights.items()}
    mean = {name: np.zeros_like(array) for name, array in weights.items()}
    square = {name: np.zeros_like(array) for name, array in weights.items()}
    average = {name: array.copy() for name, array in weights.items()}
    for t in range(n):
        slope = gradient(weights)
        norm = math.sqrt(sum(float((part**2).sum()) for part in slope.values()))
        shrink = min(1.0, recipe.clip / norm) if recipe.clip else 1.0
        step = rate(t, recipe.peak, recipe.warmup, recipe.decay, recipe.start, recipe.floor)
        for name in weights:
            part = slope[name] * shrink
            mean[name] = recipe.beta1 * mean[name] + (1 - recipe.beta1) * part
            square[name] = recipe.beta2 * square[name] + (1 - recipe.beta2) * part**2
            direction = (mean[name] / (1 - recipe.beta1 ** (t + 1))) / (
                np.sqrt(square[name] / (1 - recipe.beta2 ** (t + 1))) + recipe.epsilon
            )
            lost = recipe.weight_decay * weights[name] if name in decayed else 0.0
            weights[name] = weights[name] - step * (direction + lost)
            average[name] = recipe.average * average[name] + (1 - recipe.average) * weights[name]
    return weights, average
