"""Settings, metrics and presets of games/coplayer-inference."""

from __future__ import annotations

import dataclasses
from typing import Annotated, final

from primordia.core.config import Spec
from primordia.core.errors import ConfigError
from primordia.core.experiment import Preset
from primordia.core.metrics import Metric, Transition

PAPER = "arXiv 2602.16301"
TOGETHER = "side by side"
POOLS = (TOGETHER, "mixed", "identified", "learners-only")
ARM_OF = {"mixed": "mixed", "identified": "identified", "learners-only": "alone"}
ARMS = {
    "mixed": "in the mixed pool",
    "identified": "with opponents named",
    "alone": "without the pool",
    "decoupled": "in the mixed pool, with a self-model that says nothing about others",
}
MOST_ENUMERATED = 11
MOST_NUMBERS = 2**26
"""Of histories in all replicas together: arrays of 268 MB."""
MOST_ROWS = 60
"""Rows of the picture of phases."""


@final
@dataclasses.dataclass(frozen=True)
class CoplayerConfig:
    """Settings of co-player inference."""

    seed: Annotated[
        int, Spec("the number that every random draw of the run follows from", ge=0, le=2**64 - 1, source="ours")
    ] = 0
    method: Annotated[
        str,
        Spec(
            "who predicts: the exact mixture of all that was played, a trained sequence model, or nobody (A2C)",
            choices=("mixture", "ppi", "a2c"),
            source=f"ppi and a2c: {PAPER}; mixture: ours, after arXiv 2511.22226",
        ),
    ] = "mixture"
    pool: Annotated[
        str,
        Spec(
            "whom learners meet; side by side runs all, and a decoupled learner, and needs the method mixture",
            choices=POOLS,
            source=f"{PAPER}, Fig. 1",
        ),
    ] = TOGETHER
    n_rounds: Annotated[
        int, Spec("rounds of an episode; at most 11 for the mixture", "rounds", ge=2, le=1000, source=f"{PAPER}: 100")
    ] = 9
    n_phases: Annotated[
        int,
        Spec("phases (updates of a2c) that the run is planned for", "phases", ge=1, le=10**6, source=f"{PAPER}: 30"),
    ] = 30
    strength: Annotated[
        float,
        Spec(
            "beta, by which planning changes behaviour for each unit of payoff",
            "nats per payoff",
            ge=0.0,
            le=1e4,
            source=f"{PAPER} has 0.01; we read it as a temperature, 1/beta",
        ),
    ] = 100.0
    n_first: Annotated[
        int,
        Spec("episodes watched before the first phase", "episodes", ge=1, le=10**7, source=f"{PAPER}: 200,000"),
    ] = 10_000
    n_episodes: Annotated[
        int,
        Spec("episodes of a phase or update; of the mixture, a share of n_first", "episodes", ge=2, le=10**6,
             source=f"{PAPER}: 20,000"),
    ] = 1000  # fmt: skip
    n_replicas: Annotated[
        int, Spec("mixture: runs with pools of their own", "replicas", ge=1, le=256, source="ours")
    ] = 8
    n_programs: Annotated[
        int, Spec("mixture: programs in the pool of a replica", "programs", ge=1, le=4096, source="ours")
    ] = 64
    grain: Annotated[
        float,
        Spec(
            "mixture: weight, in phases, of the guess that an unnamed opponent acts like the pool, where all of the "
            "pool are named",
            "phases",
            ge=1e-9,
            le=10.0,
            source="ours: none of the first episodes is with a learner",
        ),
    ] = 1e-3
    n_rollouts: Annotated[
        int, Spec("ppi: imagined continuations of an action", "rollouts", ge=1, le=1024, source="ours: not printed")
    ] = 8
    n_ahead: Annotated[int, Spec("ppi: rounds that are imagined", "rounds", ge=1, le=1000, source=f"{PAPER}: 15")] = 8
    n_units: Annotated[int, Spec("recurrent units", "units", ge=1, le=4096, source=f"{PAPER}: 128")] = 32
    n_embedded: Annotated[
        int, Spec("ppi: numbers that an element is embedded in", ge=1, le=4096, source=f"{PAPER}: 32")
    ] = 16
    learning_rate: Annotated[
        float, Spec("of AdamW (ppi) or Adam (a2c)", ge=1e-7, le=1.0, source=f"a2c, step 4 of {PAPER}; ppi there: 1e-4")
    ] = 1e-3
    n_batch: Annotated[int, Spec("ppi: episodes in a batch of training", "episodes", ge=1, le=65_536, source=PAPER)] = (
        256
    )
    n_epochs: Annotated[int, Spec("ppi: passes over all episodes", "epochs", ge=1, le=1000, source=PAPER)] = 10
    entropy: Annotated[float, Spec("a2c: weight of the entropy", ge=0.0, le=10.0, source=f"{PAPER}, step 4")] = 0.01
    rescale: Annotated[
        float, Spec("a2c: factor of payoffs for the critic", ge=1e-6, le=100.0, source=f"{PAPER}, step 4")
    ] = 0.02

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms of the run."""
        return tuple(ARMS) if self.pool == TOGETHER else (ARM_OF[self.pool],)

    @property
    def with_mixed(self) -> bool:
        """Whether learners in the mixed pool are among the arms."""
        return "mixed" in self.arms

    @property
    def with_identified(self) -> bool:
        """Whether learners with named opponents are."""
        return "identified" in self.arms

    @property
    def with_alone(self) -> bool:
        """Whether learners without a pool are."""
        return "alone" in self.arms

    @property
    def with_decoupled(self) -> bool:
        """Whether decoupled learners are."""
        return "decoupled" in self.arms

    @property
    def with_names(self) -> bool:
        """Whether it is known what learners do with named members of the pool: not by the mixture."""
        return self.with_identified and self.method != "mixture"

    @property
    def with_model(self) -> bool:
        """Whether a sequence model is trained."""
        return self.method == "ppi"

    @property
    def with_critic(self) -> bool:
        """Whether a critic is."""
        return self.method == "a2c"

    @property
    def with_planning(self) -> bool:
        """Whether learners plan."""
        return self.method != "a2c"

    def check(self) -> None:
        """Refuse settings that do not go together, before anything is compiled.

        Raises:
            ConfigError: says which, and the nearest that do.
        """
        if self.method != "mixture" and self.pool == TOGETHER:
            raise ConfigError(
                f"pool={TOGETHER} needs method=mixture; with method={self.method} a run has one pool: give mixed, "
                "identified or learners-only."
            )
        if self.method == "mixture" and self.n_rounds > MOST_ENUMERATED:
            raise ConfigError(
                f"n_rounds={self.n_rounds} is too long for the mixture, which lists all 4^n_rounds histories; allowed: "
                f"from 2 to {MOST_ENUMERATED}; the nearest is {MOST_ENUMERATED}."
            )
        if self.method == "mixture" and self.n_replicas * 4**self.n_rounds > MOST_NUMBERS:
            near = MOST_NUMBERS // 4**self.n_rounds
            raise ConfigError(
                f"n_replicas={self.n_replicas} with n_rounds={self.n_rounds} has too many histories to be kept, "
                f"{self.n_replicas} times 4^{self.n_rounds}; allowed: at most {MOST_NUMBERS}; the nearest is "
                f"n_replicas={near}."
            )


def _of_arm(arm: str, words: str) -> dict[str, Metric]:
    """What is told of every arm; over replicas of the mixture, over episodes of a learner."""
    needs = f"with_{arm}"
    return {
        f"{arm}_cooperation": Metric(
            "share", "up", f"Cooperation among learners {words}: median over replicas (mixture) or episodes.", needs
        ),
        f"{arm}_low": Metric("share", "up", "The lower quartile of it.", needs),
        f"{arm}_high": Metric("share", "up", "The upper quartile of it.", needs),
        f"{arm}_above_half": Metric(
            "share", "up", f"Replicas or episodes {words} in which learners cooperate in more than half of the rounds.",
            needs,
        ),
        f"{arm}_first": Metric("share", "up", f"Mean cooperation among learners {words} in the first round.", needs),
        f"{arm}_late": Metric(
            "share", "up", f"The same over the second half of an episode, the last round apart, {words}.", needs
        ),
    }  # fmt: skip


def _with_pool(arm: str, words: str, needs: str) -> dict[str, Metric]:
    return {
        f"{arm}_pool_payoff": Metric(
            "payoff per round", "up", f"What a learner gets from members of the pool {words}; beside always_defect.",
            needs,
        ),
        f"{arm}_gain": Metric(
            "payoff per round", "up", f"The same in the second half of an episode less that in the first {words}: what "
            "is learnt in context.", needs,
        ),
    }  # fmt: skip


METRICS = {
    **{name: metric for arm, words in ARMS.items() for name, metric in _of_arm(arm, words).items()},
    **_with_pool("mixed", ARMS["mixed"], "with_mixed"),
    **_with_pool("identified", ARMS["identified"], "with_names"),
    **_with_pool("decoupled", ARMS["decoupled"], "with_decoupled"),
    "always_defect": Metric("payoff per round", "none", "What always defecting gets from the pool, exactly."),
    "oracle": Metric(
        "payoff per round", "none", "What a best response to each known member of the pool gets, by backward induction."
    ),
    "pull": Metric(
        "nats", "none", "Mean of beta |Q(D) - Q(C)| in the first arm: how hard planning pulls behaviour.",
        "with_planning",
    ),
    "observation_loss": Metric("nats", "down", "Of the model, for the next observation.", "with_model"),
    "payoff_loss": Metric("payoff squared", "down", "Of the model, for a payoff.", "with_model"),
    "action_loss": Metric("nats", "down", "Of the model, for one's own next action.", "with_model"),
    "policy_entropy": Metric("nats", "none", "Of the policy, for an action.", "with_critic"),
}  # fmt: skip
TRANSITIONS = {
    "cooperating": Transition(
        "mixed_late",
        0.5,
        "Learners in the mixed pool cooperate in most of the second half of their episodes (threshold ours).",
        before="learners defect on each other",
        after="learners recognise each other and cooperate",
    )
}
PANELS = {
    "Cooperation among learners": tuple(f"{arm}_cooperation" for arm in ARMS),
    "Cooperation late in an episode": tuple(f"{arm}_late" for arm in ARMS),
    "Payoff with the pool": ("mixed_pool_payoff", "identified_pool_payoff", "decoupled_pool_payoff", "always_defect",
                             "oracle"),
    "Losses of the model": ("observation_loss", "payoff_loss", "action_loss"),
}  # fmt: skip
BANDS = {f"{arm}_cooperation": (f"{arm}_low", f"{arm}_high") for arm in ARMS}
_TINY = {
    "n_rounds": 3, "n_phases": 8, "n_first": 20, "n_episodes": 8, "n_replicas": 2, "n_programs": 3, "n_rollouts": 2,
    "n_ahead": 2, "n_units": 4, "n_embedded": 3, "n_batch": 4, "n_epochs": 1,
}  # fmt: skip
_LAPTOP = {"method": "ppi", "pool": "mixed", "n_rounds": 20, "n_phases": 10, "strength": 1.0}
PRESETS = {
    "small": Preset("Three rounds, two replicas: for checks.", _TINY, {"steps": 8, "every": 4}),
    "demo": Preset(
        "The exact mixture, nine rounds, eight pools, four arms side by side. In the mixed pool learners find out "
        "within an episode whom they play, and cooperate with their like.",
        {},
        {"steps": 30, "every": 1},
    ),
    "gentle": Preset(
        "The same with beta = 1, so that planning pulls by about one nat: nobody cooperates.",
        {"strength": 1.0},
        {"steps": 30, "every": 1},
    ),
    "ppi": Preset(
        "A sequence model of 32 units, 20 rounds, ten phases: the paper's algorithm at the size of a laptop.",
        _LAPTOP,
        {"steps": 10, "every": 1},
    ),
    "identified": Preset(
        "The same, but learners are told whom they play.", {**_LAPTOP, "pool": "identified"}, {"steps": 10, "every": 1}
    ),
    "learners-only": Preset(
        "The same without a pool.", {**_LAPTOP, "pool": "learners-only"}, {"steps": 10, "every": 1}
    ),
    "a2c": Preset(
        "Advantage actor-critic in the mixed pool, small: it learns to defect always within some 30 updates.",
        {"method": "a2c", "pool": "mixed", "n_rounds": 20, "n_episodes": 512, "n_phases": 2000, "learning_rate": 5e-3},
        {"steps": 2000, "every": 50},
    ),
    "paper": Preset(
        "The paper's sizes: 100 rounds, 200,000 first episodes, 30 phases of 20,000. Hundreds of hours on a CPU; not "
        "yet run. Rollouts for each action are not printed there; beta is its 0.01.",
        {"method": "ppi", "pool": "mixed", "n_rounds": 100, "n_phases": 30, "strength": 0.01, "n_first": 200_000,
         "n_episodes": 20_000, "n_ahead": 15, "n_units": 128, "n_embedded": 32, "learning_rate": 1e-4},
        {"steps": 30, "every": 1},
    ),
}  # fmt: skip
