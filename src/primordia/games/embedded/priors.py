"""Priors over hypothesis classes: geometric over delays, Occam's over machines, and mass put on always defecting."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float, Int

from primordia.core.errors import BadInputError
from primordia.games.embedded.machines import Machines
from primordia.games.environments.payoffs import DEFECT


def over_delays(longest: int) -> Float[np.ndarray, " machine"]:
    """Mass 2^-(k+1) on "defect for k rounds, then cooperate" among `machines.delays`, none on always defecting.

    The longest delay carries the mass of all that would be longer, so that nothing else changes before it is over.
    """
    mass = np.exp2(-np.arange(1.0, longest + 2))
    mass[-1] *= 2
    return np.concatenate([[0.0], mass])


def sizes(n_states: int) -> Int[np.ndarray, " machine"]:
    """The number of states of every machine of `machines.moore`, in its order."""
    counts = [2**n * n ** (2 * n) for n in range(1, n_states + 1)]
    return np.repeat(np.arange(1, n_states + 1), counts)


def bits(n_states: int, per_state: float) -> Float[np.ndarray, " machine"]:
    """Description lengths K of `machines.moore`, in bits.

    K = n per_state to say the number of states n, n for their actions, 2 n log2 n for their moves. The code is ours.
    """
    n = sizes(n_states)
    return n * per_state + n + 2 * n * np.log2(n)


def kraft(lengths: Float[np.ndarray, " machine"]) -> float:
    """S, the sum of 2^-K; at most 1 for a prefix code."""
    return math.fsum(np.exp2(-lengths))


def occam(lengths: Float[np.ndarray, " machine"]) -> Float[np.ndarray, " machine"]:
    """Weights 2^-K that sum to one."""
    return np.exp2(-lengths) / kraft(lengths)


def effective_alpha(total: float) -> float:
    """Weight of copies where a pair of twins costs K bits and a pair of strangers K1 + K2: S / (S + S^2) = 1 / (1 + S).

    Args:
        total: S, the Kraft sum of the class.

    Raises:
        BadInputError: S is not above 0.
    """
    if not total > 0:
        raise BadInputError(f"A Kraft sum of {total:g} is that of an empty class; allowed: above 0.")
    return 1 / (1 + total)


def with_defector(
    machines: Machines, prior: Float[np.ndarray, " machine"], mass: Float[np.ndarray, " agent"]
) -> Float[np.ndarray, "agent machine"]:
    """Priors in which always defecting has `mass` more, and all else as much less in proportion.

    Raises:
        BadInputError: a mass lies outside 0 to 1, or no machine of the class always defects.
    """
    wrong = mass[~((mass >= 0) & (mass <= 1))]
    if wrong.size:
        raise BadInputError(f"A mass of {wrong[0]:g} on always defecting is no probability; allowed: from 0 to 1.")
    constant = (machines.actions[:, 0] == DEFECT) & (machines.actions == DEFECT).all(-1)
    if not constant.any():
        raise BadInputError("No machine of the class always defects; allowed: a class with one that does.")
    point = np.zeros(len(machines))
    point[np.argmax(constant)] = 1.0
    return mass[:, None] * point + (1 - mass[:, None]) * prior
