"""Does a model precondition? Whether (S S^T + I/lambda)^{-1} s_t can be read from its tokens (arXiv 2309.05858, "B").

S holds the observations before s_t. A stack of linear layers can approximate that product by an iteration, one product
with S S^T a layer, and take one last step from it: the least-squares prediction. B holds activations against six steps
of Chebyshev's iteration, the fastest that knows only the range of the eigenvalues.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from primordia.minds.probes.linear import linear_readout
from primordia.minds.tasks.batch import Vectors
from primordia.minds.tasks.oracles import dynamics as oracles

N_STEPS = 6


@functools.partial(jax.jit, static_argnames="n_steps")
def preconditioned(
    batch: Vectors, penalty: float | Array, n_steps: int = N_STEPS
) -> Float[Array, "example time observed"]:
    """(S S^T + penalty I)^{-1} s_t by Chebyshev steps; the interval of eigenvalues is each position's own."""
    gram = oracles.moments(batch).inputs + penalty * jnp.eye(batch.inputs.shape[-1])
    high = jnp.linalg.eigvalsh(gram)[..., -1]
    return oracles.chebyshev(gram, batch.inputs, jnp.full_like(high, penalty), high, n_steps)


def readable(
    states: Float[Array, "layer example time channel"], batch: Vectors, penalty: float, places: tuple[int, ...]
) -> Float[np.ndarray[Any, Any], "layer place"]:
    """The share of the preconditioned observation's variance that a linear map reads from each layer."""
    chosen = jnp.asarray(places)
    wanted = preconditioned(batch, penalty)[:, chosen]
    return np.asarray(linear_readout(states[:, :, chosen], wanted).explained, np.float64)
