"""Every layer there is, by name. The tables of docs/choose-a-layer.md are made of this (`pages`)."""

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


def pages() -> tuple[str, str]:
    """The two tables of docs/choose-a-layer.md in Markdown: what each layer does, and when to use it."""
    does = [
        (f"`{name}`", _code(it.update), _code(it.loss), it.state, it.cost, it.source) for name, it in LAYERS.items()
    ]
    uses = [(f"`{name}`", it.use) for name, it in LAYERS.items()]
    heads = ("layer", "update", "loss descended", "state of a head", "operations", "source"), ("layer", "use")
    return _table(heads[0], does), _table(heads[1], uses)


def _code(formula: str) -> str:
    """A formula as code; a sentence as it is."""
    return formula if formula.startswith(("none", "as ")) else f"`{formula}`"


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *(tuple(part.replace("|", "\\|") for part in row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
