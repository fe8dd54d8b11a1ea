"""Two embedded agents play each other; each learns from what both do."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from primordia.games.embedded.belief import Mixture, begin, forecast, observe
from primordia.games.embedded.machines import on_path
from primordia.games.embedded.planning import Planner, action_values, choose
from primordia.games.environments.payoffs import DEFECT


class Match(NamedTuple):
    """What two agents did and believed. Axes [round, agent] with the first agent of each pair.

    Args:
        actions: of both, axes [round, player, pair].
        p_copy: probability that the other is a copy, before the round; axes as of actions.
        gap: by how much the better action was better than the one taken, in expected return; 0 but for ties.
        surprise: total variation between the forecast of the other's action, given one's own, and what it did.
    """

    actions: Int[np.ndarray, "round player pair"]
    p_copy: Float[np.ndarray, "round player pair"]
    gap: Float[np.ndarray, "round player pair"]
    surprise: Float[np.ndarray, "round player pair"]

    def text(self, pair: int = 0) -> str:
        """The first player's actions as letters, such as CCDCC; x where the two differ."""
        letters = []
        for first, second in self.actions[:, :, pair]:
            letters.append("CD"[first] if first == second else "x")
        return "".join(letters)


def play(
    mixture: Mixture,
    planner: Planner,
    prior: Float[np.ndarray, "pair machine"],
    alpha: Float[np.ndarray, " pair"],
    n_rounds: int,
) -> Match:
    """Pairs of equal agents: each with this prior, for `n_rounds`."""
    beliefs = [begin(prior, alpha), begin(prior, alpha)]
    actions, p_copy, gap, surprise = [], [], [], []
    everyone = np.arange(len(alpha))
    for _ in range(n_rounds):
        values = [action_values(planner, mixture, belief) for belief in beliefs]
        taken = [choose(one) for one in values]
        joint = [forecast(mixture, belief).joint for belief in beliefs]
        seen = [
            table[everyone, own, other] / table[everyone, own].sum(-1)
            for table, own, other in zip(joint, taken, taken[::-1], strict=True)
        ]
        actions.append(taken)
        p_copy.append([belief.p_copy for belief in beliefs])
        gap.append([one.max(-1) - one[everyone, own] for one, own in zip(values, taken, strict=True)])
        surprise.append([1 - one for one in seen])
        beliefs = [
            observe(mixture, belief, own, other) for belief, own, other in zip(beliefs, taken, taken[::-1], strict=True)
        ]
    return Match(np.array(actions), np.array(p_copy), np.array(gap), np.array(surprise))


def settled(match: Match, tolerance: float) -> Int[np.ndarray, " pair"]:
    """The round from which on a match is an eps-subjective embedded equilibrium on the path played; -1 if never.

    That is (arXiv 2511.22226, section 4): every action is a best response to the player's own mixture, and its
    forecasts are within `tolerance` of what happens, in total variation. We look at one round at a time and over the
    rounds played, where the paper looks at the whole future.
    """
    fine = ((match.gap <= tolerance) & (match.surprise <= tolerance)).all(1)
    from_here = np.logical_and.accumulate(fine[::-1])[::-1]
    return np.where(from_here.any(0), from_here.argmax(0), -1)


def enlarged(mixture: Mixture, planner: Planner, alpha: float, n_rounds: int, n_times: int) -> tuple[Match, ...]:
    """Matches in which the policy that was realised is put into the class, and then another is played; uniform priors.

    The first match is that of the class as given. The realised policy does what was done as long as all is as it
    was, and defects for ever otherwise.
    """
    matches = []
    for _ in range(n_times + 1):
        prior = np.full((1, len(mixture.machines)), 1 / len(mixture.machines))
        match = play(mixture, planner, prior, np.array([alpha]), n_rounds)
        matches.append(match)
        path = tuple((int(own), int(other)) for own, other in match.actions[:, :, 0])
        larger = mixture.machines.joined(on_path(path, DEFECT))
        mixture = Mixture(larger, mixture.floor, mixture.trembles)
    return tuple(matches)


def closed(mixture: Mixture, n_rounds: int) -> Mixture:
    """A class with every "cooperate for k rounds as long as both do, then defect", k from 0 to `n_rounds`, as well.

    With them no way to leave mutual cooperation is a mere tremble: for each there is a policy that means it, and that
    a copy would have, too.
    """
    machines = mixture.machines
    for k in range(n_rounds + 1):
        machines = machines.joined(on_path(((0, 0),) * k, DEFECT))
    return Mixture(machines, mixture.floor, mixture.trembles)
