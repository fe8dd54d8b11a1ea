"""Extortion: memory-one strategies that tie the co-player's payoff to their own (Press and Dyson 2012).

Over endless rounds without a discount they enforce (own - P) = χ (other's - P) against EVERY opponent.
"""

from __future__ import annotations

from primordia.core.errors import BadInputError
from primordia.games.environments.payoffs import PRISONERS_DILEMMA, Dilemma

Strategy = tuple[float, float, float, float, float]


def largest_phi(chi: float, dilemma: Dilemma = PRISONERS_DILEMMA) -> float:
    """The largest φ that leaves probabilities: 1 / (1 + 2χ) in the house's dilemma.

    Raises:
        BadInputError: χ is below 1, or the dilemma is none that can be extorted.
    """
    return 1 / max(_changes(chi, dilemma))


def extortion(
    chi: float, phi: float | None = None, opening: float = 0.5, dilemma: Dilemma = PRISONERS_DILEMMA
) -> Strategy:
    """The extortioner with factor χ: probabilities of cooperation at the start and after CC, CD, DC and DD.

    In the paper's symbols p̃ = φ ((S_own - P) - χ (S_other - P)), with p̃ the change of the probability to cooperate
    against "as last time". χ = 1 with the largest φ is tit for tat.

    Args:
        chi: χ, how many times the other's surplus over P one's own is; at least 1.
        phi: φ, how strongly it answers; half the largest allowed if not given.
        opening: the probability to cooperate in the first round; of no weight over endless rounds.
        dilemma: payoffs with S < P < R < T.

    Raises:
        BadInputError: χ, φ or the opening is out of range, or the dilemma is none that can be extorted.
    """
    largest = largest_phi(chi, dilemma)
    phi = largest / 2 if phi is None else phi
    if not 0 < phi <= largest * (1 + 1e-12):
        raise BadInputError(
            f"phi={phi:g} is out of range: with chi={chi:g} it must be above 0 and at most {largest:.6g}, so that all "
            f"four are probabilities; the nearest is {min(max(phi, largest / 2), largest):.6g}."
        )
    if not 0 <= opening <= 1:
        raise BadInputError(f"An opening of {opening:g} is out of range: a probability must be from 0 to 1.")
    together, betrayed, betraying = _changes(chi, dilemma)
    # The largest phi brings one of the two to its end; rounding must not carry it beyond.
    return opening, 1 - phi * together, max(1 - phi * betrayed, 0.0), min(phi * betraying, 1.0), 0.0


def _changes(chi: float, dilemma: Dilemma) -> tuple[float, float, float]:
    """How much less than "as last time" it cooperates after CC and CD and how much more after DC, for φ = 1."""
    reward, sucker, temptation = (
        payoff - dilemma.punishment for payoff in (dilemma.reward, dilemma.sucker, dilemma.temptation)
    )
    if not sucker < 0 < reward < temptation:
        raise BadInputError(
            f"{dilemma} cannot be extorted: allowed are payoffs with sucker < punishment < reward < temptation."
        )
    if not 1 <= chi < float("inf"):
        raise BadInputError(
            f"chi={chi:g} is out of range: an extortioner's share must be at least 1 and finite; the nearest is 1."
        )
    return (chi - 1) * reward, chi * temptation - sucker, temptation - chi * sucker
