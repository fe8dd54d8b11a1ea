"""What minds/low-rank-weight-decay shows: products as a view and as matrices, singular values, the curve in context.

JAX is imported inside functions only.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from primordia.core.findings import Chart, Finding, Table
from primordia.core.streams import Streams
from primordia.minds import pictures, tiles
from primordia.minds.claims.low_rank import begun
from primordia.minds.tiles import Tile, numbered

if TYPE_CHECKING:
    from primordia.minds.experiments.low_rank_weight_decay import LowRankConfig, LowRankState

WIDTH = 5
"""Rows of the toy's factors, and singular values that rows show."""
SWEEP = tuple(round(0.05 * place, 2) for place in range(25))
"""Decays of the chart over decays."""
ORDINALS = ("largest", "second", "third", "fourth", "fifth")
NAMES = ("W_K'W_Q", "P W_V")
MOST_MATRICES = 8
N_CURVE = 1024
Pairs: TypeAlias = tuple[tuple[npt.NDArray[Any], npt.NDArray[Any]], ...]


def products(config: LowRankConfig, state: LowRankState) -> Pairs:
    """The factors of every product, float64 (left, right): [row, inner] of the toy, [head, row, inner] of attention."""
    if config.factors:
        return ((np.asarray(state.learner.left), np.asarray(state.learner.right)),)
    from primordia.minds.training.decayed_attention import pairs

    return tuple(
        (np.asarray(pair.left, np.float64), np.asarray(pair.right, np.float64)) for pair in pairs(state.learner.weights)
    )


def product_tiles(config: LowRankConfig, state: LowRankState) -> list[list[Tile]]:
    """A B' beside its target, or W_K'W_Q above P W_V, a head beside the other; the two kinds have their own scales."""
    made = [left @ right.swapaxes(-1, -2) for left, right in products(config, state)]
    if config.factors:
        from primordia.minds.training.factors import settled, target

        wanted, rows, columns = target(WIDTH), numbered("row ", WIDTH), numbered("column ", WIDTH)
        predicted = np.diag(settled(wanted, config.decay, config.loss_written))
        others = {"predicted": predicted}
        said = "Predicted: the target with the decay taken from every singular value, at least 0."
        return [
            [
                Tile("A B'", made[0], rows, columns, "learned", 1.0, others, note=said),
                Tile("The target", wanted, rows, columns, "target", 1.0, {"learned": made[0], **others}),
            ]
        ]
    names = (*numbered("x", config.n_inputs), "y")
    return [
        [
            Tile(f"{name}, head {head}", values, names, names, "learned", float(np.abs(kind).max()))
            for head, values in enumerate(kind, 1)
        ]
        for name, kind in zip(NAMES, made, strict=True)
    ]


def draw_products(config: LowRankConfig, state: LowRankState) -> pictures.Pixels:
    """The view "products"."""
    return tiles.drawn(product_tiles(config, state))


def toy_findings(config: LowRankConfig, state: LowRankState, row: Any, streams: Streams, t: int) -> tuple[Finding, ...]:
    """Singular values beside predicted ones, over decays, and the product beside the predicted one."""
    table = Table(
        "Singular values",
        ("place", "target", "predicted", "measured"),
        tuple(
            (place, (WIDTH + 1 - place) / WIDTH, row[f"predicted_{place}"], row[f"singular_{place}"])
            for place in range(1, WIDTH + 1)
        ),
        f"After {t} updates with decay {config.decay:g}.",
    )
    learned = product_tiles(config, state)[0][0]
    return table, over_decays(config, streams, max(t, 1)), *tiles.learned_and_constructed(learned)


def over_decays(config: LowRankConfig, streams: Streams, n: int) -> Chart:
    """The singular values after `n` updates from the run's own first factors, for decays from 0 to 1.2."""
    from primordia.minds.probes.rank import singular_values
    from primordia.minds.training import factors

    wanted, first = factors.target(WIDTH), begun(streams, config.init_scale)
    decays = np.array(SWEEP)
    repeated = factors.Factors(*(np.repeat(part[None], len(decays), axis=0) for part in first))
    swept = factors.descended(repeated, wanted, decays[:, None, None], config.learning_rate, config.loss_written, n)
    values = singular_values(swept.product)
    lines = {
        f"{ordinal} singular value": tuple(zip(SWEEP, (float(value) for value in values[:, place]), strict=True))
        for place, ordinal in enumerate(ORDINALS)
    }
    predicted = np.array([factors.settled(wanted, decay, config.loss_written) for decay in SWEEP])
    lines["predicted sum"] = tuple(zip(SWEEP, (float(value) for value in predicted.sum(1)), strict=True))
    lines["measured sum"] = tuple(zip(SWEEP, (float(value) for value in values.sum(1)), strict=True))
    return Chart(
        "Singular values over decays",
        "weight decay",
        "singular value",
        lines,
        f"Each decay trained for {n} updates from the same first factors. Every value falls in step with the decay "
        "until it is 0 (soft thresholding).",
    )


def attention_findings(config: LowRankConfig, state: LowRankState, loss: Any, streams: Streams) -> tuple[Finding, ...]:
    """The products of every head, their ranks, and the curve in context."""
    from primordia.minds.probes.rank import effective_rank, norms, singular_values

    rows = []
    for name, (left, right) in zip(NAMES, products(config, state), strict=True):
        for head, (one, other) in enumerate(zip(left, right, strict=True), 1):
            found = norms(one, other)
            values = singular_values(one @ other.T)
            shown = " ".join(f"{value:.3f}" for value in values)
            rows.append((name, head, effective_rank(one @ other.T), found.decay, found.nuclear, shown))
    columns = ("product", "head", "effective rank", "half the squares", "nuclear norm", "singular values")
    matrices = [
        tile.matrix((-(tile.limit or 1.0), tile.limit or 1.0)) for line in product_tiles(config, state) for tile in line
    ]
    table = Table("Products of the attention layer", columns, tuple(rows))
    return table, in_context(loss, state.learner.weights, streams), *matrices[:MOST_MATRICES]


def in_context(loss: Any, weights: Any, streams: Streams) -> Chart:
    """The loss by the number of pairs shown, beside least squares."""
    from primordia.minds.training.decayed_attention import losses_by_context

    counts = tuple(sorted({2**power for power in range(loss.n_context.bit_length())} | {loss.n_context}))
    sequences, squares = _judged(dataclasses.replace(loss, n_batch=N_CURVE), counts, streams.seed)
    learned = losses_by_context(weights, sequences, counts, loss=loss)
    lines = {
        "the layer": tuple(zip(map(float, counts), map(float, learned), strict=True)),
        "least squares": tuple(zip(map(float, counts), squares, strict=True)),
    }
    return Chart(
        "Loss by the number of pairs shown",
        "pairs in the context",
        "half squared error",
        lines,
        f"Over {N_CURVE} sequences; trained with {loss.n_context} pairs. The shortest readout that fits is the best "
        "there is: teachers are normal and nothing is noisy.",
    )


@functools.lru_cache(maxsize=8)
def _judged(loss: Any, counts: tuple[int, ...], seed: int) -> tuple[Any, tuple[float, ...]]:
    """Sequences, and what the part of a query outside the span of the first inputs costs, in the mean over teachers."""
    from primordia.minds.training.decayed_attention import drawn

    sequences = drawn(loss, Streams(seed).key("context", 0))
    inputs, found = np.asarray(sequences[0], np.float64), []
    for count in counts:
        seen, query = inputs[:, :count], inputs[:, -1, :, None]
        rest = query - np.linalg.pinv(seen, rcond=1e-9) @ (seen @ query)
        found.append(float(0.5 * np.square(rest).sum((1, 2)).mean()))
    return sequences, tuple(found)
