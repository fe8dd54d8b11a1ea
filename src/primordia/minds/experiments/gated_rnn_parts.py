"""What the settings of minds/gated-rnn-attention stand for, and what can be said about a recurrence.

JAX is imported inside functions only.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from primordia.core.findings import Chart, Finding, Table
from primordia.core.streams import Streams
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


def everything_found(config: GatedRnnConfig, weights: Any) -> tuple[Finding, ...]:
    """The findings of a recurrence."""
    from primordia.minds.experiments.gated_rnn_tiles import product_matrices
    from primordia.minds.probes import gated

    found = gated.channels(weights, evaluation(config))
    decay, importance = np.asarray(found.decay, np.float64), np.asarray(found.importance, np.float64)
    return (
        beside_construction(config, decay, importance),
        context_chart(config, weights),
        importance_chart(decay, importance),
        *product_matrices(config, weights, decay, importance),
        channel_table(decay, importance),
    )


def context_chart(config: GatedRnnConfig, weights: Any) -> Chart:
    """The in-context curve: the loss by position, of regression by the number of pairs before the query."""
    from primordia.minds.probes import gated
    from primordia.minds.tasks.oracles.regression import one_step

    batch = evaluation(config)
    zero = 0.5 * np.square(np.asarray(batch.targets, np.float64)).sum(-1).mean(0)
    if not config.regression:
        learned = np.asarray(gated.losses_by_position(weights, batch), np.float64)
        lines = {"the recurrence": _line(learned, 1), "answering zero": _line(zero, 1)}
        said = "Attention itself, which is imitated, has a loss of 0 at every position."
        return Chart("Loss by position", "token", "half squared error", lines, said, log_y=True)
    learned = np.asarray(gated.losses_by_pairs(weights, batch), np.float64)
    n, width = config.n_channels, config.half_width
    steps = [one_step(n, pairs, width, n_outputs=n).loss for pairs in range(1, len(learned))]
    lines = {
        "the recurrence": _line(learned, 0),
        "one step of gradient descent": _line([zero[-1], *steps], 0),
        "answering zero": _line([zero[-1]] * len(learned), 0),
    }
    said = f"Trained with {config.n_time} pairs. The step has the best size for each number of pairs (closed form)."
    return Chart("Loss by the number of pairs shown", "pairs before the query", "half squared error", lines, said)


def _line(values: Any, first: int) -> tuple[tuple[float, float], ...]:
    return tuple((float(place), float(value)) for place, value in enumerate(values, first))


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
