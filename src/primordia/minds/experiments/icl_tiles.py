"""minds/icl-regression: learned weights beside constructed ones, as a view, as matrices, and number by number.

JAX is imported inside functions only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from primordia.core.findings import Matrix
from primordia.minds import pictures, tiles
from primordia.minds.experiments import icl_parts as parts
from primordia.minds.experiments.icl_settings import IclConfig
from primordia.minds.tiles import Tile, numbered

N_SHOWN = 24
MOST_MATRICES = 8
PRODUCTS = ("W_K^T W_Q", "P W_V")
ROLES = (
    "Row: channel of the token that is looked at; column: of the token that looks.",
    "Row: channel that is added to; column: channel of the token that is looked at.",
)


def channels(config: IclConfig, tokens: str | None = None) -> tuple[str, ...]:
    """The names of the channels of a token."""
    x = numbered("x", config.n_inputs)
    if (tokens or config.tokens) == "joint":
        return (*x, "y")
    return (*x[:-1], f"{x[-1]} or y", *numbered("position ", config.n_inputs))


def weight_tiles(config: IclConfig, weights: Any) -> list[list[Tile]]:
    """A line for each layer that has weights of its own, and a line of constructed ones."""
    from primordia.minds.models import self_attention
    from primordia.minds.probes.constructions import Products
    from primordia.minds.probes.regression import comparable

    model, beside = parts.answerer(config).model, parts.comparison(config)
    made = [np.asarray(one[0], np.float64) for one in self_attention.products(beside.other.model, beside.weights)]
    lines = []
    for layer in range(model.n_sets):
        learned = Products(*self_attention.products(model, weights, layer))
        if config.linear:
            learned = comparable(learned, config.n_inputs)
        lines.append(
            [
                _tile(config, f"{PRODUCTS[kind]}{_where(config, layer, head)}", kind, product[head], made[kind])
                for head in range(model.n_heads)
                for kind, product in enumerate(learned)
            ]
        )
    constructed = []
    for kind, product in enumerate(PRODUCTS):
        names = channels(config, "joint")
        learned_there = {"learned": lines[0][kind].values} if lines[0][kind].others else {}
        note = f"One step of descent, as constructed. {ROLES[kind]}"
        constructed.append(Tile(product, made[kind], names, names, "constructed", None, learned_there, note=note))
    return [*lines, constructed]


def _where(config: IclConfig, layer: int, head: int) -> str:
    model = parts.answerer(config).model
    layered = f" of layer {layer + 1}" if model.n_sets > 1 else ""
    return layered + (f", head {head + 1}" if model.n_heads > 1 else "")


def _tile(config: IclConfig, title: str, kind: int, learned: Any, made: Any) -> Tile:
    names, values = channels(config), np.asarray(learned, np.float64)
    # Where several heads share the work, none of them is held against the whole step.
    held = {"constructed": made} if config.linear and config.n_heads == 1 else {}
    scaled = (
        " Rescaled as the constructed one is: a mean of 1 on the diagonal of x of W_K^T W_Q." if config.linear else ""
    )
    return Tile(title, values, names, names, "learned", None, held, note=f"{ROLES[kind]}{scaled}")


def draw_weights(config: IclConfig, state: Any) -> pictures.Pixels:
    """The view "weights": a row for each layer that has weights of its own, and a row of constructed ones."""
    return tiles.drawn(weight_tiles(config, state.weights))


def weight_matrices(config: IclConfig, weights: Any) -> tuple[Matrix, ...]:
    """The learned products; beside the constructed ones and the difference, on one scale, where both are comparable."""
    lines = weight_tiles(config, weights)
    if lines[0][0].others:
        return tuple(one for line in lines[:-1] for tile in line for one in tiles.learned_and_constructed(tile))[
            :MOST_MATRICES
        ]
    return tuple(tile.matrix() for line in lines[:-1] for tile in line)[:MOST_MATRICES]


def models_matrix(config: IclConfig, weights: Any) -> Matrix:
    """The linear models that learner and descent have implicitly, and the teachers."""
    from primordia.minds.probes import regression as probes

    beside = parts.comparison(config)
    # As many are drawn as elsewhere, which compiles nothing new, and the first are shown.
    few = first(parts.problems(config, 4, min(config.n_evaluation, parts.N_CURVE)), N_SHOWN)
    drawn = {
        "learner": probes.sensitivities(parts.answerer(config), weights, few),
        "descent": probes.sensitivities(beside.other, beside.weights, few),
        "teacher": few.teacher[:, 0],
    }
    return Matrix(
        "Implicit linear models",
        np.concatenate([np.asarray(one, np.float64) for one in drawn.values()], axis=1),
        numbered("problem ", len(few.x)),
        tuple(f"{who} {channel}" for who in drawn for channel in numbered("x", config.n_inputs)),
        centre=0.0,
        note="A problem in each row. From the left: d answer / d query of learner and descent, and the teacher.",
    )


def copying_matrix(config: IclConfig, weights: Any) -> Matrix:
    """Whom a token of the first layer listens to."""
    from primordia.minds.probes import regression as probes

    shown = first(parts.problems(config, 5, min(config.n_evaluation, parts.N_CURVE)), 16)
    listened = np.asarray(probes.token_sensitivities(weights, shown, answerer=parts.answerer(config)), np.float64)
    names = tuple(f"{'xy'[place % 2]}{place // 2 + 1}" for place in range(len(listened) - 1))
    return Matrix(
        "Whom a token listens to in the first layer",
        listened,
        (*names, "query"),
        (*names, "query"),
        note="Row: token after the layer; column: token before it; number: mean norm of the derivative. The diagonal "
        "is the token itself; beside it stands what is copied from the next one (proposition 3).",
    )


def first(problems: Any, n: int) -> Any:
    """The first `n` problems."""
    return type(problems)(*(array[:n] for array in problems))
