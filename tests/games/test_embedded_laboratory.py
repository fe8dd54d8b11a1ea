"""The small experiments about embedded agents against enumeration and closed forms."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles import plain_embedded as plain

from primordia.core.errors import BadInputError
from primordia.games.embedded import coupling, dogma, machines, priors, reflection, regret, similarity

HUNDREDTHS = st.integers(1, 99).map(lambda n: Fraction(n, 100))
PAIRS = st.tuples(HUNDREDTHS, HUNDREDTHS)


def as_floats(table):
    return np.array([[float(value) for value in row] for row in table])


def contradiction(programs, belief, tolerance):
    """By how much predictions miss the outputs that they cause, at most; 0 within `tolerance` of a threshold."""
    outputs = reflection.answers(programs, belief)
    tied = np.array([abs(belief[program.asks] - program.threshold) <= tolerance for program in programs])
    return float(np.where(tied, 0.0, abs(outputs - belief)).max())


@settings(max_examples=6, deadline=None)
@given(
    policies=st.tuples(PAIRS, PAIRS),
    environments=st.tuples(PAIRS, PAIRS, PAIRS),
    raw=st.lists(st.integers(1, 20), min_size=6, max_size=6),
)
def test_losses_are_those_of_the_slow_enumeration(policies, environments, raw):
    weights = [[Fraction(raw[3 * i + j], sum(raw)) for j in range(3)] for i in range(2)]
    found = coupling.losses(as_floats(policies), as_floats(environments), as_floats(weights), 3)
    coupled, apart, divergence = plain.losses(policies, environments, weights, 3)
    assert found.coupled == pytest.approx(np.array(coupled), abs=1e-11)
    assert found.decoupled == pytest.approx(np.array(apart), abs=1e-11)
    assert found.divergence == pytest.approx(divergence, abs=1e-11)
    assert found.gap == pytest.approx(found.divergence, abs=1e-12)
    assert found.divergence >= -1e-12
    assert (found.coupled <= found.bound + 1e-12).all()


def test_a_product_of_weights_leaves_nothing_to_gain():
    draws = np.linspace(0.1, 0.9, 6).reshape(3, 2)
    weights = np.outer([0.2, 0.3, 0.5], [0.5, 0.25, 0.25])
    found = coupling.losses(draws, draws[::-1], weights, 4)
    assert abs(found.gap) < 1e-13
    assert abs(found.divergence) < 1e-13


def test_the_two_directions_of_the_divergence_differ():
    draws = np.array([[0.1, 0.8], [0.7, 0.3]])
    found = coupling.losses(draws, draws, np.array([[0.45, 0.05], [0.1, 0.4]]), 5)
    assert abs(found.gap - found.divergence) < 1e-12 < abs(found.gap - found.reversed)


@pytest.mark.parametrize(("per_state", "total"), [(1.0, 0.875), (2.0, 0.328125)])
def test_kraft_sums_and_what_occam_makes_of_them(per_state, total):
    # The machines of n states share 2^(-n per_state) of mass: their number is 2^n n^(2n).
    lengths = priors.bits(3, per_state)
    assert priors.kraft(lengths) == pytest.approx(total, abs=1e-12)
    alpha = priors.effective_alpha(total)
    assert alpha == pytest.approx(total / (total + total**2))
    assert priors.occam(lengths).sum() == pytest.approx(1, abs=1e-12)


def test_similarity_of_twins_grows_by_a_bit_for_each_bit_of_description():
    lengths = priors.bits(2, 1.0)
    alpha = priors.effective_alpha(priors.kraft(lengths))
    prior = priors.occam(lengths)
    joint = similarity.coupled(prior, alpha)
    similar = np.diag(similarity.functional_similarity(joint))
    total = priors.kraft(lengths)
    assert similar == pytest.approx(np.log2((2**lengths + 1) * total / (1 + total)), abs=1e-10)
    information = sum(
        joint[i, j] * math.log2(joint[i, j] / (joint[i].sum() * joint[:, j].sum()))
        for i, j in itertools.product(range(len(prior)), repeat=2)
    )
    assert similarity.mutual_information(joint) == pytest.approx(information, abs=1e-12)
    assert similarity.of_copies(prior, alpha) == pytest.approx(information, abs=1e-12)


@pytest.mark.parametrize(("alpha", "expected"), [(0.0, 0.0), (1.0, 2.0)])
def test_strangers_share_no_information_and_copies_all_of_it(alpha, expected):
    prior = np.array([0.25, 0.25, 0.25, 0.25, 0.0])
    assert similarity.mutual_information(similarity.coupled(prior, alpha)) == pytest.approx(expected, abs=1e-12)
    assert similarity.of_copies(prior, alpha) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(start=st.floats(0, 1))
def test_averaging_brings_the_liar_to_a_coin(start):
    course = reflection.averaged(reflection.LIAR, 400, start)[:, 0]
    # Each output is a whole step of 1/(n+1), towards the other side of 1/2.
    assert abs(course[-1] - 0.5) <= 1 / 401
    assert contradiction(reflection.LIAR, course[-1:], 1 / 401) == 0


@settings(max_examples=20, deadline=None)
@given(start=st.floats(0, 1))
def test_averaged_predictions_are_the_mean_of_all_outputs(start):
    course = reflection.averaged(reflection.MATCHING_PENNIES, 30, start)
    first, second, totals = start, start, [start, start]
    for place in range(1, 31):
        outputs = [1.0 if second >= 0.5 else 0.0, 1.0 if first <= 0.5 else 0.0]
        totals = [total + output for total, output in zip(totals, outputs, strict=True)]
        assert course[place] == pytest.approx([total / (place + 1) for total in totals], abs=1e-12)
        # On from the predictions themselves: a rounding at 1/2 would send the two ways apart.
        first, second = course[place].tolist()


def test_matching_pennies_circles_a_coin_and_coordination_leaves_it():
    pennies = reflection.averaged(reflection.MATCHING_PENNIES, 4000)
    assert abs(pennies[2000:] - 0.5).max() < abs(pennies[200:400] - 0.5).max() < 0.1
    assert reflection.averaged(reflection.COORDINATION, 400)[-1] == pytest.approx([1, 1], abs=0.01)
    assert contradiction(reflection.COORDINATION, np.array([1.0, 1.0]), 1e-9) == 0
    assert contradiction(reflection.MATCHING_PENNIES, np.array([1.0, 1.0]), 1e-9) == 1


def test_without_coins_some_programs_have_no_answer():
    assert reflection.certain_answers(reflection.LIAR) == ()
    assert reflection.certain_answers(reflection.MATCHING_PENNIES) == ()
    assert reflection.certain_answers(reflection.COORDINATION) == ((0, 0), (1, 1))


def test_a_damped_liar_stays_within_one_step_of_the_coin():
    course = reflection.damped(reflection.LIAR, 300, 0.1)[-100:, 0]
    assert abs(course - 0.5).max() <= 0.1


@pytest.mark.parametrize("n", [1, 2, 5])
def test_informed_returns_are_the_best_of_all_sequences(n):
    ours = machines.memory_one()
    found = regret.best_returns(ours, n)[n, :, 0]
    assert found.tolist() == [plain.best_return(policy, n) for policy in plain.all_memory_one()]


@pytest.mark.parametrize("p_dogma", [Fraction(1), Fraction(9, 10), Fraction(1, 2), Fraction(0)])
def test_what_a_deviation_promises_is_what_trying_all_plans_finds(p_dogma):
    ours, theirs = machines.memory_one(), plain.all_memory_one()
    own, other = np.random.default_rng(2).integers(0, 32, (2, 12))
    played = dogma.path(ours, own, other, 7)
    found = dogma.gains(ours, other, played, 4, 4, float(p_dogma))
    for t in range(4):
        expected = [
            float(plain.wants_to_leave(theirs[mine], theirs[yours], t, 4, p_dogma))
            for mine, yours in zip(own.tolist(), other.tolist(), strict=True)
        ]
        assert found[t] == pytest.approx(expected, abs=1e-12)


def test_every_profile_lasts_under_dogma_and_only_equilibria_without():
    ours = machines.memory_one()
    assert dogma.never_deviates(ours, 10, 6, 1.0).all()
    free = dogma.never_deviates(ours, 10, 6, 0.0)
    names = list(ours.names)
    always_defect, always_cooperate = names.index("D·DDDD"), names.index("C·CCCC")
    assert free[always_defect, always_defect]
    assert not free[always_cooperate, always_cooperate]
    assert free.mean() < 0.1


@settings(max_examples=15, deadline=None)
@given(p_dogma=st.floats(0, 1), hell=st.booleans(), seed=st.integers(0, 99))
def test_samplers_are_paid_for_staying_and_then_for_where_they_live(p_dogma, hell, seed):
    draws = np.random.default_rng(seed).random((5, 9))
    found = dogma.thompson(draws, p_dogma, hell)
    for row, left, payoff in zip(draws, found.left.tolist(), found.payoff.tolist(), strict=True):
        believes, total = True, 0.0
        for t, draw in enumerate(row):
            believes = believes and draw < p_dogma
            assert believes == (t < left)
            total += 1.0 if believes else -1.0 if hell else 2.0
        assert payoff == pytest.approx(total / 9)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: coupling.losses(np.full((1, 2), 0.5), np.full((1, 2), 0.5), np.ones((1, 1)), 20), "of 20 rounds"),
        (lambda: coupling.losses(np.full((1, 2), 1.0), np.full((1, 2), 0.5), np.ones((1, 1)), 2), "of 1 or 1"),
        (lambda: coupling.losses(np.full((1, 2), 0.5), np.full((1, 2), 0.5), np.ones((1, 1)) / 2, 2), "sum to 0.5"),
        (lambda: priors.effective_alpha(0.0), "Kraft sum of 0"),
        (lambda: priors.with_defector(machines.memory_one(), np.full(32, 1 / 32), np.array([1.1])), "mass of 1.1"),
        (lambda: similarity.coupled(np.array([1.0]), -0.1), "alpha=-0.1"),
        (lambda: similarity.functional_similarity(np.array([[0.4]])), "sum to 0.4"),
        (lambda: reflection.averaged((reflection.Program(3, True),), 5), "asks about program 3"),
        (lambda: reflection.damped(reflection.LIAR, 5, 0.0), "damping rate of 0"),
        (lambda: dogma.thompson(np.zeros((1, 1)), -0.5, False), "belief of -0.5"),
        (lambda: dogma.never_deviates(machines.memory_one(), 5, 3, 1.5), "belief of 1.5"),
        (lambda: dogma.never_deviates(machines.memory_one(), 5, 0, 0.5), "horizon of 0"),
    ],
)
def test_bad_input_gets_a_sentence(call, sentence):
    with pytest.raises(BadInputError, match=sentence):
        call()
