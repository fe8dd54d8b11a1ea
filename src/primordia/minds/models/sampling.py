"""The next token from logits: the likeliest, or drawn, from all tokens or from the likely ones alone."""

from __future__ import annotations

import dataclasses
import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from primordia.core.errors import ConfigError


@dataclasses.dataclass(frozen=True)
class Sampling:
    """How a token is chosen.

    Args:
        temperature: logits are divided by it; 0: the likeliest token, and the one of smallest number among equals.
        top_k: only so many of the likeliest tokens can be drawn; 0, or more than there are: all.
        top_p: only the likeliest tokens that together have this probability, after `top_k` and at this temperature; the
            one that reaches it is among them, so there is always one.

    Raises:
        ConfigError: a setting is out of range.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise ConfigError(f"temperature={self.temperature} is out of range: it must be at least 0; 0 never draws.")
        if self.top_k < 0:
            raise ConfigError(f"top_k={self.top_k} is out of range: it must be at least 0; 0 means all tokens.")
        if not 0 < self.top_p <= 1:
            raise ConfigError(
                f"top_p={self.top_p} is out of range: it must be above 0 and at most 1; 1 means all tokens."
            )


def chosen(logits: Float[Array, "batch token"], keys: Array, sampling: Sampling) -> Int[Array, " batch"]:
    """A token for each row, drawn with the row's own key [batch]."""
    if sampling.temperature == 0:
        return jnp.argmax(logits, axis=-1).astype(jnp.int32)
    logits = logits / sampling.temperature
    draw = jax.vmap(jax.random.categorical)
    if not 0 < sampling.top_k < logits.shape[-1] and sampling.top_p == 1:
        return draw(keys, logits).astype(jnp.int32)
    order = jnp.argsort(-logits, axis=-1, stable=True)
    place = draw(keys, likely(jnp.take_along_axis(logits, order, axis=-1), sampling))
    return jnp.take_along_axis(order, place[:, None], axis=-1)[:, 0].astype(jnp.int32)


def likely(logits: Float[Array, "batch token"], sampling: Sampling) -> Float[Array, "batch token"]:
    """Logits in falling order, with minus infinity for those that may not be drawn."""
    place = jnp.arange(logits.shape[-1])
    if sampling.top_k:
        logits = jnp.where(place < sampling.top_k, logits, -jnp.inf)
    p = jax.nn.softmax(logits, axis=-1)
    before = jnp.cumsum(p, axis=-1) - p
    return jnp.where((before < sampling.top_p) | (place == 0), logits, -jnp.inf)
