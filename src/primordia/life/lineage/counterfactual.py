"""What would have been: a mutation or a whole interaction is taken out of a run, and the run goes on from there.

Pairs share nothing within an epoch, so taking something out of one changes two programs. From then on only pairs that
hold a changed program have to be run again; the others are as they were. Source: the idea is that of knock-outs in
genetics; no other digital-life system that we know of has it (the draws of the authors' simulator are functions of
seed, epoch and pair, which makes it exact here: nothing else changes its draws when something is taken out).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, final

import numpy as np
import numpy.typing as npt

from primordia.core.errors import BadInputError
from primordia.life.lineage.history import History
from primordia.life.lineage.interaction import mutated_pairs, take_apart

Bytes = npt.NDArray[np.uint8]
Changed = Mapping[int, Bytes]
"""Place in the soup -> the program uint8 [byte] that is there instead."""


@final
@dataclasses.dataclass(frozen=True)
class Removal:
    """What is taken out of a run.

    Args:
        epoch: number of the epoch.
        pair: number of the pair.
        mutation: the place on the pair tape whose mutation does not happen; None takes out the interaction itself, so
            that the two programs are mutated but not executed.
    """

    epoch: int
    pair: int
    mutation: int | None = None

    def __str__(self) -> str:
        what = "interaction" if self.mutation is None else f"mutation at byte {self.mutation}"
        return f"{what} of pair {self.pair} in epoch {self.epoch}"


def remove(history: History, removal: Removal) -> Changed:
    """The programs after the removal's epoch that are then others than in the run: none, one or two.

    Raises:
        BadInputError: there is no such mutation, or no such pair.
    """
    n_pairs = history.config.n_programs // 2
    if not 0 <= removal.pair < n_pairs:
        raise BadInputError(f"An epoch has the pairs 0 to {n_pairs - 1}, not {removal.pair}.")
    was = history.pair(removal.epoch, removal.pair)
    if removal.mutation is None:
        new = was.mutated
    else:
        if removal.mutation not in was.mutations:
            there = ", ".join(map(str, was.mutations)) or "none"
            raise BadInputError(
                f"Pair {removal.pair} of epoch {removal.epoch} has no mutation at byte {removal.mutation}; "
                f"its mutations are at: {there}."
            )
        rows = was.before.reshape(2, -1)
        new = take_apart(
            history.rules,
            removal.epoch,
            removal.pair,
            was.places,
            rows,
            executed=was.executed,
            without=(removal.mutation,),
        ).after
    halves = zip(was.places, new.reshape(2, -1), was.after.reshape(2, -1), strict=True)
    return {place: row for place, row, old in halves if not np.array_equal(row, old)}


def spread(history: History, epoch: int, cases: Sequence[Changed]) -> list[Changed]:
    """One epoch later: the programs that are others than in the run, for each case by itself.

    Args:
        history: of the run.
        epoch: number of the epoch to run.
        cases: for each case the programs that are others before it.

    Cost: the pairs that hold such a program, run once for each case.
    """
    length = history.config.tape_length
    order, n_meeting = history.meetings(epoch)
    seat = _seats(order)
    cases = [_opened(history, epoch, changed) for changed in cases]
    touched = [sorted({int(seat[place]) // 2 for place in changed}) for changed in cases]
    numbers = np.array([pair for pairs in touched for pair in pairs], np.int64)
    if not numbers.size:
        return [{} for _ in cases]
    soup, after = history.opening(epoch), history.soup(epoch + 1)
    rows = order.reshape(-1, 2)[numbers]
    tapes = soup[rows].reshape(len(numbers), 2 * length)
    tape = 0
    for pairs, changed in zip(touched, cases, strict=True):
        for _ in pairs:
            for half, place in enumerate(rows[tape].tolist()):
                if place in changed:
                    tapes[tape, half * length : (half + 1) * length] = changed[place]
            tape += 1
    ends = _run_pairs(history, epoch, numbers, tapes, n_meeting).reshape(-1, 2, length)
    differs = (ends != after[rows]).any(axis=2)
    found: list[Changed] = []
    tape = 0
    for pairs in touched:
        part = slice(tape, tape + len(pairs))
        kept = differs[part]
        found.append(dict(zip(rows[part][kept].tolist(), ends[part][kept], strict=True)))
        tape += len(pairs)
    return found


def _seats(order: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Where each program of a soup stands in an epoch's order, int64 [program]; its pair is half of that."""
    seats = np.empty(len(order), np.int64)
    seats[order] = np.arange(len(order))
    return seats


def _opened(history: History, epoch: int, changed: Changed) -> Changed:
    """The programs that are others when the meetings of an epoch begin: what came from outside may undo some."""
    opening = history.opening(epoch)
    if opening is history.soup(epoch):
        return changed
    soup = history.before(altered(history, epoch, changed).soup, epoch)
    return {int(place): soup[place] for place in np.flatnonzero((soup != opening).any(axis=1))}


def _run_pairs(history: History, epoch: int, numbers: npt.NDArray[np.int64], tapes: Bytes, n_meeting: int) -> Bytes:
    """The pair tapes uint8 [tape, pair byte] of the pairs of these numbers [tape] after an epoch."""
    from primordia.life.soup import evaluate

    rules = history.rules
    ends = mutated_pairs(rules, epoch, numbers, tapes)
    runs = numbers < n_meeting
    if runs.any():
        ends[runs] = evaluate(rules.language, ends[runs], rules.max_steps)[0]
    return ends


def consequences(history: History, removals: Sequence[Removal], t: int) -> list[Changed]:
    """For each removal by itself: the programs that are others than in the run after t epochs.

    All removals are followed at once, from the earliest on; each joins when its epoch comes.

    Raises:
        BadInputError: a removal lies at t or later.
    """
    for removal in removals:
        if not history.first <= removal.epoch < t:
            raise BadInputError(f"The {removal} cannot change what is there after epoch {t}: take one before it.")
    cases: dict[int, Changed] = {}
    for epoch in range(min((removal.epoch for removal in removals), default=t), t):
        followed = list(cases)
        for k, changed in zip(followed, spread(history, epoch, [cases[k] for k in followed]), strict=True):
            cases[k] = changed
        cases |= {k: remove(history, removal) for k, removal in enumerate(removals) if removal.epoch == epoch}
    return [cases[k] for k in range(len(removals))]


def altered(history: History, t: int, changed: Changed) -> Any:
    """The state of the run after t epochs with other programs at some places."""
    state = history.state(t)
    soup = state.soup.copy()
    for place, program in changed.items():
        soup[place] = program
    return dataclasses.replace(state, soup=soup)


def takeover(history: History, state: Any, t: int, *, every: int, horizon: int) -> int | None:
    """The epoch at which a state of epoch t, which need not be the run's, is taken over, or None before the horizon.

    It is looked at whenever a row of the run would be due, the horizon included, against the line that the experiment
    declares.

    Args:
        history: of the run.
        state: to go on from.
        t: its epoch.
        every: epochs between rows.
        horizon: the last epoch to look at.
    """
    while True:
        if (t % every == 0 or t == horizon) and is_taken_over(history, state.soup):
            return t
        if t >= horizon:
            return None
        n_epochs = min(every - t % every, horizon - t)
        state, t = history.advanced(state, t, n_epochs), t + n_epochs


def is_taken_over(history: History, soup: Bytes) -> bool:
    """Whether a soup uint8 [program, byte] is beyond the line that the experiment declares for a takeover."""
    from primordia.life.measures import soup_row

    return bool(history.experiment.transitions["takeover"].crossed(soup_row(soup)))


def cone(history: History, t: int, place: int, n_epochs: int) -> list[tuple[int, int]]:
    """Every (epoch, pair) within n_epochs before t that can have had a part in what is at a place after t epochs.

    The number of pairs doubles with each epoch back; n_epochs of 12 are up to 4,095 of them.
    """
    programs, found = {place}, []
    for epoch in range(t - 1, max(history.first, t - n_epochs) - 1, -1):
        order = history.meetings(epoch).order
        seat = _seats(order)
        pairs = sorted({int(seat[program]) // 2 for program in programs})
        found += [(epoch, pair) for pair in pairs]
        programs = {int(order[2 * pair + side]) for pair in pairs for side in (0, 1)}
    return found


def mutations_of(history: History, pairs: Iterable[tuple[int, int]]) -> list[Removal]:
    """The removals of every mutation that happened in these (epoch, pair), the latest epoch first."""
    by_epoch: dict[int, list[int]] = {}
    for epoch, pair in pairs:
        by_epoch.setdefault(epoch, []).append(pair)
    found = []
    for epoch in sorted(by_epoch, reverse=True):
        numbers = np.array(sorted(by_epoch[epoch]), np.int64)
        rows = history.meetings(epoch).order.reshape(-1, 2)[numbers]
        tapes = history.opening(epoch)[rows].reshape(len(numbers), -1)
        drawn = mutated_pairs(history.rules, epoch, numbers, tapes) != tapes
        found += [Removal(epoch, int(numbers[k]), int(byte)) for k, byte in np.argwhere(drawn)]
    return found
