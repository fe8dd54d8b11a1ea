"""Mesa-optimization: models of sequences that fit a model of the sequence in context (arXiv 2309.05858)."""

from __future__ import annotations

from typing import Any, ClassVar, final

from primordia.core.experiment import KnownResult, Paper
from primordia.core.findings import Finding
from primordia.core.inspection import Inspected
from primordia.core.metrics import Row
from primordia.core.streams import Streams
from primordia.core.views import View
from primordia.minds.claims.mesa_optimization import CLAIMS
from primordia.minds.experiments import mesa_parts as parts
from primordia.minds.experiments.mesa_findings import everything_found
from primordia.minds.experiments.mesa_settings import METRICS, PANELS, PRESETS, TRANSITIONS, MesaConfig
from primordia.minds.experiments.mesa_tiles import draw_weights, weight_tiles
from primordia.minds.experiments.training import TrainingExperiment
from primordia.minds.pictures import palette
from primordia.minds.tiles import inspected


@final
class MesaOptimization(TrainingExperiment[MesaConfig]):
    """Attention and mesa layers learn to predict dynamical systems that are new in every sequence."""

    name = "minds/mesa-optimization"
    version = 1
    summary = "Trained to predict what comes next, layers learn to learn: gradient steps and least squares in context."
    Config = MesaConfig
    metrics = METRICS
    panels = PANELS
    transitions = TRANSITIONS
    presets = PRESETS
    claims = CLAIMS
    views: ClassVar[dict[str, View]] = {
        "weights": View(
            draw_weights,
            palette(),
            "Of every head W_K^T W_Q, then P W_V, each on a scale of its own; a row is a layer, or a head where there "
            "is one layer. Channels: guess, s_t, s_(t-1), and the position of plain tokens.",
        )
    }
    source = Paper(
        title="Uncovering mesa-optimization algorithms in Transformers",
        authors="J. von Oswald, M. Schlegel, A. Meulemans, S. Kobayashi, E. Niklasson, N. Zucchet, N. Scherrer, "
        "N. Miller, M. Sandler, B. Agüera y Arcas, M. Vladymyrov, R. Pascanu, J. Sacramento",
        year=2023,
        arxiv="2309.05858",
        how_we_differ="The noise of the main experiments is not stated there; ours has variance 0.01. Plain tokens are "
        "not embedded: they have room for what a layer brings, and positions beside. No layer is normalised; MLPs only "
        "where asked for. Rates, batch and updates of the short presets are ours. Language is not here.",
    )

    def weights(self, config: MesaConfig, streams: Streams) -> Any:
        """Normal weights, cut off at two standard deviations."""
        from primordia.minds.models import autoregressor

        # The loss holds model and task, and refuses what does not fit before a run begins.
        return autoregressor.begin(parts.loss(config).model, streams.key("weights", 0))

    def loss(self, config: MesaConfig) -> Any:
        """Half the squared distance to the next observation."""
        return parts.loss(config)

    def recipe(self, config: MesaConfig) -> Any:
        """AdamW; the paper's betas."""
        from primordia.minds.training.recipe import Recipe

        return Recipe(
            peak=config.learning_rate,
            warmup=config.warmup,
            decay=config.decay,
            beta2=0.999,
            weight_decay=config.weight_decay,
            clip=1.0,
        )

    def measure(self, config: MesaConfig, state: Any, streams: Streams, t: int) -> Row:
        """The model beside a step of gradient descent and least squares, on the same fresh sequences."""
        beside = parts.beside(config)
        error, lines = parts.error(config, state.weights, beside.batch), beside.lines
        test, descent, ridge = (float(curve[1:].mean()) for curve in (error, lines.descent, lines.ridge))
        return {
            "test_error": test,
            "gd_error": descent,
            "chebyshev_error": float(lines.chebyshev[1:].mean()),
            "ridge_error": ridge,
            "last_error": float(error[-1]),
            "gd_last_error": float(lines.descent[-1]),
            "ridge_last_error": float(lines.ridge[-1]),
            "gd_ratio": test / descent,
            "ridge_ratio": test / ridge,
        }

    def findings(self, config: MesaConfig, state: Any, streams: Streams, t: int) -> tuple[Finding, ...]:
        """The curve in context beside the oracles', probes, compression, attention by head, and few-shot pairs."""
        return everything_found(config, state.weights, streams)

    def inspect(
        self, config: MesaConfig, state: Any, streams: Streams, t: int, view: str, row: int, column: int
    ) -> tuple[Inspected, ...]:
        """The weight under a pixel with its row, its column and its matrix."""
        return inspected(weight_tiles(config, state.weights), row, column)

    def known_result(self, config: MesaConfig) -> KnownResult:
        """A step of gradient descent on the past, by a linear layer of constructed weights, in whole numbers."""
        return KnownResult(
            "The guesses of the layer of proposition 1 (step size 1) for the observations 1, 2, 4, 3.",
            "by hand: s_t times the sum of s_(i+1) s_i over the pairs so far",
            [0.0, 4.0, 40.0, 66.0],
            constructed_guesses,
        )


def constructed_guesses() -> list[float]:
    """What `known_result` asks of proposition 1."""
    import jax.numpy as jnp

    from primordia.minds.models import autoregressor, self_attention
    from primordia.minds.probes.constructions import autoregressive_step

    model = autoregressor.Autoregressor(1, ("linear",), n_heads=1, d_key=3)
    weights = self_attention.of_products(*autoregressive_step(1, 1.0))
    found = autoregressor.predict(model, weights, jnp.asarray([[[1.0], [2.0], [4.0], [3.0]]]))
    return [float(guess) for guess in found[0, :, 0]]
