"""Hypothesis classes of an embedded agent: finite sets of small deterministic machines that play a dilemma.

A machine sees the joint action of every round, its own first, and its state says what it plays: a Moore machine.
Everything starts in state 0. Actions are cooperate (0) and defect (1).
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from typing import final

import numpy as np
from jaxtyping import Int

from primordia.core.errors import BadInputError
from primordia.games.environments.payoffs import COOPERATE, DEFECT

MOST_STATES = 3
"""States of the largest Moore machines that are listed: there are 5898 up to three, and 1,054,474 up to four."""


@final
@dataclasses.dataclass(frozen=True, eq=False)
class Machines:
    """A class of deterministic policies.

    Args:
        actions: what each state plays, axes [machine, state].
        moves: the next state, axes [machine, state, own action, other's action].
        names: what each machine is called.
    """

    actions: Int[np.ndarray, "machine state"]
    moves: Int[np.ndarray, "machine state 2 2"]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        """Shapes and targets are held to each other."""
        n, n_states = self.actions.shape
        if n == 0:
            raise BadInputError("A class of hypotheses is empty; allowed: one machine or more.")
        if self.moves.shape != (n, n_states, 2, 2) or len(self.names) != n:
            raise BadInputError(
                f"Machines with actions {list(self.actions.shape)} have moves {list(self.moves.shape)} and "
                f"{len(self.names)} names; allowed: moves {[n, n_states, 2, 2]} and {n} names."
            )
        if self.moves.min() < 0 or self.moves.max() >= n_states:
            raise BadInputError(
                f"A machine moves to state {int(self.moves.max())}; allowed: 0 to {n_states - 1}, its states."
            )

    def __len__(self) -> int:
        """How many there are."""
        return len(self.names)

    def plays(self, states: Int[np.ndarray, "*batch machine"]) -> Int[np.ndarray, "*batch machine"]:
        """The action of every machine, each in its state."""
        return self.actions[np.arange(len(self)), states]

    def follow(
        self,
        states: Int[np.ndarray, "*batch machine"],
        own: Int[np.ndarray, "*batch"],
        other: Int[np.ndarray, "*batch"],
    ) -> Int[np.ndarray, "*batch machine"]:
        """The states after a round, as seen by a player that did `own` while the other did `other`."""
        return self.moves[np.arange(len(self)), states, own[..., None], other[..., None]]

    def joined(self, other: Machines) -> Machines:
        """Both classes as one; the smaller machines get states that are never reached."""
        n_states = max(self.actions.shape[1], other.actions.shape[1])
        both = [_padded(one, n_states) for one in (self, other)]
        actions, moves = (np.concatenate(parts) for parts in zip(*both, strict=True))
        return Machines(actions, moves, self.names + other.names)


def _padded(
    machines: Machines, n_states: int
) -> tuple[Int[np.ndarray, "machine state"], Int[np.ndarray, "machine state 2 2"]]:
    more = n_states - machines.actions.shape[1]
    actions = np.pad(machines.actions, ((0, 0), (0, more)))
    return actions, np.pad(machines.moves, ((0, 0), (0, more), (0, 0), (0, 0)))


@functools.lru_cache(maxsize=16)
def delays(longest: int) -> Machines:
    """Always defect; then "defect for k rounds, then cooperate for ever" for k from 0 to `longest`.

    This is the class of arXiv 2511.22226, example 4.13, cut off at `longest`.

    Raises:
        BadInputError: `longest` is negative.
    """
    if longest < 0:
        raise BadInputError(f"A longest delay of {longest} leaves none; allowed: 0 or more rounds; the nearest is 0.")
    rounds = np.arange(longest + 1)
    actions = np.vstack(
        [np.full(longest + 1, DEFECT)] + [np.where(rounds < delay, DEFECT, COOPERATE) for delay in rounds]
    )
    moves = np.broadcast_to(np.minimum(rounds + 1, longest)[None, :, None, None], (longest + 2, longest + 1, 2, 2))
    return Machines(actions, moves, ("always D", *(f"D for {delay}, then C" for delay in rounds)))


@functools.lru_cache(maxsize=1)
def memory_one() -> Machines:
    """The 32 deterministic policies that know the last joint action: play at the start, then after CC, CD, DC, DD.

    State 0 is the start, state 1 + 2 own + other the memory of a round; the own action comes first.
    """
    actions = np.array(list(itertools.product((COOPERATE, DEFECT), repeat=5)))
    moves = np.broadcast_to(np.array([[1, 2], [3, 4]]), (32, 5, 2, 2))
    names = tuple("".join("CD"[action] for action in row) for row in actions)
    return Machines(actions, moves, tuple(f"{name[0]}·{name[1:]}" for name in names))


@functools.lru_cache(maxsize=4)
def moore(n_states: int) -> Machines:
    """All Moore machines of one to `n_states` states that see only what the other does; 2, 66 or 5898 of them.

    Many do the same: a machine counts once for each way to write it down, as programs do.

    Raises:
        BadInputError: none or more than three states.
    """
    if not 1 <= n_states <= MOST_STATES:
        raise BadInputError(
            f"Moore machines of up to {n_states} states cannot be listed; allowed: 1 to {MOST_STATES} states; "
            f"the nearest is {min(max(n_states, 1), MOST_STATES)}."
        )
    found = [_of_size(n) for n in range(1, n_states + 1)]
    whole = found[0]
    for more in found[1:]:
        whole = whole.joined(more)
    return whole


def _of_size(n: int) -> Machines:
    actions = np.array(list(itertools.product((COOPERATE, DEFECT), repeat=n)))
    targets = np.array(list(itertools.product(range(n), repeat=2 * n))).reshape(-1, n, 1, 2)
    names = tuple(f"{n} states, {place}" for place in range(len(actions) * len(targets)))
    moves = np.broadcast_to(np.tile(targets, (len(actions), 1, 1, 1)), (len(names), n, 2, 2))
    return Machines(np.repeat(actions, len(targets), axis=0), moves, names)


def on_path(joint: tuple[tuple[int, int], ...], otherwise: int) -> Machines:
    """The one machine that does what was done in each round, `otherwise` for ever after anything else, or the end.

    Args:
        joint: own and other's action of each round.
        otherwise: the action off the path.
    """
    n = len(joint)
    actions = np.array([[own for own, _ in joint] + [otherwise]])
    moves = np.full((1, n + 1, 2, 2), n)
    for place, (own, other) in enumerate(joint):
        moves[0, place, own, other] = place + 1
    return Machines(actions, moves, ("realised",))
