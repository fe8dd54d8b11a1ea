"""What a forecaster loses that treats its own actions as no evidence: every short history is gone through.

A universe is a policy pi(a_t | e_t-1) with an environment nu(e_t | a_t); actions a and percepts e are 0 or 1, and
before the first action the percept counts as 0. In the paper's symbols (arXiv 2511.22226, section 3.3):
rho(h) = sum w(pi, nu) pi nu is the coupled mixture, rho_d(h) the mixture with w(pi) w(nu), and
L_n(rho, lambda) = KL(lambda || rho) over histories of n rounds, in nats. Then
sum_lambda w(lambda) (L_n(rho_d, lambda) - L_n(rho, lambda)) = KL(rho || rho_d) >= 0 (proposition 3.21; the printed
statement has the arguments of KL the other way round, against its own derivation), and L_n(rho, lambda) <= -log
w(lambda) (theorem 3.18).
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from primordia.core.errors import BadInputError

LONGEST = 9
"""Rounds at most: there are 4^n histories."""


class Losses(NamedTuple):
    """Cumulative losses in nats.

    Args:
        coupled: L_n(rho, lambda), axes [policy, environment].
        decoupled: L_n(rho_d, lambda).
        bound: -log w(lambda).
        gap: the weighted mean of decoupled - coupled.
        divergence: KL(rho || rho_d).
        reversed: KL(rho_d || rho), as the proposition is printed.
    """

    coupled: Float[np.ndarray, "policy environment"]
    decoupled: Float[np.ndarray, "policy environment"]
    bound: Float[np.ndarray, "policy environment"]
    gap: float
    divergence: float
    reversed: float


def losses(
    policies: Float[np.ndarray, "policy 2"],
    environments: Float[np.ndarray, "environment 2"],
    weights: Float[np.ndarray, "policy environment"],
    n_rounds: int,
) -> Losses:
    """Losses of both mixtures in every universe, by enumeration of all histories.

    Args:
        policies: probability of action 1 after percept 0 and after percept 1, between 0 and 1.
        environments: probability of percept 1 after action 0 and after action 1, between 0 and 1.
        weights: w, positive, sum 1.
        n_rounds: 1 to 9; the cost is 4^n_rounds histories times universes.

    Raises:
        BadInputError: a probability is 0, 1 or beyond, weights are no distribution, or the histories too long.
    """
    _refuse(policies, environments, weights, n_rounds)
    rounds = np.array(list(itertools.product((0, 1), repeat=2 * n_rounds)), np.int8).reshape(-1, n_rounds, 2)
    actions, percepts = rounds[..., 0], rounds[..., 1]
    before = np.concatenate([np.zeros_like(percepts[:, :1]), percepts[:, :-1]], 1)
    own = _likelihood(policies, actions, before)
    there = _likelihood(environments, percepts, actions)
    universes = own[:, None, :] * there[None, :, :]
    coupled = (weights[:, :, None] * universes).sum((0, 1))
    apart = (weights.sum(1)[:, None] * own).sum(0) * (weights.sum(0)[:, None] * there).sum(0)
    of_coupled, of_apart = ((universes * np.log(universes / rho)).sum(-1) for rho in (coupled, apart))
    return Losses(
        of_coupled,
        of_apart,
        -np.log(weights),
        float((weights * (of_apart - of_coupled)).sum()),
        float((coupled * np.log(coupled / apart)).sum()),
        float((apart * np.log(apart / coupled)).sum()),
    )


def _likelihood(
    tables: Float[np.ndarray, "one 2"], what: Int[np.ndarray, "history round"], given: Int[np.ndarray, "history round"]
) -> Float[np.ndarray, "one history"]:
    """The probability of one side of each history, for every policy or environment."""
    ones = tables[:, given]
    return np.where(what == 1, ones, 1 - ones).prod(-1)


def _refuse(
    policies: Float[np.ndarray, "policy 2"],
    environments: Float[np.ndarray, "environment 2"],
    weights: Float[np.ndarray, "policy environment"],
    n_rounds: int,
) -> None:
    if not 1 <= n_rounds <= LONGEST:
        raise BadInputError(f"Histories of {n_rounds} rounds cannot be listed; allowed: 1 to {LONGEST} rounds.")
    for tables in (policies, environments):
        if not ((tables > 0) & (tables < 1)).all():
            raise BadInputError(
                f"A universe has a probability of {tables.min():g} or {tables.max():g}; allowed: between 0 and 1, "
                "neither of them."
            )
    if weights.shape != (len(policies), len(environments)) or not (weights > 0).all() or abs(weights.sum() - 1) > 1e-9:
        raise BadInputError(
            f"Weights of shape {list(weights.shape)} sum to {weights.sum():g}; allowed: positive ones of shape "
            f"{[len(policies), len(environments)]} that sum to 1."
        )
