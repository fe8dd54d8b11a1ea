"""games/coala-cleanup: what is played, and what is made of it. JAX is imported inside functions."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from primordia.core.streams import Streams
from primordia.games.experiments.coala_cleanup_settings import CoalaCleanupConfig

Floats = npt.NDArray[np.float64]

N_POOL = 10
"""Naive learners of a fixed pool (arXiv 2410.18636)."""


def environment(config: CoalaCleanupConfig) -> Any:
    """The game."""
    from primordia.games.environments.cleanup import Cleanup

    return Cleanup(n_steps=config.n_steps, n_dirty=config.n_dirty, dirt_rate=config.dirt_rate)


def recipe(config: CoalaCleanupConfig) -> Any:
    """How agents are trained; whatever does not go together is refused here.

    Raises:
        BadInputError: settings that do not fit each other.
    """
    from primordia.games.learners.actor_critic import ActorCritic
    from primordia.games.learners.recipe import Recipe
    from primordia.games.policies import table

    game = environment(config)
    policy = table.build(config.policy, game.n_observed, len(game.actions), config.n_units)
    rule = ActorCritic(
        config.naive_rate, config.naive_discount, payoff_scale=config.payoff_scale, optimiser=config.naive_optimiser
    )
    return Recipe(
        environment=game,
        policy=policy,
        naive=policy,
        rule=rule,
        n_games=config.n_games,
        n_episodes=config.n_episodes,
        n_naive=config.n_naive,
        n_meta=config.n_meta,
        start=config.start,
        n_pool=N_POOL,
        estimator=config.estimator,
        algorithm=config.algorithm,
        normalise=True,
        payoff_scale=config.payoff_scale,
        entropy_weight=config.entropy_weight,
        n_epochs=config.n_epochs,
        n_minibatches=config.n_minibatches,
        optimiser=config.optimiser,
        learning_rate=config.learning_rate,
        clip_norm=1.0,
    )


@functools.lru_cache(maxsize=16)
def fresh(settings: Any, n_agents: int) -> Any:
    """A compiled function of keys [replica] that begins a population for each.

    Raises:
        BadInputError: agents that are to meet others, and there are none.
    """
    import jax

    from primordia.games.learners.coala import begin

    return jax.jit(jax.vmap(lambda key: begin(settings, key, n_agents)))


class Seen(NamedTuple):
    """What happened in meta-episodes of one kind, in the mean over meta-episodes and games.

    Args:
        counts: apples, cells cleaned and zaps of an inner episode, axes [replica, count, inner, agent].
        dirt: dirty cells in the mean over steps, axes [replica, inner].
        places: share of steps in each cell, axes [replica, inner, agent, cell].
        unfairness: of cleaning, over whole meta-episodes: |difference| / sum, axis [replica].
    """

    counts: Floats
    dirt: Floats
    places: Floats
    unfairness: Floats


class Judged(NamedTuple):
    """How the first agent of every replica fares.

    Args:
        naive: with naive learners; the agent comes first.
        eater: the same with one that only eats in its place.
        meta: with the second agent; None where agents do not meet.
        taught: weights of the first naive learner at the beginning of each inner episode, first axes [replica, inner].
    """

    naive: Seen
    eater: Seen
    meta: Seen | None
    taught: Any


COUNTS = ("apples", "cleaned", "zapped")


@functools.lru_cache(maxsize=16)
def _judge(settings: Any, n_judged: int) -> Any:
    """A compiled function of populations [replica] and a key for each of them."""
    import jax

    from primordia.games.learners.coala import naive_weights
    from primordia.games.learners.rollouts import Arena, meta_episodes
    from primordia.games.policies.cleanup_roles import CleanupRole, role

    against = settings.against_naive
    roles = CleanupRole()
    replaced = Arena(against.environment, roles, against.other, against.rule, against.n_games, against.n_episodes)

    def one(population: Any, key: Any) -> Judged:
        drawing, playing, eating, meeting = jax.random.split(key, 4)
        others = naive_weights(population, drawing, n_judged, settings)
        agents = [jax.tree.map(lambda rows, place=place: rows[place], population.weights) for place in (0, -1)]
        played = meta_episodes(against, agents[0], others, playing)
        eater = _seen(meta_episodes(replaced, role("eater"), others, eating), against.environment)
        meta = None
        if settings.n_meta:
            other = jax.tree.map(lambda row: row[None], agents[1])
            meta = _seen(meta_episodes(settings.against_meta, agents[0], other, meeting), against.environment)
        taught = jax.tree.map(lambda rows: rows[0], played.learned)
        return Judged(_seen(played, against.environment), eater, meta, taught)

    return jax.jit(jax.vmap(one))


def _seen(played: Any, game: Any) -> Seen:
    """The counts of played meta-episodes, without the axis [replica]; traced."""
    import jax.numpy as jnp

    totals = jnp.stack([played.events[name].sum(3) for name in COUNTS])
    ground = played.observations[..., 2 * game.n_cells : 5 * game.n_cells]
    dirt = ground.reshape(*ground.shape[:-1], game.n_cells, 3)[..., 1].sum(-1)
    places = played.observations[..., : 2 * game.n_cells].mean((0, 1, 3))
    cleaned = totals[1].sum(2)
    difference = jnp.abs(cleaned[..., 0] - cleaned[..., 1])
    unfairness = (difference / jnp.maximum(cleaned.sum(-1), 1)).mean()
    return Seen(totals.mean((1, 2)), dirt.mean((0, 1, 3)), places.reshape(-1, 2, game.n_cells), unfairness)


def judged(config: CoalaCleanupConfig, state: Any, streams: Streams) -> Judged:
    """The agents in games whose chance is the same at every step of the run."""
    import jax

    keys = jax.random.split(streams.key("judged", 0), config.n_replicas)
    return jax.device_get(_judge(recipe(config), config.n_judged)(state, keys))


def row(found: Judged) -> dict[str, float]:
    """The metrics of `judged`."""
    naive = found.naive
    apples, cleaned, zapped = (naive.counts[:, place] for place in range(len(COUNTS)))
    replicas = {
        "payoff": apples[..., 0].mean(1),
        "naive_payoff": apples[..., 1].mean(1),
        "last_payoff": apples[:, -1, 0],
        "last_naive_payoff": apples[:, -1, 1],
        "cleaned": cleaned[..., 0].mean(1),
        "naive_cleaned": cleaned[..., 1].mean(1),
        "zaps": zapped[..., 0].mean(1),
        "naive_zaps": zapped[..., 1].mean(1),
        "dirt": naive.dirt.mean(1),
        "eater_payoff": found.eater.counts[:, 0, :, 0].mean(1),
    }
    if found.meta is not None:
        replicas |= {
            "meta_payoff": found.meta.counts[:, 0].mean((1, 2)),
            "meta_zaps": found.meta.counts[:, 2].mean((1, 2)),
            "meta_unfairness": found.meta.unfairness,
        }
    made = {}
    for name, values in replicas.items():
        low, middle, high = np.percentile(values, (25, 50, 75))
        made |= {name: float(middle), f"{name}_low": float(low), f"{name}_high": float(high)}
    return made


def typical(found: Judged) -> int:
    """The replica whose agent's payoff is the (lower) median."""
    payoffs = found.naive.counts[:, 0, :, 0].mean(1)
    return int(np.argsort(payoffs, kind="stable")[(len(payoffs) - 1) // 2])


@functools.lru_cache(maxsize=16)
def anchors(n_steps: int, n_dirty: int, dirt_rate: float, n_games: int = 512) -> dict[tuple[str, str], Floats]:
    """What pairs of written-down roles get: apples, cells cleaned and zaps of an episode, axes [count, agent]."""
    from primordia.games.environments.cleanup import Cleanup

    game = Cleanup(n_steps=n_steps, n_dirty=n_dirty, dirt_rate=dirt_rate)
    return {pair: paired(game, *pair, n_games, 0).mean(1) for pair in PAIRS}


PAIRS = (
    ("eater", "eater"), ("eater", "cleaner"), ("balancer", "balancer"), ("eater", "balancer"), ("zapper", "balancer"),
)  # fmt: skip
"""Roles that are met in the table of anchors."""


def paired(game: Any, first: str, second: str, n_games: int, seed: int) -> Floats:
    """Apples, cells cleaned and zaps of two roles in an episode, axes [count, game, agent]."""
    import jax

    from primordia.games.learners.rollouts import Arena, play
    from primordia.games.policies.cleanup_roles import CleanupRole, role

    arena = Arena(game, CleanupRole(), CleanupRole(), None, n_games, 1)
    others = jax.tree.map(lambda row: row[None], role(second))
    played = play(arena, role(first), others, jax.random.key(seed))
    return np.stack([np.asarray(played.events[name], np.float64)[0, :, 0].sum(1) for name in COUNTS])
