"""Phases of predictive policy improvement with a perfect predictor, in four arms that differ in whom they meet."""

from __future__ import annotations

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.games.prediction.mixture import (
    Improved,
    Played,
    coin_likelihood,
    improve,
    mirrored,
    played,
    pool_likelihood,
)

ARMS = ("mixed", "identified", "alone", "decoupled")
"""The mixed pool; the same with opponents named; learners only; and the mixed pool with a self-model that is fixed."""
MEETING = 0.5
"""Share of a learner's episodes with another learner, where there is a pool."""


class Memory(NamedTuple):
    """All that an arm's predictor has learnt: laws up to a factor, in episodes of a phase.

    Args:
        law: of whole histories, axis [history].
        own: of one's own actions given the other's, axis [history]; ones where an arm does not need it.
        other: of the other's given one's own, likewise.
    """

    law: Float[Array, " history"]
    own: Float[Array, " history"]
    other: Float[Array, " history"]


@functools.partial(jax.jit, static_argnames=("n_rounds",))
def pools(programs: Float[Array, "replica program seen"], *, n_rounds: int) -> Float[Array, "replica history"]:
    """The likelihood of each replica's pool."""
    return jax.vmap(lambda one: pool_likelihood(one, n_rounds))(programs)


@functools.partial(jax.jit, static_argnames=("arm", "n_rounds"))
def begin(
    pool: Float[Array, "replica history"], first: Float[Array, ""], *, arm: str, n_rounds: int
) -> Memory:
    """What is known before the first phase; axes of all arrays [replica, history].

    Args:
        pool: of each replica, by `pools`.
        first: weight of what was watched before the first phase, in phases. Named opponents make it tiny: among the
            first episodes there is none with a learner, so that they tell nothing about learners.
        arm: of `ARMS`.
        n_rounds: of an episode.
    """
    there = mirrored(n_rounds)
    one = jnp.broadcast_to(jnp.asarray(coin_likelihood(n_rounds), jnp.float32), pool.shape) if arm == "alone" else pool
    nothing = jnp.ones_like(pool)
    if arm == "decoupled":
        return Memory(nothing, first * one, first * one[:, there])
    return Memory(first * one * one[:, there], nothing, nothing)


@functools.partial(jax.jit, static_argnames=("arm", "n_rounds"))
def phase(
    memory: Memory, pool: Float[Array, "replica history"], strength: Float[Array, ""], *, arm: str, n_rounds: int
) -> tuple[Memory, Improved, Played]:
    """One phase of every replica: plan in what is known, play, and add what was played to it."""
    return jax.vmap(lambda known, likelihood: _phase(known, likelihood, strength, arm, n_rounds))(memory, pool)


def _phase(
    memory: Memory, pool: Float[Array, " history"], strength: Float[Array, ""], arm: str, n_rounds: int
) -> tuple[Memory, Improved, Played]:
    there = mirrored(n_rounds)
    found = improve(foreseen(memory, arm), strength)
    mine = found.likelihood
    share = MEETING if arm in ("mixed", "decoupled") else 1.0
    if arm == "decoupled":
        met = share * mine[there] + (1 - share) * pool[there]
        after = Memory(memory.law, memory.own + mine, memory.other + met)
    else:
        law = memory.law + share * mine * mine[there] + (1 - share) * mine * pool[there]
        after = Memory(law, memory.own, memory.other)
    return after, found, played(mine, pool, n_rounds)


def foreseen(memory: Memory, arm: str) -> Float[Array, " history"]:
    """The law that an arm plans with, up to a factor.

    A decoupled agent believes that its own program says nothing about the other's: its posterior over opponents is
    updated on what they do alone, and that over itself on what it does alone (arXiv 2511.22226, Prop. 3.17). Its law
    is the product of the two.
    """
    return memory.own * memory.other if arm == "decoupled" else memory.law
