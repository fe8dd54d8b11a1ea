"""Beliefs and plans of embedded agents against universes that are gone through one by one, in fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles import plain_embedded as plain

from primordia.core.errors import BadInputError
from primordia.games.embedded import belief, machines, planning, priors, switching, twins

FEW = [0, 3, 9, 14, 22, 31]
"""Places of memory-one policies, so that the slow twin has 6 + 36 universes."""
ROUNDS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=0, max_size=4)
ALPHAS = st.sampled_from([Fraction(0), Fraction(1, 10), Fraction(1, 2), Fraction(9, 10)])
TREMBLES = st.sampled_from(["own", "shared"])


def few():
    whole = machines.memory_one()
    chosen = machines.Machines(whole.actions[FEW], whole.moves[FEW], tuple(whole.names[place] for place in FEW))
    return chosen, [plain.all_memory_one()[place] for place in FEW]


def seen(mixture, history, prior, alpha):
    """The belief of one agent after a history."""
    found = belief.begin(np.array([prior], float), np.array([float(alpha)]))
    for own, other in history:
        found = belief.observe(mixture, found, np.array([own]), np.array([other]))
    return found


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (machines.memory_one(), plain.all_memory_one()),
        (machines.delays(3), [plain.delay(k) for k in (None, 0, 1, 2, 3)]),
        (machines.moore(2), [*plain.all_moore(1), *plain.all_moore(2)]),
    ],
    ids=["memory-one", "delays", "moore"],
)
def test_machines_play_as_functions_of_the_history_do(ours, theirs):
    assert len(ours) == len(theirs)
    for word in np.random.default_rng(1).integers(0, 2, (20, 6, 2)):
        states = np.zeros(len(ours), np.int64)
        history = []
        for own, other in word.tolist():
            assert ours.plays(states).tolist() == [policy(history) for policy in theirs]
            states = ours.follow(states, np.int64(own), np.int64(other))
            history.append((own, other))


def test_there_are_as_many_moore_machines_as_published():
    assert [len(machines.moore(n)) for n in (1, 2, 3)] == [2, 66, 5898]


@settings(max_examples=25, deadline=None)
@given(history=ROUNDS, alpha=ALPHAS, trembles=TREMBLES)
def test_forecasts_and_posteriors_are_those_of_all_universes(history, alpha, trembles):
    ours, theirs = few()
    prior = [Fraction(weight, 21) for weight in range(1, 7)]
    mixture = belief.Mixture(ours, 1 / 64, trembles)
    referee = plain.Universes(theirs, prior, alpha, Fraction(1, 64), trembles)
    found = seen(mixture, history, [float(weight) for weight in prior], alpha)
    assert found.p_copy[0] == pytest.approx(float(referee.p_copy(history)), abs=1e-12)
    joint = belief.forecast(mixture, found).joint[0]
    expected = referee.joint(history)
    assert joint == pytest.approx(np.array([[float(expected[a, b]) for b in (0, 1)] for a in (0, 1)]), abs=1e-12)
    assert joint.sum() == pytest.approx(1, abs=1e-12)
    for weights in (found.own, found.other):
        assert weights.sum() == pytest.approx(1, abs=1e-12)


@settings(max_examples=8, deadline=None)
@given(history=ROUNDS, alpha=ALPHAS, trembles=TREMBLES, horizon=st.integers(1, 3), n_best=st.integers(1, 3))
def test_plans_are_those_of_the_slow_planner(history, alpha, trembles, horizon, n_best):
    ours, theirs = few()
    n_best = min(n_best, horizon)
    history = history[: 4 - horizon]
    referee = plain.Universes(theirs, [Fraction(1, 6)] * 6, alpha, Fraction(1, 64), trembles)
    mixture = belief.Mixture(ours, 1 / 64, trembles)
    found = planning.action_values(
        planning.Planner(horizon, n_best), mixture, seen(mixture, history, [1 / 6] * 6, alpha)
    )
    assert found[0] == pytest.approx([float(value) for value in referee.values(history, horizon, n_best)], abs=1e-10)


@settings(max_examples=10, deadline=None)
@given(history=ROUNDS, horizon=st.integers(1, 3))
def test_an_agent_without_copies_is_the_decoupled_one(history, horizon):
    ours, theirs = few()
    mixture = belief.Mixture(ours, 1 / 64)
    found = planning.action_values(planning.Planner(horizon), mixture, seen(mixture, history, [1 / 6] * 6, 0))
    expected = plain.decoupled_values(theirs, [Fraction(1, 6)] * 6, Fraction(1, 64), history, horizon)
    assert found[0] == pytest.approx([float(value) for value in expected], abs=1e-10)


@pytest.mark.parametrize("d", [Fraction(0), Fraction(1, 5), Fraction(1, 2)])
def test_switch_rounds_are_those_of_the_formula_in_fractions(d):
    ours = machines.delays(31)
    prior = priors.with_defector(ours, priors.over_delays(31), np.array([float(d)]))
    mass = switching.defecting_mass(ours, prior, 30)
    # An exact tie, where a double may fall on either side, is defected on.
    assert mass[0].tolist() == pytest.approx([float(d + (1 - d) / 2**k) for k in range(31)], abs=1e-15)
    for alpha in (Fraction(place, 40) for place in range(41)):
        expected = plain.switch_round(d, alpha, 30)
        found = switching.switch_rounds(mass, np.array([float(alpha)]))[0]
        assert found == (-1 if expected is None else expected)


@pytest.mark.parametrize(("alpha", "horizon"), [(0.6, 1), (0.9, 1), (0.6, 2)])
def test_the_known_cycle_of_memory_one_twins(alpha, horizon):
    mixture = belief.Mixture(machines.memory_one(), 1e-3)
    match = twins.enlarged(mixture, planning.Planner(horizon), alpha, 10, 0)[0]
    assert match.text() == "CCDCCDDCCD"


@settings(max_examples=10, deadline=None)
@given(
    alphas=st.lists(st.floats(0, 0.99), min_size=3, max_size=3),
    horizon=st.integers(1, 2),
    trembles=TREMBLES,
)
def test_twins_with_one_prior_never_come_apart(alphas, horizon, trembles):
    mixture = belief.Mixture(machines.memory_one(), 1e-3, trembles)
    match = twins.play(mixture, planning.Planner(horizon), np.full((3, 32), 1 / 32), np.array(alphas), 8)
    assert (match.actions[:, 0] == match.actions[:, 1]).all()
    assert (np.diff(match.p_copy[:, 0], axis=0) >= -1e-12).all() or trembles == "own"


@settings(max_examples=30, deadline=None)
@given(path=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), max_size=5), slip=st.integers(0, 9))
def test_the_realised_policy_follows_its_path_and_nothing_else(path, slip):
    machine = machines.on_path(tuple(path), 1)
    states = np.zeros(1, np.int64)
    for t, (own, other) in enumerate(path):
        assert machine.plays(states).tolist() == [1 if t > slip else own]
        states = machine.follow(states, np.int64(own), np.int64(1 - other if t == slip else other))
    assert machine.plays(states).tolist() == [1]


def test_a_match_is_settled_from_its_last_fault_on():
    def match(gap, surprise):
        tables = [np.repeat(np.array(row, float)[:, None, None], 2, 1) for row in (gap, surprise)]
        return twins.Match(np.zeros((4, 2, 1), int), np.zeros((4, 2, 1)), *tables)

    assert twins.settled(match([0, 0, 0, 0], [0.5, 0, 0.2, 0]), 0.1).tolist() == [3]
    assert twins.settled(match([0.5, 0, 0, 0], [0, 0, 0, 0]), 0.1).tolist() == [1]
    assert twins.settled(match([0, 0, 0, 0], [0, 0, 0, 0.5]), 0.1).tolist() == [-1]
    assert twins.settled(match([0, 0, 0, 0], [0, 0, 0, 0]), 0.1).tolist() == [0]


def test_realised_policies_and_closures_join_the_class():
    closed = twins.closed(belief.Mixture(machines.memory_one()), 5)
    assert len(closed.machines) == 38
    found = twins.enlarged(closed, planning.Planner(1), 0.9, 5, 1)
    assert [match.text() for match in found] == ["CCCCC", "CCCCC"]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: belief.begin(np.array([[1.0]]), np.array([1.5])), "alpha=1.5 .* from 0 to 1; the nearest is 1"),
        (lambda: belief.begin(np.array([[1.0]]), np.array([np.nan])), "alpha=nan"),
        (lambda: belief.begin(np.array([[0.5, 0.4]]), np.array([0.5])), "sums to 0.9"),
        (lambda: belief.begin(np.array([[1.5, -0.5]]), np.array([0.5])), "least weight is -0.5"),
        (lambda: belief.Mixture(machines.memory_one(), 0.0), "no grain of uncertainty"),
        (lambda: belief.Mixture(machines.memory_one(), 0.4), "0.4 leaves twins looking like strangers"),
        (lambda: belief.Mixture(machines.memory_one(), 0.01, "mine"), "'mine'; allowed: 'own' and 'shared'"),
        (lambda: machines.Machines(np.zeros((0, 1), int), np.zeros((0, 1, 2, 2), int), ()), "empty"),
        (
            lambda: machines.Machines(np.zeros((1, 1), int), np.zeros((1, 2, 2, 2), int), ("a",)),
            r"moves \[1, 2, 2, 2\]",
        ),
        (lambda: machines.Machines(np.zeros((1, 1), int), np.ones((1, 1, 2, 2), int), ("a",)), "moves to state 1"),
        (lambda: machines.moore(4), "1 to 3 states; the nearest is 3"),
        (lambda: machines.delays(-1), "-1 leaves none"),
        (lambda: planning.Planner(0), "horizon of 0"),
        (lambda: planning.Planner(2, 3), "3 best rounds"),
        (lambda: planning.Planner(2, discount=1.5), "discount of 1.5"),
    ],
)
def test_bad_input_gets_a_sentence(call, sentence):
    with pytest.raises(BadInputError, match=sentence):
        call()


def test_a_certain_copy_that_differs_is_refused():
    mixture = belief.Mixture(machines.memory_one(), 1e-3, "shared")
    start = belief.begin(np.full((1, 32), 1 / 32), np.array([1.0]))
    with pytest.raises(BadInputError, match="Agent 0 is certain of a copy"):
        belief.observe(mixture, start, np.array([0]), np.array([1]))
