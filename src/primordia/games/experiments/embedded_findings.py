"""What a run of embedded agents has to show: when twins switch, what they believe, what it is worth to be embedded."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from primordia.core.findings import Animation, Chart, Finding, Picture, Table
from primordia.core.metrics import Row
from primordia.games.embedded.cells import KINDS, Cells, first_cooperation, payoffs, regrets
from primordia.games.experiments import embedded_pictures as pictures
from primordia.games.experiments.embedded_agents import EmbeddedConfig, predicted, setting
from primordia.games.experiments.embedded_looks import belief_matrix

MOST_COLUMNS = 6
TWINS, DECOUPLED_TWINS, STRANGER, DECOUPLED_STRANGER = range(4)
Values = npt.NDArray[np.float64]


def measured(config: EmbeddedConfig, cells: Cells, n_played: int) -> Row:
    """The metrics that are functions of the state after `n_played` rounds; zeros before the first."""
    shared = setting(config)
    shape = (max(n_played, 1), len(KINDS), *shared.cells)
    paid, missed = np.zeros(shape), np.zeros(shape)
    joint, believed = cells.joint[max(n_played - 1, 0)], cells.p_copy[max(n_played - 1, 0)]
    if n_played:
        paid, missed = payoffs(shared, cells, n_played), regrets(shared, cells, n_played)
    cooperates = (joint == 0) | (joint == 1)
    first = first_cooperation(cells)
    expected = predicted(config)
    expected = np.where(expected < n_played, expected, -1)
    per_round = missed[-1] / max(n_played, 1)
    row: dict[str, float] = {
        "twin_cooperation": float(cooperates[TWINS].mean()),
        "decoupled_cooperation": float(cooperates[DECOUPLED_TWINS].mean()),
        "stranger_cooperation": float(cooperates[STRANGER].mean()),
        "ever_cooperated": float((first[TWINS] >= 0).mean()),
        "switch_agreement": float((first[TWINS, 0] == expected).mean()),
        "decoupled_twin_regret": float(np.median(per_round[DECOUPLED_TWINS])),
        "decoupled_stranger_regret": float(np.median(per_round[DECOUPLED_STRANGER])),
        "always_defect": shared.payoffs.punishment,
    }
    for name, values in {
        "twin_belief": believed[TWINS],
        "stranger_belief": believed[STRANGER],
        "twin_payoff": paid[:, TWINS].mean(0),
        "twin_regret": per_round[TWINS],
        "stranger_regret": per_round[STRANGER],
    }.items():
        low, middle, high = np.quantile(values, (0.25, 0.5, 0.75)).tolist()
        row |= {f"{name}_low": low, name: middle, f"{name}_high": high}
    return row


def of_run(config: EmbeddedConfig, cells: Cells, n_played: int) -> tuple[Finding, ...]:
    """Pictures, tables, charts and the film of the rounds played, one at least."""
    first = first_cooperation(cells)[TWINS, 0]
    expected = predicted(config)
    return (
        Picture(
            "When myopic embedded twins begin to cooperate",
            pictures.switches([first, expected]),
            pictures.SWITCHES,
            "Above: played. Below: by formula. Columns are alpha, the prior weight of copies, rising to the right; "
            "rows are the mass on always defecting, 0 at the top.",
        ),
        _switch_table(config, first, expected),
        belief_matrix(config, cells, n_played),
        _cooperation(cells, n_played),
        _beliefs(cells, n_played),
        _regret_by_round(config, cells, n_played),
        _regret_by_alpha(config, cells, n_played),
        Animation(
            "All matches, round by round",
            np.stack([pictures.outcomes(joint) for joint in cells.joint[:n_played]]),
            pictures.OUTCOMES,
            "Twins left, strangers right; embedded agents above, decoupled ones below; further horizons below them. "
            "Columns of a tile are alpha, rows the mass on always defecting.",
            per_second=3,
        ),
    )


def _switch_table(config: EmbeddedConfig, first: Any, expected: Any) -> Table:
    shared = setting(config)
    n = len(shared.alphas)
    places = sorted({round(place) for place in np.linspace(0, n - 1, min(MOST_COLUMNS, n))})
    masses = np.linspace(0, config.mass_high, config.n_masses)
    picked = sorted({round(place) for place in np.linspace(0, len(masses) - 1, min(MOST_COLUMNS, len(masses)))})
    return Table(
        "First cooperation of myopic embedded twins",
        ("mass on always defecting", *(f"alpha {shared.alphas[place]:.3g}" for place in places)),
        tuple(
            (round(float(masses[row]), 4), *(_round_of(first[row, place], expected[row, place]) for place in places))
            for row in picked
        ),
        f"Round, and by formula where it differs; formula and play agree in {int((first == expected).sum())} of "
        f"{first.size} cells. A decoupled agent never cooperates.",
    )


def _round_of(played: int, expected: int) -> str:
    said = ["never" if value < 0 else str(int(value)) for value in (played, expected)]
    return said[0] if played == expected else f"{said[0]} (formula: {said[1]})"


def _cooperation(cells: Cells, n_played: int) -> Chart:
    cooperates = (cells.joint[:n_played] == 0) | (cells.joint[:n_played] == 1)
    shares = cooperates.mean((2, 3, 4))
    return Chart(
        "Cooperation by round",
        "round",
        "share of cells in which the agent cooperates",
        {kind: tuple(enumerate(shares[:, place].tolist())) for place, kind in enumerate(KINDS)},
        "Each cell goes one way or the other: what grows is their share.",
    )


def _beliefs(cells: Cells, n_played: int) -> Chart:
    lines = {KINDS[kind]: cells.p_copy[:n_played, kind] for kind in (TWINS, STRANGER)}
    return _by_round(
        "Belief that the other is a copy",
        "P(copy), before the round",
        lines,
        "Median and quartiles over cells. Twins do the same in every round, and each time it is less likely by chance.",
    )


def _regret_by_round(config: EmbeddedConfig, cells: Cells, n_played: int) -> Chart:
    missed = regrets(setting(config), cells, n_played)
    return _by_round(
        "Regret by round",
        "payoff missed so far",
        {kind: missed[:, place] for place, kind in enumerate(KINDS)},
        "Median and quartiles over cells. Twins against R in every round, others against the best response to the "
        "stranger.",
    )


def _by_round(title: str, y: str, values: dict[str, Values], note: str) -> Chart:
    """A line for each table [round, *cell]: its median, shaded between the quartiles."""
    lines, bands = {}, {}
    for name, table in values.items():
        low, middle, high = np.quantile(table.reshape(len(table), -1), (0.25, 0.5, 0.75), axis=1).tolist()
        lines[name] = tuple(enumerate(middle))
        bands[name] = tuple((float(place), *edges) for place, edges in enumerate(zip(low, high, strict=True)))
    return Chart(title, "round", y, lines, note, bands=bands)


def _regret_by_alpha(config: EmbeddedConfig, cells: Cells, n_played: int) -> Chart:
    shared = setting(config)
    missed = regrets(shared, cells, n_played)[-1] / n_played
    lines, bands = {}, {}
    for place, kind in enumerate(KINDS):
        columns = missed[place].reshape(-1, len(shared.alphas))
        low, middle, high = np.quantile(columns, (0.25, 0.5, 0.75), axis=0).tolist()
        lines[kind] = tuple(zip(shared.alphas.tolist(), middle, strict=True))
        bands[kind] = tuple(zip(shared.alphas.tolist(), low, high, strict=True))
    return Chart(
        "What it is worth to believe in copies",
        "alpha, the prior weight of copies",
        "payoff missed per round",
        lines,
        "Median and quartiles over masses and horizons. With a twin the belief pays; with a stranger it costs.",
        bands=bands,
    )
