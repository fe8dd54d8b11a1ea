"""Payoffs of two-player dilemmas: one convention inside, converters at the edge.

Inside, the prisoner's dilemma pays R = 1, S = -1, T = 2, P = 0 (arXiv 2410.18636). Other sources shift it by a
constant; the Axelrod library's is no shift of it, and a value in it cannot be converted.
"""

from __future__ import annotations

import dataclasses
from typing import final

from primordia.core.errors import BadInputError, UnknownNameError

COOPERATE, DEFECT = 0, 1


@final
@dataclasses.dataclass(frozen=True)
class Dilemma:
    """Payoffs of a symmetric game of two actions, cooperate (0) and defect (1).

    Args:
        reward: both cooperate, R.
        sucker: one cooperates with a defector, S.
        temptation: one defects on a cooperator, T.
        punishment: both defect, P.
    """

    reward: float
    sucker: float
    temptation: float
    punishment: float

    def table(self) -> tuple[tuple[tuple[float, ...], ...], ...]:
        """Payoffs with the axes [agent, action of the first, action of the second]."""
        first = ((self.reward, self.sucker), (self.temptation, self.punishment))
        second = ((self.reward, self.temptation), (self.sucker, self.punishment))
        return first, second


PRISONERS_DILEMMA = Dilemma(1.0, -1.0, 2.0, 0.0)

CONVENTIONS = {
    "coala": PRISONERS_DILEMMA,
    "lola": Dilemma(-1.0, -3.0, 0.0, -2.0),
    "mupi": Dilemma(2.0, 0.0, 3.0, 1.0),
    "axelrod": Dilemma(3.0, 0.0, 5.0, 1.0),
}
"""The prisoner's dilemma as sources write it: COALA-PG and PPI; LOLA, DiCE, M-FOS and Pax; MUPI; Axelrod."""


def convert(payoff: float, source: str, target: str = "coala") -> float:
    """A mean payoff per round in another convention.

    Raises:
        UnknownNameError: there is no such convention.
        BadInputError: the two games are not the same up to a constant.
    """
    for name in (source, target):
        if name not in CONVENTIONS:
            raise UnknownNameError("payoff convention", name, CONVENTIONS)
    one, other = dataclasses.astuple(CONVENTIONS[source]), dataclasses.astuple(CONVENTIONS[target])
    shifts = {there - here for here, there in zip(one, other, strict=True)}
    if len(shifts) > 1:
        raise BadInputError(
            f"A payoff of {payoff:g} in the convention {source!r} has no counterpart in {target!r}: the two games "
            "differ by more than a constant; allowed: coala, lola and mupi among themselves."
        )
    return payoff + shifts.pop()
