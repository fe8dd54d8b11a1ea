"""Round robins in games of other packages, and with players that are no policies: on the host, match by match."""

from __future__ import annotations

import abc
import copy
import functools
import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, UInt32

from primordia.core.errors import BadInputError, ConfigError
from primordia.games.environments.environment import unit
from primordia.games.environments.third_party import ForeignGame, Sight, paid, seen
from primordia.games.policies.policy import Policy
from primordia.games.tournaments.pool import Form
from primordia.games.tournaments.round_robin import SMALLEST, Matches

NO_MOVE = 255


class HostPlayer(abc.ABC):
    """Someone who plays one match at a time, on the host; agents of other packages fit in. Subclasses are final."""

    @abc.abstractmethod
    def begin(self) -> None:
        """A new match."""

    @abc.abstractmethod
    def choose(self, sight: Sight, word: int) -> int:
        """An action; `word` is the chance it may use, 32 random bits."""


@final
class PolicyPlayer(HostPlayer):
    """A policy with its weights.

    Args:
        policy: of the form of the game.
        weights: of it.
    """

    def __init__(self, policy: Policy, weights: Any) -> None:
        self.policy, self.weights, self._memory = policy, weights, policy.begin()

    def begin(self) -> None:
        """Its memory begins anew."""
        self._memory = self.policy.begin()

    def choose(self, sight: Sight, word: int) -> int:
        """An action by its odds, legal ones only."""
        action, self._memory = _answered(
            self.policy, self.weights, self._memory, sight.observation, sight.legal, np.uint32(word)
        )
        return int(action)


@final
class CalledPlayer(HostPlayer):
    """An agent of another package: a function from (observation, legal actions) to an action.

    Args:
        made: makes the function for a new match.
    """

    def __init__(self, made: Callable[[], Callable[[Any, Any], int]]) -> None:
        self._made, self._function = made, made()

    def begin(self) -> None:
        """A fresh function."""
        self._function = self._made()

    def choose(self, sight: Sight, word: int) -> int:
        """What the function says."""
        return int(self._function(sight.observation, sight.legal))


@functools.partial(jax.jit, static_argnames="policy")
def _answered(
    policy: Policy,
    weights: Any,
    memory: Any,
    observation: Float[Array, " observation"],
    legal: Bool[Array, " action"],
    word: UInt32[Array, ""],
) -> tuple[Array, Any]:
    acting = policy.act(weights, memory, observation)
    odds = jax.nn.softmax(jnp.where(legal, acting.logits, -jnp.inf))
    draw = jnp.clip(unit(word), SMALLEST / 2, 1 - SMALLEST)
    return jnp.minimum((draw >= jnp.cumsum(odds)).sum(), odds.shape[0] - 1), acting.memory


def load(name: str) -> ForeignGame:
    """A game of another package by its name "KIND:ADDRESS"; the kind is pettingzoo.

    Raises:
        BadInputError: another kind, the package is missing, or the game cannot be used.
    """
    kind, _, address = name.partition(":")
    if kind != "pettingzoo":
        raise BadInputError(f"The game {name!r} is of the kind {kind!r}; allowed: pettingzoo:MODULE.")
    if not address or address.startswith("."):
        raise BadInputError(
            f"The game {name!r} names no module; allowed: pettingzoo:MODULE, such as "
            "pettingzoo:pettingzoo.classic.rps_v2."
        )
    try:
        adapter = importlib.import_module("primordia.games.environments.pettingzoo")
    except ImportError as error:
        raise BadInputError(
            f"The game {name!r} needs the package pettingzoo; pip install 'primordia[pettingzoo]' ({error})."
        ) from error
    return adapter.load(address)  # type: ignore[no-any-return]


def form(game: ForeignGame, n_rounds: int) -> Form:
    """What a game asks of a player; its actions are called by their numbers."""
    return Form(game.name, game.n_observed, tuple(map(str, range(game.n_actions))), None, n_rounds)


def play(
    game: ForeignGame, players: Sequence[HostPlayer], words: np.ndarray[Any, Any], *, n_rounds: int, noise: float = 0.0
) -> Matches:
    """One match of every ordered pair of players; as `round_robin.play`, in a game of another package.

    Args:
        game: of two agents.
        players: the pool; a player is copied for its match against itself.
        words: random words, axes [row, column, game, 1 + 3 · 2 · n_rounds], uint32: a seed, then for each step and
            seat a draw, a tremble and another action.
        n_rounds: steps after which a match is cut off.
        noise: chance that an action is replaced by another legal one.

    Raises:
        ConfigError: the game is not for two, or a player's action is none of its actions.
        BadInputError: the game returns NaN or wrong shapes; says which player and which step.

    Cost: two calls of a compiled policy a step, some 0.2 ms.
    """
    if len(game.agents) != 2:
        raise ConfigError(f"A tournament pairs two players; {game.name} is a game of {len(game.agents)} agents.")
    n, n_games = len(players), words.shape[2]
    payoffs = np.zeros((n, n, n_games, 2))
    firsts = np.zeros((n, n, n_games, 2))
    moves = np.full((n_rounds, n, n), NO_MOVE, np.uint8)
    for row, column, place in np.ndindex(n, n, n_games):
        pair = players[row], _second(players, row, column)
        got, taken = _match(game, pair, words[row, column, place], n_rounds, noise)
        payoffs[row, column, place] = got.mean(0) if len(got) else 0.0
        for seat in (0, 1):
            own = taken[taken[:, seat] != NO_MOVE, seat]
            firsts[row, column, place, seat] = (own == 0).mean() if len(own) else 0.0
        if place == 0:
            moves[: len(taken), row, column] = taken[:, 0]
    return Matches(payoffs, firsts, moves)


def _second(players: Sequence[HostPlayer], row: int, column: int) -> HostPlayer:
    return copy.copy(players[column]) if row == column else players[column]


def _match(
    game: ForeignGame, pair: tuple[HostPlayer, HostPlayer], words: np.ndarray[Any, Any], n_rounds: int, noise: float
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """What was paid, axes [step, seat], and the actions, [step, seat]; `NO_MOVE` for who did not act."""
    game.begin(int(words[0] >> 1))
    for player in pair:
        player.begin()
    chance = words[1:].reshape(n_rounds, 2, 3)
    seat_of: Mapping[str, int] = {agent: seat for seat, agent in enumerate(game.agents)}
    got, taken = [], []
    for step in range(n_rounds):
        agents = game.acting()
        if not agents:
            break
        actions, row = {}, [NO_MOVE, NO_MOVE]
        for agent in agents:
            seat = seat_of[agent]
            sight = seen(game, agent, step)
            action = pair[seat].choose(sight, int(chance[step, seat, 0]))
            if not (0 <= action < game.n_actions and sight.legal[action]):
                raise ConfigError(f"Player {agent} of {game.name} chose the action {action} at step {step}; not legal.")
            actions[agent] = row[seat] = _trembled(action, sight, chance[step, seat, 1:], noise)
        got.append(paid(game, game.play(actions), step))
        taken.append(row)
    return np.asarray(got).reshape(-1, 2), np.asarray(taken, np.uint8).reshape(-1, 2)


def _trembled(action: int, sight: Sight, words: np.ndarray[Any, Any], noise: float) -> int:
    others = [other for other in np.flatnonzero(sight.legal).tolist() if other != action]
    if not others or int(words[0]) / 2**32 >= noise:
        return action
    return int(others[int(words[1]) % len(others)])
