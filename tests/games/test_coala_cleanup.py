"""games/coala-cleanup: written-down roles beside a plain simulation, what a row and findings hold, and bad settings."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_cleanup_roles
from primordia.core import config as configs
from primordia.core import registry
from primordia.core.errors import BadInputError, ConfigError, UnknownNameError
from primordia.core.findings import Animation, Chart, Matrix, Table
from primordia.core.streams import Streams
from primordia.games.claims import coala_cleanup as claims
from primordia.games.environments.cleanup import Cleanup
from primordia.games.experiments import coala_cleanup_parts as parts
from primordia.games.experiments.coala_cleanup import CoalaCleanup
from primordia.games.policies.cleanup_roles import ROLES, CleanupRole, role

EXPERIMENT = CoalaCleanup()
N_GAMES = 512


def config(preset="small", **other):
    return configs.from_dict(EXPERIMENT.Config, {**EXPERIMENT.presets[preset].config, **other})


@pytest.mark.parametrize("pair", [("eater", "cleaner"), ("balancer", "balancer"), ("zapper", "balancer")])
def test_roles_get_what_a_plain_simulation_with_its_own_chance_gives_them(pair):
    """Within five standard errors of both, for each of the two."""
    expected, errors = plain_cleanup_roles.means(pair, 200, 3)
    found = parts.paired(Cleanup(), *pair, N_GAMES, 4)[0]
    for agent in (0, 1):
        spread = np.hypot(errors[agent], found[:, agent].std(ddof=1) / np.sqrt(N_GAMES))
        assert abs(found[:, agent].mean() - expected[agent]) <= 5 * max(spread, 0.005)


@functools.lru_cache(maxsize=1)
def compiled_role():
    return jax.jit(lambda name, seen: CleanupRole().act(name, (), seen).logits)


@given(
    own=st.integers(0, 19),
    other=st.integers(0, 19),
    apples=st.sets(st.sampled_from([0, 4, 8, 12, 16])),
    dirt=st.sets(st.sampled_from([3, 7, 11, 15, 19])),
    name=st.sampled_from([*ROLES]),
)
@settings(max_examples=40, deadline=None)
def test_a_role_does_what_the_plain_one_does(own, other, apples, dirt, name):
    ground = [[cell in apples, cell in dirt, cell not in apples | dirt] for cell in range(20)]
    places = [[cell == place for cell in range(20)] for place in (own, other)]
    seen = jnp.asarray([*places[0], *places[1], *np.ravel(ground), False, False], jnp.float32)
    logits = np.asarray(compiled_role()(role(name), seen))
    assert np.exp(logits).sum() == pytest.approx(1)

    class Board:
        places = [divmod(own, 4), divmod(other, 4)]  # noqa: RUF012  # a stand-in for one game
        frozen = (0, 0)
        rng = type("Never", (), {"random": staticmethod(lambda: 1.0)})

    Board.apples, Board.dirt = ({divmod(cell, 4) for cell in cells} for cells in (apples, dirt))
    wanted = plain_cleanup_roles.chosen(name, Board, 0)
    assert Cleanup.actions[int(logits.argmax())] == wanted


def test_unknown_roles_and_bad_slips_are_refused():
    with pytest.raises(UnknownNameError, match="did you mean 'cleaner'"):
        role("cleener")
    with pytest.raises(ConfigError, match="slip=0"):
        CleanupRole(slip=0)


def test_the_published_growth_is_that_of_the_rules():
    assert [claims.published_growth(dirty) for dirty in (3, 4, 5)] == [0, 0, 0]
    assert claims.published_growth(0) == pytest.approx(0.65 + 0.35 * 2 / 3)
    assert claims.growth_by_dirt({"steps": 2048, "seed": 5}).value < 0.06
    assert claims.growth(0, 2048, 5) != pytest.approx(claims.published_growth(1), abs=0.06)


@functools.lru_cache(maxsize=1)
def small():
    """Config, state after two updates, and how its agents fare."""
    made = config()
    streams = Streams(made.seed)
    state, _ = EXPERIMENT.advance(made, EXPERIMENT.init(made, streams), streams, 0, 2)
    return made, state, parts.judged(made, state, streams)


def test_counts_of_a_judged_meta_episode_are_possible():
    made, _, found = small()
    for seen in (found.naive, found.eater):
        assert seen.counts.shape == (made.n_replicas, 3, made.n_episodes, 2)
        assert (seen.counts >= 0).all()
        assert (seen.counts <= made.n_steps).all()
        assert ((seen.dirt >= 0) & (seen.dirt <= 5)).all()
        assert seen.places.sum(-1) == pytest.approx(1)
        assert ((seen.unfairness >= 0) & (seen.unfairness <= 1)).all()
    assert found.meta is None


def test_the_small_preset_learns_so_that_checks_of_it_can_fail():
    made, state, _ = small()
    fresh = EXPERIMENT.init(made, Streams(made.seed)).weights
    assert np.abs(state.weights["logits"] - fresh["logits"]).max() > 0


def test_a_number_of_a_claim_belongs_to_one_experiment_of_the_wing():
    names = [name for name in registry.names() if name.startswith("games/")]
    owners = {(claim.id.split("-")[0], name) for name in names for claim in registry.load(name).claims}
    assert len(names) > 1
    assert len(owners) == len({number for number, _ in owners})


def test_a_row_holds_quartiles_in_order():
    row = parts.row(small()[2])
    for name, (low, high) in EXPERIMENT.bands.items():
        if name in row:
            assert row[low] <= row[name] <= row[high]
    assert "meta_payoff" not in row


def test_findings_are_a_film_a_table_with_anchors_and_charts():
    made, state, _ = small()
    film, table, *others = EXPERIMENT.findings(made, state, Streams(made.seed), 2)
    assert isinstance(film, Animation)
    assert film.frames.shape[0] == made.n_steps
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows[: len(parts.PAIRS)]] == [" and ".join(pair) for pair in parts.PAIRS]
    charts, places = others[:3], others[3:]
    assert all(isinstance(place, Matrix) and place.values.sum() == pytest.approx(1.0, abs=1e-4) for place in places)
    assert len(places) == 4
    assert all(isinstance(chart, Chart) and len(chart.lines["agent"]) == made.n_episodes for chart in charts)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"n_meta": 1}, "an agent meets others, never itself"),
        ({"algorithm": "ppo", "n_naive": 3}, "n_minibatches=2 does not divide the 3 meta-episodes"),
    ],
)
def test_settings_that_do_not_go_together_are_refused_before_anything_is_compiled(other, said):
    made = config(**other)
    with pytest.raises(BadInputError, match=said):
        EXPERIMENT.init(made, Streams(0))


@pytest.mark.parametrize(("setting", "value"), [("n_dirty", 6), ("policy", "hawc"), ("dirt_rate", 1.5)])
def test_values_out_of_range_are_refused(setting, value):
    with pytest.raises(ConfigError):
        config(**{setting: value})


def test_every_preset_goes_together():
    for name in EXPERIMENT.presets:
        recipe = parts.recipe(config(name))
        assert recipe.policy == recipe.naive


def test_the_claims_of_curves_say_a_direction_only():
    for claim in claims.CURVES:
        assert claim.tier == "full"
        assert claim.expected.low * claim.expected.high < 0 or 0 < abs(claim.expected.low * claim.expected.high) < 1


@pytest.mark.slow
def test_a_pool_with_dynamic_naive_learners_runs_and_is_judged():
    made = config(n_agents=3, n_meta=1, start="dynamic", policy="hawk")
    streams = Streams(1)
    state, _ = EXPERIMENT.advance(made, EXPERIMENT.init(made, streams), streams, 0, 2)
    row = EXPERIMENT.measure(made, state, streams, 2)
    assert 0 <= row["meta_unfairness"] <= 1
