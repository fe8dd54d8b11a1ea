"""The six tasks of MAD: what makes a sequence one of theirs."""

import dataclasses

import jax
import numpy as np
import pytest

from minds.drawing import compiled
from oracles import plain_mad as plain
from primordia.core.errors import ConfigError
from primordia.minds.tasks.batch import IGNORED
from primordia.minds.tasks.copying import Compress, Memorise, SelectiveCopy
from primordia.minds.tasks.mad import FuzzyRecall, InContextRecall
from primordia.minds.tasks.recall import recalled


def drawn_together(tasks, n_batch=16, seed=0):
    """A batch of each task, compiled in one go."""
    found = compiled(lambda key: tuple(task.draw(key, n_batch) for task in tasks))(jax.random.key(seed))
    return [(np.asarray(batch.inputs), np.asarray(batch.targets)) for batch in found]


def whole(inputs, targets):
    """All tokens of a training sequence, the last of which is only ever a target."""
    np.testing.assert_array_equal(targets[:, :-1], inputs[:, 1:])
    return np.concatenate([inputs, targets[:, -1:]], axis=1)


@pytest.mark.parametrize(
    "settings", [{"n_tokens": 32}, {"n_symbols": 24, "n_noise": 8, "n_tokens": 32, "noise_rate": 0.4}]
)
def test_recall_targets_are_next_tokens_in_training_and_answers_in_tests(settings):
    task = InContextRecall(**settings)
    (inputs, targets), (test_inputs, test_targets) = drawn_together((task, task.for_test()))
    tokens = whole(inputs, targets)
    np.testing.assert_array_equal(inputs, test_inputs)
    assert tokens.shape[1] == 32 == task.n_time + 1
    n_told = task.n_symbols - task.n_noise
    for row, wanted in zip(tokens, test_targets, strict=True):
        assert list(wanted) == plain.answers_of_pairs(list(row), lambda symbol: symbol < task.n_keys)
        assert wanted[-1] != IGNORED, "the last pair was seen before"
        noisy = row[::2] >= n_told
        np.testing.assert_array_equal(noisy, row[1::2] >= n_told)
        assert ((row[1::2] >= task.n_keys) | noisy).all()
    share = (tokens[:, :-2:2] >= n_told).mean()
    # 240 pairs, one of 15 never noise: 0.37 at a rate of 0.4, sd 0.03.
    assert abs(share - settings.get("noise_rate", 0) * 14 / 15) < 0.13
    answers = np.asarray(recalled(test_inputs))
    np.testing.assert_array_equal(answers[test_targets != IGNORED], test_targets[test_targets != IGNORED])


def test_fuzzy_sequences_are_motifs_and_the_last_pair_was_seen_before():
    task = FuzzyRecall(n_time=40)
    train, test = drawn_together((task, task.for_test()))
    tokens = whole(*train)
    lengths = set()
    for row in tokens:
        pairs = plain.motif_pairs(list(row), task.n_keys, 15)
        assert all(1 <= len(part) <= 3 for key, value, _ in pairs for part in (key, value))
        assert all(len(set(part)) == len(part) for key, value, _ in pairs for part in (key, value))
        assert all(other == value for key, value, _ in pairs for again, other, _ in pairs if again == key)
        assert pairs[-1][0] in [key for key, _, _ in pairs[:-1]]
        lengths |= {len(key) for key, _, _ in pairs}
        assert row[0] == 15
        assert len(row) - sum(len(key) + len(value) for key, value, _ in pairs) <= 8
    assert lengths == {1, 2, 3}
    for inputs, targets in zip(*test, strict=True):
        answer = [symbol for symbol in targets[::-1] if symbol != IGNORED]
        row = [*inputs, answer[0]]
        wanted, seen = [IGNORED] * len(row), set()
        for key, value, place in plain.motif_pairs(row, task.n_keys, 15):
            assert len(key) == 3
            if key in seen:
                wanted[place : place + len(value)] = value
            seen.add(key)
        assert list(targets) == wanted[1:]


def test_what_is_memorised_copied_and_compressed():
    memorise, copy, compress = (
        Memorise(n_symbols=21, n_time=10),
        SelectiveCopy(n_time=30, n_copied=5),
        Compress(n_time=9),
    )
    first, second, third = drawn_together((memorise, copy, compress), n_batch=64)
    values = np.asarray(memorise.values())
    assert len(set(values)) == memorise.n_keys == 10
    assert set(values) <= set(range(10, 20))
    assert set(first[0][:, 1::2].ravel()) == {20}
    np.testing.assert_array_equal(first[1][:, 1::2], values[first[0][:, ::2]])
    assert (first[1][:, ::2] == IGNORED).all()
    for inputs, targets in zip(*second, strict=True):
        assert inputs[24] == 15
        assert (inputs[25:] == 14).all()
        said = [symbol for symbol in inputs[:24] if symbol != 14]
        assert said == list(targets[25:])
        assert (targets[:25] == IGNORED).all()
        assert inputs[23] != 14
    np.testing.assert_array_equal(*third)
    assert (third[0][:, -1] == 15).all()
    assert third[0][:, :-1].max() <= 14


def test_blanks_fall_before_each_symbol_alike():
    """19 blanks before 5 symbols, 64 sequences: 243 before each, sd 14."""
    ((inputs, _),) = drawn_together((SelectiveCopy(n_time=30, n_copied=5),), n_batch=64)
    counts = np.zeros(5)
    for row in inputs:
        counts += np.diff(np.flatnonzero(row[:24] != 14), prepend=-1) - 1
    assert counts.sum() == 19 * 64
    assert np.abs(counts - 243).max() < 70


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (
            lambda: InContextRecall(noise_rate=0.2),
            "noise_rate=0.2 does not fit: it must be 0 without symbols for noise",
        ),
        (lambda: InContextRecall(n_noise=15), "n_noise=15 does not fit: it must be at most n_symbols - 2 = 14"),
        (lambda: InContextRecall(n_tokens=7), "n_tokens=7 is out of range"),
        (lambda: FuzzyRecall(n_time=10), "n_time=10 is out of range: it must be at least 24"),
        (lambda: SelectiveCopy(n_time=16, n_copied=8), "n_copied=8 does not fit: it must be at most 7"),
        (lambda: dataclasses.replace(Memorise(), n_time=5), "n_time=5 is out of range"),
    ],
)
def test_bad_settings_are_refused_before_anything_is_compiled(made, words):
    with pytest.raises(ConfigError, match=words):
        made()
