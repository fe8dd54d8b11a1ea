"""What a task draws, and the one way in which everybody scores predictions of it."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

IGNORED = -1
"""The target of a token that is not scored."""


class Tokens(NamedTuple):
    """Sequences of symbols.

    Args:
        inputs: the symbols, from 0.
        targets: the symbol to predict at each token, or `IGNORED`.
    """

    inputs: Int[Array, "*batch time"]
    targets: Int[Array, "*batch time"]


class Vectors(NamedTuple):
    """Sequences of vectors.

    Args:
        inputs: the tokens.
        targets: the vector to predict at each token; anything where `weight` is 0.
        weight: how much each token counts: 1 where it is scored and 0 elsewhere, unless a task says otherwise.
    """

    inputs: Float[Array, "*batch time channel"]
    targets: Float[Array, "*batch time target"]
    weight: Float[Array, "*batch time"]


def cross_entropy(logits: Float[Array, "batch time symbol"], batch: Tokens) -> Float[Array, ""]:
    """Minus the mean log probability of the targets that are scored, in nats; 0 when none is."""
    return _mean(token_cross_entropies(logits, batch), scored(batch))


def accuracy(logits: Float[Array, "batch time symbol"], batch: Tokens) -> Float[Array, ""]:
    """The share of scored targets that the largest logit names; 0 when none is scored."""
    return _mean(token_hits(logits, batch), scored(batch))


def squared_error(predictions: Float[Array, "batch time target"], batch: Vectors) -> Float[Array, ""]:
    """Half the squared distance to the target, in the mean over weights: as in arXiv 2212.07677 and 2309.05858."""
    return 0.5 * _mean(token_squared_errors(predictions, batch), batch.weight)


def token_cross_entropies(logits: Float[Array, "batch time symbol"], batch: Tokens) -> Float[Array, "batch time"]:
    """Minus the log probability of each target, in nats and 32 bits; 0 where it is not scored."""
    log_p = jax.nn.log_softmax(logits.astype(jnp.float32), axis=-1)
    chosen = jnp.take_along_axis(log_p, jnp.maximum(batch.targets, 0)[..., None], axis=-1)[..., 0]
    return -chosen * scored(batch)


def token_hits(logits: Float[Array, "batch time symbol"], batch: Tokens) -> Float[Array, "batch time"]:
    """1 where the largest logit names a target that is scored, else 0."""
    return (jnp.argmax(logits, axis=-1) == batch.targets).astype(jnp.float32)


def token_squared_errors(predictions: Float[Array, "batch time target"], batch: Vectors) -> Float[Array, "batch time"]:
    """The squared distance of each prediction to its target: summed over channels, not halved, not weighted."""
    return jnp.sum((predictions.astype(jnp.float32) - batch.targets) ** 2, axis=-1)


def scored(batch: Tokens) -> Float[Array, "batch time"]:
    """1 where a target is scored, else 0."""
    return (batch.targets != IGNORED).astype(jnp.float32)


def by_position(values: Float[Array, "batch time"], weight: Float[Array, "batch time"]) -> Float[Array, " time"]:
    """The mean of `values` at each position, over sequences by weight; 0 at positions without weight."""
    total = jnp.sum(weight, axis=0)
    return jnp.sum(values * weight, axis=0) / jnp.where(total > 0, total, 1)


def _mean(values: Float[Array, "batch time"], weight: Float[Array, "batch time"]) -> Float[Array, ""]:
    total = jnp.sum(weight)
    return jnp.sum(values * weight) / jnp.where(total > 0, total, 1)
