"""Two square factors whose product shall be a diagonal target: gradient descent with weight decay in 64 bits.

Symbols of arXiv 2410.23819 (the toy of its first figure): A, B -> left, right; D -> the target; lambda -> decay;
eta -> rate. The loss is c/2 |A B' - D|^2 with c = 1 ("half") or c = 2 ("whole"), and weight decay adds
lambda/2 (|A|^2 + |B|^2). The abstract of the paper writes the penalty without its half; only with it is the least
penalty of a product its nuclear norm.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

CURVATURE = {"half": 1.0, "whole": 2.0}
"""The factor c of a loss by how it is written: half the square, or the whole of it."""

Stack = Float[np.ndarray[Any, Any], "*stack row column"]
Decay = float | Float[np.ndarray[Any, Any], "*stack 1 1"]


class Factors(NamedTuple):
    """Two matrices that are multiplied, left @ right.T; float64 [*stack row column]."""

    left: Stack
    right: Stack

    @property
    def product(self) -> Stack:
        """What they stand for."""
        return self.left @ self.right.swapaxes(-1, -2)


def target(n: int) -> Float[np.ndarray[Any, Any], "n n"]:
    """The diagonal matrix with the values 1, (n-1)/n, …, 1/n."""
    return np.diag(np.arange(n, 0, -1) / n)


def loss(factors: Factors, wanted: Stack, written: str) -> float:
    """The loss without the penalty, of one pair of factors."""
    return float(0.5 * CURVATURE[written] * ((factors.product - wanted) ** 2).sum())


def descended(factors: Factors, wanted: Stack, decay: Decay, rate: float, written: str, n: int) -> Factors:
    """The factors after `n` steps of gradient descent on loss and penalty together.

    Every step changes left' left - right' right by (1 - rate decay)^2 and by terms of order rate^2.
    """
    left, right = factors
    curvature, kept = CURVATURE[written], 1 - rate * np.asarray(decay)
    for _ in range(n):
        error = rate * curvature * (left @ right.swapaxes(-1, -2) - wanted)
        left, right = kept * left - error @ right, kept * right - error.swapaxes(-1, -2) @ left
    return Factors(left, right)


def settled(wanted: Stack, decay: float, written: str) -> Float[np.ndarray[Any, Any], " value"]:
    """The singular values that descent ends with: those of the target less decay / c, where that leaves any.

    This is the least of c/2 |X - D|^2 + decay |X|_* over all X (soft thresholding).
    """
    values = np.linalg.svd(wanted, compute_uv=False)
    return np.asarray(np.maximum(values - decay / CURVATURE[written], 0.0))
