"""Lends this wing's layers to others: each as a function of one token of one sequence (`primordia.core.layers`)."""

from __future__ import annotations

from typing import final

import equinox as eqx
import jax
from jaxtyping import Array, Float

from primordia.core.errors import ConfigError, UnknownNameError
from primordia.minds.layers import table
from primordia.minds.layers.entry import LayerSizes
from primordia.minds.layers.mixer import Mixer, MixerState

N_HEADS = 2
LONGEST = 2048
"""Tokens that a layer with a cache holds."""


@final
class Lent(eqx.Module):
    """A layer without its batch axis; its leaves are the layer's weights."""

    mixer: Mixer

    def begin(self) -> MixerState:
        """What the layer remembers before the first token."""
        return jax.tree.map(lambda part: part[0], self.mixer.init_state(1))

    def step(self, x: Float[Array, " width"], memory: MixerState) -> tuple[Float[Array, " width"], MixerState]:
        """One token, as a batch of one."""
        out, memory = self.mixer.step(x[None], jax.tree.map(lambda part: part[None], memory))
        return out[0], jax.tree.map(lambda part: part[0], memory)


@final
class Lending:
    """What `minds` lends: every layer of its table, with two heads."""

    def names(self) -> tuple[str, ...]:
        """The names of the table."""
        return tuple(table.LAYERS)

    def make(self, name: str, key: Array, width: int) -> Lent:
        """The layer of a name with fresh weights; it remembers at most 2,048 tokens where it keeps them.

        Raises:
            UnknownNameError: there is no such layer; says the nearest.
            ConfigError: the width is not a multiple of 4.
        """
        if name not in table.LAYERS:
            raise UnknownNameError("layer", name, table.LAYERS)
        if width < 1 or width % (2 * N_HEADS):
            nearest = max(1, round(width / (2 * N_HEADS))) * 2 * N_HEADS
            raise ConfigError(f"width={width} must be a multiple of {2 * N_HEADS}; the nearest is {nearest}.")
        return Lent(table.build(name, key, LayerSizes(width, N_HEADS, width // N_HEADS, longest=LONGEST)))


LENDING = Lending()
