"""games/coala-ipd by exact gradients: memory-one agents in endless games with a discount."""

from __future__ import annotations

from typing import Any

import numpy as np

from primordia.core.streams import Streams
from primordia.games.experiments.coala_ipd_judging import CLASSICS, Floats, Integers, Judged, Matrix, Scene, typical
from primordia.games.experiments.coala_ipd_settings import ARMS, CoalaIpdConfig

N_GAMES, N_ROUNDS = 12, 24
"""Games and rounds of a scene."""


def recipe(config: CoalaIpdConfig) -> Any:
    """How agents learn in the three arms."""
    from primordia.games.learners.analytic import Analytic

    return Analytic(
        p_naive=(0.0, 1.0, config.p_naive),
        n_naive=config.n_naive,
        n_inner=config.n_inner,
        discount=config.discount,
        naive_rate=config.naive_rate,
        spread=config.spread,
        rate=config.learning_rate,
        weight_decay=config.weight_decay,
    )


def begin(config: CoalaIpdConfig, streams: Streams) -> Any:
    """The same fresh pairs in every arm."""
    from primordia.games.learners.analytic import begin

    key = streams.key("agents", 0)
    return begin(recipe(config), key, config.n_replicas, defecting=config.start == "defection")


def update(config: CoalaIpdConfig, state: Any, streams: Streams, t: int) -> Any:
    """One update of every agent."""
    from primordia.games.learners.analytic import update

    return update(recipe(config), state, streams.key("naive", t))


def check(state: Any, update: int) -> None:
    """Refuse agents that left the finite numbers in this update, counted from 1, with a `DivergedError`."""
    from primordia.games.learners.faults import DivergedError

    if not np.isfinite(np.asarray(state.logits)).all():
        raise DivergedError(update, "new weight logits")


def probabilities(config: CoalaIpdConfig, state: Any) -> Floats:
    """Probabilities of cooperation, axes [arm, replica, agent, situation]."""
    logits = np.moveaxis(np.asarray(state.logits, np.float64), 0, -1)
    return np.asarray(_sigmoid(logits), np.float64)


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(logits / 2)), np.float64)


def first_naive(config: CoalaIpdConfig, streams: Streams) -> Any:
    """First logits of the naive learners that rows are judged by, axes [situation, naive]; always the same."""
    import jax

    return config.spread * jax.random.normal(streams.key("evaluation", 0), (5, config.n_judged))


def judged(config: CoalaIpdConfig, state: Any, streams: Streams) -> Judged:
    """All pairs against each other, and all agents through a meta-episode with the same naive learners."""
    import jax.numpy as jnp

    from primordia.games.learners.analytic import standing

    learned = np.moveaxis(probabilities(config, state), -1, 0)
    defecting = np.zeros((5, 1, *learned.shape[2:]))
    everyone = jnp.asarray(np.concatenate([learned, defecting], axis=1), jnp.float32)
    found = standing(recipe(config), everyone, first_naive(config, streams))
    other_play, payoffs = np.asarray(found.other_play, np.float64), np.asarray(found.payoffs, np.float64)
    return Judged(other_play[:-1], payoffs[:, :, :-1], payoffs[:, :, -1, 0])


def matrix(config: CoalaIpdConfig, state: Any, found: Judged, streams: Streams) -> Matrix:
    """Classics and typical agents against each other and a naive learner in its last inner episode."""
    import jax.numpy as jnp

    from primordia.games.learners.analytic import against_learners, payoffs_of

    tables = probabilities(config, state)
    players = {**CLASSICS, "RANDOM": (0.5,) * 5}
    for name, arm in (("SHAPER", "shaping"), ("MIXED", "mixed")):
        players[name] = tuple(tables[ARMS.index(arm), typical(found, arm), 0])
    n = len(players)
    whole = np.full((n + 1, n + 1), np.nan)
    policies = jnp.asarray(np.array([*players.values()]).T, jnp.float32)
    whole[:n, :n] = np.asarray(payoffs_of(recipe(config), policies), np.float64)
    last = np.asarray(against_learners(recipe(config), policies, first_naive(config, streams)), np.float64)[-1]
    whole[:n, n], whole[n, :n] = last
    return Matrix((*players, "LEARNER"), whole)


def scenes(config: CoalaIpdConfig, state: Any, found: Judged, streams: Streams) -> tuple[Scene, ...]:
    """A shaper with a naive learner, an agent of the mixed arm with one, and two of the latter."""
    import jax
    import jax.numpy as jnp

    from primordia.games.learners.analytic import learned, payoffs_of

    tables = probabilities(config, state)
    shaper, mixed = (tables[ARMS.index(arm), typical(found, arm)] for arm in ("shaping", "mixed"))
    own = jnp.asarray(np.stack([shaper[0], mixed[0]], axis=1), jnp.float32)
    naive = np.repeat(np.asarray(first_naive(config, streams))[:, :1], 2, axis=1)
    lessons = learned(recipe(config), own, jnp.asarray(naive))
    payoffs, taught = np.asarray(lessons.payoffs, np.float64), _sigmoid(np.asarray(lessons.naive, np.float64))
    pair = np.asarray(payoffs_of(recipe(config), jnp.asarray(mixed.T, jnp.float32)), np.float64)[(0, 1), (1, 0)]
    n_inner = config.n_inner + 1
    uniform = np.asarray(jax.random.uniform(streams.key("replay", 0), (n_inner, 2, N_GAMES, N_ROUNDS)), np.float64)
    return (
        Scene("SHAPER", "NAIVE LEARNER", _played(shaper[0], taught[:, :, 0], uniform), payoffs[..., 0]),
        Scene("MIXED", "NAIVE LEARNER", _played(mixed[0], taught[:, :, 1], uniform), payoffs[..., 1]),
        Scene(
            "MIXED", "MIXED", _played(mixed[0], np.tile(mixed[1], (n_inner, 1)), uniform), np.tile(pair, (n_inner, 1))
        ),
    )


def _played(first: Floats, second: Floats, uniform: Floats) -> Integers:
    return np.stack([play(first, policy, luck) for policy, luck in zip(second, uniform, strict=True)])


def play(first: Floats, second: Floats, uniform: Floats) -> Integers:
    """Actions of two memory-one policies (1 defects), axes [game, round, player].

    Args:
        first: probabilities of cooperation, axis [situation].
        second: those of the other, its own action first as well.
        uniform: numbers from 0 to 1, axes [player, game, round].
    """
    n_games, n_rounds = uniform.shape[1:]
    actions = np.zeros((n_games, n_rounds, 2), np.int64)
    seen = np.zeros((2, n_games), np.int64)
    for t in range(n_rounds):
        for player, policy in enumerate((first, second)):
            actions[:, t, player] = uniform[player, :, t] >= policy[seen[player]]
        one, other = actions[:, t, 0], actions[:, t, 1]
        seen = np.stack([1 + 2 * one + other, 1 + 2 * other + one])
    return actions
