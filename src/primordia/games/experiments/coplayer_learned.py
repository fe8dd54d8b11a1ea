"""games/coplayer-inference by a learner: the sequence model that plans (ppi), or an actor with a critic (a2c)."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from primordia.core.metrics import Row
from primordia.core.streams import Streams
from primordia.games.experiments import coplayer_rows as rows
from primordia.games.experiments.coplayer_settings import CoplayerConfig
from primordia.games.learners.faults import DivergedError
from primordia.games.prediction import a2c, anchors, pool, ppi
from primordia.games.prediction.meetings import Meetings, Opponents, fixed_opponents
from primordia.games.prediction.model import Model

N_ANCHORS = 2000
"""Members of the pool that its worth is estimated with."""
N_SHOWN = 8
"""Episodes in the film."""


class PpiState(NamedTuple):
    """All that the next phase depends on.

    Args:
        episodes: room for all of the run, the first ones filled; axes [episode, round].
        n_phases: completed.
        weights: of the model of the last phase.
        by_round: as in `coplayer_rows.note`.
    """

    episodes: ppi.Episodes
    n_phases: Any
    weights: Any
    by_round: Any


class A2cState(NamedTuple):
    """All that the next update depends on, with the picture of updates."""

    learner: a2c.Learner
    by_round: Any


def meetings(config: CoplayerConfig) -> Meetings:
    """Who meets whom in a phase."""
    return Meetings(config.n_episodes, config.pool)


def _recipe(config: CoplayerConfig) -> ppi.Recipe:
    return ppi.Recipe(config.learning_rate, config.n_batch, config.n_epochs)


def _critic(config: CoplayerConfig) -> a2c.Recipe:
    return a2c.Recipe(config.learning_rate, config.entropy, rescale=config.rescale)


def begin(config: CoplayerConfig, streams: Streams) -> PpiState | A2cState:
    """What was watched, and room for what will be played; or a fresh actor.

    Raises:
        ConfigError: the episodes of a phase cannot be shared out.
    """
    shared = meetings(config)
    if config.method == "a2c":
        learner = a2c.begin(streams.key("weights", 0), n_units=config.n_units, recipe=_critic(config))
        return A2cState(learner, rows.nothing_yet(config))
    first = Meetings(config.n_first // 4 * 4 or 4, config.pool)
    watched = ppi.watch(streams.key("first", 0), meetings=first, n_rounds=config.n_rounds)
    room = first.n_rows + config.n_phases * shared.n_rows
    held = ppi.Episodes(*(jnp.zeros((room, *one.shape[1:]), one.dtype).at[: first.n_rows].set(one) for one in watched))
    fresh = _model(config).weights(streams.key("weights", 0))
    return PpiState(held, np.asarray(0, np.int32), fresh, rows.nothing_yet(config))


def _model(config: CoplayerConfig) -> Model:
    return Model(config.n_units, config.n_embedded)


def step(config: CoplayerConfig, state: Any, streams: Streams, t: int) -> tuple[Any, Row]:
    """One phase: train anew on everything, play, remember. Or one update.

    Raises:
        DivergedError: a loss or weight is not finite.
    """
    return _update(config, state, streams, t) if config.method == "a2c" else _phase(config, state, streams, t)


def _phase(config: CoplayerConfig, state: PpiState, streams: Streams, t: int) -> tuple[PpiState, Row]:
    n_first = state.episodes.own.shape[0] - config.n_phases * config.n_episodes
    # Beyond the phases that the run was planned for, the oldest give way.
    n_known = n_first + min(t, config.n_phases) * config.n_episodes
    place = n_first + t % config.n_phases * config.n_episodes
    trained = ppi.train(
        streams.key("train", t), state.episodes, jnp.int32(n_known), model=_model(config), recipe=_recipe(config)
    )
    if not trained.finite:
        raise DivergedError(t + 1, "loss of the sequence model")
    opponents = meetings(config).opponents(streams.key("meet", t))
    played = _play(config, trained.weights, opponents, streams.key("play", t))
    held = ppi.Episodes(
        *(
            kept.at[place : place + config.n_episodes].set(new)
            for kept, new in zip(state.episodes, played.episodes, strict=True)
        )
    )
    row = _told(config, played.episodes) | {
        "pull": float(played.nudge),
        **{f"{name}_loss": float(one) for name, one in trained.losses._asdict().items()},
    }
    noted = rows.note(config, state.by_round, [_cooperation(config, played.episodes).mean(axis=0)], t)
    return PpiState(held, np.asarray(t + 1, np.int32), trained.weights, noted), row


def _play(config: CoplayerConfig, weights: Any, opponents: Opponents, key: Any) -> ppi.Play:
    return ppi.play(
        key, weights, opponents, jnp.float32(config.strength), meetings=meetings(config), model=_model(config),
        planning=ppi.Planning(config.n_rollouts, config.n_ahead), n_rounds=config.n_rounds,
    )  # fmt: skip


def _update(config: CoplayerConfig, state: A2cState, streams: Streams, t: int) -> tuple[A2cState, Row]:
    after = a2c.update(
        streams.key("update", t), state.learner, meetings=meetings(config), recipe=_critic(config),
        n_units=config.n_units, n_rounds=config.n_rounds,
    )  # fmt: skip
    if not after.finite:
        raise DivergedError(t + 1, "loss of the actor and critic")
    row = _told(config, after.episodes) | {"policy_entropy": float(after.entropy)}
    noted = rows.note(config, state.by_round, [_cooperation(config, after.episodes).mean(axis=0)], t)
    return A2cState(after.learner, noted), row


def _cooperation(config: CoplayerConfig, episodes: ppi.Episodes) -> npt.NDArray[np.float64]:
    """Among learners, axes [episode, round]."""
    return 1.0 - np.asarray(episodes.own[meetings(config).n_pool :], np.float64)


def _paid(episodes: ppi.Episodes) -> npt.NDArray[np.float64]:
    joint = 2 * np.asarray(episodes.own, np.int64) + np.asarray(episodes.other, np.int64)
    return np.asarray(pool.PAYOFFS)[joint]


def _told(config: CoplayerConfig, episodes: ppi.Episodes) -> dict[str, float]:
    (arm,), n_pool = config.arms, meetings(config).n_pool
    row = rows.among(arm, _cooperation(config, episodes))
    return row | (rows.with_pool(arm, _paid(episodes)[:n_pool]) if n_pool else {})


def reference(config: CoplayerConfig, state: Any, streams: Streams) -> Row:
    """What the pool is worth, estimated with 2000 of its members."""
    found = _anchors(streams.words("anchors", 0)[0], config.n_rounds)
    return {"always_defect": found.always_defect, "oracle": found.oracle}


@functools.lru_cache(maxsize=8)
def _anchors(word: int, n_rounds: int) -> anchors.Anchors:
    drawn = np.random.Generator(np.random.Philox(word)).uniform(size=(N_ANCHORS, pool.N_SEEN))
    return anchors.anchors(drawn, n_rounds)


def _episodes(config: CoplayerConfig, state: Any, opponents: Opponents, key: Any) -> ppi.Episodes:
    if config.method == "a2c":
        return a2c.play(
            key, state.learner.weights, opponents, meetings=meetings(config), n_units=config.n_units,
            n_rounds=config.n_rounds,
        )  # fmt: skip
    return _play(config, state.weights, opponents, key).episodes


def _judged(config: CoplayerConfig, state: Any, streams: Streams) -> ppi.Episodes:
    opponents = meetings(config).opponents(streams.key("judges", 0))
    return _episodes(config, state, opponents, streams.key("judging", 0))


def by_replica(config: CoplayerConfig, state: Any, streams: Streams) -> dict[str, npt.NDArray[np.float64]]:
    """Cooperation among learners in fresh episodes, arm -> axes [episode, round]."""
    return {config.arms[0]: _cooperation(config, _judged(config, state, streams))}


def responses(config: CoplayerConfig, state: Any, streams: Streams) -> dict[str, float]:
    """What learners get from fixed strategies; name -> payoff per round."""
    found = {}
    for place, (name, chances) in enumerate(pool.FIXED.items()):
        opponents = fixed_opponents(jnp.asarray(chances, jnp.float32), meetings(config))
        played = _episodes(config, state, opponents, streams.key("responses", place))
        found[name] = float(_paid(played).mean())
    return found


def episodes(config: CoplayerConfig, state: Any, streams: Streams) -> npt.NDArray[np.int64]:
    """Episodes among learners, axes [episode, player, round]."""
    played = _judged(config, state, streams)
    first = meetings(config).n_pool
    shown = slice(first, first + min(N_SHOWN, (config.n_episodes - first) // 2))
    return np.stack([np.asarray(played.own[shown], np.int64), np.asarray(played.other[shown], np.int64)], axis=1)
