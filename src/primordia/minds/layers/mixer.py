"""What a layer is: it mixes tokens over time, and what it remembers can be carried from any stretch into the next."""

from __future__ import annotations

import abc
from typing import Any, TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

MixerState: TypeAlias = Any
"""All that a layer remembers (convolution included): a pytree of arrays whose first axis is the batch."""


class Mixer(eqx.Module):
    """A layer that mixes tokens over time. Subclasses are final.

    The three faces agree within 1e-5 of the largest output in 32 bits, wherever a stretch is split (`checks.faces`).
    A stretch of no token leaves the state as it is.
    `reset` says which tokens begin a document; None: none does.
    """

    @abc.abstractmethod
    def init_state(self, n_batch: int) -> MixerState:
        """The state before the first token."""

    @abc.abstractmethod
    def parallel(
        self, x: Float[Array, "batch time width"], state: MixerState, reset: Bool[Array, "batch time"] | None = None
    ) -> tuple[Float[Array, "batch time width"], MixerState]:
        """The obvious definition, all tokens at once."""

    @abc.abstractmethod
    def chunkwise(
        self,
        x: Float[Array, "batch time width"],
        state: MixerState,
        reset: Bool[Array, "batch time"] | None = None,
        *,
        chunk: int = 64,
    ) -> tuple[Float[Array, "batch time width"], MixerState]:
        """The same in linear time."""

    @abc.abstractmethod
    def step(
        self, x: Float[Array, "batch width"], state: MixerState, reset: Bool[Array, " batch"] | None = None
    ) -> tuple[Float[Array, "batch width"], MixerState]:
        """The same for one token."""

    def probes(
        self, x: Float[Array, "batch time width"], state: MixerState, reset: Bool[Array, "batch time"] | None = None
    ) -> dict[str, Array]:
        """What can be seen inside, each with the axes [batch, head, time, …]; empty where there is nothing to see."""
        return {}


def stepwise(
    mixer: Mixer, x: Float[Array, "batch time width"], state: MixerState, reset: Bool[Array, "batch time"] | None = None
) -> tuple[Float[Array, "batch time width"], MixerState]:
    """A stretch by steps, a scan over tokens."""
    resets = jnp.zeros(x.shape[:2], bool) if reset is None else reset

    def move(state: MixerState, token: tuple[Array, Array]) -> tuple[MixerState, Array]:
        out, state = mixer.step(token[0], state, token[1])
        return state, out

    state, outputs = jax.lax.scan(move, state, (jnp.moveaxis(x, 1, 0), jnp.moveaxis(resets, 1, 0)))
    return jnp.moveaxis(outputs, 0, 1), state
