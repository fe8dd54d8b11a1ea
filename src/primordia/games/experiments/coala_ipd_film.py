"""games/coala-ipd: games to watch, played from the policies while a naive learner learns."""

from __future__ import annotations

from typing import Any

import numpy as np

from primordia.core.findings import Animation
from primordia.core.streams import Streams
from primordia.core.views import Colour
from primordia.games import pictures
from primordia.games.experiments.coala_ipd_parts import Floats, Judged, first_naive, probabilities, recipe, typical
from primordia.games.experiments.coala_ipd_settings import ARMS, CoalaIpdConfig

N_GAMES, N_ROUNDS = 12, 24
CELL, TALL = 4, 44
"""Pixels of a round, and of the chart below the games."""
OWN, OTHER = len(pictures.JOINT), len(pictures.JOINT) + 1
PALETTE = (
    *pictures.JOINT,
    Colour("payoff of the learning-aware agent (the first)", "#009E73"),
    Colour("payoff of its co-player (the second)", "#E69F00"),
)
LOWEST, HIGHEST = -0.5, 1.6
"""Ends of the chart's payoffs."""


def play(first: Floats, second: Floats, uniform: Floats) -> tuple[Floats, Floats]:
    """Actions of two memory-one policies (1 defects), axes [game, round] each.

    Args:
        first: probabilities of cooperation, axis [situation].
        second: those of the other, its own action first as well.
        uniform: numbers from 0 to 1, axes [player, game, round].
    """
    n_games, n_rounds = uniform.shape[1:]
    actions = np.zeros((2, n_games, n_rounds), np.int64)
    seen = np.zeros((2, n_games), np.int64)
    for t in range(n_rounds):
        for player, policy in enumerate((first, second)):
            actions[player, :, t] = uniform[player, :, t] >= policy[seen[player]]
        one, other = actions[0, :, t], actions[1, :, t]
        seen = np.stack([1 + 2 * one + other, 1 + 2 * other + one])
    return actions[0], actions[1]


def replay(config: CoalaIpdConfig, state: Any, found: Judged, streams: Streams) -> Animation:
    """Three encounters side by side, an inner episode a frame: rows are games, columns rounds, below the payoffs."""
    import jax
    import jax.numpy as jnp

    from primordia.games.learners.analytic import learned

    tables = probabilities(state)
    chosen = {arm: tables[place, typical(found, place)] for place, arm in enumerate(ARMS)}
    own = np.stack([chosen["shaping"][0], chosen["mixed"][0]])
    naive = np.repeat(np.asarray(first_naive(config, streams))[:, :1], 2, axis=1)
    lessons = learned(recipe(config), jnp.asarray(own.T, jnp.float32), jnp.asarray(naive))
    taught = 1 / (1 + np.exp(-np.asarray(lessons.naive, np.float64)))
    payoffs = np.asarray(lessons.payoffs, np.float64)
    pair = np.asarray(_pair(config, chosen["mixed"]), np.float64)

    films = []
    uniform = np.asarray(
        jax.random.uniform(streams.key("replay", 0), (config.n_inner + 1, 2, N_GAMES, N_ROUNDS)), np.float64
    )
    for m in range(config.n_inner + 1):
        shown = [
            _panel("SHAPER", "NAIVE LEARNER", own[0], taught[m, :, 0], payoffs[: m + 1, :, 0], uniform[m], config),
            _panel("MIXED", "NAIVE LEARNER", own[1], taught[m, :, 1], payoffs[: m + 1, :, 1], uniform[m], config),
            _panel("MIXED", "MIXED", *chosen["mixed"], np.tile(pair, (m + 1, 1)), uniform[m], config),
        ]
        title = pictures.letters(f"INNER EPISODE {m:02d}", pictures.JOINT_INK, pictures.JOINT_PAPER)
        whole = pictures.stack([title, pictures.beside(shown, pictures.JOINT_PAPER, 8)], pictures.JOINT_PAPER, 4)
        films.append(np.pad(whole, 4, constant_values=pictures.JOINT_PAPER))
    return Animation(
        "A meta-episode, game by game",
        np.stack(films),
        PALETTE,
        "Left, an agent that learned with naive learners only meets one; middle, an agent that learned with both; "
        "right, two of the latter. In each block rows are games and columns rounds; below, payoffs over inner episodes "
        "(lines at 0 and 1). The naive learner changes from frame to frame, the others stand.",
        per_second=3,
    )


def _pair(config: CoalaIpdConfig, pair: Floats) -> Any:
    """Payoffs of two agents against each other, axis [player]."""
    import jax.numpy as jnp

    from primordia.games.learners.analytic import payoffs_of

    found = payoffs_of(recipe(config), jnp.asarray(pair.T, jnp.float32))
    return found[(0, 1), (1, 0)]


def _panel(
    one: str, other: str, first: Floats, second: Floats, payoffs: Floats, uniform: Floats, config: CoalaIpdConfig
) -> pictures.Pixels:
    """Games of one encounter over the chart of its payoffs [inner, player]."""
    paper, ink = pictures.JOINT_PAPER, pictures.JOINT_INK
    games = pictures.enlarge(pictures.joint(*play(first, second, uniform)), CELL)
    names = pictures.beside(
        [
            pictures.letters(one, OWN, paper),
            pictures.letters("MEETS", ink, paper),
            pictures.letters(other, OTHER, paper),
        ],
        paper,
        4,
    )
    numbers = pictures.beside(
        [
            pictures.letters(f"{payoffs[-1, 0]:5.2f}", OWN, paper),
            pictures.letters(f"{payoffs[-1, 1]:5.2f}", OTHER, paper),
        ],
        paper,
        4,
    )
    chart = _chart(payoffs, games.shape[1], config.n_inner + 1)
    return pictures.stack([names, games, numbers, chart], paper, 3)


def _chart(payoffs: Floats, wide: int, n_inner: int) -> pictures.Pixels:
    """Payoffs so far [inner, player] as two lines; thin lines at 0 and 1."""
    drawn = np.full((TALL, wide), pictures.JOINT_PAPER, np.uint8)
    for level in (0.0, 1.0):
        drawn[_height(level), ::3] = pictures.JOINT_INK
    at = np.linspace(0, wide - 2, max(n_inner, 2))[: len(payoffs)]
    across = np.arange(int(at[-1]) + 2)
    for player, index in ((1, OTHER), (0, OWN)):
        heights = [_height(value) for value in np.interp(across, at, payoffs[:, player])]
        for x, (y, before) in enumerate(zip(heights, [heights[0], *heights[:-1]], strict=True)):
            drawn[min(y, before) : max(y, before) + 2, x] = index
    return drawn


def _height(value: float) -> int:
    share = (float(np.clip(value, LOWEST, HIGHEST)) - LOWEST) / (HIGHEST - LOWEST)
    return round((1 - share) * (TALL - 3))
