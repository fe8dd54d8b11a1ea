"""Products of many small matrices, with all leading axes folded into one.

XLA's CPU backend multiplies [256, 64, 64] matrices up to three times as fast as [64, 1, 4, 64, 64] ones.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float


def product(left: Float[Array, "*batch row inner"], right: Float[Array, "*batch inner column"]) -> Array:
    """`left` times `right`, axes [*batch, row, column]; the leading axes of both are the same."""
    return _unfolded(jnp.matmul(_folded(left), _folded(right)), left)


def by_rows(left: Float[Array, "*batch row inner"], right: Float[Array, "*batch column inner"]) -> Array:
    """`left` times `right` transposed, axes [*batch, row, column]."""
    return _unfolded(jnp.einsum("nij,nkj->nik", _folded(left), _folded(right)), left)


def by_columns(left: Float[Array, "*batch inner row"], right: Float[Array, "*batch inner column"]) -> Array:
    """`left` transposed times `right`, axes [*batch, row, column]."""
    return _unfolded(jnp.einsum("nji,njk->nik", _folded(left), _folded(right)), left)


def _folded(matrices: Array) -> Array:
    return matrices.reshape(-1, *matrices.shape[-2:])


def _unfolded(matrices: Array, like: Array) -> Array:
    return matrices.reshape(*like.shape[:-2], *matrices.shape[-2:])
