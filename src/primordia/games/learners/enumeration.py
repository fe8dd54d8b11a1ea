"""Tiny dilemmas in which every outcome of a meta-episode is looked at: expectations without a sample, in 64 bits.

They referee the estimators. The ego is a table of logits of cooperating; the co-player is five such logits, updated
after every inner episode by one REINFORCE step on its batch of games (sum over steps, mean over games). The size of
everything is 4^(games x inner episodes x steps), so only a handful of steps can be enumerated.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple, final

import numpy as np
from jaxtyping import Float, Int

from primordia.core.errors import BadInputError
from primordia.games.environments.payoffs import PRISONERS_DILEMMA, Dilemma

Array = np.ndarray[Any, Any]
MOST_ROUNDS = 9
"""Rounds of all games together: 4^9 outcomes of at most 9 rounds still fit a laptop."""
START = 4
"""The row of a table before the first round of an inner episode; rows 0 to 3 are CC, CD, DC, DD, one's own first."""
MIRROR = np.array([0, 2, 1, 3])
"""A joint action as the other player names it."""


@final
@dataclasses.dataclass(frozen=True)
class TinyGame:
    """An iterated dilemma small enough to enumerate.

    Args:
        n_games: games against the same co-player, B.
        n_steps: rounds of an inner episode, T.
        n_episodes: inner episodes, M.
        step_size: of the co-player's REINFORCE step.
        remembers: whether the ego also conditions on everything that happened in the previous inner episode of its
            own game; otherwise only on the last round of the current one.
        dilemma: the payoffs.

    Raises:
        BadInputError: too many outcomes, or a size below 1.
    """

    n_games: int
    n_steps: int
    n_episodes: int
    step_size: float = 5.0
    remembers: bool = False
    dilemma: Dilemma = PRISONERS_DILEMMA

    def __post_init__(self) -> None:
        rounds = self.n_games * self.n_steps * self.n_episodes
        if min(self.n_games, self.n_steps, self.n_episodes) < 1 or rounds > MOST_ROUNDS:
            raise BadInputError(
                f"{self.n_games} games of {self.n_episodes} inner episodes of {self.n_steps} rounds cannot be "
                f"enumerated; allowed: at least 1 of each and at most {MOST_ROUNDS} rounds in all."
            )

    @property
    def n_logits(self) -> int:
        """Logits of the ego: five for each past that it tells apart."""
        return 5 * (1 + 4**self.n_steps if self.remembers else 1)


class Outcomes(NamedTuple):
    """Every way a meta-episode can go.

    Args:
        probability: of each, axis [outcome].
        payoffs: of the ego, axes [outcome, game, time].
        rows: which logit of the ego decided, axes [outcome, game, time].
        scores: the derivative of the log-probability of its action by that logit, axes [outcome, game, time].
    """

    probability: Float[Array, " outcome"]
    payoffs: Float[Array, "outcome game time"]
    rows: Int[Array, "outcome game time"]
    scores: Float[Array, "outcome game time"]


def outcomes(game: TinyGame, ego: Float[Array, " logit"], other: Float[Array, " five"]) -> Outcomes:
    """All outcomes of a meta-episode.

    Args:
        game: its sizes.
        ego: logits of cooperating, axis [past x row]; `TinyGame.n_logits` of them.
        other: the co-player's logits before the first inner episode, rows from its own point of view.
    """
    joint = _all_joint_actions(game)
    n_outcomes = joint.shape[0]
    table = np.array([game.dilemma.reward, game.dilemma.sucker, game.dilemma.temptation, game.dilemma.punishment])
    learned = np.broadcast_to(other, (n_outcomes, 5)).copy()
    probability = np.ones(n_outcomes)
    past = np.zeros((n_outcomes, game.n_games), np.int64)
    rows, scores = [], []
    for episode in range(game.n_episodes):
        played = joint[:, :, episode]
        own = np.concatenate([np.full((*past.shape, 1), START), played[..., :-1]], axis=-1)
        row = 5 * past[..., None] * game.remembers + own
        theirs = np.where(own == START, START, MIRROR[np.minimum(own, 3)])
        place = np.arange(n_outcomes)[:, None, None]
        chance, score = _choices(ego[row], played < 2)
        chance_other, score_other = _choices(learned[place, theirs], played % 2 == 0)
        probability = probability * (chance * chance_other).prod(axis=(1, 2))
        rows.append(row)
        scores.append(score)
        learned = learned + game.step_size * _reinforce(theirs, score_other, table[MIRROR[played]])
        past = 1 + (played * 4 ** np.arange(game.n_steps)).sum(axis=-1)
    payoffs = table[joint].reshape(n_outcomes, game.n_games, -1)
    return Outcomes(probability, payoffs, np.concatenate(rows, -1), np.concatenate(scores, -1))


def objective(game: TinyGame, ego: Float[Array, " logit"], other: Float[Array, " five"]) -> float:
    """The expected return of the ego over the meta-episode, in the mean over games (Eq. 2)."""
    found = outcomes(game, ego, other)
    return float(found.probability @ found.payoffs.sum(axis=2).mean(axis=1))


def expectation(found: Outcomes, weights: Float[Array, "outcome game time"], n_logits: int) -> Float[Array, " logit"]:
    """The exact mean of  sum over games and steps of  grad log pi times `weights`."""
    terms = found.probability[:, None, None] * found.scores * np.asarray(weights)
    return np.bincount(found.rows.ravel(), weights=terms.ravel(), minlength=n_logits)


def slope(function: Callable[[Array], float], at: Float[Array, " logit"], width: float = 2e-3) -> Array:
    """The gradient by differences of fourth order: their error is of the order of width^4 (below 1e-10 here)."""
    found = np.empty_like(at)
    for place in range(at.size):
        unit = np.zeros_like(at)
        unit[place] = width
        near = function(at + unit) - function(at - unit)
        far = function(at + 2 * unit) - function(at - 2 * unit)
        found[place] = (8 * near - far) / (12 * width)
    return found


def _all_joint_actions(game: TinyGame) -> Int[Array, "outcome game episode step"]:
    """Joint actions 0 to 3: CC, CD, DC, DD with the ego's first."""
    n_rounds = game.n_games * game.n_episodes * game.n_steps
    digits = (np.arange(4**n_rounds)[:, None] // 4 ** np.arange(n_rounds)) % 4
    return digits.reshape(-1, game.n_games, game.n_episodes, game.n_steps)


def _choices(logits: Array, cooperated: Array) -> tuple[Array, Array]:
    """The probability of what was done, and the derivative of its logarithm by the logit of cooperating."""
    cooperating = 1 / (1 + np.exp(-logits))
    return np.where(cooperated, cooperating, 1 - cooperating), cooperated - cooperating


def _reinforce(rows: Array, scores: Array, payoffs: Array) -> Float[Array, "outcome five"]:
    """REINFORCE with returns to go, axes of the arguments [outcome, game, step]."""
    to_go = np.flip(np.cumsum(np.flip(payoffs, -1), -1), -1)
    terms = scores * to_go / rows.shape[1]
    return np.stack([(terms * (rows == row)).sum(axis=(1, 2)) for row in range(5)], axis=1)
