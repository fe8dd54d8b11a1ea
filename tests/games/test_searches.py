"""M-FOS on the exact meta-game and Shaper by evolution: their parts against plain numbers, and that they learn."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core.errors import BadInputError
from primordia.games.environments.matrix import MatrixGame
from primordia.games.learners import faults, mfos, shaper
from primordia.games.learners.naive import Naive
from primordia.games.learners.rollouts import Arena
from primordia.games.learners.rule import Still
from primordia.games.policies.tabular import Tabular

GAME = mfos.MetaGame(n_games=8, n_steps=3, n_units=4)
ROUNDS = 400


def rounds_of(own: np.ndarray, other: np.ndarray, discount: float) -> list[float]:
    """Normalised payoffs of two memory-one players, by playing out the distribution round after round."""
    one, two = 1 / (1 + np.exp(-own)), 1 / (1 + np.exp(-other))
    state = np.outer([one[0], 1 - one[0]], [two[0], 1 - two[0]])
    table = np.array([[1.0, -1.0], [2.0, 0.0]])
    totals = [0.0, 0.0]
    for time in range(ROUNDS):
        weight = (1 - discount) * discount**time
        totals[0] += weight * float((state * table).sum())
        totals[1] += weight * float((state * table.T).sum())
        after = np.zeros((2, 2))
        for mine in (0, 1):
            for theirs in (0, 1):
                a, b = one[1 + 2 * mine + theirs], two[1 + 2 * theirs + mine]
                after += state[mine, theirs] * np.outer([a, 1 - a], [b, 1 - b])
        state = after
    return totals


@jax.jit
def inner(own: jax.Array, other: jax.Array) -> tuple[jax.Array, jax.Array]:
    return mfos.inner_episode(GAME, own, other)


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 99))
def test_an_inner_episode_is_played_out_and_the_co_player_climbs(seed: int) -> None:
    own, other = np.random.default_rng(seed).normal(size=(2, 5))
    payoffs, after = inner(jnp.asarray(own, jnp.float32), jnp.asarray(other, jnp.float32))
    np.testing.assert_allclose(payoffs, rounds_of(own, other, GAME.discount), atol=2e-5)
    slope = [
        (rounds_of(own, other + step, GAME.discount)[1] - rounds_of(own, other - step, GAME.discount)[1]) / 2e-4
        for step in 1e-4 * np.eye(5)
    ]
    np.testing.assert_allclose(after - other, GAME.step_size * np.array(slope), atol=2e-3)


@pytest.mark.slow
def test_an_update_of_m_fos_is_pure_and_finite() -> None:
    meta = mfos.begin(GAME, jax.random.key(0))
    after, row = mfos.update(meta, jax.random.key(1), game=GAME)
    again, _ = mfos.update(meta, jax.random.key(1), game=GAME)
    jax.tree.map(np.testing.assert_array_equal, after, again)
    assert int(meta.n_updates) == 0
    assert -1 <= float(row["payoff"]) <= 2
    faults.check(after.fault, after.weights)


@pytest.mark.slow
def test_m_fos_extorts_naive_co_players() -> None:
    """Far above what always defecting gets, which is next to nothing here: a step of 25 is all that it takes."""
    game = mfos.MetaGame(n_games=128, n_steps=30, learning_rate=0.01)
    meta = mfos.begin(game, jax.random.key(0))
    row = {}
    for place in range(150):
        meta, row = mfos.update(meta, jax.random.fold_in(jax.random.key(1), place), game=game)
    assert float(row["last_payoff"]) > 0.6
    assert float(row["last_payoff"]) > float(row["last_payoff_of_other"])


@settings(max_examples=10, deadline=None)
@given(st.lists(st.floats(-5, 5, width=16), min_size=6, max_size=6))
def test_ranks_forget_the_scale_of_fitness(fitness: list[float]) -> None:
    noise = np.random.default_rng(0).normal(size=(3, 2)).astype(np.float32)
    scores = np.array(fitness, np.float32)
    one = shaper.ascent(jnp.asarray(scores), jnp.asarray(noise), 0.1)
    two = shaper.ascent(jnp.asarray(8 * scores + 4), jnp.asarray(noise), 0.1)
    np.testing.assert_allclose(one, two, atol=1e-5)
    ranks = [(sum(a > b for b in scores) - sum(a < b for b in scores)) / 10 for a in scores]
    plain = sum((ranks[pair] - ranks[3 + pair]) * noise[pair] for pair in range(3)) / (6 * 0.1)
    np.testing.assert_allclose(one, plain, atol=1e-5)
    np.testing.assert_array_equal(shaper.ascent(jnp.ones(6), jnp.asarray(noise), 0.1), np.zeros(2))


@pytest.mark.slow
def test_shaper_finds_that_defection_pays_against_those_who_do_not_learn() -> None:
    arena = Arena(MatrixGame(n_steps=3), Tabular(), Tabular(), Still(), 4, 2)
    evolution = shaper.Evolution(arena, n_pairs=16, n_meta=2, spread=0.2, learning_rate=0.3)
    search = shaper.begin(evolution, jax.random.key(0))
    first = None
    for place in range(25):
        search, row = shaper.update(search, jax.random.fold_in(jax.random.key(1), place), evolution=evolution)
        first = row if first is None else first
    defecting = jax.nn.softmax(search.weights["logits"])[:, 1]
    assert float(defecting[0]) > 0.7
    assert float(row["fitness"]) > float(first["fitness"])
    faults.check(search.fault, search.weights)


def test_bad_input_is_a_sentence() -> None:
    arena = Arena(MatrixGame(n_steps=3), Tabular(), Tabular(), Naive(), 4, 2)
    with pytest.raises(BadInputError, match="spread=0"):
        shaper.Evolution(arena, spread=0.0)
    with pytest.raises(BadInputError, match=r"discount=1 of an inner round"):
        mfos.MetaGame(discount=1.0)
    with pytest.raises(BadInputError, match="n_steps=0"):
        mfos.MetaGame(n_steps=0)
