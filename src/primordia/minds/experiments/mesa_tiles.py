"""minds/mesa-optimization: weights and attention as matrices, and what linear layers add up to, beside descent.

JAX is imported inside functions only.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from primordia.core.findings import Matrix
from primordia.minds import tiles
from primordia.minds.experiments import mesa_parts as parts
from primordia.minds.experiments.mesa_settings import MesaConfig
from primordia.minds.tiles import Tile, numbered

MOST_TOKENS, MOST_MATRICES = 32, 8
BLOCKS = ("guess", "s(t)", "s(t-1)")
"""The parts of a constructed token."""
ROLES = {
    "W_K^T W_Q": "Row: channel of the token that is looked at; column: of the token that looks.",
    "P W_V": "Row: channel that is added to; column: channel of the token that is looked at.",
}


def channels(config: MesaConfig) -> tuple[str, ...]:
    """The names of the channels of a token."""
    parts_of_it = (f"{part} {place}" for part in BLOCKS for place in range(1, config.n_observed + 1))
    return (*parts_of_it, *numbered("position ", config.n_position))


def weight_tiles(config: MesaConfig, weights: Any) -> list[list[Tile]]:
    """Both products of each head; a line is a layer, or a head where there is one layer."""
    from primordia.minds.models import self_attention

    attention, names = parts.model(config).attention, channels(config)
    lines = []
    for layer in range(attention.n_layers):
        made = zip(ROLES, self_attention.products(attention, weights, layer), strict=True)
        found = {name: np.asarray(product, np.float64) for name, product in made}
        heads = [
            [
                Tile(
                    f"{name} of layer {layer + 1}, head {head + 1}",
                    found[name][head],
                    names,
                    names,
                    "learned",
                    note=role,
                )
                for name, role in ROLES.items()
            ]
            for head in range(config.n_heads)
        ]
        lines += heads if attention.n_layers == 1 else [[tile for head in heads for tile in head]]
    return lines


def draw_weights(config: MesaConfig, state: Any) -> npt.NDArray[np.uint8]:
    """The view "weights": W_K^T W_Q and P W_V of each head, each on a scale of its own."""
    return tiles.drawn(weight_tiles(config, state.weights))


def attention_matrices(config: MesaConfig, weights: Any, beside: parts.Beside) -> tuple[Matrix, ...]:
    """What each token takes from each earlier one in the first judged sequence, head by head."""
    from primordia.minds.probes.attending import reads

    model = parts.model(config)
    # One sequence as long as those of training, so that nothing is compiled for another length.
    found = np.asarray(reads(weights, beside.batch.inputs[:1], model=model), np.float64)[:, 0, :, :MOST_TOKENS]
    names = numbered("token ", found.shape[2])
    made = [
        Matrix(
            f"Attention of layer {layer + 1} ({kind}), head {head + 1}",
            found[layer, head, :, : len(names)],
            names,
            names,
            centre=None if kind == "softmax" else 0.0,
            note="Row: the token that reads; column: the token whose value it takes, in the first judged sequence.",
        )
        for layer, kind in enumerate(model.layers)
        for head in range(config.n_heads)
    ]
    return tuple(made[:MOST_MATRICES])


def is_compressible(config: MesaConfig) -> bool:
    """Whether the products say all that there is to the model: linear layers on constructed tokens, no MLP."""
    return set(parts.model(config).layers) == {"linear"} and not config.n_mlp and not config.n_position


def algorithm_tile(config: MesaConfig, weights: Any, layer: int) -> Tile:
    """What the heads of a linear layer add up to, in numbers that no rescaling of the factors can change.

    With B the mean diagonals of blocks (`probes.compression`), entry (a <- b, c . d) is the sum over heads of
    B[P W_V][a, b] B[W_K^T W_Q][c, d]: to part a of a token is added part b of every token seen so far, times the
    product of that token's part c and its own part d. Of one layer the constructed step stands beside.
    """
    from primordia.minds.models import self_attention

    attention = parts.model(config).attention
    made: dict[str, Any] = {}
    if attention.n_layers == 1:
        from primordia.minds.probes.constructions import autoregressive_step

        made = {"constructed": _outer(autoregressive_step(config.n_observed, rate(config)), config.n_observed)}
    learned = _outer(self_attention.products(attention, weights, layer), config.n_observed)
    return Tile(
        f"What layer {layer + 1} adds up to",
        learned,
        tuple(f"{to} from {of}" for to in BLOCKS for of in BLOCKS),
        tuple(f"{seen} . {own}" for seen in BLOCKS for own in BLOCKS),
        "learned",
        None,
        made,
        note="Row: the part that is added to, and the part of an earlier token that is added; column: the product it "
        "is weighted with, a part of that token and of the own. Summed over heads, blocks by their mean diagonal. "
        "Constructed: one step of gradient descent at its best rate, a single entry.",
    )


def _outer(products: Any, n: int) -> npt.NDArray[np.float64]:
    from primordia.minds.probes.compression import block_means

    asking, moving = (np.asarray(block_means(product, n), np.float64) for product in products)
    return np.einsum("hab,hcd->abcd", moving, asking).reshape(len(BLOCKS) ** 2, -1)


def algorithm_matrices(config: MesaConfig, weights: Any) -> tuple[Matrix, ...]:
    """The algorithm of each layer; of a single one the constructed and the difference too, on one scale."""
    n_layers = len(parts.model(config).layers)
    return tuple(
        one
        for layer in range(n_layers)
        for one in tiles.learned_and_constructed(algorithm_tile(config, weights, layer))
    )


@functools.lru_cache(maxsize=16)
def rate(config: MesaConfig) -> float:
    """The best rate of one step of gradient descent on the judged sequences."""
    from primordia.minds.tasks.oracles.dynamics import best_rate

    return float(best_rate(parts.beside(config).batch))
