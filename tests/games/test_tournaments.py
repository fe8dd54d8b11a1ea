"""Round robins, evolution and ratings against plain Python, OpenSpiel's numbers and closed forms."""

from __future__ import annotations

import functools

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_tournament as plain
from primordia.core.errors import ConfigError, UnknownNameError
from primordia.games.environments import table
from primordia.games.policies.gru import Gru
from primordia.games.policies.strategies import Strategy, memory_one
from primordia.games.tournaments import evolution, pool, ratings, round_robin

GAME = table.make("axelrod", n_steps=12)
FORM = pool.form(GAME)
ACTIONS = {
    "tit-for-tat": (0, 0, 1, 0, 1), "defector": (1, 1, 1, 1, 1), "cooperator": (0, 0, 0, 0, 0),
    "win-stay-lose-shift": (0, 0, 1, 1, 0), "bully": (1, 1, 0, 1, 0),
}  # fmt: skip


def played(environment, names, seed=0, **settings):
    of = pool.form(environment)
    players = tuple(pool.player(name, of) for name in names)
    return round_robin.play(environment, players, ({},) * len(players), jax.random.key(seed), **settings)


@functools.cache
def everyone(noise=0.0):
    """A hundred games of each pair; one program for all tests of this pool."""
    return played(GAME, list(ACTIONS), n_games=100, noise=noise)


def test_a_round_robin_is_that_of_plain_loops():
    matches = everyone()
    expected = plain.round_robin(GAME.payoffs, list(ACTIONS.values()), GAME.n_steps)
    assert np.allclose(round_robin.payoff_matrix(matches), expected, atol=1e-6)
    assert matches.moves.shape == (12, 5, 5)
    assert np.array_equal(matches.moves[:3, 0, 1], [0, 1, 1])


def test_seats_are_told_apart_where_the_game_does():
    game = table.make("battle-of-the-sexes", n_steps=12)
    matches = played(game, list(ACTIONS))
    expected = plain.round_robin(game.payoffs, list(ACTIONS.values()), 12)
    assert np.allclose(round_robin.payoff_matrix(matches), expected, atol=1e-6)
    firsts = [
        [plain.match(game.payoffs, one, other, 12)[1][0] for other in ACTIONS.values()] for one in ACTIONS.values()
    ]
    assert np.allclose(matches.first_actions[:, :, 0, 0], firsts, atol=1e-6)


def test_noise_flips_as_often_as_it_says_and_certain_actions_are_certain():
    quiet, noisy = everyone(), everyone(0.1)
    assert np.asarray(quiet.first_actions)[1, :, :, 0].max() == 0.0
    assert np.asarray(quiet.first_actions)[2, :, :, 0].min() == 1.0
    flipped = np.asarray(noisy.first_actions)[1, :, :, 0].mean()
    n = 5 * 100 * 12
    assert abs(flipped - 0.1) < 5 * (0.09 / n) ** 0.5


def test_players_of_other_families_may_join():
    gru = Gru(5, 2, 3)
    players = (memory_one(0, 0, 0, 0, 0), gru)
    weights = ({}, gru.weights(jax.random.key(1)))
    matches = round_robin.play(GAME, players, weights, jax.random.key(2), n_games=200)
    share = np.asarray(matches.first_actions)[1, 0, :, 0].mean()
    assert abs(share - 0.5) < 5 * (0.25 / 2400) ** 0.5  # its read-outs begin at zero
    assert np.allclose(np.asarray(matches.payoffs)[1, 0, :, 1].mean(), 1 + 4 * share)


def test_wins_are_counted_as_chess_does():
    wins = round_robin.win_matrix(everyone())[:3, :3]
    assert np.array_equal(wins, [[0.5, 0.0, 0.5], [1.0, 0.5, 1.0], [0.5, 0.0, 0.5]])
    assert np.allclose(round_robin.mean_over_others(wins), [0.25, 1.0, 0.25])
    assert np.allclose(round_robin.mean_over_others(wins, with_self=True), [1 / 3, 2.5 / 3, 1 / 3])


MATRICES = st.lists(st.floats(-2, 2), min_size=9, max_size=9).map(lambda cells: np.reshape(cells, (3, 3)))
SHARES = st.lists(st.floats(0.01, 1), min_size=3, max_size=3).map(lambda cells: np.asarray(cells) / sum(cells))


@settings(max_examples=30, deadline=None)
@given(MATRICES, SHARES, st.sampled_from([0.0, 0.02]))
def test_generations_are_those_of_plain_loops_and_shares_sum_to_one(payoffs, shares, mutation):
    payoffs = payoffs + 0.001  # a pool whose payoffs are all 0 has no offspring; it stays as it is
    found = evolution.generation(shares, payoffs, mutation)
    assert found.sum() == pytest.approx(1)
    if shares @ (payoffs @ shares) - min(0.0, payoffs.min()) > 1e-6:
        assert np.allclose(found, plain.generation(shares.tolist(), payoffs.tolist(), mutation), atol=1e-9)
    assert evolution.flow(shares, payoffs).sum() == pytest.approx(1)


def test_the_replicator_equation_keeps_the_product_in_rock_paper_scissors_and_ignores_constants():
    payoffs = np.asarray([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], float)
    shares = np.asarray([0.5, 0.3, 0.2])
    after = shares
    for _ in range(50):
        after = evolution.flow(after, payoffs, 0.5)
    assert after.prod() == pytest.approx(shares.prod(), rel=1e-6)
    assert not np.allclose(after, shares, atol=0.01)
    assert np.allclose(evolution.flow(shares, payoffs), evolution.flow(shares, payoffs + 3), atol=1e-12)


def test_morans_neutral_mutant_takes_over_once_in_n():
    drawn, n = np.random.default_rng(3), 5
    fixed = 0
    for _ in range(600):
        counts = np.asarray([1, n - 1])
        while 0 < counts[0] < n:
            counts = evolution.moran(counts, np.ones((2, 2)), drawn.random((10, 4)))
            assert counts.sum() == n
        fixed += counts[0] == n
    assert abs(fixed / 600 - 1 / n) < 4 * (0.16 / 600) ** 0.5


def test_moran_favours_the_better_and_mutation_brings_kinds_back():
    payoffs, drawn = np.asarray([[2.0, 2.0], [0.0, 0.0]]), np.random.default_rng(4)
    counts = evolution.moran(np.asarray([10, 10]), payoffs, drawn.random((2000, 4)), intensity=2.0)
    assert counts.tolist() == [20, 0]
    assert evolution.moran(counts, payoffs, drawn.random((400, 4)), intensity=0.0, mutation=0.5)[1] > 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-300, 300), min_size=4, max_size=4), st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_elo_is_that_of_plain_loops_and_keeps_the_mean(before, won):
    wins = np.full((4, 4), 0.5)
    wins[np.triu_indices(4, 1)] = won
    wins.T[np.triu_indices(4, 1)] = 1 - np.asarray(won)
    met = np.ones((4, 4))
    found = ratings.elo(np.asarray(before), wins, met)
    assert np.allclose(found, plain.elo(before, wins.tolist(), met.tolist(), 32.0))
    assert found.mean() == pytest.approx(np.mean(before), abs=1e-9)


def test_elo_settles_where_the_odds_are_those_of_the_wins():
    found = np.zeros(2)
    for _ in range(500):
        found = ratings.elo(found, np.asarray([[0.5, 0.75], [0.25, 0.5]]), np.ones((2, 2)))
    assert found[0] - found[1] == pytest.approx(400 * np.log10(3), abs=0.01)


OPENSPIEL = [
    (
        [
            [-0.62, 0.49, 0.36, 0.11],
            [-0.93, -0.03, 0.7, -1.34],
            [-0.46, -1.9, -1.29, -1.84],
            [-0.24, -1.27, 0.27, 0.16],
        ],
        0.5,
        20,
        [0.9683752015, 0.001906253254, 7.858764648e-05, 0.0296399576],
    ),
    ([[0.0, 0.3, -0.27], [-0.89, -0.45, -0.99], [0.06, 1.34, -0.49]], 1.0, 50, [9.494195853e-08, 0.0, 0.9999999051]),
    (
        [
            [-0.19, -2.52, -0.54, -0.05, 0.11],
            [-1.53, -0.48, -0.98, -0.81, 1.06],
            [-0.81, -0.03, 0.88, -0.58, -0.11],
            [0.11, 0.06, -1.23, 0.08, 1.36],
            [-1.55, 0.86, 0.12, -0.64, 2.0],
        ],
        2.0,
        10,
        [0.1888655145, 0.1087293507, 0.3689069983, 0.2729895307, 0.06050860583],
    ),
]
"""What open_spiel.python.egt.alpharank of OpenSpiel 2.0.2 gives: payoffs, alpha, population, masses."""


ROLES = (
    [0.04094394296, 0.2581925306, 0.062257773, 0.02633092112, 0.283724109, 0.3285507233],
    [0.05547333355, 0.234540256, 0.1009580716, 0.03205918366, 0.2665719505, 0.3103972046],
)


@pytest.mark.parametrize(("payoffs", "alpha", "population", "expected"), OPENSPIEL)
def test_alpha_rank_has_openspiels_masses(payoffs, alpha, population, expected):
    found = ratings.alpha_rank([payoffs], alpha=alpha, population=population)
    assert np.allclose(found, expected, atol=1e-8)
    assert np.allclose(plain.alpha_rank(payoffs, alpha, population), expected, atol=1e-8)


@pytest.mark.parametrize(("alpha", "population", "expected"), [(0.3, 20, ROLES[0]), (1.0, 10, ROLES[1])])
def test_alpha_rank_of_two_roles_has_openspiels_masses(alpha, population, expected):
    first, second = [[3, 0, 1], [5, 1, 0]], [[3, 5, 0], [0, 1, 2]]
    found = ratings.alpha_rank([first, second], alpha=alpha, population=population)
    assert np.allclose(found.ravel(), expected, atol=1e-8)


def test_alpha_rank_holds_where_others_overflow():
    circle = np.asarray([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    for alpha in (0.0, 1.0, 1e4):
        assert np.allclose(ratings.alpha_rank([circle], alpha=alpha), 1 / 3)
    dominated = ratings.alpha_rank([[[1, 5], [0, 3]]], alpha=1e3)
    assert dominated.tolist() == [1.0, 0.0]


def test_pools_by_name():
    assert pool.names("basic, grim", FORM)[-1] == "grim"
    assert len(pool.names("first-tournament", FORM)) == 15
    assert set(pool.names("all", FORM)) == set(pool.zoo.ZOO)
    assert "zd-set-2" not in pool.names("all", pool.form(table.make("matching-pennies")))
    hands = pool.form(table.make("rock-paper-scissors"))
    assert pool.names("all", hands) == ("uniform", "cycle", "always-rock", "always-paper", "always-scissors")
    beats = pool.player("reply-0120120120", hands)
    assert beats.n_observed == 10


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: pool.names("grim", FORM), "The pool 'grim' has 1 players; allowed: two players or more"),
        (lambda: pool.names("grim,basic,bully", FORM), "names bully twice"),
        (lambda: pool.player("tit-for-tut", FORM), "no player of matrix 'tit-for-tut'; did you mean 'tit-for-tat'"),
        (lambda: pool.player("always-rocks", pool.form(table.make("shapley"))), "did you mean 'always-rock'"),
        (lambda: pool.player("reply-01", FORM), "needs 5 digits from 0 to 1"),
        (lambda: round_robin.play(table.make("public-goods"), (), (), None), "pairs two players; .* 4 agents"),
        (lambda: round_robin.play(GAME, (), (), None), "0 players and 1 games"),
        (
            lambda: round_robin.play(table.make("shapley"), (Strategy("grim"),), ({},), None),
            r"Player 0 \(Strategy\) observes 5 numbers and has 2 actions; matrix has 10 and 3",
        ),
        (lambda: round_robin.play(GAME, (Strategy("grim"),), ({},), None, noise=1.5), "noise=1.5 is out of range"),
        (lambda: evolution.checked_payoffs([[1, 2]]), r"have the shape \[1, 2\]; they must be square"),
        (lambda: ratings.alpha_rank([[[1, np.nan], [0, 0]]]), "payoff of player 0 against 1 is nan"),
        (lambda: ratings.alpha_rank([np.eye(2)], alpha=-1), "alpha=-1 is out of range"),
        (lambda: ratings.alpha_rank([np.eye(2)], population=1), "population=1 is out of range"),
        (lambda: ratings.alpha_rank([np.eye(2), np.ones(2)]), "an axis for each role"),
    ],
)
def test_bad_tournaments_get_a_sentence(wrong, said):
    with pytest.raises((ConfigError, UnknownNameError), match=said):
        wrong()
