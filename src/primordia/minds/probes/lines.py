"""The learners that a model of dynamical systems is held against, each at its best setting (arXiv 2309.05858)."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from primordia.minds.tasks.batch import Vectors
from primordia.minds.tasks.dynamics import stacked
from primordia.minds.tasks.oracles import dynamics as oracles
from primordia.minds.training.next_vector import scores

PENALTIES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
"""Of least squares; the best is taken."""
SHARES = (0.0, 0.1, 0.3, 0.6)
"""Lower ends of the interval of Chebyshev's iteration, in largest eigenvalues; the best is taken."""
Curve = Float[np.ndarray[Any, Any], " time"]


class Lines(NamedTuple):
    """The error of a channel by position.

    Args:
        descent: of one step of gradient descent on all pairs so far, at its best rate.
        chebyshev: of least squares by a few Chebyshev steps, from the best interval.
        ridge: of least squares at the best penalty.
        penalty: that penalty.
    """

    descent: Curve
    chebyshev: Curve
    ridge: Curve
    penalty: float


def lines(batch: Vectors, n_stacked: int, n_steps: int) -> Lines:
    """The learners on a batch; best is what errs least on it from the second observation on.

    Args:
        batch: sequences; the learners see the last `n_stacked` observations as one.
        n_stacked: observations in a row.
        n_steps: Chebyshev steps.
    """
    ridge = np.asarray(_ridge(batch, jnp.asarray(PENALTIES), n_stacked=n_stacked), np.float64)
    best = int(ridge[:, 1:].mean(1).argmin())
    descent, steps = _descents(batch, jnp.float32(PENALTIES[best]), n_stacked=n_stacked, n_steps=n_steps)
    chebyshev = np.asarray(steps, np.float64)
    fastest = chebyshev[int(chebyshev[:, 1:].mean(1).argmin())]
    return Lines(np.asarray(descent, np.float64), fastest, ridge[best], PENALTIES[best])


@functools.partial(jax.jit, static_argnames="n_stacked")
def _ridge(batch: Vectors, penalties: Float[Array, " penalty"], *, n_stacked: int) -> Float[Array, "penalty time"]:
    seen = _seen(batch, n_stacked)
    return jax.lax.map(lambda penalty: scores(oracles.ridge_by_position(seen, penalty), batch), penalties)


@functools.partial(jax.jit, static_argnames=("n_stacked", "n_steps"))
def _descents(
    batch: Vectors, penalty: Float[Array, ""], *, n_stacked: int, n_steps: int
) -> tuple[Float[Array, " time"], Float[Array, "share time"]]:
    seen = _seen(batch, n_stacked)
    largest = oracles.largest_eigenvalues(seen)

    def at(share: Float[Array, ""]) -> Float[Array, " time"]:
        return scores(oracles.chebyshev_by_position(seen, penalty, n_steps, share * largest, largest), batch)

    descent = scores(oracles.descent_by_position(seen, oracles.best_rate(seen)), batch)
    return descent, jax.lax.map(at, jnp.asarray(SHARES))


def _seen(batch: Vectors, n_stacked: int) -> Vectors:
    return batch._replace(inputs=stacked(batch.inputs, n_stacked)) if n_stacked > 1 else batch
