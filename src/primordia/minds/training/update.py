"""One update of the weights, as a pure function."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from primordia.minds.models.weights import Weights
from primordia.minds.training import devices, parts
from primordia.minds.training.recipe import Recipe

Products: TypeAlias = dict[str, Array]


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

    def __call__(self, weights: Weights, batch: Any) -> tuple[Array, Products]:
        """The mean loss of a batch (or of what is drawn from a key), and further scalars for the row.

        A scalar "weight" is how many targets the mean runs over: parts of a batch count by it. Without it they count
        alike. It does not get into the row.
        """


@runtime_checkable
class DrawingLoss(Loss, Protocol):
    """A loss that says how a batch is drawn, so that one key gives one batch in however many parts it is computed."""

    def draw(self, key: Array) -> Any:
        """The arrays of a batch, rows along the first axis; they are what the loss is then called with."""


def begin(weights: Weights, recipe: Recipe) -> Learner:
    """The learner before the first update.

    Raises:
        ConfigError: the recipe wants more devices than there are.
    """
    devices.mesh(recipe.n_devices)
    return Learner(weights, optimiser(recipe).init(weights), dict(weights) if recipe.average else None)


def update(learner: Learner, batch: Any, *, loss: Loss, recipe: Recipe) -> tuple[Learner, Products]:
    """The learner after one more update, with "loss", "gradient_norm", "finite" and the loss's own scalars.

    Args:
        learner: it stays as it was.
        batch: arrays with rows along the first axis, or a key. A loss without `draw` gets a key of its own for each
            part, so that it draws `recipe.accumulate` batches for one update.
        loss: what is made small.
        recipe: how.

    "finite" is whether the loss, the gradients and the new weights are; nothing stops if they are not.
    """
    if recipe.n_devices == 1:
        return _update(learner, batch, loss=loss, recipe=recipe)
    learner, batch = devices.everywhere((learner, batch), recipe.n_devices)
    # Two updates under way at once would wait for each other's sums on a machine with few cores.
    return jax.block_until_ready(_update(learner, batch, loss=loss, recipe=recipe))


@functools.partial(jax.jit, static_argnames=("loss", "recipe"))
def _update(learner: Learner, batch: Any, *, loss: Loss, recipe: Recipe) -> tuple[Learner, Products]:
    value, products, slope = slopes(learner.weights, batch, loss, recipe)
    changes, remembered = optimiser(recipe).update(slope, learner.optimiser, learner.weights)
    weights = optax.apply_updates(learner.weights, changes)
    average = learner.average
    if average is not None:
        average = jax.tree.map(lambda old, new: recipe.average * old + (1 - recipe.average) * new, average, weights)
    norm = optax.tree.norm(slope)
    finite = jnp.isfinite(value) & jnp.isfinite(norm) & jnp.isfinite(optax.tree.norm(weights))
    return Learner(weights, remembered, average), {
        "loss": value,
        "gradient_norm": norm,
        "finite": finite,
        **products,
    }


def slopes(weights: Weights, batch: Any, loss: Loss, recipe: Recipe) -> tuple[Float[Array, ""], Products, Weights]:
    """Loss, scalars and gradients of a batch, computed in as many parts and on as many devices as the recipe says."""
    if devices.is_key(batch) and isinstance(loss, DrawingLoss):
        batch = loss.draw(batch)

    def slope(part: Any) -> tuple[Array, Array, Products, Weights]:
        (value, products), gradients = jax.value_and_grad(loss, has_aux=True)(weights, part)
        products = dict(products)
        return products.pop("weight", jnp.ones(())), value, products, gradients

    if recipe.accumulate == 1:
        return slope(devices.divided(batch, recipe.n_devices) if recipe.n_devices > 1 else batch)[1:]
    cut = parts.cut(batch, recipe.accumulate)
    return parts.mean(slope, devices.divided(cut, recipe.n_devices, axis=1) if recipe.n_devices > 1 else cut)


@functools.lru_cache(maxsize=64)
def optimiser(recipe: Recipe) -> optax.GradientTransformation:
    """AdamW as the recipe says."""
    adam = optax.adamw(
        _rate(recipe),
        b1=recipe.beta1,
        b2=recipe.beta2,
        eps=recipe.epsilon,
        weight_decay=recipe.weight_decay,
        mask=lambda weights: {name: decays(name, array) for name, array in weights.items()},
    )
    return optax.chain(optax.clip_by_global_norm(recipe.clip), adam) if recipe.clip else adam


def learning_rate(recipe: Recipe, t: int) -> float:
    """The learning rate of the update that follows `t` completed ones."""
    rate = _rate(recipe)
    return float(rate(t)) if callable(rate) else rate


def _rate(recipe: Recipe) -> Any:
    if not recipe.warmup and not recipe.decay:
        return recipe.peak
    return optax.warmup_cosine_decay_schedule(
        recipe.start if recipe.warmup else recipe.peak,
        recipe.peak,
        recipe.warmup,
        recipe.decay or recipe.warmup + 1,
        recipe.floor * recipe.peak if recipe.decay else recipe.peak,
    )


def decays(name: str, array: Array) -> bool:
    """Whether weight decay acts on an array: on matrices, but not on embeddings."""
    return jnp.ndim(array) >= 2 and not name.startswith("embedding")
