"""games/embedded-agents under the glass: which match lies under a pixel, what was played in it and believed."""

from __future__ import annotations

import numpy as np

from primordia.core.findings import Chart, Matrix, Table
from primordia.core.inspection import Inspected
from primordia.games.embedded.cells import KINDS, Cells, first_cooperation
from primordia.games.experiments import embedded_pictures as pictures
from primordia.games.experiments.embedded_agents import EmbeddedConfig, predicted, setting

LETTERS = "CD"
TWINS = 0


def found_at(config: EmbeddedConfig, cells: Cells, view: str, row: int, column: int) -> tuple[Inspected, ...]:
    """What stands at a pixel of a view."""
    shared = setting(config)
    n_horizons, *tile = shared.cells
    if view == "phases":
        place = pictures.place((2, 1), (tile[0], tile[1]), row, column)
        return () if place is None else _match(config, cells, (TWINS, 0, place.row, place.column))
    place = pictures.place((2 * n_horizons, 2), (tile[0], tile[1]), row, column)
    if place is None:
        return ()
    horizon, agent = divmod(place.tile_row, 2)
    return _match(config, cells, (agent + 2 * place.tile_column, horizon, place.row, place.column))


def _match(config: EmbeddedConfig, cells: Cells, at: tuple[int, int, int, int]) -> tuple[Inspected, ...]:
    kind, horizon, mass, alpha = at
    shared = setting(config)
    joint = cells.joint[(slice(None), *at)]
    n_played = int((joint >= 0).sum())
    first = int(first_cooperation(cells)[at])
    facts: list[tuple[str, str | int | float]] = [
        ("match", KINDS[kind]),
        ("alpha, the prior weight of copies", float(shared.alphas[alpha])),
        ("mass on always defecting", float(np.linspace(0, config.mass_high, config.n_masses)[mass])),
        ("rounds looked ahead", horizon + 1),
        ("first cooperation", _round(first)),
    ]
    if (kind, horizon) == (TWINS, 0):
        facts.append(("first cooperation by formula", _round(int(predicted(config)[mass, alpha]))))
    if kind >= 2:
        facts.append(("the stranger", shared.mixture.machines.names[int(cells.strangers[mass, alpha])]))
    own, other = ("".join(LETTERS[move] for move in moves) for moves in np.divmod(joint[:n_played].astype(int), 2))
    if n_played:
        facts += [
            ("the agent played", own),
            ("the other played", other),
            ("P(copy) before the last round", float(cells.p_copy[(n_played - 1, *at)])),
        ]
    here = Table("What stands here", ("what", "value"), tuple(facts), "Rounds are counted from 0.")
    if not n_played:
        return (here,)
    paid = np.array(shared.payoffs.table()[0]).ravel()[joint[:n_played].astype(int)]
    lines = {
        "P(copy), before the round": tuple(enumerate(cells.p_copy[(slice(n_played), *at)].tolist())),
        "payoff so far, per round": tuple(enumerate((paid.cumsum() / np.arange(1, n_played + 1)).tolist())),
    }
    return here, Chart("Belief and payoff in this match", "round", "probability; payoff per round", lines)


def _round(place: int) -> str | int:
    return "not within the run" if place < 0 else place


def belief_matrix(config: EmbeddedConfig, cells: Cells, n_played: int) -> Matrix:
    """What myopic embedded twins believe before the last round that was played."""
    shared = setting(config)
    masses = np.linspace(0, config.mass_high, config.n_masses)
    return Matrix(
        "Belief of myopic embedded twins that the other is a copy",
        cells.p_copy[n_played - 1, TWINS, 0],
        tuple(f"d {mass:.3g}" for mass in masses),
        tuple(f"alpha {alpha:.3g}" for alpha in shared.alphas),
        "probability",
        None,
        f"Before round {n_played - 1}. Rows: d, the mass on always defecting; columns: alpha, the prior weight of "
        "copies.",
        (0.0, 1.0),
    )
