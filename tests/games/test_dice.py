"""DiCE: derivatives by enumerating every play of a tiny game, and directions from samples against exact ones."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from oracles import plain_lola
from oracles import plain_memory_one as plain
from primordia.core.errors import BadInputError
from primordia.core.streams import Streams
from primordia.games.environments.matrix import MatrixGame
from primordia.games.experiments.lola import LolaConfig, LolaExperiment
from primordia.games.learners import dice
from primordia.games.learners.dice import Dice
from primordia.games.policies.gru import Gru
from primordia.games.policies.one_logit import OneLogit

DISCOUNT, N_ROUNDS = 0.7, 2
PLAYS = np.array(list(itertools.product(plain.JOINT, repeat=N_ROUNDS)))
"""Every play, axes [play, round, agent]."""


def _enumerated(logits, agent, baseline):
    """The expectation of the surrogate over all plays, each weighed by its probability, which is not differentiated."""
    own, other = PLAYS, PLAYS[..., ::-1]
    places = np.concatenate([np.zeros((len(PLAYS), 1, 2), int), (1 + 2 * own + other)[:, :-1]], 1)
    chosen = jnp.stack([logits[side][places[..., side]] for side in (0, 1)], -1)
    taken = jax.nn.log_sigmoid(jnp.where(PLAYS == 0, chosen, -chosen))
    paid = jnp.asarray(np.asarray(plain.PRISONERS)[agent][PLAYS[..., 0], PLAYS[..., 1]])
    probability = jax.lax.stop_gradient(jnp.exp(taken.sum((1, 2))))
    each = jax.vmap(lambda chances, payoffs: dice.surrogate(DISCOUNT, chances, payoffs, baseline))(taken, paid)
    return (probability * each).sum()


of_order = {
    0: jax.jit(_enumerated, static_argnums=1),
    1: jax.jit(jax.grad(_enumerated), static_argnums=1),
    2: jax.jit(jax.hessian(_enumerated), static_argnums=1),
}


def _exact(logits, agent):
    both = np.reshape(logits, (2, 5)).tolist()
    return plain_lola.worth(*both, plain.PRISONERS, DISCOUNT, N_ROUNDS, 1.0)[agent]


@pytest.mark.parametrize("baseline", [(0.0, 0.0), (0.8, -1.7)])
def test_derivatives_of_order_one_and_two_are_exact_in_the_mean(baseline):
    logits = np.random.default_rng(0).normal(size=(2, 5))
    with jax.enable_x64(True):
        value, slope, bend = (np.asarray(of_order[n](jnp.asarray(logits), 1, jnp.asarray(baseline))) for n in (0, 1, 2))
    flat = logits.reshape(-1).tolist()
    assert value == pytest.approx(_exact(flat, 1), abs=1e-12)
    np.testing.assert_allclose(slope.reshape(-1), plain.slopes(lambda x: _exact(x, 1), flat), atol=1e-9)
    expected = plain.slopes(lambda x: np.array(plain.slopes(lambda y: _exact(y, 1), x, 1e-3)), flat, 1e-3)
    np.testing.assert_allclose(bend.reshape(10, 10), np.stack(expected), atol=1e-6)


def test_without_the_box_the_second_derivatives_would_be_wrong():
    # The surrogate of plain policy gradients, log-probability times payoff, differentiated twice.
    logits = np.random.default_rng(0).normal(size=(2, 5))

    def plain_surrogate(discount, chances, payoffs, baseline):
        return (discount ** jnp.arange(2) * jnp.cumsum(chances.sum(1)) * payoffs).sum()

    with jax.enable_x64(True), pytest.MonkeyPatch.context() as patched:
        patched.setattr(dice, "surrogate", plain_surrogate)
        bend = np.asarray(jax.jit(jax.hessian(lambda x: _enumerated(x, 1, jnp.zeros(2))))(jnp.asarray(logits)))
    flat = logits.reshape(-1).tolist()
    expected = plain.slopes(lambda x: np.array(plain.slopes(lambda y: _exact(y, 1), x, 1e-3)), flat, 1e-3)
    assert np.abs(bend.reshape(10, 10) - np.stack(expected)).max() > 0.05


def test_a_baseline_is_what_the_other_games_pay_from_there_on():
    paid = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
    found = dice.elsewhere(0.5, jnp.asarray(paid))
    for game in range(4):
        for now in range(3):
            others = [
                sum(0.5 ** (t - now) * paid[other, t] for t in range(now, 3)) for other in range(4) if other != game
            ]
            assert float(found[game, now]) == pytest.approx(np.mean(others), abs=1e-5)
    assert (dice.elsewhere(0.5, jnp.asarray(paid[:1])) == 0).all()


@pytest.mark.slow
def test_sampled_directions_are_the_exact_ones_within_their_noise():
    recipe = Dice(MatrixGame(n_steps=6), OneLogit(), n_games=2000, n_steps=1, step_rate=4.0, discount=0.5)
    pair = np.array([[0.3, 0.8, -0.5, 0.2, -0.9], [-0.4, 1.1, 0.1, 0.6, -0.3]])
    keys = jax.random.split(jax.random.key(5), 12)
    sampled = jax.jit(jax.vmap(functools.partial(dice.directions, recipe), in_axes=(None, 0)))
    slopes, paid = sampled({"logits": jnp.asarray(pair, jnp.float32)}, keys)
    found = np.asarray(slopes["logits"], np.float64)
    settings = {"weight": 1.0, "discount": 0.5, "n_rounds": 6}
    for agent in (0, 1):
        own, other = pair[agent].tolist(), pair[1 - agent].tolist()
        exact, naive = (
            np.array(plain_lola.direction(own, other, plain.PRISONERS, n_steps=k, step_rate=4.0, **settings))
            for k in (1, 0)
        )
        mean, noise = found[:, agent].mean(0), found[:, agent].std(0, ddof=1) / np.sqrt(len(keys))
        # A step from a finite batch is noisy, and what is seen after it depends on it: a bias of order 1 / n_games.
        assert (np.abs(mean - exact) < 5 * noise + 0.01 * np.abs(exact).max()).all()
        assert (np.abs(mean - naive) > 5 * noise).any(), "the test must tell a look-ahead from none"
    assert np.isfinite(np.asarray(paid)).all()


@pytest.mark.slow
def test_sampled_pairs_learn_the_same_in_one_stretch_or_two():
    config = LolaConfig(method="dice", n_replicas=2, n_games=2, n_rounds=3, learning_rate=0.2, step_rate=0.3)
    experiment, streams = LolaExperiment(), Streams(1)
    begun = experiment.init(config, streams)
    whole, _ = experiment.advance(config, begun, streams, 0, 3)
    half, _ = experiment.advance(config, begun, streams, 0, 2)
    half, _ = experiment.advance(config, half, streams, 2, 1)
    for one, other, first in zip(*map(jax.tree.leaves, (whole, half, begun)), strict=True):
        assert (one == other).all()
        assert (one != first).any()


@pytest.mark.slow
def test_recurrent_policies_look_ahead_too():
    recipe = Dice(MatrixGame(n_steps=3), Gru(5, 2, 4), n_games=2)
    pairs = jax.vmap(functools.partial(dice.begin, recipe))(jax.random.split(jax.random.key(0), 2))
    after, _, finite = dice.update(pairs, jax.random.split(jax.random.key(1), 2), recipe=recipe)
    assert np.asarray(finite).all()
    assert any(bool((a != b).any()) for a, b in zip(jax.tree.leaves(pairs), jax.tree.leaves(after), strict=True))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"discount": 1.0}, "discount of 1"),
        ({"n_games": 0}, "n_games=0"),
        ({"n_steps": -1}, "n_steps=-1"),
        ({"policy": OneLogit(n_observed=4)}, "takes 4 numbers .* shows 5"),
    ],
)
def test_recipes_that_cannot_be_are_refused(arguments, words):
    with pytest.raises(BadInputError, match=words):
        Dice(**{"environment": MatrixGame(), "policy": OneLogit(), **arguments})


def test_more_than_two_agents_are_refused():
    game = MatrixGame()
    object.__setattr__(game, "n_agents", 3)
    with pytest.raises(BadInputError, match=r"for two agents who act at the same time.* has 3"):
        Dice(game, OneLogit())
