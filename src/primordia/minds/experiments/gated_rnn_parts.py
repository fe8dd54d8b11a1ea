"""What the settings of minds/gated-rnn-attention stand for, and what can be said about a recurrence.

JAX is imported inside functions only.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from primordia.core.findings import Chart, Finding, Picture, Table
from primordia.core.streams import Streams
from primordia.minds import pictures
from primordia.minds.experiments.gated_rnn_settings import GatedRnnConfig

if TYPE_CHECKING:
    from jaxtyping import Array, Float

    from primordia.minds.models.gated_rnn import GatedRecurrence
    from primordia.minds.tasks.attention_teacher import AttentionTeacher
    from primordia.minds.tasks.batch import Vectors
    from primordia.minds.tasks.regression import Regression

MATTERS = 1e-3
"""Importance from which on a channel counts as used; the line is ours."""
N_PROBED = 512


def task(config: GatedRnnConfig) -> AttentionTeacher | Regression:
    """Where sequences come from. The attention layer to imitate belongs to the run: another seed has another one."""
    from primordia.minds.tasks.attention_teacher import AttentionTeacher
    from primordia.minds.tasks.regression import Regression

    if config.regression:
        return Regression(
            n_inputs=config.n_channels,
            n_outputs=config.n_channels,
            n_context=config.n_time,
            half_width=config.half_width,
        )
    seed = Streams(config.seed).words("teacher", 0)[0] & 0x7FFFFFFF
    return AttentionTeacher(config.n_channels, config.n_time, seed)


def model(config: GatedRnnConfig) -> GatedRecurrence:
    """The recurrence."""
    from primordia.minds.models.gated_rnn import GatedRecurrence

    n_inputs = config.n_channels * (2 if config.regression else 1)
    return GatedRecurrence(n_inputs, config.n_channels, config.n_hidden, config.n_gated)


@functools.lru_cache(maxsize=8)
def evaluation(config: GatedRnnConfig) -> Vectors:
    """Sequences that are never trained on."""
    from primordia.minds.tasks.task import drawn

    return drawn(task(config), Streams(config.seed).key("evaluation", 0), config.n_evaluation)


@functools.lru_cache(maxsize=8)
def wanted_models(config: GatedRnnConfig) -> Float[Array, "batch output input"]:
    """The linear models that attention, or a step of gradient descent, draws from the first sequences."""
    import jax.numpy as jnp

    from primordia.minds.probes import gated
    from primordia.minds.tasks.attention_teacher import AttentionTeacher

    made, inputs = task(config), evaluation(config).inputs[:N_PROBED]
    if isinstance(made, AttentionTeacher):
        return gated.query_models(gated.compact(made.teacher()), inputs)
    before = np.asarray(inputs)[:, :-1]
    # A step from zero is a multiple of sum y x^T, and the multiple does not matter to a cosine.
    return jnp.asarray(np.swapaxes(before[..., config.n_channels :], 1, 2) @ before[..., : config.n_channels])


def likeness(config: GatedRnnConfig, weights: Any) -> float:
    """The mean cosine to `wanted_models`; over the channels of x only, since a query of regression has no y."""
    from primordia.minds.probes import gated

    inputs = evaluation(config).inputs[:N_PROBED]
    n, found = config.n_channels, np.asarray(gated.query_models(weights, inputs))
    return float(gated.mean_cosine(found[..., :n], wanted_models(config)))


def draw_channels(config: GatedRnnConfig, state: Any) -> pictures.Pixels:
    """The view "channels": what each hidden channel takes in, from the least decay to the largest, row by row."""
    from primordia.minds.probes import gated

    found = gated.channels(state.weights, evaluation(config))
    taken, importance = np.asarray(gated.entering(state.weights)), np.asarray(found.importance)
    order = np.argsort(np.asarray(found.decay), kind="stable")
    side = math.ceil(math.sqrt(config.n_hidden))
    tiles = [
        pictures.heat(taken[place] if importance[place] >= MATTERS else np.full(taken.shape[1:], np.nan))
        for place in order
    ]
    blank = pictures.heat(np.full(taken.shape[1:], np.nan))
    tiles += [blank] * (-len(tiles) % side)
    return pictures.readable(pictures.grid([tiles[first : first + side] for first in range(0, len(tiles), side)]))


def everything_found(config: GatedRnnConfig, weights: Any) -> tuple[Finding, ...]:
    """The findings of a recurrence."""
    from primordia.minds.probes import gated
    from primordia.minds.training.update import Learner

    found = gated.channels(weights, evaluation(config))
    decay, importance = np.asarray(found.decay, np.float64), np.asarray(found.importance, np.float64)
    picture = Picture(
        "What the hidden channels take in",
        draw_channels(config, Learner(weights, None, None)),
        pictures.palette(),
        "A tile for each channel, from decay 0 to decay 1, row by row: the symmetric matrix of its quadratic form in "
        "(x, 1), on a scale of its own. A channel that passes a query on has colour in the last row and column only; "
        f"one that adds up products has it in the rest. Dark: not used (importance below {MATTERS:g}).",
    )
    return (beside_construction(config, decay, importance), importance_chart(decay, importance), picture,
            channel_table(decay, importance))  # fmt: skip


def beside_construction(config: GatedRnnConfig, decay: Any, importance: Any) -> Table:
    """How many channels are used, beside how many constructions need."""
    from primordia.minds.probes.gated import END

    n = config.n_channels * (2 if config.regression else 1)
    used = importance >= MATTERS
    fewer = f" One step of gradient descent needs {config.n_channels**2} and {config.n_channels} of them."
    zero, one = used & (decay <= END), used & (decay >= 1 - END)
    rows = (
        ("hidden channels that are used", int(used.sum()), n * n + n, n * (n + 1) // 2 + n),
        ("with decay 1, which add up", int(one.sum()), n * n, n * (n + 1) // 2),
        ("with decay 0, which pass on", int(zero.sum()), n, n),
        ("with a decay in between", int((used & ~zero & ~one).sum()), 0, 0),
    )
    return Table(
        "Learned beside constructed",
        ("hidden channels", "learned", "generic construction", "compact construction"),
        rows,
        f"Used: the loss rises by {MATTERS:g} of the loss of answering zero, or more, without the channel. The "
        "constructions hold for any layer of linear attention over these inputs."
        + (fewer if config.regression else ""),
    )


def importance_chart(decay: Any, importance: Any) -> Chart:
    """Where along the decays importance lies."""
    order = np.argsort(decay, kind="stable")
    positive = np.maximum(importance[order], 0)
    total = max(float(positive.sum()), 1e-30)
    added, counted = np.cumsum(positive) / total, np.arange(1, len(order) + 1) / len(order)
    lines = {
        "importance": tuple((float(x), float(y)) for x, y in zip(decay[order], added, strict=True)),
        "channels": tuple((float(x), float(y)) for x, y in zip(decay[order], counted, strict=True)),
    }
    return Chart(
        "Share of importance up to a decay",
        "decay",
        "share",
        lines,
        "Flat between the ends: what lies there is not used.",
    )


def channel_table(decay: Any, importance: Any) -> Table:
    """Every hidden channel."""
    order = np.argsort(decay, kind="stable")
    return Table(
        "Hidden channels",
        ("channel", "decay", "importance"),
        tuple((int(place), round(float(decay[place]), 6), float(importance[place])) for place in order),
        "Importance: what the loss rises by without the channel, as a share of the loss of answering zero.",
    )
