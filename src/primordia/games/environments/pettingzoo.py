"""PettingZoo in both directions: our environments in other people's code, and theirs in our tournaments.

Needs the package `pettingzoo` (the extra of that name).
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, final

import gymnasium
import jax
import numpy as np
import pettingzoo

from primordia.core.errors import BadInputError
from primordia.games.environments.environment import Environment, Step
from primordia.games.environments.third_party import ForeignGame


@functools.partial(jax.jit, static_argnames="environment")
def _begun(environment: Environment, words: Any) -> Any:
    return environment.reset(words)


@functools.partial(jax.jit, static_argnames="environment")
def _stepped(environment: Environment, state: Any, actions: Any, words: Any) -> Step:
    return environment.step(state, actions, words)


@final
class Shown(pettingzoo.ParallelEnv):  # type: ignore[misc]
    """One of our environments as a PettingZoo `ParallelEnv`.

    Agents are "player_0" …; actions are `Discrete`, observations a `Box` of 32-bit floats; an episode ends by
    truncation with its last step, as no state of our games is terminal. The events of a step are in its infos.
    `render` returns pixels [row, column, 3]. Cost: one call of a compiled function a step.

    Args:
        environment: any of ours.
        render_mode: "rgb_array" or None.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"], "name": "primordia", "is_parallelizable": True}

    def __init__(self, environment: Environment, render_mode: str | None = None) -> None:
        self.environment, self.render_mode = environment, render_mode
        self.metadata = {**type(self).metadata, "name": environment.name}
        self.possible_agents = [f"player_{place}" for place in range(environment.n_agents)]
        self.agents: list[str] = []
        self._drawn = np.random.default_rng()
        self._state: Any = None
        actions = {agent: gymnasium.spaces.Discrete(len(environment.actions)) for agent in self.possible_agents}
        box = functools.partial(gymnasium.spaces.Box, -np.inf, np.inf, (environment.n_observed,), np.float32)
        self.action_spaces, self.observation_spaces = actions, {agent: box() for agent in self.possible_agents}

    def observation_space(self, agent: str) -> gymnasium.Space[Any]:
        """What an agent may see."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> gymnasium.Space[Any]:
        """What an agent may do."""
        return self.action_spaces[agent]

    def _words(self, n: int) -> Any:
        return self._drawn.integers(0, 2**32, n, dtype=np.uint32)

    def reset(self, seed: int | None = None, options: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """A new episode; with a seed, the same one each time."""
        if seed is not None:
            self._drawn = np.random.default_rng(seed)
        self.agents = list(self.possible_agents)
        self._state, seen = _begun(self.environment, self._words(self.environment.n_reset_draws))
        return self._told(seen), {agent: {} for agent in self.agents}

    def step(self, actions: Mapping[str, int]) -> tuple[dict[str, Any], ...]:
        """One step of all agents."""
        given = np.asarray([actions[agent] for agent in self.agents], np.int32)
        step = _stepped(self.environment, self._state, given, self._words(self.environment.n_draws))
        self._state, agents = step.state, self.agents
        done = bool(step.done)
        infos = {
            agent: {name: float(found[place]) for name, found in step.events.items()}
            for place, agent in enumerate(agents)
        }
        payoffs = {agent: float(step.payoffs[place]) for place, agent in enumerate(agents)}
        told = self._told(step.observations)
        self.agents = [] if done else agents
        return told, payoffs, dict.fromkeys(agents, False), dict.fromkeys(agents, done), infos

    def _told(self, seen: Any) -> dict[str, Any]:
        rows = np.asarray(seen, np.float32)
        return {agent: rows[place] for place, agent in enumerate(self.agents)}

    def render(self) -> np.ndarray[Any, np.dtype[np.uint8]] | None:
        """The state as colours, or None without a render mode."""
        if self.render_mode is None:
            return None
        colours = [bytes.fromhex(colour.rgb[1:]) for colour in self.environment.palette]
        return np.asarray([list(colour) for colour in colours], np.uint8)[self.environment.frame(self._state)]


@final
class FromParallel(ForeignGame):
    """A PettingZoo `ParallelEnv`: all act at once.

    Args:
        env: the environment.
        name: how to call it in messages.
    """

    def __init__(self, env: Any, name: str) -> None:
        self.env, self.name, self.agents = env, name, tuple(env.possible_agents)
        self.n_actions, self.n_observed = _sizes(env, self.agents, name)
        self._seen: Mapping[str, Any] = {}

    def begin(self, seed: int) -> None:
        """A new episode."""
        self._seen, _ = _parts(self.env.reset(seed=seed), 2, "reset", self.name)

    def acting(self) -> tuple[str, ...]:
        """All who are still in the game."""
        return tuple(self.env.agents)

    def sight(self, agent: str) -> tuple[Any, Any]:
        """The agent's observation, flat, and its mask if it has one."""
        return _flat(self.env.observation_space(agent), self._seen.get(agent))

    def play(self, actions: Mapping[str, int]) -> Mapping[str, Any]:
        """One step of all."""
        self._seen, payoffs, _, _, _ = _parts(self.env.step(dict(actions)), 5, "step", self.name)
        return dict(payoffs)


@final
class FromTurns(ForeignGame):
    """A PettingZoo `AECEnv`: one acts after the other, and a step is one turn.

    Args:
        env: the environment.
        name: how to call it in messages.
    """

    def __init__(self, env: Any, name: str) -> None:
        self.env, self.name, self.agents = env, name, tuple(env.possible_agents)
        self.n_actions, self.n_observed = _sizes(env, self.agents, name)

    def begin(self, seed: int) -> None:
        """A new episode."""
        self.env.reset(seed=seed)

    def acting(self) -> tuple[str, ...]:
        """Whose turn it is."""
        while self.env.agents:
            agent = self.env.agent_selection
            if not (self.env.terminations[agent] or self.env.truncations[agent]):
                return (agent,)
            self.env.step(None)
        return ()

    def sight(self, agent: str) -> tuple[Any, Any]:
        """The agent's observation, flat, and its mask if it has one."""
        return _flat(self.env.observation_space(agent), self.env.observe(agent))

    def play(self, actions: Mapping[str, int]) -> Mapping[str, Any]:
        """One turn; what everyone got by it."""
        for action in actions.values():
            self.env.step(action)
        return dict(self.env.rewards)


def _parts(found: Any, n: int, method: str, name: str) -> Any:
    """What a method returned, if it has so many parts; older interfaces return fewer."""
    n_found = len(found) if isinstance(found, tuple) else 1
    if n_found != n:
        raise BadInputError(f"{name} returned {n_found} values from {method}; a ParallelEnv returns {n}.")
    return found


def _played_part(space: Any) -> Any:
    """The part of a space that is seen: that beside a mask, where there is one."""
    if isinstance(space, gymnasium.spaces.Dict) and "action_mask" in space.spaces:
        rest = {name: part for name, part in space.spaces.items() if name != "action_mask"}
        return rest["observation"] if set(rest) == {"observation"} else gymnasium.spaces.Dict(rest)
    return space


def _flat(space: Any, observation: Any) -> tuple[Any, Any]:
    mask, part = None, _played_part(space)
    if part is not space and isinstance(observation, Mapping):
        mask = observation.get("action_mask")
        rest = {name: found for name, found in observation.items() if name != "action_mask"}
        observation = rest if isinstance(part, gymnasium.spaces.Dict) else rest.get("observation")
    try:
        return gymnasium.spaces.flatten(part, observation), mask
    except (TypeError, ValueError, IndexError, KeyError, AttributeError):
        return observation, mask


def _sizes(env: Any, agents: tuple[str, ...], name: str) -> tuple[int, int]:
    n_actions, n_observed = set(), set()
    for agent in agents:
        space = env.action_space(agent)
        if not isinstance(space, gymnasium.spaces.Discrete) or int(space.start) != 0:
            raise BadInputError(f"The actions of player {agent} in {name} are {space}; allowed: Discrete, from 0.")
        n_actions.add(int(space.n))
        n_observed.add(int(gymnasium.spaces.flatdim(_played_part(env.observation_space(agent)))))
    if len(n_actions) != 1 or len(n_observed) != 1:
        raise BadInputError(
            f"The players of {name} differ: {sorted(n_actions)} actions, {sorted(n_observed)} numbers observed; "
            "allowed: the same for all."
        )
    return n_actions.pop(), n_observed.pop()


def wrap(env: Any, name: str = "") -> ForeignGame:
    """A PettingZoo environment, parallel or in turns, as a game that our tournaments take.

    Raises:
        BadInputError: it is neither, its actions are not discrete, or its agents differ in what they do or see.
    """
    name = name or str(getattr(env, "metadata", {}).get("name", type(env).__name__))
    kinds: tuple[tuple[type, Callable[[Any, str], ForeignGame]], ...] = (
        (pettingzoo.ParallelEnv, FromParallel),
        (pettingzoo.AECEnv, FromTurns),
    )
    for kind, wrapper in kinds:
        if isinstance(env, kind):
            return wrapper(env, name)
    raise BadInputError(
        f"{name} is of the type {type(env).__name__}; allowed: a ParallelEnv or an AECEnv of PettingZoo."
    )


def load(address: str) -> ForeignGame:
    """The game of a module that offers `parallel_env` or `env`, such as "pettingzoo.classic.rps_v2".

    Raises:
        BadInputError: there is no such module, it needs one that is missing, it offers neither, or its game cannot be
            made.
    """
    try:
        module = importlib.import_module(address)
    except ImportError as error:
        raise BadInputError(
            f"The environment {address} cannot be loaded: {error}; install what is missing (pygame, which many games "
            "need, comes with 'primordia[pettingzoo]')."
        ) from error
    maker = getattr(module, "parallel_env", None) or getattr(module, "env", None)
    if maker is None:
        raise BadInputError(f"The module {address} offers neither parallel_env nor env, as PettingZoo's do.")
    try:
        made = maker()
    except Exception as error:  # someone else's code may raise anything
        raise BadInputError(f"The environment {address} cannot be made: {error}.") from error
    return wrap(made, address)
