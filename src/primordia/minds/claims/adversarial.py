"""Recall with too little memory against an adversary: what random storage promises (the idea is arXiv 2408.10818's).

Nothing is trained. Regions were fixed before measuring, from closed forms and the scatter of the simulation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from primordia.core.claims import Claim, Expected, Measurement
from primordia.core.streams import Streams

Setup: TypeAlias = Mapping[str, Any]
PAPER = "arXiv 2408.10818 (the idea)"


def simulated(setup: Setup) -> Measurement:
    """Success of a policy of storage on the worst of many inputs (assignments of bits x queries), by simulation.

    With more than one vote, the mean over inputs of what the majority of so many seeds gets right.
    """
    import jax
    import jax.numpy as jnp

    from primordia.minds.tasks.adversarial import AdversarialRecall, majority_success, worst_case
    from primordia.minds.tasks.oracles.adversarial import first_storage, random_storage

    task, streams, memory = AdversarialRecall(n_items=setup["n_items"]), Streams(setup["seed"]), setup["memory"]
    values = task.values(streams.key("values", 0), setup["n_assignments"])
    if setup["policy"] == "first":
        answers = jax.vmap(lambda bits: first_storage(bits, memory))(values)[:, None]
    else:
        keys = jax.random.split(streams.key("seeds", 0), (setup["n_assignments"], setup["n_seeds"]))
        answers = jax.vmap(lambda bits, row: jax.vmap(lambda key: random_storage(bits, memory, key))(row))(values, keys)
    success = (answers == values[:, None]).all(axis=-1).astype(jnp.float32)
    by_input = jnp.moveaxis(success, 2, 1).reshape(-1, success.shape[1])
    if setup["n_votes"] == 1:
        return Measurement(float(worst_case(by_input)), f"mean {float(jnp.mean(by_input)):.4f}")
    votes = setup["n_votes"]
    groups = by_input[:, : by_input.shape[1] // votes * votes].reshape(-1, votes)
    return Measurement(float(jnp.mean(majority_success(groups, votes))), f"{len(groups)} votes were held")


def _policy(policy: str, memory: int, n_votes: int = 1) -> dict[str, Any]:
    return {
        "policy": policy,
        "memory": memory,
        "n_votes": n_votes,
        "n_items": 20,
        "n_assignments": 16,
        "n_seeds": 4000,
        "seed": 0,
    }


CLAIMS = (
    Claim(
        "M28",
        "With 10 of 20 items stored at random, no query succeeds with less than 3/4: 1/2 + M / (2 N).",
        f"{PAPER}; derived",
        _policy("random", 10),
        simulated,
        Expected(
            0.722, 0.75, "the least of 320 shares of 4,000 seeds lies up to four standard deviations (0.007) below"
        ),
        "quick",
        "five seconds",
    ),
    Claim(
        "M28-votes",
        "The majority of 11 seeds is right with 0.9657.",
        f"{PAPER}; derived: the binomial tail at 3/4",
        _policy("random", 10, 11),
        simulated,
        Expected(0.9637, 0.9677, "four standard deviations of 116,160 votes, which are nearly independent"),
        "quick",
        "five seconds",
    ),
    Claim(
        "M28-small",
        "With a quarter of the items stored the majority of 51 seeds is right with 0.966.",
        f"{PAPER}; derived: the binomial tail at 5/8",
        _policy("random", 5, 51),
        simulated,
        Expected(0.961, 0.971, "four standard deviations of 24,960 votes"),
        "quick",
        "five seconds",
    ),
    Claim(
        "M28-fixed",
        "A deterministic policy fails for sure on some input: the adversary asks for what it does not store.",
        f"{PAPER}; derived",
        _policy("first", 10),
        simulated,
        Expected(0, 0, "exact"),
        "quick",
        "one second",
    ),
)
