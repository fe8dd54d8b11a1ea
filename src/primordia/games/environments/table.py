"""Environments by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from primordia.core.errors import ConfigError, UnknownNameError
from primordia.games.environments import gathering, harvest
from primordia.games.environments.cleanup import Cleanup
from primordia.games.environments.cleanup_world import CleanupWorld
from primordia.games.environments.coins import Coins
from primordia.games.environments.environment import Environment
from primordia.games.environments.gathering import Gathering
from primordia.games.environments.harvest import Harvest
from primordia.games.environments.matrix import MatrixGame
from primordia.games.environments.payoffs import DILEMMA, NAMED_GAMES, written
from primordia.games.environments.public_goods import PublicGoods

ENVIRONMENTS: Mapping[str, Environment] = {
    **{name: MatrixGame(payoffs=game.payoffs, actions=game.actions) for name, game in NAMED_GAMES.items()},
    "public-goods": PublicGoods(),
    "coins": Coins(),
    "coins-two": Coins(n_coins=2, may_stay=True),
    "cleanup": Cleanup(),
    "cleanup-world": CleanupWorld(),
    "harvest": Harvest(),
    "harvest-open": Harvest(n_agents=7, plan=harvest.OPEN),
    "gathering": Gathering(),
    "gathering-wide": Gathering(plan=gathering.WIDE),
}
"""Name -> the environment with its default settings."""


def make(name: str, **settings: Any) -> Environment:
    """An environment by name, or a matrix game by its table (`payoffs.written`), such as "[[3, 0], [5, 1]]".

    Settings are the fields of its class, such as `n_steps`.

    Raises:
        UnknownNameError: there is no environment of that name, or it has no such setting.
        ConfigError: a setting has a value that the environment refuses.
    """
    if name.startswith("["):
        table = written(name)
        actions = DILEMMA if len(table[0]) == 2 else tuple(f"action-{place}" for place in range(len(table[0])))
        return MatrixGame(**{"payoffs": table, "actions": actions, **settings})
    if name not in ENVIRONMENTS:
        raise UnknownNameError("environment", name, ENVIRONMENTS)
    made = ENVIRONMENTS[name]
    fields = [field.name for field in dataclasses.fields(made)]  # type: ignore[arg-type]
    for setting in settings:
        if setting not in fields:
            raise UnknownNameError(f"setting of {name}", setting, fields)
    try:
        return dataclasses.replace(made, **settings)  # type: ignore[type-var]
    except TypeError as error:
        raise ConfigError(f"The environment {name} cannot be made from {settings}: {error}.") from error
