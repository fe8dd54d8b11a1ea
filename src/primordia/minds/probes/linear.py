"""Linear probes: what can be read from a model's activations by one matrix, layer by layer and place by place."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class Readout(NamedTuple):
    """A linear readout and how well it does on examples it was not fitted to.

    Args:
        weights: [layer, time, channel + 1, target]; the last channel is the constant one.
        error: mean squared error, [layer, time], over examples and target channels.
        explained: share of the target's variance that is read, [layer, time]; below zero where a mean does better.
    """

    weights: Float[Array, "layer time channel_and_one target"]
    error: Float[Array, "layer time"]
    explained: Float[Array, "layer time"]


@jax.jit
def linear_readout(
    activations: Float[Array, "layer example time channel"],
    targets: Float[Array, "example time target"],
    ridge: float = 1e-3,
) -> Readout:
    """Fit a readout for every layer and place on the first half of the examples and judge it on the second.

    Activations are scaled to unit size in each channel before `ridge` (a share of the examples) is added, so that the
    same value means the same for every layer. Fitting costs channel^3 for each layer and place. fp32 and Cholesky: give
    a `ridge` of at least 1e-6.
    """
    half = activations.shape[1] // 2

    def at_place(seen: Float[Array, "example channel"], wanted: Float[Array, "example target"]) -> Readout:
        size = jnp.sqrt(jnp.mean(seen[:half] ** 2, axis=0)) + 1e-12
        inputs = jnp.concatenate([seen / size, jnp.ones((seen.shape[0], 1))], axis=1)
        fitted, held = inputs[:half], inputs[half:]
        gram = fitted.T @ fitted + ridge * half * jnp.eye(inputs.shape[1])
        weights = jax.scipy.linalg.solve(gram, fitted.T @ wanted[:half], assume_a="pos")
        error = jnp.mean((held @ weights - wanted[half:]) ** 2)
        spread = jnp.mean((wanted[half:] - jnp.mean(wanted[half:], axis=0)) ** 2)
        scale = jnp.concatenate([size, jnp.ones(1)])[:, None]
        return Readout(weights / scale, error, 1 - error / jnp.maximum(spread, 1e-30))

    by_time = jax.vmap(at_place, in_axes=(1, 1))
    return jax.vmap(by_time, in_axes=(0, None))(activations, targets)
