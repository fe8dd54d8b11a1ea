"""Meta-episodes against a twin in plain Python; whose memory goes on; how co-players learn."""

from __future__ import annotations

import dataclasses
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_rollouts as plain
from primordia.core.errors import BadInputError, UnknownNameError
from primordia.games.environments.environment import unit
from primordia.games.environments.matrix import MatrixGame
from primordia.games.learners import naive, rollouts
from primordia.games.learners.actor_critic import ActorCritic
from primordia.games.learners.naive import Naive
from primordia.games.learners.rule import Episode, Still, replay
from primordia.games.policies.gru import Gru
from primordia.games.policies.policy import Acting, Policy, log_probability
from primordia.games.policies.tabular import Tabular

N_META, N_GAMES, N_EPISODES, N_STEPS = 2, 3, 3, 4
GAME = MatrixGame(n_steps=N_STEPS)


def arena(ego: Policy, other: Policy, rule: Any) -> rollouts.Arena:
    return rollouts.Arena(GAME, ego, other, rule, N_GAMES, N_EPISODES)


def luck_of(key: jax.Array) -> np.ndarray:
    """The numbers that actions are drawn with, axes [inner, step, meta, game, agent]."""
    found = []
    for place in range(N_EPISODES):
        _, chance = jax.random.split(jax.random.fold_in(key, place))
        found.append(unit(jax.random.bits(chance, (N_STEPS, N_META, N_GAMES, 2), jnp.uint32)))
    return np.asarray(found)


def test_meta_episodes_are_those_of_the_plain_twin() -> None:
    rule = Naive(learning_rate=6.0)
    table = Tabular(spread=1.0)
    ego = table.weights(jax.random.key(0))
    others = jax.vmap(table.weights)(jax.random.split(jax.random.key(1), N_META))
    played = rollouts.play(arena(table, table, rule), ego, others, jax.random.key(2))
    luck = luck_of(jax.random.key(2))
    for meta in range(N_META):
        own, other = np.asarray(ego["logits"], float), np.asarray(others["logits"][meta], float)
        actions, tables = plain.meta_episode(own, other, luck[:, :, meta].tolist(), rule.learning_rate, rule.discount)
        # [inner, step, game, agent] of the twin is [game, inner, step, agent] here.
        np.testing.assert_array_equal(played.actions[meta], np.transpose(actions, (2, 0, 1, 3)))
        np.testing.assert_allclose(played.learned["logits"][meta], tables[:-1], atol=2e-5)
        np.testing.assert_allclose(played.after["logits"][meta], tables[-1], atol=2e-5)
    own, theirs = played.actions[..., 0], played.actions[..., 1]
    np.testing.assert_array_equal(played.payoffs[..., 0], np.asarray(plain.PAYOFFS)[own, theirs])
    np.testing.assert_array_equal(played.payoffs[..., 1], np.asarray(plain.PAYOFFS)[theirs, own])
    np.testing.assert_array_equal(played.events["cooperated"], played.actions == 0)


@pytest.mark.slow
def test_a_replay_makes_the_choices_of_the_game_again() -> None:
    """The ego's memory goes through all inner episodes: a replay from one empty memory has the same chances.

    That PPO's first ratios are 1 (test_coala) says the same of a smaller game, fast.
    """
    ego = Gru(n_units=3)
    weights = jax.tree.map(lambda row: row + 0.3, ego.weights(jax.random.key(0)))
    others = jax.vmap(Tabular().weights)(jax.random.split(jax.random.key(1), N_META))
    played = rollouts.play(arena(ego, Tabular(), Naive()), weights, others, jax.random.key(2))
    long = played.observations.reshape(N_META * N_GAMES, N_EPISODES * N_STEPS, -1)
    again = replay(ego, weights, long)
    chances = log_probability(again.logits, played.actions[..., 0].reshape(long.shape[:2]))
    np.testing.assert_allclose(chances, played.chances.reshape(chances.shape), atol=1e-5)
    np.testing.assert_allclose(again.values, played.values.reshape(chances.shape), atol=1e-5)
    assert np.ptp(np.asarray(played.values)) > 0.1


@final
@dataclasses.dataclass(frozen=True)
class Counting(Policy):
    """Cooperates in its first `N_STEPS` rounds, as its memory counts them, and defects after."""

    n_observed: int = 5
    n_actions: int = 2

    def weights(self, key: jax.Array) -> dict[str, jax.Array]:
        return {"nothing": jnp.zeros(1)}

    def begin(self) -> jax.Array:
        return jnp.zeros(())

    def act(self, weights: Any, memory: jax.Array, observation: jax.Array) -> Acting:
        chosen = jnp.where(memory < N_STEPS, jnp.array([50.0, -50.0]), jnp.array([-50.0, 50.0]))
        return Acting(chosen, jnp.zeros(()), memory + 1)


@pytest.mark.parametrize("rule", [Still(), pytest.param(None, marks=pytest.mark.slow)])
def test_only_a_naive_co_player_forgets_at_an_inner_end(rule: Any) -> None:
    weights = {"nothing": jnp.zeros((N_META, 1))}
    both = arena(Counting(), Counting(), rule)
    played = rollouts.play(both, {"nothing": jnp.zeros(1)}, weights, jax.random.key(0))
    defects = np.asarray(played.actions).mean((0, 1, 3))
    assert defects[:, 0].tolist() == [0, 1, 1]
    assert defects[:, 1].tolist() == ([0, 0, 0] if rule else [0, 1, 1])


def episode(seed: int, n_games: int = N_GAMES) -> Episode:
    source = np.random.default_rng(seed)
    rows = source.integers(0, 5, (n_games, N_STEPS))
    return Episode(
        jnp.asarray(np.eye(5, dtype=np.float32)[rows]),
        jnp.asarray(source.integers(0, 2, (n_games, N_STEPS)), jnp.int32),
        jnp.asarray(source.normal(size=(n_games, N_STEPS)), jnp.float32),
    )


advantages = jax.jit(naive.advantages)
closed_form = jax.jit(naive.ascent, static_argnames=("policy",))


@jax.jit
@jax.grad
def slopes(weights: Any, seen: Episode, advantage: jax.Array) -> jax.Array:
    choices = replay(Tabular(), weights, seen.observations)
    return (log_probability(choices.logits, seen.actions) * advantage).mean()


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000))
def test_the_closed_form_of_a_table_is_what_autodiff_gives(seed: int) -> None:
    weights, seen = Tabular().weights(jax.random.key(seed)), episode(seed)
    advantage = advantages(seen.payoffs, 0.9)

    closed = closed_form(Tabular(), weights, seen, advantage)
    np.testing.assert_allclose(closed["logits"], slopes(weights, seen, advantage)["logits"], atol=1e-6)
    assert float(jnp.abs(closed["values"]).max()) == 0


@pytest.mark.slow
def test_minibatches_are_steps_one_after_the_other() -> None:
    weights, seen = Tabular().weights(jax.random.key(0)), episode(0, 4)
    whole = Naive(minibatch=2).update(Tabular(), weights, (), seen)[0]
    step = Naive()
    for part in (slice(0, 2), slice(2, 4)):
        weights, _ = step.update(Tabular(), weights, (), jax.tree.map(lambda row, part=part: row[part], seen))
    np.testing.assert_allclose(whole["logits"], weights["logits"], atol=1e-6)


@pytest.mark.slow
def test_a_naive_actor_and_critic_learns_to_defect() -> None:
    """Against a co-player that never changes, defection pays more in every situation."""
    table, rule = Tabular(), ActorCritic(learning_rate=0.3)
    both = rollouts.Arena(GAME, table, table, rule, 8, 12)
    others = jax.vmap(table.weights)(jax.random.split(jax.random.key(1), 4))
    played = rollouts.play(both, table.weights(jax.random.key(0)), others, jax.random.key(2))
    cooperated = np.asarray(played.events["cooperated"])[..., 1].mean((0, 1, 3))
    assert cooperated[:2].mean() > 0.3
    assert cooperated[-2:].mean() < 0.15


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-20, 20), min_size=3, max_size=3), st.floats(0, 1, exclude_max=True, width=16))
def test_drawn_actions_are_the_inverse_of_the_cumulated_chances(logits: list[float], luck: float) -> None:
    found = int(rollouts.drawn_action(jnp.array(logits), jnp.array(luck)))
    cumulated = np.cumsum(plain.softmax(logits))
    assert cumulated[found] > luck - 1e-6
    assert found == 0 or cumulated[found - 1] <= luck + 1e-6


def test_bad_arenas_are_sentences() -> None:
    with pytest.raises(BadInputError, match=r"minibatches of 5 games.* n_games=16; the nearest that they divide is 15"):
        rollouts.Arena(GAME, Tabular(), Tabular(), Naive(minibatch=5), 16, 2)
    with pytest.raises(BadInputError, match="ego takes 4 numbers"):
        rollouts.Arena(GAME, Tabular(n_observed=4), Tabular(), None, 2, 2)
    with pytest.raises(BadInputError, match="n_games=0"):
        rollouts.Arena(GAME, Tabular(), Tabular(), None, 0, 2)
    with pytest.raises(BadInputError, match=r"discount=1\.5"):
        Naive(discount=1.5)
    with pytest.raises(BadInputError, match="learning_rate=nan of a naive"):
        Naive(learning_rate=float("nan"))
    with pytest.raises(BadInputError, match="clip_norm=-1 of an actor"):
        ActorCritic(clip_norm=-1.0)
    with pytest.raises(UnknownNameError, match="did you mean 'adam'"):
        ActorCritic(optimiser="adm")
