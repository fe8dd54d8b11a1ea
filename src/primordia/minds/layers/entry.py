"""What the table of layers says of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from jaxtyping import Array

from primordia.minds.layers.mixer import Mixer


@dataclasses.dataclass(frozen=True)
class LayerSizes:
    """All that the layers of a model are built from; a layer takes what it needs.

    Args:
        width: channels of the residual stream.
        n_heads: heads.
        d_key: channels of a query, key or value of a head.
        convolution: width of the short convolution; 0: none.
        longest: the most tokens that a layer with a cache holds.
        window: tokens that sliding-window attention sees.
        solver_steps: steps of the mesa layer's solver.
        solver_tolerance: residual, relative to the first, at which the mesa layer's solver stops; 0: never.
    """

    width: int
    n_heads: int
    d_key: int
    convolution: int = 4
    longest: int = 2048
    window: int = 64
    solver_steps: int = 30
    solver_tolerance: float = 0.0


@dataclasses.dataclass(frozen=True)
class Layer:
    """A layer's entry.

    Args:
        build: makes the layer from a key and sizes.
        update: its update rule, in a formula.
        loss: the loss that the update descends.
        state: numbers that a head remembers, in terms of the key size d.
        cost: operations of a token and head in the forward pass of the chunkwise face, a multiply-add counting two;
            C is the chunk, t the tokens before, w the window, k the steps of a solver.
        source: where it comes from.
        use: when to use it, in one sentence.
    """

    build: Callable[[Array, LayerSizes], Mixer]
    update: str
    loss: str
    state: str
    cost: str
    source: str
    use: str
