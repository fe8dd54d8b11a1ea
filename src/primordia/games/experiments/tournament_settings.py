"""Settings, numbers and presets of games/tournament."""

from __future__ import annotations

import dataclasses
from typing import Annotated, final

from primordia.core.config import Spec
from primordia.core.experiment import Preset
from primordia.core.metrics import Metric, Transition

AXELROD = "Axelrod 1980"
HANDS = "uniform,cycle,always-0,reply-0120,reply-1200,reply-2010"
"""Players of PettingZoo's rock-paper-scissors, where an observation is what the other played last, or nothing yet."""


@final
@dataclasses.dataclass(frozen=True)
class TournamentConfig:
    """Settings of a tournament."""

    seed: Annotated[int, Spec("the seed of every random stream", ge=0, le=2**63 - 1, source="ours")] = 0
    game: Annotated[
        str,
        Spec(
            "an environment of two agents by name (docs/choose-a-game.md), a payoff table such as [[3, 0], [5, 1]], or "
            "pettingzoo:MODULE for one of another package",
            source=AXELROD,
        ),
    ] = "axelrod"
    players: Annotated[
        str,
        Spec(
            "who plays: names with commas between, or basic, first-tournament, zoo, all",
            source="Axelrod library 4.14.0",
        ),
    ] = "all"
    n_rounds: Annotated[int, Spec("steps of a match", "rounds", ge=1, le=10_000, source=AXELROD)] = 200
    n_games: Annotated[
        int, Spec("matches of each ordered pair in a repetition", "matches", ge=1, le=1000, source="ours")
    ] = 1
    noise: Annotated[
        float, Spec("chance that an action is replaced by another", "probability", ge=0, le=1, source="ours")
    ] = 0.0
    self_play: Annotated[
        bool,
        Spec(
            "whether matches against oneself count: they did in 1980, in the Axelrod library they do not", source="ours"
        ),
    ] = False
    meetings: Annotated[
        str,
        Spec(
            "who meets in a repetition: everyone everyone, or pairs that are drawn, each player once",
            choices=("round-robin", "drawn-pairs"),
            source=AXELROD,
        ),
    ] = "round-robin"
    ecology: Annotated[
        str,
        Spec(
            "how shares of a population change: generations (offspring in proportion to payoffs), the replicator "
            "equation, or the Moran process",
            choices=("generations", "replicator", "moran"),
            source=AXELROD,
        ),
    ] = "generations"
    n_generations: Annotated[
        int, Spec("generations after each repetition", "generations", ge=0, le=1000, source="ours")
    ] = 5
    mutation: Annotated[
        float,
        Spec(
            "share of offspring of a random kind; not in the replicator equation",
            "probability",
            ge=0,
            le=1,
            source="ours",
        ),
    ] = 0.0
    population: Annotated[
        int,
        Spec(
            "members of the population, in the Moran process and for alpha-rank",
            "members",
            ge=2,
            le=10_000,
            source="OpenSpiel's default for alpha-rank",
        ),
    ] = 50
    intensity: Annotated[
        float,
        Spec(
            "of selection, in the Moran process and for alpha-rank", "per unit of payoff", ge=0, le=1000, source="ours"
        ),
    ] = 1.0
    elo_speed: Annotated[
        float, Spec("rating points that winning all of a repetition is worth", "points", ge=0, le=1000, source="ours")
    ] = 32.0


METRICS = {
    "cooperation": Metric("share", "none", "Moves of this repetition that are the game's first action (cooperation)."),
    "mean_payoff": Metric("payoff per round", "up", "Of all matches of this repetition."),
    "best_payoff": Metric("payoff per round", "up", "Mean of the player that leads so far, over all repetitions."),
    "best_low": Metric("payoff per round", "up", "Lower quartile of the leader over the last 64 repetitions."),
    "best_high": Metric("payoff per round", "up", "Upper quartile of the leader over the last 64 repetitions."),
    "worst_payoff": Metric("payoff per round", "up", "Mean of the last player so far, over all repetitions."),
    "largest_share": Metric("share", "none", "Of the population that the most frequent strategy has."),
    "entropy": Metric("bits", "none", "Entropy of the shares of the population."),
    "survivors": Metric("players", "none", "Strategies with more than a thousandth of the population."),
    "top_rating": Metric("Elo points", "none", "Highest rating; all begin at 0 and the mean stays there."),
    "top_mass": Metric("share", "none", "Largest mass of alpha-rank: time with one strategy when mutants are rare."),
}  # fmt: skip

PANELS = {
    "payoffs (per round)": ("best_payoff", "mean_payoff", "worst_payoff"),
    "cooperation and the largest shares": ("cooperation", "largest_share", "top_mass"),
}
BANDS = {"best_payoff": ("best_low", "best_high")}
TRANSITIONS = {
    "majority": Transition(
        "largest_share", 0.5, "One strategy has half of the population (ours).", before="a mixture", after="one rules"
    ),
}

PRESETS = {
    "small": Preset(
        "Three strategies and a few rounds, for checks.",
        {"players": "tit-for-tat,defector,random", "n_rounds": 6},
        {"steps": 4, "every": 1},
    ),
    "demo": Preset(
        "The whole zoo, 39 strategies: who scores, who only wins, and who is left after 1,200 generations.",
        {"players": "zoo", "n_generations": 20},
        {"steps": 60, "every": 2},
    ),
    "axelrod-basic": Preset(
        "The ten basic strategies of the Axelrod library: the defector wins, tit-for-tat is third.",
        {"players": "basic"},
        {"steps": 20, "every": 1},
    ),
    "axelrod-first": Preset(
        "The 15 entries of 1980 as the Axelrod library reads them, scored as it scores them.",
        {"players": "first-tournament"},
        {"steps": 50, "every": 1},
    ),
    "paper": Preset(
        "Axelrod's first tournament: 15 entries, 200 rounds, five repetitions, matches against oneself count.",
        {"players": "first-tournament", "self_play": True},
        {"steps": 5, "every": 1},
    ),
    "noise": Preset(
        "The zoo with one action in twenty replaced: forgiveness pays.",
        {"players": "zoo", "noise": 0.05, "n_generations": 20},
        {"steps": 60, "every": 2},
    ),
    "pettingzoo": Preset(
        "Rock-paper-scissors from the package PettingZoo, unchanged; needs pettingzoo and pygame.",
        {"game": "pettingzoo:pettingzoo.classic.rps_v2", "players": HANDS, "n_rounds": 15, "ecology": "replicator"},
        {"steps": 10, "every": 1},
    ),
}
