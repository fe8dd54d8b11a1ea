"""Settings, numbers and presets of minds/icl-regression."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, final

from primordia.core.config import Spec
from primordia.core.experiment import Preset
from primordia.core.metrics import Metric, Transition

PAPER = "arXiv 2212.07677"
NOTEBOOK = f"{PAPER}, the authors' notebook"


@final
@dataclasses.dataclass(frozen=True)
class IclConfig:
    """Settings of in-context regression by self-attention."""

    seed: Annotated[int, Spec("the seed of every random stream", ge=0, le=2**63 - 1, source="ours")] = 0
    n_inputs: Annotated[int, Spec("channels of x", "channels", ge=1, le=512, source=PAPER)] = 10
    n_context: Annotated[int, Spec("pairs before the query", "pairs", ge=1, le=4096, source=PAPER)] = 10
    half_width: Annotated[
        float,
        Spec(
            "x is uniform from minus this to this; the paper's text has 1, but its published numbers are those of 1/2",
            ge=1e-3,
            le=100,
            source=NOTEBOOK,
        ),
    ] = 0.5
    tokens: Annotated[
        str,
        Spec(
            "whether a token holds a pair (x, y), or x and y alternate with position codes",
            choices=("joint", "interleaved"),
            source=PAPER,
        ),
    ] = "joint"
    n_layers: Annotated[int, Spec("attention layers", "layers", ge=1, le=64, source=PAPER)] = 1
    tied: Annotated[bool, Spec("whether all layers share their weights (a loop)", source=PAPER)] = True
    n_heads: Annotated[int, Spec("heads of a layer, each as wide as a token", "heads", ge=1, le=64, source=PAPER)] = 1
    n_softmax: Annotated[
        int,
        Spec("layers from the first on whose attention is a softmax; others are linear", "layers", ge=0, source=PAPER),
    ] = 0
    hidden: Annotated[
        int, Spec("channels of the MLP after each layer; 0: no MLP", "channels", ge=0, le=4096, source=PAPER)
    ] = 0
    clip_tokens: Annotated[
        float,
        Spec(
            "tokens are cut off at this magnitude after each layer, here and in the descent; 0: never",
            ge=0,
            source=f"{PAPER}: 10 for more than two layers",
        ),
    ] = 0.0
    variance: Annotated[
        float,
        Spec(
            "weights begin with this variance, divided by layers and by inputs",
            ge=0,
            le=10,
            source=f"{PAPER}; 0.02 in the notebook with alternating tokens",
        ),
    ] = 0.002
    n_steps: Annotated[
        int, Spec("steps of the descent that the layers are held against", "steps", ge=1, le=64, source=PAPER)
    ] = 1
    reference: Annotated[
        str,
        Spec(
            "which descent: plain, or with a correction of curvature (GD++)",
            choices=("gd", "gd++"),
            source=PAPER,
        ),
    ] = "gd"
    n_problems: Annotated[
        int,
        Spec("problems that are trained on again and again; 0: every one is fresh", "problems", ge=0, source=PAPER),
    ] = 0
    n_batch: Annotated[int, Spec("problems of an update", "problems", ge=1, le=2**20, source=PAPER)] = 2048
    learning_rate: Annotated[
        float, Spec("learning rate of Adam", ge=0, le=1, source=f"{PAPER}: 5e-4 for more than two layers")
    ] = 1e-3
    beta2: Annotated[float, Spec("decay of Adam's mean of squares", ge=0, le=0.999999, source=NOTEBOOK)] = 0.98
    clip: Annotated[
        float,
        Spec(
            "largest norm of all gradients together; 0: any",
            ge=0,
            source=f"{PAPER}; the notebook has 0.001 up to two layers, which ends the same",
        ),
    ] = 10.0
    n_evaluation: Annotated[
        int, Spec("problems that learner and descent are compared on", "problems", ge=2, le=2**20, source=PAPER)
    ] = 10_000

    @property
    def several_steps(self) -> bool:
        """Whether a correction of curvature makes a difference."""
        return self.n_steps > 1

    @property
    def linear(self) -> bool:
        """Whether pairs that are zero count as pairs that are not there."""
        return self.tokens == "joint" and self.n_softmax == 0

    @property
    def one_map(self) -> bool:
        """Whether all that is learned is one pair of matrices, as in a step of the descent."""
        return self.linear and self.n_heads == 1 and not self.hidden and (self.tied or self.n_layers == 1)

    @property
    def interpolates(self) -> bool:
        """Whether weights halfway between learned and constructed ones mean something."""
        return self.one_map and self.n_layers == self.n_steps


METRICS = {
    "loss": Metric("half squared error", "down", "Loss of the batch of the last update, before the update."),
    "gradient_norm": Metric("dimensionless", "none", "Norm of all gradients of the last update, before clipping."),
    "test_loss": Metric("half squared error", "down", "Loss on the problems of the comparison, never trained on."),
    "gd_loss": Metric(
        "half squared error", "none", "Loss of `n_steps` steps of gradient descent on them, with the best step size."
    ),
    "gd_plus_loss": Metric(
        "half squared error",
        "none",
        "Loss of as many steps of GD++, with the best step size and curvature correction.",
        needs="several_steps",
    ),
    "closed_form_loss": Metric(
        "half squared error", "none", "Expected loss of one step of gradient descent, in closed form."
    ),
    "ratio": Metric("dimensionless", "down", "test_loss divided by the loss of the descent that it is held against."),
    "cosine": Metric(
        "dimensionless",
        "up",
        "Mean cosine between d answer / d query of the learner and of the descent: their implicit linear models.",
    ),
    "model_distance": Metric("dimensionless", "down", "Mean Euclidean distance between the same."),
    "answer_difference": Metric("dimensionless", "down", "Mean absolute difference between their answers."),
    "interpolated_loss": Metric(
        "half squared error",
        "down",
        "Test loss of weights halfway between the learned and the constructed ones.",
        needs="interpolates",
    ),
}
PANELS = {
    "Loss beside gradient descent": ("test_loss", "gd_loss", "gd_plus_loss", "interpolated_loss", "closed_form_loss"),
    "How alike the two learners are": ("cosine", "model_distance", "answer_difference"),
}
TRANSITIONS = {
    "match": Transition(
        "ratio",
        1.05,
        "The test loss is within 5 % of that of the descent it is held against.",
        rising=False,
        before="learning",
        after="as good as descent",
    )
}
TWO: dict[str, Any] = {"n_layers": 2, "n_steps": 2, "reference": "gd++"}
PRESETS = {
    "small": Preset(
        "Three inputs, three pairs, 64 problems a batch: for checks.",
        {"n_inputs": 3, "n_context": 3, "n_batch": 64, "n_evaluation": 256, "learning_rate": 0.01},
        {"steps": 6, "every": 2},
    ),
    "demo": Preset(
        "One linear layer becomes one step of gradient descent: it flattens out, finds the step within 1,000 updates "
        "and stays.",
        {},
        {"steps": 2000, "every": 50},
    ),
    "two-steps": Preset(
        "Two looped layers: better than two steps of gradient descent, as good as two of GD++.",
        TWO,
        {"steps": 5000, "every": 100},
    ),
    "fixed-set": Preset(
        "128 problems again and again: the training loss falls, the test loss does not meet gradient descent.",
        {"n_problems": 128},
        {"steps": 2000, "every": 50},
    ),
    "interleaved": Preset(
        "x and y in tokens of their own: a softmax layer that brings them together, then a linear one. Slow to learn.",
        {"tokens": "interleaved", "n_layers": 2, "tied": False, "n_softmax": 1, "variance": 0.02},
        {"steps": 10_000, "every": 200},
    ),
    "paper": Preset(
        "The paper's run of a single layer: the demo with 5,000 updates.", {}, {"steps": 5000, "every": 50}
    ),
}
