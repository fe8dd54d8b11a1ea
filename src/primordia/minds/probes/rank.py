"""Rank of a product of two weight matrices, and how far weight decay is from the nuclear norm (arXiv 2410.23819)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

Matrix = Float[np.ndarray[Any, Any], "*stack row column"]


class Norms(NamedTuple):
    """What weight decay and the nuclear norm see of a product `left @ right.T`; stacks are summed.

    Args:
        decay: half the sum of the squares of both factors: what weight decay charges for.
        nuclear: the sum of the singular values of the product: the least that `decay` can be for this product.
        balance: Frobenius norm of left' left - right' right; where it is 0 and the factors are square, the two above
            are equal.
    """

    decay: float
    nuclear: float
    balance: float


def norms(left: Matrix, right: Matrix) -> Norms:
    """The two norms and their balance in 64 bits; `left` and `right` [*stack row inner] share their last axis."""
    left, right = np.asarray(left, np.float64), np.asarray(right, np.float64)
    uneven = left.swapaxes(-1, -2) @ left - right.swapaxes(-1, -2) @ right
    return Norms(
        float(0.5 * ((left**2).sum() + (right**2).sum())),
        float(singular_values(left @ right.swapaxes(-1, -2)).sum()),
        float(np.sqrt((uneven**2).sum((-1, -2))).sum()),
    )


def singular_values(product: Matrix) -> Float[np.ndarray[Any, Any], "*stack value"]:
    """Largest first."""
    return np.asarray(np.linalg.svd(np.asarray(product, np.float64), compute_uv=False))


def effective_rank(product: Matrix) -> float:
    """The exponential of the entropy of the singular values as shares of their sum, averaged over a stack.

    Between 1 (one direction) and the full rank (all alike); Roy and Vetterli (2007). A product of zeros has rank 0.
    """
    values = singular_values(product)
    total = values.sum(-1, keepdims=True)
    shares = values / np.where(total > 0, total, 1)
    entropy = -(shares * np.log(np.where(shares > 0, shares, 1))).sum(-1)
    return float(np.where(total[..., 0] > 0, np.exp(entropy), 0).mean())
