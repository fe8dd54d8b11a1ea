"""Many games at once, each begun anew when its episode ends."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt32

from primordia.games.environments import grid
from primordia.games.environments.environment import Environment, Step, choice

DRAWN_AT_ONCE = 32
STEPS_A_TURN = 4


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
    chance, again = jax.random.split(key)
    # The key goes into the branch as numbers: a batched branch becomes a choice, and a key that is one of two is
    # taken for used by JAX_DEBUG_KEY_REUSE.
    drawn = words(chance, actions.shape[0], environment.n_draws)
    return _moved(environment, games, actions, drawn, jax.random.key_data(again))


def _moved(
    environment: Environment, games: Games, actions: Int[Array, "game agent"], drawn: Array, again: UInt32[Array, " 2"]
) -> tuple[Games, Step]:
    step = jax.vmap(environment.step)(games.states, actions, drawn)
    played = Games(step.state, step.observations)

    def anew(played: Games) -> Games:
        fresh = begin(environment, jax.random.wrap_key_data(again), actions.shape[0])
        return jax.tree.map(functools.partial(_where, step.done), fresh, played)

    if not environment.n_reset_draws:  # It begins in one way only: cheaper to choose than to branch.
        return anew(played), step
    return jax.lax.cond(step.done.any(), anew, lambda played: played, played), step


def _where(done: Bool[Array, " game"], fresh: Array, old: Array) -> Array:
    return jnp.where(done.reshape(done.shape + (1,) * (old.ndim - 1)), fresh, old)


Act: TypeAlias = Callable[[Any, Float[Array, "game agent observation"], UInt32[Array, "game agent"]], tuple[Array, Any]]
"""(memory, observations, a random word for each agent) -> (actions with the axes [game, agent], memory)."""


def roll(
    environment: Environment, games: Games, act: Act, memory: Any, key: Array, *, n_steps: int
) -> tuple[Games, Any, Float[Array, " agent"]]:
    """So many steps of every game with agents that remember; the mean payoff per step of each agent comes last.

    Chance is drawn for up to 32 steps at a time, and four steps are one turn of the compiled loop: in a small game a
    key for each step would cost ten times the step. An agent's words all come from one (`grid.spread`).
    `n_steps` had better be a multiple of 32.
    """
    n_games, n_agents = games.observations.shape[:2]
    n_drawn = math.gcd(n_steps, DRAWN_AT_ONCE)

    def step(carried: tuple[Games, Any], chance: tuple[Array, Array, Array]) -> tuple[tuple[Games, Any], Array]:
        (games, memory), (seed, drawn, again) = carried, chance
        own = grid.spread(seed, n_games * n_agents).reshape(n_games, n_agents)
        actions, memory = act(memory, games.observations, own)
        games, found = _moved(environment, games, actions, drawn, again)
        return (games, memory), found.payoffs.mean(0)

    def stretch(carried: tuple[Games, Any], key: Array) -> tuple[tuple[Games, Any], Array]:
        acting, moving, beginning = jax.random.split(key, 3)
        chance = (
            jax.random.bits(acting, (n_drawn,), jnp.uint32),
            jax.random.bits(moving, (n_drawn, n_games, environment.n_draws), jnp.uint32),
            jax.random.bits(beginning, (n_drawn, 2), jnp.uint32),
        )
        return jax.lax.scan(step, carried, chance, unroll=min(STEPS_A_TURN, n_drawn))

    (games, memory), payoffs = jax.lax.scan(stretch, (games, memory), jax.random.split(key, n_steps // n_drawn))
    return games, memory, payoffs.mean((0, 1))


@functools.partial(jax.jit, static_argnames=("environment", "n_steps"))
def random_play(
    environment: Environment, games: Games, key: Array, *, n_steps: int
) -> tuple[Games, Float[Array, " agent"]]:
    """So many steps of every game with uniformly random actions, and the mean payoff per step of each agent."""

    def act(memory: tuple[()], observations: Array, own: Array) -> tuple[Array, tuple[()]]:
        return choice(own, len(environment.actions)), ()

    games, _, payoffs = roll(environment, games, act, (), key, n_steps=n_steps)
    return games, payoffs
