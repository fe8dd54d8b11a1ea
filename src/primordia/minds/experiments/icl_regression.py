"""Transformers learn in context by gradient descent: trained attention beside the steps it turns out to do."""

from __future__ import annotations

from typing import Any, ClassVar, final

from primordia.core.experiment import KnownResult, Paper
from primordia.core.findings import Finding
from primordia.core.inspection import Inspected
from primordia.core.metrics import Row
from primordia.core.streams import Streams
from primordia.core.views import View
from primordia.minds.claims.icl_regression import CLAIMS
from primordia.minds.experiments import icl_parts as parts
from primordia.minds.experiments.icl_findings import everything_found
from primordia.minds.experiments.icl_settings import METRICS, PANELS, PRESETS, TRANSITIONS, IclConfig
from primordia.minds.experiments.icl_tiles import draw_weights, weight_tiles
from primordia.minds.experiments.training import TrainingExperiment
from primordia.minds.pictures import palette
from primordia.minds.tiles import inspected


@final
class IclRegression(TrainingExperiment[IclConfig]):
    """Attention layers learn to answer linear regression problems from the pairs they are shown."""

    name = "minds/icl-regression"
    version = 1
    summary = "A linear attention layer trained on regression in context becomes one step of gradient descent."
    Config = IclConfig
    metrics = METRICS
    panels = PANELS
    transitions = TRANSITIONS
    presets = PRESETS
    claims = CLAIMS
    views: ClassVar[dict[str, View]] = {
        "weights": View(
            draw_weights,
            palette(),
            "A row for each layer: every head's W_K^T W_Q and P W_V as learned; below them the two of the descent, as "
            "constructed. Each matrix has a scale of its own.",
        )
    }
    source = Paper(
        title="Transformers learn in-context by gradient descent",
        authors="J. von Oswald, E. Niklasson, E. Randazzo, J. Sacramento, A. Mordvintsev, A. Zhmoginov, M. Vladymyrov",
        year=2023,
        arxiv="2212.07677",
        how_we_differ="Inputs are drawn from the range of the published code, which its numbers fit, not from that of "
        "the text. The descent is tuned exactly, to the spectra of the contexts that it is judged on, not by a search "
        "on training tasks. An answer is read as minus what the layers added to the channel of y, also where tokens "
        "alternate. A softmax is not divided by the root of the key size.",
    )

    def weights(self, config: IclConfig, streams: Streams) -> Any:
        """Small normal weights, cut off at two standard deviations."""
        from primordia.minds.models import self_attention

        return self_attention.begin(parts.answerer(config).model, streams.key("weights", 0))

    def loss(self, config: IclConfig) -> Any:
        """Half the squared error at the query."""
        return parts.query_loss(config)

    def recipe(self, config: IclConfig) -> Any:
        """Adam at a constant learning rate."""
        from primordia.minds.training.recipe import Recipe

        return Recipe(peak=config.learning_rate, beta1=0.9, beta2=config.beta2, clip=config.clip)

    def measure(self, config: IclConfig, state: Any, streams: Streams, t: int) -> Row:
        """The learner beside the descent, on problems that neither was fitted to alone."""
        from primordia.minds.probes import regression as probes
        from primordia.minds.tasks.oracles.regression import one_step
        from primordia.minds.training.query_loss import answered

        beside, answerer = parts.comparison(config), parts.answerer(config)
        found = probes.aligned(state.weights, beside.weights, beside.problems, answerer=answerer, other=beside.other)
        row = {
            "test_loss": float(found.loss),
            "gd_loss": beside.losses[0],
            "closed_form_loss": one_step(config.n_inputs, config.n_context, config.half_width).loss,
            "ratio": float(found.loss) / float(found.other_loss),
            "cosine": float(found.cosine),
            "model_distance": float(found.distance),
            "answer_difference": float(found.difference),
        }
        if config.several_steps:
            row["gd_plus_loss"] = beside.losses[1]
        if config.interpolates:
            between = probes.halfway(state.weights, beside.weights, model=answerer.model, n_inputs=config.n_inputs)
            row["interpolated_loss"] = float(answered(between, beside.problems, answerer=answerer))
        return row

    def findings(self, config: IclConfig, state: Any, streams: Streams, t: int) -> tuple[Finding, ...]:
        """A table of probes, curves against the descent, weights beside constructed ones, implicit linear models."""
        return everything_found(config, state.weights)

    def inspect(
        self, config: IclConfig, state: Any, streams: Streams, t: int, view: str, row: int, column: int
    ) -> tuple[Inspected, ...]:
        """The weight under a pixel, learned and constructed, with its row, its column and its matrix."""
        return inspected(weight_tiles(config, state.weights), row, column)

    def known_result(self, config: IclConfig) -> KnownResult:
        """One step of gradient descent on two pairs, worked out by hand, by a layer of constructed weights."""
        return KnownResult(
            "The answers of the layer of proposition 1 (step size 1) to (2, 1) and (0, 4) after the pairs "
            "((1, 0), 2) and ((1, 1), -1).",
            f"{self.source.title}, proposition 1; by hand: Delta W = ((2, 0) + (-1, -1)) / 2",
            [0.5, -2.0],
            constructed_answers,
        )


def constructed_answers() -> list[float]:
    """What `known_result` asks of proposition 1."""
    import jax.numpy as jnp

    from primordia.minds.probes.regression import descending, descent_weights

    x = jnp.asarray([[[1, 0], [1, 1], [2, 1]], [[1, 0], [1, 1], [0, 4]]], jnp.float32)
    y = jnp.asarray([[[2], [-1], [0]]] * 2, jnp.float32)
    return [float(answer) for answer in descending(2, 1)(descent_weights(2, 2, 1.0, 0.0), x, y)]
