"""games/coala-ipd: what its rows, pictures and films say, and that played games keep the contract too."""

import dataclasses
from typing import Any, ClassVar

import numpy as np
import pytest

from primordia.core import checks
from primordia.core import config as configs
from primordia.core.errors import ConfigError
from primordia.core.streams import Streams
from primordia.games.experiments import coala_ipd_analytic as analytic
from primordia.games.experiments import coala_ipd_findings as findings
from primordia.games.experiments import coala_ipd_judging as judging
from primordia.games.experiments.coala_ipd import CoalaIpd
from primordia.games.experiments.coala_ipd_film import film
from primordia.games.experiments.coala_ipd_settings import ARMS, METRICS, CoalaIpdConfig
from primordia.games.learners.faults import DivergedError

PLAYED = {
    "method": "sampled", "n_replicas": 2, "n_naive": 2, "n_inner": 2, "n_judged": 2, "n_games": 2, "n_rounds": 3,
    "spread": 0.5,
}  # fmt: skip


def judged(n_replicas=4):
    rng = np.random.default_rng(0)
    payoffs = rng.uniform(0, 1, (3, 2, len(ARMS), n_replicas))
    payoffs[-1, 0, 1] = 1.2
    return judging.Judged(np.tile([0.0, 0.0, 1.0, 1.0], (3, 1)), payoffs, np.full((3, 2), 0.25))


def test_a_bistable_arm_is_told_by_quartiles_and_shares():
    found = judged()
    row = judging.row(found)
    assert row.keys() == METRICS.keys()
    assert [row[f"mixed_other_play{edge}"] for edge in ("_low", "", "_high")] == [0.0, 0.5, 1.0]
    assert (row["mixed_cooperating"], row["shaping_extorting"], row["naive_extorting"]) == (0.5, 1.0, 0.0)
    assert row["always_defect"] == row["last_always_defect"] == 0.25


def test_the_typical_replica_is_the_median():
    found = judged(5)._replace(other_play=np.zeros((3, 5)))
    found.payoffs[:, 0, 2] = [[0.5, 0.1, 0.9, 0.3, 0.7]]
    assert judging.typical(found, "mixed") == 0


@pytest.mark.parametrize(("chi", "phi"), [(1.0, 1 / 3), (3.0, 1 / 7), (2.0, 0.1), (10.0, 0.04)])
def test_the_nearest_extortioner_of_an_extortioner_is_itself(chi, phi):
    table = np.array([0.2, 1 - phi * (chi - 1), 1 - phi * (1 + 2 * chi), phi * (chi + 2), 0.0])
    found = findings.nearest(table)
    np.testing.assert_allclose(found[:2], (chi, phi), rtol=1e-9)
    np.testing.assert_allclose(found[2], table, atol=1e-12)


def test_play_follows_the_policies():
    """Tit-for-tat against one that always defects, and against one that cooperates after its own defection only."""
    luck = np.full((2, 3, 4), 0.5)
    games = analytic.play(np.array([1.0, 1, 0, 1, 0]), np.zeros(5), luck)
    assert games[0].tolist() == [[0, 1], [1, 1], [1, 1], [1, 1]]
    games = analytic.play(np.array([1.0, 1, 0, 1, 0]), np.array([0.0, 0, 0, 1, 1]), luck)
    assert games[2].tolist() == [[0, 1], [1, 0], [0, 1], [1, 0]]


def test_a_film_has_a_frame_for_every_inner_episode_and_shows_the_games():
    actions = np.zeros((3, 2, 4, 2), np.int64)
    actions[2, :, :, 0] = 1
    scene = judging.Scene("A", "B", actions, np.array([[1.0, 1.0], [1.0, 1.0], [2.0, -1.0]]))
    shown = film([scene, scene])
    assert len(shown.frames) == 3
    assert not np.array_equal(shown.frames[0], shown.frames[2])
    assert (shown.frames[0] == 1).sum() > 0
    assert (shown.frames[2] == 1).sum() == 0
    assert (shown.frames[2] == 3).sum() == (shown.frames[0] == 1).sum()
    assert shown.frames.max() < len(shown.palette)


def test_settings_out_of_range_are_refused_before_anything_is_compiled():
    with pytest.raises(ConfigError, match=r"discount=1\.0 is out of range"):
        configs.override(CoalaIpdConfig(), {"discount": 1.0})
    with pytest.raises(ConfigError, match="the nearest is m-fos"):
        configs.override(CoalaIpdConfig(), {"estimator": "mfos"})
    with pytest.raises(ConfigError, match=r"p_naive=1\.5"):
        configs.override(CoalaIpdConfig(), {"p_naive": 1.5})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"policy": "gru"},
            "policy=gru counts only with method=sampled.*method=analytic: give policy=tabular or method",
        ),
        ({"method": "sampled", "start": "defection"}, "start=defection counts only with method=analytic"),
        ({"clip_norm": 0.5, "n_games": 8}, "n_games=8 counts only with method=sampled"),
    ],
)
def test_settings_that_the_method_does_not_read_are_refused(changes, words):
    config = configs.override(CoalaIpdConfig(), changes)
    with pytest.raises(ConfigError, match=words):
        CoalaIpd().init(config, Streams(0))


def test_presets_set_what_their_method_reads():
    for preset in CoalaIpd.presets.values():
        judging.method(configs.override(CoalaIpdConfig(), dict(preset.config)))


def test_agents_that_leave_the_finite_numbers_end_the_run(monkeypatch):
    """In the update in which it happens, wherever the rows are."""
    experiment, config = CoalaIpd(), configs.override(CoalaIpdConfig(), dict(CoalaIpd.presets["small"].config))
    state = experiment.init(config, Streams(0))
    broken = state._replace(logits=state.logits * np.float32(np.nan))
    monkeypatch.setattr(analytic, "update", lambda config, state, streams, t: broken if t >= 6 else state)
    with pytest.raises(DivergedError, match="Learning diverged in update 7: the new weight logits is not finite"):
        experiment.advance(config, state, Streams(0), 5, 4)


def test_one_compilation_serves_equal_recipes():
    """Recipes are made anew for every step: equal settings must be equal recipes."""
    one, other = CoalaIpdConfig(), dataclasses.replace(CoalaIpdConfig(), seed=5)
    assert analytic.recipe(one) == analytic.recipe(other)
    assert hash(analytic.recipe(one)) == hash(analytic.recipe(other))


@pytest.mark.slow
def test_played_games_keep_the_contract():
    """The second method as if it were a variant; the same checks as for any experiment."""

    class Played(CoalaIpd):
        variants: ClassVar[dict[str, Any]] = {"sampled": PLAYED}

    for check in checks.checks(Played()):
        check.run()
