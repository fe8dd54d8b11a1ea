"""What a tournament shows: ranking, payoffs of each against each, a population over generations, a film."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from primordia.core.findings import Animation, Chart, Edge, Graph, Matrix, Node, Table, Text
from primordia.core.inspection import Inspected
from primordia.core.views import Colour
from primordia.games import pictures
from primordia.games.tournaments import ratings

Floats = npt.NDArray[np.float64]
N_SHOWN, N_EVENTS = 1000, 50_000
"""Generations of the chart, and births in it at most."""
N_LINES, N_NODES = 8, 8
NEUTRAL, NO_MOVE = 1e-6, 255
LETTERS = "CDEFGHIJKLMNOPQRSTUVWXYZ"
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


def payoff_matrix(standing: Standing, payoffs: Floats) -> Matrix:
    """Payoffs of each against each in order of rank."""
    order = standing.order()
    names = tuple(standing.names[place] for place in order)
    return Matrix(
        "Payoffs of each (row) from each (column)",
        payoffs[np.ix_(order, order)],
        names,
        names,
        "payoff per round",
        None,
        "Rows and columns are in order of rank; a row of high numbers takes, a column of them gives. Two who "
        "have not met have 0.",
    )


def invasions(standing: Standing, payoffs: Floats, *, intensity: float, population: int) -> Graph:
    """Who takes over from whom where mutants are rare: the chain that alpha-rank is the long run of.

    Args:
        standing: names and masses.
        payoffs: axes [player, co-player].
        intensity: of selection, per unit of payoff.
        population: members.
    """
    order = np.argsort(-standing.masses, kind="stable")[:N_NODES].tolist()
    ratio = np.exp(ratings.log_fixation(intensity * (payoffs.T - payoffs), population)) * population
    n = len(standing.names)
    nodes = tuple(
        Node(
            standing.names[place],
            f"{standing.names[place]} ({standing.masses[place]:.2g})",
            0.5 + 2.5 * float(standing.masses[place]),
            int(standing.masses[place] < 1 / n),
        )
        for place in order
    )
    edges = tuple(
        Edge(standing.names[here], standing.names[there], round(float(ratio[here, there]), 6))
        for here in order
        for there in order
        if ratio[here, there] > 1 + NEUTRAL
    )
    said = f" The {len(order)} of {n} with the largest masses." if n > len(order) else ""
    return Graph(
        "Who takes over from whom",
        nodes,
        edges,
        (Colour(f"mass of 1/{n} or more", "#0072B2"), Colour("less", "#9aa0a6")),
        note="An arrow leads from who lives there to a mutant that takes over more often than by chance; its breadth "
        f"is how many times more often, in a population of {population}. In brackets and as size: the mass of "
        f"alpha-rank.{said}",
    )


class Meeting(NamedTuple):
    """Two players and what is known of their matches.

    Args:
        one: the row's player.
        other: the column's.
        met: repetitions in which they met.
        payoffs: of the one and of the other, per round.
        wins: share of matches that the one won, a draw as half.
        firsts: share of first actions of the one and of the other.
        moves: of the last repetition, axes [round, player]; 255 where there is none.
    """

    one: int
    other: int
    met: int
    payoffs: tuple[float, float]
    wins: float
    firsts: tuple[float, float]
    moves: npt.NDArray[np.uint8]


def meeting(
    names: tuple[str, ...], actions: tuple[str, ...], found: Meeting, facts: dict[str, Floats]
) -> tuple[Inspected, ...]:
    """What stands at a cell of the view: who meets whom, what both got, how they stand, their last match.

    Args:
        names: of the players.
        actions: what the actions are called.
        found: the two.
        facts: what -> a number for each player, such as a rating.
    """
    one, other = names[found.one], names[found.other]
    here = Table(
        "What stands here",
        ("what", "value"),
        (
            ("the row's player", one),
            ("the column's player", other),
            ("repetitions in which they met", found.met),
            (f"payoff per round of {one}", found.payoffs[0] if found.met else None),
        ),
        "The colour goes from the least payoff of the pool to the most.",
    )
    if not found.met:
        return (here,)
    rows = [
        ("payoff per round", *found.payoffs),
        ("share of matches won", found.wins, 1 - found.wins),
        (f"share of the action {actions[0]}", *found.firsts),
        *((what, float(numbers[found.one]), float(numbers[found.other])) for what, numbers in facts.items()),
    ]
    both = Table("Both players", ("what", f"{one} (row)", f"{other} (column)"), tuple(rows))
    written = ["".join(_letter(move) for move in moves) for moves in found.moves.T.tolist()]
    legend = ", ".join(f"{LETTERS[place]} {action}" for place, action in enumerate(actions[: len(LETTERS)]))
    width = max(len(one), len(other))
    text = "\n".join(f"{name:<{width}}  {line}" for name, line in zip((one, other), written, strict=True))
    return here, both, Text("The last match", text, f"A round in each column: {legend}, – none.")


def _letter(move: int) -> str:
    return "–" if move == NO_MOVE else LETTERS[min(move, len(LETTERS) - 1)]


def policies(names: tuple[str, ...], tables: dict[str, Floats]) -> tuple[Matrix, ...]:
    """The tables of those players who know the last joint action alone; none where there are none."""
    known = [name for name in names if name in tables]
    if not known:
        return ()
    values = np.array([tables[name] for name in known])
    said = "After a joint action, own action first. Only players who know nothing but the last joint action have a row."
    columns = ("start", "CC", "CD", "DC", "DD")
    title = "Probability of cooperation of players with a memory of one round"
    return (Matrix(title, values, tuple(known), columns, "probability", None, said, (0.0, 1.0)),)


def film(standing: Standing, moves: npt.NDArray[np.uint8], actions: tuple[str, ...]) -> Animation:
    """All matches of the last repetition side by side, round by round."""
    order = standing.order()
    shown = moves[:N_FRAMES][:, order][:, :, order]
    last = len(ACTION_COLOURS) - 1
    indices = np.where(shown == NO_MOVE, 0, np.minimum(shown, last) + 1).astype(np.uint8)
    named = [*actions[:last], "others" if len(actions) > last + 1 else actions[-1]] if len(actions) > last else actions
    palette = (Colour("no move", "#f1f3f4"), *map(Colour, named, ACTION_COLOURS))
    return Animation(
        "Every match of the last repetition",
        pictures.enlarge(indices, max(2, 240 // len(order))),
        palette,
        f"Row's player against column's, in order of rank; the first {len(shown)} rounds.",
        per_second=5,
    )
