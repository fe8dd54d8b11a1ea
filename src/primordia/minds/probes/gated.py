"""What the hidden channels of a gated recurrence are for, and weights with which it is linear attention.

Source: arXiv 2309.01775.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from primordia.minds.models import gated_rnn
from primordia.minds.models.weights import Weights
from primordia.minds.tasks.attention_teacher import TeacherWeights
from primordia.minds.tasks.batch import Vectors, squared_error

Matrix: TypeAlias = np.ndarray[Any, np.dtype[Any]]
END = 0.05
"""A decay this close to 0 or 1 counts as being there; the line is ours."""


class Channels(NamedTuple):
    """The hidden channels of a recurrence.

    Args:
        decay: the decay of each.
        importance: what the loss rises by when a channel is cut off from the outgoing gate, as a share of the loss of
            answering zero.
    """

    decay: Float[Array, " hidden"]
    importance: Float[Array, " hidden"]


@jax.jit
def channels(weights: Weights, batch: Vectors) -> Channels:
    """Decay and importance of every hidden channel on these sequences. Costs a run for each channel."""
    n_hidden = weights["angle"].shape[0]
    whole = squared_error(gated_rnn.run(weights, batch.inputs), batch)
    nothing = squared_error(jnp.zeros_like(batch.targets), batch)

    def without(kept: Array) -> Float[Array, ""]:
        return squared_error(gated_rnn.run(weights, batch.inputs, kept), batch)

    losses = jax.lax.map(without, 1 - jnp.eye(n_hidden))
    return Channels(gated_rnn.decays(weights), (losses - whole) / nothing)


@jax.jit
def share_at_ends(found: Channels) -> Float[Array, ""]:
    """The share of all importance that channels with a decay next to 0 or 1 have; below zero counts as none."""
    ends = (found.decay <= END) | (found.decay >= 1 - END)
    positive = jnp.maximum(found.importance, 0)
    return jnp.sum(positive * ends) / jnp.maximum(jnp.sum(positive), 1e-30)


@jax.jit
def losses_by_position(weights: Weights, batch: Vectors) -> Float[Array, " time"]:
    """Half the squared error at each token, mean over sequences."""
    return 0.5 * jnp.mean(jnp.sum((gated_rnn.run(weights, batch.inputs) - batch.targets) ** 2, axis=-1), axis=0)


@jax.jit
def losses_by_pairs(weights: Weights, batch: Vectors) -> Float[Array, " pairs_and_none"]:
    """Half the squared error at the last token if it came after none of the others, the first, the first two …."""
    before = gated_rnn.states(weights, batch.inputs[:, :-1])
    hidden = jnp.concatenate([jnp.zeros_like(before[:, :1]), before], axis=1)
    answers = gated_rnn.next_output(weights, hidden, batch.inputs[:, -1:])
    return 0.5 * jnp.mean(jnp.sum((answers - batch.targets[:, -1:]) ** 2, axis=-1), axis=0)


@jax.jit
def query_models(weights: Weights, inputs: Float[Array, "batch time input"]) -> Float[Array, "batch output input"]:
    """The derivative of the last output by the last input: the linear model that the past has left behind."""

    def last(query: Float[Array, " input"], before: Float[Array, "time input"]) -> Float[Array, " output"]:
        return gated_rnn.run(weights, jnp.concatenate([before, query[None]])[None])[0, -1]

    return jax.vmap(jax.jacfwd(last))(inputs[:, -1], inputs[:, :-1])


@jax.jit
def mean_cosine(one: Float[Array, "batch output input"], other: Float[Array, "batch output input"]) -> Array:
    """The mean over sequences of the cosine between two matrices."""
    lengths = jnp.linalg.norm(one, axis=(1, 2)) * jnp.linalg.norm(other, axis=(1, 2))
    return jnp.mean(jnp.sum(one * other, axis=(1, 2)) / jnp.maximum(lengths, 1e-12))


@jax.jit
def entering(weights: Weights) -> Float[Array, "hidden input_and_one input_and_one"]:
    """What each hidden channel takes in, as the symmetric matrix of its quadratic form in (x, 1)."""
    product = weights["in_m"][:, :, None] * weights["in_x"][:, None, :]
    return (product + jnp.swapaxes(product, 1, 2)) / 2


def generic(teacher: TeacherWeights) -> Weights:
    """Linear attention in d^2 + d hidden channels: the products v_i k_j with decay 1, and the query with decay 0.

    d^2 products of the outgoing gate multiply entry (i, j) of the sum with q_j; the readout adds them up over j.
    """
    query, key, value = (np.asarray(matrix) for matrix in teacher)
    n = len(value)
    row, column = np.divmod(np.arange(n * n), n)
    first, second = np.concatenate([value[row], query]), np.concatenate([key[column], np.zeros_like(query)])
    return _built(first, second, n * n, column, np.arange(n * n), np.eye(n, dtype=value.dtype)[:, row])


def compact(teacher: TeacherWeights) -> Weights:
    """Linear attention in d (d + 1) / 2 + d hidden channels: the products x_i x_j, i <= j, and W_K^T W_Q x.

    The sum of x x^T is symmetric, so each pair is kept once; W_V goes into the readout.
    """
    query, key, value = (np.asarray(matrix) for matrix in teacher)
    n, identity = len(value), np.eye(len(value), dtype=value.dtype)
    row, column = np.divmod(np.arange(n * n), n)
    low, high = np.triu_indices(n)
    kept = np.zeros((n, n), int)
    kept[low, high] = kept[high, low] = np.arange(len(low))
    first, second = np.concatenate([identity[low], key.T @ query]), np.concatenate([identity[high], 0 * query])
    return _built(first, second, len(low), column, kept[row, column], value[:, row])


def _built(first: Matrix, second: Matrix, n_kept: int, column: Matrix, entry: Matrix, readout: Matrix) -> Weights:
    """The recurrence whose last channels hold a query, that decays at once, and whose first `n_kept` never do.

    Product p of the outgoing gate is channel `entry[p]` times query `column[p]`; `readout` [output, product] adds up.
    """
    n_hidden, n_products = len(first), len(column)
    asks = (np.arange(n_hidden) >= n_kept).astype(first.dtype)
    out_m, out_x = np.zeros((2, n_products, n_hidden + 1), first.dtype)
    out_m[np.arange(n_products), entry] = 1
    out_x[np.arange(n_products), n_kept + column] = 1
    arrays = {
        "angle": np.arcsin(np.sqrt(1 - asks)),
        "in_m": np.column_stack([first, 0 * asks]),
        "in_x": np.column_stack([second, asks]),
        "out_m": out_m,
        "out_x": out_x,
        "readout": readout,
    }
    return {name: jnp.asarray(array) for name, array in arrays.items()}
