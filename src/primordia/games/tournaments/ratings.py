"""Ratings of a pool: Elo, and the stationary masses of alpha-rank."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from primordia.core.errors import ConfigError
from primordia.games.tournaments.evolution import Floats, checked_payoffs

ELO_SCALE = 400.0


def expected_wins(ratings: Floats) -> Floats:
    """What Elo ratings expect: 1 / (1 + 10^((other - own) / 400)), axes [player, co-player] (Elo 1978)."""
    return np.asarray(1 / (1 + 10 ** ((ratings[None, :] - ratings[:, None]) / ELO_SCALE)))


def elo(ratings: Floats, wins: Floats, played: Floats, *, speed: float = 32.0) -> Floats:
    """Ratings after a rating period, shape [player]; their mean does not change.

    All matches of the period are rated against the ratings before it, so that their order does not matter.

    Args:
        ratings: before, shape [player].
        wins: share of matches won, a draw as half, axes [player, co-player].
        played: 1 where a pair met in the period, axes [player, co-player]; the diagonal does not count.
        speed: points that a player gains who wins all against its equals.
    """
    met = np.asarray(played, np.float64) * (1 - np.eye(len(ratings)))
    gained = met * (wins - expected_wins(ratings))
    return np.asarray(ratings + speed * gained.sum(1) / max(1.0, met.sum(1).max()))


def alpha_rank(payoffs: Sequence[npt.ArrayLike], *, alpha: float = 10.0, population: int = 50) -> Floats:
    """How long evolution stays with each strategy, when mutants are rare (Omidshafiei et al. 2019, Sci. Rep. 9, 9937).

    Args:
        payoffs: one matrix [player, co-player] for a symmetric game, whose population plays itself; or for k games
            roles one array each with an axis for every role.
        alpha: intensity of selection, per unit of payoff.
        population: members of each population, m.

    Returns:
        Masses that sum to 1: shape [player], or an axis for every role.

    Raises:
        ConfigError: shapes do not fit, a payoff is not finite, alpha is negative, or fewer than two members.

    The chance that a mutant takes over is (1 - e^-u) / (1 - e^-mu) with u = alpha · (its payoff - the resident's) in
    their meeting (the model of local selection, which is OpenSpiel's default too). The stationary masses are found
    without subtractions and in logarithms, so that no alpha is too large. Cost: cubic in the number of profiles.
    """
    if not (np.isfinite(alpha) and alpha >= 0):
        raise ConfigError(f"alpha={alpha} is out of range: it must be finite and at least 0.")
    if population < 2:
        raise ConfigError(f"population={population} is out of range: it must be at least 2; the nearest is 2.")
    if len(payoffs) == 1:
        matrix = checked_payoffs(payoffs[0])
        takes_over = log_fixation(alpha * (matrix.T - matrix), population) - np.log(max(1, len(matrix) - 1))
        return stationary(np.where(np.eye(len(matrix), dtype=bool), -np.inf, takes_over))
    tables = [np.asarray(table, np.float64) for table in payoffs]
    shape = tables[0].shape
    if len(shape) != len(tables) or any(table.shape != shape or not np.isfinite(table).all() for table in tables):
        raise ConfigError(f"alpha-rank of {len(tables)} roles needs as many finite tables with an axis for each role.")
    profiles = list(itertools.product(*map(range, shape)))
    rates = np.full((len(profiles), len(profiles)), -np.inf)
    share = np.log(max(1, sum(n - 1 for n in shape)))
    for (here, now), (there, then) in itertools.permutations(enumerate(profiles), 2):
        changed = [role for role, (one, other) in enumerate(zip(now, then, strict=True)) if one != other]
        if len(changed) == 1:
            gain = tables[changed[0]][then] - tables[changed[0]][now]
            rates[here, there] = log_fixation(np.asarray(alpha * gain), population) - share
    return stationary(rates).reshape(shape)


def log_fixation(u: Floats, population: int) -> Floats:
    """Logarithm of (1 - e^-u) / (1 - e^-mu), of any shape; 1 / m for u = 0."""
    size = np.maximum(np.abs(u), 1e-12)
    ratio = np.log(-np.expm1(-size)) - np.log(-np.expm1(-population * size))
    return np.asarray(np.where(u >= 0, ratio, ratio - (population - 1) * size))


def stationary(log_rates: Floats) -> Floats:
    """The stationary distribution of a chain from the logarithms of its rates, axes [from, to]; shape [state].

    Grassmann, Taksar and Heyman 1985: states are taken out one by one, with sums and quotients only.
    """
    rates, n = log_rates.copy(), len(log_rates)
    for last in range(n - 1, 0, -1):
        leaving = np.logaddexp.reduce(rates[last, :last])
        rates[:last, last] -= leaving
        rates[:last, :last] = np.logaddexp(rates[:last, :last], rates[:last, last, None] + rates[None, last, :last])
    masses = np.zeros(n)
    for state in range(1, n):
        masses[state] = np.logaddexp.reduce(masses[:state] + rates[:state, state])
    masses -= np.logaddexp.reduce(masses)
    return np.asarray(np.exp(masses))
