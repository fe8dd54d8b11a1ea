"""How much two players have in common, for a joint distribution of their policies (arXiv 2511.22226, section 3)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from primordia.core.errors import BadInputError


def coupled(prior: Float[np.ndarray, " machine"], alpha: float) -> Float[np.ndarray, "own other"]:
    """w(i, j) = alpha w(i) [i = j] + (1 - alpha) w(i) w(j)."""
    if not 0 <= alpha <= 1:
        raise BadInputError(
            f"alpha={alpha:g} is no weight of copies; allowed: from 0 to 1; the nearest is {np.clip(alpha, 0, 1):g}."
        )
    return alpha * np.diag(prior) + (1 - alpha) * np.outer(prior, prior)


def functional_similarity(joint: Float[np.ndarray, "own other"]) -> Float[np.ndarray, "own other"]:
    """log2 w(i, j) / (w(i) w(j)) in bits: how much likelier a pair is than if both were drawn apart; -inf where w is 0.

    Raises:
        BadInputError: weights are negative or do not sum to 1.
    """
    if not (joint >= 0).all() or abs(joint.sum() - 1) > 1e-9:
        raise BadInputError(
            f"The joint weights sum to {joint.sum():g}, the least is {joint.min():g}; allowed: at least 0, sum 1."
        )
    apart = joint.sum(1)[:, None] * joint.sum(0)[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(joint > 0, np.log2(joint / np.where(apart > 0, apart, 1)), -np.inf)


def mutual_information(joint: Float[np.ndarray, "own other"]) -> float:
    """I(own policy; other's policy) in bits, the mean of `functional_similarity`; 0 for a decoupled agent."""
    similar = functional_similarity(joint)
    return float(np.where(joint > 0, joint * np.where(joint > 0, similar, 0), 0).sum())


def of_copies(prior: Float[np.ndarray, " machine"], alpha: float) -> float:
    """`mutual_information` of `coupled`, without the matrix; bits."""
    same = alpha * prior + (1 - alpha) * prior**2
    held = prior > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        on = np.where(held & (same > 0), same * np.log2(np.where(held, same / prior**2, 1)), 0.0)
    off = (1 - alpha) * (1 - (prior**2).sum())
    return float(on.sum() + (off * np.log2(1 - alpha) if alpha < 1 else 0.0))
