"""Tournaments: what the Axelrod library, OpenSpiel and closed forms say; regions fixed before measuring."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from primordia.core.claims import Claim, Expected, Measurement
from primordia.core.streams import Streams

Setup = Mapping[str, Any]
LIBRARY = "Axelrod library 4.14.0, as measured beforehand by running it"


@functools.lru_cache(maxsize=4)
def _scored(players: str, n_rounds: int, n_games: int, seed: int) -> tuple[tuple[str, ...], Any]:
    """Names, and the matches of one round robin in Axelrod's dilemma."""
    from primordia.games.environments import table
    from primordia.games.tournaments import pool, round_robin

    game = table.make("axelrod", n_steps=n_rounds)
    of = pool.form(game)
    names = pool.names(players, of)
    policies = tuple(pool.player(name, of) for name in names)
    key = Streams(seed).key("matches", 0)
    return names, round_robin.play(game, policies, ({},) * len(names), key, n_games=n_games)


def scores(setup: Setup) -> dict[str, float]:
    """Mean payoff per round of every player over its matches with others, from the highest."""
    from primordia.games.tournaments import round_robin

    names, matches = _scored(setup["players"], setup["rounds"], setup["games"], setup["seed"])
    found = round_robin.mean_over_others(round_robin.payoff_matrix(matches))
    return {names[place]: float(found[place]) for place in np.argsort(-found, kind="stable")}


def rank(setup: Setup) -> Measurement:
    """The rank of one player, 1 the highest."""
    found = scores(setup)
    return Measurement(list(found).index(setup["player"]) + 1, f"of {len(found)} players", {"scores": found})


def farthest_score(setup: Setup) -> Measurement:
    """The largest difference to the scores that the setup names."""
    found = scores(setup)
    differs = {name: found[name] - expected for name, expected in setup["expected"].items()}
    return Measurement(max(map(abs, differs.values())), "payoff per round", {"ours": found, "differences": differs})


def places_that_agree(setup: Setup) -> Measurement:
    """How many players stand at the rank that the setup names; negative ranks count from the last."""
    order = list(scores(setup))
    agree = {name: order[place - 1 if place > 0 else place] == name for name, place in setup["ranks"].items()}
    return Measurement(sum(agree.values()), "players", {"order": order})


def best_win(setup: Setup) -> Measurement:
    """The largest share of matches, a draw as half, that a player won against any other."""
    from primordia.games.tournaments import round_robin

    names, matches = _scored(setup["players"], setup["rounds"], setup["games"], setup["seed"])
    wins = round_robin.win_matrix(matches)[names.index(setup["player"])]
    place = list(scores(setup)).index(setup["player"]) + 1
    return Measurement(float(wins.max()), f"it ranks {place} of {len(names)} all the same", {"rank": place})


def rank_masses(setup: Setup) -> Measurement:
    """The largest difference of alpha-rank's masses to those that the setup names."""
    from primordia.games.tournaments import ratings

    worst = 0.0
    for case in setup["cases"]:
        masses = ratings.alpha_rank([case["payoffs"]], alpha=case["alpha"], population=case["population"])
        worst = max(worst, float(np.abs(masses - np.asarray(case["masses"])).max()))
    return Measurement(worst, "largest over all cases and strategies")


def drift_of_the_product(setup: Setup) -> Measurement:
    """How far the product of shares moves under the replicator equation, relative to itself."""
    from primordia.games.tournaments import evolution

    payoffs: npt.NDArray[np.float64] = np.asarray(setup["payoffs"], np.float64)
    shares = begun = np.asarray(setup["shares"], np.float64)
    farthest = 0.0
    for _ in range(setup["times"]):
        shares = evolution.flow(shares, payoffs)
        farthest = max(farthest, float(np.abs(shares - begun).max()))
    drift = abs(float(shares.prod() / begun.prod()) - 1)
    return Measurement(drift, "the shares themselves moved", {"farthest share": farthest})


def neutral_fixation(setup: Setup) -> Measurement:
    """How often a single mutant without advantage takes over in the Moran process."""
    from primordia.games.tournaments import evolution

    size, runs = setup["population"], setup["runs"]
    taken = 0
    for run in range(runs):
        counts, block = np.asarray([1, size - 1]), 0
        while 0 < counts[0] < size:
            draws = Streams(run).integers("moran", block, 4 * size, 2**52).reshape(size, 4) / 2.0**52
            counts, block = evolution.moran(counts, np.ones((2, 2)), draws), block + 1
        taken += int(counts[0] == size)
    return Measurement(taken / runs, "share of runs", {"taken over": taken, "runs": runs})


_FIRST = {"players": "first-tournament", "rounds": 200, "games": 5, "seed": 1}
_BASIC = {"players": "basic", "rounds": 200, "games": 1, "seed": 1}
_OPENSPIEL = {
    "payoffs": [
        [-0.62, 0.49, 0.36, 0.11],
        [-0.93, -0.03, 0.7, -1.34],
        [-0.46, -1.9, -1.29, -1.84],
        [-0.24, -1.27, 0.27, 0.16],
    ],
    "alpha": 0.5,
    "population": 20,
    "masses": [0.9683752015, 0.001906253254, 7.858764648e-05, 0.0296399576],
}
_CIRCLE = [[0, -1, 1], [1, 0, -1], [-1, 1, 0]]

CLAIMS = (
    Claim(
        "G23",
        "Of the 15 entries of Axelrod's first tournament, Stein and Rapoport's wins, not tit-for-tat.",
        f"{LIBRARY}: 200 rounds, 5 repetitions, seed 1: 2.587, before Grofman's 2.536",
        {**_FIRST, "player": "stein-rapoport"},
        rank,
        Expected(1, 1, "it leads by 0.05, more than the spread of a mean of five repetitions"),
        "quick",
        "half a minute, most of it compiling",
    ),
    Claim(
        "G23-payoffs",
        "The first four score 2.587, 2.536, 2.506 and 2.502 (tit-for-tat).",
        LIBRARY,
        {
            **_FIRST,
            "expected": {"stein-rapoport": 2.587, "grofman": 2.536, "shubik": 2.506, "tit-for-tat": 2.502},
        },
        farthest_score,
        Expected(0.0, 0.05, "five repetitions with other random numbers; means of five spread by some 0.02"),
        "quick",
        "shared with G23",
    ),
    Claim(
        "G23-random",
        "RANDOM is last, or last but for the anonymous entry, which plays the same odds.",
        f"{LIBRARY}: 1.662; the anonymous entry, which plays with the same odds, 1.682",
        {**_FIRST, "player": "random"},
        rank,
        Expected(14, 15, "the anonymous entry cooperates half the time too, so that chance decides between the two"),
        "quick",
        "shared with G23",
    ),
    Claim(
        "G24",
        "Of ten basic strategies the defector is first, the bully second, tit-for-tat third, the cooperator last.",
        f"{LIBRARY}: basic_strategies, 10 repetitions, seed 1",
        {**_BASIC, "ranks": {"defector": 1, "bully": 2, "tit-for-tat": 3, "cooperator": -1}},
        places_that_agree,
        Expected(4, 4, "all ten are deterministic"),
        "quick",
        "ten seconds, most of it compiling",
    ),
    Claim(
        "G24-payoffs",
        "Their scores are those of the library.",
        "Axelrod library 4.14.0, run by us: basic_strategies, 200 turns, to four digits",
        {
            **_BASIC,
            "expected": {
                "defector": 3.0, "bully": 2.5378, "tit-for-tat": 2.4056, "win-stay-lose-shift": 2.2933,
                "cycler-dc": 2.2778, "alternator": 2.2778, "win-shift-lose-stay": 2.1333,
                "suspicious-tit-for-tat": 2.1133, "anti-tit-for-tat": 1.9811, "cooperator": 1.5,
            },
        },
        farthest_score,
        Expected(0.0, 1e-4, "the same up to the digits that were written down"),
        "quick",
        "shared with G24",
    ),
    Claim(
        "G51-tit-for-tat",
        "Tit-for-tat wins no match against anyone: it never scores more than its co-player.",
        "ours; it defects only after each defection it suffered, once",
        {"players": "zoo", "rounds": 200, "games": 1, "seed": 1, "player": "tit-for-tat"},
        best_win,
        Expected(0.0, 0.5, "a draw is the best there is"),
        "quick",
        "half a minute, most of it compiling",
    ),
    Claim(
        "G52-alpha-rank",
        "Alpha-rank gives rock, paper and scissors a third each, and a random game OpenSpiel's masses.",
        "ours; symmetry, and open_spiel.python.egt.alpharank of OpenSpiel 2.0.2 to ten digits",
        {
            "cases": [
                {"payoffs": _CIRCLE, "alpha": 10.0, "population": 50, "masses": [1 / 3] * 3},
                {"payoffs": _CIRCLE, "alpha": 10_000.0, "population": 50, "masses": [1 / 3] * 3},
                _OPENSPIEL,
            ]
        },
        rank_masses,
        Expected(0.0, 1e-9, "ten digits were written down"),
        "quick",
        "a moment",
    ),
    Claim(
        "G53-replicator",
        "In rock, paper, scissors the replicator equation keeps the product of the shares, round after round.",
        "ours; the sum of x_i'/x_i is the sum of the payoffs, which is 0",
        {"payoffs": _CIRCLE, "shares": [0.5, 0.3, 0.2], "times": 100},
        drift_of_the_product,
        Expected(0.0, 1e-4, "the integrator is of fourth order with steps of a tenth: errors of some 1e-5 in time 100"),
        "quick",
        "a moment",
    ),
    Claim(
        "G54-moran",
        "A single mutant without advantage takes over a population of ten in a tenth of all runs.",
        "ours; closed form 1/N",
        {"population": 10, "runs": 2000},
        neutral_fixation,
        Expected(0.08, 0.12, "three standard errors of 2000 runs"),
        "quick",
        "twenty seconds",
    ),
)  # fmt: skip
