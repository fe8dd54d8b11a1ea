"""How learned agents do in played games: payoffs by inner episode, over many co-players, compiled."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.games.learners.rollouts import Arena, meta_episodes
from primordia.games.policies.policy import Policy, Weights


@functools.partial(jax.jit, static_argnames=("arena",))
def against(arena: Arena, egos: Weights, others: Weights, key: Array) -> Float[Array, "ego inner player"]:
    """What each ego and its co-players get in each inner episode, as a mean over co-players, games and steps.

    Args:
        arena: who plays what.
        egos: first axis [ego].
        others: the co-players that every ego meets, first axis [co-player].
        key: the same luck for all egos.
    """

    def one(ego: Weights) -> Array:
        return meta_episodes(arena, ego, others, key).payoffs.mean((0, 1, 3))

    return jax.vmap(one)(egos)


@functools.partial(jax.jit, static_argnames=("arena",))
def against_each(arena: Arena, egos: Weights, others: Weights, key: Array) -> Float[Array, "ego inner player"]:
    """The same of egos that meet one co-player each; both have the first axis [ego]."""

    def one(ego: Weights, other: Weights) -> Array:
        alone = jax.tree.map(lambda row: row[None], other)
        return meta_episodes(arena, ego, alone, key).payoffs.mean((0, 1, 3))

    return jax.vmap(one)(egos, others)


@functools.partial(jax.jit, static_argnames=("policy", "n_rounds"))
def answers(policy: Policy, weights: Weights, *, n_rounds: int = 3) -> Float[Array, "agent situation"]:
    """Probabilities of cooperation at the start, and after CC, CD, DC and DD seen for so many rounds.

    For a policy without memory this is its table; of one with memory it is a table's worth of it.

    Args:
        policy: of a dilemma, five observations and two actions.
        weights: first axis [agent].
        n_rounds: rounds that a joint action is seen.
    """

    def one(weights: Weights) -> Array:
        first = policy.act(weights, policy.begin(), jnp.eye(policy.n_observed)[0])
        found = [jax.nn.softmax(first.logits)[0]]
        for seen in jnp.eye(policy.n_observed)[1:]:
            memory = first.memory
            for _ in range(n_rounds):
                acting = policy.act(weights, memory, seen)
                memory = acting.memory
            found.append(jax.nn.softmax(acting.logits)[0])
        return jnp.stack(found)

    return jax.vmap(one)(weights)
