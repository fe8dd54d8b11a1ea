"""Walking back: from a program to the one that gave it most of its bytes, epoch by epoch.

Source: the authors' walk-back scripts keep the soups of 128 epochs and look for the best-scoring parent. Here the
parent is told by provenance: every byte of a program came from a place on the pair tape (docs/tokens.md), and the
parent is the program that more than half of them came from.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import final

import numpy as np
import numpy.typing as npt

from primordia.core.errors import BadInputError
from primordia.life.lineage.history import History
from primordia.life.lineage.interaction import Interaction

Bytes = npt.NDArray[np.uint8]


@final
@dataclasses.dataclass(frozen=True)
class Link:
    """What one epoch did to a line of descent: the program after it, and the interaction that made it.

    Args:
        t: epochs completed when the program is there.
        place: its place in the soup.
        program: uint8 [byte].
        interaction: the pair it comes out of; its epoch is t - 1.
        parent: the place, at t - 1, of the program that gave it most of its bytes.
        bytes_from: how many bytes the first and the second of the pair gave.
        mutations: places in the program whose byte a mutation of this very epoch brought in.
        changed: its bytes that differ from the parent's at the same place.
    """

    t: int
    place: int
    program: Bytes
    interaction: Interaction
    parent: int
    bytes_from: tuple[int, int]
    mutations: tuple[int, ...]
    changed: int

    @property
    def is_copy(self) -> bool:
        """Whether the program was written over another: its parent stood elsewhere and stays there or was changed."""
        return self.parent != self.place

    @property
    def partner(self) -> int:
        """The place of the other program of the pair than the parent."""
        first, second = self.interaction.places
        return second if self.parent == first else first


def walk_back(history: History, t: int, place: int) -> Iterator[Link]:
    """The line of a program, from the epoch that it is there after back to the start of the run, an epoch a link.

    It ends early with a link whose parent was put in from outside just before it met (`History.put_in`).

    Raises:
        BadInputError: the run has no such epoch or the soup no such place; or the program is not what its meeting made
            of it.

    Cost: one epoch is run again for each link (at most twice), plus one interaction.
    """
    if not 0 <= place < history.config.n_programs:
        last = history.config.n_programs - 1
        raise BadInputError(
            f"The soup has the places 0 to {last}, not {place}; the nearest is {min(max(place, 0), last)}."
        )
    program = history.soup(t)[place]
    while t > history.first:
        link = linked(history, t, place, program)
        yield link
        t, place = t - 1, link.parent
        if history.put_in(t, place):
            return
        program = history.soup(t)[place]


def walk_back_from_meeting(history: History, epoch: int, place: int) -> Iterator[Link]:
    """The line of a program that met another in an epoch, from before that epoch on; none if it was put in then."""
    return iter(()) if history.put_in(epoch, place) else walk_back(history, epoch, place)


def linked(history: History, t: int, place: int, program: Bytes) -> Link:
    """The link of a program that is at a place after t epochs."""
    interaction = history.interaction(t - 1, place)
    half = interaction.half(place)
    if not np.array_equal(interaction.after[half], program):
        raise BadInputError(
            f"The program at place {place} after epoch {t} is not what its meeting made of it, so it was put there "
            "from outside; walk back from an epoch after which nothing came from outside."
        )
    parent = interaction.parent(place)
    drawn = set(interaction.mutations)
    mutations = tuple(k for k, source in enumerate(interaction.origins[half].tolist()) if source in drawn)
    changed = int((interaction.before[interaction.half(parent)] != program).sum())
    given = interaction.bytes_from(place)
    return Link(t, place, program, interaction, parent, given, mutations, changed)


@final
@dataclasses.dataclass(frozen=True)
class Source:
    """Where a byte came in.

    Args:
        epoch: number of the epoch whose mutation drew it, or before whose meetings it was put in from outside; or, for
            a byte that is older than the walk went, the t at which the walk ended.
        place: the program of the soup that it was in then.
        offset: the byte of that program that it was.
        mutation: whether a mutation drew it.
    """

    epoch: int
    place: int
    offset: int
    mutation: bool


def sources(history: History, t: int, wanted: Iterable[tuple[int, int]], until: int) -> dict[tuple[int, int], Source]:
    """Where single bytes came from, each followed by itself back to a mutation or to the soup after `until` epochs.

    Arithmetic that changes a byte in place does not end its way (last-writer rule, docs/tokens.md).

    Args:
        history: of the run.
        t: epochs completed when the bytes are there.
        wanted: (place, offset) of each byte.
        until: how far back to go.

    Returns:
        (place, offset) -> its source, in the order asked for.

    Cost: an epoch is run again for each epoch back, and in each one interaction for every program that holds a byte.
    """
    wanted = list(wanted)
    where = {byte: byte for byte in wanted}
    found: dict[tuple[int, int], Source] = {}
    length, end = history.config.tape_length, max(until, history.first)
    for epoch in range(t - 1, end - 1, -1):
        if not where:
            break
        met: dict[int, Interaction] = {}
        for program in sorted({program for program, _ in where.values()}):
            if program not in met:
                interaction = history.interaction(epoch, program)
                met.update(dict.fromkeys(interaction.places, interaction))
        for byte, (program, offset) in list(where.items()):
            interaction = met[program]
            origin = int(interaction.origins[interaction.half(program)][offset])
            where[byte] = interaction.places[origin // length], origin % length
            if origin in interaction.mutations:
                found[byte] = Source(epoch, *where.pop(byte), True)
            elif history.soup(epoch)[where[byte]] != interaction.before[origin]:
                found[byte] = Source(epoch, *where.pop(byte), False)
    found |= {byte: Source(end, *at, False) for byte, at in where.items()}
    return {byte: found[byte] for byte in wanted}
