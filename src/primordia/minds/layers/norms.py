"""Norms of activations."""

from __future__ import annotations

from typing import final

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

EPSILON = 1e-6


@final
class RootMeanSquare(eqx.Module):
    """Divides by the root mean square of the last axis and scales each channel; computed in 32 bits."""

    scale: Float[Array, " channel"]

    def __init__(self, n_channels: int) -> None:
        self.scale = jnp.ones(n_channels, jnp.float32)

    def __call__(self, x: Float[Array, "*rest channel"]) -> Float[Array, "*rest channel"]:
        """The normed activations, in the type they came in."""
        wide = x.astype(jnp.float32)
        wide *= jax.lax.rsqrt(jnp.mean(wide**2, axis=-1, keepdims=True) + EPSILON)
        return (wide * self.scale).astype(x.dtype)


def unit_length(x: Float[Array, "*rest channel"]) -> Float[Array, "*rest channel"]:
    """Vectors of length 1 along the last axis (a zero vector stays zero), in 32 bits."""
    wide = x.astype(jnp.float32)
    return wide * jax.lax.rsqrt(jnp.sum(wide**2, axis=-1, keepdims=True) + EPSILON**2)
