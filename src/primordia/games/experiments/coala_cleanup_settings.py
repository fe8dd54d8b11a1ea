"""games/coala-cleanup: its settings."""

from __future__ import annotations

import dataclasses
from typing import Annotated, final

from primordia.core.config import Spec

PAPER = "arXiv 2410.18636"
POLICIES = ("hawk", "gru", "rg-lru", "minds/mesa", "minds/gated-deltanet")


@final
@dataclasses.dataclass(frozen=True)
class CoalaCleanupConfig:
    """Settings of CleanUp among learners."""

    seed: Annotated[
        int, Spec("the number that every random draw of the run follows from", ge=0, le=2**64 - 1, source="ours")
    ] = 0
    n_replicas: Annotated[
        int, Spec("independent populations that are trained side by side", "replicas", ge=1, le=256, source="ours")
    ] = 3
    n_agents: Annotated[
        int, Spec("learning-aware agents of a population", "agents", ge=1, le=64, source=f"{PAPER}: 1 and 3")
    ] = 2
    policy: Annotated[
        str, Spec("what agents and naive learners are made of", choices=POLICIES, source=f"{PAPER}: hawk")
    ] = "hawk"
    n_units: Annotated[int, Spec("units of a policy", "units", ge=2, le=1024, source=f"{PAPER}: 32")] = 32
    n_games: Annotated[
        int,
        Spec("games in parallel against one co-player, B", "games", ge=1, le=4096, source=f"{PAPER}: 32 and 64"),
    ] = 16
    n_episodes: Annotated[
        int, Spec("inner episodes, M", "inner episodes", ge=1, le=1000, source=f"{PAPER}: 100 and 5")
    ] = 5
    n_steps: Annotated[int, Spec("steps of an inner episode, T", "steps", ge=1, le=10_000, source=PAPER)] = 64
    n_naive: Annotated[
        int,
        Spec(
            "meta-episodes of an agent and update with naive learners", ge=1, le=65_536, source=f"{PAPER}: 384 to 512"
        ),
    ] = 3
    n_meta: Annotated[
        int,
        Spec("meta-episodes of an agent and update with other agents", ge=0, le=65_536, source=f"{PAPER}: 0 to 128"),
    ] = 1
    start: Annotated[
        str,
        Spec(
            "where naive learners begin: fresh weights, one of a fixed pool of ten, or an agent's weights",
            choices=("fresh", "pool", "dynamic"),
            source=f"{PAPER}: pool when shaping, dynamic in the pool of agents",
        ),
    ] = "dynamic"
    estimator: Annotated[
        str,
        Spec(
            "what a choice is weighted with against naive learners",
            choices=("coala", "m-fos", "batch-unaware", "policy-gradient"),
            source=PAPER,
        ),
    ] = "coala"
    algorithm: Annotated[
        str, Spec("how agents step", choices=("ppo", "a2c"), source=f"{PAPER}: ppo when shaping, a2c in the pool")
    ] = "ppo"
    n_epochs: Annotated[int, Spec("passes of ppo", "passes", ge=1, le=64, source=PAPER)] = 4
    n_minibatches: Annotated[int, Spec("parts of a pass of ppo", "parts", ge=1, le=1024, source=PAPER)] = 2
    optimiser: Annotated[
        str, Spec("of the agents", choices=("adam", "sgd"), source=f"{PAPER}: adam when shaping, sgd in the pool")
    ] = "adam"
    learning_rate: Annotated[
        float, Spec("step size of the agents", ge=1e-7, le=10.0, source=f"{PAPER}: 0.001 with adam, 0.1 with sgd")
    ] = 1e-3
    entropy_weight: Annotated[
        float, Spec("weight of the entropy of the agents' choices", ge=0.0, le=10.0, source=f"{PAPER}: 0")
    ] = 0.0
    naive_optimiser: Annotated[
        str, Spec("of naive learners", choices=("adam", "sgd"), source=f"{PAPER}: adam when shaping, sgd in the pool")
    ] = "adam"
    naive_rate: Annotated[
        float, Spec("step size of naive learners", ge=0.0, le=10.0, source=f"{PAPER}: 0.005 with adam, 1 with sgd")
    ] = 0.005
    naive_discount: Annotated[
        float, Spec("discount of naive learners", ge=0.0, le=1.0, source=f"{PAPER}: 0.99 when shaping, 1 in the pool")
    ] = 0.99
    payoff_scale: Annotated[
        float, Spec("payoffs are multiplied by it for learning", ge=1e-6, le=1e3, source=f"{PAPER}: 0.1")
    ] = 0.1
    n_dirty: Annotated[int, Spec("dirty cells as an episode begins", "cells", ge=0, le=5, source=f"{PAPER}: 3")] = 3
    dirt_rate: Annotated[
        float, Spec("probability of a new dirty cell in a step", ge=0.0, le=1.0, source=f"{PAPER}: 0.35")
    ] = 0.35
    n_judged: Annotated[
        int, Spec("meta-episodes that a row judges an agent by", "meta-episodes", ge=1, le=4096, source="ours")
    ] = 2
