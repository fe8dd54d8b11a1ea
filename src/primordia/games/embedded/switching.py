"""When twins begin to cooperate, by formula (arXiv 2511.22226, example 4.13, derived again)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from primordia.games.embedded.machines import Machines
from primordia.games.embedded.planning import MARGIN
from primordia.games.environments.payoffs import DEFECT, PRISONERS_DILEMMA, Dilemma


def defecting_mass(
    machines: Machines, prior: Float[np.ndarray, "agent machine"], n_rounds: int
) -> Float[np.ndarray, "agent round"]:
    """m_k, prior mass of policies that defect through k rounds of mutual defection, for k from 0 to `n_rounds`."""
    states = np.zeros(len(machines), np.int64)
    still = np.ones(len(machines), bool)
    both = np.int64(DEFECT)
    masses = [prior.sum(-1)]
    for _ in range(n_rounds):
        still = still & (machines.plays(states) == DEFECT)
        states = machines.follow(states, both, both)
        masses.append((prior * still).sum(-1))
    return np.stack(masses, -1)


def switch_rounds(
    mass: Float[np.ndarray, "agent round"],
    alpha: Float[np.ndarray, " agent"],
    payoffs: Dilemma = PRISONERS_DILEMMA,
) -> Int[np.ndarray, " agent"]:
    """T, the first round in which myopic twins cooperate; -1 where they do not within the rounds of `mass`.

    After k rounds of mutual defection P(copy) = alpha / (alpha + (1 - alpha) m_k), whatever one does next, and one
    cooperates iff P(copy) (R - P) > (1 - P(copy)) (q (T - R) + (1 - q) (P - S)), where q is the probability that
    another than a copy cooperates. With our payoffs that is alpha > m_k / (1 + m_k).

    Args:
        mass: m_k for one round more than is asked about, from `defecting_mass`.
        alpha: prior weight of copies.
        payoffs: R, S, T, P.
    """
    here, after = mass[:, :-1], mass[:, 1:]
    weight = alpha[:, None]
    known = weight + (1 - weight) * here
    p_copy = np.where(known > 0, weight / np.where(known > 0, known, 1), 0)
    q = np.where(here > 0, 1 - after / np.where(here > 0, here, 1), 0)
    gain = p_copy * (payoffs.reward - payoffs.punishment)
    loss = (1 - p_copy) * (q * (payoffs.temptation - payoffs.reward) + (1 - q) * (payoffs.punishment - payoffs.sucker))
    cooperates = gain > loss + MARGIN
    return np.where(cooperates.any(-1), cooperates.argmax(-1), -1)
