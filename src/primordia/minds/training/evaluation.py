"""Evaluation on batches that never change."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import jax
from jaxtyping import Array

from primordia.minds.models.weights import Weights
from primordia.minds.training import devices
from primordia.minds.training.update import DrawingLoss, Loss


def evaluate(weights: Weights, batches: Sequence[Any], *, loss: Loss) -> dict[str, Any]:
    """Means of "loss" and of the loss's own products, of any shape, over batches.

    The batches of a run are those of its stream "evaluation", by number: the same at every step, and never trained on.

    Args:
        weights: by name.
        batches: arrays, or keys that the loss draws with.
        loss: what is measured.
    """
    found = jax.device_get([evaluated(weights, batch, loss=loss) for batch in batches])
    return jax.tree.map(lambda *values: sum(values) / len(batches), *found)


@functools.partial(jax.jit, static_argnames="loss")
def evaluated(weights: Weights, batch: Any, *, loss: Loss) -> dict[str, Array]:
    """The loss and the loss's own products for one batch (or what is drawn from a key)."""
    if devices.is_key(batch) and isinstance(loss, DrawingLoss):
        batch = loss.draw(batch)
    value, products = loss(weights, batch)
    return {"loss": value, **products}
