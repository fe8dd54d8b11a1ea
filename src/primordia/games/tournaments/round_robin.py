"""Everyone against everyone, oneself included, in both seats: all matches of a pool as one compiled program."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jaxtyping import Array, Float, Int, UInt32

from primordia.core.errors import ConfigError
from primordia.games.environments.environment import Environment, choice, unit
from primordia.games.environments.rolling import words
from primordia.games.policies.policy import Policy

Floats = npt.NDArray[np.float64]
SMALLEST = 2.0**-24
"""Draws keep off 0 and 1 by this, so that an action that is certain is always taken."""


class Matches(NamedTuple):
    """What happened in the matches of a pool; player `row` has the first seat, player `column` the second.

    Args:
        payoffs: mean per step, axes [row, column, game, seat].
        first_actions: share of steps in which the game's first action was taken, axes [row, column, game, seat].
        moves: actions of the row player in the first game, axes [step, row, column]; 255 where none was taken.
    """

    payoffs: Float[Array, "row column game seat"]
    first_actions: Float[Array, "row column game seat"]
    moves: Int[Array, "step row column"]


def play(
    environment: Environment,
    players: tuple[Policy, ...],
    weights: tuple[Any, ...],
    key: Array,
    *,
    n_games: int = 1,
    noise: float = 0.0,
) -> Matches:
    """One episode of every ordered pair of players, `n_games` times.

    Args:
        environment: a game of two agents; an episode is a match.
        players: the pool; each may be of another family.
        weights: of each player.
        key: of all matches.
        n_games: games of each ordered pair.
        noise: chance that an action is replaced by another one, all others alike (a trembling hand).

    Raises:
        ConfigError: the game is not for two, the pool is empty, a player does not fit the game, the noise is no
            probability.

    Cost: n^2 · n_games episodes and, in each of their steps, one call of each of two players.
    """
    if environment.n_agents != 2:
        raise ConfigError(
            f"A round robin pairs two players; {environment.name} is a game of {environment.n_agents} agents."
        )
    if not players or n_games < 1:
        raise ConfigError(f"A round robin of {len(players)} players and {n_games} games has no match.")
    if not 0 <= noise <= 1:
        raise ConfigError(f"noise={noise} is out of range: it must be from 0 to 1.")
    for place, player in enumerate(players):
        sizes, needed = (player.n_observed, player.n_actions), (environment.n_observed, len(environment.actions))
        if sizes != needed:
            raise ConfigError(
                f"Player {place} ({type(player).__name__}) observes {sizes[0]} numbers and has {sizes[1]} actions; "
                f"{environment.name} has {needed[0]} and {needed[1]}."
            )
    return _played(environment, players, weights, key, jnp.float32(noise), n_games=n_games)


@functools.partial(jax.jit, static_argnames=("environment", "players", "n_games"))
def _played(
    environment: Environment,
    players: tuple[Policy, ...],
    weights: tuple[Any, ...],
    key: Array,
    noise: Float[Array, ""],
    *,
    n_games: int,
) -> Matches:
    n = len(players)
    begin_key, steps_key = jax.random.split(key)
    shape = (n, n, n_games)
    flat = functools.partial(jax.tree.map, lambda leaf: leaf.reshape(n * n * n_games, *leaf.shape[3:]))
    square = functools.partial(jax.tree.map, lambda leaf: leaf.reshape(*shape, *leaf.shape[1:]))
    states, seen = jax.vmap(environment.reset)(words(begin_key, n * n * n_games, environment.n_reset_draws))
    memories = [
        jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (2, n, n_games, *leaf.shape)), player.begin())
        for player in players
    ]

    def one(carry: Any, key: Array) -> tuple[Any, Array]:
        states, seen, memories, paid, firsts = carry
        drawn = square(words(key, n * n * n_games, environment.n_draws + 6))
        logits, memories = _asked(players, weights, memories, seen)
        wanted = jnp.stack([logits[:, 0], logits[:, 1].swapaxes(0, 1)], 3)
        actions = _chosen(wanted, drawn[..., :6].reshape(*shape, 2, 3), noise)
        step = jax.vmap(environment.step)(flat(states), flat(actions), flat(drawn[..., 6:]))
        carry = (
            square(step.state),
            square(step.observations),
            memories,
            paid + square(step.payoffs),
            firsts + (actions == 0),
        )
        return carry, actions[:, :, 0, 0].astype(jnp.uint8)

    nothing = jnp.zeros((*shape, 2), jnp.float32)
    begun = (square(states), square(seen), memories, nothing, nothing)
    (_, _, _, paid, firsts), moves = jax.lax.scan(one, begun, jax.random.split(steps_key, environment.n_steps))
    return Matches(paid / environment.n_steps, firsts / environment.n_steps, moves)


def _chosen(
    logits: Float[Array, "*match action"], drawn: UInt32[Array, "*match word"], noise: Float[Array, ""]
) -> Int[Array, "*match"]:
    """Actions from logits and three random words each, replaced by another one with the chance `noise`."""
    n_actions = logits.shape[-1]
    draw = jnp.clip(unit(drawn[..., 0]), SMALLEST / 2, 1 - SMALLEST)
    heap = jnp.cumsum(jax.nn.softmax(logits), -1)[..., :-1]
    actions = (draw[..., None] >= heap).sum(-1).astype(jnp.int32)
    if n_actions == 1:
        return actions
    other = (actions + 1 + choice(drawn[..., 2], n_actions - 1)) % n_actions
    return jnp.where(unit(drawn[..., 1]) < noise, other, actions)


def _asked(
    players: tuple[Policy, ...], weights: tuple[Any, ...], memories: list[Any], seen: Float[Array, "..."]
) -> tuple[Float[Array, "player seat other game action"], list[Any]]:
    """What every player makes of what it sees in all its matches, in the first seat and in the second."""
    logits, kept = [], []
    for place, (player, own) in enumerate(zip(players, weights, strict=True)):
        act = functools.partial(player.act, own)
        both = jnp.stack([seen[place, :, :, 0], seen[:, place, :, 1]])
        acting = jax.vmap(jax.vmap(jax.vmap(act)))(memories[place], both)
        logits.append(acting.logits)
        kept.append(acting.memory)
    return jnp.stack(logits), kept


def payoff_matrix(matches: Matches) -> Floats:
    """What each player got from each, mean over games and both seats, axes [player, co-player]."""
    return _both_seats(matches.payoffs)


def first_action_matrix(matches: Matches) -> Floats:
    """How often each player took the first action against each, axes [player, co-player]."""
    return _both_seats(matches.first_actions)


def _both_seats(numbers: Any) -> Floats:
    means = np.asarray(numbers, np.float64).mean(2)
    return (means[:, :, 0] + means[:, :, 1].T) / 2


def win_matrix(matches: Matches) -> Floats:
    """Share of matches that a player won against each, a draw as half, axes [player, co-player]."""
    paid = np.asarray(matches.payoffs, np.float64)
    won = (np.sign(paid[..., 0] - paid[..., 1]) + 1).mean(2) / 2
    return (won + 1 - won.T) / 2


def mean_over_others(matrix: Floats, *, with_self: bool = False) -> Floats:
    """The mean of each row, without the diagonal unless a player's matches against itself count; shape [player]."""
    n = len(matrix)
    if with_self or n == 1:
        return matrix.mean(1)
    return (matrix.sum(1) - matrix.diagonal()) / (n - 1)
