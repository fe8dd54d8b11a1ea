"""Is a trained layer an algorithm of a few numbers? Its matrices with every block made a multiple of the identity.

Source: arXiv 2309.05858 (CompressedAlg-d): in the products W_K^T W_Q and P W_V of each head every n x n block becomes
(mean of its diagonal) I. Tokens of four parts leave 16 numbers for each product's head; ours have three, so 9.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.core.errors import ConfigError
from primordia.minds.models import self_attention
from primordia.minds.models.self_attention import SelfAttention
from primordia.minds.models.weights import Weights


def block_means(matrix: Float[Array, "*stack row column"], n: int) -> Float[Array, "*stack block_row block_column"]:
    """The mean diagonal of every n x n block.

    Raises:
        ConfigError: n does not divide the matrix.
    """
    rows, columns = matrix.shape[-2:]
    if n < 1 or rows % n or columns % n:
        raise ConfigError(f"A matrix of {rows} x {columns} cannot be cut into blocks of {n}; n must divide both.")
    blocks = matrix.reshape(*matrix.shape[:-2], rows // n, n, columns // n, n)
    return jnp.einsum("...ixjx->...ij", blocks) / n


def compressed(model: SelfAttention, weights: Weights, n: int) -> Weights:
    """The weights of a model of the same layers, keys as wide as tokens, whose products have such blocks alone.

    It needs a model without MLP; run it with `d_key` 0.
    """
    found: Weights = {}
    for place in range(model.n_sets):
        products = (
            jnp.kron(block_means(product, n), jnp.eye(n)) for product in self_attention.products(model, weights, place)
        )
        found |= self_attention.of_products(*products, place=place)
    return found
