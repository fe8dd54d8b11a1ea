"""What a tournament shows: ranking, payoffs of each against each, a population over generations, a film."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from primordia.core.findings import Animation, Chart, Picture, Table
from primordia.core.views import Colour
from primordia.games import pictures

Floats = npt.NDArray[np.float64]
N_SHOWN, N_EVENTS = 1000, 50_000
"""Generations of the chart, and births in it at most."""
N_LINES = 8
N_FRAMES = 60
ACTION_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


class Standing(NamedTuple):
    """How the players of a pool stand, axis [player] where nothing else is said.

    Args:
        names: of the players.
        score: mean payoff per round.
        scores: in each of the last repetitions, axes [repetition, player].
        firsts: share of first actions.
        wins: share of matches won, a draw as half.
        ratings: Elo.
        shares: of the population now.
        masses: of alpha-rank.
    """

    names: tuple[str, ...]
    score: Floats
    scores: Floats
    firsts: Floats
    wins: Floats
    ratings: Floats
    shares: Floats
    masses: Floats

    def order(self) -> list[int]:
        """Players from the highest score to the lowest."""
        return [int(place) for place in np.argsort(-self.score, kind="stable")]


def ranking(standing: Standing) -> Table:
    """Everyone in order of score."""
    low, middle, high = np.quantile(standing.scores, [0.25, 0.5, 0.75], axis=0)
    rows = tuple(
        (
            rank + 1,
            standing.names[place],
            *(round(float(numbers[place]), 4) for numbers in (standing.score, low, middle, high)),
            *(round(float(numbers[place]), 3) for numbers in (standing.firsts, standing.wins)),
            round(float(standing.ratings[place]), 1),
            *(round(float(numbers[place]), 4) for numbers in (standing.shares, standing.masses)),
        )
        for rank, place in enumerate(standing.order())
    )
    said = "Quartiles are over the last repetitions. Wins count a draw as half; who scores most need not win any match."
    if "defector" in standing.names:
        said += f" Always to defect gets {standing.score[standing.names.index('defector')]:.4f} in this pool."
    columns = ("rank", "player", "payoff", "lower quartile", "median", "upper quartile", "first action", "wins")
    return Table("Ranking", (*columns, "Elo", "share of the population", "alpha-rank"), rows, said)


def population(standing: Standing, trail: Floats) -> Chart:
    """Shares over generations, begun with equal ones, for the strategies that come to matter most."""
    peak = np.maximum(trail[-1], trail.max(0) * 0.5)
    chosen = np.argsort(-peak, kind="stable")[:N_LINES]
    chosen = sorted((int(place) for place in chosen), key=lambda place: -trail[-1, place])
    return Chart(
        "Shares of the population",
        "generation",
        "share",
        {
            standing.names[place]: tuple((float(when), float(share)) for when, share in enumerate(trail[:, place]))
            for place in chosen
        },
        "From equal shares, under the mean payoffs of all repetitions so far; lines end in the order of the legend.",
    )


def masses(standing: Standing) -> Table:
    """Where alpha-rank says that evolution stays."""
    order = np.argsort(-standing.masses, kind="stable")[:N_LINES]
    return Table(
        "Alpha-rank",
        ("player", "mass"),
        tuple((standing.names[place], round(float(standing.masses[place]), 6)) for place in order),
        "Share of the time that a small population in which mutants are rare spends with each strategy.",
    )


def payoff_pixels(payoffs: Floats) -> npt.NDArray[np.uint8]:
    """A heat map of payoffs, from the least of the pool to the most; blank where two have not met."""
    known = payoffs[np.isfinite(payoffs)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    return pictures.heat(payoffs, low, high if high > low else low + 1)


def payoff_picture(standing: Standing, payoffs: Floats) -> Picture:
    """Payoffs of each against each in order of rank, with numbers where there is room for them."""
    order = standing.order()
    ranked = payoffs[np.ix_(order, order)]
    names = [standing.names[place] for place in order]
    low, high = float(ranked.min()), float(ranked.max())
    high = high if high > low else low + 1
    drawn = pictures.enlarge(pictures.heat(ranked, low, high), 12)
    said = "Rows and columns are in order of rank"
    if len(names) <= 15:
        drawn = pictures.table(ranked, names, [str(place + 1) for place in range(len(names))], low, high)
        said = "Columns are numbered by rank"
    return Picture(
        "Payoffs of each (row) from each (column)",
        drawn,
        pictures.palette(f"{low:.3g} per round", f"{high:.3g} per round"),
        f"{said}; a blue row takes, a blue column gives.",
    )


def payoff_table(standing: Standing, payoffs: Floats) -> tuple[Table, ...]:
    """The same as numbers, for pools of up to 15."""
    if len(standing.names) > 15:
        return ()
    order = standing.order()
    rows: tuple[tuple[Any, ...], ...] = tuple(
        (standing.names[row], *(round(float(payoffs[row, column]), 3) for column in order)) for row in order
    )
    return (
        Table(
            "Payoff matrix",
            ("player", *(standing.names[place] for place in order)),
            rows,
            "Mean payoff per round of the row's player against the column's.",
        ),
    )


def film(standing: Standing, moves: npt.NDArray[np.uint8], actions: tuple[str, ...]) -> Animation:
    """All matches of the last repetition side by side, round by round."""
    order = standing.order()
    shown = moves[:N_FRAMES][:, order][:, :, order]
    last = len(ACTION_COLOURS) - 1
    indices = np.where(shown == 255, 0, np.minimum(shown, last) + 1).astype(np.uint8)
    named = [*actions[:last], "others" if len(actions) > last + 1 else actions[-1]] if len(actions) > last else actions
    palette = (Colour("no move", "#f1f3f4"), *map(Colour, named, ACTION_COLOURS))
    return Animation(
        "Every match of the last repetition",
        pictures.enlarge(indices, max(2, 240 // len(order))),
        palette,
        f"Row's player against column's, in order of rank; the first {len(shown)} rounds.",
        per_second=5,
    )
