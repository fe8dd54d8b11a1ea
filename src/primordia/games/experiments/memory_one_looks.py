"""Memory-one policies under the glass: as matrices, against each other, one by one, and planted by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt

from primordia.core.config import Spec
from primordia.core.errors import BadInputError
from primordia.core.findings import Edge, Graph, Matrix, Node, Picture, Table
from primordia.core.inspection import Inspected, Specimen
from primordia.core.views import Colour
from primordia.games import pictures
from primordia.games.environments.payoffs import Dilemma

Floats = npt.NDArray[np.float64]
SITUATIONS = ("start", "CC", "CD", "DC", "DD")
FIXED = {
    "always cooperate": (1.0, 1.0, 1.0, 1.0, 1.0),
    "always defect": (0.0, 0.0, 0.0, 0.0, 0.0),
    "tit for tat": (1.0, 1.0, 0.0, 1.0, 0.0),
    "win-stay lose-shift": (1.0, 1.0, 0.0, 0.0, 1.0),
}
AS_GIVEN = "as given"
SURE = 0.001
"""How near to 0 and 1 a planted probability may come: a logit of 0 or 1 would be infinite, and learning would stop."""
EVEN = 0.01
"""Payoffs closer than this count as equal."""
READING = "Probability of cooperation at the start and after each joint action, own action first."


def met(first: Floats, second: Floats, discount: float, dilemma: Dilemma) -> tuple[Floats, Floats]:
    """Payoffs per round, with the discount, of policies [..., situation] against others; both [...]."""
    from primordia.games.exact.long_run import joint_chain

    start, moves = joint_chain(np.clip(first, 0, 1), np.clip(second, 0, 1))
    inside = np.eye(4) - discount * np.swapaxes(moves, -1, -2)
    shares = (1 - discount) * np.linalg.solve(inside, start[..., None])[..., 0]
    own, theirs = np.moveaxis(shares @ np.asarray(dilemma.table(), np.float64).reshape(2, 4).T, -1, 0)
    return own, theirs


def policy_matrix(title: str, policies: Mapping[str, npt.ArrayLike], note: str = "") -> Matrix:
    """Policies by name, a row each; colours from 0 to 1."""
    values = np.array([np.asarray(one, np.float64) for one in policies.values()])
    said = f"{READING} {note}".rstrip()
    return Matrix(title, values, tuple(policies), SITUATIONS, "probability", None, said, (0.0, 1.0))


def payoffs_among(policies: Mapping[str, npt.ArrayLike], discount: float, dilemma: Dilemma) -> Floats:
    """What each policy gets from each other and from itself, axes [player, co-player]."""
    each = np.array([np.asarray(one, np.float64) for one in policies.values()])
    n = len(each)
    return met(np.repeat(each, n, 0), np.tile(each, (n, 1)), discount, dilemma)[0].reshape(n, n)


def scale_of(dilemma: Dilemma) -> tuple[float, float] | None:
    """From the least payoff to the greatest, if they differ."""
    low, high = float(np.min(dilemma.table())), float(np.max(dilemma.table()))
    return (low, high) if low < high else None


def payoff_matrix(
    title: str, names: Sequence[str], payoffs: Floats, scale: tuple[float, float] | None, note: str
) -> Matrix:
    """Payoffs of each row's player from each column's."""
    said = f"Payoff per round of the row's player against the column's. {note}".rstrip()
    return Matrix(title, payoffs, tuple(names), tuple(names), "payoff per round", None, said, scale)


def who_takes_from_whom(title: str, names: Sequence[str], payoffs: Floats, even: float, note: str = "") -> Graph:
    """An arrow from who gets more in a meeting to who gets less, as broad as the difference.

    Args:
        title: of the graph.
        names: of the players.
        payoffs: axes [player, co-player]; not a number where two do not meet.
        even: what a player counts as doing well from who gets it against itself; the colour of a node.
        note: what else is to be said.
    """
    own = np.diag(payoffs)
    kinds = np.where(np.isfinite(own), np.where(own >= even, 0, 1), 2).tolist()
    nodes = tuple(Node(name, name, kind=kind) for name, kind in zip(names, kinds, strict=True))
    edges = tuple(
        Edge(one, other, round(float(gap), 6), f"{gap:.2f}")
        for row, one in enumerate(names)
        for column, other in enumerate(names)
        if (gap := payoffs[row, column] - payoffs[column, row]) > EVEN
    )
    palette = (
        Colour(f"gets {even:.2f} or more from its own like", "#0072B2"),
        Colour("gets less from its own like", "#D55E00"),
        Colour("does not meet its own like here", "#8b949e"),
    )
    said = "An arrow leads from who gets more in a meeting to who gets less; its breadth is the difference per round."
    return Graph(title, nodes, edges, palette, note=f"{said} {note}".rstrip())


class Agent(NamedTuple):
    """A learner whose policy is looked at.

    Args:
        title: who it is.
        facts: (what, value), for the table of what stands here.
        situation: the place in `SITUATIONS` that was pointed at.
        policy: probabilities of cooperation.
        partner: those of the other of its pair.
    """

    title: str
    facts: tuple[tuple[str, str | int | float], ...]
    situation: int
    policy: Floats
    partner: Floats


def inspected(agent: Agent, discount: float, dilemma: Dilemma, intervention: str) -> tuple[Inspected, ...]:
    """The probability that was pointed at, both policies of the pair, what the policy gets, and a copy to keep."""
    chance = float(agent.policy[agent.situation])
    here = Table(
        "What stands here",
        ("what", "value"),
        (*agent.facts, ("situation", SITUATIONS[agent.situation]), ("probability of cooperation", chance)),
        "The colour is the probability: blue cooperates, orange defects. In a situation the own action comes first.",
    )
    pair = policy_matrix("The policies of this pair", {"this agent": agent.policy, "the other": agent.partner})
    others = {"the other of its pair": agent.partner, **{name: np.array(one) for name, one in FIXED.items()}}
    own, theirs = met(np.tile(agent.policy, (len(others), 1)), np.stack([*others.values()]), discount, dilemma)
    rows = tuple((name, float(a), float(b)) for name, a, b in zip(others, own, theirs, strict=True))
    gets = Table(
        "What it gets",
        ("against", "its own payoff", "the other's"),
        rows,
        f"Per round, with the discount {discount:g}. Two who cooperate get {dilemma.reward:g}, two who defect "
        f"{dilemma.punishment:g}.",
    )
    numbers = {name: float(value) for name, value in zip(FIELDS, agent.policy, strict=True)}
    cells = pictures.enlarge(pictures.heat(agent.policy[None], 0.0, 1.0), 12, 12)
    specimen = Specimen(
        f"The policy of {agent.title}",
        intervention,
        {"strategy": AS_GIVEN, **numbers},
        READING,
        Picture(agent.title, cells, pictures.palette(), READING),
    )
    return (here, pair, gets, specimen) if intervention else (here, pair, gets)


FIELDS = ("at_start", "after_cc", "after_cd", "after_dc", "after_dd")


def _chance(when: str) -> Spec:
    return Spec(f"probability of cooperation {when}, where strategy is as given", "probability", ge=0.0, le=1.0)


@dataclasses.dataclass(frozen=True)
class Planting:
    """Whose policy becomes which."""

    learners: Annotated[int, Spec("which learners, from 1 in the order of the view", "learners", ge=1, le=64)] = 1
    pair: Annotated[int, Spec("which of their pairs, from 1", "pairs", ge=1, le=4096)] = 1
    agent: Annotated[int, Spec("which agent of the pair", "agents", ge=1, le=2)] = 1
    strategy: Annotated[
        str, Spec("the policy: a written-down one, or the five probabilities", choices=(*FIXED, AS_GIVEN))
    ] = "tit for tat"
    at_start: Annotated[float, _chance("at the start")] = 0.5
    after_cc: Annotated[float, _chance("after both cooperated")] = 0.5
    after_cd: Annotated[float, _chance("after it cooperated and the other defected")] = 0.5
    after_dc: Annotated[float, _chance("after it defected and the other cooperated")] = 0.5
    after_dd: Annotated[float, _chance("after both defected")] = 0.5

    def logits(self) -> Floats:
        """Those of the policy, kept `SURE` away from certainty; axis [situation]."""
        given = tuple(getattr(self, name) for name in FIELDS)
        chances = np.clip(np.array(FIXED.get(self.strategy, given)), SURE, 1 - SURE)
        return np.asarray(np.log(chances) - np.log1p(-chances), np.float64)

    def place(self, n_learners: int, n_pairs: int) -> tuple[int, int, int]:
        """Indices of learners, pair and agent.

        Raises:
            BadInputError: there are not so many.
        """
        for name, most in (("learners", n_learners), ("pair", n_pairs)):
            if getattr(self, name) > most:
                raise BadInputError(
                    f"{name}={getattr(self, name)} is out of range: this run has {most}; the nearest is {most}."
                )
        return self.learners - 1, self.pair - 1, self.agent - 1
