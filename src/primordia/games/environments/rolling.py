"""Many games at once, each begun anew when its episode ends."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from primordia.games.environments import grid
from primordia.games.environments.environment import Environment, Step, choice


class Games(NamedTuple):
    """A batch of games.

    Args:
        states: of each game, first axis [game].
        observations: what each agent sees, axes [game, agent, observation].
    """

    states: Any
    observations: Float[Array, "game agent observation"]


def words(key: Array, n_games: int, n_words: int) -> Array:
    """Random words for a batch, axes [game, word]; one key is enough for all games."""
    return jax.random.bits(key, (n_games, n_words), jnp.uint32)


def begin(environment: Environment, key: Array, n_games: int) -> Games:
    """So many games before their first step."""
    return Games(*jax.vmap(environment.reset)(words(key, n_games, environment.n_reset_draws)))


def move(environment: Environment, games: Games, actions: Int[Array, "game agent"], key: Array) -> tuple[Games, Step]:
    """A step of every game; where an episode ends the game is begun anew.

    A reset is worked out only in steps in which some game ends. Games that began together end together, so that it
    costs next to nothing. (Under an outer vmap JAX works out both sides in every step; the result is the same.)

    Returns:
        The games as they go on, and the step as it was: its states and observations are those before a reset.
    """
    n_games = actions.shape[0]
    chance, again = jax.random.split(key)
    step = jax.vmap(environment.step)(games.states, actions, words(chance, n_games, environment.n_draws))
    played = Games(step.state, step.observations)

    # The key goes into the branch as numbers: a batched branch becomes a choice, and a key that is one of two is
    # taken for used by JAX_DEBUG_KEY_REUSE.
    numbers, kind = jax.random.key_data(again), jax.random.key_impl(again)

    def anew(played: Games) -> Games:
        fresh = begin(environment, jax.random.wrap_key_data(numbers, impl=kind), n_games)
        return jax.tree.map(functools.partial(_where, step.done), fresh, played)

    return jax.lax.cond(step.done.any(), anew, lambda played: played, played), step


def _where(done: Bool[Array, " game"], fresh: Array, old: Array) -> Array:
    return jnp.where(done.reshape(done.shape + (1,) * (old.ndim - 1)), fresh, old)


@functools.partial(jax.jit, static_argnames=("environment", "n_steps"))
def random_play(
    environment: Environment, games: Games, key: Array, *, n_steps: int
) -> tuple[Games, Float[Array, " agent"]]:
    """So many steps of every game with uniformly random actions, and the mean payoff per step of each agent.

    The actions of a step come from one word, spread over games and agents (`grid.spread`): a word from the key for
    each of them would cost more than the step of a small game.
    """

    def play(games: Games, key: Array) -> tuple[Games, Array]:
        chosen, chance = jax.random.split(key)
        shape = (games.observations.shape[0], environment.n_agents)
        drawn = grid.spread(jax.random.bits(chosen, (), jnp.uint32), shape[0] * shape[1]).reshape(shape)
        games, step = move(environment, games, choice(drawn, len(environment.actions)), chance)
        return games, step.payoffs.mean(0)

    games, payoffs = jax.lax.scan(play, games, jax.random.split(key, n_steps))
    return games, payoffs.mean(0)
