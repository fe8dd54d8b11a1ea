"""games/tournament: what a repetition adds up to, who meets whom, how populations move, and bad input."""

from __future__ import annotations

import numpy as np
import pytest

from primordia.core import config as configs
from primordia.core.errors import BadInputError, ConfigError, UnknownNameError
from primordia.core.streams import Streams
from primordia.games.experiments import tournament
from primordia.games.experiments.tournament import Tournament, TournamentConfig

SMALL = TournamentConfig(players="tit-for-tat,defector,cooperator,random", n_rounds=6)


def run(config, n):
    state, streams = Tournament().init(config, Streams(config.seed)), Streams(config.seed)
    row = {}
    for t in range(n):
        state, row = Tournament().step(config, state, streams, t)
    return state, {**row, **Tournament().measure(config, state, streams, n)}


def test_means_are_those_of_all_repetitions():
    state, row = run(SMALL, 3)
    payoffs, wins, firsts = tournament.means(state)
    assert np.allclose(payoffs[:3, :3], [[3, 5 / 6, 3], [10 / 6, 1, 5], [3, 0, 3]])
    assert np.allclose(wins + wins.T, 1)
    assert firsts[1].max() == 0
    assert firsts[2].min() == 1
    scores = tournament.of_each(SMALL, payoffs, state.met)
    assert np.allclose(state.scores[:3].mean(0), scores)
    assert row["best_payoff"] == pytest.approx(scores.max())
    assert row["best_low"] <= row["best_high"]
    whole = tournament.of_each(configs.override(SMALL, {"self_play": True}), payoffs, state.met)
    assert np.allclose(whole, payoffs.mean(1))


def test_drawn_pairs_meet_once_each():
    config = configs.override(SMALL, {"meetings": "drawn-pairs"})
    seen = set()
    for t in range(6):
        met = tournament.meetings(config, Streams(1), t)
        assert np.array_equal(met, met.T)
        assert met.sum(0).tolist() == [1, 1, 1, 1]
        assert met.trace() == 0
        seen.add(met.tobytes())
    assert len(seen) > 1
    state, row = run(config, 1)
    assert state.met.sum() == 4
    assert np.isfinite(list(row.values())).all()


@pytest.mark.parametrize("ecology", ["generations", "replicator", "moran"])
def test_every_ecology_keeps_a_population_and_favours_the_better(ecology):
    config = configs.override(SMALL, {"ecology": ecology, "population": 20, "intensity": 3.0})
    payoffs = np.diag([4.0, 0.0, 0.0, 0.0]) + np.asarray([[2.0], [1.0], [1.0], [1.0]])
    begun = Tournament().init(config, Streams(0)).shares
    trail = tournament.evolved(config, payoffs, begun, Streams(0), "trail", 0, 25)
    assert trail.shape == (26, 4)
    assert np.allclose(trail.sum(1), 1)
    assert trail[-1, 0] > 0.9


def test_findings_rank_by_score_and_say_what_defection_gets():
    state, _ = run(SMALL, 2)
    ranking, *others = Tournament().findings(SMALL, state, Streams(0), 2)
    scores = [row[2] for row in ranking.rows]
    assert scores == sorted(scores, reverse=True)
    assert "Always to defect gets" in ranking.note
    film = others[-1]
    assert film.frames.shape[0] == 6
    assert Tournament().findings(SMALL, state, Streams(0), 0) == ()


@pytest.mark.filterwarnings("ignore:The old environment creation API:DeprecationWarning")
def test_a_game_of_another_package_is_played_by_everyone():
    pytest.importorskip("pettingzoo", reason="PettingZoo is not installed")
    pytest.importorskip("pygame", reason="pygame, which PettingZoo's rock-paper-scissors needs, is not installed")
    config = TournamentConfig(game="pettingzoo:pettingzoo.classic.rps_v2", n_rounds=3)
    state, row = run(config, 1)
    assert tournament.pool_of(config).names == ("uniform", "cycle", "always-0", "always-1", "always-2")
    payoffs = tournament.means(state)[0]
    assert np.allclose(payoffs + payoffs.T, 0, atol=1e-12)
    assert payoffs[3, 2] == 1.0  # paper wraps rock
    assert row["mean_payoff"] == 0.0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"game": "stag-hint"}, "did you mean 'stag-hunt'"),
        ({"game": "public-goods"}, "A tournament pairs two players; public-goods is a game of 4 agents"),
        ({"game": "pettingzoo:no.such.module"}, "no.such.module cannot be loaded|needs the package pettingzoo"),
        ({"players": "tit-for-tut,bully"}, "did you mean 'tit-for-tat'"),
        ({"players": "bully"}, "has 1 players; allowed: two players or more"),
        (
            {"players": "tit-for-tat,grim,bully", "meetings": "drawn-pairs"},
            "an odd pool of 3 players in a two-player game; allowed: an even number, such as 4",
        ),
        ({"game": "openspiel-dilemma", "players": "zd-extort-2,bully"}, "No zero-determinant strategy"),
    ],
)
def test_bad_settings_get_a_sentence_before_anything_is_compiled(settings, said):
    with pytest.raises((BadInputError, ConfigError, UnknownNameError), match=said):
        Tournament().init(configs.override(TournamentConfig(), settings), Streams(0))
