"""Predictive policy improvement with a perfect predictor: the exact Bayesian mixture of all that has ever been played.

The predictor of arXiv 2602.16301 is trained on every episode so far. With enough of them and enough units it becomes
their law, and that is a Bayesian mixture of *universes*, pairs (self, opponent) of programs (arXiv 2511.22226):

    (pool, pool)          the first episodes, two programs drawn from the pool;
    (learner k, pool)     phase k's learner and a program drawn from the pool;
    (learner k, learner k)  phase k's learner and its like.

Here the law is kept itself, a number for each of the 4^T histories of T rounds. Conditioning it on a history *is* the
posterior over universes, updated on one's own actions as on the other's, and nothing is sampled or fitted. The class
holds the learner of every earlier phase, not the present one: a grain of truth as far as phases go.

`improve` is one soft planning step: pi(a | h) ~ p(a | h) exp(beta Q(h, a)), Q the expected payoff of the rest of the
episode in the mixture after h and a, own actions by the mixture too (k = 1 of arXiv 2511.22226). The paper
estimates Q by rollouts of 15 rounds; here it is exact and runs to the end. A phase costs about twenty passes over 4^T
numbers: T = 8 takes milliseconds, T = 11 a second.

Histories are numbered by their joint actions (CC, CD, DC, DD = 0 … 3, own action first) as digits in base 4, the first
round first, so that the histories that share a beginning lie together.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jaxtyping import Array, Float

from primordia.core.errors import BadInputError
from primordia.games.prediction.pool import PAYOFFS

MOST_ROUNDS = 11
SWAPPED = (0, 2, 1, 3)


class Improved(NamedTuple):
    """A learner's policy.

    Args:
        likelihood: of its own actions in each history, axis [history].
        nudge: mean of beta |Q(D) - Q(C)| over rounds, along histories as the mixture foresees them.
    """

    likelihood: Float[Array, " history"]
    nudge: Float[Array, ""]


class Played(NamedTuple):
    """What learners do, exactly.

    Args:
        cooperation: probability of cooperation among learners, axis [round].
        payoff: per round among learners.
        pool_cooperation: probability of cooperation with the pool, axis [round].
        pool_payoff: per round with the pool, axis [round].
    """

    cooperation: Float[Array, " round"]
    payoff: Float[Array, ""]
    pool_cooperation: Float[Array, " round"]
    pool_payoff: Float[Array, " round"]


def check_rounds(n_rounds: int) -> None:
    """Refuse more rounds than histories can be listed for.

    Raises:
        BadInputError: fewer rounds than 2 or more than 11, of which there are four million histories.
    """
    if not 2 <= n_rounds <= MOST_ROUNDS:
        raise BadInputError(
            f"n_rounds={n_rounds} cannot be enumerated: there are 4^{n_rounds} histories; it must be from 2 to "
            f"{MOST_ROUNDS}, and method 'ppi' takes more."
        )


@functools.lru_cache(maxsize=16)
def joint_actions(n_rounds: int) -> npt.NDArray[np.int64]:
    """The joint action of each round in each history, axes [history, round]."""
    check_rounds(n_rounds)
    return np.arange(4**n_rounds)[:, None] // 4 ** np.arange(n_rounds - 1, -1, -1) % 4


@functools.lru_cache(maxsize=16)
def mirrored(n_rounds: int) -> npt.NDArray[np.int64]:
    """The number that each history has for the other player, axis [history]."""
    return np.asarray(SWAPPED)[joint_actions(n_rounds)] @ 4 ** np.arange(n_rounds - 1, -1, -1)


def pool_likelihood(programs: Float[Array, "program seen"], n_rounds: int) -> Float[Array, " history"]:
    """The probability that a program drawn from these takes the actions of the first player, in each history.

    One pass over the tree for each program, level by level: a program acts on the last joint action alone.
    """

    def of_one(program: Float[Array, " seen"]) -> Float[Array, " history"]:
        acting = jnp.stack([program, program, 1 - program, 1 - program], axis=-1)
        grown = acting[0]
        for _ in range(n_rounds - 1):
            grown = (grown.reshape(-1, 4)[:, :, None] * acting[None, 1:]).reshape(-1)
        return grown

    def add(total: Float[Array, " history"], program: Float[Array, " seen"]) -> tuple[Float[Array, " history"], None]:
        return total + of_one(program), None

    total, _ = jax.lax.scan(add, jnp.zeros(4**n_rounds), programs)
    return total / programs.shape[0]


def improve(law: Float[Array, " history"], strength: Float[Array, ""]) -> Improved:
    """The policy one soft planning step away from a mixture.

    Args:
        law: of histories of T rounds, up to a factor; positive, or nothing could be said about what never happened.
        strength: beta, nats per unit of payoff.
    """
    n_rounds = (law.shape[0].bit_length() - 1) // 2
    laws = [law / law.sum()]
    for _ in range(n_rounds - 1):
        laws.append(laws[-1].reshape(-1, 4).sum(axis=1))
    value, acting, nudge = jnp.zeros(4**n_rounds), [], jnp.zeros(())
    for law_here in laws:
        joint = law_here.reshape(-1, 2, 2)
        own = joint.sum(axis=2)
        gain = jnp.asarray(PAYOFFS).reshape(2, 2) + value.reshape(-1, 2, 2)
        worth = (joint * gain).sum(axis=2) / own
        prior = own / own.sum(axis=1, keepdims=True)
        acting.append(jax.nn.softmax(jnp.log(prior) + strength * worth, axis=1))
        value = (prior * worth).sum(axis=1)
        advantage = worth[:, 1] - worth[:, 0]
        nudge += (own.sum(axis=1) * jnp.abs(advantage)).sum() * strength / n_rounds
    likelihood = jnp.ones(1)
    for chances in reversed(acting):
        likelihood = jnp.repeat(likelihood[:, None] * chances, 2, axis=1).reshape(-1)
    return Improved(likelihood, nudge)


def played(likelihood: Float[Array, " history"], pool: Float[Array, " history"], n_rounds: int) -> Played:
    """What becomes of a learner among its like and with the pool, summed over all histories."""
    actions = joint_actions(n_rounds)
    there = mirrored(n_rounds)
    cooperating = jnp.asarray((actions < 2).T, jnp.float32)
    paid = jnp.asarray(np.asarray(PAYOFFS)[actions].T, jnp.float32)
    among, apart = likelihood * likelihood[there], likelihood * pool[there]
    return Played(cooperating @ among, (paid @ among).mean(), cooperating @ apart, paid @ apart)
