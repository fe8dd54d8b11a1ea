"""games/coala-ipd: how agents are judged, and what a row says of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from primordia.core.metrics import Row
from primordia.core.streams import Streams
from primordia.games.experiments.coala_ipd_settings import ARMS, COOPERATING, EXTORTING, CoalaIpdConfig

Floats = npt.NDArray[np.float64]
QUARTILES = {"": 50, "_low": 25, "_high": 75}


class Judged(NamedTuple):
    """How the agents of all arms do.

    Args:
        other_play: payoff of a pair against each other, axes [arm, replica].
        payoffs: against naive learners, mean over these and the pair, axes [inner episode, player, arm, replica];
            player 1 is the naive learner.
        always_defect: payoffs of one that always defects and of its naive learners, axes [inner episode, player].
    """

    other_play: Floats
    payoffs: Floats
    always_defect: Floats


def recipe(config: CoalaIpdConfig) -> Any:
    """How analytic agents learn in the three arms."""
    from primordia.games.learners.analytic import Analytic

    return Analytic(
        p_naive=(0.0, 1.0, config.p_naive),
        n_naive=config.n_naive,
        n_inner=config.n_inner,
        discount=config.discount,
        naive_rate=config.naive_rate,
        spread=config.spread,
        rate=config.learning_rate,
        weight_decay=config.weight_decay,
    )


def probabilities(state: Any) -> Floats:
    """Probabilities of cooperation, axes [arm, replica, agent, situation]."""
    logits = np.moveaxis(np.asarray(state.logits, np.float64), 0, -1)
    return 1 / (1 + np.exp(-logits))


def first_naive(config: CoalaIpdConfig, streams: Streams) -> Any:
    """First logits of the naive learners that rows are judged by, axes [situation, naive]; always the same."""
    import jax

    return config.spread * jax.random.normal(streams.key("evaluation", 0), (5, config.n_judged))


def judged(config: CoalaIpdConfig, state: Any, streams: Streams) -> Judged:
    """All pairs against each other, and all agents through a meta-episode with the same naive learners."""
    import jax.numpy as jnp

    from primordia.games.learners.analytic import standing

    learned = np.moveaxis(probabilities(state), -1, 0)
    defecting = np.zeros((5, 1, *learned.shape[2:]))
    everyone = jnp.asarray(np.concatenate([learned, defecting], axis=1), jnp.float32)
    found = standing(recipe(config), everyone, first_naive(config, streams))
    other_play, payoffs = np.asarray(found.other_play, np.float64), np.asarray(found.payoffs, np.float64)
    return Judged(other_play[:-1], payoffs[:, :, :-1], payoffs[:, :, -1, 0])


def row(found: Judged) -> Row:
    """Quartiles over replicas and shares of replicas beyond a line; never a bare mean, since outcomes are bistable."""
    made: dict[str, float] = {}
    for place, arm in enumerate(ARMS):
        own, naive = found.payoffs[:, 0, place], found.payoffs[:, 1, place]
        measured = {
            "other_play": found.other_play[place],
            "payoff": own.mean(0),
            "naive_payoff": naive.mean(0),
            "last_payoff": own[-1],
            "last_naive_payoff": naive[-1],
        }
        for name, over_replicas in measured.items():
            for edge, percent in QUARTILES.items():
                made[f"{arm}_{name}{edge}"] = float(np.percentile(over_replicas, percent))
        made[f"{arm}_cooperating"] = float((found.other_play[place] >= COOPERATING).mean())
        made[f"{arm}_extorting"] = float((own[-1] > EXTORTING).mean())
    made["always_defect"] = float(found.always_defect[:, 0].mean())
    made["last_always_defect"] = float(found.always_defect[-1, 0])
    return made


def typical(found: Judged, arm: int) -> int:
    """The replica of an arm whose payoff against a naive learner is the median (the lower of two)."""
    over_replicas = found.payoffs[:, 0, arm].mean(0)
    return int(np.argsort(over_replicas, kind="stable")[(len(over_replicas) - 1) // 2])
