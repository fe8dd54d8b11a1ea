"""Many games at once, each begun anew when its episode ends."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from primordia.games.environments.environment import Environment, Step


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

    Returns:
        The games as they go on, and the step as it was: its states and observations are those before a reset.
    """
    n_games = actions.shape[0]
    drawn = words(key, n_games, environment.n_draws + environment.n_reset_draws)
    step = jax.vmap(environment.step)(games.states, actions, drawn[:, : environment.n_draws])
    fresh = Games(*jax.vmap(environment.reset)(drawn[:, environment.n_draws :]))
    return jax.tree.map(functools.partial(_where, step.done), fresh, Games(step.state, step.observations)), step


def _where(done: Bool[Array, " game"], fresh: Array, old: Array) -> Array:
    return jnp.where(done.reshape(done.shape + (1,) * (old.ndim - 1)), fresh, old)


@functools.partial(jax.jit, static_argnames=("environment", "n_steps"))
def random_play(
    environment: Environment, games: Games, key: Array, *, n_steps: int
) -> tuple[Games, Float[Array, " agent"]]:
    """So many steps of every game with uniformly random actions, and the mean payoff per step of each agent."""

    def play(games: Games, key: Array) -> tuple[Games, Array]:
        chosen, chance = jax.random.split(key)
        shape = (games.observations.shape[0], environment.n_agents)
        actions = jax.random.randint(chosen, shape, 0, len(environment.actions))
        games, step = move(environment, games, actions, chance)
        return games, step.payoffs.mean(0)

    games, payoffs = jax.lax.scan(play, games, jax.random.split(key, n_steps))
    return games, payoffs.mean(0)
