"""games/coplayer-inference by the exact mixture: what a phase of all arms is, and what it shows. Imports JAX."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from primordia.core.metrics import Row
from primordia.core.streams import Streams
from primordia.games.experiments import coplayer_rows as rows
from primordia.games.experiments.coplayer_settings import CoplayerConfig
from primordia.games.prediction import anchors, mixture, phases, pool
from primordia.games.prediction.phases import Memory


class MixtureState(NamedTuple):
    """All that the next phase depends on.

    Args:
        programs: of each replica's pool, axes [replica, program, seen].
        pool: their likelihood in each history, axes [replica, history].
        known: what each arm has learnt.
        by_round: mean cooperation among learners, axes [arm, row of phases, round]; below 0 where not yet played.
    """

    programs: Any
    pool: Any
    known: dict[str, Memory]
    by_round: Any


def begin(config: CoplayerConfig, streams: Streams) -> MixtureState:
    """A pool for each replica, and what its programs show of each other.

    Raises:
        ConfigError: a pool under which some history cannot happen.
    """
    drawn = pool.draw(streams.key("pool", 0), config.n_replicas * config.n_programs)
    programs = drawn.reshape(config.n_replicas, config.n_programs, pool.N_SEEN)
    likelihood = phases.pools(programs, n_rounds=config.n_rounds)
    known = {
        arm: phases.begin(likelihood, _first(config, arm), arm=arm, n_rounds=config.n_rounds) for arm in config.arms
    }
    for memory in known.values():
        phases.check_grain(memory)
    return MixtureState(programs, likelihood, known, rows.nothing_yet(config))


def _first(config: CoplayerConfig, arm: str) -> float:
    return config.grain if arm == "identified" else config.n_first / config.n_episodes


def _phase(config: CoplayerConfig, state: MixtureState, arm: str) -> tuple[Any, Any, Any]:
    return phases.phase(state.known[arm], state.pool, config.strength, arm=arm, n_rounds=config.n_rounds)


def step(config: CoplayerConfig, state: MixtureState, streams: Streams, t: int) -> tuple[MixtureState, Row]:
    """One phase of every arm."""
    known, row, shown = {}, {}, []
    for arm in config.arms:
        known[arm], found, played = _phase(config, state, arm)
        cooperation = np.asarray(played.cooperation, np.float64)
        row |= rows.among(arm, cooperation)
        if arm in ("mixed", "decoupled"):
            row |= rows.with_pool(arm, np.asarray(played.pool_payoff, np.float64))
        if arm == config.arms[0]:
            row["pull"] = float(np.asarray(found.nudge, np.float64).mean())
        shown.append(cooperation.mean(axis=0))
    return MixtureState(state.programs, state.pool, known, rows.note(config, state.by_round, shown, t)), row


def reference(config: CoplayerConfig, state: MixtureState, streams: Streams) -> Row:
    """What the pools are worth, in the mean over replicas."""
    found = [anchors.anchors(np.asarray(one, np.float64), config.n_rounds) for one in state.programs]
    return {
        "always_defect": float(np.mean([one.always_defect for one in found])),
        "oracle": float(np.mean([one.oracle for one in found])),
    }


def by_replica(config: CoplayerConfig, state: MixtureState, streams: Streams) -> dict[str, npt.NDArray[np.float64]]:
    """Cooperation among the learners of the coming phase, arm -> axes [replica, round]."""
    return {arm: np.asarray(_phase(config, state, arm)[2].cooperation, np.float64) for arm in config.arms}


def responses(config: CoplayerConfig, state: MixtureState, streams: Streams) -> dict[str, float]:
    """What the learners of the coming phase, of the first arm, get from fixed strategies; name -> payoff per round."""
    learners = _phase(config, state, config.arms[0])[1].likelihood
    found = {}
    for name, table in pool.FIXED.items():
        likelihood = phases.pools(jnp.asarray(table, jnp.float32)[None, None], n_rounds=config.n_rounds)[0]
        played = _played(learners, likelihood, config.n_rounds)
        found[name] = float(np.asarray(played.pool_payoff, np.float64).mean())
    return found


def _played(learners: Any, likelihood: Any, n_rounds: int) -> mixture.Played:
    return jax.vmap(lambda one: mixture.played(one, likelihood, n_rounds))(learners)


def episodes(config: CoplayerConfig, state: MixtureState, streams: Streams) -> npt.NDArray[np.int64]:
    """An episode among learners of each replica, of the first arm; axes [replica, player, round], 0 cooperates."""
    learners = np.asarray(_phase(config, state, config.arms[0])[1].likelihood, np.float64)
    there, actions = mixture.mirrored(config.n_rounds), mixture.joint_actions(config.n_rounds)
    draws = streams.integers("replay", 0, len(learners), 2**53) / 2**53
    found = []
    for likelihood, draw in zip(learners, draws, strict=True):
        chances = np.cumsum(likelihood * likelihood[there])
        history = actions[min(np.searchsorted(chances / chances[-1], draw, side="right"), len(actions) - 1)]
        found.append([history // 2, history % 2])
    return np.asarray(found)
