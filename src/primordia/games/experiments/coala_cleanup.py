"""Learning-aware agents and naive learners at a river that somebody has to clean (arXiv 2410.18636)."""

from __future__ import annotations

from typing import Any, ClassVar, final

import numpy as np

from primordia.core.experiment import Experiment, KnownResult, Paper
from primordia.core.findings import Finding
from primordia.core.inspection import Inspected
from primordia.core.metrics import Row
from primordia.core.streams import Streams
from primordia.core.views import View
from primordia.games import pictures
from primordia.games.claims.coala_cleanup import CLAIMS, growth, published_growth
from primordia.games.experiments import coala_cleanup_findings as shown
from primordia.games.experiments import coala_cleanup_parts as parts
from primordia.games.experiments.coala_cleanup_film import replay
from primordia.games.experiments.coala_cleanup_presets import BANDS, METRICS, PANELS, PRESETS, TRANSITIONS
from primordia.games.experiments.coala_cleanup_settings import CoalaCleanupConfig


@final
class CoalaCleanup(Experiment[CoalaCleanupConfig, Any]):
    """Populations of learning-aware agents, side by side, that meet naive learners and each other in CleanUp."""

    name = "games/coala-cleanup"
    version = 1
    step_word = "update"
    summary = "Who cleans the river, who eats the apples: agents that know that their co-players learn, in CleanUp."
    Config = CoalaCleanupConfig
    metrics = METRICS
    transitions = TRANSITIONS
    panels: ClassVar[dict[str, tuple[str, ...]]] = PANELS
    bands: ClassVar[dict[str, tuple[str, str]]] = BANDS
    views: ClassVar[dict[str, View]] = {
        "places": View(
            shown.draw_places,
            pictures.palette("never there", "a quarter of all steps there"),
            "Where agents stand in the first and in the last inner episode of a meta-episode, in the typical replica: "
            "orchard on the left, river on the right. Above with a naive learner, below with another agent.",
        )
    }
    presets = PRESETS
    claims = CLAIMS
    determinism = "bitwise-per-machine"
    source = Paper(
        title="Multi-agent cooperation through learning-aware policy gradients",
        authors="A. Meulemans, S. Kobayashi, J. von Oswald, N. Scherrer, E. Elmoznino, B. Richards, G. Lajoie, "
        "B. Agüera y Arcas, J. Sacramento",
        year=2024,
        arxiv="2410.18636",
        how_we_differ="The numbers of naive and of learning-aware co-players in an update are fixed where the paper "
        "draws them; weights are centred step by step and each kind is scaled by its own standard deviation; a "
        "population judges its first agent. What the paper leaves open of the game is said at the environment. Sizes "
        "of the presets demo, shaping and pool are ours; those of the paper are kept as presets and were not run.",
    )

    def init(self, config: CoalaCleanupConfig, streams: Streams) -> Any:
        """Fresh populations.

        Raises:
            BadInputError: settings that do not go together.
        """
        import jax

        keys = jax.random.split(streams.key("agents", 0), config.n_replicas)
        return parts.fresh(parts.recipe(config), config.n_agents)(keys)

    def step(self, config: CoalaCleanupConfig, state: Any, streams: Streams, t: int) -> tuple[Any, Row]:
        """One update of every agent."""
        return self.advance(config, state, streams, t, 1)

    def advance(self, config: CoalaCleanupConfig, state: Any, streams: Streams, t: int, n: int) -> tuple[Any, Row]:
        """`n` updates, one compiled program each.

        Raises:
            DivergedError: a gradient or a weight is not finite.
        """
        import jax

        from primordia.games.learners import faults
        from primordia.games.learners.coala import update_replicas

        recipe, found = parts.recipe(config), {}
        for place in range(t, t + n):
            keys = jax.random.split(streams.key("update", place), config.n_replicas)
            state, found = update_replicas(state, keys, recipe=recipe)
        faults.check(state.fault, jax.tree.map(lambda rows: rows[0, 0], state.weights))
        values = jax.device_get(found)
        return state, {name: float(np.median(values[name])) for name in ("gradient_norm", "entropy", "value_error")}

    def measure(self, config: CoalaCleanupConfig, state: Any, streams: Streams, t: int) -> Row:
        """The first agent of every replica, with naive learners and with another agent."""
        return parts.row(parts.judged(config, state, streams))

    def findings(self, config: CoalaCleanupConfig, state: Any, streams: Streams, t: int) -> tuple[Finding, ...]:
        """A film; agents beside written-down roles; a meta-episode from within; where agents stand."""
        found = parts.judged(config, state, streams)
        places = (shown.place_matrix(one) for one in shown.maps(config, found)[0])
        return (
            replay(config, state, found, streams),
            shown.beside_roles(config, found),
            *shown.lessons(found),
            *places,
        )

    def inspect(
        self, config: CoalaCleanupConfig, state: Any, streams: Streams, t: int, view: str, row: int, column: int
    ) -> tuple[Inspected, ...]:
        """Who was how long in which cell, what it did there, and its whole map."""
        return shown.found_at(config, state, row, column)

    def known_result(self, config: CoalaCleanupConfig) -> KnownResult:
        """Whether apples may grow at all, by dirty cells."""
        return KnownResult(
            "Whether an apple ever grows, by the dirty cells as a step begins, in 4,096 steps each.",
            f"arXiv 2410.18636, appendix: probability 1 - min(1, dirty / 3), from {published_growth(0):.3f} on",
            [True, True, True, False, False],
            lambda: [growth(dirty, 4096, 0) > 0 for dirty in range(5)],
        )
