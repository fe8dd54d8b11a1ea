"""How weights are changed: AdamW with warm-up, decay, clipping, accumulation and an average of weights."""

from __future__ import annotations

import dataclasses
import math

from primordia.core.errors import ConfigError


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

    Raises:
        ConfigError: a value outside its range; says the nearest.
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

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                near = f"; the nearest is {low if value < low else high:g}" if math.isfinite(value) else ""
                allowed = f"at least {low:g}" if high == math.inf else f"from {low:g} to {high:g}"
                raise ConfigError(f"{name}={value:g} is out of range: it must be {allowed}{near}.")
        if self.decay and self.decay <= self.warmup:
            raise ConfigError(
                f"decay={self.decay} is over before warmup={self.warmup} is; it counts the warm-up too: "
                f"give at least {self.warmup + 1}, or 0 for no decay."
            )


RANGES: dict[str, tuple[float, float]] = {
    "peak": (0, 10), "warmup": (0, math.inf), "decay": (0, math.inf), "start": (0, 10), "floor": (0, 1),
    "beta1": (0, 0.999999), "beta2": (0, 0.999999), "epsilon": (0, 1), "weight_decay": (0, 10),
    "clip": (0, 1e30), "accumulate": (1, math.inf), "average": (0, 0.999999), "n_devices": (1, math.inf),
}  # fmt: skip
"""Smallest and largest allowed value of each setting."""
