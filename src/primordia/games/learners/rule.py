"""How a co-player learns between inner episodes, and how the choices of a policy are looked at again."""

from __future__ import annotations

import abc
import dataclasses
from typing import Any, NamedTuple, final

import jax
from jaxtyping import Array, Float, Int

from primordia.games.policies.policy import Policy, Weights


class Episode(NamedTuple):
    """An inner episode as ONE co-player saw it, in all of its games.

    Args:
        observations: before each choice, axes [game, step, observation].
        actions: what it chose, axes [game, step].
        payoffs: what it got, axes [game, step].
    """

    observations: Float[Array, "game step observation"]
    actions: Int[Array, "game step"]
    payoffs: Float[Array, "game step"]


class Choices(NamedTuple):
    """What a policy would choose, and what it expects.

    Args:
        logits: axes [game, time, action].
        values: axes [game, time].
    """

    logits: Float[Array, "game time action"]
    values: Float[Array, "game time"]


class Rule(abc.ABC):
    """How ONE co-player changes its weights after an inner episode; the caller vmaps over co-players.

    Subclasses are final, frozen dataclasses that can be hashed, and pure. The co-player's memory begins anew in every
    inner episode.

    Attributes:
        minibatch: games of one step of learning; 0: all of them.
    """

    minibatch: int = 0

    @abc.abstractmethod
    def begin(self, weights: Weights) -> Any:
        """What the rule carries from one inner episode to the next (moments of an optimiser), a pytree of arrays."""

    @abc.abstractmethod
    def learn(self, policy: Policy, weights: Weights, carried: Any, episode: Episode) -> tuple[Weights, Any]:
        """The weights after one step of learning from these games."""

    def update(self, policy: Policy, weights: Weights, carried: Any, episode: Episode) -> tuple[Weights, Any]:
        """The weights after the inner episode: a step of learning for each minibatch of games, in order."""
        n_games = episode.payoffs.shape[0]
        if self.minibatch in (0, n_games):
            return self.learn(policy, weights, carried, episode)
        parts = jax.tree.map(lambda row: row.reshape(-1, self.minibatch, *row.shape[1:]), episode)

        def learned(before: tuple[Weights, Any], part: Episode) -> tuple[tuple[Weights, Any], None]:
            return self.learn(policy, *before, part), None

        return jax.lax.scan(learned, (weights, carried), parts)[0]


@final
@dataclasses.dataclass(frozen=True)
class Still(Rule):
    """A co-player that never learns, and begins every inner episode with an empty memory."""

    def begin(self, weights: Weights) -> tuple[()]:
        """Nothing."""
        return ()

    def learn(
        self, policy: Policy, weights: Weights, carried: tuple[()], episode: Episode
    ) -> tuple[Weights, tuple[()]]:
        """The same weights."""
        return weights, carried


def replay(policy: Policy, weights: Weights, observations: Float[Array, "game time observation"]) -> Choices:
    """What a policy makes of what it saw, from an empty memory to the end; can be differentiated by the weights."""
    n_games = observations.shape[0]
    memory = jax.tree.map(lambda row: row + jax.numpy.zeros((n_games, *row.shape), row.dtype), policy.begin())
    acts = jax.vmap(policy.act, in_axes=(None, 0, 0))

    def step(memory: Any, seen: Array) -> tuple[Any, Choices]:
        acting = acts(weights, memory, seen)
        return acting.memory, Choices(acting.logits, acting.value)

    _, found = jax.lax.scan(step, memory, observations.swapaxes(0, 1))
    return Choices(found.logits.swapaxes(0, 1), found.values.swapaxes(0, 1))
