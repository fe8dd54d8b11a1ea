"""The zoo against moves recorded from the Axelrod library, closed forms, and bad input."""

from __future__ import annotations

import functools
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import axelrod_moves
from primordia.core.errors import ConfigError, UnknownNameError
from primordia.games.environments.payoffs import CONVENTIONS, PRISONERS_DILEMMA, Dilemma
from primordia.games.policies import zoo
from primordia.games.policies.strategies import Reactive, Strategy, memory_one, zero_determinant

GOLDEN = Path(__file__).parent / "golden" / "axelrod_moves.txt"
"""Recorded from Axelrod 4.14.0 by tests/oracles/axelrod_moves.py."""
N_ROUNDS = axelrod_moves.N_ROUNDS
AXELROD = CONVENTIONS["axelrod"]


@functools.partial(jax.jit, static_argnames="policies")
def replayed(policies, own, other):
    """Odds of cooperation of each policy along given matches, axes [policy][match, round]."""
    places = jnp.concatenate([jnp.zeros_like(own[..., :1]), 1 + 2 * own[..., :-1] + other[..., :-1]], -1)
    seen = jax.nn.one_hot(places, 5)

    def odds(policy, seen):
        def one(memory, observation):
            acting = policy.act({}, memory, observation)
            return acting.memory, jax.nn.softmax(acting.logits)[0]

        return jax.lax.scan(one, policy.begin(), seen)[1]

    return [jax.vmap(functools.partial(odds, policy))(seen[place]) for place, policy in enumerate(policies)]


@functools.cache
def recorded():
    """Every recorded match: name -> co-players, own moves, the co-players', odds, axes [match, round]."""
    found = {}
    for line in GOLDEN.read_text().splitlines():
        name, coplayer, own, other, odds = line.split()
        row = axelrod_moves.decoded(own), axelrod_moves.decoded(other), axelrod_moves.read_odds(odds)
        found.setdefault(name, []).append((coplayer, *row))
    return {name: list(zip(*rows, strict=True)) for name, rows in found.items()}


@functools.cache
def ours():
    """Our odds in every recorded match, by name."""
    names = list(recorded())
    policies = tuple(zoo.strategy(name, AXELROD, N_ROUNDS) for name in names)
    own, other = (np.asarray([recorded()[name][place] for name in names]) for place in (1, 2))
    return dict(zip(names, map(np.asarray, replayed(policies, own, other)), strict=True))


def differing(name):
    """Moves of the library, and how many of them ours would not have made with the same odds."""
    theirs = np.asarray(recorded()[name][3])
    return theirs.size, np.argwhere(np.abs(ours()[name] - theirs) > 2e-6)


EXACT = sorted(set(axelrod_moves.NAMES) - {"graaskamp"})


@pytest.mark.parametrize("name", EXACT)
def test_every_move_has_the_odds_that_axelrod_gives_it(name):
    n_moves, differs = differing(name)
    assert n_moves == len(axelrod_moves.COPLAYERS) * N_ROUNDS
    assert differs.tolist() == []


def test_graaskamp_moves_as_axelrods_where_it_does_not_draw():
    odds, (names, own, _, _) = ours()["graaskamp"], recorded()["graaskamp"]
    noiseless = [place for place, name in enumerate(names) if axelrod_moves.COPLAYERS[name][1] == 0]
    chance = np.where(np.asarray(own) == 0, odds, 1 - odds)[noiseless]
    assert (chance > 1e-6).all()
    assert (chance[:, :56] > 1 - 1e-6).all()
    assert (chance < 1 - 1e-6).any()


def test_graaskamps_gaps_are_five_to_fourteen_alike():
    own, other = np.zeros((1, 1, N_ROUNDS), int), np.zeros((1, 1, N_ROUNDS), int)
    own[..., 50], other[..., :3] = 1, 1  # so that it seems neither to copy, nor to be a twin, nor to be random
    odds = np.asarray(replayed((zoo.strategy("graaskamp"),), own, other)[0])[0]
    assert odds[56] == 1.0  # where it draws the first gap
    gaps = (1 - odds[57:71]) * np.cumprod([1.0, *odds[57:70]])
    assert np.allclose(gaps, [0] * 4 + [0.1] * 10, atol=1e-5)


def test_the_recording_is_what_the_installed_library_plays():
    pytest.importorskip("axelrod", reason="the Axelrod library is not installed; its recorded moves were used alone")
    lines = GOLDEN.read_text().splitlines()
    for line in lines[::7]:
        assert axelrod_moves.line(*line.split()[:2]) == line


def test_the_zoo_holds_axelrods_basic_strategies_and_its_first_tournament():
    assert len(zoo.BASIC) == 10
    assert len(zoo.FIRST_TOURNAMENT) == 15
    assert {*zoo.BASIC, *zoo.FIRST_TOURNAMENT} <= set(zoo.ZOO)
    assert set(zoo.ZOO) == set(axelrod_moves.NAMES)


def test_zero_determinant_vectors_of_axelrods_game():
    """Stewart and Plotkin 2012: ZDGTFT-2 is (1, 1/8, 1, 1/4), Extort-2 is (8/9, 1/2, 1/3, 0)."""
    assert np.allclose(np.asarray(zoo.strategy("zd-generous-2").probabilities)[1:, 0], [1, 1 / 8, 1, 1 / 4])
    assert np.allclose(np.asarray(zoo.strategy("zd-extort-2").probabilities)[1:, 0], [8 / 9, 1 / 2, 1 / 3, 0])


def test_tit_for_tat_is_extortion_by_one():
    found = zero_determinant(PRISONERS_DILEMMA, 1 / 3, 1.0, 0.0)
    assert np.allclose(found.probabilities, memory_one(1, 1, 0, 1, 0).probabilities)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.booleans(), min_size=30, max_size=30), st.lists(st.booleans(), min_size=30, max_size=30))
def test_what_rules_promise_holds_in_any_match(own, other):
    names = ("grim", "tit-for-two-tats", "soft-majority", "gradual")
    own, other = (np.asarray([[moves]] * len(names), int) for moves in (own, other))
    grim, patient, majority, gradual = (
        np.asarray(odds)[0] > 0.5 for odds in replayed(tuple(zoo.strategy(name) for name in names), own, other)
    )
    other = other[0, 0]
    for t in range(30):
        defections = other[:t].sum()
        assert grim[t] == (defections == 0)
        assert patient[t] == (t < 2 or other[t - 2 : t].sum() < 2)
        assert majority[t] == (2 * defections <= t)
    assert (~gradual).sum() <= other.cumsum()[other > 0].sum()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: zoo.strategy("tit-for-tatt"), "no strategy 'tit-for-tatt'; did you mean 'tit-for-tat'"),
        (lambda: Strategy("grimm"), "did you mean 'grim'"),
        (lambda: zero_determinant(AXELROD, 1.0, 0.5, 1.0), "phi=1, slope=0.5, baseline=1 .*smaller phi"),
        (lambda: Reactive(((0.5, 0.6),)), "Row 0 of a reactive strategy"),
        (lambda: Reactive(((1.0,), (0.5, 0.5))), "rows of equal length"),
        (lambda: zoo.strategy("zd-extort-2", Dilemma(1, -30, 2, 0)), "No zero-determinant strategy"),
    ],
)
def test_bad_strategies_get_a_sentence(wrong, said):
    with pytest.raises((ConfigError, UnknownNameError), match=said):
        wrong()
