"""Random automata, minimised and in a normal form, as tables.

Source: arXiv 2401.12973 and its authors' generator: 4 to 12 states, an alphabet of 4 to 18 symbols out of 18, and from
each state 1 to 3 edges with different symbols to different other states; state 0 is the first and all accept.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from primordia.core.streams import Streams

LARGEST_ALPHABET = 18
MOST_STATES = 12
FEWEST = 4
"""States and symbols that an automaton has at least."""
MOST_EDGES = 3
BLOCK = 1024


class _Draws(NamedTuple):
    """Edges: edge e of a state has a symbol and leads to a state, axes [automaton, state, edge]; -1: there is none."""

    symbols: np.ndarray
    targets: np.ndarray


def grammars(streams: Streams, n_automata: int) -> np.ndarray:
    """The first `n_automata` different automata of these streams: int8, axes [automaton, state, symbol], -1: no edge.

    Two automata are different when their languages are. Numbers of states are in breadth-first order.
    """
    found: dict[bytes, np.ndarray] = {}
    block = 0
    while len(found) < n_automata:
        tables = _tables(_drawn(streams, block))
        names = _classes(tables)
        for table, name in zip(tables, names, strict=True):
            smallest = _normal_form(table, name)
            found.setdefault(smallest.tobytes(), smallest)
        block += 1
    return np.stack(list(found.values())[:n_automata])


def _drawn(streams: Streams, block: int) -> _Draws:
    """A block of automata, by ranks of random words: the k smallest of n are a draw without replacement."""
    n_states = FEWEST + streams.integers("states", block, BLOCK, MOST_STATES - FEWEST + 1)
    n_symbols = FEWEST + streams.integers("symbols", block, BLOCK, LARGEST_ALPHABET - FEWEST + 1)
    n_edges = 1 + _random(streams, "edges", block, (MOST_STATES,), MOST_EDGES)
    alphabet = _ranks(_random(streams, "alphabet", block, (LARGEST_ALPHABET,))) < n_symbols[:, None]
    states = np.arange(MOST_STATES)
    real = states < n_states[:, None]
    others = real[:, None, :] & (states[:, None] != states[None, :])
    symbols = _smallest(_random(streams, "labels", block, (MOST_STATES, LARGEST_ALPHABET)), alphabet[:, None, :])
    targets = _smallest(_random(streams, "targets", block, (MOST_STATES, MOST_STATES)), others)
    there = real[..., None] & (np.arange(MOST_EDGES) < n_edges[..., None])
    return _Draws(np.where(there, symbols, -1), np.where(there, targets, -1))


def _random(streams: Streams, name: str, block: int, shape: tuple[int, ...], bound: int = 1 << 62) -> np.ndarray:
    return streams.integers(name, block, BLOCK * math.prod(shape), bound).reshape(BLOCK, *shape)


def _ranks(words: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(words, axis=-1), axis=-1)


def _smallest(words: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """The places of the `MOST_EDGES` smallest words among those allowed."""
    return np.argsort(np.where(allowed, words, np.iinfo(np.int64).max), axis=-1)[..., :MOST_EDGES]


def _tables(draws: _Draws) -> np.ndarray:
    tables = np.full((BLOCK, MOST_STATES, LARGEST_ALPHABET), -1)
    rows, states, edges = np.nonzero(draws.symbols >= 0)
    tables[rows, states, draws.symbols[rows, states, edges]] = draws.targets[rows, states, edges]
    return tables


def _classes(tables: np.ndarray) -> np.ndarray:
    """For each state the lowest state from which the same words can be said, axes [automaton, state].

    Moore's refinement: states that allow different symbols differ, and so do states that one symbol leads to states
    that differ; until nothing changes.
    """
    allowed = tables >= 0
    same = (allowed[:, :, None, :] == allowed[:, None, :, :]).all(axis=-1)
    rows = np.arange(len(tables))[:, None, None]
    while True:
        refined = same.copy()
        for symbol in range(LARGEST_ALPHABET):
            after = np.maximum(tables[:, :, symbol], 0)
            neither = ~allowed[:, :, None, symbol] & ~allowed[:, None, :, symbol]
            refined &= same[rows, after[:, :, None], after[:, None, :]] | neither
        if (refined == same).all():
            return np.argmax(same, axis=-1)
        same = refined


def _normal_form(table: np.ndarray, names: np.ndarray) -> np.ndarray:
    """The states that can be reached, one for each class, numbered as a breadth-first walk by symbols meets them."""
    order, numbers = [int(names[0])], {int(names[0]): 0}
    smallest = np.full((MOST_STATES, LARGEST_ALPHABET), -1, np.int8)
    for state in order:
        for symbol in np.nonzero(table[state] >= 0)[0]:
            after = int(names[table[state, symbol]])
            if after not in numbers:
                numbers[after] = len(order)
                order.append(after)
            smallest[numbers[state], symbol] = numbers[after]
    return smallest
