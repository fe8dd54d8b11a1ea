"""Evaluation on batches that never change."""

from __future__ import annotations

import functools
from typing import Any

import jax
from jaxtyping import Array

from primordia.core.streams import Streams
from primordia.minds.models.weights import Weights
from primordia.minds.training import devices
from primordia.minds.training.update import DrawingLoss, Loss


def evaluate(weights: Weights, streams: Streams, n_batches: int, *, loss: Loss) -> dict[str, Any]:
    """Means of "loss" and of the loss's own products, of any shape, over the evaluation batches of a run.

    Batch i is drawn with the key of the stream "evaluation" at i: always the same ones, none of which is trained on.
    """
    found = [evaluated(weights, streams.key("evaluation", place), loss=loss) for place in range(n_batches)]
    return jax.tree.map(lambda *values: sum(values) / n_batches, *jax.device_get(found))


@functools.partial(jax.jit, static_argnames="loss")
def evaluated(weights: Weights, batch: Any, *, loss: Loss) -> dict[str, Array]:
    """ "loss" and the loss's own products for one batch (or what is drawn from a key)."""
    if devices.is_key(batch) and isinstance(loss, DrawingLoss):
        batch = loss.draw(batch)
    value, products = loss(weights, batch)
    return {"loss": value, **products}
