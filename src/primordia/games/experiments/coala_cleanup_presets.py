"""games/coala-cleanup: what its rows hold, and settings worth starting from."""

from __future__ import annotations

from typing import Any

from primordia.core.experiment import Preset
from primordia.core.metrics import Metric, Transition
from primordia.games.experiments.coala_cleanup_settings import PAPER

QUARTILES = {
    "payoff": ("apples", "Apples of an agent in an inner episode with a naive learner"),
    "naive_payoff": ("apples", "Apples of that naive learner"),
    "last_payoff": ("apples", "Apples of the agent in the last inner episode"),
    "last_naive_payoff": ("apples", "Apples of the naive learner in the last inner episode"),
    "cleaned": ("cells", "Cells that the agent cleans in an inner episode with a naive learner"),
    "naive_cleaned": ("cells", "Cells that the naive learner cleans"),
    "zaps": ("zaps", "How often the agent freezes the naive learner in an inner episode"),
    "naive_zaps": ("zaps", "How often the naive learner freezes the agent"),
    "dirt": ("cells", "Dirty cells, in the mean over steps with a naive learner; from three on nothing grows"),
    "eater_payoff": ("apples", "What one that only eats gets in place of the agent, from the same naive learners"),
}
"""Of every replica, with naive learners: name -> unit and meaning."""

AMONG_AGENTS = {
    "meta_payoff": ("apples", "Apples of an agent in an inner episode with another agent"),
    "meta_zaps": ("zaps", "How often an agent freezes another in an inner episode"),
    "meta_unfairness": (
        "share",
        "How unevenly two agents share the cleaning: difference over sum, 0 if they clean alike, 1 if one does it all",
    ),
}
"""The same among agents, where these meet."""


def _metrics() -> dict[str, Metric]:
    found = {
        "gradient_norm": Metric("dimensionless", "none", "Norm of the agents' gradient: median over replicas."),
        "entropy": Metric("nats", "none", "Entropy of the agents' choices in training: median over replicas."),
        "value_error": Metric("dimensionless", "down", "Squared error of the critic, scaled: median over replicas."),
    }
    for table, needs in ((QUARTILES, ""), (AMONG_AGENTS, "n_meta")):
        for name, (unit, meaning) in table.items():
            for end, word in (("", "median"), ("_low", "lower quartile"), ("_high", "upper quartile")):
                found[name + end] = Metric(unit, "none", f"{meaning}: {word} over replicas.", needs)
    return found


METRICS = _metrics()
BANDS = {name: (f"{name}_low", f"{name}_high") for name in (*QUARTILES, *AMONG_AGENTS)}
PANELS = {
    "Apples in an inner episode": ("payoff", "naive_payoff", "meta_payoff", "eater_payoff"),
    "Apples in the last inner episode": ("last_payoff", "last_naive_payoff"),
    "Cleaning": ("cleaned", "naive_cleaned", "dirt"),
    "Zaps": ("zaps", "naive_zaps", "meta_zaps"),
}
TRANSITIONS = {
    "harvest": Transition(
        "payoff",
        2.0,
        "Agents get two apples an inner episode; random play gets less than one (threshold ours).",
        before="wandering",
        after="harvest",
    ),
}

_SHAPING: dict[str, Any] = {"n_agents": 1, "n_meta": 0, "start": "pool"}
_POOL: dict[str, Any] = {"n_agents": 3, "start": "dynamic", "n_episodes": 5}

PRESETS = {
    "small": Preset(
        "Two inner episodes of four steps at a clean river, where apples grow at once: for checks.",
        {
            "n_replicas": 2, "n_agents": 1, "policy": "gru", "n_units": 2, "n_games": 2, "n_episodes": 2, "n_steps": 4,
            "n_naive": 1, "n_meta": 0, "start": "fresh", "algorithm": "a2c", "naive_optimiser": "sgd", "n_judged": 1,
            "n_dirty": 0,
        },
        {"steps": 8, "every": 4},
    ),
    "demo": Preset(
        "Two agents that learn among themselves and with naive learners that begin as they are: they begin to clean "
        "and to eat, from 0.4 apples to 4; far too short a run for shaping. Sizes and recipe are ours.",
        {"policy": "gru", "n_naive": 2, "n_meta": 2, "n_episodes": 4, "n_replicas": 2, "learning_rate": 3e-3,
         "entropy_weight": 0.01},
        {"steps": 120, "every": 10},
    ),
    "shaping": Preset(
        "One agent with naive learners only, from a pool of ten; the paper's game with a twentieth of its games and a "
        "fifth of its inner episodes. Hours; not yet run to its end.",
        {**_SHAPING, "n_episodes": 20, "n_naive": 4},
        {"steps": 3000, "every": 20},
    ),
    "pool": Preset(
        "Three agents among themselves and with naive learners that begin as they are, three to one; the paper's game "
        "with four meta-episodes where it has 512. Hours; not yet run to its end.",
        {**_POOL, "naive_optimiser": "adam"},
        {"steps": 10_000, "every": 50},
    ),
    "paper-shaping": Preset(
        f"The settings of {PAPER} for shaping: a hundred million steps an update. Not run here.",
        {**_SHAPING, "n_replicas": 1, "n_games": 32, "n_episodes": 100, "n_naive": 512},
        {"steps": 3000, "every": 10},
    ),
    "paper": Preset(
        f"The settings of {PAPER} for a pool of agents: ten million steps an update. Not run here.",
        {
            **_POOL, "n_replicas": 1, "n_games": 64, "n_naive": 384, "n_meta": 128, "algorithm": "a2c",
            "optimiser": "sgd", "learning_rate": 0.1, "naive_optimiser": "sgd", "naive_rate": 1.0,
            "naive_discount": 1.0,
        },
        {"steps": 30_000, "every": 50},
    ),
}  # fmt: skip
