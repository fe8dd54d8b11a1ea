"""Recall of many keys, parity, and the one way to score tokens and vectors."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minds.drawing import compiled, draw
from oracles import plain_tasks as plain
from primordia.core.errors import ConfigError
from primordia.minds.tasks.batch import (
    IGNORED,
    Tokens,
    Vectors,
    accuracy,
    by_position,
    cross_entropy,
    squared_error,
    token_squared_errors,
)
from primordia.minds.tasks.parity import Parity, running_parity
from primordia.minds.tasks.recall import Recall, recalled
from primordia.minds.tasks.task import distinct

TASK = Recall(n_symbols=64, n_time=40, n_pairs=5, n_passes=2)
CLEAN = Recall(n_symbols=64, n_time=40, n_pairs=5, colliding=False)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**31 - 1))
def test_every_key_is_asked_for_once_and_answered_by_its_value(seed):
    batch = draw(TASK, seed, 8)
    for inputs, targets in zip(np.asarray(batch.inputs), np.asarray(batch.targets), strict=True):
        keys, values = inputs[:10:2], inputs[1:10:2]
        np.testing.assert_array_equal(inputs[:10], inputs[10:20])
        assert len(set(keys)) == len(set(values)) == 5
        assert keys.min() >= 1
        assert keys.max() < 32 <= values.min()
        asked = np.flatnonzero(targets != IGNORED)
        assert (asked >= 20).all()
        assert (asked % 2 == 0).all()
        value_of = dict(zip(keys, values, strict=True))
        assert {inputs[place]: targets[place] for place in asked} == value_of
        assert inputs.max() < 64


def test_the_exact_memory_equals_its_twin_and_answers_every_query():
    batch = draw(TASK, 0, 8)
    found = np.asarray(recalled(batch.inputs))
    for inputs, answers in zip(np.asarray(batch.inputs), found, strict=True):
        assert list(answers) == plain.remembered(list(inputs))
    asked = np.asarray(batch.targets) != IGNORED
    np.testing.assert_array_equal(found[asked], np.asarray(batch.targets)[asked])


def test_fillers_that_may_not_collide_are_never_keys():
    inputs, targets = map(np.asarray, draw(CLEAN, 1, 64))
    fillers = inputs[:, 10:][targets[:, 10:] == IGNORED]
    assert set(fillers) <= {0, *range(32, 64)}
    assert len(set(fillers)) == 33


def test_queries_stand_where_the_power_law_puts_them():
    """With one query the slot has p(i) ~ i^-0.99: chi squared of 4096 draws over 8 slots."""
    task = Recall(n_symbols=8, n_time=18, n_pairs=1)
    targets = np.asarray(draw(task, 2, 4096).targets)
    slots = (np.argmax(targets != IGNORED, axis=1) - 2) // 2
    wanted = np.arange(1, 9) ** -0.99
    wanted = 4096 * wanted / wanted.sum()
    statistic = ((np.bincount(slots, minlength=8) - wanted) ** 2 / wanted).sum()
    # 99.9 % of chi squared with 7 degrees of freedom lies below 24.3.
    assert statistic < 24.3


def test_choices_without_repeats_are_uniform():
    """All 60 ordered choices of 3 of 5, chi squared of 6000 draws; 99.9 % with 59 degrees of freedom is 98.3."""
    draws = np.asarray(compiled(jax.vmap(lambda key: distinct(key, 3, 5)))(jax.random.split(jax.random.key(3), 6000)))
    assert all(len(set(row)) == 3 for row in draws)
    counts = np.unique(draws, axis=0, return_counts=True)[1]
    assert len(counts) == 60
    assert ((counts - 100) ** 2 / 100).sum() < 98.3


def test_parity_counts_bits_and_is_tested_longer():
    batch = draw(Parity(n_time=12), 4, 16)
    bits = np.asarray(batch.inputs)
    np.testing.assert_array_equal(batch.targets, np.bitwise_xor.accumulate(bits, axis=1))
    assert set(bits.ravel()) == {0, 1}
    assert Parity().for_test().n_time == 256
    np.testing.assert_array_equal(running_parity(jnp.array([1, 1, 1, 0])), [1, 0, 1, 1])


def test_scores_count_only_what_is_scored():
    batch = Tokens(jnp.zeros((1, 3), jnp.int32), jnp.array([[1, IGNORED, 0]]))
    logits = jnp.log(jnp.array([[[0.2, 0.8], [0.9, 0.1], [0.25, 0.75]]]))
    assert float(cross_entropy(logits, batch)) == pytest.approx(-(np.log(0.8) + np.log(0.25)) / 2, rel=1e-6)
    assert float(accuracy(logits, batch)) == 0.5
    nothing = Tokens(batch.inputs, jnp.full((1, 3), IGNORED))
    assert float(cross_entropy(logits, nothing)) == float(accuracy(logits, nothing)) == 0
    vectors = Vectors(jnp.zeros((2, 2, 1)), jnp.array([[[1.0, 2.0], [9.0, 9.0]]] * 2), jnp.array([[1.0, 0.0]] * 2))
    assert float(squared_error(jnp.zeros((2, 2, 2)), vectors)) == 2.5
    errors = token_squared_errors(jnp.zeros((2, 2, 2)), vectors)
    np.testing.assert_array_equal(by_position(errors, vectors.weight), [5, 0])


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: Recall(n_pairs=17), "n_pairs=17 does not fit: it must be at most 16 with 64 tokens"),
        (lambda: Recall(n_symbols=8, n_pairs=4), "at most 3 with 64 tokens, 8 symbols"),
        (
            lambda: Recall(n_time=8, n_pairs=1, n_passes=4),
            "n_passes=4 does not fit: it must be at most 3",
        ),
        (lambda: Recall(n_time=63), "n_time=63 is out of range: it must be an even number at least 4"),
        (lambda: Recall(power=-1), "power=-1.0 is out of range"),
        (lambda: Parity(n_time=0), "n_time=0 is out of range"),
    ],
)
def test_bad_settings_are_refused_before_anything_is_compiled(made, words):
    with pytest.raises(ConfigError, match=words):
        made()
