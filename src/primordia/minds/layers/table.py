"""Every layer there is, by name. The table of docs/choose-a-layer.md is made of this."""

from __future__ import annotations

from jaxtyping import Array

from primordia.core.errors import ConfigError, UnknownNameError
from primordia.minds.layers.entry import Layer, LayerSizes
from primordia.minds.layers.families import attention, delta, mesa
from primordia.minds.layers.mixer import Mixer

LAYERS: dict[str, Layer] = {**attention.LAYERS, **delta.LAYERS, **mesa.LAYERS}


def build(name: str, key: Array, sizes: LayerSizes) -> Mixer:
    """The layer of a name.

    Raises:
        UnknownNameError: there is no such layer; says the nearest.
        ConfigError: the sizes do not fit.
    """
    if name not in LAYERS:
        raise UnknownNameError("layer", name, LAYERS)
    if sizes.n_heads < 1 or sizes.d_key < 1:
        raise ConfigError(f"n_heads={sizes.n_heads} and d_key={sizes.d_key} must be at least 1.")
    return LAYERS[name].build(key, sizes)
