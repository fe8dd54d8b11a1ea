"""What an agent is made of: weights, a memory, and a choice of action from what it sees."""

from __future__ import annotations

import abc
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from primordia.core.errors import ConfigError

Weights: TypeAlias = Any
"""A pytree of float arrays (a dict by name, as a rule): what a learner changes."""
Memory: TypeAlias = Any
"""A pytree of arrays: what an agent carries from one observation to the next."""


class Acting(NamedTuple):
    """What a policy makes of an observation.

    Args:
        logits: of each action, axis [action].
        value: what it expects to get from here on, in the units it was trained in; 0 where a policy does not say.
        memory: what it carries on.
    """

    logits: Float[Array, " action"]
    value: Float[Array, ""]
    memory: Memory


class Policy(abc.ABC):
    """A family of policies. Subclasses are final, frozen dataclasses that can be hashed; they hold no weights.

    All methods are pure, of ONE agent in ONE game, and can be traced: the caller batches them by vmap over games, and
    over weights for populations. A memory begins anew with `begin`; whether it goes on from one inner episode into
    the next is the caller's to decide, and is what tells a learning-aware agent from a naive one.

    Attributes:
        n_observed: numbers in an observation.
        n_actions: actions.
    """

    n_observed: int
    n_actions: int

    @abc.abstractmethod
    def weights(self, key: Array) -> Weights:
        """Weights to start from."""

    @abc.abstractmethod
    def begin(self) -> Memory:
        """The memory before the first observation."""

    @abc.abstractmethod
    def act(self, weights: Weights, memory: Memory, observation: Float[Array, " observation"]) -> Acting:
        """One step."""


def log_probability(logits: Float[Array, "*batch action"], action: Int[Array, "*batch"]) -> Float[Array, "*batch"]:
    """The log-probability of the action taken."""
    found = jnp.take_along_axis(jax.nn.log_softmax(logits), action[..., None].astype(jnp.int32), axis=-1)
    return found[..., 0]


def need_positive(**sizes: int) -> None:
    """Refuse sizes below 1 before anything is compiled.

    Raises:
        ConfigError: names the first of them.
    """
    for name, size in sizes.items():
        if size < 1:
            raise ConfigError(f"{name}={size} is out of range: it must be at least 1; the nearest is 1.")
