"""games/coala-cleanup: what can be said of the agents, as tables, charts and a picture."""

from __future__ import annotations

from typing import Any

import numpy as np

from primordia.core.findings import Chart, Table
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


def draw_places(config: CoalaCleanupConfig, state: Any) -> pictures.Pixels:
    """The view "places"."""
    found = parts.judged(config, state, Streams(config.seed))
    replica = parts.typical(found)
    rows = [_maps(config, found.naive, replica, ("AGENT", "NAIVE"))]
    if found.meta is not None:
        rows.append(_maps(config, found.meta, replica, ("AGENT", "AGENT 2")))
    return pictures.enlarge(pictures.stack(rows, gap=8), 2)


def _maps(config: CoalaCleanupConfig, seen: Seen, replica: int, names: tuple[str, str]) -> pictures.Pixels:
    """Where two agents are in the first and the last inner episode, side by side."""
    drawn = []
    for when, inner in (("FIRST", 0), ("LAST", -1)):
        for agent, name in enumerate(names):
            shares = seen.places[replica, inner, agent].reshape(parts.environment(config).n_rows, -1)
            cells = pictures.enlarge(pictures.heat(shares, 0.0, MOST_SHARE), 16)
            drawn.append(pictures.stack([pictures.letters(f"{name} {when}"), cells], gap=2))
    return pictures.beside(drawn, gap=10)
