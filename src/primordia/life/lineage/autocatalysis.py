"""Autocatalytic sets: programs none of which need copy itself, but that make each other.

Source: arXiv 2406.19108, section 1, names them as what its definition of a replicator misses: A makes B, B makes C, C
makes A. Here they are read off the interactions that took place: who gave most of the bytes of whom. A set is a
strongly connected part of that graph whose members, taken together, become more. The idea of closed sets is that of
Kauffman (1986) and of Hordijk and Steel's RAF sets (2004); theirs are sets of possible reactions, ours of those that
were seen.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import final

import numpy as np
import numpy.typing as npt

from primordia.life.ecology.symbols import table
from primordia.life.lineage.history import History
from primordia.life.lineage.tracing import trace_epochs

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
Label = bytes

LEAST_COPIES = 8
"""Copies of one kind by another that make an arrow of the graph: fewer may be chance."""
PLACE_BITS = np.uint64((1 << 32) - 1)


@final
@dataclasses.dataclass(frozen=True)
class Productions:
    """What the kinds of programs of a soup became in some epochs.

    Args:
        present: kind -> programs of that kind, counted anew before every epoch.
        kept: (kind, kind) -> programs of the first that stayed where they were and were of the second afterwards.
        copied: (kind, kind) -> programs of the second that were written over others, mostly with bytes of the first.
    """

    present: Mapping[Label, int]
    kept: Mapping[tuple[Label, Label], int]
    copied: Mapping[tuple[Label, Label], int]


@final
@dataclasses.dataclass(frozen=True)
class AutocatalyticSet:
    """Kinds that make each other.

    Args:
        members: the kinds, the one with the most copies made first.
        gain: by what factor the members, as a whole, become more in an epoch: the largest eigenvalue of the matrix of
            what each member leaves per epoch, itself included.
        alone: the largest factor that any member reaches by copies of its own kind only.
    """

    members: tuple[Label, ...]
    gain: float
    alone: float

    @property
    def is_collective(self) -> bool:
        """Whether the members grow together and none of them would by itself."""
        return self.gain > 1.0 >= self.alone


def parents(history: History, epoch: int) -> Places:
    """For every program after an epoch, the place of the one that gave it most of its bytes, int64 [program].

    A program to which both of its pair gave half is its own parent, as everywhere in this wing. Cost: a traced epoch.
    """
    rules, soup = history.rules, history.opening(epoch)
    own = np.arange(len(soup))
    traced = trace_epochs(
        rules.language,
        soup,
        np.arange(soup.size, dtype=np.uint64).reshape(soup.shape),
        seed=rules.seed,
        first_epoch=epoch,
        n_epochs=1,
        mutation_threshold=rules.mutation_threshold,
        max_steps=rules.max_steps,
        world=history.world,
    )
    givers = ((traced.tokens & PLACE_BITS) // np.uint64(rules.tape_length)).astype(np.int64)
    foreign = givers != own[:, None]
    partner = givers[own, foreign.argmax(axis=1)]
    return np.where(2 * foreign.sum(axis=1) > rules.tape_length, partner, own)


def by_instructions(language: str) -> Callable[[Bytes], list[Label]]:
    """Kinds told by their instructions in order, as they stand: a program and its mirror image are two kinds."""
    symbols, counts = table(language)

    def labels(soup: Bytes) -> list[Label]:
        return [row[keep].tobytes() for row, keep in zip(symbols[soup], counts[soup], strict=True)]

    return labels


def productions(
    history: History, first: int, last: int, labels: Callable[[Bytes], list[Label]] | None = None
) -> Productions:
    """What the programs of each kind became in the epochs first .. last - 1.

    Args:
        history: of the run.
        first: number of the first epoch.
        last: number behind the last.
        labels: soup uint8 [program, byte] -> the kind of each; by default `by_instructions`.

    Cost: a traced epoch and a second for each, with 131,072 programs.
    """
    labels = labels or by_instructions(history.config.language)
    present: Counter[Label] = Counter()
    kept: Counter[tuple[Label, Label]] = Counter()
    copied: Counter[tuple[Label, Label]] = Counter()
    for epoch in range(first, last):
        before, after, parent = labels(history.opening(epoch)), labels(history.soup(epoch + 1)), parents(history, epoch)
        present.update(before)
        for place, giver in enumerate(parent.tolist()):
            (kept if giver == place else copied)[before[giver], after[place]] += 1
    return Productions(present, kept, copied)


def autocatalytic_sets(found: Productions, least_copies: int = LEAST_COPIES) -> list[AutocatalyticSet]:
    """The sets of kinds that make each other and become more, the one of the greatest gain first.

    Args:
        found: what became of whom.
        least_copies: copies that make an arrow.

    The gain of a set counts only what its members leave to it: members that are lost to other programs are not there
    in the next epoch, and what outsiders make of their own accord does not count.
    """
    arrows = {pair for pair, number in found.copied.items() if number >= least_copies}
    sets = []
    for members in _strongly_connected(arrows):
        matrix = np.zeros((len(members), len(members)))
        for column, source in enumerate(members):
            for row, product in enumerate(members):
                left = found.kept.get((source, product), 0) + found.copied.get((source, product), 0)
                matrix[row, column] = left / found.present[source]
        gain = float(np.abs(np.linalg.eigvals(matrix)).max())
        if gain > 1.0:
            made = {kind: sum(found.copied.get((other, kind), 0) for other in members) for kind in members}
            ranked = tuple(sorted(members, key=lambda kind: (-made[kind], kind)))
            sets.append(AutocatalyticSet(ranked, gain, float(matrix.diagonal().max())))
    return sorted(sets, key=lambda each: (-each.gain, each.members))


def _strongly_connected(arrows: Iterable[tuple[Label, Label]]) -> list[list[Label]]:
    """The parts of a graph in which every node can be reached from every other; a single node needs an arrow to itself.

    Two searches in depth, the second against the arrows (Kosaraju).
    """
    ahead: dict[Label, list[Label]] = defaultdict(list)
    back: dict[Label, list[Label]] = defaultdict(list)
    loops = set()
    for source, goal in sorted(arrows):
        ahead[source].append(goal)
        back[goal].append(source)
        if source == goal:
            loops.add(source)
    nodes = sorted({*ahead, *back})
    finished: list[Label] = []
    seen: set[Label] = set()
    for node in nodes:
        finished += _reached(node, ahead, seen)
    seen = set()
    parts = [_reached(node, back, seen) for node in reversed(finished)]
    return [sorted(part) for part in parts if len(part) > 1 or (part and part[0] in loops)]


def _reached(start: Label, arrows: Mapping[Label, list[Label]], seen: set[Label]) -> list[Label]:
    """The nodes that are reached from a start and were not seen before, in the order in which a search leaves them."""
    if start in seen:
        return []
    seen.add(start)
    left: list[Label] = []
    path = [(start, iter(arrows.get(start, ())))]
    while path:
        node, rest = path[-1]
        onward = next((goal for goal in rest if goal not in seen), None)
        if onward is None:
            left.append(node)
            path.pop()
        else:
            seen.add(onward)
            path.append((onward, iter(arrows.get(onward, ()))))
    return left
