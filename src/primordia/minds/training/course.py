"""A stretch of training: many updates, and a stop where numbers are no longer finite."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import jax

from primordia.minds.training.diverged import diverged
from primordia.minds.training.recipe import Recipe
from primordia.minds.training.update import Learner, Loss, update


def course(
    learner: Learner,
    batch: Callable[[int], Any],
    t: int,
    n: int,
    *,
    loss: Loss,
    recipe: Recipe,
    order: Callable[[], Iterable[str]],
) -> tuple[Learner, dict[str, float]]:
    """The learner after `n` >= 1 more updates, each the same compiled one, and what the last of them produced.

    Numbers come to the host once, after the last.

    Args:
        learner: after `t` updates.
        batch: what each update learns from, by number.
        t: completed updates.
        n: updates to do.
        loss: what is made small.
        recipe: how.
        order: the names of the weights in the order of the model; asked for only where training diverged.

    Raises:
        DivergedError: a loss, gradient or weight is not finite; names the update and the tensor.
    """
    first, products, finite = learner, {}, []
    for place in range(t, t + n):
        learner, products = update(learner, batch(place), loss=loss, recipe=recipe)
        finite.append(products.pop("finite"))
    good = [bool(flag) for flag in jax.device_get(finite)]
    if not all(good):
        raise diverged(first, batch, t, good.index(False), loss=loss, recipe=recipe, order=order())
    return learner, {name: float(value) for name, value in products.items()}
