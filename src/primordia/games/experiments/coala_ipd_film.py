"""games/coala-ipd: games to watch while a naive learner learns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from primordia.core.findings import Animation
from primordia.core.views import Colour
from primordia.games import pictures
from primordia.games.experiments.coala_ipd_judging import Floats, Scene

WIDE, CELL, TALL = 96, 4, 44
"""Pixels of a block of games across, of a game down, and of the chart below."""
OWN, OTHER = len(pictures.JOINT), len(pictures.JOINT) + 1
PALETTE = (
    *pictures.JOINT,
    Colour("payoff of the learning-aware agent (the first)", "#009E73"),
    Colour("payoff of its co-player (the second)", "#E69F00"),
)
LOWEST, HIGHEST = -0.5, 1.6
"""Ends of the chart's payoffs."""
PAPER, INK = pictures.JOINT_PAPER, pictures.JOINT_INK


def film(scenes: Sequence[Scene]) -> Animation:
    """Encounters side by side, an inner episode a frame: rows are games, columns rounds, below the payoffs."""
    frames = []
    for m in range(len(scenes[0].payoffs)):
        title = pictures.letters(f"INNER EPISODE {m:02d}", INK, PAPER)
        panels = pictures.beside([_panel(scene, m) for scene in scenes], PAPER, 10)
        frames.append(np.pad(pictures.stack([title, panels], PAPER, 4), 4, constant_values=PAPER))
    return Animation(
        "A meta-episode, game by game",
        pictures.enlarge(np.stack(frames), 2),
        PALETTE,
        "Left, an agent that learned with naive learners only meets one; middle, an agent that learned with both; "
        "right, two of the latter. In each block rows are games and columns rounds; below, payoffs over inner episodes "
        "(lines at 0 and 1). The naive learner changes from frame to frame, the others stand.",
        per_second=3,
    )


def _panel(scene: Scene, m: int) -> pictures.Pixels:
    """Games of one inner episode over the chart of payoffs until then."""
    actions = scene.actions[m]
    games = pictures.enlarge(pictures.joint(actions[..., 0], actions[..., 1]), CELL, max(1, WIDE // actions.shape[1]))
    names = [(scene.one, OWN), ("MEETS", INK), (scene.other, OTHER)]
    numbers = [(f"{scene.payoffs[m, 0]:5.2f}", OWN), (f"{scene.payoffs[m, 1]:5.2f}", OTHER)]
    chart = _chart(scene.payoffs[: m + 1], games.shape[1], len(scene.payoffs))
    return pictures.stack([_line(names), games, _line(numbers), chart], PAPER, 3)


def _line(words: Sequence[tuple[str, int]]) -> pictures.Pixels:
    return pictures.beside([pictures.letters(word, ink, PAPER) for word, ink in words], PAPER, 4)


def _chart(payoffs: Floats, wide: int, n_inner: int) -> pictures.Pixels:
    """Payoffs so far [inner episode, player] as two lines; dotted lines at 0 and 1."""
    drawn = np.full((TALL, wide), PAPER, np.uint8)
    for level in (0.0, 1.0):
        drawn[_height(level), ::3] = INK
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
