"""A short causal convolution over time, each channel by itself, carried on across stretches and documents."""

from __future__ import annotations

from typing import TypeAlias, final

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from primordia.core.errors import ConfigError
from primordia.minds.layers.norms import wide

Past: TypeAlias = Float[Array, "batch past channel"]
"""The last inputs, oldest first, in 32 bits; those that the next token may not see are zero."""


@final
class ShortConvolution(eqx.Module):
    """y_t = sum_i w_i x_{t - width + 1 + i}; what lies before a document's first token counts as zero."""

    weight: Float[Array, "width channel"]

    def __init__(self, key: Array, width: int, n_channels: int) -> None:
        if width < 1:
            raise ConfigError(f"convolution={width} is out of range: the nearest is 0, no convolution.")
        bound = width**-0.5
        self.weight = jax.random.uniform(key, (width, n_channels), minval=-bound, maxval=bound)

    def init_state(self, n_batch: int) -> Past:
        """Nothing came before."""
        width, n_channels = self.weight.shape
        return jnp.zeros((n_batch, width - 1, n_channels), jnp.float32)

    def __call__(
        self, x: Float[Array, "batch time channel"], past: Past, reset: Bool[Array, "batch time"] | None = None
    ) -> tuple[Float[Array, "batch time channel"], Past]:
        """The convolved stretch in the type of `x`, summed in 32 bits, and the past for the next one."""
        width, n_time = self.weight.shape[0], x.shape[1]
        whole = jnp.concatenate([past, wide(x)], axis=1)
        kept = whole[:, n_time:]
        before = None if reset is None else _tokens_before(reset, width - 1)
        out = jnp.zeros_like(whole[:, :n_time])
        for lag in range(width):
            seen = whole[:, width - 1 - lag : width - 1 - lag + n_time]
            if before is not None and lag > 0:
                seen = jnp.where((before >= lag)[..., None], seen, 0)
            out += seen * self.weight[width - 1 - lag]
        if before is not None:
            # The next token sees what the last one saw, and the last one itself.
            visible = jnp.arange(width - 1, 0, -1) <= before[:, -1:] + 1
            kept = jnp.where(visible[..., None], kept, 0)
        return out.astype(x.dtype), kept.astype(past.dtype)


def _tokens_before(reset: Bool[Array, "batch time"], most: int) -> Int[Array, "batch time"]:
    """How many earlier tokens each token may see, up to `most`; of those before the stretch it is not asked here."""
    place = jnp.arange(reset.shape[1])
    begin = jax.lax.cummax(jnp.where(reset, place, -1), axis=1)
    return jnp.where(begin >= 0, jnp.minimum(place - begin, most), most)
