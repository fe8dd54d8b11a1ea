"""games/coala-cleanup: what can be said of the agents, as tables, charts and a picture."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from primordia.core.findings import Chart, Matrix, Table
from primordia.core.inspection import Inspected
from primordia.core.streams import Streams
from primordia.games import pictures
from primordia.games.experiments import coala_cleanup_parts as parts
from primordia.games.experiments.coala_cleanup_parts import Floats, Judged, Seen
from primordia.games.experiments.coala_cleanup_settings import CoalaCleanupConfig

MOST_SHARE = 0.25
"""The share of steps in a cell that the blue end of the map of places stands for."""


def beside_roles(config: CoalaCleanupConfig, found: Judged) -> Table:
    """Learned agents beside written-down ones."""
    rows: list[tuple[str | float, ...]] = []
    for pair, counts in parts.anchors(config.n_steps, config.n_dirty, config.dirt_rate).items():
        rows.append((" and ".join(pair), *_columns(counts)))
    naive = found.naive.counts
    rows.append(("agent and naive learner, first inner episode", *_columns(np.median(naive[:, :, 0], 0))))
    rows.append(("agent and naive learner, last inner episode", *_columns(np.median(naive[:, :, -1], 0))))
    rows.append(("eater and naive learner, last inner episode", *_columns(np.median(found.eater.counts[:, :, -1], 0))))
    if found.meta is not None:
        rows.append(("two agents", *_columns(np.median(found.meta.counts.mean(2), 0))))
    return Table(
        "Learned agents beside written-down ones",
        ("who meets whom", "apples of the first", "of the second", "of both", "cleaned by the first", "by the second",
         "zaps of the first", "of the second"),
        tuple(rows),
        "In an inner episode. An eater never cleans, a cleaner only cleans, a balancer cleans while two or more cells "
        "are dirty, a zapper eats and zaps; all take a random action in one step of twenty. Two eaters are what always "
        "defecting is. Learned ones: medians over replicas.",
    )  # fmt: skip


def _columns(counts: Floats) -> tuple[float, ...]:
    """Counts [count, agent] as the cells of a row."""
    apples, cleaned, zaps = (tuple(round(float(value), 3) for value in pair) for pair in counts)
    return *apples, round(sum(apples), 3), *cleaned, *zaps


def lessons(found: Judged) -> tuple[Chart, ...]:
    """A meta-episode from within: apples, cleaning and zaps by inner episode."""
    titles = {
        "Apples within a meta-episode": ("apples", "apples in an inner episode"),
        "Cleaning within a meta-episode": ("cleaned", "cells cleaned in an inner episode"),
        "Zaps within a meta-episode": ("zapped", "zaps in an inner episode"),
    }
    charts = []
    for title, (name, word) in titles.items():
        place = parts.COUNTS.index(name)
        rows = {
            "agent": found.naive.counts[:, place, :, 0],
            "naive learner": found.naive.counts[:, place, :, 1],
            "one that only eats, in the agent's place": found.eater.counts[:, place, :, 0],
            "naive learner with that one": found.eater.counts[:, place, :, 1],
        }
        lines, bands = {}, {}
        for who, values in rows.items():
            low, middle, high = np.percentile(values, (25, 50, 75), axis=0)
            lines[who] = tuple((float(m), float(value)) for m, value in enumerate(middle))
            bands[who] = tuple((float(m), float(a), float(b)) for m, (a, b) in enumerate(zip(low, high, strict=True)))
        charts.append(
            Chart(
                title,
                "inner episode",
                word,
                lines,
                "Median over replicas with quartiles. The naive learner learns between inner episodes, the agent "
                "does not.",
                bands=bands,
            )
        )
    return tuple(charts)


class Map(NamedTuple):
    """Where one agent was in one inner episode of the typical replica.

    Args:
        agent: how it is called.
        when: the inner episode, counted from 1.
        place: 0 or 1: which of the two.
        seen: what happened in meta-episodes of that kind.
        shares: of steps in each cell, axes [row, column].
    """

    agent: str
    when: int
    place: int
    seen: Seen
    shares: Floats


def maps(config: CoalaCleanupConfig, found: Judged) -> list[list[Map]]:
    """The first and the last inner episode, side by side; with a naive learner, and below with another agent."""
    replica = parts.typical(found)
    pairs = [(found.naive, ("AGENT", "NAIVE"))]
    if found.meta is not None:
        pairs.append((found.meta, ("AGENT", "AGENT 2")))
    n_rows = parts.environment(config).n_rows
    return [
        [
            Map(
                name,
                inner % seen.places.shape[1] + 1,
                place,
                seen,
                seen.places[replica, inner, place].reshape(n_rows, -1),
            )
            for inner in (0, -1)
            for place, name in enumerate(names)
        ]
        for seen, names in pairs
    ]


def sheet(lines: list[list[Map]]) -> pictures.Marked:
    """The view "places" with marks: the number of the map times its cells, and the cell."""
    number, rows = 0, []
    for line in lines:
        drawn = []
        for at, one in enumerate(line):
            cells = pictures.marked(pictures.heat(one.shares, 0.0, MOST_SHARE), number)
            number += cells.size
            label = pictures.letters(f"{one.agent} {('FIRST', 'LAST')[at // 2]}")
            drawn.append(pictures.stack([label, pictures.enlarge(cells, 16)], gap=2))
        rows.append(pictures.beside(drawn, gap=10))
    return pictures.enlarge(pictures.stack(rows, gap=8), 2)


def draw_places(config: CoalaCleanupConfig, state: Any) -> pictures.Pixels:
    """The view "places"."""
    return pictures.seen(sheet(maps(config, parts.judged(config, state, Streams(config.seed)))))


def found_at(config: CoalaCleanupConfig, state: Any, row: int, column: int) -> tuple[Inspected, ...]:
    """What stands at a pixel of the view: who was how long in which cell, and what it did in that inner episode."""
    found = parts.judged(config, state, Streams(config.seed))
    lines = maps(config, found)
    number = pictures.number_at(sheet(lines), row, column)
    if number is None:
        return ()
    every = [one for line in lines for one in line]
    chosen, cell = divmod(number, every[0].shares.size)
    one, (down, across) = every[chosen], divmod(cell, every[0].shares.shape[1])
    counts = one.seen.counts[parts.typical(found), :, one.when - 1, one.place]
    here = Table(
        "What stands here",
        ("what", "value"),
        (
            ("who", one.agent.lower()),
            ("inner episode", one.when),
            ("cell", f"row {down + 1}, column {across + 1}"),
            ("share of all steps there", float(one.shares[down, across])),
            *(
                (f"{what} in this inner episode", float(count))
                for what, count in zip(parts.COUNTS, counts, strict=True)
            ),
        ),
        "Of the typical replica, in the mean over meta-episodes and games. Orchard on the left, river on the right.",
    )
    return here, place_matrix(one)


def place_matrix(one: Map) -> Matrix:
    """The whole map as numbers."""
    rows, columns = one.shares.shape
    return Matrix(
        f"Where the {one.agent.lower()} is in inner episode {one.when}",
        one.shares,
        tuple(f"row {place}" for place in range(1, rows + 1)),
        tuple(f"column {place}" for place in range(1, columns + 1)),
        "share of steps",
        None,
        "Orchard on the left, river on the right.",
        (0.0, MOST_SHARE),
    )
