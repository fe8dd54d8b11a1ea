"""PettingZoo both ways: our environments pass its tests, its environments play in our tournaments."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from oracles import plain_tournament
from primordia.core.errors import BadInputError, ConfigError
from primordia.games.environments import table
from primordia.games.tournaments import foreign, pool, round_robin
from primordia.games.tournaments.foreign import CalledPlayer, PolicyPlayer

pettingzoo = pytest.importorskip("pettingzoo", reason="PettingZoo is not installed")
gymnasium = pytest.importorskip("gymnasium")
from primordia.games.environments import pettingzoo as adapter  # noqa: E402

OLD_NAMES = pytest.mark.filterwarnings("ignore:The old environment creation API:DeprecationWarning")


def words(n, n_games, n_rounds, seed=0):
    return np.random.default_rng(seed).integers(0, 2**32, (n, n, n_games, 1 + 6 * n_rounds), dtype=np.uint32)


@OLD_NAMES
@pytest.mark.parametrize("name", ["stag-hunt", "public-goods"])
def test_our_environments_pass_pettingzoos_own_tests(name):
    pytest.importorskip("pygame", reason="pygame, which PettingZoo's tests import, is not installed")
    from pettingzoo.test import parallel_api_test, parallel_seed_test

    parallel_api_test(adapter.Shown(table.make(name, n_steps=6)), num_cycles=20)
    parallel_seed_test(lambda: adapter.Shown(table.make(name, n_steps=6)), num_cycles=10)


def test_a_match_outside_is_a_match_inside():
    env = adapter.Shown(table.make("chicken", n_steps=2), render_mode="rgb_array")
    env.reset(seed=1)
    seen, paid, ended, cut, told = env.step({"player_0": 0, "player_1": 1})
    assert paid == {"player_0": 1.0, "player_1": 4.0}
    assert seen["player_0"].tolist() == [0, 0, 1, 0, 0]
    assert seen["player_1"].tolist() == [0, 0, 0, 1, 0]
    assert told["player_0"] == {"cooperated": 1.0}
    assert env.render().tolist() == [[[0x00, 0x72, 0xB2], [0xD5, 0x5E, 0x00]]]
    _, _, ended, cut, _ = env.step({"player_0": 0, "player_1": 1})
    assert cut == {"player_0": True, "player_1": True}
    assert not any(ended.values())
    assert env.agents == []


def test_our_game_there_and_back_is_that_of_plain_loops():
    game = table.make("axelrod", n_steps=8)
    names = ("tit-for-tat", "defector", "win-stay-lose-shift")
    players = [pool.player(name, pool.form(game)) for name in names]
    outside = foreign.play(
        adapter.wrap(adapter.Shown(game)), [PolicyPlayer(one, {}) for one in players], words(3, 1, 8), n_rounds=8
    )
    actions = [(0, 0, 1, 0, 1), (1, 1, 1, 1, 1), (0, 0, 1, 1, 0)]
    for row, column in np.ndindex(3, 3):
        paid, firsts = plain_tournament.match(game.payoffs, actions[row], actions[column], 8)
        assert np.allclose(outside.payoffs[row, column, 0], paid)
        assert np.allclose(outside.first_actions[row, column, 0], firsts)
    assert outside.moves[:, 0, 1].tolist() == [0, 1, 1, 1, 1, 1, 1, 1]


@OLD_NAMES
def test_rock_paper_scissors_of_pettingzoo_plays_unchanged():
    """Who answers what was last played loses nothing but the first round to who always plays the same."""
    pytest.importorskip("pygame", reason="pygame, which this game needs, is not installed")
    game = foreign.load("pettingzoo:pettingzoo.classic.rps_v2")
    of = foreign.form(game, 15)
    assert (of.n_observed, of.actions) == (4, ("0", "1", "2"))
    names = ("always-0", "reply-1200", "cycle")
    players = [PolicyPlayer(pool.player(name, of), {}) for name in names]
    matches = foreign.play(game, players, words(3, 1, 15), n_rounds=15)
    wins = round_robin.win_matrix(matches)
    assert wins[1, 0] == 1.0
    assert np.allclose(matches.payoffs[1, 0, 0], [14 / 15, -14 / 15])
    assert np.allclose(matches.payoffs.sum(-1), 0)


@OLD_NAMES
def test_games_of_turns_with_masks_play_too():
    pytest.importorskip("pygame", reason="pygame, which this game needs, is not installed")
    from pettingzoo.classic import tictactoe_v3

    game = adapter.wrap(tictactoe_v3.env())
    of = foreign.form(game, 9)
    assert of.n_observed == 18
    players = [PolicyPlayer(pool.player(name, of), {}) for name in ("uniform", "always-4")]
    matches = foreign.play(game, players, words(2, 3, 9), n_rounds=9)
    assert (np.abs(matches.payoffs).max(-1) <= 1 / 5).all()  # one point, after five moves or more
    assert np.allclose(matches.payoffs.sum(-1), 0)
    assert set(np.unique(matches.moves)) <= {*range(9), foreign.NO_MOVE}


def test_an_agent_of_another_package_plays_in_our_game():
    game = table.make("axelrod", n_steps=5)

    def made():
        moves = []

        def grudges(observation, legal):
            moves.append(observation[2] + observation[4] > 0)
            return int(any(moves))

        return grudges

    players = [CalledPlayer(made), PolicyPlayer(pool.player("cycler-dc", pool.form(game)), {})]
    matches = foreign.play(adapter.wrap(adapter.Shown(game)), players, words(2, 1, 5), n_rounds=5)
    assert matches.moves[:, 0, 1].tolist() == [0, 1, 1, 1, 1]
    assert matches.moves[:, 0, 0].tolist() == [0] * 5
    wrong = [CalledPlayer(lambda: lambda observation, legal: 7), players[1]]
    with pytest.raises(ConfigError, match="player_0 of matrix chose the action 7 at step 0"):
        foreign.play(adapter.wrap(adapter.Shown(game)), wrong, words(2, 1, 5), n_rounds=5)


class Faulty(pettingzoo.ParallelEnv):
    """Someone else's game with one fault from its third step on."""

    metadata = {"name": "faulty_v0"}  # noqa: RUF012  # as PettingZoo asks for it

    def __init__(self, fault, agents=("a", "b")):
        self.fault, self.possible_agents, self.agents, self.n = fault, list(agents), [], 0

    def observation_space(self, agent):
        return gymnasium.spaces.Box(-1, 1, (2,))

    def action_space(self, agent):
        if self.fault == "box":
            return gymnasium.spaces.Box(-1, 1, (2,))
        return gymnasium.spaces.Discrete(3 if self.fault == "unlike" and agent == "b" else 2)

    def seen(self):
        sound = np.zeros(2, np.float32)
        late = self.n >= 2
        bad = {"nan seen": np.asarray([0, np.nan]), "shape": np.zeros(3), "none": None}.get(self.fault, sound)
        return {"a": sound, "b": bad if late else sound}

    def reset(self, seed=None, options=None):
        self.agents, self.n = list(self.possible_agents), 0
        return self.seen(), {}

    def step(self, actions):
        self.n += 1
        worst = {"nan paid": float("nan"), "list paid": [1.0, 2.0], "text paid": "much"}.get(self.fault, 1.0)
        paid = {"a": 0.0, "b": worst if self.n >= 3 else 0.0}
        found = self.seen(), paid, dict.fromkeys("ab", False), dict.fromkeys("ab", False), {}
        return found[:4] if self.fault == "four" and self.n >= 3 else found


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("nan seen", "faulty_v0 gave player b at step 2 the observation nan in place 1; it must be finite"),
        ("shape", r"faulty_v0 gave player b at step 2 an observation of shape \[3\]; declared is \[2\]"),
        ("none", "faulty_v0 gave player b at step 2 an observation of shape"),
        ("nan paid", "faulty_v0 paid player b nan at step 2; payoffs must be finite numbers"),
        ("list paid", r"faulty_v0 paid player b \[1.0, 2.0\] at step 2"),
        ("text paid", "faulty_v0 paid player b much at step 2; payoffs must be finite numbers"),
        ("four", "faulty_v0 returned 4 values from step; a ParallelEnv returns 5"),
        ("box", "The actions of player a in faulty_v0 are Box.*; allowed: Discrete, from 0"),
        ("unlike", r"The players of faulty_v0 differ: \[2, 3\] actions"),
    ],
)
def test_what_others_return_is_watched(fault, said):
    with pytest.raises(BadInputError, match=said):
        against_itself(Faulty(fault))


def against_itself(env):
    game = adapter.wrap(env)
    players = [PolicyPlayer(pool.player(name, foreign.form(game, 5)), {}) for name in ("uniform", "cycle")]
    foreign.play(game, players, words(2, 1, 5), n_rounds=5)


def test_three_cannot_play_in_pairs():
    game = adapter.wrap(adapter.Shown(table.make("public-goods")))
    with pytest.raises(ConfigError, match="pairs two players; public-goods is a game of 4 agents"):
        foreign.play(game, [], words(0, 1, 1), n_rounds=1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: foreign.load("gym:CartPole"), "'gym:CartPole' is of the kind 'gym'; allowed: pettingzoo:MODULE"),
        (lambda: foreign.load("pettingzoo:pettingzoo.no_such"), "pettingzoo.no_such cannot be loaded"),
        (lambda: foreign.load("pettingzoo:json"), "json offers neither parallel_env nor env"),
        (lambda: foreign.load("pettingzoo:"), "The game 'pettingzoo:' names no module; allowed: pettingzoo:MODULE"),
        (lambda: foreign.load("pettingzoo:.classic"), "The game 'pettingzoo:.classic' names no module"),
        (lambda: foreign.load("pettingzoo:broken_game"), "broken_game cannot be made: no display"),
        (lambda: foreign.load("pettingzoo:half_a_game"), "half_a_game cannot be loaded: .*'primordia\\[pettingzoo\\]'"),
        (lambda: adapter.wrap(7), "is of the type int; allowed: a ParallelEnv or an AECEnv"),
    ],
)
def test_games_that_cannot_be_used_get_a_sentence(wrong, said, tmp_path, monkeypatch):
    (tmp_path / "broken_game.py").write_text("def env():\n    raise RuntimeError('no display')\n")
    (tmp_path / "half_a_game.py").write_text("import no_such_pygame\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises((BadInputError, ConfigError), match=said):
        wrong()


def test_without_pettingzoo_the_sentence_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pettingzoo", None)
    monkeypatch.delitem(sys.modules, adapter.__name__)
    with pytest.raises(BadInputError, match=r"needs the package pettingzoo; pip install 'primordia\[pettingzoo\]'"):
        foreign.load("pettingzoo:pettingzoo.classic.rps_v2")
