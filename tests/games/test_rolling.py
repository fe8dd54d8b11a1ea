"""Batches of games: each begins anew when it ends, whatever the others do, and the step tells of the end itself."""

import jax
import jax.numpy as jnp
import numpy as np

from primordia.games.environments import rolling
from primordia.games.environments.coins import Coins, CoinState
from primordia.games.environments.environment import unit
from primordia.games.environments.matrix import MatrixGame

GAME, N_GAMES = Coins(n_steps=3), 4


@jax.jit
def moved(games, actions, key):
    return rolling.move(GAME, games, actions, key)


@jax.jit
def by_hand(games, actions, key):
    """A step of every game, and what each would begin with if it began anew now."""
    chance, again = jax.random.split(key)
    step = jax.vmap(GAME.step)(games.states, actions, rolling.words(chance, N_GAMES, GAME.n_draws))
    return step, rolling.begin(GAME, again, N_GAMES)


def same(one, other):
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def start(played):
    cells = np.array([[0, 4], [1, 8], [3, 3], [5, 6]], np.int32)
    coins = np.array([[-1, 2], [0, -1], [7, -1], [-1, 4]], np.int32)
    state = CoinState(cells, coins, np.array(played, np.int32))
    return rolling.Games(state, np.zeros((N_GAMES, 2, GAME.n_observed), np.float32))


def test_games_that_end_begin_anew_and_the_others_go_on():
    actions = np.array([[0, 1], [2, 3], [1, 1], [3, 0]], np.int32)
    games, step = moved(start([0, 2, 1, 2]), actions, jax.random.key(1))
    expected, fresh = by_hand(start([0, 2, 1, 2]), actions, jax.random.key(1))
    assert np.asarray(step.done).tolist() == [False, True, False, True]
    assert same(step, expected)
    assert np.asarray(step.state.step).tolist() == [1, 3, 2, 3], "the step is told as it was"
    assert np.asarray(games.states.step).tolist() == [1, 0, 2, 0]
    for lane, source in enumerate((step, fresh, step, fresh)):
        state = source.states if source is fresh else source.state
        assert same(*(jax.tree.map(lambda leaf, lane=lane: leaf[lane], each) for each in (games.states, state)))
        assert np.array_equal(games.observations[lane], source.observations[lane])


def test_nothing_begins_anew_while_no_game_ends():
    actions = np.zeros((N_GAMES, 2), np.int32)
    games, step = moved(start([0, 1, 0, 1]), actions, jax.random.key(2))
    assert same(games.states, step.state)


def test_a_batch_of_batches_is_the_batches():
    keys = jax.random.split(jax.random.key(3), 2)
    actions = np.zeros((2, N_GAMES, 2), np.int32)
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), start([0, 2, 1, 2]), start([0, 1, 0, 1]))
    together, _ = jax.vmap(moved)(stacked, actions, jax.random.clone(keys))
    for i, played in enumerate(([0, 2, 1, 2], [0, 1, 0, 1])):
        alone, _ = moved(start(played), actions[i], keys[i])
        assert same(alone, jax.tree.map(lambda leaf, i=i: leaf[i], together))


def test_random_play_is_fair_and_spans_episodes():
    games = start([0, 0, 0, 0])
    after, payoffs = rolling.random_play(GAME, games, jax.random.key(4), n_steps=3000)
    assert np.asarray(after.states.step).tolist() == [0] * N_GAMES
    assert np.abs(np.asarray(payoffs)).max() < 0.025, "half of the coins are the other's: 1 + 1 - 2, in the mean"


def test_agents_carry_their_memory_through_a_roll():
    def act(memory, observations, own):
        assert own.shape == (2, 2)
        return jnp.broadcast_to(memory % 2, own.shape), memory + 1

    game = MatrixGame(n_steps=5)
    games = rolling.begin(game, jax.random.key(5), 2)
    after, memory, payoffs = rolling.roll(game, games, act, jnp.zeros((), jnp.int32), jax.random.key(6), n_steps=64)
    assert int(memory) == 64
    assert np.asarray(after.states.round).tolist() == [64 % 5] * 2
    assert np.allclose(payoffs, 0.5), "both cooperate in every other step and defect in the others: 1 and 0"


def test_words_of_agents_are_fair_and_alike_for_nobody():
    def act(memory, observations, own):
        return jnp.zeros(own.shape, jnp.int32), memory + unit(own)

    game, n_steps = MatrixGame(), 4096
    games = rolling.begin(game, jax.random.key(7), 8)
    _, sums, _ = rolling.roll(game, games, act, jnp.zeros((8, 2)), jax.random.key(8), n_steps=n_steps)
    # The mean of 4,096 uniform numbers has a standard deviation of 0.0045.
    assert np.abs(np.asarray(sums) / n_steps - 0.5).max() < 0.023
    assert len(np.unique(np.asarray(sums))) == 16
