"""games/coala-ipd: its settings, what its rows hold, and settings worth starting from."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, final

from primordia.core.config import Spec
from primordia.core.experiment import Preset
from primordia.core.metrics import Metric, Transition

PAPER = "arXiv 2410.18636"
ARMS = ("naive", "shaping", "mixed")
"""Whom an agent learns with: its pair only; naive learners only; both."""
COOPERATING, EXTORTING, DEFECTING = 0.9, 1.0, 0.1
"""Lines in payoffs: mutual cooperation pays 1, mutual defection 0, and more than 1 has to be taken from someone."""


@final
@dataclasses.dataclass(frozen=True)
class CoalaIpdConfig:
    """Settings of the iterated prisoner's dilemma among learners."""

    seed: Annotated[
        int, Spec("the number that every random draw of the run follows from", ge=0, le=2**64 - 1, source="ours")
    ] = 0
    method: Annotated[
        str,
        Spec(
            "analytic: exact gradients through a naive learner's steps; sampled: policy gradients from played games",
            choices=("analytic", "sampled"),
            source=f"{PAPER}: both",
        ),
    ] = "analytic"
    n_replicas: Annotated[
        int, Spec("independent pairs of agents in each arm", "replicas", ge=1, le=1024, source="ours")
    ] = 8
    p_naive: Annotated[
        float, Spec("share of naive learners among the co-players of the mixed arm", ge=0.0, le=1.0, source="ours")
    ] = 0.25
    n_inner: Annotated[
        int,
        Spec("inner episodes after which a naive learner learns, M", "inner episodes", ge=1, le=200, source=PAPER),
    ] = 20
    naive_rate: Annotated[
        float,
        Spec(
            "step size of a naive learner: on the normalised payoff (analytic), or on normalised returns (sampled)",
            ge=0.0,
            le=1000.0,
            source=f"{PAPER}: 5, read as of the normalised payoff; ours where sampled",
        ),
    ] = 5.0
    spread: Annotated[
        float, Spec("standard deviation of a naive learner's first logits", ge=0.0, le=10.0, source="ours")
    ] = 1.0
    learning_rate: Annotated[
        float, Spec("learning rate of AdamW (analytic) or Adam (sampled)", ge=1e-6, le=1.0, source="ours")
    ] = 0.02
    n_judged: Annotated[
        int, Spec("fresh naive learners that a row judges agents by", "learners", ge=1, le=4096, source="ours")
    ] = 64
    n_naive: Annotated[
        int, Spec("naive learners that an update averages over", "learners", ge=1, le=1024, source="ours")
    ] = 16
    discount: Annotated[
        float, Spec("analytic: of payoffs within an inner episode", ge=0.0, le=0.9999, source=f"{PAPER}: 0.95")
    ] = 0.95
    weight_decay: Annotated[
        float, Spec("analytic: weight decay of AdamW", ge=0.0, le=1.0, source="ours; the paper's is not printed")
    ] = 1e-4
    start: Annotated[
        str,
        Spec(
            "analytic: first logits, normal with the same spread, or all log 0.01",
            choices=("random", "defection"),
            source=f"{PAPER}: both",
        ),
    ] = "random"
    estimator: Annotated[
        str,
        Spec(
            "sampled: what a choice is weighted with against naive learners; only coala's expectation is the gradient",
            choices=("coala", "m-fos", "batch-unaware"),
            source=PAPER,
        ),
    ] = "coala"
    algorithm: Annotated[
        str,
        Spec(
            "sampled: returns and a mean over co-players, or a critic and advantages",
            choices=("reinforce", "a2c", "ppo"),
            source=f"{PAPER}: ppo",
        ),
    ] = "reinforce"
    policy: Annotated[
        str,
        Spec(
            "sampled: a table of the last joint action, or a policy with a memory of the whole meta-episode",
            choices=("tabular", "gru", "hawk"),
            source=f"{PAPER}: hawk",
        ),
    ] = "tabular"
    n_games: Annotated[
        int, Spec("sampled: games in parallel against one co-player, B", "games", ge=2, le=4096, source=PAPER)
    ] = 16
    n_rounds: Annotated[int, Spec("sampled: rounds of an inner episode, T", "rounds", ge=1, le=1000, source=PAPER)] = 10
    clip_norm: Annotated[
        float,
        Spec("sampled: largest norm of an agent's gradient; 0: not clipped", ge=0.0, le=1e6, source=f"{PAPER}: 1"),
    ] = 0.0
    n_meta: Annotated[
        int,
        Spec("sampled: meta-episodes of an update against one's pair", "meta-episodes", ge=1, le=1024, source="ours"),
    ] = 1


ONLY = {
    "analytic": ("discount", "weight_decay", "start"),
    "sampled": ("estimator", "algorithm", "policy", "n_games", "n_rounds", "clip_norm", "n_meta"),
}
"""Settings that one method reads and the other does not."""


def _quartiles(name: str, meaning: str) -> dict[str, Metric]:
    return {
        name: Metric("payoff", "none", f"{meaning}: median over replicas."),
        f"{name}_low": Metric("payoff", "none", f"{meaning}: lower quartile over replicas."),
        f"{name}_high": Metric("payoff", "none", f"{meaning}: upper quartile over replicas."),
    }


WORDS = {
    "naive": "agents that learn with each other only",
    "shaping": "agents that learn with naive learners only",
    "mixed": "agents that learn with naive learners and with each other",
}
MEASURED = {
    "other_play": "Payoff of the two agents of a pair against each other",
    "payoff": "Payoff against a naive learner, over a meta-episode",
    "naive_payoff": "What the naive learner gets over that meta-episode",
    "last_payoff": "Payoff against a naive learner in the last inner episode",
    "last_naive_payoff": "What the naive learner gets in the last inner episode",
}
METRICS = {
    "always_defect": Metric(
        "payoff", "none", "What one that always defects gets from the same naive learners, over a meta-episode."
    ),
    "last_always_defect": Metric(
        "payoff", "none", "What one that always defects gets from them in the last inner episode."
    ),
}
METRICS |= {
    f"{arm}_cooperating": Metric(
        "share", "none", f"Replicas whose pair gets at least {COOPERATING} against each other; {WORDS[arm]}."
    )
    for arm in ARMS
}
METRICS |= {
    f"{arm}_extorting": Metric(
        "share",
        "none",
        f"Replicas that get more than {EXTORTING:g} from a naive learner in the last inner episode; {WORDS[arm]}.",
    )
    for arm in ARMS
}
METRICS |= {
    f"{arm}_{name}": metric
    for arm in ARMS
    for short, meaning in MEASURED.items()
    for name, metric in _quartiles(short, f"{meaning}; {WORDS[arm]}").items()
}
BANDS = {f"{arm}_{name}": (f"{arm}_{name}_low", f"{arm}_{name}_high") for arm in ARMS for name in MEASURED}
PANELS = {
    "Against each other": tuple(f"{arm}_other_play" for arm in ARMS),
    "Against a naive learner, last inner episode: learning with naive learners only": (
        "shaping_last_payoff", "shaping_last_naive_payoff", "last_always_defect",
    ),
    "Against a naive learner, last inner episode: learning with both": (
        "mixed_last_payoff", "mixed_last_naive_payoff", "last_always_defect",
    ),
    "Over a whole meta-episode": ("shaping_payoff", "mixed_payoff", "naive_payoff", "always_defect"),
    "Share of replicas": ("mixed_cooperating", "shaping_extorting", "naive_cooperating", "shaping_cooperating"),
}  # fmt: skip
TRANSITIONS = {
    "defection": Transition(
        "naive_other_play",
        DEFECTING,
        "Agents that learn with each other only have learned to defect (threshold ours; mutual defection pays 0).",
        rising=False,
        before="undecided",
        after="defection",
    ),
    "extortion": Transition(
        "shaping_last_payoff",
        EXTORTING,
        "Against a naive learner the median agent gets more than mutual cooperation pays: it can only be taken.",
        before="shaping",
        after="extortion",
    ),
    "cooperation": Transition(
        "mixed_other_play",
        0.5,
        "Half of what mutual cooperation pays, for the median pair of agents that learn with both kinds.",
        before="undecided",
        after="cooperation",
    ),
}
SAMPLED: dict[str, Any] = {
    "method": "sampled", "naive_rate": 8.0, "spread": 0.5, "n_inner": 10, "n_judged": 16,
}  # fmt: skip
"""What played games need: naive learners that a meta-episode of 100 rounds is enough to lead."""
PRESETS = {
    "small": Preset(
        "Two pairs and three inner episodes: for checks.",
        {"n_replicas": 2, "n_naive": 2, "n_inner": 2, "n_judged": 3},
        {"steps": 8, "every": 4},
    ),
    "demo": Preset(
        "Eight pairs in each arm: alone they defect, with naive learners they extort, with both they cooperate. About "
        "a minute on two quiet cores.",
        {},
        {"steps": 2500, "every": 50},
    ),
    "fast": Preset(
        "Naive learners that learn four times as fast are extorted harder. Even mixed pairs extort: one of eight "
        "cooperates in the end.",
        {"naive_rate": 20.0},
        {"steps": 2500, "every": 50},
    ),
    "defection": Preset(
        "From near-certain defection, as in the paper's figure: the shaping payoff escapes, cooperation has not "
        "followed in 4000 updates.",
        {"start": "defection"},
        {"steps": 4000, "every": 100},
    ),
    "slow": Preset(
        "The learning rate that the paper prints, a quarter of the demo's: the same phases, later and further apart.",
        {"learning_rate": 0.005},
        {"steps": 6000, "every": 100},
    ),
    "sampled": Preset(
        "COALA-PG from played games, with tables: the settings of the claims G09 and G10, but in pairs. Not yet run to "
        "its end.",
        {**SAMPLED, "n_replicas": 4, "p_naive": 0.15},
        {"steps": 3000, "every": 100},
    ),
    "m-fos": Preset(
        "The same with M-FOS's estimator, whose shaping signal is sixteen times too small. Not yet run to its end.",
        {**SAMPLED, "n_replicas": 4, "p_naive": 0.15, "estimator": "m-fos"},
        {"steps": 3000, "every": 100},
    ),
    "gru": Preset(
        "COALA-PG with a recurrent policy that remembers the whole meta-episode: the settings of the claim G08, with "
        "bounded gradients. Not yet run to its end.",
        {**SAMPLED, "n_replicas": 3, "policy": "gru", "n_naive": 8, "learning_rate": 0.005, "clip_norm": 0.5},
        {"steps": 1500, "every": 50},
    ),
    "paper": Preset(
        "The paper's sizes for played games, with our naive learners (the paper's are recurrent). For a graphics "
        "card; not run to its end.",
        {
            **SAMPLED,
            "n_replicas": 2,
            "p_naive": 0.75,
            "policy": "hawk",
            "algorithm": "ppo",
            "n_inner": 20,
            "n_naive": 96,
            "n_meta": 32,
            "clip_norm": 1.0,
            "learning_rate": 3e-4,
        },
        {"steps": 3000, "every": 100},
    ),
}
