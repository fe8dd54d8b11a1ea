"""What a game is: pure functions of one game, which a caller batches by vmap."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, UInt32

from primordia.core.views import Colour


class Step(NamedTuple):
    """What a step of a game leads to.

    Args:
        state: of the game, a pytree of arrays.
        observations: what each agent sees next, axes [agent, observation].
        payoffs: what each agent got, axis [agent].
        done: whether the episode ended with this step.
        events: what happened, name -> number for each agent, axis [agent]; the names are `Environment.events`.
    """

    state: Any
    observations: Float[Array, "agent observation"]
    payoffs: Float[Array, " agent"]
    done: Bool[Array, ""]
    events: dict[str, Float[Array, " agent"]]


class Environment(abc.ABC):
    """A game of several agents who act at the same time. Subclasses are final, frozen dataclasses that can be hashed.

    `reset` and `step` are pure, of ONE game, and can be traced. Chance comes as random words (uint32) that the caller
    draws, so that a twin in plain Python can play the same game with the same words: `unit` and `choice` say what a
    word means.

    Attributes:
        name: as it is asked for, such as "coins".
        events: name -> what it counts, in one sentence.
        actions: what each action is called.
        palette: what the indices of a frame mean.
        n_agents: agents.
        n_observed: numbers in an observation.
        n_steps: steps of an episode.
        n_draws: random words that a step takes.
        n_reset_draws: random words that a reset takes.
    """

    name: ClassVar[str]
    events: ClassVar[Mapping[str, str]]
    n_agents: int
    n_steps: int
    n_observed: int
    n_draws: int
    n_reset_draws: int
    actions: tuple[str, ...]
    palette: tuple[Colour, ...]

    @abc.abstractmethod
    def reset(self, draws: UInt32[Array, " word"]) -> tuple[Any, Float[Array, "agent observation"]]:
        """The state before the first step of an episode, and what each agent sees of it."""

    @abc.abstractmethod
    def step(self, state: Any, actions: Int[Array, " agent"], draws: UInt32[Array, " word"]) -> Step:
        """One step. The state may be that after the last step of an episode only if the caller resets it."""

    @abc.abstractmethod
    def frame(self, state: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """The state as palette indices, axes [row, column]; not traced."""


def unit(words: UInt32[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Random words as numbers from 0 to below 1: their upper 24 bits, so that 32-bit floats hold them exactly."""
    return (words >> 8).astype(jnp.float32) * jnp.float32(2.0**-24)


def choice(words: UInt32[Array, "*shape"], n: Int[Array, "*shape"] | int) -> Int[Array, "*shape"]:
    """Random words as indices below `n` (at most 65,536): floor(n · upper 16 bits / 2^16); bias below n / 65,536."""
    return (((words >> 16) * jnp.asarray(n, jnp.uint32)) >> 16).astype(jnp.int32)
