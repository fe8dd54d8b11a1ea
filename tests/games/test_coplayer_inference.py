"""games/coplayer-inference: settings that do not go together, what rows and pictures say, and its quick claims."""

import jax
import numpy as np
import pytest

from primordia.core import config as configs
from primordia.core.errors import ConfigError
from primordia.core.streams import Streams
from primordia.games.claims.coplayer_inference import CLAIMS
from primordia.games.experiments import coplayer_rows as rows
from primordia.games.experiments.coplayer_inference import CoplayerInference
from primordia.games.experiments.coplayer_settings import CoplayerConfig

EXPERIMENT = CoplayerInference()
SMALL = EXPERIMENT.presets["small"].config


def settings_of(**other):
    return configs.from_dict(CoplayerConfig, {**SMALL, **other})


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"method": "ppi"}, "pool=side by side needs method=mixture"),
        ({"n_rounds": 20}, "n_rounds=20 is too long for the mixture"),
        ({"n_rounds": 11, "n_replicas": 256}, "n_replicas=256 with n_rounds=11 .* the nearest is n_replicas=16"),
        ({"method": "ppi", "pool": "mixed", "n_episodes": 6}, "n_episodes=6 cannot be shared out"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(other, said):
    with pytest.raises(ConfigError, match=said):
        EXPERIMENT.init(settings_of(**other), Streams(0))


def test_an_unknown_pool_is_refused():
    with pytest.raises(ConfigError, match="pool=mixd"):
        settings_of(pool="mixd")


def test_rows_of_known_episodes():
    cooperation = np.array([[0, 0, 1, 1, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0], [0, 0, 1, 1, 1]], float)
    found = rows.among("mixed", cooperation)
    assert found["mixed_cooperation"] == pytest.approx(0.5)
    assert found["mixed_low"], found["mixed_high"] == pytest.approx((0.3, 0.7))
    assert found["mixed_above_half"] == 0.5
    assert found["mixed_first"] == 0.25
    # Rounds three and four: the last is told apart.
    assert found["mixed_late"] == 0.75
    gained = rows.with_pool("mixed", np.array([[0.0, 0.0, 1.0, 2.0]]))
    assert gained == {"mixed_pool_payoff": 0.75, "mixed_gain": 1.5}


def test_the_picture_keeps_every_phase_and_the_film_fills_up():
    config = settings_of(pool="mixed", n_phases=4)
    kept = rows.nothing_yet(config)
    kept = rows.note(config, kept, [np.array([0.0, 0.5, 1.0])], 1)
    assert kept[0].tolist() == [[-1, -1, -1], [0, 0.5, 1], [-1, -1, -1], [-1, -1, -1]]
    film = rows.film(np.array([[[0, 1, 0], [1, 1, 0]]]), "there")
    board = film.frames[:, :: rows.TILE, :: rows.TILE]
    assert board[0].tolist() == [[rows.NOT_YET] * 3] * 2
    assert board[2].tolist() == [
        [rows.COOPERATES, rows.DEFECTS, rows.NOT_YET],
        [rows.DEFECTS, rows.DEFECTS, rows.NOT_YET],
    ]


# Sizes and recipes are those of test_prediction_model, so that programs are compiled once for both.
LEARNED = {
    "ppi": {"n_epochs": 100, "learning_rate": 0.05},
    "a2c": {"n_episodes": 64, "n_rounds": 4, "learning_rate": 0.05, "entropy": 0.0, "rescale": 0.1},
}


@pytest.mark.parametrize(
    "method", [pytest.param("ppi", marks=pytest.mark.thorough), pytest.param("a2c", marks=pytest.mark.slow)]
)
def test_a_learner_goes_on_where_it_stopped(method):
    """The contract of the methods that learn, in small: two steps are two steps, whatever lies between."""
    config = settings_of(method=method, pool="mixed", **LEARNED[method])
    streams = Streams(1)
    begun = state = EXPERIMENT.init(config, streams)
    kept = [np.array(leaf) for leaf in jax.tree.leaves(begun)]
    for t in range(2):
        state, row = EXPERIMENT.step(config, state, streams, t)
    row = {**row, **EXPERIMENT.measure(config, state, streams, 2)}
    due = {name for name, one in EXPERIMENT.metrics.items() if not one.needs or getattr(config, one.needs)}
    assert row.keys() == due
    again, _ = EXPERIMENT.advance(config, begun, streams, 0, 2)
    for one, other in zip(jax.tree.leaves(state), jax.tree.leaves(again), strict=True):
        assert np.array_equal(one, other)
    for was, is_now in zip(kept, jax.tree.leaves(begun), strict=True):
        assert np.array_equal(was, is_now)
    _, matrix, table, film = EXPERIMENT.findings(config, state, streams, 2)
    np.testing.assert_array_equal(matrix.values, np.asarray(state.by_round, np.float64)[0, :2])
    assert len(table.rows) == 8
    assert film.frames.shape[0] == config.n_rounds + 1


@pytest.mark.parametrize("name", ["G20-many", "G20-share-many", "G20-responses"])
def test_claims_of_the_pool_hold(name):
    (claim,) = (claim for claim in CLAIMS if claim.id == name)
    assert claim.expected.holds(claim.measure(claim.setup).value)


def test_claims_of_learners_measure_what_they_say():
    """At the size of checks: the same measure gives the same, and a decoupled learner defects."""
    by_id = {claim.id: claim for claim in CLAIMS}
    tiny = {"rounds": 3, "phases": 3, "replicas": 2, "programs": 3}
    found = by_id["M8-decoupled"].measure({**by_id["M8-decoupled"].setup, **tiny})
    assert found.value < 0.05
    assert len(found.evidence["by replica"]) == 2
    # Before planning pulls at all, both are members of the pool.
    found = by_id["G30-mixture"].measure({**by_id["G30-mixture"].setup, **tiny, "strength": 0.0})
    assert found.evidence["exploiter"] == pytest.approx(found.evidence["frozen with the pool"], abs=1e-5)
