"""minds/gated-rnn-attention: what each hidden channel takes in, learned and constructed.

JAX is imported inside functions only.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from primordia.core.findings import Matrix
from primordia.minds import pictures, tiles
from primordia.minds.experiments import gated_rnn_parts as parts
from primordia.minds.experiments.gated_rnn_settings import GatedRnnConfig
from primordia.minds.tiles import Tile, numbered

MOST_CHANNELS = 64
NOTE = "The symmetric matrix of the quadratic form in (x, 1) that the channel takes in."


def inputs_and_one(config: GatedRnnConfig) -> tuple[str, ...]:
    """The names of what the ingoing gate multiplies."""
    x = numbered("x", config.n_channels)
    return (*x, *(numbered("y", config.n_channels) if config.regression else ()), "1")


def channel_tiles(config: GatedRnnConfig, weights: Any) -> list[list[Tile]]:
    """A tile for each hidden channel, from the least decay to the largest, in as many rows as columns."""
    from primordia.minds.probes import gated

    found, names = gated.channels(weights, parts.evaluation(config)), inputs_and_one(config)
    taken, importance = np.asarray(gated.entering(weights), np.float64), np.asarray(found.importance, np.float64)
    decay = np.asarray(found.decay, np.float64)
    made = [
        Tile(
            f"hidden channel {place}",
            taken[place],
            names,
            names,
            "learned",
            hidden=bool(importance[place] < parts.MATTERS),
            note=f"{NOTE} Decay {decay[place]:.4f}; importance {importance[place]:.3g}"
            + (", so it is drawn as not used." if importance[place] < parts.MATTERS else "."),
        )
        for place in np.argsort(decay, kind="stable").tolist()
    ]
    side = math.ceil(math.sqrt(config.n_hidden))
    nothing = Tile("no channel", np.full(taken.shape[1:], np.nan), names, names, note="Room that is left over.")
    made += [nothing] * (-len(made) % side)
    return [made[first : first + side] for first in range(0, len(made), side)]


def draw_channels(config: GatedRnnConfig, state: Any) -> pictures.Pixels:
    """The view "channels": what each hidden channel takes in, from the least decay to the largest, row by row."""
    return tiles.drawn(channel_tiles(config, state.weights))


def product_matrices(config: GatedRnnConfig, weights: Any, decay: Any, importance: Any) -> tuple[Matrix, ...]:
    """The products that used channels take in, from decay 1 to decay 0, and those of a construction."""
    made = constructed(config)
    from primordia.minds.models import gated_rnn

    used = [int(place) for place in np.argsort(-decay, kind="stable") if importance[place] >= parts.MATTERS]
    sets = {
        "learned": (weights, used[:MOST_CHANNELS]),
        "constructed": (made, list(range(min(len(made["angle"]), MOST_CHANNELS)))),
    }
    found = []
    for kind, (held, places) in sets.items():
        if not places:
            continue
        taken, columns = _products(config, held)
        names = tuple(f"channel {place} (decay {np.asarray(gated_rnn.decays(held))[place]:.3f})" for place in places)
        found.append(
            Matrix(
                f"Products that hidden channels take in, {kind}",
                taken[places],
                names,
                columns,
                centre=0.0,
                note="The coefficient of each product of two inputs (1 is the constant), in units of the channel's "
                "largest. Channels with decay 1 add such products up; those with decay 0 pass the query on.",
                scale=(-1.0, 1.0),
            )
        )
    return tuple(found)


def _products(config: GatedRnnConfig, weights: Any) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """Coefficients [channel, product], the largest of each channel 1 or -1, and the names of the products."""
    from primordia.minds.probes import gated

    taken, names = np.asarray(gated.entering(weights), np.float64), inputs_and_one(config)
    low, high = np.triu_indices(len(names))
    whole = taken[:, low, high] * np.where(low == high, 1.0, 2.0)
    largest = np.abs(whole).max(1, keepdims=True)
    pairs = zip(low.tolist(), high.tolist(), strict=True)
    columns = tuple(" ".join(names[place] for place in pair).removesuffix(" 1") for pair in pairs)
    return whole / np.where(largest > 0, largest, 1.0), columns


def constructed(config: GatedRnnConfig) -> Any:
    """Weights that do the same by construction: the attention to imitate, or one step of gradient descent."""
    import jax.numpy as jnp

    from primordia.minds.probes import gated
    from primordia.minds.tasks.attention_teacher import AttentionTeacher, TeacherWeights

    task = parts.task(config)
    if isinstance(task, AttentionTeacher):
        return gated.compact(task.teacher())
    one, nothing = jnp.eye(config.n_channels), jnp.zeros((config.n_channels,) * 2)
    x, y = jnp.concatenate([one, nothing], axis=1), jnp.concatenate([nothing, one], axis=1)
    return gated.generic(TeacherWeights(x, x, y))
