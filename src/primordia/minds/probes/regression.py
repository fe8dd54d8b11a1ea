"""What a trained in-context learner does, held against gradient descent: arXiv 2212.07677.

Gradient descent takes part as attention layers with constructed weights (`probes.constructions`), so that learner and
descent go through the same code.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from primordia.minds.models import self_attention
from primordia.minds.models.self_attention import SelfAttention
from primordia.minds.models.weights import Weights
from primordia.minds.probes.constructions import Products, curved_step, gradient_step
from primordia.minds.tasks.oracles.regression import gradient_descent
from primordia.minds.tasks.regression import Episode
from primordia.minds.training.query_loss import Answerer, half_square


class Alignment(NamedTuple):
    """A learner beside another, in means over problems.

    Args:
        loss: of the learner.
        other_loss: of the other.
        cosine: between their sensitivities d answer / d query, which are the linear models they have implicitly.
        distance: Euclidean distance of these.
        difference: absolute difference of their answers.
    """

    loss: Float[Array, ""]
    other_loss: Float[Array, ""]
    cosine: Float[Array, ""]
    distance: Float[Array, ""]
    difference: Float[Array, ""]


def descending(n_inputs: int, n_steps: int, clip: float = 0.0) -> Answerer:
    """Attention layers with room for `n_steps` constructed steps, all with the same weights."""
    return Answerer(SelfAttention(n_inputs + 1, n_layers=n_steps, tied=True, clip=clip))


@functools.partial(jax.jit, static_argnames=("n_inputs", "n_context"))
def descent_weights(n_inputs: int, n_context: int, rate: float | Array, curvature: float | Array) -> Weights:
    """The weights of one step of GD++, or of plain descent where `curvature` is 0."""
    return self_attention.of_products(*curved_step(n_inputs, rate, n_context, curvature))


@functools.partial(jax.jit, static_argnames="answerer")
def sensitivities(answerer: Answerer, weights: Weights, problems: Episode) -> Float[Array, "batch input"]:
    """The derivative of each answer by its query: the linear model that a learner has implicitly."""

    def total(query: Float[Array, "batch input"]) -> Float[Array, ""]:
        return jnp.sum(answerer(weights, problems.x.at[:, -1].set(query), problems.y))

    return jax.grad(total)(problems.x[:, -1])


@functools.partial(jax.jit, static_argnames=("answerer", "other"))
def aligned(
    weights: Weights, other_weights: Weights, problems: Episode, *, answerer: Answerer, other: Answerer
) -> Alignment:
    """Two learners side by side on the same problems."""
    answers = answerer(weights, problems.x, problems.y)
    others = other(other_weights, problems.x, problems.y)
    one, two = sensitivities(answerer, weights, problems), sensitivities(other, other_weights, problems)
    lengths = jnp.linalg.norm(one, axis=1) * jnp.linalg.norm(two, axis=1)
    return Alignment(
        half_square(answers, problems.y),
        half_square(others, problems.y),
        jnp.mean(jnp.sum(one * two, axis=1) / jnp.maximum(lengths, 1e-12)),
        jnp.mean(jnp.linalg.norm(one - two, axis=1)),
        jnp.mean(jnp.abs(answers - others)),
    )


@functools.partial(jax.jit, static_argnames="n_inputs")
def comparable(made: Products, n_inputs: int) -> Products:
    """Products rescaled to a mean of one on the diagonal of W_K^T W_Q that belongs to x, as descent has it.

    A factor of one product and its inverse of the other change nothing in a linear layer. A mean of zero stays.
    """
    mean = jnp.mean(jnp.diagonal(made.asking[:, :n_inputs, :n_inputs], axis1=1, axis2=2), axis=1)[:, None, None]
    scale = jnp.where(mean == 0, 1.0, mean)
    return Products(made.asking / scale, made.moving * scale)


@functools.partial(jax.jit, static_argnames=("model", "n_inputs"))
def halfway(weights: Weights, other_weights: Weights, *, model: SelfAttention, n_inputs: int) -> Weights:
    """Weights whose products are the mean of the learned ones and the constructed ones, both rescaled; tied layers.

    The procedure of arXiv 2212.07677: rescaled means `comparable`.
    """
    learned, made = (
        comparable(Products(*self_attention.products(model, each)), n_inputs) for each in (weights, other_weights)
    )
    return self_attention.of_products(*(0.5 * (one + two) for one, two in zip(learned, made, strict=True)))


@functools.partial(jax.jit, static_argnames="answerer")
def losses_at_scales(
    weights: Weights, problems: Episode, scales: Array, target_scales: Array, *, answerer: Answerer
) -> Float[Array, " scale"]:
    """The loss where inputs are multiplied by `scales` and teachers by `target_scales`, one value for each pair."""

    def at(scale: Array, target_scale: Array) -> Float[Array, ""]:
        x, y = scale * problems.x, scale * target_scale * problems.y
        return half_square(answerer(weights, x, y), y)

    return jax.lax.map(lambda pair: at(*pair), (scales, target_scales))


@functools.partial(jax.jit, static_argnames="answerer")
def losses_by_context(
    weights: Weights, problems: Episode, counts: Array, *, answerer: Answerer
) -> Float[Array, " count"]:
    """The loss after the first pairs of a context only, for each number in `counts`.

    The pairs left out are zero, which linear attention over joint tokens cannot tell from their not being there; other
    models can.
    """
    place = jnp.arange(problems.x.shape[1] - 1)

    def after(count: Array) -> Float[Array, ""]:
        kept = jnp.append(place < count, True)[None, :, None]
        return half_square(answerer(weights, problems.x * kept, problems.y * kept), problems.y)

    return jax.lax.map(after, counts)


@jax.jit
def least_squares_by_context(problems: Episode, counts: Array) -> Float[Array, " count"]:
    """The loss of the shortest readout that fits the first pairs, for each number in `counts`.

    By the singular values; those below 1e-5 of the largest count as zero.
    """
    place = jnp.arange(problems.x.shape[1] - 1)

    def after(count: Array) -> Float[Array, ""]:
        kept = (place < count)[None, :, None]
        inverse = jnp.linalg.pinv(problems.x[:, :-1] * kept, rtol=1e-5)
        readout = inverse @ (problems.y[:, :-1] * kept)
        return half_square(jnp.einsum("bi,bio->b", problems.x[:, -1], readout), problems.y)

    return jax.lax.map(after, counts)


@functools.partial(jax.jit, static_argnames=("answerer", "n_times", "damping"))
def losses_when_repeated(
    weights: Weights, problems: Episode, *, answerer: Answerer, n_times: int, damping: float = 0.75
) -> Float[Array, " time"]:
    """The loss after the first layer was applied once, twice … `n_times` times, each adding `damping` of it."""
    model = dataclasses.replace(answerer.model, damping=damping)
    shown = answerer.shown(problems.x, problems.y)

    def again(tokens: Array, _: None) -> tuple[Array, Array]:
        after = self_attention.layer(model, weights, tokens, 0)
        return after, half_square(answerer.read(shown, after), problems.y)

    return jax.lax.scan(again, shown, length=n_times)[1]


@functools.partial(jax.jit, static_argnames="answerer")
def token_sensitivities(weights: Weights, problems: Episode, *, answerer: Answerer) -> Float[Array, "after before"]:
    """The mean norm of d (token after the first layer) / d (token before it): whom a token listens to.

    A layer that copies has its weight beside the diagonal (proposition 3). Costs time * channel backward passes.
    """

    def first(tokens: Float[Array, "time channel"]) -> Float[Array, "time channel"]:
        return self_attention.layer(answerer.model, weights, tokens[None], 0)[0]

    jacobians = jax.vmap(jax.jacrev(first))(answerer.shown(problems.x, problems.y))
    return jnp.mean(jnp.sqrt(jnp.sum(jacobians**2, axis=(2, 4))), axis=0)


@functools.partial(jax.jit, static_argnames=("dtype", "n_inputs", "n_outputs", "n_context", "n_steps"))
def constructed_beside_descent(
    key: PRNGKeyArray, *, dtype: str, n_inputs: int, n_outputs: int, n_context: int, n_steps: int, rate: float
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Layers of proposition 1 beside steps of descent from one random readout, on 64 problems.

    The largest difference of their answers, and the largest answer.
    """
    key_x, key_teacher, key_start = jax.random.split(key, 3)
    x = jax.random.uniform(key_x, (64, n_context + 1, n_inputs), dtype, -0.5, 0.5)
    y = jnp.einsum("bpi,boi->bpo", x, jax.random.normal(key_teacher, (64, n_outputs, n_inputs), dtype))
    start = jax.random.normal(key_start, (n_outputs, n_inputs), dtype)
    tokens = jnp.concatenate([x, y.at[:, -1].set(-x[:, -1] @ start.T)], axis=-1)
    model = SelfAttention(n_inputs + n_outputs, n_layers=n_steps, tied=True)
    made = self_attention.of_products(*gradient_step(n_inputs, rate, n_context, start))
    found = -self_attention.run(model, made, tokens)[:, -1, n_inputs:]
    wanted = gradient_descent(x[:, :-1], y[:, :-1], x[:, -1], rate, n_steps, start)
    return jnp.max(jnp.abs(found - wanted)), jnp.max(jnp.abs(wanted))
