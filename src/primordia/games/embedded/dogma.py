"""Beliefs so strong that nothing is ever tried: any deterministic profile can be made an equilibrium of them.

After arXiv 2511.22226, proposition 4.29: both agents expect the profile, and that any deviation is answered by the
least reward for ever. They look at `horizon` rounds and share the belief between that dogma and the truth, which is
that the other plays its policy of the profile whatever happens. As long as nobody deviates both say the same, so
experience changes nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from primordia.core.errors import BadInputError
from primordia.games.embedded.machines import Machines
from primordia.games.embedded.planning import MARGIN
from primordia.games.embedded.regret import best_returns
from primordia.games.environments.payoffs import PRISONERS_DILEMMA, Dilemma


class Path(NamedTuple):
    """What a profile plays, from the seat of one of its two agents.

    Args:
        own: its actions, axes [round, profile].
        other: the other's.
        other_states: the state of the other's machine before each round.
    """

    own: Int[np.ndarray, "round profile"]
    other: Int[np.ndarray, "round profile"]
    other_states: Int[np.ndarray, "round profile"]


def path(machines: Machines, own: Int[np.ndarray, " profile"], other: Int[np.ndarray, " profile"], n: int) -> Path:
    """`n` rounds between machines of one class, by their places in it."""
    mine, theirs = np.zeros_like(own), np.zeros_like(other)
    rounds = []
    for _ in range(n):
        one, two = machines.actions[own, mine], machines.actions[other, theirs]
        rounds.append((one, two, theirs))
        mine, theirs = machines.moves[own, mine, one, two], machines.moves[other, theirs, two, one]
    return Path(*(np.array(part) for part in zip(*rounds, strict=True)))


def gains(
    machines: Machines,
    other: Int[np.ndarray, " profile"],
    played: Path,
    n_rounds: int,
    horizon: int,
    p_dogma: float,
    payoffs: Dilemma = PRISONERS_DILEMMA,
) -> Float[np.ndarray, "round profile"]:
    """What the best deviation promises beyond going on, in expected return, in each of `n_rounds` rounds.

    Args:
        machines: the class of the profile's policies.
        other: the place of the other's machine.
        played: the path, at least n_rounds + horizon - 1 rounds long.
        n_rounds: rounds that are asked about.
        horizon: rounds that the agent looks at.
        p_dogma: belief in the dogma, from 0 (the truth is known) to 1.
        payoffs: the game; its least payoff is the punishment.

    Raises:
        BadInputError: a probability outside 0 to 1, no round, or a path that is too short.
    """
    if not 0 <= p_dogma <= 1:
        raise BadInputError(f"A belief of {p_dogma:g} in the dogma is no probability; allowed: from 0 to 1.")
    if min(n_rounds, horizon) < 1 or len(played.own) < n_rounds + horizon - 1:
        raise BadInputError(
            f"{n_rounds} rounds with a horizon of {horizon} need a path of {n_rounds + horizon - 1}; this one has "
            f"{len(played.own)}; allowed: at least one round of each, and a path that long."
        )
    table = np.array(payoffs.table()[0])
    least = table.min()
    returns = best_returns(machines, horizon, payoffs)
    away = 1 - played.own
    after = machines.moves[other, played.other_states, played.other, away]
    here, there = table[played.own, played.other], table[away, played.other]
    worth = np.zeros_like(here)
    for left in range(1, horizon + 1):
        deviating = p_dogma * least * left + (1 - p_dogma) * (there + returns[left - 1][other, after])
        following = here[: len(worth)] + np.concatenate([worth[1:], np.zeros_like(worth[:1])])
        worth = np.maximum(deviating, following)
        difference = deviating - following
    return difference[:n_rounds]


def never_deviates(
    machines: Machines, n_rounds: int, horizon: int, p_dogma: float, payoffs: Dilemma = PRISONERS_DILEMMA
) -> Bool[np.ndarray, "own other"]:
    """For every profile of the class, whether neither agent ever wants to leave it in `n_rounds`."""
    n = len(machines)
    own, other = (places.ravel() for places in np.meshgrid(np.arange(n), np.arange(n), indexing="ij"))
    played = path(machines, own, other, n_rounds + horizon - 1)
    wants = gains(machines, other, played, n_rounds, horizon, p_dogma, payoffs).max(0) > MARGIN
    first_stays = ~wants.reshape(n, n)
    return first_stays & first_stays.T


class Sampled(NamedTuple):
    """Thompson samplers inside a profile of mutual cooperation, one for each row of draws.

    Args:
        left: the round in which each first deviated; the number of rounds if it never did.
        payoff: its mean payoff per round.
    """

    left: Int[np.ndarray, " agent"]
    payoff: Float[np.ndarray, " agent"]


def thompson(
    uniform: Float[np.ndarray, "agent round"], p_dogma: float, hell: bool, payoffs: Dilemma = PRISONERS_DILEMMA
) -> Sampled:
    """Agents that draw a universe from their posterior each round and act best in it.

    The profile is mutual cooperation, the other cooperates whatever happens. In the dogma the best is to go on, in the
    truth to defect, so a sampler stays until it draws the truth, and by deviating learns which it lives in.

    Args:
        uniform: draws from 0 to 1.
        p_dogma: prior of the dogma, from 0 to 1.
        hell: whether the dogma is true: after a deviation every payoff is the least one.
        payoffs: the game.

    Raises:
        BadInputError: the prior is no probability.
    """
    if not 0 <= p_dogma <= 1:
        raise BadInputError(f"A belief of {p_dogma:g} in the dogma is no probability; allowed: from 0 to 1.")
    n_rounds = uniform.shape[1]
    draws_truth = uniform >= p_dogma
    left = np.where(draws_truth.any(-1), draws_truth.argmax(-1), n_rounds)
    least = min(payoffs.reward, payoffs.sucker, payoffs.temptation, payoffs.punishment)
    then = least if hell else payoffs.temptation
    return Sampled(left, (left * payoffs.reward + (n_rounds - left) * then) / n_rounds)
