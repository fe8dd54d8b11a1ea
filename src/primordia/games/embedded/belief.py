"""Exact Bayes over universes: pairs of a policy of one's own and one of the other, some of them copies.

A universe contains the agent as well as the other player, so the agent learns from its own actions, too
(arXiv 2511.22226, section 3). With weight alpha the other is a copy, with 1 - alpha an independent draw:
w(i, j) = alpha w(i) [i = j] + (1 - alpha) w(i) w(j). The second part stays a product, whatever is seen, so a belief
holds three vectors over policies and no matrix.
"""

from __future__ import annotations

import dataclasses
from typing import Literal, NamedTuple, final

import numpy as np
from jaxtyping import Float, Int

from primordia.core.errors import BadInputError
from primordia.games.embedded.machines import Machines

HIGHEST_FLOOR = 0.1


@final
@dataclasses.dataclass(frozen=True, eq=False)
class Mixture:
    """What an agent holds possible.

    Policies tremble: a machine's action comes with probability 1 - floor, so that nothing has probability 0 (the
    paper's grain of uncertainty). Trembles are each player's "own", or "shared" by copies, who then never differ.

    Args:
        machines: the hypotheses about either player.
        floor: probability of the action that a machine does not play, above 0 and at most 0.1.
        trembles: whether a copy trembles on its own or with the agent.
    """

    machines: Machines
    floor: float = 1e-3
    trembles: Literal["own", "shared"] = "own"

    def __post_init__(self) -> None:
        """The floor must leave doubt, and not so much that twins look like strangers."""
        if not 0 < self.floor <= HIGHEST_FLOOR:
            raise BadInputError(
                f"A likelihood floor of {self.floor:g} leaves "
                + ("no grain of uncertainty" if self.floor <= 0 else "twins looking like strangers")
                + f"; allowed: above 0, at most {HIGHEST_FLOOR:g}; 0.001 is usual."
            )
        if self.trembles not in ("own", "shared"):
            raise BadInputError(f"Trembles are {self.trembles!r}; allowed: 'own' and 'shared'.")


class Belief(NamedTuple):
    """What one agent, or a batch of them, believes after some rounds.

    Args:
        p_copy: probability that the other is a copy, axes [agent].
        copy: which policy both have, if so, axes [agent, machine].
        own: which policy the agent itself has, if not.
        other: which policy the other has, if not.
        own_states: the state of every machine in the agent's seat.
        other_states: the state of every machine in the other's seat.
    """

    p_copy: Float[np.ndarray, " agent"]
    copy: Float[np.ndarray, "agent machine"]
    own: Float[np.ndarray, "agent machine"]
    other: Float[np.ndarray, "agent machine"]
    own_states: Int[np.ndarray, "agent machine"]
    other_states: Int[np.ndarray, "agent machine"]


def begin(prior: Float[np.ndarray, "agent machine"], alpha: Float[np.ndarray, " agent"]) -> Belief:
    """The belief before anything was seen.

    Args:
        prior: w, weights of the policies; each row sums to one.
        alpha: prior weight of the copies; 0 makes a decoupled agent (proposition 3.17).

    Raises:
        BadInputError: alpha lies outside 0 to 1, or a prior has a negative weight or another sum.
    """
    wrong = alpha[~((alpha >= 0) & (alpha <= 1))]
    if wrong.size:
        raise BadInputError(
            f"alpha={wrong[0]:g} is no weight of copies; allowed: from 0 to 1; the nearest is "
            f"{0 if np.isnan(wrong[0]) else np.clip(wrong[0], 0, 1):g}."
        )
    sums = prior.sum(-1)
    if not (prior >= 0).all() or not np.allclose(sums, 1, rtol=0, atol=1e-9):
        raise BadInputError(
            f"A prior sums to {sums[np.argmax(abs(sums - 1))]:g}, its least weight is {prior.min():g}; allowed: "
            "weights of at least 0 that sum to 1."
        )
    states = np.zeros(prior.shape, np.int64)
    return Belief(alpha.astype(np.float64), prior, prior, prior, states, states)


class Forecast(NamedTuple):
    """Probabilities of the next joint action, axes [agent, own, other], in each case and over both."""

    copied: Float[np.ndarray, "agent 2 2"]
    drawn: Float[np.ndarray, "agent 2 2"]
    joint: Float[np.ndarray, "agent 2 2"]


def forecast(mixture: Mixture, belief: Belief) -> Forecast:
    """rho(own, other | history), the mixture's forecast of the round to come."""
    own_plays = mixture.machines.plays(belief.own_states)
    other_plays = mixture.machines.plays(belief.other_states)
    rows = []
    for own in (0, 1):
        for other in (0, 1):
            rows.append((belief.copy * ((own_plays == own) & (other_plays == other))).sum(-1))
    planned = np.stack(rows, -1).reshape(-1, 2, 2)
    copied = _trembled(planned, mixture)
    alone = np.stack([(belief.own * (own_plays == own)).sum(-1) for own in (0, 1)], -1)
    there = np.stack([(belief.other * (other_plays == other)).sum(-1) for other in (0, 1)], -1)
    keep, slip = 1 - mixture.floor, mixture.floor
    drawn = (keep * alone + slip * alone[:, ::-1])[:, :, None] * (keep * there + slip * there[:, ::-1])[:, None, :]
    p_copy = belief.p_copy[:, None, None]
    return Forecast(copied, drawn, p_copy * copied + (1 - p_copy) * drawn)


def _trembled(planned: Float[np.ndarray, "agent 2 2"], mixture: Mixture) -> Float[np.ndarray, "agent 2 2"]:
    """What copies do, given what they mean to do."""
    keep, slip = 1 - mixture.floor, mixture.floor
    if mixture.trembles == "shared":
        return keep * planned + slip * planned[:, ::-1, ::-1]
    one = keep * planned + slip * planned[:, ::-1, :]
    return keep * one + slip * one[:, :, ::-1]


def update(
    mixture: Mixture, belief: Belief, own: Int[np.ndarray, " agent"], other: Int[np.ndarray, " agent"]
) -> Belief:
    """The belief after a round in which the agent did `own` and the other `other`.

    Where the round had probability 0, which only a sure copy with shared trembles can say, the belief in copies is
    left as it was; `observe` refuses it.
    """
    machines, keep, slip = mixture.machines, 1 - mixture.floor, mixture.floor
    own_right = machines.plays(belief.own_states) == own[:, None]
    other_right = machines.plays(belief.other_states) == other[:, None]
    of_own, of_other = np.where(own_right, keep, slip), np.where(other_right, keep, slip)
    if mixture.trembles == "shared":
        both = np.where(own_right & other_right, keep, np.where(own_right | other_right, 0.0, slip))
    else:
        both = of_own * of_other
    copy, copied = _posterior(belief.copy, both)
    mine, of_mine = _posterior(belief.own, of_own)
    theirs, of_theirs = _posterior(belief.other, of_other)
    drawn = (1 - belief.p_copy) * of_mine * of_theirs
    total = belief.p_copy * copied + drawn
    p_copy = np.where(total > 0, belief.p_copy * copied / np.where(total > 0, total, 1), belief.p_copy)
    return Belief(
        p_copy,
        copy,
        mine,
        theirs,
        machines.follow(belief.own_states, own, other),
        machines.follow(belief.other_states, other, own),
    )


def _posterior(
    weights: Float[np.ndarray, "agent machine"], likelihood: Float[np.ndarray, "agent machine"]
) -> tuple[Float[np.ndarray, "agent machine"], Float[np.ndarray, " agent"]]:
    """Bayes' rule, and the probability of what was seen; weights stay as they are where that is 0."""
    weighted = weights * likelihood
    total = weighted.sum(-1)
    possible = total > 0
    return np.where(possible[:, None], weighted / np.where(possible, total, 1)[:, None], weights), total


def observe(
    mixture: Mixture, belief: Belief, own: Int[np.ndarray, " agent"], other: Int[np.ndarray, " agent"]
) -> Belief:
    """`update` for a round that was really played.

    Raises:
        BadInputError: the round had probability 0: a copy was certain, and it did something else.
    """
    joint = forecast(mixture, belief).joint[np.arange(len(own)), own, other]
    if not (joint > 0).all():
        place = int(np.argmin(joint))
        raise BadInputError(
            f"Agent {place} is certain of a copy that trembles with it, and saw {own[place]} answered by "
            f"{other[place]}, which then cannot be; allowed: alpha below 1, or trembles 'own'."
        )
    return update(mixture, belief, own, other)
