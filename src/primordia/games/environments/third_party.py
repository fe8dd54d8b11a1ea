"""Games of other packages: what we ask of them, and the watch over what they return. They play on the host."""

from __future__ import annotations

import abc
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from primordia.core.errors import BadInputError


class Sight(NamedTuple):
    """What a player sees when it is its turn.

    Args:
        observation: flat, axis [observation].
        legal: whether each action may be taken, axis [action].
    """

    observation: npt.NDArray[np.float32]
    legal: npt.NDArray[np.bool_]


class ForeignGame(abc.ABC):
    """A game that is no `Environment`: it has a state of its own and cannot be traced. Subclasses are final.

    Attributes:
        name: as it was asked for.
        agents: who plays, by the game's own names.
        n_observed: numbers in a flat observation, the same for all agents.
        n_actions: actions, the same for all agents, counted from 0.
    """

    name: str
    agents: tuple[str, ...]
    n_observed: int
    n_actions: int

    @abc.abstractmethod
    def begin(self, seed: int) -> None:
        """A new episode."""

    @abc.abstractmethod
    def acting(self) -> tuple[str, ...]:
        """Who acts now: all, or whose turn it is; no one when the episode is over."""

    @abc.abstractmethod
    def sight(self, agent: str) -> tuple[Any, Any]:
        """What an agent sees, flat, and its mask of legal actions or None; as the game returned them."""

    @abc.abstractmethod
    def play(self, actions: Mapping[str, int]) -> Mapping[str, Any]:
        """One step with an action for everyone who acts: what each agent got, as the game returned it."""


def seen(game: ForeignGame, agent: str, step: int) -> Sight:
    """What an agent sees, checked.

    Raises:
        BadInputError: the observation or the mask has another shape than declared, or is not finite; says which
            player and which step.
    """
    observation, legal = game.sight(agent)
    flat = _numbers(game, "observation", observation, agent, step, game.n_observed)
    mask = np.ones(game.n_actions) if legal is None else _numbers(game, "mask", legal, agent, step, game.n_actions)
    if not mask.any():
        raise BadInputError(f"{game.name} leaves player {agent} no legal action at step {step}.")
    return Sight(flat.astype(np.float32), mask > 0)


def paid(game: ForeignGame, payoffs: Mapping[str, Any], step: int) -> list[float]:
    """What each agent got, in the order of `game.agents`, checked; 0 for whom the game does not mention.

    Raises:
        BadInputError: a payoff is no finite number; says which player and which step.
    """
    found = []
    for agent in game.agents:
        payoff = payoffs.get(agent, 0.0)
        try:
            number = float(payoff)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise BadInputError(
                f"{game.name} paid player {agent} {payoff} at step {step}; payoffs must be finite numbers."
            )
        found.append(number)
    return found


def _numbers(game: ForeignGame, what: str, given: Any, agent: str, step: int, size: int) -> npt.NDArray[np.float64]:
    try:
        numbers = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        numbers = np.empty(0)
    if numbers.shape != (size,):
        raise BadInputError(
            f"{game.name} gave player {agent} at step {step} {_an(what)} of shape {list(numbers.shape)}; "
            f"declared is [{size}]."
        )
    if not np.isfinite(numbers).all():
        place = int(np.argmin(np.isfinite(numbers)))
        raise BadInputError(
            f"{game.name} gave player {agent} at step {step} the {what} {numbers[place]} in place {place}; "
            "it must be finite."
        )
    return numbers


def _an(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"
