"""What a model has brought together in one token: earlier observations, and the next one (arXiv 2309.05858, "B").

B fits linear maps from the activations after each layer: to the observations of a few moments ago (token binding) and
to the next observation (target probe), for single positions.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from primordia.minds.probes.linear import linear_readout

States = Float[Array, "layer example time channel"]


def shifted(observed: Float[Array, "example time observed"], back: int) -> Float[Array, "example time observed"]:
    """The observation of `back` moments ago at each place, of the future where `back` is below 0; zeros beyond."""
    n_time = observed.shape[1]
    if abs(back) >= n_time:
        return jnp.zeros_like(observed)
    empty = jnp.zeros_like(observed[:, : abs(back)])
    if back >= 0:
        return jnp.concatenate([empty, observed[:, : n_time - back]], axis=1)
    return jnp.concatenate([observed[:, -back:], empty], axis=1)


def decodable(
    states: States, observed: Float[Array, "example time observed"], backs: tuple[int, ...], places: tuple[int, ...]
) -> Float[np.ndarray[Any, Any], "back layer place"]:
    """The share of variance of each shifted observation that a linear map reads from each layer at these places.

    Each map is fitted to half the examples and judged on the other half; see `probes.linear`.
    """
    chosen = jnp.asarray(places)
    found = [linear_readout(states[:, :, chosen], shifted(observed, back)[:, chosen]).explained for back in backs]
    return np.asarray(jnp.stack(found), np.float64)
