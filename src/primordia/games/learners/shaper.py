"""Shaper: one recurrent policy over the whole meta-episode, found by an evolution strategy instead of a gradient.

The policy and its memory are those of a COALA agent (arXiv 2312.12568 describes the method; the search is that of
OpenAI's evolution strategy, arXiv 1703.03864: mirrored normal noise, a step along the noise weighted with centred
ranks). Fitness is the mean payoff over whole meta-episodes, so that what the co-players learn is in it, and no
estimator is needed. All members of a generation meet the same co-players with the same luck. A generation costs
2 x `n_pairs` x `n_meta` meta-episodes forward and nothing backward.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, NamedTuple, final

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int

from primordia.core.errors import BadInputError
from primordia.games.learners import faults
from primordia.games.learners.rollouts import Arena, meta_episodes
from primordia.games.policies.policy import Weights


@final
@dataclasses.dataclass(frozen=True)
class Evolution:
    """The settings of the search.

    Args:
        arena: who plays what; its rule says how co-players learn.
        n_pairs: mirrored pairs of a generation.
        n_meta: co-players that every member meets.
        spread: standard deviation of the noise on every weight.
        learning_rate: Adam's.

    Raises:
        BadInputError: a size below 1, or a spread that is not above 0.
    """

    arena: Arena
    n_pairs: int = 64
    n_meta: int = 8
    spread: float = 0.04
    learning_rate: float = 0.02

    def __post_init__(self) -> None:
        if min(self.n_pairs, self.n_meta) < 1 or not self.spread > 0:
            raise BadInputError(
                f"n_pairs={self.n_pairs}, n_meta={self.n_meta} and spread={self.spread:g}: a generation has at least 1 "
                "pair and 1 co-player, and a spread above 0 (0.04 is usual)."
            )


class Search(NamedTuple):
    """Where the search is.

    Args:
        weights: in the middle of the next generation.
        moments: of the optimiser.
        n_updates: generations done.
        fault: as in a `coala.Population`.
    """

    weights: Weights
    moments: Any
    n_updates: Int[Array, ""]
    fault: Int[Array, "2"]


def begin(evolution: Evolution, key: Array) -> Search:
    """A fresh policy."""
    weights = evolution.arena.ego.weights(key)
    return Search(weights, optax.adam(evolution.learning_rate).init(weights), jnp.zeros((), jnp.int32), faults.none())


@functools.partial(jax.jit, static_argnames=("evolution",))
def update(search: Search, key: Array, *, evolution: Evolution) -> tuple[Search, dict[str, Float[Array, ""]]]:
    """One generation.

    Returns:
        The search after it, and "fitness" (mean payoff per step of all members), "best_fitness" and "gradient_norm".
    """
    noise_key, drawing, playing = jax.random.split(key, 3)
    middle, restore = ravel_pytree(search.weights)
    noise = jax.random.normal(noise_key, (evolution.n_pairs, middle.size))
    members = middle + evolution.spread * jnp.concatenate([noise, -noise])
    others = jax.vmap(evolution.arena.other.weights)(jax.random.split(drawing, evolution.n_meta))

    def fitness(member: Array) -> Array:
        return meta_episodes(evolution.arena, restore(member), others, playing).payoffs[..., 0].mean()

    found = jax.vmap(fitness)(members)
    slope = restore(-ascent(found, noise, evolution.spread))
    change, moments = optax.adam(evolution.learning_rate).update(slope, search.moments, search.weights)
    after = optax.apply_updates(search.weights, change)
    fault = faults.first(search.fault, search.n_updates, faults.finite(slope, after))
    row = {"fitness": found.mean(), "best_fitness": found.max(), "gradient_norm": optax.tree.norm(slope)}
    return Search(after, moments, search.n_updates + 1, fault), row


def ascent(
    fitness: Float[Array, " member"], noise: Float[Array, "pair weight"], spread: float
) -> Float[Array, " weight"]:
    """The direction in which fitness rises: noise weighted with centred ranks, over twice the pairs and the spread.

    Args:
        fitness: of the members, those with +noise first, then those with -noise. Equal fitness has equal rank.
        noise: of the pairs.
        spread: its scale.
    """
    n = fitness.shape[0]
    below = (fitness[:, None] > fitness).sum(1)
    above = (fitness[:, None] < fitness).sum(1)
    ranks = (below - above) / (2 * max(n - 1, 1))
    plus, minus = ranks[: n // 2], ranks[n // 2 :]
    return (plus - minus) @ noise / (n * spread)
