"""LOLA's directions against central differences, what becomes of pairs, and what is refused."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from oracles import plain_lola as plain
from primordia.core import config as configs
from primordia.core.errors import BadInputError, ConfigError, UnknownNameError
from primordia.core.streams import Streams
from primordia.games.claims import exact as exact_claims
from primordia.games.environments.payoffs import CONVENTIONS, NAMED_GAMES
from primordia.games.experiments import lola_findings
from primordia.games.experiments.lola import LolaConfig, LolaExperiment, arms, draw_policies
from primordia.games.experiments.lola_settings import look_aheads, recipes
from primordia.games.learners import lola
from primordia.games.learners.faults import DivergedError
from primordia.games.learners.lola import Lola

ROUNDS = 40
"""0.4^40 is 1e-16: nothing is left."""
OTHER_TABLE = (((3.0, 0.5), (2.0, 1.0)), ((2.0, 0.0), (1.0, 0.5)))
directions = functools.partial(jax.jit, static_argnums=0)(lola.gradients)


@pytest.mark.parametrize(
    "recipe",
    [
        Lola(0, discount=0.4),
        pytest.param(
            Lola(2, step_rate=3.0, weight=0.6, discount=0.4, normalised=True, payoffs=OTHER_TABLE),
            marks=pytest.mark.slow,
        ),
        Lola(1, step_rate=3.0, discount=0.4, normalised=True, payoffs=OTHER_TABLE),
        Lola(1, step_rate=2.0, form="first-order", discount=0.4, payoffs=OTHER_TABLE),
    ],
    ids=["naive", "two exact steps, mixed, of an uneven game", "one exact step", "first order"],
)
def test_directions_are_central_differences(recipe):
    pair = np.random.default_rng(1).normal(size=(2, 5))
    with jax.enable_x64(True):
        found = np.asarray(directions(recipe, jnp.asarray(pair)))
    expected = [
        plain.direction(
            pair[agent].tolist(),
            pair[1 - agent].tolist(),
            recipe.payoffs if agent == 0 else plain.mirrored(recipe.payoffs),
            n_steps=recipe.n_steps,
            step_rate=recipe.step_rate,
            weight=recipe.weight,
            discount=0.4,
            n_rounds=ROUNDS,
            scale=0.6 if recipe.normalised else 1.0,
            first_order=recipe.form == "first-order",
        )
        for agent in (0, 1)
    ]
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_naive_pairs_defect_and_pairs_that_look_ahead_cooperate():
    experiment, config, streams = LolaExperiment(), LolaConfig(n_replicas=4), Streams(3)
    before = experiment.init(config, streams)
    state, _ = experiment.advance(config, before, streams, 0, 50)
    row = experiment.measure(config, state, streams, 50)
    assert row["naive_reward"] < 0.05
    assert row["naive_cooperating"] == 0
    assert row["cooperating"] >= 0.5
    assert row["reward_low"] <= row["reward"] <= row["reward_high"]
    naive, ahead = arms(config, state)
    assert len(lola_findings.findings((naive, ahead), 0.96, config.dilemma(), 0.9)) == 6
    three = (naive, ahead, ahead._replace(name="K 2", n_steps=2))
    policies, tables, meetings, chart, payoffs, graph, film = lola_findings.findings(three, 0.96, config.dilemma(), 0.9)
    assert [cells[0] for cells in policies.rows] == ["naive", "K 1", "K 2"]
    got = {cells[0]: cells[1:] for cells in meetings.rows}
    assert got["its own partner"][1] == pytest.approx(np.median(ahead.rewards), abs=2e-3)
    assert got["a best response to it"][4] >= max(cells[4] for name, cells in got.items() if name.startswith("always"))
    assert chart.bands["median of pairs"][0][0] == 0
    assert film.frames.shape[0] == lola_findings.N_ROUNDS
    assert tables.values.shape == (8, 5)
    assert payoffs.rows[:3] == ("naive, typical", "K 1, typical", "K 2, typical")
    assert {edge.source for edge in graph.edges} <= set(payoffs.rows)
    assert draw_policies(config, state).max() < len(lola_findings.palette())


def test_games_of_the_film_follow_the_policies():
    tit_for_tat, defector = (1, 1, 0, 1, 0), (0,) * 5
    policies = np.array([[tit_for_tat, tit_for_tat], [tit_for_tat, defector], [defector, (1,) * 5]], float)
    # Indices: 1 both cooperate, 2 the first alone, 3 the second alone, 4 both defect.
    assert lola_findings.played(policies, 4, 0).tolist() == [[1, 1, 1, 1], [2, 4, 4, 4], [3, 3, 3, 3]]


def test_a_learner_that_leaves_the_numbers_is_reported_with_update_and_pair():
    experiment, config, streams = LolaExperiment(), LolaConfig(n_replicas=4), Streams(0)
    state = experiment.init(config, streams)
    spoiled = state.arms[1].logits.at[2].set(jnp.nan)
    broken = state._replace(arms=(state.arms[0], state.arms[1]._replace(logits=spoiled)))
    with pytest.raises(DivergedError, match="update 8 of replica 2: the logits with a look-ahead of 1 steps"):
        experiment.advance(config, broken, streams, 7, 2)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"n_steps": -1}, BadInputError, "look-ahead of -1 steps"),
        ({"n_steps": 2, "form": "first-order"}, BadInputError, "0 or 1, since the first-order"),
        ({"form": "exakt"}, UnknownNameError, "did you mean 'exact'"),
        ({"optimiser": "adam"}, UnknownNameError, "did you mean 'adamw'"),
        ({"weight": 1.5}, BadInputError, "weight of 1.5"),
        ({"discount": 1.0}, BadInputError, "discount of 1"),
        ({"step_rate": float("inf")}, BadInputError, "step_rate=inf"),
        ({"payoffs": NAMED_GAMES["rock-paper-scissors"].payoffs}, BadInputError, r"must be \[2, 2, 2\]"),
    ],
)
def test_recipes_that_cannot_be_are_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        Lola(**arguments)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"look_aheads": "1,two"}, "look_aheads=1,two is not allowed.* from 1 to 50"),
        ({"look_aheads": "0"}, "naive pairs always learn beside them"),
        ({"look_aheads": "2", "method": "first-order"}, "from 1 to 1"),
        ({"look_aheads": "2,2"}, "each number may stand once"),
        ({"method": "dice", "weight": 0.5}, "weight=0.5, .* method=exact has the others"),
        ({"discount": 1.0}, "discount=1.0 is out of range"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings, words):
    with pytest.raises(ConfigError, match=words):
        recipes(configs.override(LolaConfig(), settings))


def test_arms_have_their_names_and_payoffs_their_convention():
    config = LolaConfig(look_aheads="1, 3", reward=-1, sucker=-3, temptation=0, punishment=-2)
    assert look_aheads(config) == (1, 3)
    assert [recipe.n_steps for recipe in recipes(config)] == [0, 1, 3]
    assert recipes(config)[0].payoffs == CONVENTIONS["lola"].table()


@pytest.mark.parametrize("claim", exact_claims.CLAIMS, ids=lambda claim: claim.id)
def test_claims_about_exact_solvers_are_measured_in_a_moment(claim):
    # Fewer opponents than the claim has; whether it holds is for `verify` to say, that it is measured is tested here.
    setup = {**claim.setup, **({"opponents": 20} if "opponents" in claim.setup else {})}
    assert claim.expected.holds(claim.measure(setup).value)
