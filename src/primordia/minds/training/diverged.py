"""What to say when training leaves the finite numbers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from primordia.core.errors import PrimordiaError
from primordia.minds.models.weights import Weights
from primordia.minds.training.recipe import Recipe
from primordia.minds.training.update import Learner, Loss, slopes, update


@final
class DivergedError(PrimordiaError):
    """A loss, a gradient or a weight is not finite; the learner before the chunk still is.

    Args:
        t: updates completed before the one that diverged.
        what: what is not finite.
        recipe: how it was trained.
    """

    def __init__(self, t: int, what: str, recipe: Recipe) -> None:
        super().__init__(
            f"Training diverged in update {t + 1}: {what}; the checkpoints before it are good, so fork one with a "
            f"learning rate below {recipe.peak:g}"
            + (f" or a clip below {recipe.clip:g}." if recipe.clip else " or with clipping.")
        )
        self.t = t


def diverged(
    learner: Learner, batch: Callable[[int], Any], t: int, n: int, *, loss: Loss, recipe: Recipe, order: Iterable[str]
) -> DivergedError:
    """The error of the update after `t` + `n` completed ones, found by doing them again.

    Args:
        learner: after `t` updates.
        batch: what each update learns from, by number.
        t: updates completed before the first of the chunk.
        n: updates of the chunk before the one that diverged.
        loss: as it was trained.
        recipe: as it was trained.
        order: names of the weights, in the order of the model.
    """
    for place in range(t, t + n):
        learner, _ = update(learner, batch(place), loss=loss, recipe=recipe)
    value, gradients = _looked_at(learner.weights, batch(t + n), loss=loss, recipe=recipe)
    after, _ = update(learner, batch(t + n), loss=loss, recipe=recipe)
    names = list(order)
    tensors = [("weight", learner.weights), ("gradient of", gradients), ("new weight", after.weights)]
    fault = next((fault for kind, tree in tensors if (fault := _first(kind, tree, names))), "")
    said = f"the loss is {float(value):g}" if not jnp.isfinite(value) else ""
    sizes = {f"{kind} {name}": size for kind, tree in tensors for name, size in jax.device_get(_sizes(tree)).items()}
    largest = max(sizes, key=lambda name: float(sizes[name]))
    whole = f"the norm of all gradients or weights overflows, the largest of which is the {largest}"
    tensor = f"the first tensor that is not finite is the {fault}" if fault else whole
    return DivergedError(t + n, " and ".join(filter(None, (said, tensor))) if fault or not said else said, recipe)


def _first(kind: str, tree: Weights, names: Iterable[str]) -> str:
    """The first array with a number that is not finite, or nothing."""
    finite = jax.device_get(_finite(tree))
    return next((f"{kind} {name}" for name in names if name in finite and not finite[name]), "")


@jax.jit
def _finite(tree: Weights) -> dict[str, Bool[Array, ""]]:
    return {name: jnp.isfinite(array).all() for name, array in tree.items()}


@jax.jit
def _sizes(tree: Weights) -> dict[str, Float[Array, ""]]:
    return {name: jnp.abs(array).max(initial=0) for name, array in tree.items()}


@functools.partial(jax.jit, static_argnames=("loss", "recipe"))
def _looked_at(weights: Weights, batch: Any, *, loss: Loss, recipe: Recipe) -> tuple[Array, Weights]:
    value, _, gradients = slopes(weights, batch, loss, recipe)
    return value, gradients
