"""games/coala-ipd: how agents of either method are judged, and what a row says of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from primordia.core.errors import ConfigError
from primordia.core.metrics import Row
from primordia.games.experiments.coala_ipd_settings import ARMS, COOPERATING, EXTORTING, ONLY, CoalaIpdConfig

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
QUARTILES = {"": 50, "_low": 25, "_high": 75}
CLASSICS = {"ALLD": (0.0,) * 5, "ALLC": (1.0,) * 5, "TFT": (1.0, 1.0, 0.0, 1.0, 0.0)}
"""Probabilities of cooperation at the start and after CC, CD, DC, DD."""


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


class Scene(NamedTuple):
    """Games of one encounter, to be watched.

    Args:
        one: the first player's name.
        other: the second's.
        actions: 1 defects; axes [inner episode, game, round, player].
        payoffs: axes [inner episode, player].
    """

    one: str
    other: str
    actions: Integers
    payoffs: Floats


class Matrix(NamedTuple):
    """Payoffs of a pool of players.

    Args:
        names: of the players.
        payoffs: of the row's player against the column's, axes [player, player]; not a number where nobody played.
    """

    names: tuple[str, ...]
    payoffs: Floats


def method(config: Any) -> Any:
    """The module that begins, updates and judges agents for the config's method.

    Raises:
        ConfigError: a setting was changed that the method does not read.
    """
    from primordia.games.experiments import coala_ipd_analytic, coala_ipd_sampled

    other = "analytic" if config.method == "sampled" else "sampled"
    for name in ONLY[other]:
        value, default = getattr(config, name), getattr(CoalaIpdConfig, name)
        if value != default:
            raise ConfigError(
                f"{name}={value} counts only with method={other}, and this is method={config.method}: give "
                f"{name}={default} or method={other}."
            )
    return coala_ipd_sampled if config.method == "sampled" else coala_ipd_analytic


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


def typical(found: Judged, arm: str) -> int:
    """The replica of an arm whose payoff against a naive learner is the median (the lower of two)."""
    over_replicas = found.payoffs[:, 0, ARMS.index(arm)].mean(0)
    return int(np.argsort(over_replicas, kind="stable")[(len(over_replicas) - 1) // 2])
