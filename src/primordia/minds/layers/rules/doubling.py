"""Matrices built from small blocks to large ones: the inverse of a triangular matrix by block doubling.

For a unit lower triangular matrix whose diagonal blocks are inverted, blocks of twice the size follow from

    [[A, 0], [C, B]]^-1 = [[A^-1, 0], [-B^-1 C A^-1, B^-1]]

and every step is a product. Two other ways fail: the product (I - M)(I + M^2)(I + M^4)… is exact on paper and loses all
digits when keys repeat, and a triangular solve for each of many small matrices is slow on a CPU.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

LEAF = 8
"""Blocks up to this size are inverted in place, by products with masks: smaller products are not worth their call."""


@jax.custom_jvp
def unit_lower_inverse(matrix: Float[Array, "*batch time time"]) -> Float[Array, "*batch time time"]:
    """The inverse of I + M, where M is what `matrix` holds strictly below its diagonal. Any size n, about n^3 / 3.

    The derivative is that of the inverse itself, two products, and not that of the doubling.
    """
    n_time = matrix.shape[-1]
    size = padded_size(n_time)
    whole = jnp.pad(matrix, [(0, 0)] * (matrix.ndim - 2) + [(0, size - n_time)] * 2)
    blocks = _leaf_inverses(diagonal_blocks(whole, min(LEAF, size)))
    while blocks.shape[-1] < size:
        first, second = blocks[..., 0::2, :, :], blocks[..., 1::2, :, :]
        corner = diagonal_blocks(whole, 2 * blocks.shape[-1])[..., blocks.shape[-1] :, : blocks.shape[-1]]
        blocks = doubled(first, -(second @ (corner @ first)), second)
    return blocks[..., 0, :n_time, :n_time]


@unit_lower_inverse.defjvp
def _derivative(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    inverse = unit_lower_inverse(primals[0])
    return inverse, -(inverse @ jnp.tril(tangents[0], -1) @ inverse)


def padded_size(n_time: int) -> int:
    """The smallest power of two that holds so many tokens."""
    return 1 << (n_time - 1).bit_length()


def diagonal_blocks(matrix: Float[Array, "*batch n n"], size: int) -> Float[Array, "*batch block size size"]:
    """The blocks on the diagonal."""
    n_blocks = matrix.shape[-1] // size
    parts = matrix.reshape(*matrix.shape[:-2], n_blocks, size, n_blocks, size)
    own = np.arange(n_blocks)
    return jnp.moveaxis(parts[..., own, :, own, :], 0, -3)


def doubled(
    first: Float[Array, "*batch pair half half"],
    corner: Float[Array, "*batch pair half half"],
    second: Float[Array, "*batch pair half half"],
) -> Float[Array, "*batch pair block block"]:
    """Lower triangular blocks of twice the size: `first` above left, `corner` below left, `second` below right."""
    above = jnp.concatenate([first, jnp.zeros_like(corner)], axis=-1)
    below = jnp.concatenate([corner, second], axis=-1)
    return jnp.concatenate([above, below], axis=-2)


def _leaf_inverses(blocks: Float[Array, "*batch n n"]) -> Float[Array, "*batch n n"]:
    """The same doubling with all blocks of a matrix at once: X <- X - X C X, where C holds the corners."""
    place = np.arange(blocks.shape[-1])
    inverse = jnp.broadcast_to(jnp.eye(blocks.shape[-1], dtype=blocks.dtype), blocks.shape)
    half = 1
    while half < blocks.shape[-1]:
        part = place // half
        corners = (part[:, None] == part[None, :] + 1) & (part[:, None] % 2 == 1)
        inverse = inverse - inverse @ jnp.where(corners, blocks, 0) @ inverse
        half *= 2
    return inverse
