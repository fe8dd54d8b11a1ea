"""Which events a birth could not do without: each candidate is taken out by itself, and the birth looked for again.

A mutation or interaction counts as necessary when, without it, no replicator stands at the newborn's place at the time
of its birth. That is a statement about this birth: another replicator may arise later all the same.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator
from typing import final

import numpy as np

from primordia.life.lineage.ancestry import sources, walk_back_from_meeting
from primordia.life.lineage.births import Birth, score_at
from primordia.life.lineage.counterfactual import Changed, Removal, cone, consequences, mutations_of
from primordia.life.lineage.history import History
from primordia.life.replicators import REPLICATOR_SCORE


@final
@dataclasses.dataclass(frozen=True)
class Verdict:
    """What becomes of a birth without one event.

    Args:
        removal: what was taken out.
        carries: offsets in the newborn of the bytes that a removed mutation had drawn.
        changed: what is different in the soup at the time of the birth.
        score: of the program that stands in the newborn's place then.
        same: whether it is the newborn, byte for byte.
        necessary: whether it is no replicator.
    """

    removal: Removal
    carries: tuple[int, ...]
    changed: Changed
    score: int
    same: bool
    necessary: bool


def candidates(history: History, birth: Birth, window: int, recent: int, depth: int) -> dict[Removal, tuple[int, ...]]:
    """The events that may have mattered for a birth, each with the newborn's bytes that a mutation brought.

    They are: the interaction of the birth; the interactions of the two partners' lines, within `recent` epochs before
    it, that changed a byte; the mutations within `window` epochs that drew a byte of either partner; and all mutations
    of the last `depth` epochs in pairs from which the newborn's place can be reached.
    """
    if birth.link is None:
        return {}
    met = birth.link.interaction
    length = history.config.tape_length
    found: dict[Removal, tuple[int, ...]] = {Removal(met.epoch, met.pair): ()}
    drawn = _drawn(history, birth, max(history.first, met.epoch - window))
    for place in met.places:
        links = itertools.islice(walk_back_from_meeting(history, met.epoch, place), recent)
        found |= {Removal(link.t - 1, link.interaction.pair): () for link in links if link.changed or link.is_copy}
    found |= dict.fromkeys(mutations_of(history, cone(history, birth.t, birth.place, depth)), ())
    origins = met.origins[met.half(birth.place)].tolist()
    for removal, bytes_ in drawn.items():
        held = {met.places.index(place) * length + offset for place, offset in bytes_}
        found[removal] = tuple(k for k, origin in enumerate(origins) if origin in held)
    for place in met.mutations:
        found[Removal(met.epoch, met.pair, place)] = tuple(k for k, origin in enumerate(origins) if origin == place)
    return dict(sorted(found.items(), key=lambda item: _order(item[0])))


def _drawn(history: History, birth: Birth, first: int) -> dict[Removal, list[tuple[int, int]]]:
    """The mutations that drew bytes of the birth's partners, each with those bytes as (place, offset)."""
    assert birth.link is not None
    met, length = birth.link.interaction, history.config.tape_length
    found: dict[Removal, list[tuple[int, int]]] = {}
    wanted = [(place, offset) for place in met.places for offset in range(length)]
    for byte, source in sources(history, met.epoch, wanted, first).items():
        if source.mutation:
            pair = history.meetings(source.epoch).pair_of(source.place)
            found.setdefault(Removal(source.epoch, pair[0], pair[1] * length + source.offset), []).append(byte)
    return found


def _order(removal: Removal) -> tuple[int, int, int]:
    return -removal.epoch, removal.pair, -1 if removal.mutation is None else removal.mutation


def verdicts(
    history: History, birth: Birth, removals: Iterable[Removal], threshold: int = REPLICATOR_SCORE
) -> Iterator[Verdict]:
    """What becomes of a birth without each of some events, taken out one at a time.

    Args:
        history: of the run.
        birth: which.
        removals: as `candidates` gives them; a mapping's values say what a mutation brought.
        threshold: least score of a replicator.

    Cost: the epochs from the earliest removal to the birth run again once, and in each the pairs that differ.
    """
    listed = list(removals)
    brought = removals if isinstance(removals, dict) else {}
    for removal, changed in zip(listed, consequences(history, listed, birth.t), strict=True):
        program = changed.get(birth.place, birth.program)
        same = bool(np.array_equal(program, birth.program))
        score = birth.score if same else score_at(history, birth.t, birth.place, program)
        yield Verdict(removal, brought.get(removal, ()), changed, score, same, score < threshold)
