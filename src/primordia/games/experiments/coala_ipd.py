"""Learners among learners in the iterated prisoner's dilemma: defection, extortion, cooperation (arXiv 2410.18636)."""

from __future__ import annotations

from typing import Any, ClassVar, final

from primordia.core.experiment import Experiment, KnownResult, Paper
from primordia.core.findings import Finding
from primordia.core.inspection import Inspected
from primordia.core.interventions import Intervention
from primordia.core.metrics import Row
from primordia.core.streams import Streams
from primordia.core.views import View
from primordia.games import pictures
from primordia.games.claims.coala_ipd import CLAIMS
from primordia.games.claims.coala_ipd_sampled import CLAIMS as SAMPLED
from primordia.games.claims.estimators import CLAIMS as ESTIMATORS
from primordia.games.experiments.coala_ipd_findings import PLANTED, draw_policies, every, found_at, plant
from primordia.games.experiments.coala_ipd_judging import method, row
from primordia.games.experiments.coala_ipd_settings import BANDS, METRICS, PANELS, PRESETS, TRANSITIONS, CoalaIpdConfig
from primordia.games.experiments.memory_one_looks import Planting

CHI = 3.0
"""Extortion of the known result: against full cooperation it gets 3·3/7 and leaves 3/7 (Press and Dyson 2012)."""


@final
class CoalaIpd(Experiment[CoalaIpdConfig, Any]):
    """Three arms of the same agents: with each other only, with naive learners only, and with both."""

    name = "games/coala-ipd"
    version = 1
    step_word = "update"
    summary = "Naive learners defect; an agent aware of their learning extorts them; two such agents come to cooperate."
    Config = CoalaIpdConfig
    metrics = METRICS
    transitions = TRANSITIONS
    panels: ClassVar[dict[str, tuple[str, ...]]] = PANELS
    bands: ClassVar[dict[str, tuple[str, str]]] = BANDS
    views: ClassVar[dict[str, View]] = {
        "policies": View(
            draw_policies,
            pictures.palette(),
            "Probability of cooperation at the start and after each joint action (own action first), a row for each "
            "agent: those that learn with each other, with naive learners, with both.",
        )
    }
    interventions: ClassVar[dict[str, Intervention]] = {
        PLANTED: Intervention(
            "Give one agent another policy, a written-down one or one that was kept; it goes on learning from there "
            "(method=analytic only).",
            Planting,
            plant,
        )
    }
    presets = PRESETS
    claims = (*ESTIMATORS, *CLAIMS, *SAMPLED)
    determinism = "bitwise-per-machine"
    source = Paper(
        title="Multi-agent cooperation through learning-aware policy gradients",
        authors="A. Meulemans, S. Kobayashi, J. von Oswald, N. Scherrer, E. Elmoznino, B. Richards, G. Lajoie, "
        "B. Agüera y Arcas, J. Sacramento",
        year=2024,
        arxiv="2410.18636",
        how_we_differ="The analytic game's settings are not all printed: the naive step of 5 is read as one on the "
        "normalised payoff, payoffs over inner episodes are averaged against both kinds of co-player, naive learners "
        "start at normal logits, and AdamW's rate is 0.02 (0.005 in the preset `slow`). Pairs are replicas, where the "
        "paper has one population.",
    )

    def init(self, config: CoalaIpdConfig, streams: Streams) -> Any:
        """The same fresh pairs in every arm."""
        return method(config).begin(config, streams)

    def step(self, config: CoalaIpdConfig, state: Any, streams: Streams, t: int) -> tuple[Any, Row]:
        """One update of every agent."""
        return self.advance(config, state, streams, t, 1)

    def advance(self, config: CoalaIpdConfig, state: Any, streams: Streams, t: int, n: int) -> tuple[Any, Row]:
        """`n` updates of every agent.

        Raises:
            DivergedError: a weight or a gradient is not finite.
        """
        made = method(config)
        for update in range(t, t + n):
            state = made.update(config, state, streams, update)
            made.check(state, update + 1)
        return state, {}

    def measure(self, config: CoalaIpdConfig, state: Any, streams: Streams, t: int) -> Row:
        """Every agent against its pair, and through a meta-episode with naive learners that never change."""
        return row(method(config).judged(config, state, streams))

    def findings(self, config: CoalaIpdConfig, state: Any, streams: Streams, t: int) -> tuple[Finding, ...]:
        """Who gets what; a meta-episode from within; policies; who extorts whom; games to watch."""
        return every(config, state, streams)

    def inspect(
        self, config: CoalaIpdConfig, state: Any, streams: Streams, t: int, view: str, row: int, column: int
    ) -> tuple[Inspected, ...]:
        """Whose probability it is, the policies of the pair, what the policy gets, and a copy of it to keep."""
        return found_at(config, state, row, column)

    def known_result(self, config: CoalaIpdConfig) -> KnownResult:
        """What a zero-determinant extortioner gets from one that always cooperates."""

        def measured() -> list[float]:
            import numpy as np

            from primordia.games.exact.zero_determinant import extortion, largest_phi
            from primordia.games.learners.analytic import Analytic, payoffs_of

            both = np.array([extortion(CHI, largest_phi(CHI)), (1.0,) * 5], np.float32)
            met = payoffs_of(Analytic(discount=0.999999), both.T)
            return [round(float(met[0, 1]), 4), round(float(met[1, 0]), 4)]

        return KnownResult(
            "Payoffs of the extortioner with a factor of 3 and of one that always cooperates, to four places.",
            "Press and Dyson 2012; arXiv 2410.18636: 3·3/(1 + 2·3) and 3/(1 + 2·3)",
            [1.2857, 0.4286],
            measured,
        )
