"""Phases of predictive policy improvement with a perfect predictor, in four arms that differ in whom they meet."""

from __future__ import annotations

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.core.errors import ConfigError
from primordia.games.prediction.mixture import (
    Improved,
    Played,
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
        law: of whole histories, axis [history]; a single number in the decoupled arm, which has no use for it.
        own: of one's own actions given the other's, axis [history]; a single number in the other arms.
        other: of the other's given one's own, likewise.
    """

    law: Float[Array, " history"]
    own: Float[Array, " history"]
    other: Float[Array, " history"]


@functools.partial(jax.jit, static_argnames=("n_rounds",))
def pools(programs: Float[Array, "replica program seen"], *, n_rounds: int) -> Float[Array, "replica history"]:
    """The likelihood of each replica's pool."""
    return jax.vmap(lambda one: pool_likelihood(one, n_rounds))(programs)


def check_grain(memory: Memory) -> None:
    """Refuse a memory that holds some history to be impossible: nothing could be foreseen after it.

    Raises:
        ConfigError: the probability of a history is below what 32 bits hold.
    """
    for part in memory:
        if part.shape[1] > 1 and not float(part.min()) > 0:
            raise ConfigError(
                "n_programs is too small for so many rounds: the pool gives some history a probability of 0, in 32 "
                "bits, after which nothing could be foreseen; allowed: pools in which everything can happen; give more "
                "programs or fewer rounds."
            )


def begin(pool: Float[Array, "replica history"], first: float, *, arm: str, n_rounds: int) -> Memory:
    """What is known before the first phase; axes of all arrays [replica, history].

    Args:
        pool: of each replica, by `pools`.
        first: weight of what was watched before the first phase, in phases. Named opponents make it tiny: among the
            first episodes there is none with a learner, so that they tell nothing about learners.
        arm: of `ARMS`.
        n_rounds: of an episode.
    """
    watched = jnp.full_like(pool, 0.5**n_rounds) if arm == "alone" else pool
    return _begin(watched, jnp.float32(first), decoupled=arm == "decoupled", n_rounds=n_rounds)


@functools.partial(jax.jit, static_argnames=("decoupled", "n_rounds"))
def _begin(
    watched: Float[Array, "replica history"], first: Float[Array, ""], *, decoupled: bool, n_rounds: int
) -> Memory:
    there, nothing = mirrored(n_rounds), jnp.zeros((watched.shape[0], 1))
    if decoupled:
        return Memory(nothing, first * watched, first * watched[:, there])
    return Memory(first * watched * watched[:, there], nothing, nothing)


def phase(
    memory: Memory,
    pool: Float[Array, "replica history"],
    strength: float,
    *,
    arm: str,
    n_rounds: int,
    share: float | None = None,
) -> tuple[Memory, Improved, Played]:
    """One phase of every replica: plan in what is known, play, and add what was played to it.

    Args:
        memory: what is known; it stays as it was.
        pool: the likelihood of those who are met beside learners: a pool, or one program that does not learn.
        strength: beta.
        arm: of `ARMS`.
        n_rounds: of an episode.
        share: of episodes with other learners; None: as the arm has it. Where all of the pool are named, or there is
            none, learners learn about each other from each other alone.
    """
    if share is None:
        share = MEETING if arm in ("mixed", "decoupled") else 1.0
    decoupled = arm == "decoupled"
    return _phases(memory, pool, jnp.float32(strength), jnp.float32(share), decoupled=decoupled, n_rounds=n_rounds)


@functools.partial(jax.jit, static_argnames=("decoupled", "n_rounds"))
def _phases(
    memory: Memory,
    pool: Float[Array, "replica history"],
    strength: Float[Array, ""],
    share: Float[Array, ""],
    *,
    decoupled: bool,
    n_rounds: int,
) -> tuple[Memory, Improved, Played]:
    there = mirrored(n_rounds)

    def one(known: Memory, pool: Float[Array, " history"]) -> tuple[Memory, Improved, Played]:
        found = improve(foreseen(known) if decoupled else known.law, strength)
        mine = found.likelihood
        met = share * mine[there] + (1 - share) * pool[there]
        if decoupled:
            after = Memory(known.law, known.own + mine, known.other + met)
        else:
            after = Memory(known.law + mine * met, known.own, known.other)
        return after, found, played(mine, pool, n_rounds)

    return jax.vmap(one)(memory, pool)


def foreseen(memory: Memory) -> Float[Array, " history"]:
    """The law that a decoupled learner plans with, up to a factor.

    It believes that its own program says nothing about the other's: its posterior over opponents is updated on what
    they do alone, and that over itself on what it does alone (arXiv 2511.22226, Prop. 3.17). Its law is the product.
    """
    return memory.own * memory.other
