"""Recurrences that are attention: arXiv 2309.01775, of which the full text was not at hand.

Regions were fixed before measuring.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, TypeAlias

from primordia.core.claims import Claim, Expected, Measurement
from primordia.core.streams import Streams

Setup: TypeAlias = Mapping[str, Any]
PAPER = "arXiv 2309.01775"
NOT_SETTINGS = ("updates", "metric", "seeds")


def constructed_error(setup: Setup) -> Measurement:
    """The largest difference between a constructed recurrence and linear attention, in 64 bits."""
    import jax
    import jax.numpy as jnp

    from primordia.minds.models import gated_rnn
    from primordia.minds.probes import gated
    from primordia.minds.tasks.attention_teacher import TeacherWeights, attended

    n, n_time = setup["n_channels"], setup["n_time"]
    with jax.enable_x64(True):
        keys = jax.random.split(Streams(setup["seed"]).key("teacher", 0), 2)
        teacher = TeacherWeights(*jax.random.normal(keys[0], (3, n, n), jnp.float64))
        x = jax.random.normal(keys[1], (16, n_time, n), jnp.float64)
        made = (gated.compact if setup["construction"] == "compact" else gated.generic)(teacher)
        wanted = attended(teacher, x)
        error = float(jnp.max(jnp.abs(gated_rnn.run(made, x) - wanted)))
        largest = float(jnp.max(jnp.abs(wanted)))
    n_hidden = int(made["angle"].shape[0])
    return Measurement(error, f"{n_hidden} hidden channels; outputs up to {largest:.0f}", {"n_hidden": n_hidden})


@functools.lru_cache(maxsize=8)
def trained(n_updates: int, settings: tuple[tuple[str, Any], ...]) -> Mapping[str, float]:
    """The last row of a run of minds/gated-rnn-attention, done once in a process."""
    from primordia.minds.experiments.gated_rnn_attention import GatedRnnAttention
    from primordia.minds.experiments.gated_rnn_settings import GatedRnnConfig

    experiment, config = GatedRnnAttention(), GatedRnnConfig(**dict(settings))
    streams = Streams(config.seed)
    learner, row = experiment.advance(config, experiment.init(config, streams), streams, 0, n_updates)
    return {**row, **experiment.measure(config, learner, streams, n_updates)}


def worst_of_runs(setup: Setup) -> Measurement:
    """The smallest value of a metric over seeds."""
    settings = {name: value for name, value in setup.items() if name not in NOT_SETTINGS}
    rows = [trained(setup["updates"], tuple(sorted({**settings, "seed": seed}.items()))) for seed in setup["seeds"]]
    found = [row[setup["metric"]] for row in rows]
    left = ", ".join(f"{row['unexplained']:.2g}" for row in rows)
    said = ", ".join(f"{value:.4f}" for value in found)
    return Measurement(min(found), f"seeds: {said}; unexplained: {left}", {"values": found})


def loss_to_descent(setup: Setup) -> Measurement:
    """The loss of a recurrence that learned regression, by that of one step of gradient descent."""
    settings = {name: value for name, value in setup.items() if name not in NOT_SETTINGS}
    row = trained(setup["updates"], tuple(sorted(settings.items())))
    return Measurement(
        row["test_loss"] / row["gd_loss"], f"{row['test_loss']:.4f} by {row['gd_loss']:.4f}; cosine {row['cosine']:.4f}"
    )


def _constructed(construction: str) -> dict[str, Any]:
    return {"n_channels": 4, "n_time": 20, "seed": 0, "construction": construction}


REGRESSION = {"task": "regression", "n_channels": 3, "n_hidden": 60, "n_gated": 60, "decay": 10_000, "updates": 10_000}
CLAIMS = (
    Claim(
        "M17",
        "A gated linear recurrence with d^2 + d = 20 hidden channels is linear attention over d = 4.",
        f"{PAPER}, construction",
        _constructed("generic"),
        constructed_error,
        Expected(0, 1e-10, "rounding in 64 bits of outputs in the hundreds"),
        "quick",
        "seconds",
    ),
    Claim(
        "M17-compact",
        "So is one with d (d + 1) / 2 + d = 14, which keeps each product of two inputs once.",
        f"{PAPER}, construction",
        _constructed("compact"),
        constructed_error,
        Expected(0, 1e-10, "rounding in 64 bits of outputs in the hundreds"),
        "quick",
        "seconds",
    ),
    Claim(
        "M17-ends",
        "Trained to imitate attention, only hidden channels with a decay of 0 or 1 matter: their share of importance.",
        f"{PAPER}, imitation of a teacher",
        {"updates": 5000, "seeds": [1], "metric": "importance_at_ends"},
        worst_of_runs,
        Expected(0.95, 1, "the paper says only; within 0.05 of an end, and 95 %, are our lines"),
        "quick",
        "half a minute",
    ),
    Claim(
        "M17-ends-seeds",
        "The same for five teachers and starts: the smallest share.",
        f"{PAPER}, imitation of a teacher",
        {"updates": 5000, "seeds": [1, 2, 3, 4, 5], "metric": "importance_at_ends"},
        worst_of_runs,
        Expected(0.95, 1, "as M17-ends"),
        "full",
        "two minutes",
    ),
    Claim(
        "M17-model",
        "Trained to imitate attention, it leaves the same linear model for the next query: cosine.",
        f"{PAPER}, imitation of a teacher",
        {"updates": 5000, "seeds": [1], "metric": "cosine"},
        worst_of_runs,
        Expected(0.99, 1, "the paper shows attention recovered; the line is ours"),
        "quick",
        "none: the run of M17-ends",
    ),
    Claim(
        "M17-regression",
        "Trained on linear regression in context, it has the loss of one step of gradient descent: ratio.",
        f"{PAPER}, in-context linear regression",
        {**REGRESSION, "seed": 1},
        loss_to_descent,
        Expected(0.9, 1.05, "the paper finds the one-step solution; the band about it is ours"),
        "full",
        "two minutes",
    ),
)
