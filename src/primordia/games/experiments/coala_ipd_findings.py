"""games/coala-ipd: what can be said of the agents, as tables, charts and pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from primordia.core.errors import BadInputError
from primordia.core.findings import Chart, Finding, Matrix, Table
from primordia.core.inspection import Inspected
from primordia.core.streams import Streams
from primordia.games import pictures
from primordia.games.environments.payoffs import PRISONERS_DILEMMA
from primordia.games.exact.zero_determinant import extortion
from primordia.games.experiments import memory_one_looks as looks
from primordia.games.experiments.coala_ipd_film import film
from primordia.games.experiments.coala_ipd_judging import CLASSICS, Floats, Judged, method, typical
from primordia.games.experiments.coala_ipd_judging import Matrix as Pool
from primordia.games.experiments.coala_ipd_settings import ARMS, COOPERATING, EXTORTING, CoalaIpdConfig
from primordia.games.experiments.memory_one_looks import Agent, Planting, inspected

SITUATIONS = ("START", "CC", "CD", "DC", "DD")
PLANTED = "set-policy"
LEARNED_WITH = {"naive": "each other", "shaping": "naive learners", "mixed": "both"}
SCALE = (-1.0, 2.0)
"""From what a sucker gets to what a defector gets from one."""


def every(config: CoalaIpdConfig, state: Any, streams: Streams) -> tuple[Finding, ...]:
    """Who gets what; a meta-episode from within; policies; who extorts whom; games to watch."""
    made = method(config)
    found = made.judged(config, state, streams)
    tables = made.probabilities(config, state)
    chosen = {arm: tables[place, typical(found, arm), 0] for place, arm in enumerate(ARMS)}
    exact = (nearest_extortioners(chosen),) if config.method == "analytic" else ()
    return (
        summary(found),
        *lessons(found),
        policies(chosen),
        *who_extorts_whom(made.matrix(config, state, found, streams)),
        *exact,
        film(made.scenes(config, state, found, streams)),
    )


def sheet(tables: Floats) -> pictures.Marked:
    """The view "policies" with marks: a tile for each arm, 320 pixels across together.

    Args:
        tables: probabilities of cooperation, axes [arm, replica, agent, situation]; a mark is a place in them.
    """
    tiles = []
    for place, arm in enumerate(ARMS):
        rows = tables[place].reshape(-1, 5)
        cells = pictures.marked(pictures.heat(rows, 0.0, 1.0), place * rows.size)
        heat = pictures.enlarge(cells, max(2, 160 // len(rows)), 20)
        names = pictures.beside([_centred(name, 20) for name in SITUATIONS], gap=0)
        tiles.append(pictures.stack([pictures.letters(f"WITH {LEARNED_WITH[arm]}"), names, heat], gap=2))
    return np.pad(pictures.beside(tiles, gap=10), ((4, 0), (0, 0)), constant_values=pictures.PAPER)


def draw_policies(config: CoalaIpdConfig, state: Any) -> pictures.Pixels:
    """The view "policies"."""
    return pictures.seen(sheet(method(config).probabilities(config, state)))


def found_at(config: CoalaIpdConfig, state: Any, row: int, column: int) -> tuple[Inspected, ...]:
    """What stands at a pixel of the view."""
    tables = method(config).probabilities(config, state)
    number = pictures.number_at(sheet(tables), row, column)
    if number is None:
        return ()
    place, replica, agent, situation = (int(one) for one in np.unravel_index(number, tables.shape))
    learned_with = LEARNED_WITH[ARMS[place]]
    facts = (("learned with", learned_with), ("pair", replica + 1), ("agent", agent + 1))
    looked = Agent(
        f"with {learned_with}, pair {replica + 1}, agent {agent + 1}",
        facts,
        situation,
        tables[place, replica, agent],
        tables[place, replica, 1 - agent],
    )
    exact = config.method == "analytic"
    # What has a memory is shown as it answers after three rounds; there is no table that could be planted.
    discount = config.discount if exact else 1 - 1 / config.n_rounds
    return inspected(looked, discount, PRISONERS_DILEMMA, PLANTED if exact else "")


def plant(config: CoalaIpdConfig, state: Any, streams: Streams, t: int, planted: Planting) -> Any:
    """The state with another policy for one agent; what its optimiser remembers stays.

    Raises:
        BadInputError: agents learn from played games, or there are fewer learners or pairs.
    """
    if config.method != "analytic":
        raise BadInputError(
            f"Agents of method={config.method} have networks or critics, not tables that a policy could be planted "
            "in; allowed: method=analytic."
        )
    arm, pair, agent = planted.place(len(ARMS), config.n_replicas)
    logits = np.array(state.logits)
    logits[:, arm, pair, agent] = planted.logits()
    return state._replace(logits=logits)


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


def policies(chosen: dict[str, Floats]) -> Matrix:
    """Policy tables of typical agents, with the nearest extortioner and the classics below."""
    rows: dict[str, Any] = {f"with {LEARNED_WITH[arm]}": table for arm, table in chosen.items()}
    rows["nearest extortioner"] = nearest(chosen["shaping"])[2]
    return looks.policy_matrix(
        "Probability of cooperation after each joint action",
        rows | CLASSICS,
        "A row for the typical agent of each arm, by whom it learned with; then the zero-determinant extortioner "
        "nearest to the one that learned with naive learners. Of a policy with memory: after three rounds of the "
        "joint action.",
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
    return chi, phi, np.array(extortion(chi, phi, opening=float(table[0])))


def nearest_extortioners(chosen: dict[str, Floats]) -> Table:
    """How near the agents that met naive learners are to a zero-determinant extortioner."""
    rows = []
    for arm in ("shaping", "mixed"):
        chi, phi, extorts = nearest(chosen[arm])
        apart = float(np.abs(extorts - chosen[arm])[1:].max())
        rows.append((LEARNED_WITH[arm], chi, phi, apart, *map(float, chosen[arm])))
    return Table(
        "Nearest zero-determinant extortioners",
        ("learned with", "chi", "phi", "largest difference", "start", *SITUATIONS[1:]),
        tuple(rows),
        "chi: what the extortioner gets for each unit that it leaves to the other; 1 is tit-for-tat. The difference "
        "says how far the learned policy is from it; what was learned for discounted games need not be on the family.",
    )


def who_extorts_whom(pool: Pool) -> tuple[Finding, ...]:
    """What the row's player gets from the column's, what it leaves to it, and who takes from whom."""
    players, everyone = pool.names[:-1], pool.names
    n = len(players)
    said = (
        "Payoff per round. SHAPER learned with naive learners only, MIXED with both. LEARNER is a naive learner in its "
        "last inner episode, after it has learned against the other."
    )
    gets, leaves = pool.payoffs[:n], pool.payoffs.T[:n]
    return (
        Matrix(
            "Who extorts whom: what the row's player gets from the column's",
            gets, players, everyone, "payoff per round", None, said, SCALE,
        ),
        Matrix(
            "Who extorts whom: what the row's player leaves to the column's",
            leaves, players, everyone, "payoff per round", None, said, SCALE,
        ),
        looks.who_takes_from_whom("Who takes from whom", everyone, pool.payoffs, 0.5, said),
    )  # fmt: skip
