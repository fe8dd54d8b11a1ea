"""Many matches side by side: every weight of copies, every prior, every horizon, against twins and strangers.

Cells have the axes [horizon, defector mass, alpha]. In each there are four matches, its kinds: twins that are
embedded, twins that are decoupled, an embedded agent against a stranger, a decoupled one against the same stranger. A
stranger is a machine drawn from the prior, not an agent.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple, final

import numpy as np
from jaxtyping import Float, Int

from primordia.games.embedded.belief import Belief, Mixture, begin, observe
from primordia.games.embedded.planning import Planner, action_values, choose
from primordia.games.embedded.regret import best_returns
from primordia.games.environments.payoffs import Dilemma

KINDS = ("embedded twins", "decoupled twins", "embedded with stranger", "decoupled with stranger")
SEATS = ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (3, 0))
"""Kind and player of each agent in a cell; the other player of kinds 2 and 3 is a machine."""
NOT_PLAYED = -1


@final
@dataclasses.dataclass(frozen=True, eq=False)
class Setting:
    """What all cells share, and what tells them apart.

    Args:
        mixture: hypotheses of every agent.
        priors: axes [defector mass, machine].
        alphas: prior weights of copies of the embedded agents; decoupled ones have 0.
        planners: one for each horizon.
    """

    mixture: Mixture
    priors: Float[np.ndarray, "mass machine"]
    alphas: Float[np.ndarray, " alpha"]
    planners: tuple[Planner, ...]

    @property
    def cells(self) -> tuple[int, int, int]:
        """The sizes of the axes horizon, defector mass, alpha."""
        return len(self.planners), len(self.priors), len(self.alphas)

    @property
    def payoffs(self) -> Dilemma:
        """The game."""
        return self.planners[0].payoffs


class Cells(NamedTuple):
    """The state of all matches.

    Args:
        beliefs: of every agent, for each horizon; their rows run over seat, defector mass, alpha.
        strangers: the machine that is drawn in each cell, axes [mass, alpha], the same for every horizon.
        stranger_states: axes [kind - 2, horizon, mass, alpha].
        joint: 2 x the first player's action + the second's, -1 before it is played, axes [round, kind, *cell].
        p_copy: the first player's belief before each round, 0 before it is played; axes as of joint.
    """

    beliefs: tuple[Belief, ...]
    strangers: Int[np.ndarray, "mass alpha"]
    stranger_states: Int[np.ndarray, "2 horizon mass alpha"]
    joint: Int[np.ndarray, "round kind horizon mass alpha"]
    p_copy: Float[np.ndarray, "round kind horizon mass alpha"]


def drawn(
    prior: Float[np.ndarray, "mass machine"], uniform: Float[np.ndarray, "mass alpha"]
) -> Int[np.ndarray, "mass alpha"]:
    """The place of a machine for each draw from 0 to 1."""
    edges = np.cumsum(prior, -1)
    places = [np.searchsorted(row, draws * row[-1], side="right") for row, draws in zip(edges, uniform, strict=True)]
    return np.minimum(np.array(places), prior.shape[1] - 1)


def opened(setting: Setting, uniform: Float[np.ndarray, "mass alpha"], n_rounds: int) -> Cells:
    """Before the first round; `uniform` are the draws of the strangers."""
    n_masses, n_alphas = len(setting.priors), len(setting.alphas)
    prior = np.tile(np.repeat(setting.priors, n_alphas, axis=0), (len(SEATS), 1))
    embedded = np.array([kind in (0, 2) for kind, _ in SEATS])
    alpha = (embedded[:, None, None] * np.broadcast_to(setting.alphas, (n_masses, n_alphas))).ravel()
    belief = begin(prior, alpha)
    shape = (n_rounds, len(KINDS), *setting.cells)
    return Cells(
        tuple(belief for _ in setting.planners),
        drawn(setting.priors, uniform),
        np.zeros((2, *setting.cells), np.int64),
        np.full(shape, NOT_PLAYED, np.int8),
        np.zeros(shape),
    )


def next_round(setting: Setting, cells: Cells, t: int) -> Cells:
    """Round `t`; rounds past the last are not written down, and nothing changes any more."""
    if t >= len(cells.joint):
        return cells
    beliefs, parts = [], []
    for place, (planner, belief) in enumerate(zip(setting.planners, cells.beliefs, strict=True)):
        own = choose(action_values(planner, setting.mixture, belief)).reshape(len(SEATS), *setting.cells[1:])
        strangers = setting.mixture.machines.actions[cells.strangers, cells.stranger_states[:, place]]
        other = np.stack([own[1], own[0], own[3], own[2], *strangers])
        beliefs.append(observe(setting.mixture, belief, own.ravel(), other.ravel()))
        played = np.stack([2 * own[seat] + other[seat] for seat in (0, 2, 4, 5)])
        believed = belief.p_copy.reshape(own.shape)[[0, 2, 4, 5]]
        parts.append((played, believed))
    joint, p_copy = cells.joint.copy(), cells.p_copy.copy()
    joint[t] = np.stack([played for played, _ in parts], 1)
    p_copy[t] = np.stack([believed for _, believed in parts], 1)
    met = joint[t, 2:].astype(np.int64)
    states = setting.mixture.machines.moves[cells.strangers, cells.stranger_states, met % 2, met // 2]
    return Cells(tuple(beliefs), cells.strangers, states, joint, p_copy)


def payoffs(setting: Setting, cells: Cells, n_played: int) -> Float[np.ndarray, "round kind horizon mass alpha"]:
    """What the first player of each match was paid in the rounds played."""
    return np.array(setting.payoffs.table()[0]).ravel()[cells.joint[:n_played]]


def regrets(setting: Setting, cells: Cells, n_played: int) -> Float[np.ndarray, "round kind horizon mass alpha"]:
    """The return that was missed up to each round, against one who knew whom it met.

    Who knew of its twin would have had R in every round (or P, if that is more); who knew the stranger's machine, the
    best response to it over those rounds.
    """
    earned = payoffs(setting, cells, n_played).cumsum(0)
    rounds = np.arange(1, n_played + 1)
    twins = max(setting.payoffs.reward, setting.payoffs.punishment) * rounds
    against = best_returns(setting.mixture.machines, n_played, setting.payoffs)[1:, :, 0][:, cells.strangers]
    best = np.empty_like(earned)
    best[:, :2] = twins[:, None, None, None, None]
    best[:, 2:] = against[:, None, None]
    return best - earned


def first_cooperation(cells: Cells) -> Int[np.ndarray, "kind horizon mass alpha"]:
    """The first round in which the first player of each match cooperated; -1 where it has not."""
    cooperated = (cells.joint == 0) | (cells.joint == 1)
    return np.where(cooperated.any(0), cooperated.argmax(0), -1)
