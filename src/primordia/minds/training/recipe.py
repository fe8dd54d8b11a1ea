"""How weights are changed: AdamW with warm-up, decay, clipping, accumulation and an average of weights."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Recipe:
    """The settings of an optimiser.

    Args:
        peak: the largest learning rate.
        warmup: updates over which it rises linearly from `start`.
        decay: updates over which it falls to `floor` along a cosine, warm-up included; 0: it stays at its peak.
        start: learning rate of the first update, where there is a warm-up.
        floor: learning rate at the end, as a share of the peak.
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of their squares.
        epsilon: added to the root of the second.
        weight_decay: share of a weight lost in an update, times the learning rate; matrices only, never embeddings.
        clip: largest norm of all gradients together; 0: not clipped.
        accumulate: parts that a batch is computed in, one after the other, to save memory.
        average: decay of the running average of weights; 0: none is kept.
        n_devices: devices that share a batch.
    """

    peak: float = 1e-3
    warmup: int = 0
    decay: int = 0
    start: float = 0.0
    floor: float = 0.1
    beta1: float = 0.9
    beta2: float = 0.98
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    clip: float = 1.0
    accumulate: int = 1
    average: float = 0.0
    n_devices: int = 1
