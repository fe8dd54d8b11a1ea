"""Gated recurrent neural networks discover attention: a linear recurrence between two gates learns to be one."""

from __future__ import annotations

from typing import Any, ClassVar, final

from primordia.core.experiment import KnownResult, Paper
from primordia.core.findings import Finding
from primordia.core.inspection import Inspected
from primordia.core.metrics import Row
from primordia.core.streams import Streams
from primordia.core.views import View
from primordia.minds.claims.gated_rnn import CLAIMS
from primordia.minds.experiments import gated_rnn_parts as parts
from primordia.minds.experiments.gated_rnn_settings import METRICS, PANELS, PRESETS, TRANSITIONS, GatedRnnConfig
from primordia.minds.experiments.gated_rnn_tiles import channel_tiles, draw_channels
from primordia.minds.experiments.training import TrainingExperiment
from primordia.minds.pictures import palette
from primordia.minds.tiles import inspected


@final
class GatedRnnAttention(TrainingExperiment[GatedRnnConfig]):
    """A gated recurrence learns to imitate linear attention, or to regress in context; its decays say how."""

    name = "minds/gated-rnn-attention"
    version = 1
    summary = "A gated linear recurrence becomes attention: its decays go to 0 and 1, and only those channels matter."
    Config = GatedRnnConfig
    metrics = METRICS
    panels = PANELS
    transitions = TRANSITIONS
    presets = PRESETS
    claims = CLAIMS
    views: ClassVar[dict[str, View]] = {
        "channels": View(
            draw_channels,
            palette(),
            "What each hidden channel takes in, as a matrix over (x, 1), from decay 0 to decay 1; dark: not used.",
        )
    }
    source = Paper(
        title="Gated recurrent neural networks discover attention",
        authors="N. Zucchet, S. Kobayashi, Y. Akram, J. von Oswald, M. Larcher, A. Steger, J. Sacramento",
        year=2023,
        arxiv="2309.01775",
        how_we_differ="The paper's hyperparameters were not at hand: widths, lengths and the training recipe are ours. "
        "A decay is the squared sine of a free angle. Only the linear recurrence with bilinear gates is here, not the "
        "LSTM and GRU.",
    )

    def weights(self, config: GatedRnnConfig, streams: Streams) -> Any:
        """Decays anywhere in [0, 1], matrices normal."""
        from primordia.minds.models import gated_rnn

        return gated_rnn.begin(parts.model(config), streams.key("weights", 0))

    def loss(self, config: GatedRnnConfig) -> Any:
        """Half the squared error, at every token or at the query."""
        from primordia.minds.training.recurrence_loss import RecurrenceLoss

        return RecurrenceLoss(parts.task(config), config.n_batch)

    def recipe(self, config: GatedRnnConfig) -> Any:
        """Adam, its learning rate falling along a cosine."""
        from primordia.minds.training.recipe import Recipe

        return Recipe(peak=config.learning_rate, decay=config.decay, floor=0.01, beta2=0.999, clip=config.clip)

    def measure(self, config: GatedRnnConfig, state: Any, streams: Streams, t: int) -> Row:
        """Loss, likeness to attention, and where decays are."""
        import jax.numpy as jnp

        from primordia.minds.probes import gated
        from primordia.minds.tasks.batch import squared_error
        from primordia.minds.tasks.oracles.regression import one_step
        from primordia.minds.training.evaluation import evaluated

        batch = parts.evaluation(config)
        test = float(evaluated(state.weights, batch, loss=self.loss(config))["loss"])
        found = gated.channels(state.weights, batch)
        row = {
            "test_loss": test,
            "unexplained": test / float(squared_error(jnp.zeros_like(batch.targets), batch)),
            "cosine": parts.likeness(config, state.weights),
            "importance_at_ends": float(gated.share_at_ends(found)),
            "channels_at_zero": int((found.decay <= gated.END).sum()),
            "channels_at_one": int((found.decay >= 1 - gated.END).sum()),
        }
        if config.regression:
            n = config.n_channels
            row["gd_loss"] = one_step(n, config.n_time, config.half_width, n_outputs=n).loss
        return row

    def findings(self, config: GatedRnnConfig, state: Any, streams: Streams, t: int) -> tuple[Finding, ...]:
        """The curve in context, channels beside those of constructions, importance by decay, products taken in."""
        return parts.everything_found(config, state.weights)

    def inspect(
        self, config: GatedRnnConfig, state: Any, streams: Streams, t: int, view: str, row: int, column: int
    ) -> tuple[Inspected, ...]:
        """The coefficient under a pixel, and the channel that takes it in."""
        return inspected(channel_tiles(config, state.weights), row, column)

    def known_result(self, config: GatedRnnConfig) -> KnownResult:
        """Attention with matrices of the identity over two tokens, worked out by hand, by both constructions."""
        outputs = [[5.0, 10.0], [2.0, 5.0]]
        return KnownResult(
            "Both constructions on the tokens (1, 2) and (0, 1), where all matrices of attention are the identity.",
            "the construction of the paper; by hand: (1, 2) |(1, 2)|^2, then (1, 2) 2 + (0, 1) 1",
            {"generic": outputs, "compact": outputs},
            constructed_outputs,
        )


def constructed_outputs() -> dict[str, list[list[float]]]:
    """What `known_result` asks of the constructions."""
    import jax.numpy as jnp
    import numpy as np

    from primordia.minds.models import gated_rnn
    from primordia.minds.probes import gated
    from primordia.minds.tasks.attention_teacher import TeacherWeights

    teacher, x = TeacherWeights(*[jnp.eye(2)] * 3), jnp.asarray([[[1.0, 2.0], [0.0, 1.0]]])
    makers = {"generic": gated.generic, "compact": gated.compact}
    return {name: np.asarray(gated_rnn.run(make(teacher), x))[0].tolist() for name, make in makers.items()}
