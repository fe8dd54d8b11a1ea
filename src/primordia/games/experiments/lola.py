"""Learning with opponent-learning awareness: pairs who look ahead to each other's steps, beside naive pairs."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple, final

import numpy as np
import numpy.typing as npt

from primordia.core.experiment import Experiment, KnownResult, Paper
from primordia.core.findings import Finding
from primordia.core.inspection import Inspected
from primordia.core.interventions import Intervention
from primordia.core.metrics import Row
from primordia.core.streams import Streams
from primordia.core.views import View
from primordia.games import pictures
from primordia.games.claims.exact import CLAIMS as EXACT
from primordia.games.claims.lola import CLAIMS
from primordia.games.experiments import lola_findings
from primordia.games.experiments.lola_findings import Arm
from primordia.games.experiments.lola_settings import (
    COOPERATING,
    METRICS,
    PRESETS,
    SATURATED,
    TRANSITIONS,
    LolaConfig,
    look_aheads,
    recipes,
)
from primordia.games.experiments.memory_one_looks import Planting


class LolaState(NamedTuple):
    """Pairs of learners, arm by arm.

    Args:
        arms: first the naive pairs, then those of each look-ahead; learners of the method's own kind.
    """

    arms: tuple[Any, ...]


def arms(config: LolaConfig, state: LolaState) -> tuple[Arm, ...]:
    """Each arm's policies and exact payoffs."""
    import jax

    from primordia.games.learners.lola import Lola, rewards

    judge = Lola(discount=config.discount, payoffs=config.dilemma().table())
    names = ("naive", *(f"K {n_steps}" for n_steps in look_aheads(config)))
    steps = (0, *look_aheads(config))
    found = []
    for name, n_steps, learners in zip(names, steps, state.arms, strict=True):
        logits = learners["logits"] if config.method == "dice" else learners.logits
        policies = np.asarray(jax.device_get(logits), np.float64)
        payoffs = np.asarray(rewards(logits, recipe=judge), np.float64)
        found.append(Arm(name, n_steps, 1 / (1 + np.exp(-np.clip(policies, -500, 500))), payoffs))
    return tuple(found)


def draw_policies(config: LolaConfig, state: LolaState) -> npt.NDArray[np.uint8]:
    """The view "policies"."""
    return pictures.seen(lola_findings.sheet(arms(config, state))[0])


def plant(config: LolaConfig, state: LolaState, streams: Streams, t: int, planted: Planting) -> LolaState:
    """The state with another policy for one agent; what its optimiser remembers stays.

    Raises:
        BadInputError: there are fewer learners or pairs.
    """
    arm, pair, agent = planted.place(len(state.arms), config.n_replicas)
    learners = state.arms[arm]
    logits = np.array(learners["logits"] if config.method == "dice" else learners.logits)
    logits[pair, agent] = planted.logits()
    after = {"logits": logits} if config.method == "dice" else learners._replace(logits=logits)
    return LolaState((*state.arms[:arm], after, *state.arms[arm + 1 :]))


@final
class LolaExperiment(Experiment[LolaConfig, LolaState]):
    """Pairs of memory-one learners in an iterated dilemma, naive and looking ahead."""

    name = "games/lola"
    version = 1
    step_word = "update"
    summary = "Learners who look ahead to each other's learning step cooperate where naive ones defect."
    Config = LolaConfig
    metrics = METRICS
    transitions = TRANSITIONS
    panels: ClassVar[dict[str, tuple[str, ...]]] = {
        "Payoff per round: medians and quartiles of pairs": ("reward", "naive_reward", "always_defect"),
        "Pairs that cooperate": ("cooperating", "naive_cooperating", "tit_for_tat"),
    }
    bands: ClassVar[dict[str, tuple[str, str]]] = {
        "reward": ("reward_low", "reward_high"),
        "naive_reward": ("naive_reward_low", "naive_reward_high"),
    }
    views: ClassVar[dict[str, View]] = {
        "policies": View(
            draw_policies,
            lola_findings.palette(),
            "Probability of cooperation at the start and after CC, CD, DC, DD: a row for each pair, the best paid on "
            "top, with five cells for each of its two agents; naive pairs on the left.",
        )
    }
    interventions: ClassVar[dict[str, Intervention]] = {
        "set-policy": Intervention(
            "Give one agent another policy, a written-down one or one that was kept; it goes on learning from there.",
            Planting,
            plant,
        )
    }
    presets = PRESETS
    claims = (*CLAIMS, *EXACT)
    determinism = "bitwise-per-machine"
    source = Paper(
        title="Learning with Opponent-Learning Awareness",
        authors="J. Foerster, R. Chen, M. Al-Shedivat, S. Whiteson, P. Abbeel, I. Mordatch",
        year=2018,
        arxiv="1709.04326",
        how_we_differ="Payoffs are higher by 2 (both defect: 0). Memory-one policies only; gradients exact, or by DiCE "
        "(arXiv 1802.05098) from games of a fixed length, with the mean of the other games as baseline in place of a "
        "critic. Two agents who act at the same time, as there. The coin game, opponent modelling and the "
        "policy-gradient form of the first paper are not here.",
    )

    def init(self, config: LolaConfig, streams: Streams) -> LolaState:
        """All arms with the same first policies.

        Raises:
            ConfigError: settings that do not go together.
        """
        from primordia.games.learners.lola import Lola, Pairs, begin

        chosen = recipes(config)
        first = begin(Lola(), streams.key("policies", 0), config.n_replicas, config.spread).logits
        if config.method == "dice":
            return LolaState(tuple({"logits": first} for _ in chosen))
        return LolaState(tuple(Pairs(first, recipe.moving().init(first)) for recipe in chosen))

    def step(self, config: LolaConfig, state: LolaState, streams: Streams, t: int) -> tuple[LolaState, Row]:
        """One update of every pair."""
        return self.advance(config, state, streams, t, 1)

    def advance(self, config: LolaConfig, state: LolaState, streams: Streams, t: int, n: int) -> tuple[LolaState, Row]:
        """`n` updates of every pair.

        Raises:
            DivergedError: a policy is not finite; names the update and the pair.
        """
        import jax

        from primordia.games.learners.faults import DivergedError

        learners, notes = list(state.arms), []
        for now in range(t, t + n):
            finite = []
            keys = None
            if config.method == "dice":
                keys = jax.random.split(streams.key("games", now), (len(learners), config.n_replicas))
            for place, recipe in enumerate(recipes(config)):
                learners[place], good = _updated(recipe, learners[place], None if keys is None else keys[place])
                finite.append(good)
            notes.append(finite)
        good = np.asarray(jax.device_get(notes))
        if not good.all():
            update, arm, replica = np.argwhere(~good)[0]
            look_ahead = (0, *look_aheads(config))[arm]
            raise DivergedError(t + int(update) + 1, f"logits with a look-ahead of {look_ahead} steps", int(replica))
        return LolaState(tuple(learners)), {}

    def measure(self, config: LolaConfig, state: LolaState, streams: Streams, t: int) -> Row:
        """Exact payoffs of all pairs, and what their policies look like."""
        naive, ahead, *_ = arms(config, state)
        line = _line(config)
        row: dict[str, float] = {"always_defect": config.punishment}
        for name, arm in (("naive_", naive), ("", ahead)):
            pairs = arm.rewards.mean(1)
            cuts = lola_findings.quartiles(pairs)
            row |= dict(zip((f"{name}reward_low", f"{name}reward", f"{name}reward_high"), cuts, strict=True))
            row[f"{name}cooperating"] = float((pairs > line).mean())
        likely = ahead.policies[..., 1:] > 0.5
        row["tit_for_tat"] = float((likely == np.array([True, False, True, False])).all(-1).mean())
        row["inequality"] = float(np.median(np.abs(ahead.rewards[:, 0] - ahead.rewards[:, 1])))
        row["saturated"] = float((np.minimum(ahead.policies, 1 - ahead.policies) < SATURATED).mean())
        return row

    def findings(self, config: LolaConfig, state: LolaState, streams: Streams, t: int) -> tuple[Finding, ...]:
        """Policies, who gets what and takes from whom, payoff by look-ahead, and a film."""
        return lola_findings.findings(arms(config, state), config.discount, config.dilemma(), _line(config))

    def inspect(
        self, config: LolaConfig, state: LolaState, streams: Streams, t: int, view: str, row: int, column: int
    ) -> tuple[Inspected, ...]:
        """Whose probability it is, the policies of the pair, what the policy gets, and a copy of it to keep."""
        found = arms(config, state)
        return lola_findings.found_at(found, row, column, config.discount, config.dilemma(), "set-policy")

    def known_result(self, config: LolaConfig) -> KnownResult:
        """Tit for tat against one who always defects, by hand."""
        return KnownResult(
            "Payoffs per round of tit for tat and of one who always defects, discount 0.96, to four digits.",
            "tit for tat cooperates in the first round only, which weighs 1 - 0.96: -0.04 and 2 · 0.04",
            [-0.04, 0.08],
            _tit_for_tat_betrayed,
        )


def _updated(recipe: Any, learners: Any, keys: Any) -> tuple[Any, Any]:
    from primordia.games.learners import dice, lola

    if keys is None:
        return lola.update(learners, recipe=recipe)
    after, _, finite = dice.update(learners, keys, recipe=recipe)
    return after, finite


def _line(config: LolaConfig) -> float:
    """The payoff from which on a pair counts as cooperating."""
    return config.punishment + COOPERATING * (config.reward - config.punishment)


def _tit_for_tat_betrayed() -> list[float]:
    from primordia.games.learners.lola import Lola, rewards

    logits = 40.0 * np.array([[[1, 1, -1, 1, -1], [-1] * 5]], np.float32)
    return [round(float(payoff), 4) for payoff in np.asarray(rewards(logits, recipe=Lola()))[0]]
