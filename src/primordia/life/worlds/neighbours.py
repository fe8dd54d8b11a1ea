"""A world given by an edge list: who may act on whom."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from primordia.core.errors import BadInputError
from primordia.life.interact import shuffle
from primordia.life.worlds.matching import match, name_listed
from primordia.life.worlds.meeting import World

Edge = tuple[int, int]

# No soup has a number of more digits; longer ones would only fill the complaint.
PAIR = re.compile(r"([0-9]{1,18})[-:]([0-9]{1,18})")
LINE = re.compile(r"([0-9]{1,18})[\s,]+([0-9]{1,18})")
LONGEST_SHOWN = 40


@final
@dataclasses.dataclass(frozen=True, eq=False)
class Neighbours(World):
    """Every program names one of its neighbours; pairs form as chance has it (the authors' interaction pattern).

    Args:
        starts: int64 [program + 1]: where each program's list begins in `partners`.
        partners: int32 [edge]: the neighbours, list after list; one that is listed twice is named twice as often.
    """

    starts: NDArray[np.int64]
    partners: NDArray[np.int32]

    def check(self, n_programs: int) -> None:
        """See `World.check`: the number of programs that the lists are for."""
        super().check(n_programs)
        if n_programs != len(self.starts) - 1:
            raise BadInputError(
                f"The edge list is for {len(self.starts) - 1} programs and the soup has {n_programs}: give "
                f"n_programs={len(self.starts) - 1} or another list."
            )

    def draw(self, seed: int, epoch: int, order: NDArray[np.int32]) -> int:
        """See `World.draw`."""
        swaps, visits, named = np.empty((3, len(order)), np.int32)
        shuffle(np.uint64(seed), np.uint64(epoch), swaps, visits)
        name_listed(np.uint64(seed), np.uint64(epoch), self.starts, self.partners, named)
        return int(match(visits, named, order))


def from_edges(edges: Iterable[Edge], n_programs: int) -> Neighbours:
    """The world of directed edges (a, b), "a may act on b, standing first", in the order given.

    Raises:
        BadInputError: a self-edge or an index outside 0 .. n_programs - 1; says which edge, counted from 1.
    """
    kept: list[Edge] = []
    for number, (a, b) in enumerate(edges, start=1):
        check_edge(f"Edge {number}", a, b, n_programs)
        kept.append((a, b))
    pairs = np.array(kept, np.int64).reshape(-1, 2)
    by_program = np.argsort(pairs[:, 0], kind="stable")
    starts = np.searchsorted(pairs[by_program, 0], np.arange(n_programs + 1))
    return Neighbours(starts.astype(np.int64), pairs[by_program, 1].astype(np.int32))


def check_edge(where: str, a: int, b: int, n_programs: int) -> None:
    """Refuses an edge that no soup of n_programs can have; `where` begins the sentence."""
    for index in (a, b):
        if not 0 <= index < n_programs:
            near = min(max(index, 0), n_programs - 1)
            raise BadInputError(
                f"{where}, {a} to {b}, names program {index}, but the soup has the programs 0 to {n_programs - 1}; the "
                f"nearest is {near}."
            )
    if a == b:
        raise BadInputError(f"{where}, {a} to {b}, joins a program to itself: an edge needs two; leave the line out.")


def edges_of_text(text: str, n_programs: int) -> list[Edge]:
    """The edges of a text: lines "a b" as in the authors' pattern files, or any number of "a-b" to a line.

    Empty lines and what follows a # are skipped.

    Raises:
        BadInputError: a line that is neither, a self-edge or an index out of range; shows the line.
    """
    edges = []
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.partition("#")[0].strip()
        where = f"Line {number} of the edge list ({_shown(bare)})"
        for a, b in _edges_of_line(bare, where):
            check_edge(where, a, b, n_programs)
            edges.append((a, b))
    return edges


def text_of_edges(edges: Iterable[Edge]) -> str:
    """An edge list as text, one "a b" a line: the setting `edges`, and the authors' pattern file."""
    return "".join(f"{a} {b}\n" for a, b in edges)


def edges_of_graph(graph: Any) -> list[Edge]:
    """The edges of a networkx graph: program k is the k-th node of `graph.nodes`.

    An edge of an undirected graph goes both ways, first from its first end; one of a directed graph goes one way. What
    is needed of the graph is `nodes`, `edges` and `is_directed()`; parallel edges count as often as they are there.

    Raises:
        BadInputError: a self-loop; says the node.
    """
    place = {node: k for k, node in enumerate(graph.nodes)}
    edges: list[Edge] = []
    for a, b, *_ in graph.edges:
        if a == b:
            raise BadInputError(f"The graph has a loop from node {a!r} to itself: a meeting needs two; remove it.")
        edges.append((place[a], place[b]))
        if not graph.is_directed():
            edges.append((place[b], place[a]))
    return edges


def from_graph(graph: Any) -> Neighbours:
    """The world of a networkx graph, see `edges_of_graph`."""
    return from_edges(edges_of_graph(graph), len(graph.nodes))


def _edges_of_line(bare: str, where: str) -> Iterator[Edge]:
    if whole := LINE.fullmatch(bare):
        yield int(whole[1]), int(whole[2])
        return
    for word in re.split(r"[\s,]+", bare) if bare else ():
        pair = PAIR.fullmatch(word)
        if pair is None:
            raise BadInputError(f"{where} is no edge: write two program numbers, as 0 1 or 0-1.")
        yield int(pair[1]), int(pair[2])


def _shown(text: str) -> str:
    return repr(text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…")
