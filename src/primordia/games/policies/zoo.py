"""The zoo: strategies of the repeated dilemma by name, and those that can play any game."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from primordia.core.errors import ConfigError, UnknownNameError
from primordia.games.environments.payoffs import CONVENTIONS, Dilemma
from primordia.games.policies.policy import Policy
from primordia.games.policies.strategies import Pattern, Strategy, Weightless, memory_one, zero_determinant
from primordia.games.policies.strategy_rules import RULES

MEMORY_ONE: Mapping[str, tuple[float, float, float, float, float]] = {
    "cooperator": (1, 1, 1, 1, 1),
    "defector": (0, 0, 0, 0, 0),
    "tit-for-tat": (1, 1, 0, 1, 0),
    "suspicious-tit-for-tat": (0, 1, 0, 1, 0),
    "anti-tit-for-tat": (1, 0, 1, 0, 1),
    "bully": (0, 0, 1, 0, 1),
    "win-stay-lose-shift": (1, 1, 0, 0, 1),
    "win-shift-lose-stay": (0, 0, 1, 1, 0),
    "alternator": (1, 0, 0, 1, 1),
    "random": (0.5, 0.5, 0.5, 0.5, 0.5),
    "anonymous": (0.5, 0.5, 0.5, 0.5, 0.5),
    "grofman": (1, 1, 2 / 7, 2 / 7, 1),
    "joss": (1, 0.9, 0, 0.9, 0),
}
"""Probabilities of cooperation at the start and after CC, CD, DC, DD. The entry of the anonymous student draws its
probability anew from 0.3 to 0.7 each round, which is one half."""

BASIC = (
    "alternator", "anti-tit-for-tat", "bully", "cooperator", "cycler-dc", "defector", "suspicious-tit-for-tat",
    "tit-for-tat", "win-shift-lose-stay", "win-stay-lose-shift",
)  # fmt: skip
"""Axelrod's `basic_strategies`, in its order."""

FIRST_TOURNAMENT = (
    "tit-for-tat", "tideman-chieruzzi", "nydegger", "grofman", "shubik", "stein-rapoport", "grim", "davis",
    "graaskamp", "downing", "feld", "joss", "tullock", "anonymous", "random",
)  # fmt: skip
"""The 15 entries of Axelrod's first tournament (1980), in the order of their rank there."""


def _generous(dilemma: Dilemma) -> Weightless:
    """Tit-for-tat that forgives as often as it can afford (Axelrod library: min(1 - (T-R)/(R-S), (R-P)/(T-P)))."""
    r, s, t, p = dilemma.reward, dilemma.sucker, dilemma.temptation, dilemma.punishment
    if r == s or t == p:
        raise ConfigError(f"generous-tit-for-tat reckons with R - S and T - P; one of them is 0 in {dilemma}.")
    forgives = max(0.0, min(1 - (t - r) / (r - s), (r - p) / (t - p)))
    return memory_one(1, 1, forgives, 1, forgives)


RECKONING: Mapping[str, Callable[[Dilemma], Weightless]] = {
    "generous-tit-for-tat": _generous,
    "zd-extort-2": lambda dilemma: zero_determinant(dilemma, 1 / 9, 1 / 2, dilemma.punishment),
    "zd-extort-4": lambda dilemma: zero_determinant(dilemma, 4 / 17, 1 / 4, dilemma.punishment),
    "zd-generous-2": lambda dilemma: zero_determinant(dilemma, 1 / 4, 1 / 2, dilemma.reward),
    "zd-set-2": lambda dilemma: zero_determinant(dilemma, 1 / 4, 0.0, (dilemma.reward + dilemma.punishment) / 2),
}
"""Memory-one strategies whose probabilities follow from the payoffs."""

ZOO = (*MEMORY_ONE, "cycler-dc", "cycler-ccd", *RECKONING, *RULES)
"""Every strategy of the repeated dilemma, by name."""


def strategy(name: str, dilemma: Dilemma = CONVENTIONS["axelrod"], n_rounds: int = 0) -> Policy:
    """A strategy of the zoo.

    Args:
        name: one of `ZOO`.
        dilemma: the payoffs, for strategies that reckon with them.
        n_rounds: rounds of a match, for those that know when it ends; 0 where they are not told.

    Raises:
        UnknownNameError: there is no such strategy; says the nearest.
        ConfigError: a strategy that reckons with the payoffs does not exist in this dilemma.
    """
    if name in MEMORY_ONE:
        return memory_one(*MEMORY_ONE[name])
    if name in RECKONING:
        return RECKONING[name](dilemma)
    if name.startswith("cycler-") and name in ZOO:
        return Pattern(tuple("cd".index(letter) for letter in name.removeprefix("cycler-")), 5, 2)
    if name in RULES:
        return Strategy(name, dilemma, n_rounds)
    raise UnknownNameError("strategy", name, ZOO)
