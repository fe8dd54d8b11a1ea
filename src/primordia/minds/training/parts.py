"""A batch in parts, computed one after the other: the update of the whole batch in less memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.core.errors import ConfigError
from primordia.minds.training.devices import is_key


def cut(batch: Any, n_parts: int) -> Any:
    """The batch with a first axis of parts: arrays [row, …] become [part, row, …], a key becomes keys [part].

    Raises:
        ConfigError: the rows do not divide into equal parts.
    """

    def one(array: Array) -> Array:
        if is_key(array):
            return jax.random.split(array, n_parts)
        if array.shape[0] % n_parts:
            near = next(n for n in range(n_parts, 0, -1) if array.shape[0] % n == 0)
            raise ConfigError(
                f"accumulate={n_parts} does not divide a batch of {array.shape[0]} rows into equal parts; "
                f"the nearest is {near}."
            )
        return array.reshape(n_parts, -1, *array.shape[1:])

    return jax.tree.map(one, batch)


def mean(function: Callable[[Any], tuple[Float[Array, ""], *tuple[Any, ...]]], batch: Any) -> tuple[Any, ...]:
    """The mean over parts of what a function says of each after its weight, parts counted by their weights.

    Args:
        function: part -> (weight, trees of arrays …).
        batch: arrays with a first axis of parts.
    """

    def add(total: tuple[Any, ...], part: Any) -> tuple[tuple[Any, ...], None]:
        weight, *found = function(part)
        more = (weight, *jax.tree.map(lambda array: weight * array, tuple(found)))
        return jax.tree.map(jnp.add, total, more), None

    part = jax.tree.map(lambda array: jax.ShapeDtypeStruct(array.shape[1:], array.dtype), batch)
    shapes = jax.eval_shape(function, part)
    zero = jax.tree.map(lambda like: jnp.zeros(like.shape, like.dtype), shapes)
    (weight, *found), _ = jax.lax.scan(add, zero, batch)
    # No target in any part: a mean over nothing is nothing, and no division by zero.
    return tuple(jax.tree.map(lambda array: array / jnp.maximum(weight, 1e-30), found))
