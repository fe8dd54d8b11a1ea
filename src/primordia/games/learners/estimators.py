"""Estimators of the policy gradient of a meta-episode: what each choice of action is weighted with.

Every one has the form  sum over games and steps of  grad log pi(action | history) times a weight, in the mean over
meta-episodes (arXiv 2410.18636, section 3). With B games against one co-player, `current` the payoffs
from a step to the end of its inner episode and `future` those of the later inner episodes, both of the same game:

| estimator | weight | what it is |
| --- | --- | --- |
| coala | current / B + mean over games of future | the gradient of the mean return (Eq. 3) |
| m-fos | current + mean over games of future | Eq. 7 and 26: B times too much weight on the present |
| batch-unaware | (current + future) / B | Eq. 6 and 25: a choice moves all B futures, and one is counted |
| policy-gradient | (current + future) / B | right where the B games are independent: against another meta agent |

Only log pi is differentiated; nothing goes through the co-player's learning.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.core.errors import BadInputError, UnknownNameError

ESTIMATORS = ("coala", "m-fos", "batch-unaware", "policy-gradient")


class Parts(NamedTuple):
    """A weight in its two parts; their sum is the weight.

    Args:
        current: from the rest of the current inner episode, axes [meta, game, time].
        future: from later inner episodes, axes [meta, game, time].
    """

    current: Float[Array, "*batch game time"]
    future: Float[Array, "*batch game time"]


def known(estimator: str) -> str:
    """The name, if there is such an estimator.

    Raises:
        UnknownNameError: there is none.
    """
    if estimator not in ESTIMATORS:
        raise UnknownNameError("estimator", estimator, ESTIMATORS)
    return estimator


def parts(estimator: str, payoffs: Float[Array, "*batch game time"], n_steps: int) -> Parts:
    """The weights of an estimator, undiscounted; to be summed over games and averaged over meta-episodes.

    Args:
        estimator: one of `ESTIMATORS`.
        payoffs: of the learner, axes [meta, game, time]; time goes through all inner episodes. Games of one row of
            the first axis share a co-player, and only those may be averaged.
        n_steps: steps of an inner episode.

    Raises:
        UnknownNameError: there is no such estimator.
        BadInputError: the steps are no whole number of inner episodes.
    """
    known(estimator)
    n_time = payoffs.shape[-1]
    if n_steps < 1 or n_time % n_steps:
        raise BadInputError(
            f"{n_time} steps are no whole number of inner episodes of {n_steps}; allowed: a multiple, such as "
            f"{max(1, n_time // max(1, n_steps)) * max(1, n_steps)}."
        )
    return Parts(*_parts(estimator, payoffs, n_steps))


@functools.partial(jax.jit, static_argnames=("estimator", "n_steps"))
def _parts(estimator: str, payoffs: Array, n_steps: int) -> tuple[Array, Array]:
    *batch, n_games, n_time = payoffs.shape
    episodes = payoffs.reshape(*batch, n_games, n_time // n_steps, n_steps)
    current = _from_here(episodes)
    totals = episodes.sum(-1)
    future = _from_here(totals) - totals
    if estimator in ("coala", "m-fos"):
        future = jnp.broadcast_to(future.mean(-2, keepdims=True), future.shape)
    else:
        future = future / n_games
    if estimator != "m-fos":
        current = current / n_games
    spread = jnp.broadcast_to(future[..., None], episodes.shape)
    return current.reshape(payoffs.shape), spread.reshape(payoffs.shape)


def weights(
    estimator: str, payoffs: Float[Array, "*batch game time"], n_steps: int
) -> Float[Array, "*batch game time"]:
    """Both parts together; see `parts`."""
    found = parts(estimator, payoffs, n_steps)
    return found.current + found.future


def _from_here(row: Float[Array, "*batch time"]) -> Float[Array, "*batch time"]:
    return jnp.flip(jnp.cumsum(jnp.flip(row, -1), -1), -1)


BASELINES = ("others", "all", "none")


def centred(weights: Float[Array, "meta game time"], baseline: str) -> Float[Array, "meta game time"]:
    """Weights less what is usual at the same step, which leaves the gradient's mean as it is and lowers its variance.

    Args:
        weights: of meta-episodes with the same kind of co-player.
        baseline: "others": the mean over games of the OTHER meta-episodes, which no choice of this one can move, so
            that nothing is biased; with a single meta-episode there are none and nothing is taken off. "all": the
            mean with this one's games too: it takes 1/n of the shaping signal of n meta-episodes away, but only
            1/(n B) of the myopic one. "none": nothing.
    """
    n_meta = weights.shape[0]
    if baseline == "none" or (baseline == "others" and n_meta == 1):
        return weights
    usual = weights.mean((0, 1), keepdims=True)
    if baseline == "all":
        return weights - usual
    return weights - (n_meta * usual - weights.mean(1, keepdims=True)) / (n_meta - 1)
