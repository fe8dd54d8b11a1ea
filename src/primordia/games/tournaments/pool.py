"""Who plays: the players of a pool by name, for a given game."""

from __future__ import annotations

from typing import NamedTuple

from primordia.core.errors import ConfigError, UnknownNameError
from primordia.games.environments.environment import Environment
from primordia.games.environments.matrix import MatrixGame
from primordia.games.environments.payoffs import Dilemma
from primordia.games.policies import zoo
from primordia.games.policies.policy import Policy
from primordia.games.policies.strategies import Pattern, Reactive, Unmoved

GROUPS = {"basic": zoo.BASIC, "first-tournament": zoo.FIRST_TOURNAMENT, "zoo": zoo.ZOO}
"""Names that stand for many players of a dilemma."""


class Form(NamedTuple):
    """What a player has to fit.

    Args:
        name: of the game.
        n_observed: numbers in an observation.
        actions: what the actions are called.
        dilemma: the payoffs of the first agent, where the game is a matrix game of two actions.
        n_rounds: steps of a match.
    """

    name: str
    n_observed: int
    actions: tuple[str, ...]
    dilemma: Dilemma | None
    n_rounds: int


def form(environment: Environment) -> Form:
    """What an environment asks of a player."""
    dilemma = None
    if isinstance(environment, MatrixGame) and len(environment.actions) == 2:
        (reward, sucker), (temptation, punishment) = environment.payoffs[0]
        dilemma = Dilemma(reward, sucker, temptation, punishment)
    return Form(environment.name, environment.n_observed, environment.actions, dilemma, environment.n_steps)


def names(text: str, of: Form) -> tuple[str, ...]:
    """The players that a list of names stands for, in order and each once.

    Args:
        text: names with commas between; "basic", "first-tournament" and "zoo" stand for strategies of a dilemma,
            "all" for everyone who can play the game.
        of: the game.

    Raises:
        ConfigError: fewer than two players are named, or a name twice.
    """
    found: list[str] = []
    for name in filter(None, map(str.strip, text.split(","))):
        found += everyone(of) if name == "all" else GROUPS.get(name, (name,))
    twice = sorted({name for name in found if found.count(name) > 1})
    if len(found) < 2 or twice:
        fault = f"names {', '.join(twice)} twice" if twice else f"has {len(found)} players"
        raise ConfigError(f"The pool {text!r} {fault}; allowed: two players or more, each once.")
    return tuple(found)


def everyone(of: Form) -> tuple[str, ...]:
    """Every player that goes by one name and can play the game."""
    if of.dilemma is None:
        return ("uniform", "cycle", *(f"always-{action}" for action in of.actions))
    return tuple(name for name in zoo.ZOO if name not in zoo.RECKONING or _exists(name, of.dilemma))


def _exists(name: str, dilemma: Dilemma) -> bool:
    try:
        zoo.strategy(name, dilemma)
    except ConfigError:
        return False
    return True


def player(name: str, of: Form) -> Policy:
    """A player by name.

    Strategies of the zoo play matrix games of two actions. Any game can be played by "uniform" (all actions alike),
    "cycle" (one after the other), "always-ACTION", and, where observations are one-hot, by "reply-DIGITS": the action
    for each observation in turn.

    Raises:
        UnknownNameError: there is no such player for this game; says the nearest.
        ConfigError: a reply has another number of digits than the game has observations, or names no action; a
            zero-determinant strategy does not exist in this dilemma.
    """
    n_actions = len(of.actions)
    if name == "uniform":
        return Unmoved((1 / n_actions,) * n_actions, of.n_observed)
    if name == "cycle":
        return Pattern(tuple(range(n_actions)), of.n_observed, n_actions)
    if name.startswith("always-") and name.removeprefix("always-") in of.actions:
        return Pattern((of.actions.index(name.removeprefix("always-")),), of.n_observed, n_actions)
    if name.startswith("reply-"):
        return _reply(name, of)
    if of.dilemma and name in zoo.ZOO:
        return zoo.strategy(name, of.dilemma, of.n_rounds)
    options = ["uniform", "cycle", *(f"always-{action}" for action in of.actions), *(zoo.ZOO if of.dilemma else ())]
    raise UnknownNameError(f"player of {of.name}", name, options)


def _reply(name: str, of: Form) -> Policy:
    digits = name.removeprefix("reply-")
    n_actions = len(of.actions)
    if len(digits) != of.n_observed or not all(digit.isdigit() and int(digit) < n_actions for digit in digits):
        raise ConfigError(
            f"The player {name!r} does not fit {of.name}: it needs {of.n_observed} digits from 0 to {n_actions - 1}, "
            "the action for each observation."
        )
    return Reactive(tuple(tuple(float(int(digit) == action) for action in range(n_actions)) for digit in digits))
