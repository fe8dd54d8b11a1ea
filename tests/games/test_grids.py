"""Grid worlds beside their plain twins, word for word; payoffs as published; who sees what; what is refused."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles import plain_grids as plain

from primordia.core.errors import ConfigError
from primordia.games.environments import checks, grid
from primordia.games.environments.cleanup import Cleanup, CleanupState
from primordia.games.environments.cleanup_world import CleanupWorld
from primordia.games.environments.coins import Coins, CoinState
from primordia.games.environments.gathering import Gathering
from primordia.games.environments.harvest import Harvest
from primordia.games.environments.world import WorldState

YARD = ("P PaAAP", "P #AaaP", "dDP~ Ad")
BUSY = {"n_agents": 3, "n_steps": 25, "n_away": 3, "ahead": 2, "behind": 1, "side": 1, "length": 2, "plan": YARD}
COINS = Coins(n_steps=25)
TWO_COINS = Coins(size=2, n_coins=2, n_steps=25, may_stay=True)
CLEANUP = Cleanup()
HARVEST = Harvest(**BUSY, regrowth=(0.01, 0.05, 0.1, 0.3))
GATHERING = Gathering(**BUSY | {"width": 0, "length": 4}, n_hits=2, n_regrow=2)
RIVER = CleanupWorld(**BUSY, growth=0.3, depletion=0.9, n_calm=3)
TWINS = [
    (COINS, lambda game: plain.Coins(game.size, game.n_coins, game.n_steps)),
    (TWO_COINS, lambda game: plain.Coins(game.size, game.n_coins, game.n_steps)),
    (CLEANUP, lambda game: plain.Cleanup(game.n_rows, game.n_columns, game.n_steps, game.n_dirty)),
    (HARVEST, plain.Harvest),
    (GATHERING, plain.Gathering),
    (RIVER, plain.CleanupWorld),
]
GAMES = [game for game, _ in TWINS]


def named(game):
    return f"{game.name}{getattr(game, 'n_coins', '')}"


@functools.cache
def stepping(game):
    return jax.jit(game.step)


@functools.cache
def seeing(game):
    return jax.jit(game.observed)


@pytest.mark.parametrize(("game", "twin"), TWINS, ids=[named(game) for game in GAMES])
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_step_is_that_of_the_plain_twin(game, twin, seed):
    actions, words = some_words(seed, game)
    found = jax.tree.map(np.asarray, checks.played(game, actions, words))
    for lane in range(checks.N_GAMES):
        other = twin(game)
        other.reset(words[lane, : game.n_reset_draws])
        agree(found.begun, other, (lane,))
        for t in range(game.n_steps):
            first = game.n_reset_draws + t * game.n_draws
            payoffs, events, done = other.step(actions[lane, t].tolist(), words[lane, first : first + game.n_draws])
            agree((found.steps.state, found.steps.observations), other, (lane, t))
            assert found.steps.payoffs[lane, t].tolist() == payoffs, t
            assert {name: kept[lane, t].tolist() for name, kept in found.steps.events.items()} == events, t
            assert found.steps.done[lane, t] == done, t


def agree(found, twin, place):
    state, observations = found
    for name, expected in twin.state().items():
        assert np.asarray(getattr(state, name))[place].tolist() == expected, (name, place)
    assert np.array_equal(observations[place], twin.seen()), place


@pytest.mark.parametrize(
    "game",
    [*(pytest.param(game, marks=pytest.mark.slow) for game in (COINS, HARVEST)), TWO_COINS, CLEANUP, GATHERING, RIVER],
    ids=named,
)
def test_the_checks_of_environments_hold(game):
    for check in checks.checks(game):
        check.run()


def some_words(seed, game):
    """Words and actions for `checks.played`, whose program every test here shares."""
    drawn = np.random.default_rng(seed)
    n_words = game.n_reset_draws + game.n_steps * game.n_draws
    shape = (checks.N_GAMES, game.n_steps, game.n_agents)
    actions = drawn.integers(0, len(game.actions), shape, dtype=np.int32)
    return actions, drawn.integers(0, 2**32, (checks.N_GAMES, n_words), dtype=np.uint32)


@pytest.mark.parametrize("game", [COINS, CLEANUP, RIVER], ids=named)
def test_exchanging_the_agents_exchanges_what_they_see(game):
    steps = checks.played(game, *some_words(5, game)).steps
    for t in range(0, 25, 4):
        state = jax.tree.map(lambda leaf, t=t: np.asarray(leaf)[0, t], steps.state)
        mirrored = jax.tree.map(lambda leaf: leaf[::-1] if leaf.shape == (game.n_agents,) else leaf, state)
        one, other = (np.asarray(seeing(game)(each)) for each in (state, mirrored))
        assert one.tolist() == other[::-1].tolist()
        assert one.tolist() == np.asarray(steps.observations)[0, t].tolist()


def coins(cells, colours, actions):
    state = CoinState(np.array(cells, np.int32), np.array(colours, np.int32), np.int32(0))
    step = stepping(COINS)(state, np.array(actions, np.int32), np.zeros(2, np.uint32))
    return step.payoffs.tolist(), step.state.coins.tolist()


@pytest.mark.parametrize(
    ("cells", "colours", "actions", "payoffs"),
    [
        ((0, 8), (1, -1), (0, 1), [1, 0]),
        ((0, 8), (-1, 1), (0, 1), [1, -2]),
        ((8, 0), (1, -1), (1, 0), [-2, 1]),
        ((8, 0), (-1, 1), (1, 0), [0, 1]),
        ((0, 2), (1, -1), (0, 1), [-1, 1]),
        ((0, 2), (-1, 1), (0, 1), [1, -1]),
        ((2, 8), (0, -1), (0, 1), [1, 0]),
        ((0, 8), (4, -1), (0, 1), [0, 0]),
    ],
    ids=["own", "other's", "loses", "second's own", "both first's", "both second's", "around the edge", "nobody"],
)
def test_coins_pay_as_published(cells, colours, actions, payoffs):
    found, coins_after = coins(cells, colours, actions)
    assert found == payoffs
    taken = any(payoffs)
    assert (coins_after[0] == -1) == ((colours[0] == -1) != taken), "the next coin has the other colour"


def test_a_coin_appears_on_every_free_cell_alike():
    words = np.random.default_rng(3).integers(0, 2**32, (6000, 2), dtype=np.uint32)
    state = CoinState(np.array([0, 8], np.int32), np.array([1, -1], np.int32), np.int32(0))
    step = jax.jit(jax.vmap(COINS.step, (None, None, 0)))(state, np.array([0, 1], np.int32), words)
    counts = np.bincount(np.asarray(step.state.coins[:, 1]), minlength=9)
    assert counts[[1, 7]].tolist() == [0, 0]
    assert np.abs(np.delete(counts, [1, 7]) - 6000 / 7).max() < 5 * np.sqrt(6000 / 7)


def cleanup(cells, frozen, apples, dirt, actions, words=(2**32 - 1,) * 7):
    marks = [np.isin(np.arange(20), where) for where in (apples, dirt)]
    state = CleanupState(np.array(cells, np.int32), np.array(frozen, np.int32), *marks, np.int32(0))
    return stepping(CLEANUP)(state, np.array(actions, np.int32), np.array(words, np.uint32))


def test_cleanup_is_as_specified():
    start = checks.played(CLEANUP, *some_words(1, CLEANUP)).begun[0]
    assert np.asarray(start.dirt).sum(1).tolist() == [3] * checks.N_GAMES
    assert not np.asarray(start.apples).any()
    always = (2**32 - 1, 0, 0, 0, 0, 0, 0)
    barren = cleanup((1, 2), (0, 0), [], [3, 7, 11], (5, 5), always)
    assert not barren.state.apples.any(), "three dirty cells: nothing grows"
    fertile = cleanup((1, 2), (0, 0), [], [3, 7], (5, 5), always)
    assert np.flatnonzero(fertile.state.apples).tolist() == [0], "two dirty cells: one in three"
    eaten = cleanup((0, 3), (0, 0), [0], [3], (5, 5))
    assert eaten.payoffs.tolist() == [1, 0]
    assert eaten.events["cleaned"].tolist() == [0, 1]
    assert not eaten.state.apples.any()
    assert not eaten.state.dirt.any()


@pytest.mark.parametrize(
    ("cells", "frozen", "word", "after"),
    [((0, 2), (0, 0), 0, 5), ((0, 3), (0, 0), 0, 0), ((0, 5), (0, 0), 2**32 - 1, 0), ((0, 2), (0, 3), 0, 2)],
    ids=["near", "too far", "missed", "frozen already"],
)
def test_a_zap_freezes_who_is_near_and_free(cells, frozen, word, after):
    step = cleanup(cells, frozen, [], [3, 7, 11], (4, 3), (2**32 - 1,) * 4 + (word,) * 2 + (0,))
    assert int(step.state.frozen[1]) == after
    moved = int(step.state.cells[1]) != cells[1]
    assert moved == (after == 0), "who is frozen does not move"


def cleaner(state):
    """Walks up and down the river and takes no apples."""
    column, row = state.cells[0] % 4, state.cells[0] // 4
    dirty = state.dirt.reshape(5, 4)[:, 3]
    rows = jnp.arange(5)
    goal = jnp.argmin(jnp.where(dirty, jnp.abs(rows - row), 99))
    along = jnp.where(goal > row, 3, jnp.where(goal < row, 2, 5))
    return jnp.where(column < 3, 0, jnp.where(dirty.any(), along, 5))


def eater(state):
    """Walks to the nearest apple of the first column and waits there when there is none."""
    column, row = state.cells[1] % 4, state.cells[1] // 4
    hanging = state.apples.reshape(5, 4)[:, 0]
    goal = jnp.argmin(jnp.where(hanging, jnp.abs(jnp.arange(5) - row), 99))
    along = jnp.where(goal > row, 3, jnp.where(goal < row, 2, 5))
    return jnp.where(column > 0, 1, jnp.where(hanging.any(), along, 5))


@jax.jit
@jax.vmap
def scripted(helped, words):
    """Payoffs of episodes by scripts, axes [game, agent]; without help the first agent does nothing."""
    state, _ = CLEANUP.reset(words[0, :5])

    def one(state, words):
        actions = jnp.stack([jnp.where(helped, cleaner(state), 5), eater(state)])
        step = CLEANUP.step(state, actions.astype(jnp.int32), words)
        return step.state, step.payoffs

    return jax.lax.scan(one, state, words[1:])[1].sum(0)


def test_without_a_cleaner_nobody_eats():
    words = np.random.default_rng(8).integers(0, 2**32, (128, 65, 7), dtype=np.uint32)
    payoffs = np.asarray(scripted(np.arange(128) < 64, words))
    helped, alone = payoffs[:64], payoffs[64:]
    assert np.percentile(alone[:, 1], 75) == 0, "nothing grows unless an agent happens to begin on dirt"
    assert helped[:, 0].sum() == 0
    assert np.percentile(helped[:, 1], 25) > 10, "one cleaner feeds one eater"


def test_a_patch_without_apples_stays_bare_and_one_with_three_comes_back():
    game, bare = Harvest(plan=("PPaaaPP", "PPaaaPP")), np.ones((2, 7), bool)
    zeros = np.zeros(2, np.int32)

    @jax.jit
    def grown(field, words):
        state = WorldState(zeros, zeros, zeros, zeros, field, np.int32(0))
        return game.near(field), jax.vmap(game.grown, (None, None, 0))(state, bare, words)

    words = np.random.default_rng(1).integers(0, 2**32, (20_000, 2), dtype=np.uint32)
    assert not np.asarray(grown(np.zeros((2, 7), np.int32), words)[1]).any()
    field = np.zeros((2, 7), np.int32)
    field[0, 2:5] = 2
    near, after = grown(field, words)
    assert np.asarray(near)[:, 2:5].tolist() == [[2, 2, 2], [2, 3, 2]]
    rates = (np.asarray(after) == 2).mean(0)[1, 2:5]
    assert np.abs(rates - [0.005, 0.025, 0.005]).max() < 0.005, "more than four standard deviations of the largest"


def test_an_apple_of_gathering_comes_back_in_time_and_two_beams_send_away():
    game = Gathering(plan=("P  A  P", "P     P"), n_regrow=3, n_away=4)
    zeros, words = np.zeros(2, np.int32), np.zeros(5, np.uint32)
    field = np.zeros((2, 7), np.int32)
    field[0, 3] = 2
    state = WorldState(np.array([2, 13], np.int32), np.array([1, 0], np.int32), zeros, zeros, field, np.int32(0))
    apples, payoffs = [], []
    for action in (1, 2, 0, 0):
        step = stepping(game)(state, np.array([action, 0], np.int32), words)
        state = step.state
        apples.append(int(state.field[0, 3]) == 2)
        payoffs.append(float(step.payoffs[0]))
    assert payoffs == [1, 0, 0, 0]
    assert apples == [False, False, False, True]
    state = state._replace(cells=np.array([2, 6], np.int32), headings=np.array([1, 0], np.int32))
    away = []
    for t in range(7):
        step = stepping(game)(state, np.array([7 if t < 2 else 0, 0], np.int32), words)
        state = step.state
        away.append(int(state.cells[1]) < 0)
    assert away == [False, True, True, True, True, False, False], "away for four whole steps"


def test_words_are_spread_evenly():
    spread = jax.jit(jax.vmap(functools.partial(grid.spread, n=64)))(np.arange(2000, dtype=np.uint32))
    units = np.asarray(spread, np.float64) / 2**32
    assert np.abs(units.mean(0) - 0.5).max() < 5 / np.sqrt(12 * 2000)
    correlations = np.corrcoef(units.T) - np.eye(64)
    assert np.abs(correlations).max() < 0.13, "about four and a half standard deviations for 2,016 pairs"
    steps = np.corrcoef(units[:-1, 0], units[1:, 0])[0, 1]
    assert abs(steps) < 0.1


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Coins(size=1), "size 1 cannot be played"),
        (lambda: Coins(n_coins=3), "3 coins is not known; 1 or 2"),
        (lambda: Coins(n_steps=0), "at least 1"),
        (lambda: Cleanup(n_columns=1), "needs at least 1 row and 2 columns"),
        (lambda: Cleanup(n_dirty=6), "n_dirty=6 does not fit the river of 5 cells"),
        (lambda: Cleanup(zap_rate=1.5), "zap_rate=1.5 is no probability"),
        (lambda: Harvest(regrowth=(0.1, 0.2)), "must be four probabilities"),
        (lambda: Harvest(plan=("PPPP", "P")), r"one length above 0; they have \[1, 4\]"),
        (lambda: Harvest(plan=("PPPx",)), "has the sign 'x'"),
        (lambda: Harvest(plan=("PPP",)), "3 places to start from .* it needs two for each, 4 in all"),
        (lambda: Harvest(side=-1), "side=-1 is negative"),
        (lambda: Gathering(n_regrow=0), "n_regrow=0 is too small"),
        (lambda: Gathering(n_away=0), "n_away=0 is too small"),
        (lambda: CleanupWorld(growth=2.0), "growth=2.0 is no share"),
        (lambda: CleanupWorld(plan=("P" * 14,)), "must have water"),
    ],
)
def test_settings_that_make_no_game_are_refused(make, said):
    with pytest.raises(ConfigError, match=said):
        make()
