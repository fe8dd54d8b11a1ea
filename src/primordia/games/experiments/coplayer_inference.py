"""Learners that find out within an episode whom they play: predictive policy improvement (arXiv 2602.16301)."""

from __future__ import annotations

import importlib
from typing import Any, ClassVar, final

from primordia.core.experiment import Experiment, KnownResult, Paper
from primordia.core.findings import Finding
from primordia.core.inspection import Inspected
from primordia.core.metrics import Row
from primordia.core.streams import Streams
from primordia.core.views import View
from primordia.games.claims.coplayer_inference import CLAIMS
from primordia.games.experiments import coplayer_rows as rows
from primordia.games.experiments.coplayer_settings import (
    ARMS,
    BANDS,
    METRICS,
    PANELS,
    PRESETS,
    TRANSITIONS,
    CoplayerConfig,
)

METHODS = {"mixture": "coplayer_exact", "ppi": "coplayer_learned", "a2c": "coplayer_learned"}


def _method(config: CoplayerConfig) -> Any:
    """What carries the method out. The modules import JAX, so that they are loaded when they are first needed."""
    config.check()
    return importlib.import_module(f"primordia.games.experiments.{METHODS[config.method]}")


@final
class CoplayerInference(Experiment[CoplayerConfig, Any]):
    """Learners meet learners and a pool of simple opponents, without being told which; they predict, plan and play."""

    name = "games/coplayer-inference"
    version = 1
    step_word = "phase"
    summary = "Learners that infer in context whom they play, from a model of everything played before."
    Config = CoplayerConfig
    metrics = METRICS
    transitions = TRANSITIONS
    panels = PANELS
    bands = BANDS
    views: ClassVar[dict[str, View]] = {
        "rounds": View(
            rows.draw_rounds,
            rows.PALETTE,
            "Cooperation among learners: phases down, rounds across; arms side by side (mixed, identified, alone, "
            "decoupled). Orange defects, blue cooperates.",
        )
    }
    presets = PRESETS
    claims = CLAIMS
    determinism = "bitwise-per-machine"
    source = Paper(
        title="Multi-agent cooperation through in-context co-player inference",
        authors="M. A. Weis, M. Wołczyk, R. Nasser, R. A. Saurous, B. Agüera y Arcas, J. Sacramento, A. Meulemans",
        year=2026,
        arxiv="2602.16301",
        how_we_differ="The method mixture is ours: in place of a trained sequence model stands the law of all that was "
        "played, exactly, over up to 11 rounds, and values are exact to the end of the episode. Its learners meet "
        "their own like. In the method ppi batches are drawn with replacement and rollouts leave out observations that "
        "contradict the action taken; its presets are far smaller than the paper's. beta is swept, since 0.01 cannot "
        "be an inverse temperature of summed payoffs.",
    )

    def init(self, config: CoplayerConfig, streams: Streams) -> Any:
        """What was watched before the first phase.

        Raises:
            ConfigError: settings that do not go together.
        """
        return _method(config).begin(config, streams)

    def step(self, config: CoplayerConfig, state: Any, streams: Streams, t: int) -> tuple[Any, Row]:
        """One phase, or one update of a2c.

        Raises:
            DivergedError: a learner's numbers are not finite.
        """
        return _method(config).step(config, state, streams, t)

    def measure(self, config: CoplayerConfig, state: Any, streams: Streams, t: int) -> Row:
        """What the pool is worth."""
        return _method(config).reference(config, state, streams)

    def finished(self, config: CoplayerConfig, state: Any, row: Row) -> str | None:
        """The sequence model has no room for more episodes."""
        if config.method == "ppi" and int(state.n_phases) >= config.n_phases:
            return f"all {config.n_phases} phases that the run was planned for are played"
        return None

    def findings(self, config: CoplayerConfig, state: Any, streams: Streams, t: int) -> tuple[Finding, ...]:
        """Cooperation by round and phase, responses to fixed strategies, and a film of episodes among learners."""
        method = _method(config)
        return (
            rows.chart(method.by_replica(config, state, streams)),
            *rows.matrix(config, state, t),
            rows.table(method.responses(config, state, streams), config.n_rounds),
            rows.film(method.episodes(config, state, streams), ARMS[config.arms[0]]),
        )

    def inspect(
        self, config: CoplayerConfig, state: Any, streams: Streams, t: int, view: str, row: int, column: int
    ) -> tuple[Inspected, ...]:
        """Which phase and round of which arm it is, and the courses through it."""
        return rows.found_at(config, state, t, row, column)

    def known_result(self, config: CoplayerConfig) -> KnownResult:
        """Best responses to fixed strategies over 100 rounds."""

        def measured() -> dict[str, float]:
            from primordia.games.prediction.anchors import best_response
            from primordia.games.prediction.pool import FIXED

            return {name: round(float(best_response([chances], 100)[0]), 3) for name, chances in FIXED.items()}

        return KnownResult(
            "Payoffs per round of best responses to fixed strategies over 100 rounds, to three digits.",
            "by hand, but for extortion: always defecting gains one once from those who punish, two always from those "
            "who do not",
            {
                "always defect": 0.0,
                "always cooperate": 2.0,
                "tit for tat": 1.01,
                "win stay lose shift": 1.01,
                "grim": 1.01,
                "random": 1.0,
                "extortion 3, defects first": 0.413,
                "extortion 3, cooperates first": 0.453,
            },
            measured,
        )
