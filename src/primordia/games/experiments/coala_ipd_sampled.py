"""games/coala-ipd from played games: COALA-PG and its ablations, for tables and for policies with memory."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from primordia.core.streams import Streams
from primordia.games.experiments.coala_ipd_judging import CLASSICS, Floats, Judged, Matrix, Scene, typical
from primordia.games.experiments.coala_ipd_settings import ARMS, CoalaIpdConfig

PAYOFF_SCALE = 0.05
"""What payoffs are multiplied by where a critic learns them (arXiv 2410.18636, appendix)."""
SURE = 20.0
"""The difference of two logits that stands for certainty."""


def _policy(config: CoalaIpdConfig) -> Any:
    if config.policy == "gru":
        from primordia.games.policies.gru import Gru

        return Gru()
    if config.policy == "hawk":
        from primordia.games.policies.hawk import Hawk

        return Hawk(n_observed=5, n_actions=2)
    from primordia.games.policies.tabular import Tabular

    return Tabular(spread=config.spread / math.sqrt(2))


def recipes(config: CoalaIpdConfig) -> tuple[Any, ...]:
    """How agents learn, for each arm: with their pair only, with naive learners only, with both."""
    from primordia.games.environments.matrix import MatrixGame
    from primordia.games.learners.naive import Naive
    from primordia.games.learners.recipe import Recipe
    from primordia.games.policies.tabular import Tabular

    made = functools.partial(
        Recipe,
        environment=MatrixGame(n_steps=config.n_rounds),
        policy=_policy(config),
        naive=Tabular(spread=config.spread / math.sqrt(2)),
        # A step of one logit is twice that of the difference of two.
        rule=Naive(learning_rate=config.naive_rate / 2),
        n_games=config.n_games,
        n_episodes=config.n_inner,
        estimator=config.estimator,
        algorithm=config.algorithm,
        # The mean over all games of a step: a little biased, but with the unbiased one most agents end in defection.
        baseline="all",
        clip_norm=config.clip_norm,
        payoff_scale=1.0 if config.algorithm == "reinforce" else PAYOFF_SCALE,
        n_minibatches=1,
        learning_rate=config.learning_rate,
    )
    return (
        made(n_naive=0, n_meta=config.n_meta),
        made(n_naive=config.n_naive, n_meta=0),
        made(n_naive=config.n_naive, n_meta=config.n_meta, p_naive=config.p_naive),
    )


def begin(config: CoalaIpdConfig, streams: Streams) -> Any:
    """The same fresh pairs in every arm: a population for each, first axis [replica]."""
    import jax

    from primordia.games.learners import coala

    keys = jax.random.split(streams.key("agents", 0), config.n_replicas)
    first, *others = recipes(config)
    pairs = jax.vmap(lambda key: coala.begin(first, key, 2))(keys)
    return (pairs, *(jax.tree.map(lambda rows: rows + 0, pairs) for _ in others))


def update(config: CoalaIpdConfig, state: Any, streams: Streams, t: int) -> Any:
    """One update of every agent; a program for each arm."""
    import jax

    from primordia.games.learners import coala

    after = []
    for arm, recipe, pairs in zip(ARMS, recipes(config), state, strict=True):
        keys = jax.random.split(streams.key(f"update {arm}", t), config.n_replicas)
        after.append(coala.update_replicas(pairs, keys, recipe=recipe)[0])
    return tuple(after)


def check(state: Any, update: int) -> None:
    """Refuse agents that have left the finite numbers; `DivergedError` says in which update and where."""
    from primordia.games.learners import faults

    for pairs in state:
        faults.check(pairs.fault, pairs.weights)


def _flat(pairs: Any) -> Any:
    """Weights with one axis for replicas and agents."""
    import jax

    return jax.tree.map(lambda rows: rows.reshape(-1, *rows.shape[2:]), pairs.weights)


def _agent(pairs: Any, replica: int, place: int) -> Any:
    """Weights of one agent, with an axis of one in front."""
    import jax

    return jax.tree.map(lambda rows: rows[replica, place][None], pairs.weights)


def probabilities(config: CoalaIpdConfig, state: Any) -> Floats:
    """Probabilities of cooperation at the start and after three rounds of a joint action, [arm, replica, agent, 5]."""
    from primordia.games.learners.judging import answers

    rows = [np.asarray(answers(_policy(config), _flat(pairs)), np.float64) for pairs in state]
    return np.stack(rows).reshape(len(ARMS), config.n_replicas, 2, 5)


def _first_naive(config: CoalaIpdConfig, streams: Streams, recipe: Any) -> Any:
    import jax

    return jax.vmap(recipe.naive.weights)(jax.random.split(streams.key("evaluation", 0), config.n_judged))


def judged(config: CoalaIpdConfig, state: Any, streams: Streams) -> Judged:
    """All pairs against each other, and all agents through a meta-episode with the same naive learners."""
    import jax

    from primordia.games.learners import judging

    recipe = recipes(config)[0]
    naive = _first_naive(config, streams, recipe)
    other_play, payoffs = [], []
    for place, pairs in enumerate(state):
        key = streams.key("evaluation", 1 + 2 * place)
        own = np.asarray(judging.against(recipe.against_naive, _flat(pairs), naive, key), np.float64)
        own = own.reshape(config.n_replicas, 2, *own.shape[1:]).mean(1)
        payoffs.append(np.moveaxis(own, 0, -1))
        one, other = (jax.tree.map(lambda rows, at=at: rows[:, at], pairs.weights) for at in (0, 1))
        met = judging.against_each(recipe.against_meta, one, other, streams.key("evaluation", 2 + 2 * place))
        other_play.append(np.asarray(met, np.float64).mean((1, 2)))
    always = judging.against(
        _arena(recipe, "classic", "naive"), _classic(CLASSICS["ALLD"]), naive, streams.key("evaluation", 7)
    )
    return Judged(np.stack(other_play), np.stack(payoffs, axis=2), np.asarray(always, np.float64)[0])


def _classic(table: tuple[float, ...]) -> Any:
    """A memory-one policy as weights of a table, with an axis of one in front."""
    import jax.numpy as jnp

    logits = np.array([[SURE, -SURE] if share > 0.5 else [-SURE, SURE] for share in table])
    return {"logits": jnp.asarray(logits[None] / 2, jnp.float32), "values": jnp.zeros((1, 5))}


def _arena(recipe: Any, one: str, other: str) -> Any:
    """Who meets whom: "classic" (a table), "agent", or "naive" (a table that learns)."""
    from primordia.games.learners.rollouts import Arena
    from primordia.games.policies.tabular import Tabular

    kinds = {"classic": Tabular(), "agent": recipe.policy, "naive": recipe.naive}
    rule = recipe.rule if other == "naive" else None
    return Arena(recipe.environment, kinds[one], kinds[other], rule, recipe.n_games, recipe.n_episodes)


def matrix(config: CoalaIpdConfig, state: Any, found: Judged, streams: Streams) -> Matrix:
    """Classics and typical agents against each other and a naive learner, all in the last inner episode."""
    from primordia.games.learners import judging

    recipe = recipes(config)[0]
    players = {name: ("classic", _classic(table)) for name, table in CLASSICS.items()}
    for name, arm in (("SHAPER", "shaping"), ("MIXED", "mixed")):
        players[name] = ("agent", _agent(state[ARMS.index(arm)], typical(found, arm), 0))
    learners = ("naive", _first_naive(config, streams, recipe))
    n = len(players)
    whole = np.full((n + 1, n + 1), np.nan)
    for row, (kind, own) in enumerate(players.values()):
        for column, (met, other) in enumerate((*players.values(), learners)):
            key = streams.key("pool", row * (n + 1) + column)
            last = np.asarray(judging.against(_arena(recipe, kind, met), own, other, key), np.float64)[0, -1]
            whole[row, column] = last[0]
            if met == "naive":
                whole[n, row] = last[1]
    return Matrix((*players, "LEARNER"), whole)


def scenes(config: CoalaIpdConfig, state: Any, found: Judged, streams: Streams) -> tuple[Scene, ...]:
    """A shaper with a naive learner, an agent of the mixed arm with one, and two of the latter."""
    import jax

    from primordia.games.learners.rollouts import play

    recipe = recipes(config)[0]
    shaping, mixed = (typical(found, arm) for arm in ("shaping", "mixed"))
    naive = jax.tree.map(lambda rows: rows[:1], _first_naive(config, streams, recipe))
    shapers, mixers = state[ARMS.index("shaping")], state[ARMS.index("mixed")]
    met = (
        ("SHAPER", "NAIVE LEARNER", recipe.against_naive, _agent(shapers, shaping, 0), naive),
        ("MIXED", "NAIVE LEARNER", recipe.against_naive, _agent(mixers, mixed, 0), naive),
        ("MIXED", "MIXED", recipe.against_meta, _agent(mixers, mixed, 0), _agent(mixers, mixed, 1)),
    )
    made = []
    for place, (one, other, arena, own, theirs) in enumerate(met):
        ego = jax.tree.map(lambda rows: rows[0], own)
        played = play(arena, ego, theirs, streams.key("replay", place))
        actions = np.moveaxis(np.asarray(played.actions)[0], 1, 0).astype(np.int64)
        payoffs = np.asarray(played.payoffs, np.float64)[0].mean((0, 2))
        made.append(Scene(one, other, actions, payoffs))
    return tuple(made)
