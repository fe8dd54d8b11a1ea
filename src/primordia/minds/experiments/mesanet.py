"""Sequence models on synthetic tasks and text: the MesaNet, and a twin with other layers (arXiv 2506.05233)."""

from __future__ import annotations

import math
from typing import Any, ClassVar, NamedTuple, final

from primordia.core.experiment import KnownResult, Paper
from primordia.core.findings import Finding
from primordia.core.inspection import Inspected
from primordia.core.metrics import Metric, Row, Transition
from primordia.core.streams import Streams
from primordia.core.views import View
from primordia.minds import pictures, tiles
from primordia.minds.claims.mesanet import CLAIMS
from primordia.minds.experiments import mesanet_looks, mesanet_parts, mesanet_tasks, mesanet_tiles
from primordia.minds.experiments.mesanet_presets import PRESETS
from primordia.minds.experiments.mesanet_settings import PAPER, MesaNetConfig
from primordia.minds.experiments.training import METRICS as TRAINED
from primordia.minds.experiments.training import TrainingExperiment


class MesaNetState(NamedTuple):
    """All that the next update depends on.

    Args:
        learner: a `training.update.Learner`.
        twin: that of the second model, or None where there is none.
        corpus: uint8 [32]: the digest of the text, or None where there is none.
    """

    learner: Any
    twin: Any
    corpus: Any


METRICS = {
    **TRAINED,
    "learning_rate": Metric("dimensionless", "none", "Learning rate of the next update."),
    "evaluation_loss": Metric("nats", "down", "Mean loss of the evaluation sequences, which are never trained on."),
    "accuracy": Metric("share", "up", "Share of the evaluation's targets that the largest logit names."),
    "chance_loss": Metric("nats", "none", "Loss of a guess among the answers that a sequence leaves open."),
    "chance_accuracy": Metric("share", "none", "Accuracy of a guess among the answers that a sequence leaves open."),
    "twin_loss": Metric("nats", "down", "The twin's loss on the batch of the last update.", "twin"),
    "twin_evaluation_loss": Metric("nats", "down", "The twin's mean loss of the evaluation sequences.", "twin"),
    "twin_accuracy": Metric("share", "up", "The twin's accuracy in the evaluation.", "twin"),
    "gap": Metric("share", "up", "Accuracy less the twin's.", "twin"),
    "bits_per_byte": Metric("bits", "down", "Loss of held-out text, for each byte of it.", "corpus"),
    "solver_residual": Metric(
        "share",
        "down",
        "What the solver of the mesa layers left over, relative to its start: the largest of any token and head.",
        "watch_solver",
    ),
}
TRANSITIONS = {
    "learned": Transition(
        "accuracy",
        0.9,
        "Nine of ten answers are right (threshold ours).",
        before="learning",
        after="learned",
    ),
}


@final
class MesaNet(TrainingExperiment[MesaNetConfig]):
    """A sequence model is trained on a task; a twin with other layers may be trained beside it on the same batches."""

    name = "minds/mesanet"
    version = 1
    summary = "Sequence models on recall, MAD, RegBench, parity and text: the mesa layer beside other layers."
    Config = MesaNetConfig
    metrics = METRICS
    transitions = TRANSITIONS
    panels: ClassVar[dict[str, tuple[str, ...]]] = {
        "Loss": ("evaluation_loss", "twin_evaluation_loss", "chance_loss"),
        "Accuracy": ("accuracy", "twin_accuracy", "chance_accuracy"),
        "Loss of the batches": ("loss", "twin_loss"),
    }
    views: ClassVar[dict[str, View]] = {
        "reads": View(
            mesanet_tiles.draw_reads,
            pictures.palette(),
            "What each token (row) takes from each earlier one (column) in one evaluation sequence: a line of heads "
            "for each block, those of the twin below.",
        )
    }
    presets = PRESETS
    claims = CLAIMS
    source = Paper(
        title="MesaNet: Sequence Modeling by Locally Optimal Test-Time Training",
        authors="J. von Oswald, N. Scherrer, S. Kobayashi, L. Versari, S. Yang, M. Schlegel, K. Maile, Y. Schimpf, "
        "O. Sieberling, A. Meulemans, R. A. Saurous, G. Lajoie, C. Frenkel, R. Pascanu, B. Agüera y Arcas, "
        "J. Sacramento",
        year=2025,
        arxiv="2506.05233",
        how_we_differ="Models are small and trained for minutes. Examples are fresh in every batch unless n_examples "
        "is set, and then drawn with replacement. Multi-query recall is not in the paper; its generator is that of "
        "arXiv 2312.04927. The evaluation is one fixed set of sequences.",
    )

    def weights(self, config: MesaNetConfig, streams: Streams) -> Any:
        """The model's first weights, by name."""
        return mesanet_parts.first_weights(config, config.layers, streams, "weights")

    def loss(self, config: MesaNetConfig) -> Any:
        """Cross-entropy of the model."""
        return mesanet_parts.loss(config, config.layers)

    def recipe(self, config: MesaNetConfig) -> Any:
        """AdamW, warm-up and cosine."""
        return mesanet_parts.recipe(config)

    def batch(self, config: MesaNetConfig, streams: Streams, t: int) -> Any:
        """A key to draw rows with, or rows of text."""
        return mesanet_parts.batch(config, streams, t)

    def init(self, config: MesaNetConfig, streams: Streams) -> MesaNetState:
        """Both learners before the first update.

        Raises:
            ConfigError: settings that do not fit together.
            UnknownNameError: a layer that does not exist.
        """
        from primordia.minds.training.update import begin

        recipe = mesanet_parts.checked(config)
        twin = mesanet_parts.first_weights(config, config.twin, streams, "twin") if config.twin else None
        learner = begin(self.weights(config, streams), recipe)
        return MesaNetState(learner, begin(twin, recipe) if config.twin else None, mesanet_parts.text_digest(config))

    def advance(
        self, config: MesaNetConfig, state: MesaNetState, streams: Streams, t: int, n: int
    ) -> tuple[MesaNetState, Row]:
        """`n` updates of the model, and of the twin on the same batches.

        Raises:
            DivergedError: a loss, gradient or weight is not finite; names the update and the tensor.
            CheckpointError: the text has changed since the run began.
        """
        from primordia.minds.training.course import course

        mesanet_parts.refuse_other_text(config, state.corpus)
        batches = {place: self.batch(config, streams, place) for place in range(t, t + n)}
        rows, learners = [], []
        for layers, learner in ((config.layers, state.learner), (config.twin, state.twin)):
            if not layers:
                learners.append(None)
                continue
            trained, row = course(
                learner,
                batches.__getitem__,
                t,
                n,
                loss=mesanet_parts.loss(config, layers),
                recipe=self.recipe(config),
                order=lambda layers=layers: mesanet_parts.order(config, layers),
            )
            learners.append(trained)
            rows.append(row)
        twin = {"twin_loss": rows[1]["loss"]} if config.twin else {}
        return MesaNetState(*learners, state.corpus), {**rows[0], **twin}

    def measure(self, config: MesaNetConfig, state: MesaNetState, streams: Streams, t: int) -> Row:
        """Loss and accuracy of both on the evaluation sequences, and the lines to hold them against."""
        from primordia.minds.training.update import learning_rate

        rows = mesanet_parts.evaluation_rows(config, streams)
        models = mesanet_looks.models(config, state).values()
        found = [mesanet_looks.exam(config, layers, weights, rows) for layers, weights in models]
        row = {
            "learning_rate": learning_rate(self.recipe(config), t),
            "evaluation_loss": float(found[0]["loss"]),
            "accuracy": float(found[0]["accuracy"]),
            "chance_loss": math.log(mesanet_tasks.n_answers(config)),
            "chance_accuracy": 1 / mesanet_tasks.n_answers(config),
        }
        if config.corpus:
            row["bits_per_byte"] = mesanet_looks.bits_per_byte(config, found[0], rows)
        if config.twin:
            row["twin_evaluation_loss"], row["twin_accuracy"] = float(found[1]["loss"]), float(found[1]["accuracy"])
            row["gap"] = row["accuracy"] - row["twin_accuracy"]
        if config.watch_solver:
            row["solver_residual"] = mesanet_looks.residual(config, state)
        return row

    def findings(self, config: MesaNetConfig, state: MesaNetState, streams: Streams, t: int) -> tuple[Finding, ...]:
        """Scores by position and by pairs, gates, solver and reads of each head, and a sample where there is text."""
        return mesanet_looks.findings(config, state, streams, t)

    def inspect(
        self, config: MesaNetConfig, state: MesaNetState, streams: Streams, t: int, view: str, row: int, column: int
    ) -> tuple[Inspected, ...]:
        """How much one token takes of another, with all that it takes, all that take of it, and the head."""
        return tiles.inspected(mesanet_tiles.view_tiles(config, state), row, column)

    def text_model(self, config: MesaNetConfig, state: MesaNetState) -> Any:
        """The model of text that a state holds (`text.speaking.Speaker`).

        Raises:
            BadInputError: the run learns something else than text.
        """
        return mesanet_looks.text_model(config, state)

    def known_result(self, config: MesaNetConfig) -> KnownResult:
        """The matrices of the paper's small model weigh what the formula says."""
        return KnownResult(
            "The matrices of the 140M model hold V n + 13 n^2 N numbers: vocabulary V = 50,257, width n = 768 and "
            "N = 14 blocks.",
            f"{PAPER}, appendix of settings: the shapes of a block",
            50_257 * 768 + 13 * 768**2 * 14,
            mesanet_parts.matrices_of_the_small_model,
        )
