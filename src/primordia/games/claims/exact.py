"""Claims about the exact solvers: extortion, best responses, equilibria."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from primordia.core.claims import Claim, Expected, Measurement

COALA = "arXiv 2410.18636"
PRESS = "Press and Dyson 2012, Iterated Prisoner's Dilemma contains strategies that dominate any evolutionary opponent"
Setup = Mapping[str, Any]


def _opponents(setup: Setup) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(setup["seed"]).random((setup["opponents"], 5))


def extortion_error(setup: Setup) -> Measurement:
    """The largest |own - chi · other's| over opponents and factors, endless rounds without a discount."""
    from primordia.games.exact.long_run import long_run_values
    from primordia.games.exact.zero_determinant import extortion

    worst = {}
    for chi in setup["chi"]:
        strategy = extortion(chi)
        errors = [own - chi * other for own, other in (long_run_values(strategy, one) for one in _opponents(setup))]
        worst[str(chi)] = float(np.abs(errors).max())
    return Measurement(max(worst.values()), "the worst opponent of the worst factor", {"by factor": worst})


def extorted_cooperation(setup: Setup) -> Measurement:
    """The largest distance of payoffs against full cooperation from the published ones, four digits."""
    from primordia.games.exact.long_run import long_run_values
    from primordia.games.exact.zero_determinant import extortion

    found = {chi: long_run_values(extortion(float(chi)), (1.0,) * 5).tolist() for chi in setup["payoffs"]}
    errors = [np.abs(np.subtract(found[chi], setup["payoffs"][chi])).max() for chi in found]
    return Measurement(float(max(errors)), "", {"payoffs": found})


def falling_slopes(setup: Setup) -> Measurement:
    """How many of the partial derivatives of a responder to an extortioner are negative."""
    from primordia.games.exact.long_run import responding_slopes
    from primordia.games.exact.zero_determinant import extortion

    strategy = extortion(setup["chi"])
    slopes = np.array([responding_slopes(strategy, one) for one in _opponents(setup)])
    return Measurement(
        float((slopes < 0).sum()), f"of {slopes.size}", {"partials": slopes.size, "smallest": float(slopes.min())}
    )


def planned_errors(setup: Setup) -> Measurement:
    """The largest distance of best-response payoffs over 100 rounds from those of other code."""
    from primordia.games.exact.best_response import planned_response
    from primordia.games.exact.zero_determinant import extortion

    fixed = {
        "tit for tat": (1, 1, 0, 1, 0),
        "win-stay lose-shift": (1, 1, 0, 0, 1),
        "grim": (1, 1, 0, 0, 0),
        "always cooperate": (1,) * 5,
        "always defect": (0,) * 5,
        "random": (0.5,) * 5,
        "extortion 3, defects first": extortion(3.0, opening=0.0),
        "extortion 3, cooperates first": extortion(3.0, opening=1.0),
    }
    found = {name: float(planned_response(fixed[name], setup["rounds"]).value) for name in setup["values"]}
    errors = [abs(found[name] - expected) for name, expected in setup["values"].items()]
    return Measurement(max(errors), "the worst of eight co-players", {"values": found})


def equilibria_missing(setup: Setup) -> Measurement:
    """How many equilibria of textbook games are missing, or found beyond them."""
    from primordia.games.environments.payoffs import NAMED_GAMES
    from primordia.games.exact.nash import equilibria

    wrong, found = 0, {}
    for name, expected in setup["equilibria"].items():
        got = {
            (*np.round(one.first, 6), *np.round(one.second, 6)) for one in equilibria(NAMED_GAMES[name].payoffs).found
        }
        wrong += len(got ^ {tuple(np.round(one, 6)) for one in expected})
        found[name] = sorted([float(p) for p in one] for one in got)
    return Measurement(float(wrong), "", {"found": found})


_THIRD = 1 / 3

CLAIMS = (
    Claim(
        "G06",
        "An extortioner's payoff is chi times the other's against every memory-one opponent, without a discount.",
        f"{PRESS}; {COALA}, Eq. 18",
        {"seed": 0, "opponents": 2000, "chi": [2.0, 3.0, 5.0, 10.0]},
        extortion_error,
        Expected(0.0, 1e-10, "rounding of 64 bits; other code: 1.3e-13"),
        "quick",
        "a few seconds",
    ),
    Claim(
        "G06-cooperation",
        "Against full cooperation factors 2, 3, 5, 10 get 1.2, 1.2857, 1.3636, 1.4286, others .6, .4286, .2727, .1429.",
        f"{COALA}, Eq. 18 specialised: 3chi/(1+2chi) and 3/(1+2chi)",
        {
            "payoffs": {
                "2": [1.2, 0.6], "3": [1.2857, 0.4286], "5": [1.3636, 0.2727], "10": [1.4286, 0.1429],
            }
        },
        extorted_cooperation,
        Expected(0.0, 5e-5, "four printed digits"),
        "quick",
        "a moment",
    ),
    Claim(
        "G07",
        "Facing an extortioner, more cooperation never pays less: no partial derivative is negative.",
        f"{COALA}, section on why cooperation appears; measured by other code: 0 of 2000",
        {"seed": 0, "opponents": 500, "chi": 3.0},
        falling_slopes,
        Expected(0.0, 0.0, "the statement allows none"),
        "quick",
        "a second",
    ),
    Claim(
        "G41",
        "Best responses over 100 rounds: 1.01 to tit for tat, win-stay lose-shift and grim, 2 to always cooperate, "
        "0 to always defect, 1 to a coin, 0.413 and 0.453 to an extortioner (ours).",
        "backward induction; numbers measured by other code",
        {
            "rounds": 100,
            "values": {
                "tit for tat": 1.01, "win-stay lose-shift": 1.01, "grim": 1.01, "always cooperate": 2.0,
                "always defect": 0.0, "random": 1.0, "extortion 3, defects first": 0.413,
                "extortion 3, cooperates first": 0.453,
            },
        },
        planned_errors,
        Expected(0.0, 5e-4, "three printed digits"),
        "quick",
        "a moment",
    ),
    Claim(
        "G42",
        "All equilibria of the prisoner's dilemma (1), stag hunt (3), chicken (3), matching pennies and rock-paper-"
        "scissors (1 each), and none besides (ours).",
        "textbook games, solved by hand",
        {
            "equilibria": {
                "prisoners-dilemma": [[0, 1, 0, 1]],
                "stag-hunt": [[1, 0, 1, 0], [0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5]],
                "chicken": [[1, 0, 0, 1], [0, 1, 1, 0], [0.5, 0.5, 0.5, 0.5]],
                "matching-pennies": [[0.5, 0.5, 0.5, 0.5]],
                "rock-paper-scissors": [[_THIRD] * 6],
            }
        },
        equilibria_missing,
        Expected(0.0, 0.0, "exact games"),
        "quick",
        "a moment",
    ),
)  # fmt: skip
