"""Settings, numbers and presets of minds/mesa-optimization."""

from __future__ import annotations

import dataclasses
from typing import Annotated, final

from primordia.core.config import Spec
from primordia.core.experiment import Preset
from primordia.core.metrics import Metric, Transition

PAPER = "arXiv 2309.05858"
KINDS = ("full", "partial", "nonlinear", "contracting", "fixed")


@final
@dataclasses.dataclass(frozen=True)
class MesaConfig:
    """Settings of a sequence model of dynamical systems."""

    seed: Annotated[
        int, Spec("the number that every random draw of the run follows from", ge=0, le=2**64 - 1, source="ours")
    ] = 0
    kind: Annotated[
        str,
        Spec(
            "the system: all of a rotating state is seen (full), some of it (partial), it is bent (nonlinear), it "
            "shrinks (contracting), or one rotation serves all sequences (fixed)",
            choices=KINDS,
            source=PAPER,
        ),
    ] = "full"
    n_hidden: Annotated[
        int, Spec("channels of the state", "channels", ge=1, le=64, source=f"{PAPER}: 10, partial 15")
    ] = 10
    n_observed: Annotated[
        int, Spec("channels of an observation", "channels", ge=1, le=64, source=f"{PAPER}: 10, partial 5")
    ] = 10
    n_time: Annotated[int, Spec("length of a sequence", "tokens", ge=3, le=1024, source=f"{PAPER}: 50")] = 50
    noise: Annotated[
        float,
        Spec(
            "variance of the noise of a state's channel in each step",
            ge=0.0,
            le=10.0,
            source="ours: the paper's value is not in its main text; its appendix has 0.1, 0.25 and 0.5",
        ),
    ] = 0.01
    observation_noise: Annotated[
        float, Spec("variance of the noise of an observation", ge=0.0, le=10.0, source="ours")
    ] = 0.0
    layers: Annotated[
        str,
        Spec(
            "the kinds of the layers from the first on, separated by commas: softmax, linear, mesa; softmax first",
            source=f"{PAPER}: linear; softmax, mesa; mesa, mesa; seven softmax layers",
        ),
    ] = "mesa"
    n_position: Annotated[
        int,
        Spec(
            "channels of the position code of plain tokens; 0: tokens are constructed, with the observation before",
            "channels",
            ge=0,
            le=256,
            multiple_of=2,
            source="ours",
        ),
    ] = 0
    n_heads: Annotated[int, Spec("heads of a layer", "heads", ge=1, le=32, source=f"{PAPER}: 2, or 4")] = 2
    d_key: Annotated[
        int, Spec("channels of a query, key or value of a head", "channels", ge=1, le=256, source=f"{PAPER}: 20")
    ] = 20
    n_mlp: Annotated[
        int, Spec("hidden channels of an MLP after each layer; 0: none", "channels", ge=0, le=4096, source="ours")
    ] = 0
    token_clip: Annotated[
        float,
        Spec(
            "tokens are cut off at this magnitude after each layer; 0: not",
            ge=0.0,
            le=1000.0,
            source=f"{PAPER}: 4 with several layers",
        ),
    ] = 0.0
    init_variance: Annotated[
        float, Spec("variance of the first weights, times their inputs", ge=1e-8, le=4.0, source="ours")
    ] = 0.5
    n_batch: Annotated[
        int, Spec("sequences in a batch", "sequences", ge=1, le=65_536, source=f"ours; {PAPER}: 256")
    ] = 64
    learning_rate: Annotated[
        float, Spec("the largest learning rate", ge=1e-7, le=1.0, source=f"ours; {PAPER}: 1e-4 to 1e-3")
    ] = 2e-3
    warmup: Annotated[int, Spec("updates over which the rate rises", "updates", ge=0, le=10**6, source="ours")] = 0
    decay: Annotated[
        int, Spec("updates over which it falls along a cosine; 0: it stays", "updates", ge=0, le=10**7, source="ours")
    ] = 0
    weight_decay: Annotated[
        float, Spec("decoupled weight decay", ge=0.0, le=10.0, source=f"ours; {PAPER}: 0.1 or 0.05")
    ] = 0.0
    n_stacked: Annotated[
        int,
        Spec(
            "observations in a row that the oracles take for the state",
            "observations",
            ge=1,
            le=16,
            source=f"{PAPER}: 5 for its partly seen system, where 3 suffice",
        ),
    ] = 1
    n_judged: Annotated[
        int,
        Spec(
            "fresh sequences that a row judges the model and the oracles by", "sequences", ge=2, le=8192, source="ours"
        ),
    ] = 256


_MEAN = "Mean squared error of a channel over fresh sequences, from the second observation on"
METRICS = {
    "loss": Metric(
        "squared error", "down", "Half the squared distance to the next observation, mean of the last update's batch."
    ),
    "gradient_norm": Metric("dimensionless", "none", "Norm of all gradients of the last update, before clipping."),
    "test_error": Metric("squared error", "down", f"{_MEAN}."),
    "gd_error": Metric(
        "squared error", "none", "The same of one step of gradient descent on all pairs so far, at its best rate."
    ),
    "chebyshev_error": Metric(
        "squared error",
        "none",
        "The same of least squares by as many Chebyshev steps as the model has layers, at the penalty of ridge_error.",
    ),
    "ridge_error": Metric("squared error", "none", "The same of least squares, at the best of six penalties."),
    "last_error": Metric("squared error", "down", "The model's error at the last position that has a target."),
    "gd_last_error": Metric("squared error", "none", "That of the step of gradient descent."),
    "ridge_last_error": Metric("squared error", "none", "That of least squares."),
    "gd_ratio": Metric("dimensionless", "none", "test_error over gd_error: 1 where the model is as good as the step."),
    "ridge_ratio": Metric("dimensionless", "none", "test_error over ridge_error."),
}
PANELS = {
    "Error and oracles": ("test_error", "gd_error", "chebyshev_error", "ridge_error"),
    "Error at the last position": ("last_error", "gd_last_error", "ridge_last_error"),
}
TRANSITIONS = {
    "descends": Transition(
        "gd_ratio",
        1.05,
        "As good as one step of gradient descent, within 5 % (threshold ours).",
        rising=False,
        before="no learner",
        after="descends",
    ),
    "solves": Transition(
        "ridge_ratio",
        1.25,
        "As good as least squares, within a quarter (threshold ours).",
        rising=False,
        before="no solver",
        after="solves",
    ),
}
PRESETS = {
    "small": Preset(
        "Two channels and twelve tokens: for checks.",
        {"n_hidden": 2, "n_observed": 2, "n_time": 12, "d_key": 4, "n_batch": 4, "n_judged": 8},
        {"steps": 8, "every": 4},
    ),
    "demo": Preset(
        "One mesa layer on constructed tokens: it passes one step of gradient descent and comes down to least squares.",
        {},
        {"steps": 600, "every": 20},
    ),
    "linear": Preset(
        "One linear layer on constructed tokens becomes one step of gradient descent, and its matrices show it.",
        {"layers": "linear", "init_variance": 0.002, "n_batch": 128, "learning_rate": 1e-3},
        {"steps": 600, "every": 20},
    ),
    "hybrid": Preset(
        "Plain tokens: a softmax layer learns to bring the observation before, and the mesa layer behind it to fit.",
        {"layers": "softmax, mesa", "n_position": 16},
        {"steps": 1000, "every": 50},
    ),
    "partial": Preset(
        "The hybrid with 5 of 15 channels seen: several observations must be brought together.",
        {"layers": "softmax, mesa", "n_position": 16, "kind": "partial", "n_hidden": 15, "n_observed": 5,
         "n_stacked": 5, "n_heads": 4},
        {"steps": 10_000, "every": 100},
    ),
    "nonlinear": Preset(
        "The hybrid with MLPs on a system that is bent; linear least squares is no longer the best.",
        {"layers": "softmax, mesa", "n_position": 16, "kind": "nonlinear", "n_mlp": 160},
        {"steps": 10_000, "every": 100},
    ),
    "fixed": Preset(
        "One rotation for all sequences, which need not be found in any: the error comes down to the noise (0.01) from "
        "the second observation on, where least squares is still far above.",
        {"kind": "fixed"},
        {"steps": 600, "every": 20},
    ),
    "paper": Preset(
        "Sizes, rates and batch of the paper's six linear layers on constructed tokens; noise is ours. Hours.",
        {"layers": "linear, linear, linear, linear, linear, linear", "n_heads": 4, "n_batch": 256, "token_clip": 4.0,
         "learning_rate": 1e-4, "weight_decay": 0.1, "init_variance": 0.002},
        {"steps": 50_000, "every": 500},
    ),
}  # fmt: skip
