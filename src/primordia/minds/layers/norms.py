"""Norms of activations."""

from __future__ import annotations

from typing import final

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

EPSILON = 1e-6
"""Added to a mean square."""

SHORT = 1e-4
"""Vectors much longer than this get length 1; the gradient of a shorter one is never more than its inverse."""


@final
class RootMeanSquare(eqx.Module):
    """Divides by the root mean square of the last axis and scales each channel; computed in 32 bits or more."""

    scale: Float[Array, " channel"]

    def __init__(self, n_channels: int) -> None:
        self.scale = jnp.ones(n_channels, jnp.float32)

    def __call__(self, x: Float[Array, "*rest channel"]) -> Float[Array, "*rest channel"]:
        """The normed activations, in the type they came in."""
        full = wide(x)
        full *= jax.lax.rsqrt(jnp.mean(full**2, axis=-1, keepdims=True) + EPSILON)
        return (full * self.scale).astype(x.dtype)


def unit_length(x: Float[Array, "*rest channel"]) -> Float[Array, "*rest channel"]:
    """Vectors of length 1 along the last axis, in 32 bits or more.

    The length is taken as sqrt(|x|^2 + SHORT^2): a zero vector stays zero and has a gradient, and what rounding left
    of a vector that cancelled is not blown up to a direction.
    """
    full = wide(x)
    return full * jax.lax.rsqrt(jnp.sum(full**2, axis=-1, keepdims=True) + SHORT**2)


def wide(x: Float[Array, "*rest"]) -> Float[Array, "*rest"]:
    """The same numbers in 32 bits, or as they are where they have more."""
    return x.astype(jnp.promote_types(x.dtype, jnp.float32))
