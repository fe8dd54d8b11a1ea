"""What sequence models learn to do in context with dynamical systems: claims of arXiv 2309.05858.

Regions of the trained models were fixed before training ours, from what another program had measured with other
weights, seeds and code; the paper shows curves. The lines that need no training are in `claims.dynamics_oracles`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from primordia.core.claims import Claim, Expected, Measurement
from primordia.core.streams import Streams
from primordia.minds.claims.dynamics_oracles import CLAIMS as LINES

PAPER = "arXiv 2309.05858 (v2)"
Setup = Mapping[str, Any]


class Trained(NamedTuple):
    """Mean errors of a channel, from the second observation on, of a trained model and of what it is held against.

    Args:
        model: of the model.
        compressed: of its compression, or NaN where that is not defined.
        descent: of one step of gradient descent at its best rate.
        ridge: of least squares at its best penalty.
        end: the model's error at the last position.
        ridge_end: that of least squares.
    """

    model: float
    compressed: float
    descent: float
    ridge: float
    end: float
    ridge_end: float


@functools.lru_cache(maxsize=8)
def trained(settings: tuple[tuple[str, Any], ...], n_updates: int) -> Trained:
    """A model with these settings of minds/mesa-optimization, after its updates."""
    import dataclasses

    from primordia.minds.experiments import mesa_parts as parts
    from primordia.minds.experiments.mesa_settings import MesaConfig
    from primordia.minds.models import autoregressor
    from primordia.minds.probes.compression import compressed
    from primordia.minds.training.course import course
    from primordia.minds.training.next_vector import errors
    from primordia.minds.training.recipe import Recipe
    from primordia.minds.training.update import begin

    config = MesaConfig(**dict(settings))
    streams, model = Streams(config.seed), parts.model(config)
    recipe = Recipe(peak=config.learning_rate, beta2=0.999, clip=1.0)
    learner = begin(autoregressor.begin(model, streams.key("weights", 0)), recipe)
    batches = functools.partial(streams.key, "batch")
    learner, _ = course(
        learner, batches, 0, n_updates, loss=parts.loss(config), recipe=recipe, order=learner.weights.keys
    )
    beside = parts.beside(config)
    error, small = parts.error(config, learner.weights, beside.batch), float("nan")
    if set(model.layers) == {"linear"}:
        shrunk = dataclasses.replace(model, d_key=3 * config.n_observed)
        weights = compressed(model.attention, learner.weights, config.n_observed)
        small = float(np.asarray(errors(weights, beside.batch, model=shrunk), np.float64)[1:].mean())
    means = (float(curve[1:].mean()) for curve in (error, beside.lines.descent, beside.lines.ridge))
    model_mean, descent, ridge = means
    return Trained(model_mean, small, descent, ridge, float(error[-1]), float(beside.lines.ridge[-1]))


def ratio(setup: Setup) -> Measurement:
    """The error of the trained model, or of its compression, over that of what it is held against."""
    found = trained(tuple(sorted(setup["settings"].items())), setup["updates"])
    one, other = (getattr(found, name) for name in setup["ratio"])
    known = {name: value for name, value in found._asdict().items() if value == value}
    return Measurement(one / other, ", ".join(f"{name} {value:.4g}" for name, value in known.items()), known)


_LINEAR = {
    "settings": {"layers": "linear", "init_variance": 0.002, "n_batch": 128, "learning_rate": 1e-3, "seed": 1},
    "updates": 1000,
}
_MESA = {"settings": {"layers": "mesa", "n_batch": 64, "learning_rate": 2e-3, "seed": 1}, "updates": 1000}

CLAIMS = (
    *LINES,
    Claim(
        "M21",
        "A trained linear layer on constructed tokens is as good as one step of gradient descent on the past.",
        f"{PAPER}, the figure of one layer",
        {**_LINEAR, "ratio": ["model", "descent"]},
        ratio,
        Expected(0.93, 1.05, "within 5 %, or a little better for a learned start; another program measured 0.97"),
        "full",
        "one to two minutes",
    ),
    Claim(
        "M21-compressed",
        "With every block of its matrices made a multiple of the identity the trained linear layer does the same.",
        f"{PAPER}, CompressedAlg-d",
        {**_LINEAR, "ratio": ["compressed", "model"]},
        ratio,
        Expected(0.95, 1.05, "the paper's curves lie on each other"),
        "full",
        "a moment beside M21",
    ),
    Claim(
        "M22",
        "A trained mesa layer on the same tokens is nearly as good as least squares.",
        f"{PAPER}, the mesa layer",
        {**_MESA, "ratio": ["model", "ridge"]},
        ratio,
        Expected(0.95, 1.2, "another program measured 0.127 against 0.111 to 0.122 after 760 updates"),
        "full",
        "two to three minutes",
    ),
    Claim(
        "M22-end",
        "At the end of the sequence too: there the mesa layer's error is within a half of that of least squares.",
        f"{PAPER}, the mesa layer",
        {**_MESA, "ratio": ["end", "ridge_end"]},
        ratio,
        Expected(0.9, 1.5, "another program measured 0.014 against 0.013; small errors scatter more"),
        "full",
        "a moment beside M22",
    ),
)
