"""Payoffs of two-player dilemmas: one convention inside, converters at the edge.

Inside, the prisoner's dilemma pays R = 1, S = -1, T = 2, P = 0 (arXiv 2410.18636). Other sources shift it by a
constant; the Axelrod library's is no shift of it, and a value in it cannot be converted.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias, final

from primordia.core.errors import BadInputError, ConfigError, UnknownNameError

COOPERATE, DEFECT = 0, 1
Payoffs: TypeAlias = tuple[tuple[tuple[float, ...], ...], ...]
"""Of a game of two agents, axes [agent, action of the first, action of the second]."""


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

    def table(self) -> Payoffs:
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


def symmetric(first: Sequence[Sequence[float]]) -> Payoffs:
    """A game in which both agents are paid alike, from the payoffs of the first, axes [own action, other's action].

    Raises:
        ConfigError: there are not as many rows as columns.
    """
    rows = tuple(tuple(float(payoff) for payoff in row) for row in first)
    if any(len(row) != len(rows) for row in rows):
        sizes = ", ".join(str(len(row)) for row in rows)
        raise ConfigError(
            f"The payoffs of a symmetric game have {len(rows)} rows of {sizes} numbers; allowed: a square table."
        )
    return rows, tuple(zip(*rows, strict=True))


def zero_sum(first: Sequence[Sequence[float]]) -> Payoffs:
    """A game in which the second agent loses what the first gets, axes [action of the first, action of the second]."""
    rows = tuple(tuple(float(payoff) for payoff in row) for row in first)
    return rows, tuple(tuple(0.0 - payoff for payoff in row) for row in rows)


def written(text: str) -> Payoffs:
    """A payoff table that was typed in as JSON.

    Its axes are [agent, action of the first, action of the second], or [own action, other's action] where both are
    paid alike.

    Raises:
        ConfigError: it is not a table of numbers, or a square table that is not square.
    """
    try:
        table = json.loads(text)
        square = not isinstance(table[0][0], list)
        if square:
            return symmetric(table)
        return tuple(tuple(tuple(float(payoff) for payoff in row) for row in part) for part in table)
    except (ValueError, TypeError, IndexError, KeyError) as error:
        raise ConfigError(
            f"The payoff table {text} cannot be read ({error}); allowed: lists of numbers, such as [[3, 0], [5, 1]] "
            "where both are paid alike, or [[[3, 0], [5, 1]], [[3, 5], [0, 1]]] for each agent."
        ) from error


@final
@dataclasses.dataclass(frozen=True)
class NamedGame:
    """A matrix game that goes by a name.

    Args:
        payoffs: axes [agent, action of the first, action of the second].
        actions: what the actions are called; in a dilemma the cooperative one first.
        source: where the table is published.
    """

    payoffs: Payoffs
    actions: tuple[str, ...]
    source: str


DILEMMA = ("cooperate", "defect")
_HANDS = ("rock", "paper", "scissors")

NAMED_GAMES: Mapping[str, NamedGame] = {
    "prisoners-dilemma": NamedGame(PRISONERS_DILEMMA.table(), DILEMMA, "arXiv 2410.18636"),
    "axelrod": NamedGame(
        CONVENTIONS["axelrod"].table(), DILEMMA, "Axelrod 1980, Effective Choice in the Prisoner's Dilemma"
    ),
    "openspiel-dilemma": NamedGame(Dilemma(5, 0, 10, 1).table(), DILEMMA, "OpenSpiel 2.0.2, matrix_pd"),
    "stag-hunt": NamedGame(symmetric([[2, 0], [1, 1]]), ("stag", "hare"), "OpenSpiel 2.0.2, matrix_sh"),
    "chicken": NamedGame(
        symmetric([[3, 1], [4, 0]]), ("swerve", "dare"), "OpenSpiel 2.0.2, matrix_cd, its actions the other way round"
    ),
    "battle-of-the-sexes": NamedGame(
        (((3.0, 0.0), (0.0, 2.0)), ((2.0, 0.0), (0.0, 3.0))), ("Bach", "Stravinsky"), "OpenSpiel 2.0.2, matrix_bos"
    ),
    "coordination": NamedGame(symmetric([[1, 0], [0, 1]]), ("left", "right"), "OpenSpiel 2.0.2, matrix_coordination"),
    "matching-pennies": NamedGame(zero_sum([[1, -1], [-1, 1]]), ("heads", "tails"), "OpenSpiel 2.0.2, matrix_mp"),
    "rock-paper-scissors": NamedGame(
        zero_sum([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]), _HANDS, "OpenSpiel 2.0.2, matrix_rps"
    ),
    "shapley": NamedGame(
        (((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)), ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0))),
        _HANDS,
        "OpenSpiel 2.0.2, matrix_shapleys_game",
    ),
}
"""Matrix games by name; only "prisoners-dilemma" is in the convention of the house, the others are as published."""
