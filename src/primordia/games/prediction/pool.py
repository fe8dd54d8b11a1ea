"""The pool: opponents that are a table of five probabilities, and how they are met (arXiv 2602.16301)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from primordia.core.errors import BadInputError

N_SEEN = 5
"""What a player has seen: nothing yet, then the last joint action with its own first: CC, CD, DC, DD."""
MIRRORED = (0, 1, 3, 2, 4)
"""What the other player has seen."""
PAYOFFS = (1.0, -1.0, 2.0, 0.0)
"""Of a player for CC, CD, DC, DD, its own action first: R, S, T, P of arXiv 2410.18636."""
FIXED = {
    "always defect": (0.0, 0.0, 0.0, 0.0, 0.0),
    "always cooperate": (1.0, 1.0, 1.0, 1.0, 1.0),
    "tit for tat": (1.0, 1.0, 0.0, 1.0, 0.0),
    "win stay lose shift": (1.0, 1.0, 0.0, 0.0, 1.0),
    "grim": (1.0, 1.0, 0.0, 0.0, 0.0),
    "random": (0.5, 0.5, 0.5, 0.5, 0.5),
    "extortion 3, defects first": (0.0, 6 / 7, 0.5, 5 / 14, 0.0),
    "extortion 3, cooperates first": (1.0, 6 / 7, 0.5, 5 / 14, 0.0),
}
"""Strategies to be tested on: the probability of cooperation for each thing seen.

Grim needs only one round of memory: its own defection is in it. Extortion is zero-determinant (Press and Dyson 2012,
doi 10.1073/pnas.1206569109) with factor 3 and half of the largest step: p - (1, 1, 0, 0) = (s - 3 s') / 14.
"""


def draw(key: Array, n: int) -> Float[Array, "opponent seen"]:
    """`n` opponents, each probability of cooperation uniform from 0 to 1."""
    return jax.random.uniform(key, (n, N_SEEN))


def seen_after(own: Int[Array, "*batch"], other: Int[Array, "*batch"]) -> Int[Array, "*batch"]:
    """What a player has seen after both acted (0 cooperates, 1 defects)."""
    return 1 + 2 * own + other


def cooperation(opponents: Float[Array, "opponent seen"], seen: Int[Array, " opponent"]) -> Float[Array, " opponent"]:
    """The probability with which each opponent cooperates, from what its *partner* has seen."""
    mirrored = jnp.asarray(MIRRORED)[seen]
    return jnp.take_along_axis(opponents, mirrored[:, None], axis=1)[:, 0]


def check_opponents(opponents: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    """Refuse tables that are not five probabilities each.

    Raises:
        BadInputError: the shape is not [opponent, 5], or the first number outside 0 to 1.
    """
    if opponents.ndim != 2 or opponents.shape[1] != N_SEEN:
        raise BadInputError(
            f"The opponents are {list(opponents.shape)}; they must be [opponent, 5]: the probability of cooperation at "
            "the start and after CC, CD, DC, DD; of one opponent give [[…]]."
        )
    wrong = np.argwhere(~((opponents >= 0) & (opponents <= 1)))
    if len(wrong):
        which, where = wrong[0]
        raise BadInputError(
            f"Opponent {which} cooperates with probability {opponents[which, where]:g} after "
            f"{('the start', 'CC', 'CD', 'DC', 'DD')[where]}; it must lie from 0 to 1."
        )
