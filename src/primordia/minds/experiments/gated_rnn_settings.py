"""Settings, numbers and presets of minds/gated-rnn-attention."""

from __future__ import annotations

import dataclasses
from typing import Annotated, final

from primordia.core.config import Spec
from primordia.core.experiment import Preset
from primordia.core.metrics import Metric, Transition

TASKS = ("teacher", "regression")


@final
@dataclasses.dataclass(frozen=True)
class GatedRnnConfig:
    """Settings of a gated recurrence that learns what attention does."""

    seed: Annotated[int, Spec("the seed of every random stream", ge=0, le=2**63 - 1, source="ours")] = 0
    task: Annotated[
        str,
        Spec(
            "what is learned: to imitate a layer of linear attention, or linear regression in context",
            choices=TASKS,
            source="arXiv 2309.01775",
        ),
    ] = "teacher"
    n_channels: Annotated[
        int,
        Spec("channels of an input; in regression those of x and of y each", "channels", ge=1, le=64, source="ours"),
    ] = 4
    n_time: Annotated[
        int, Spec("tokens of a sequence; in regression pairs before the query", "tokens", ge=1, le=1024, source="ours")
    ] = 12
    half_width: Annotated[
        float,
        Spec(
            "x of regression is uniform from minus this to this; the square root of 3 gives variance 1",
            ge=1e-3,
            le=100,
            source="ours",
        ),
    ] = 1.7320508
    n_hidden: Annotated[int, Spec("hidden channels", "channels", ge=1, le=4096, source="ours")] = 40
    n_gated: Annotated[int, Spec("products of the outgoing gate", "products", ge=1, le=4096, source="ours")] = 40
    n_batch: Annotated[int, Spec("sequences of an update", "sequences", ge=1, le=2**20, source="ours")] = 256
    learning_rate: Annotated[float, Spec("largest learning rate of Adam", ge=0, le=1, source="ours")] = 3e-3
    decay: Annotated[
        int,
        Spec(
            "updates over which the learning rate falls to a hundredth along a cosine; 0: it stays",
            "updates",
            ge=0,
            source="ours",
        ),
    ] = 5000
    clip: Annotated[float, Spec("largest norm of all gradients together; 0: any", ge=0, source="ours")] = 1.0
    n_evaluation: Annotated[
        int, Spec("sequences that are never trained on", "sequences", ge=2, le=2**20, source="ours")
    ] = 2048

    @property
    def regression(self) -> bool:
        """Whether the task is regression."""
        return self.task == "regression"


METRICS = {
    "loss": Metric("half squared error", "down", "Loss of the batch of the last update, before the update."),
    "gradient_norm": Metric("dimensionless", "none", "Norm of all gradients of the last update, before clipping."),
    "test_loss": Metric("half squared error", "down", "Loss on sequences that are never trained on."),
    "unexplained": Metric("share", "down", "test_loss divided by the loss of answering zero."),
    "gd_loss": Metric(
        "half squared error",
        "none",
        "Expected loss of one step of gradient descent with the best step size, in closed form.",
        needs="regression",
    ),
    "cosine": Metric(
        "dimensionless",
        "up",
        "Mean cosine between d (last output) / d (last input) of the recurrence and of attention: the linear models "
        "that the past has left behind. In regression, attention is one step of gradient descent.",
    ),
    "importance_at_ends": Metric(
        "share",
        "up",
        "Share of all importance (what the loss rises by without a hidden channel) of channels whose decay is within "
        "0.05 of 0 or of 1.",
    ),
    "channels_at_zero": Metric(
        "channels", "none", "Hidden channels with a decay of at most 0.05: they forget at once."
    ),
    "channels_at_one": Metric("channels", "none", "Hidden channels with a decay of at least 0.95: they add up."),
}
PANELS = {
    "Loss": ("test_loss", "gd_loss"),
    "Where decays go": ("channels_at_zero", "channels_at_one"),
    "Likeness to attention": ("cosine", "importance_at_ends"),
}
TRANSITIONS = {
    "attention": Transition(
        "cosine",
        0.99,
        "The recurrence's implicit linear model has a cosine of 0.99 with that of attention; the line is ours.",
        before="learning",
        after="attention",
    ),
    "ends": Transition(
        "importance_at_ends",
        0.99,
        "Channels with a decay next to 0 or 1 have 99 % of all importance; the line is ours.",
        before="mixed decays",
        after="decays of 0 and 1",
    ),
}
PRESETS = {
    "small": Preset(
        "Two channels, four tokens, six hidden channels: for checks.",
        {"n_channels": 2, "n_time": 4, "n_hidden": 6, "n_gated": 5, "n_batch": 8, "n_evaluation": 16},
        {"steps": 6, "every": 2},
    ),
    "demo": Preset(
        "A recurrence imitates attention over four channels: decays go to 0 and to 1, and only those matter.",
        {},
        {"steps": 5000, "every": 100},
    ),
    "regression": Preset(
        "A recurrence learns linear regression in context and ends near one step of gradient descent.",
        {"task": "regression", "n_channels": 3, "n_hidden": 60, "n_gated": 60, "decay": 10_000},
        {"steps": 10_000, "every": 200},
    ),
    "paper": Preset(
        "The largest of the paper's two settings that can be stated: six channels and twice the hidden channels that "
        "the generic construction needs. Sizes apart, the settings are ours: the paper's were not at hand.",
        {"n_channels": 6, "n_hidden": 84, "n_gated": 84, "decay": 20_000},
        {"steps": 20_000, "every": 200},
    ),
}
