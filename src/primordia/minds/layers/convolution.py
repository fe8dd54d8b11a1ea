"""A short causal convolution over time, each channel by itself, carried on across stretches and documents."""

from __future__ import annotations

from typing import TypeAlias, final

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

Past: TypeAlias = tuple[Float[Array, "batch past channel"], Int[Array, " batch"]]
"""The last inputs, oldest first, and how many of them the next token may see."""


@final
class ShortConvolution(eqx.Module):
    """y_t = sum_i w_i x_{t - width + 1 + i}; what lies before a document's first token counts as zero."""

    weight: Float[Array, "width channel"]

    def __init__(self, key: Array, width: int, n_channels: int) -> None:
        bound = width**-0.5
        self.weight = jax.random.uniform(key, (width, n_channels), minval=-bound, maxval=bound)

    def init_state(self, n_batch: int) -> Past:
        """Nothing came before."""
        width, n_channels = self.weight.shape
        return jnp.zeros((n_batch, width - 1, n_channels), jnp.float32), jnp.zeros(n_batch, jnp.int32)

    def __call__(
        self, x: Float[Array, "batch time channel"], past: Past, reset: Bool[Array, "batch time"] | None = None
    ) -> tuple[Float[Array, "batch time channel"], Past]:
        """The convolved stretch, and the past for the next one."""
        width, n_time = self.weight.shape[0], x.shape[1]
        before, n_seen = past
        whole = jnp.concatenate([before.astype(x.dtype), x], axis=1)
        age = _tokens_before(n_seen, n_time, width, reset)
        out = jnp.zeros_like(x)
        for lag in range(width):
            seen = whole[:, width - 1 - lag : width - 1 - lag + n_time]
            out += jnp.where((age >= lag)[..., None], seen, 0) * self.weight[width - 1 - lag].astype(x.dtype)
        kept = whole[:, n_time:].astype(before.dtype)
        return out, (kept, jnp.minimum(age[:, -1] + 1, width - 1))


def _tokens_before(
    n_seen: Int[Array, " batch"], n_time: int, width: int, reset: Bool[Array, "batch time"] | None
) -> Int[Array, "batch time"]:
    """How many earlier tokens of its document each token may see, counted up to `width` - 1."""
    place = jnp.arange(n_time)
    age = n_seen[:, None] + place
    if reset is not None:
        begin = jax.lax.cummax(jnp.where(reset, place, -1), axis=1)
        age = jnp.where(begin >= 0, place - begin, age)
    return jnp.minimum(age, width - 1)
