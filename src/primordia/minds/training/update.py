"""One update of the weights, as a pure function."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array

from primordia.minds.models.weights import Weights
from primordia.minds.training.recipe import Recipe


class Learner(NamedTuple):
    """All that the next update depends on.

    Args:
        weights: by name.
        optimiser: what the optimiser remembers.
        average: the running average of weights, or None where none is kept.
    """

    weights: Weights
    optimiser: Any
    average: Weights | None


class Loss(Protocol):
    """What is made small. A loss can be hashed (a frozen dataclass), since compiled updates are kept by it."""

    def __call__(self, weights: Weights, batch: Any) -> tuple[Array, dict[str, Array]]:
        """The mean loss of a batch (or of what is drawn from a key), and further scalars for the row."""


def begin(weights: Weights, recipe: Recipe) -> Learner:
    """The learner before the first update."""
    return Learner(weights, optimiser(recipe).init(weights), dict(weights) if recipe.average else None)


@functools.partial(jax.jit, static_argnames=("loss", "recipe"))
def update(learner: Learner, batch: Any, *, loss: Loss, recipe: Recipe) -> tuple[Learner, dict[str, Array]]:
    """The learner after one more update, and "loss", "gradient_norm" and the loss's own scalars."""
    (value, products), gradients = jax.value_and_grad(loss, has_aux=True)(learner.weights, batch)
    changes, remembered = optimiser(recipe).update(gradients, learner.optimiser, learner.weights)
    weights = optax.apply_updates(learner.weights, changes)
    average = learner.average
    if average is not None:
        average = jax.tree.map(lambda old, new: recipe.average * old + (1 - recipe.average) * new, average, weights)
    norm = optax.global_norm(gradients)
    return Learner(weights, remembered, average), {"loss": value, "gradient_norm": norm, **products}


@functools.lru_cache(maxsize=64)
def optimiser(recipe: Recipe) -> optax.GradientTransformation:
    """AdamW as the recipe says."""
    rate = recipe.peak
    if recipe.warmup or recipe.decay:
        rate = optax.warmup_cosine_decay_schedule(
            recipe.start if recipe.warmup else recipe.peak,
            recipe.peak,
            recipe.warmup,
            max(recipe.decay, recipe.warmup + 1),
            recipe.floor * recipe.peak if recipe.decay else recipe.peak,
        )
    adam = optax.adamw(
        rate,
        b1=recipe.beta1,
        b2=recipe.beta2,
        eps=recipe.epsilon,
        weight_decay=recipe.weight_decay,
        mask=lambda weights: {name: decays(name, array) for name, array in weights.items()},
    )
    return optax.chain(optax.clip_by_global_norm(recipe.clip), adam) if recipe.clip else adam


def decays(name: str, array: Array) -> bool:
    """Whether weight decay acts on an array: on matrices, but not on embeddings."""
    return jnp.ndim(array) >= 2 and not name.startswith("embedding")
