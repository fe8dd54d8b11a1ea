"""Learners of a linear map at every moment of a sequence, each from the pairs (input, target) strictly before it.

Source: arXiv 2309.05858 (v2). Inputs have axes [batch, time, channel]; the prediction at t may use the target of t - 1,
since that is the input of t. All work in the type of their inputs.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.minds.tasks.batch import Vectors


class Moments(NamedTuple):
    """What came strictly before each moment.

    Args:
        inputs: sum of x x^T.
        products: sum of y x^T.
    """

    inputs: Float[Array, "batch time input input"]
    products: Float[Array, "batch time target input"]


def moments(batch: Vectors) -> Moments:
    """Sums over the tokens strictly before each; tokens of weight 0 are no pairs and are left out."""
    x = batch.inputs * batch.weight[..., None]
    return Moments(_before(x, batch.inputs), _before(batch.targets * batch.weight[..., None], batch.inputs))


def ridge_by_position(batch: Vectors, penalty: float | Float[Array, ""]) -> Float[Array, "batch time target"]:
    """The W of least sum |W x - y|^2 + penalty |W|^2 at each moment, at its input; 0 at the first.

    A penalty of noise variance / W's variance per entry is Bayes' choice for normal W. In 32 bits, not below about 1e-5
    of the largest eigenvalue of the inputs' second moments.
    """
    seen = moments(batch)
    gram = seen.inputs + penalty * jnp.eye(batch.inputs.shape[-1], dtype=batch.inputs.dtype)
    return _applied(seen.products, jnp.linalg.solve(gram, batch.inputs[..., None])[..., 0])


def descent_by_position(batch: Vectors, rate: float | Float[Array, ""]) -> Float[Array, "batch time target"]:
    """One step of gradient descent from W = 0 on half the summed squared error of all pairs so far."""
    return rate * _applied(moments(batch).products, batch.inputs)


def best_rate(batch: Vectors) -> Float[Array, ""]:
    """The rate of `descent_by_position` of least weighted squared error over the whole batch, in closed form."""
    step = descent_by_position(batch, 1.0) * batch.weight[..., None]
    return jnp.sum(step * batch.targets) / jnp.sum(step * step)


def chebyshev_by_position(
    batch: Vectors,
    penalty: float | Float[Array, ""],
    n_steps: int,
    smallest: float | Float[Array, "batch time"],
    largest: float | Float[Array, "batch time"],
) -> Float[Array, "batch time target"]:
    """Ridge with the inverse by `n_steps` Chebyshev steps, meant for second moments with eigenvalues in the interval.

    A narrower interval than that of all eigenvalues gives up the small ones and does better by the others: with few
    steps the best interval has to be looked for.
    """
    seen = moments(batch)
    gram = seen.inputs + penalty * jnp.eye(batch.inputs.shape[-1], dtype=batch.inputs.dtype)
    shape = batch.inputs.shape[:-1]
    low, high = (jnp.broadcast_to(jnp.asarray(end) + penalty, shape) for end in (smallest, largest))
    return _applied(seen.products, chebyshev(gram, batch.inputs, low, high, n_steps))


def chebyshev(
    matrix: Float[Array, "*batch n n"],
    vector: Float[Array, "*batch n"],
    low: Float[Array, "*batch"],
    high: Float[Array, "*batch"],
    n_steps: int,
) -> Float[Array, "*batch n"]:
    """Approximately matrix^-1 vector: Chebyshev iteration from 0 for symmetric matrices with spectrum in [low, high].

    The error after k steps is at most 1 / T_k((high + low) / (high - low)) of that at the start, T_k being Chebyshev's
    polynomial: the best that any k products with the matrix can promise for the interval.
    """
    centre, radius = (high + low)[..., None] / 2, (high - low)[..., None] / 2
    found, residual, direction, size = jnp.zeros_like(vector), vector, jnp.zeros_like(vector), 1 / centre
    for turn in range(n_steps):
        share = 0.0 if turn == 0 else (0.5 if turn == 1 else 0.25) * (radius * size) ** 2
        size = 1 / centre if turn == 0 else 1 / (centre - share / size)
        direction = residual + share * direction
        found = found + size * direction
        residual = vector - jnp.einsum("...ij,...j->...i", matrix, found)
    return found


def largest_eigenvalues(batch: Vectors) -> Float[Array, "batch time"]:
    """Of the second moments of the inputs before each moment."""
    return jnp.linalg.eigvalsh(moments(batch).inputs)[..., -1]


def kernel_by_position(batch: Vectors, sharpness: float | Float[Array, ""]) -> Float[Array, "batch time target"]:
    """The mean of earlier targets weighted by softmax(sharpness x_s . x_t): one softmax layer; 0 at the first."""
    n_time = batch.inputs.shape[1]
    scores = sharpness * jnp.einsum("bti,bsi->bts", batch.inputs, batch.inputs)
    earlier = jnp.tril(jnp.ones((n_time, n_time), bool), -1) & (batch.weight > 0)[:, None, :]
    weight = jax.nn.softmax(scores, axis=-1, where=earlier)
    return jnp.einsum("bts,bso->bto", jnp.where(earlier, weight, 0), batch.targets)


def observability(
    transition: Float[Array, "*batch hidden hidden"], readout: Float[Array, "*batch observed hidden"], n_last: int
) -> Float[Array, "*batch stacked hidden"]:
    """O: what `n_last` observations in a row are of the oldest state, C, C W, C W^2, … below each other."""
    rows = [readout]
    for _ in range(n_last - 1):
        rows.append(rows[-1] @ transition)
    return jnp.concatenate(rows, axis=-2)


def prediction_residual(
    transition: Float[Array, "*batch hidden hidden"], readout: Float[Array, "*batch observed hidden"], n_last: int
) -> Float[Array, "*batch"]:
    """How far the next `n_last` observations are from linear in the last: min over F of |F O - O W| / |O W|.

    0 where O has as many independent rows as there are states (arXiv 2309.05858: k observations suffice once
    k n_observed >= n_hidden); then F = O W O^+.
    """
    seen = observability(transition, readout, n_last)
    moved = seen @ transition
    missed = moved - moved @ jnp.linalg.pinv(seen) @ seen
    return jnp.linalg.norm(missed, axis=(-2, -1)) / jnp.linalg.norm(moved, axis=(-2, -1))


def _before(left: Float[Array, "batch time a"], right: Float[Array, "batch time b"]) -> Float[Array, "batch time a b"]:
    """Sums of outer products over the tokens strictly before each."""
    products = jnp.einsum("btx,bty->btxy", left, right)
    return jnp.cumsum(products, axis=1) - products


def _applied(
    maps: Float[Array, "batch time target input"], x: Float[Array, "batch time input"]
) -> Float[Array, "batch time target"]:
    return jnp.einsum("btoi,bti->bto", maps, x)
