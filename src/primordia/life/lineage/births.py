"""Births of replicators: the first of a soup, and the first of the line that took it over.

Two clocks run in a soup. Appearance is the first epoch after which some program copies itself; takeover is when
relatives fill the soup. Each is told as an event with its epoch, the interaction behind it, and a record of which bytes
came from whom.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import final

import numpy as np
import numpy.typing as npt

from primordia.life import replicators
from primordia.life.lineage.ancestry import Link, linked, walk_back
from primordia.life.lineage.history import History
from primordia.life.lineage.roll import Roll, call_roll
from primordia.life.measures import census

Bytes = npt.NDArray[np.uint8]

PATIENCE = 32
"""Epochs in a row in which no ancestor copies itself, after which a walk back takes the line to have begun."""


@final
@dataclasses.dataclass(frozen=True)
class Birth:
    """A program that copies itself, and the interaction that made it.

    Args:
        t: epochs completed when it is there for the first time.
        place: its place in the soup.
        program: uint8 [byte].
        score: its replication score.
        link: how it came about; None for a replicator of the initial soup, and for one that was put in from outside
            before the meetings of epoch t.
        n_replicators: replicators in the soup at t, itself included; None when they were not counted.
    """

    t: int
    place: int
    program: Bytes
    score: int
    link: Link | None
    n_replicators: int | None = None


def first_replicator(
    history: History,
    *,
    since: int,
    until: int,
    threshold: int = replicators.REPLICATOR_SCORE,
    seen: Callable[[int, Roll], None] = lambda t, roll: None,
) -> Birth | None:
    """The first replicator from epoch `since` to `until`, or None: the roll is called after every single epoch.

    Replicators come and go before they stay, so there is no bisection: that an epoch has none says nothing about those
    before it. The window rule is therefore: the answer is that of the whole run only if `since` is its start.

    Args:
        history: of the run.
        since: first epoch to look at.
        until: last epoch to look at.
        threshold: least replication score.
        seen: told of every epoch that was looked at.

    Returns:
        The birth of the best-scoring replicator of the first epoch that has any; of equals the lowest place.

    Cost: about three epochs for each epoch (see `roll.call_roll`).
    """
    for t in range(max(since, history.first), until + 1):
        roll = _roll(history, t, threshold)
        seen(t, roll)
        if len(roll.places):
            place, score = int(roll.places[roll.best()]), int(roll.scores[roll.best()])
            return birth_at(history, t, place, score, len(roll.places))
    return None


def birth_at(history: History, t: int, place: int, score: int, n_replicators: int | None = None) -> Birth:
    """The record of a program that is there after t epochs."""
    program = history.soup(t)[place]
    link = linked(history, t, place, program) if t > history.first else None
    return Birth(t, place, program, score, link, n_replicators)


def chief(history: History, t: int, threshold: int = replicators.REPLICATOR_SCORE) -> tuple[int, int] | None:
    """The place and score of the replicator whose program is the most frequent after t epochs, or None without any.

    Of equally frequent ones the best-scoring, then that of the lowest place.
    """
    roll = _roll(history, t, threshold)
    if not len(roll.places):
        return None
    soup = history.soup(t)[roll.places]
    programs = census(soup)
    equal = programs.first[programs.counts == programs.counts[0]]
    best = max(equal.tolist(), key=lambda index: (int(roll.scores[index]), -int(roll.places[index])))
    return int(roll.places[best]), int(roll.scores[best])


def birth_of_line(
    history: History, t: int, place: int, threshold: int = replicators.REPLICATOR_SCORE
) -> tuple[Birth | None, list[Link]]:
    """The oldest replicator among the ancestors of a program, and the line from the program back to it.

    The walk ends when for `PATIENCE` epochs no ancestor copied itself.

    Args:
        history: of the run.
        t: epochs completed when the program is there.
        place: its place.
        threshold: least replication score.

    Returns:
        The birth, or None when neither the program nor an ancestor within `PATIENCE` epochs is a replicator; and the
        links from the program to the birth, the newest first.
    """
    line: list[Link] = []
    found: tuple[int, int] | None = None
    for link, score in scored(history, walk_back(history, t, place)):
        line.append(link)
        if score >= threshold:
            found = len(line), score
        elif len(line) - (found[0] if found else 0) >= PATIENCE:
            break
    else:
        root, at = (line[-1].parent, line[-1].t - 1) if line else (place, t)
        program = (history.opening(at) if line else history.soup(at))[root]
        score = score_at(history, at, root, program)
        if score >= threshold:
            return Birth(at, root, program, score, None), line
    if found is None:
        return None, []
    n_links, score = found
    oldest = line[n_links - 1]
    return Birth(oldest.t, oldest.place, oldest.program, score, oldest), line[:n_links]


def scored(history: History, links: Iterator[Link]) -> Iterator[tuple[Link, int]]:
    """Each link with the replication score of its program; a program that did not change is tested once."""
    known: dict[bytes, int] = {}
    for link in links:
        key = link.program.tobytes()
        if key not in known:
            known[key] = score_at(history, link.t, link.place, link.program)
        yield link, known[key]


def score_at(history: History, t: int, place: int, program: Bytes) -> int:
    """The replication score of a program at a place after t epochs, with the noise of the authors' simulator there."""
    rules = history.rules
    found = replicators.scores(
        rules.language,
        program[None],
        indices=np.array([place]),
        n_programs=rules.n_programs,
        round_seed=replicators.round_seed(rules.seed, max(t - 1, 0)),
        max_steps=rules.max_steps,
    )
    return int(found[0])


def _roll(history: History, t: int, threshold: int) -> Roll:
    rules = history.rules
    return call_roll(
        rules.language,
        history.soup(t),
        streams=history.streams,
        t=t,
        threshold=threshold,
        max_steps=rules.max_steps,
    )
