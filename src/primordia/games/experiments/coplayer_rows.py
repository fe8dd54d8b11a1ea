"""What all methods of games/coplayer-inference tell alike: rows, the picture of phases, charts, tables and films."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from primordia.core.findings import Animation, Chart, Matrix, Table
from primordia.core.inspection import Inspected
from primordia.core.views import Colour
from primordia.games.experiments.coplayer_settings import MOST_ROWS, CoplayerConfig

N_SHADES = 11
PALETTE = (
    *(
        Colour(f"{10 * place} % cooperation", "#" + "".join(f"{part:02x}" for part in shade))
        for place, shade in enumerate(
            np.rint(np.linspace((0xD5, 0x5E, 0x00), (0xF7, 0xF7, 0xF5), 6)).astype(int).tolist()
            + np.rint(np.linspace((0xF7, 0xF7, 0xF5), (0x00, 0x72, 0xB2), 6)).astype(int).tolist()[1:]
        )
    ),
    Colour("not yet played", "#3c4043"),
)
COOPERATES, DEFECTS, NOT_YET = N_SHADES - 1, 0, N_SHADES
LEGEND = {"mixed": "mixed pool", "identified": "opponents named", "alone": "no pool", "decoupled": "decoupled"}
TILE = 12
"""Pixels of a round in films."""
READABLE = 320
"""Pixels of a picture's sides, at most."""
MOST_LINES = 40
"""Phases of a matrix; of more every second, third … is shown."""


def among(arm: str, cooperation: npt.NDArray[np.float64]) -> dict[str, float]:
    """The row of an arm, from cooperation among learners with the axes [replica or episode, round]."""
    means = cooperation.mean(axis=1)
    low, middle, high = (float(one) for one in np.percentile(means, (25, 50, 75)))
    half = cooperation.shape[1] // 2
    late = cooperation[:, half:-1] if cooperation.shape[1] > half + 1 else cooperation[:, half:]
    return {
        f"{arm}_cooperation": middle,
        f"{arm}_low": low,
        f"{arm}_high": high,
        f"{arm}_above_half": float((means > 0.5).mean()),
        f"{arm}_first": float(cooperation[:, 0].mean()),
        f"{arm}_late": float(late.mean()),
    }


def with_pool(arm: str, payoffs: npt.NDArray[np.float64]) -> dict[str, float]:
    """The row of an arm that meets the pool, from payoffs with the axes [replica or episode, round]."""
    half = payoffs.shape[1] // 2
    gain = payoffs[:, half:].mean() - payoffs[:, :half].mean()
    return {f"{arm}_pool_payoff": float(payoffs.mean()), f"{arm}_gain": float(gain)}


def n_rows(config: CoplayerConfig) -> int:
    """Rows of the picture of phases: one for each, unless there are too many."""
    return min(config.n_phases, MOST_ROWS)


def nothing_yet(config: CoplayerConfig) -> npt.NDArray[np.float32]:
    """The picture of phases before the first; axes [arm, row, round]."""
    return np.full((len(config.arms), n_rows(config), config.n_rounds), -1, np.float32)


def note(config: CoplayerConfig, by_round: Any, shown: Sequence[npt.NDArray[Any]], t: int) -> npt.NDArray[np.float32]:
    """The picture with the phase after `t` completed ones, [round] for each arm; later ones take the last row."""
    found = np.array(by_round, np.float32)
    place = min(t * n_rows(config) // config.n_phases, n_rows(config) - 1)
    found[:, place] = np.asarray(shown, np.float32)
    return found


def draw_rounds(config: CoplayerConfig, state: Any) -> npt.NDArray[np.uint8]:
    """The view "rounds": cooperation among learners over phases (down) and rounds (across), an arm beside the other."""
    shares = np.asarray(state.by_round, np.float64)
    shades = np.where(shares < 0, NOT_YET, np.rint(np.clip(shares, 0, 1) * (N_SHADES - 1))).astype(np.uint8)
    gap = np.full((shades.shape[1], 1), NOT_YET, np.uint8)
    parts = [part for arm in shades for part in (arm, gap)][:-1]
    whole = np.concatenate(parts, axis=1)
    # Posters show a square; rows and columns are stretched alike to fill it.
    tall, wide = (max(1, READABLE // n) for n in whole.shape)
    return np.ascontiguousarray(whole.repeat(tall, axis=0).repeat(wide, axis=1))


def found_at(config: CoplayerConfig, state: Any, t: int, row: int, column: int) -> tuple[Inspected, ...]:
    """What stands at a pixel of the view: which phase and round of which arm, and the courses through it."""
    shares = np.asarray(state.by_round, np.float64)
    tall, wide = max(1, READABLE // shares.shape[1]), max(1, READABLE // (shares.shape[0] * (shares.shape[2] + 1) - 1))
    line, (arm, played) = row // tall, divmod(column // wide, shares.shape[2] + 1)
    inside = 0 <= line < shares.shape[1] and 0 <= arm < len(shares) and 0 <= played < shares.shape[2]
    if not inside or shares[arm, line, played] < 0:
        return ()
    name, share = LEGEND[config.arms[arm]], float(shares[arm, line, played])
    phase = phase_of(config, line, t)
    here = Table(
        "What stands here",
        ("what", "value"),
        (("arm", name), ("phase", phase), ("round", played + 1), ("cooperation among learners", share)),
        "Mean over replicas or episodes. Blue cooperates, orange defects.",
    )
    done = [place for place in range(shares.shape[1]) if shares[arm, place, 0] >= 0]
    rounds = {f"phase {phase}": tuple(enumerate(shares[arm, line].tolist(), 1))}
    rounds |= {f"phase {phase_of(config, done[-1], t)}, the last": tuple(enumerate(shares[arm, done[-1]].tolist(), 1))}
    phases = {
        f"round {played + 1}": tuple((float(phase_of(config, at, t)), float(shares[arm, at, played])) for at in done)
    }
    said = "probability of cooperation"
    return (
        here,
        Chart(f"Through this phase, {name}", "round", said, rounds, "Mean over replicas or episodes."),
        Chart(f"This round over phases, {name}", "phase", said, phases, "Mean over replicas or episodes."),
    )


def phase_of(config: CoplayerConfig, line: int, t: int) -> int:
    """The phase, counted from 1, that a row of the picture shows after `t` of them: the last that fell into it."""
    newest = min((t - 1) * n_rows(config) // config.n_phases, n_rows(config) - 1)
    return t if line == newest else -(-(line + 1) * config.n_phases // n_rows(config))


def matrix(config: CoplayerConfig, state: Any, t: int) -> tuple[Matrix, ...]:
    """Cooperation over phases and rounds in the first arm, as numbers; none before the first phase."""
    shares = np.asarray(state.by_round, np.float64)[0]
    done = [place for place in range(len(shares)) if shares[place, 0] >= 0]
    if not done:
        return ()
    kept = done[:: max(1, -(-len(done) // MOST_LINES))]
    return (
        Matrix(
            f"Cooperation among learners, {LEGEND[config.arms[0]]}",
            shares[kept],
            tuple(f"phase {phase_of(config, place, t)}" for place in kept),
            tuple(f"round {place}" for place in range(1, shares.shape[1] + 1)),
            "probability",
            None,
            "Mean over replicas or episodes.",
            (0.0, 1.0),
        ),
    )


def chart(by_replica: Mapping[str, npt.NDArray[np.float64]]) -> Chart:
    """Cooperation by round, median and quartiles over replicas or episodes."""
    lines, bands = {}, {}
    for arm, found in by_replica.items():
        name, places = LEGEND[arm], range(1, found.shape[1] + 1)
        lines[name] = tuple((place, float(one)) for place, one in zip(places, found.mean(axis=0), strict=True))
        low, high = np.percentile(found, (25, 75), axis=0)
        bands[name] = tuple((place, float(low[place - 1]), float(high[place - 1])) for place in places)
    return Chart(
        "Cooperation among learners within an episode",
        "round",
        "probability of cooperation",
        lines,
        "Mean, with quartiles over replicas (mixture) or episodes. The number of rounds is fixed, and can be known.",
        bands=bands,
    )


def table(found: Mapping[str, float], n_rounds: int) -> Table:
    """Payoffs with fixed strategies beside the best there are."""
    from primordia.games.prediction import anchors
    from primordia.games.prediction.pool import FIXED

    lines = []
    for name, got in found.items():
        best = float(anchors.best_response([FIXED[name]], n_rounds)[0])
        defecting = float(anchors.payoff(FIXED["always defect"], [FIXED[name]], n_rounds)[0])
        lines.append((name, round(got, 4), round(best, 4), round(defecting, 4)))
    return Table(
        "Responses to fixed strategies",
        ("strategy", "learner", "best response", "always defect"),
        tuple(lines),
        f"Payoff per round over {n_rounds} rounds; the best response knows the strategy and is exact.",
    )


def film(episodes: npt.NDArray[np.int64], words: str) -> Animation:
    """Episodes that fill up round by round; `episodes` has the axes [episode, player, round], 0 cooperates."""
    n, _, n_rounds = episodes.shape
    shades = np.where(episodes == 0, COOPERATES, DEFECTS).astype(np.uint8)
    board = np.full((n_rounds + 1, 3 * n - 1, n_rounds), NOT_YET, np.uint8)
    for shown in range(1, n_rounds + 1):
        for place in range(n):
            board[shown, 3 * place : 3 * place + 2, :shown] = shades[place, :, :shown]
    frames = board.repeat(TILE, axis=1).repeat(TILE, axis=2)
    note = "Each pair of lines is two learners; blue cooperates, orange defects."
    return Animation(f"Episodes among learners {words}", frames, PALETTE, note, per_second=3)
