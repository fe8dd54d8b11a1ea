"""Settings of learners who look ahead, what a row holds, and presets."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, final

from primordia.core.config import Spec
from primordia.core.errors import ConfigError
from primordia.core.experiment import Preset
from primordia.core.metrics import Metric, Transition
from primordia.games.environments.payoffs import Dilemma

LOLA, DICE, COALA = "arXiv 1709.04326", "arXiv 1802.05098", "arXiv 2410.18636"
LARGEST_LOOK_AHEAD, MOST_ARMS = 50, 8
COOPERATING = 0.9
"""A pair cooperates if its payoff is this far on the way from both defecting to both cooperating."""
SATURATED = 0.001


@final
@dataclasses.dataclass(frozen=True)
class LolaConfig:
    """Settings of learners who look ahead."""

    seed: Annotated[
        int, Spec("the number that every random draw of the run follows from", ge=0, le=2**64 - 1, source="ours")
    ] = 0
    method: Annotated[
        str,
        Spec(
            "exact: gradients through exact steps; first-order: the published correction; dice: from sampled games",
            choices=("exact", "first-order", "dice"),
            source=f"{LOLA}; {DICE}",
        ),
    ] = "exact"
    look_aheads: Annotated[
        str,
        Spec("steps of the other that are looked ahead, K; several with commas learn side by side", source=DICE),
    ] = "1"
    weight: Annotated[
        float,
        Spec("of the look-ahead's gradient; the rest is that of the payoff as it is", ge=0.0, le=1.0, source=COALA),
    ] = 1.0
    n_replicas: Annotated[int, Spec("pairs that learn side by side", "pairs", ge=1, le=4096, source="ours")] = 64
    discount: Annotated[float, Spec("of payoffs, from round to round", ge=0.0, le=0.9999, source=LOLA)] = 0.96
    optimiser: Annotated[str, Spec("plain gradient ascent or AdamW", choices=("sgd", "adamw"), source=LOLA)] = "sgd"
    learning_rate: Annotated[float, Spec("learning rate", ge=0.0, le=1000.0, source=LOLA)] = 1.0
    step_rate: Annotated[float, Spec("size of a step that is looked ahead", ge=0.0, le=1000.0, source=LOLA)] = 1.0
    normalised: Annotated[
        bool,
        Spec("gradients are of (1 - discount) times the discounted sum, not of the sum", source=f"{LOLA}: the sum"),
    ] = False
    spread: Annotated[
        float, Spec("standard deviation of the first logits, around 0", ge=0.0, le=10.0, source=COALA)
    ] = 1.0
    reward: Annotated[float, Spec("payoff when both cooperate, R", ge=-100.0, le=100.0, source=COALA)] = 1.0
    sucker: Annotated[
        float, Spec("payoff of who cooperates with a defector, S", ge=-100.0, le=100.0, source=COALA)
    ] = -1.0
    temptation: Annotated[
        float, Spec("payoff of who defects on a cooperator, T", ge=-100.0, le=100.0, source=COALA)
    ] = 2.0
    punishment: Annotated[float, Spec("payoff when both defect, P", ge=-100.0, le=100.0, source=COALA)] = 0.0
    n_games: Annotated[
        int, Spec("games for each sampled gradient; of no weight but for dice", "games", ge=1, le=4096, source=DICE)
    ] = 64
    n_rounds: Annotated[
        int, Spec("rounds of a sampled game; of no weight but for dice", "rounds", ge=1, le=1000, source=DICE)
    ] = 150

    def dilemma(self) -> Dilemma:
        """The payoffs."""
        return Dilemma(self.reward, self.sucker, self.temptation, self.punishment)


METRICS = {
    "reward": Metric(
        "payoff per round", "up", "Of pairs that look ahead (first of look_aheads), exact; median of pairs."
    ),
    "reward_low": Metric("payoff per round", "up", "Its lower quartile over pairs."),
    "reward_high": Metric("payoff per round", "up", "Its upper quartile over pairs."),
    "naive_reward": Metric("payoff per round", "up", "Of naive pairs with the same first policies; median of pairs."),
    "naive_reward_low": Metric("payoff per round", "up", "Its lower quartile over pairs."),
    "naive_reward_high": Metric("payoff per round", "up", "Its upper quartile over pairs."),
    "always_defect": Metric("payoff per round", "none", "What two who always defect get, P."),
    "cooperating": Metric("share", "up", "Pairs that look ahead and get nine tenths of the way from P to R, or more."),
    "naive_cooperating": Metric("share", "up", "The same of naive pairs."),
    "tit_for_tat": Metric(
        "share", "none", "Agents that look ahead whose likelier answer is tit for tat's after CC, CD, DC and DD."
    ),
    "inequality": Metric("payoff per round", "none", "Of pairs that look ahead: distance of the two payoffs, median."),
    "saturated": Metric(
        "share",
        "none",
        f"Probabilities of agents that look ahead within {SATURATED:g} of 0 or 1, where learning stops.",
    ),
}
TRANSITIONS = {
    "cooperation": Transition(
        "cooperating",
        0.5,
        "Half of the pairs that look ahead cooperate (threshold ours).",
        before="most pairs defect or are torn",
        after="most pairs cooperate",
    )
}
_SLOW = {"optimiser": "adamw", "learning_rate": 0.005, "step_rate": 5.0, "discount": 0.95, "normalised": True,
         "n_replicas": 32}  # fmt: skip
PRESETS = {
    "small": Preset("Four pairs and a few updates: for checks.", {"n_replicas": 4}, {"steps": 8, "every": 4}),
    "demo": Preset(
        "64 pairs with exact gradients: naive pairs all come to defect, of pairs that look one step ahead four in five "
        "come to cooperate. Seconds.",
        {},
        {"steps": 100, "every": 2},
    ),
    "look-ahead": Preset(
        "1, 2, 3, 10 and 20 steps looked ahead: the farther, the less cooperation. AdamW and rates of Fig. 4A of "
        f"{COALA}; one step has their rate of the others, 5 in place of 10. Two minutes.",
        {**_SLOW, "look_aheads": "1,2,3,10,20"},
        {"steps": 6000, "every": 100},
    ),
    "mixture": Preset(
        "10 and 3 steps looked ahead, with 0.4 of the gradient of the payoff as it is: more with ten steps cooperate.",
        {**_SLOW, "look_aheads": "10,3", "weight": 0.6},
        {"steps": 6000, "every": 100},
    ),
    "dice": Preset(
        "The same from samples: 64 games of 150 rounds for each gradient. Rates of a public reimplementation of DiCE.",
        {"method": "dice", "n_replicas": 8, "learning_rate": 0.2, "step_rate": 0.3},
        {"steps": 200, "every": 5},
    ),
    "paper": Preset(
        f"{LOLA} with exact gradients: the first-order correction, rates 1 and 1 on the raw sum, 50 updates.",
        {"method": "first-order"},
        {"steps": 50, "every": 1},
    ),
}


def look_aheads(config: LolaConfig) -> tuple[int, ...]:
    """The numbers of steps looked ahead.

    Raises:
        ConfigError: they are no whole numbers in range, too many, or more than the first-order form has.
    """
    most = 1 if config.method == "first-order" else LARGEST_LOOK_AHEAD
    parts = [part.strip() for part in config.look_aheads.split(",")]
    if not all(part.isdecimal() and len(part) < 4 and 1 <= int(part) <= most for part in parts):
        raise ConfigError(
            f"look_aheads={config.look_aheads} is not allowed with method={config.method}: it must hold whole numbers "
            f"from 1 to {most} with commas between them, such as {'1' if most == 1 else '1,2,3'}; naive pairs always "
            "learn beside them."
        )
    found = tuple(int(part) for part in parts)
    if len(set(found)) < len(found) or len(found) > MOST_ARMS:
        raise ConfigError(
            f"look_aheads={config.look_aheads} is not allowed: each number may stand once, and at most {MOST_ARMS} of "
            "them."
        )
    return found


def recipes(config: LolaConfig) -> tuple[Any, ...]:
    """How each arm learns; the naive one first."""
    chosen = (0, *look_aheads(config))
    table = config.dilemma().table()
    if config.method == "dice":
        from primordia.games.environments.matrix import MatrixGame
        from primordia.games.learners.dice import Dice
        from primordia.games.policies.one_logit import OneLogit

        if config.optimiser != "sgd" or config.weight != 1 or config.normalised:
            raise ConfigError(
                f"optimiser={config.optimiser}, weight={config.weight:g}, normalised={config.normalised} do not go "
                "with method=dice: it has optimiser=sgd, weight=1 and normalised=false; method=exact has the others."
            )
        game = MatrixGame(payoffs=table, n_steps=config.n_rounds)
        return tuple(
            Dice(game, OneLogit(spread=config.spread), config.n_games, n_steps, config.step_rate, config.learning_rate,
                 config.discount)
            for n_steps in chosen
        )  # fmt: skip
    from primordia.games.learners.lola import Lola

    return tuple(
        Lola(n_steps, config.step_rate, config.weight, config.method, config.optimiser, config.learning_rate,
             config.discount, config.normalised, table)
        for n_steps in chosen
    )  # fmt: skip
