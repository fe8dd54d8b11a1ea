"""What a run of LOLA says beyond numbers: who plays what, who gets what from whom, and a film of games."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from primordia.core.findings import Animation, Chart, Finding, Graph, Matrix, Table
from primordia.core.inspection import Inspected
from primordia.core.streams import mix64
from primordia.core.views import Colour
from primordia.games import pictures
from primordia.games.environments.payoffs import Dilemma
from primordia.games.experiments import memory_one_looks as looks
from primordia.games.experiments.memory_one_looks import FIXED, SITUATIONS, Agent, inspected, met

Floats = npt.NDArray[np.float64]
N_FILMED, N_ROUNDS = 12, 30
"""Pairs and rounds of the film."""
WIDE = 10
"""Pixels of a cell of the view, from side to side."""


class Cell(NamedTuple):
    """Whose probability a cell of the view is: places of the arm, the pair, the agent and the situation."""

    arm: int
    pair: int
    agent: int
    situation: int


class Arm(NamedTuple):
    """Pairs that learned alike.

    Args:
        name: as people read it.
        n_steps: steps looked ahead; 0: naive.
        policies: probabilities of cooperation, axes [replica, agent, situation].
        rewards: payoff per round, axes [replica, agent].
    """

    name: str
    n_steps: int
    policies: Floats
    rewards: Floats


def quartiles(values: npt.ArrayLike) -> tuple[float, float, float]:
    """The first, the median and the third."""
    low, middle, high = np.quantile(np.asarray(values, np.float64), (0.25, 0.5, 0.75))
    return float(low), float(middle), float(high)


def policies(arms: Sequence[Arm], line: float) -> Table:
    """The policy of each arm, and what its pairs get."""
    rows = []
    for arm in arms:
        middle = np.median(arm.policies, (0, 1))
        pairs = arm.rewards.mean(1)
        rows.append(
            (arm.name, *(round(float(p), 3) for p in middle), *(round(cut, 3) for cut in quartiles(pairs)),
             round(float((pairs > line).mean()), 3))
        )  # fmt: skip
    return Table(
        "Policies",
        ("learners", *(f"p({name})" for name in SITUATIONS), "payoff, lower quartile", "median", "upper quartile",
         f"pairs above {line:g}"),
        tuple(rows),
        "Probability of cooperation at the start and given the last joint action, own action first: medians over "
        "agents. Payoffs per round of pairs. Pairs end in one of two ways, so that no mean would tell.",
    )  # fmt: skip


def tables(arm: Arm) -> Matrix:
    """The policies of both agents of some pairs, from the best paid to the worst."""
    order = np.argsort(-arm.rewards.mean(1), kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, min(N_FILMED, len(order))).astype(int)]
    rows = {f"pair {pair + 1}, agent {agent + 1}": arm.policies[pair, agent] for pair in chosen for agent in (0, 1)}
    return looks.policy_matrix(f"Policies of {arm.name}", rows, "From the best paid pair to the worst.")


def among(arms: Sequence[Arm], discount: float, dilemma: Dilemma) -> tuple[Matrix, Graph]:
    """What typical agents and written-down policies get from each other."""
    players: dict[str, Floats] = {}
    for arm in arms:
        typical = np.argsort(arm.rewards.mean(1), kind="stable")[(len(arm.rewards) - 1) // 2]
        players[f"{arm.name}, typical"] = arm.policies[typical, 0]
    players |= {name: np.array(one) for name, one in FIXED.items()}
    payoffs, names = looks.payoffs_among(players, discount, dilemma), tuple(players)
    scale = looks.scale_of(dilemma)
    said = f"With the discount {discount:g}. Typical: the first agent of the pair whose payoff is the median."
    middle = (dilemma.reward + dilemma.punishment) / 2
    return (
        looks.payoff_matrix("Who gets what from whom", names, payoffs, scale, said),
        looks.who_takes_from_whom("Who takes from whom", names, payoffs, middle, said),
    )


def by_look_ahead(arms: Sequence[Arm], dilemma: Dilemma) -> Chart:
    """Payoff over the number of steps looked ahead; 0 are the naive learners."""
    found = [(arm.n_steps, *quartiles(arm.rewards.mean(1)), float(arm.rewards.mean())) for arm in arms]
    found.sort()
    ends = (found[0][0], found[-1][0])
    lines = {
        "median of pairs": tuple((steps, middle) for steps, _, middle, _, _ in found),
        "mean of pairs": tuple((steps, mean) for steps, _, _, _, mean in found),
        "both always defect": tuple((end, dilemma.punishment) for end in ends),
    }
    bands = {"median of pairs": tuple((steps, low, high) for steps, low, _, high, _ in found)}
    note = "Band: quartiles over pairs. Step 0 is the naive learner, who does not look ahead."
    return Chart("Payoff by look-ahead", "steps looked ahead, K", "payoff per round", lines, note, bands=bands)


def meetings(arm: Arm, naive: Arm, discount: float, dilemma: Dilemma) -> Table:
    """What a learned policy gets from others who stand still, and from one who knows it and responds best."""
    from primordia.games.exact.best_response import best_response

    table, rows = dilemma.table(), []
    others: dict[str, Floats] = {"its own partner": arm.policies[:, ::-1], "a naive learner's policy": naive.policies}
    others |= {name: np.broadcast_to(np.asarray(one), arm.policies.shape) for name, one in FIXED.items()}
    responses = np.array(
        [[best_response(agent, discount, table).strategy for agent in pair] for pair in arm.policies.round(9)]
    )
    others["a best response to it"] = responses
    for name, other in others.items():
        own, theirs = met(arm.policies.reshape(-1, 5), other.reshape(-1, 5), discount, dilemma)
        rows.append((name, *(round(cut, 3) for cut in (*quartiles(own), *quartiles(theirs)))))
    return Table(
        f"Who gets what from {arm.name}",
        ("against", "own payoff, lower quartile", "median", "upper quartile", "the other's, lower quartile", "median ",
         "upper quartile "),
        tuple(rows),
        "Payoff per round with the run's discount, over agents. Extortion: much for itself and little for whoever "
        f"responds best. Two who always defect get {dilemma.punishment:g}.",
    )  # fmt: skip


def film(arms: Sequence[Arm]) -> Animation:
    """Games of several pairs, round after round; a row for each pair."""
    blocks = []
    for arm in arms:
        chosen = arm.policies[: min(N_FILMED, len(arm.policies))]
        blocks.append((arm.name, played(chosen, N_ROUNDS, arm.n_steps)))
    frames = []
    for seen in range(1, N_ROUNDS + 1):
        parts = []
        for name, games in blocks:
            shown = np.where(np.arange(N_ROUNDS) < seen, games, 0).astype(np.uint8)
            label = pictures.letters(name, pictures.JOINT_INK, pictures.JOINT_PAPER)
            parts.append(pictures.stack([label, pictures.enlarge(shown, 6)], pictures.JOINT_PAPER, 2))
        whole = np.pad(pictures.stack(parts, pictures.JOINT_PAPER, 6), 3, constant_values=pictures.JOINT_PAPER)
        frames.append(pictures.enlarge(whole, 3))
    return Animation(
        "Games of what was learned",
        np.stack(frames),
        pictures.JOINT,
        "Each row is a pair of learners, each column a round; the first block are the naive ones.",
        6,
    )


def played(policies: Floats, n_rounds: int, salt: int) -> npt.NDArray[np.uint8]:
    """One game of each pair as joint actions (indices of `pictures.JOINT`), axes [pair, round].

    Chance is a fixed sequence, so that the same policies always play the same games.
    """
    counter = np.arange(len(policies) * n_rounds * 2, dtype=np.uint64) + np.uint64(salt << 32)
    chance = (mix64(counter) >> np.uint64(11)).astype(np.float64).reshape(len(policies), n_rounds, 2) * 2.0**-53
    places, found = np.zeros((len(policies), 2), np.int64), []
    for now in range(n_rounds):
        cooperates = np.take_along_axis(policies, places[..., None], 2)[..., 0]
        defects = (chance[:, now] >= cooperates).astype(np.int64)
        found.append(pictures.joint(defects[:, 0], defects[:, 1]))
        places = 1 + 2 * defects + defects[:, ::-1]
    return np.stack(found, 1)


def sheet(arms: Sequence[Arm], most: int = 24) -> tuple[pictures.Marked, list[Cell]]:
    """The view "policies" with marks, and the cell of each mark.

    A row for each pair, ordered by payoff, with five shades for each agent; arms in columns.
    """
    blocks, cells = [], []
    for place, arm in enumerate(arms):
        order = np.argsort(-arm.rewards.mean(1), kind="stable")
        chosen = order[np.linspace(0, len(order) - 1, min(most, len(order))).astype(int)]
        sides = []
        for agent in (0, 1):
            heat = pictures.heat(arm.policies[chosen, agent], 0, 1)
            sides.append(pictures.enlarge(pictures.marked(heat, len(cells)), 6, WIDE))
            cells += [Cell(place, int(pair), agent, at) for pair in chosen for at in range(len(SITUATIONS))]
        both = pictures.beside(sides, gap=4)
        head = np.full((pictures.TALL, both.shape[1]), pictures.PAPER, np.uint8)
        for agent in (0, 1):
            for at, name in enumerate(("S", "CC", "CD", "DC", "DD")):
                head = pictures.stamp(head, pictures.letters(name), 0, agent * (sides[0].shape[1] + 4) + WIDE * at + 1)
        blocks.append(pictures.stack([pictures.letters(arm.name), head, both]))
    rows = [pictures.beside(blocks[at : at + 2], gap=10) for at in range(0, len(blocks), 2)]
    return np.pad(pictures.stack(rows, gap=8), 3, constant_values=pictures.PAPER), cells


def found_at(
    arms: Sequence[Arm], row: int, column: int, discount: float, dilemma: Dilemma, intervention: str
) -> tuple[Inspected, ...]:
    """What stands at a pixel of the view."""
    laid_out, cells = sheet(arms)
    number = pictures.number_at(laid_out, row, column)
    if number is None:
        return ()
    place, pair, agent, situation = cells[number]
    arm = arms[place]
    rank = int((arm.rewards.mean(1) > arm.rewards[pair].mean()).sum()) + 1
    facts = (
        ("learners", arm.name),
        ("pair", pair + 1),
        ("agent", agent + 1),
        ("payoff per round", float(arm.rewards[pair, agent])),
        ("the other's payoff", float(arm.rewards[pair, 1 - agent])),
        ("rank of the pair by payoff", f"{rank} of {len(arm.rewards)}"),
    )
    title = f"{arm.name}, pair {pair + 1}, agent {agent + 1}"
    looked = Agent(title, facts, situation, arm.policies[pair, agent], arm.policies[pair, 1 - agent])
    return inspected(looked, discount, dilemma, intervention)


def palette() -> tuple[Colour, ...]:
    """Of the view."""
    return pictures.palette()


def findings(arms: Sequence[Arm], discount: float, dilemma: Dilemma, line: float) -> tuple[Finding, ...]:
    """All of them; the first arm are the naive learners, the second those to look at.

    With a single look-ahead there is nothing to draw payoffs over.
    """
    chart = (by_look_ahead(arms, dilemma),) if len(arms) > 2 else ()
    return (
        policies(arms, line),
        tables(arms[1]),
        meetings(arms[1], arms[0], discount, dilemma),
        *chart,
        *among(arms, discount, dilemma),
        film(arms[:2]),
    )
