"""Learners of a linear map from the pairs before a query: gradient descent, with curvature correction, ridge, kernel.

Source: arXiv 2212.07677. All start from W = 0 unless told otherwise, sum over the pairs with the factor 1/N of the loss
1/(2N) sum |W x_i - y_i|^2, and work in the type of their inputs.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

KURTOSIS_UNIFORM = 9 / 5
KURTOSIS_NORMAL = 3.0


class Best(NamedTuple):
    """A best setting of a learner.

    Args:
        loss: half the expected squared error at the query.
        rate: learning rate eta.
        correction: curvature correction gamma; 0 for plain gradient descent.
    """

    loss: float
    rate: float
    correction: float = 0.0


def one_step(
    n_inputs: int,
    n_context: int,
    half_width: float = 0.5,
    *,
    n_outputs: int = 1,
    teacher_scale: float = 1.0,
    kurtosis: float = KURTOSIS_UNIFORM,
) -> Best:
    """The best rate of one step of gradient descent and its loss, without noise, in closed form.

    With s^2 = half_width^2 / 3 the variance of an input and kurtosis E[x^4] / s^4, the sum over pairs of x_i x_i^T has
    mean N s^2 I and mean square N s^4 (kurtosis + n + N - 2) I, so the loss is a parabola of the rate.
    For normal inputs of standard deviation s pass half_width = sqrt(3) s and `KURTOSIS_NORMAL`.
    """
    variance = half_width**2 / 3
    spread = kurtosis + n_inputs + n_context - 2
    loss = 0.5 * n_outputs * teacher_scale**2 * variance * n_inputs * (1 - n_context / spread)
    return Best(loss, n_context / (variance * spread))


def gradient_descent(
    x: Float[Array, "*batch pair input"],
    y: Float[Array, "*batch pair output"],
    query: Float[Array, "*batch input"],
    rate: float | Float[Array, ""],
    n_steps: int = 1,
    start: Float[Array, "output input"] | None = None,
) -> Float[Array, "*batch output"]:
    """The prediction at the query after `n_steps` steps over the context (x, y)."""
    n_pairs, shape = x.shape[-2], (*x.shape[:-2], y.shape[-1], x.shape[-1])
    weights = jnp.zeros(shape, x.dtype) if start is None else jnp.broadcast_to(start, shape)
    for _ in range(n_steps):
        residual = jnp.einsum("...oi,...pi->...po", weights, x) - y
        weights = weights - rate / n_pairs * jnp.einsum("...po,...pi->...oi", residual, x)
    return jnp.einsum("...oi,...i->...o", weights, query)


def corrected_descent(
    x: Float[Array, "*batch pair input"],
    y: Float[Array, "*batch pair output"],
    query: Float[Array, "*batch input"],
    rates: Float[Array, " step"],
    corrections: Float[Array, " step"],
) -> Float[Array, "*batch output"]:
    """GD++ (arXiv 2212.07677): every step also maps all inputs, x <- (I - gamma X X^T) x.

    A step of gradient descent moves what is left of the labels, y <- y - (change of W) x, and at the same time the
    inputs of the context and the query. The prediction is minus what the query has gathered.
    """
    n_pairs = x.shape[-2]
    left, gathered = y, jnp.zeros((*query.shape[:-1], y.shape[-1]), x.dtype)
    for rate, correction in zip(rates, corrections, strict=True):
        change = rate / n_pairs * jnp.einsum("...po,...pi->...oi", left, x)
        left = left - jnp.einsum("...oi,...pi->...po", change, x)
        gathered = gathered - jnp.einsum("...oi,...i->...o", change, query)
        gram = jnp.einsum("...pi,...pj->...ij", x, x)
        query = query - correction * jnp.einsum("...ij,...j->...i", gram, query)
        x = x - correction * jnp.einsum("...ij,...pj->...pi", gram, x)
    return -gathered


def ridge(
    x: Float[Array, "*batch pair input"],
    y: Float[Array, "*batch pair output"],
    query: Float[Array, "*batch input"],
    penalty: float | Float[Array, ""],
) -> Float[Array, "*batch output"]:
    """The W of least sum |W x_i - y_i|^2 + penalty |W|^2, at the query.

    With the penalty noise^2 / teacher_scale^2 no predictor is better, where teachers and noise are normal. In 32 bits
    it should not be below about 1e-5 of the largest eigenvalue of X X^T.
    """
    gram = jnp.einsum("...pi,...pj->...ij", x, x) + penalty * jnp.eye(x.shape[-1], dtype=x.dtype)
    seen = jnp.linalg.solve(gram, query[..., None])[..., 0]
    return jnp.einsum("...po,...pi,...i->...o", y, x, seen)


def kernel_regression(
    x: Float[Array, "*batch pair input"],
    y: Float[Array, "*batch pair output"],
    query: Float[Array, "*batch input"],
    sharpness: float | Float[Array, ""],
) -> Float[Array, "*batch output"]:
    """The mean of labels weighted by softmax(sharpness x_i . query): what a softmax layer can do in one step."""
    weight = jax.nn.softmax(sharpness * jnp.einsum("...pi,...i->...p", x, query), axis=-1)
    return jnp.einsum("...p,...po->...o", weight, y)


def eigenvalues(x: Float[Array, "*batch pair input"]) -> Float[Array, "*batch input"]:
    """The eigenvalues of X X^T = sum x_i x_i^T of each context, from small to large."""
    return jnp.linalg.eigvalsh(jnp.einsum("...pi,...pj->...ij", x, x))


def expected_loss(
    spectra: Float[Array, "*batch input"],
    n_context: int,
    rates: Float[Array, " step"],
    corrections: Float[Array, " step"],
    half_width: float = 0.5,
) -> Float[Array, ""]:
    """Half the expected squared error at the query after these steps, given the eigenvalues of X X^T of contexts.

    The teacher and the query are integrated out (teacher N(0, 1), one output, query of variance half_width^2 / 3):
    only the scatter of the spectra is left. Along an eigenvector of eigenvalue l a step multiplies what is left of the
    label by 1 - rate l / N, and the correction maps l to l (1 - gamma l)^2.
    """
    left = jnp.ones_like(spectra)
    for rate, correction in zip(rates, corrections, strict=True):
        left = left * (1 - rate / n_context * spectra)
        spectra = spectra * (1 - correction * spectra) ** 2
    return 0.5 * half_width**2 / 3 * jnp.mean(jnp.sum(left**2, axis=-1))


def best_descent(
    spectra: Float[Array, "*batch input"], n_context: int, n_steps: int, *, corrected: bool, half_width: float = 0.5
) -> Best:
    """The best rate (and correction) that `n_steps` equal steps can share on these contexts.

    Searched on a grid that is made finer around its best point until the rate is known to 1e-4 of itself.
    """
    rate = one_step(spectra.shape[-1], n_context, half_width).rate
    correction = 1 / (3 * float(jnp.max(spectra))) if corrected else 0.0
    span, best = 0.9, Best(math.inf, rate, correction)
    while span > 1e-4:
        rates = best.rate * (1 + span * jnp.linspace(-1, 1, 5))
        corrections = best.correction * (1 + span * jnp.linspace(-1, 1, 5)) if corrected else jnp.zeros(1)
        losses = _losses(spectra, n_context, rates, corrections, n_steps, half_width)
        row, column = jnp.unravel_index(jnp.argmin(losses), losses.shape)
        best = Best(float(losses[row, column]), float(rates[row]), float(corrections[column]))
        inside = 0 < int(row) < len(rates) - 1 and (not corrected or 0 < int(column) < len(corrections) - 1)
        span = span / 2 if inside else span
    return best


@jax.jit(static_argnames=("n_context", "n_steps", "half_width"))
def _losses(
    spectra: Array, n_context: int, rates: Array, corrections: Array, n_steps: int, half_width: float
) -> Float[Array, "rate correction"]:
    def one(rate: Array, correction: Array) -> Array:
        return expected_loss(spectra, n_context, jnp.full(n_steps, rate), jnp.full(n_steps, correction), half_width)

    return jax.lax.map(lambda rate: jax.lax.map(lambda correction: one(rate, correction), corrections), rates)
