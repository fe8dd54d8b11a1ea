"""games/coala-ipd: what can be said of the agents, as tables, charts, pictures and a film."""

from __future__ import annotations

from typing import Any

import numpy as np

from primordia.core.findings import Chart, Picture, Table
from primordia.core.streams import Streams
from primordia.games import pictures
from primordia.games.experiments.coala_ipd_film import replay
from primordia.games.experiments.coala_ipd_parts import Floats, Judged, first_naive, probabilities, recipe, typical
from primordia.games.experiments.coala_ipd_settings import ARMS, COOPERATING, EXTORTING, CoalaIpdConfig

__all__ = ["draw_policies", "lessons", "nearest_extortioners", "policies", "replay", "summary", "who_extorts_whom"]

SITUATIONS = ("START", "CC", "CD", "DC", "DD")
LEARNED_WITH = {"naive": "each other", "shaping": "naive learners", "mixed": "both"}
SCALE = 4
"""Pixels of the screen for one of a picture."""
CLASSICS = {"ALLD": (0.0,) * 5, "ALLC": (1.0,) * 5, "TFT": (1.0, 1.0, 0.0, 1.0, 0.0)}


def draw_policies(config: CoalaIpdConfig, state: Any) -> pictures.Pixels:
    """The view "policies": a tile for each arm."""
    tables = probabilities(state)
    tiles = []
    for place, arm in enumerate(ARMS):
        rows = tables[place].reshape(-1, 5)
        heat = pictures.enlarge(pictures.heat(rows, 0.0, 1.0), max(2, 64 // len(rows)), 20)
        names = pictures.beside([_centred(name, 20) for name in SITUATIONS], gap=0)
        tiles.append(pictures.stack([pictures.letters(f"WITH {LEARNED_WITH[arm]}"), names, heat], gap=2))
    return pictures.enlarge(pictures.beside(tiles, gap=10), 2)


def _centred(text: str, wide: int) -> pictures.Pixels:
    blank = np.full((pictures.TALL, wide), pictures.PAPER, np.uint8)
    return pictures.stamp(blank, pictures.letters(text), 0, (wide - pictures.WIDE * len(text) + 1) // 2)


def summary(found: Judged) -> Table:
    """Quartiles and shares of every arm, with the value of always defecting beside."""
    rows = []
    for place, arm in enumerate(ARMS):
        own, naive = found.payoffs[:, 0, place], found.payoffs[:, 1, place]
        rows.append(
            (
                LEARNED_WITH[arm],
                _quartiles(found.other_play[place]),
                float((found.other_play[place] >= COOPERATING).mean()),
                _quartiles(own.mean(0)),
                _quartiles(naive.mean(0)),
                _quartiles(own[-1]),
                _quartiles(naive[-1]),
                float((own[-1] > EXTORTING).mean()),
            )
        )
    always = found.always_defect
    defects = [f"{value:.3f}" for value in (*always.mean(0), *always[-1])]
    rows.append(("always defects", "0.000", 0.0, *defects, float(always[-1, 0] > EXTORTING)))
    return Table(
        "Who gets what",
        ("learned with", "against its pair", f"pairs at {COOPERATING} or more", "meta-episode: agent",
         "meta-episode: naive learner", "last inner episode: agent", "last inner episode: naive learner",
         "extorting replicas"),
        tuple(rows),
        "Lower quartile, median and upper quartile over replicas. Mutual cooperation pays 1, mutual defection 0.",
    )  # fmt: skip


def _quartiles(over_replicas: Floats) -> str:
    return " / ".join(f"{value:.3f}" for value in np.percentile(over_replicas, (25, 50, 75)))


def lessons(found: Judged) -> tuple[Chart, ...]:
    """What a meta-episode looks like from within: payoffs by inner episode, a chart for each kind of shaper."""
    titles = {
        "shaping": "A naive learner meets an agent that learned with naive learners only",
        "mixed": "A naive learner meets an agent that learned with both",
    }
    charts = []
    for arm, title in titles.items():
        place = ARMS.index(arm)
        lines, bands = {}, {}
        for player, name in enumerate(("learning-aware agent", "naive learner")):
            low, middle, high = np.percentile(found.payoffs[:, player, place], (25, 50, 75), axis=-1)
            lines[name] = tuple((float(m), float(value)) for m, value in enumerate(middle))
            bands[name] = tuple((float(m), float(a), float(b)) for m, (a, b) in enumerate(zip(low, high, strict=True)))
        lines["one that always defects"] = tuple((float(m), float(v)) for m, v in enumerate(found.always_defect[:, 0]))
        charts.append(
            Chart(
                title,
                "inner episode",
                "payoff per round",
                lines,
                "Median over replicas with quartiles. 1 is mutual cooperation; who gets more takes it from the other.",
                bands=bands,
            )
        )
    return tuple(charts)


def _typical_tables(state: Any, found: Judged) -> dict[str, Floats]:
    """The policy of the first agent of each arm's typical replica, axis [situation]."""
    tables = probabilities(state)
    return {arm: tables[place, typical(found, place), 0] for place, arm in enumerate(ARMS)}


def policies(state: Any, found: Judged) -> Picture:
    """Policy tables of typical agents, with their nearest extortioners and the classics below."""
    chosen = _typical_tables(state, found)
    rows: dict[str, Any] = {}
    for arm, table in chosen.items():
        rows[f"WITH {LEARNED_WITH[arm]}".upper()] = table
    rows["NEAREST EXTORTIONER"] = nearest(chosen["shaping"])[2]
    rows |= CLASSICS
    drawn = pictures.table(np.array([*rows.values()]), [*rows], SITUATIONS, 0.0, 1.0)
    return Picture(
        "Probability of cooperation after each joint action",
        pictures.enlarge(drawn, SCALE - 1),
        pictures.palette(),
        "A row for the typical agent of each arm, by whom it learned with; then the zero-determinant extortioner "
        "nearest to the one that learned with naive learners. Columns: one's own last action first.",
    )


def nearest(table: Floats) -> tuple[float, float, Floats]:
    """The zero-determinant extortioner nearest to a policy by least squares over CC, CD and DC.

    With a = phi and b = phi · chi its answers are linear: CC 1 + a - b, CD 1 - a - 2 b, DC 2 a + b, DD 0
    (arXiv 2410.18636, the family of Press and Dyson for payoffs 1, -1, 2, 0).

    Returns:
        chi, phi, and its five probabilities; the first is copied, since extortion leaves it open.
    """
    matrix = np.array([[1.0, -1.0], [-1.0, -2.0], [2.0, 1.0]])
    a, b = np.linalg.lstsq(matrix, table[1:4] - np.array([1.0, 1.0, 0.0]), rcond=None)[0]
    phi = float(np.clip(a, 1e-3, 1 / 3))
    chi = float(np.clip(b / phi, 1.0, (1 / phi - 1) / 2))
    answers = (1 - phi * (chi - 1), 1 - phi * (1 + 2 * chi), phi * (chi + 2), 0.0)
    return chi, phi, np.clip(np.array([table[0], *answers]), 0.0, 1.0)


def nearest_extortioners(state: Any, found: Judged) -> Table:
    """How near each arm's typical agent is to a zero-determinant extortioner."""
    rows = []
    for arm, table in list(_typical_tables(state, found).items())[1:]:
        chi, phi, extorts = nearest(table)
        rows.append((LEARNED_WITH[arm], chi, phi, float(np.abs(extorts - table)[1:].max()), *map(float, table)))
    return Table(
        "Nearest zero-determinant extortioners",
        (
            "learned with",
            "chi",
            "phi",
            "largest difference",
            *(name.lower() for name in SITUATIONS[:1]),
            *SITUATIONS[1:],
        ),
        tuple(rows),
        "chi: what the extortioner gets for each unit that it leaves to the other; 1 is tit-for-tat. The difference "
        "says how far the learned policy is from it; what was learned for discounted games need not be on the family.",
    )


def who_extorts_whom(config: CoalaIpdConfig, state: Any, found: Judged, streams: Streams) -> Picture:
    """What the row's player gets from the column's, as a heat map with numbers."""
    chosen = _typical_tables(state, found)
    players = {
        **CLASSICS,
        "RANDOM": (0.5,) * 5,
        "SHAPER": tuple(chosen["shaping"]),
        "MIXED": tuple(chosen["mixed"]),
    }
    names = [*players, "LEARNER"]
    matrix = payoff_matrix(config, np.array([*players.values()]), streams)
    return Picture(
        "Who extorts whom",
        pictures.enlarge(pictures.table(matrix, names, names, -1.0, 2.0), SCALE - 1),
        pictures.palette("-1, what a sucker gets", "2, what a defector gets from one"),
        "Payoff per round of the row's player against the column's. SHAPER learned with naive learners only, MIXED "
        "with both. LEARNER is a naive learner in its last inner episode, after it has learned against the other.",
    )


def payoff_matrix(config: CoalaIpdConfig, players: Floats, streams: Streams) -> Floats:
    """Payoffs of fixed policies [player, situation] against each other and a naive learner, who comes last."""
    import jax.numpy as jnp

    from primordia.games.learners.analytic import against_learners, payoffs_of

    whole = np.full((len(players) + 1, len(players) + 1), np.nan)
    table = jnp.asarray(players.T, jnp.float32)
    whole[:-1, :-1] = np.asarray(payoffs_of(recipe(config), table), np.float64)
    last = np.asarray(against_learners(recipe(config), table, first_naive(config, streams)), np.float64)[-1]
    whole[:-1, -1], whole[-1, :-1] = last
    return whole
