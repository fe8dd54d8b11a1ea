"""Outcomes of all ordered pairs, labels and breeding: against a slow twin, and on cases that can be told by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_bff, plain_ecology
from primordia.life.ecology.breeding import breed
from primordia.life.ecology.equilibrium import flow, predicted
from primordia.life.ecology.outcomes import Outcomes, label, letters, outcomes
from primordia.life.golden import FIG4_REPLICATOR

FIG4 = np.frombuffer(FIG4_REPLICATOR, np.uint8)
IDLE = np.full(64, 0x20, np.uint8)


def test_outcomes_are_those_of_the_twin() -> None:
    generator = np.random.default_rng(3)
    rich = generator.choice(np.frombuffer(b"+-,.<>[]{}\0abc", np.uint8), (3, 64))
    programs = np.concatenate((np.stack((FIG4, IDLE)), rich))
    step_of, *rest = plain_bff.rules("bff_noheads")
    found = outcomes("bff_noheads", programs, max_steps=512)
    texts = [program.tobytes() for program in programs]
    for i in range(len(programs)):
        for j in range(len(programs)):
            expected = plain_ecology.outcome(
                lambda tape: plain_bff.execute(tape, 512, step_of.tolist(), *rest), texts, i, j
            )
            assert (found.first[i, j], found.second[i, j]) == expected


def test_the_loop_of_fig_4_copies_whatever_stands_first_unless_it_begins_with_zero() -> None:
    found = outcomes("bff_noheads", np.stack((FIG4, IDLE, np.zeros(64, np.uint8))))
    assert found.labels == ("host", "parasite", "inert")
    assert found.first.tolist() == [[0, 0, 0], [1, 1, 1], [2, 2, 2]]
    assert found.second.tolist() == [[0, 0, 0], [1, 1, 2], [0, 1, 2]]
    assert found.scores.tolist() == [64, 0, 0]


@pytest.mark.parametrize(
    ("pairs", "copies", "expected"),
    [
        # Program 1 idles, and is copied over program 0 when it stands second: a parasite, and 0 is its host.
        ({(0, 1): (1, 1)}, (True, False), ("host", "parasite")),
        ({(1, 0): (1, 1)}, (True, False), ("host", "parasite")),
        # It stays what it is next to the replicator.
        ({(0, 1): (0, 1)}, (True, False), ("replicator", "defender")),
        ({(0, 1): (-1, -1)}, (True, False), ("replicator", "inert")),
        # Nobody copies: there is nothing to defend against.
        ({(0, 1): (0, 1)}, (False, False), ("inert", "inert")),
        # Both halves become a replicator: it is no parasite, whoever wins.
        ({(0, 1): (1, 1)}, (True, True), ("replicator", "replicator")),
    ],
)
def test_labels_follow_from_the_table(pairs: dict, copies: tuple, expected: tuple) -> None:
    first, second = np.full((2, 2, 2), -1)
    for (i, j), (one, other) in pairs.items():
        first[i, j], second[i, j] = one, other
    assert label(first, second, np.array(copies)) == expected


def test_a_line_is_what_meetings_in_a_row_make_of_it() -> None:
    step_of, *rest = plain_bff.rules("bff_noheads")
    noise = np.random.default_rng(4).integers(0, 256, 64).astype(np.uint8)
    for swap in (False, True):
        line = breed("bff_noheads", noise, FIG4, 3, swap)
        halves = noise.tobytes(), FIG4_REPLICATOR
        for generation in line:
            if generation.number:
                pair = halves[::-1] if swap and generation.number > 1 else halves
                tape = bytearray(pair[0] + pair[1])
                assert plain_bff.execute(tape, 8192, step_of.tolist(), *rest) == generation.operations
                halves = bytes(tape[:64]), bytes(tape[64:])
            assert tuple(half.tobytes() for half in generation.halves) == halves
    assert line[0].kinship[0].first == 64
    assert line[0].kinship[1].second == 64


def test_letters_go_on_after_z() -> None:
    assert letters(28)[-3:] == ["Z", "AA", "AB"]
    assert len(set(letters(64))) == 64


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 5))
def test_the_flow_is_the_average_over_all_pairs(seed: int, n: int) -> None:
    generator = np.random.default_rng(seed)
    first, second = generator.integers(-1, n, (2, n, n))
    shares = generator.dirichlet(np.ones(n + 1))
    found = Outcomes(first, second, ("inert",) * n, np.zeros(n, np.int64))
    expected = np.zeros(n + 1)
    for i in range(n + 1):
        for j in range(n + 1):
            meets = i < n and j < n
            halves = (first[i, j], second[i, j]) if meets else (i, j)
            for half in halves:
                expected[n if half == -1 else half] += shares[i] * shares[j] / 2
    assert flow(found, shares) == pytest.approx(expected)
    assert flow(found, shares).sum() == pytest.approx(1)


def test_what_a_table_predicts() -> None:
    # Whoever stands first wins: the shares stay as they are. Whoever is 0 wins: it takes all.
    first_wins = Outcomes(np.array([[0, 0], [1, 1]]), np.array([[0, 0], [1, 1]]), ("replicator",) * 2, np.zeros(2, int))
    shares = np.array([0.3, 0.6, 0.1])
    assert predicted(first_wins, shares)[0] == pytest.approx(shares)
    third = np.array([1 / 3, 1 / 3, 1 - 2 / 3])
    slow = Outcomes(np.array([[0, 0], [1, 1]]), np.array([[0, 0], [0, 1]]), ("replicator",) * 2, np.zeros(2, int))
    assert predicted(slow, third)[0] == pytest.approx([2 / 3, 0, 1 / 3], abs=1e-4)
    winner = Outcomes(np.zeros((2, 2), int), np.zeros((2, 2), int), ("replicator",) * 2, np.zeros(2, int))
    after, epochs = predicted(winner, shares)
    assert after == pytest.approx([0.9, 0, 0.1], abs=1e-6)
    assert epochs < 100
