"""Languages of random automata: legal words, minimal automata, disjoint sets, and the filters that solve them."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from minds.drawing import compiled
from oracles import plain_mad as plain
from primordia.core.errors import ConfigError
from primordia.core.streams import Streams
from primordia.minds.tasks import grammar
from primordia.minds.tasks.automata import PAD, SEPARATOR, Languages
from primordia.minds.tasks.batch import IGNORED
from primordia.minds.tasks.oracles import automata as oracle

TASK = Languages(n_time=128, n_train=30, n_held_out=10)


@pytest.fixture(scope="module")
def told():
    both = compiled(lambda key: (TASK.told(key, 16), TASK.for_test().told(key, 16)))(jax.random.key(0))
    return jax.tree.map(np.asarray, both)


def test_every_word_is_allowed_by_the_automaton_that_said_it(told):
    for task, (tokens, automata) in zip((TASK, TASK.for_test()), told, strict=True):
        for inputs, number in zip(tokens.inputs, automata, strict=True):
            plain.walk(task.tables()[number], inputs, SEPARATOR)


def test_words_have_their_lengths_and_separators_are_no_targets(told):
    tokens, _ = told[0]
    for inputs, targets in zip(tokens.inputs, tokens.targets, strict=True):
        words = [list(word) for is_symbol, word in itertools.groupby(inputs, lambda s: s < SEPARATOR) if is_symbol]
        assert all(1 <= len(word) <= 49 for word in words)
        assert len(words) <= 19
        np.testing.assert_array_equal(
            targets[:-1], np.where(inputs[1:] < SEPARATOR, inputs[1:], IGNORED)[: len(targets) - 1]
        )
        ends = np.flatnonzero(inputs == PAD)
        if len(ends):
            assert (inputs[ends[0] :] == PAD).all()
            assert len(words) >= 10
        assert not (np.diff(np.flatnonzero(inputs == SEPARATOR)) == 1).any(), "no word is empty"


def test_sequences_without_a_cut_hold_ten_to_nineteen_words():
    task = Languages(n_time=1000, n_train=30, n_held_out=10)
    inputs = np.asarray(compiled(lambda key: task.draw(key, 64))(jax.random.key(1)).inputs)
    n_words = 1 + (inputs == SEPARATOR).sum(axis=1)
    assert set(n_words) <= set(range(10, 20))
    assert len(set(n_words)) >= 8
    lengths = [
        len(list(word)) for row in inputs for symbol, word in itertools.groupby(row, lambda s: s < SEPARATOR) if symbol
    ]
    # About 930 words of U{1..49}: the mean scatters by 0.5 around 25.
    assert abs(np.mean(lengths) - 25) < 2
    assert {min(lengths), max(lengths)} == {1, 49}


def test_automata_are_different_and_no_test_automaton_is_trained_on():
    every = [table.tobytes() for table in (*TASK.tables(), *TASK.for_test().tables())]
    assert len(set(every)) == 40
    assert TASK.for_test().tables().shape == (10, 12, 18)
    np.testing.assert_array_equal(Languages(n_time=9, n_train=30, n_held_out=10).tables(), TASK.tables())
    assert not np.array_equal(Languages(n_train=30, n_held_out=10, seed=1).tables(), TASK.tables())


def test_automata_have_the_sizes_of_the_source():
    tables = grammar.grammars(Streams(5), 300)
    real = (tables >= 0).any(axis=2)
    n_edges = (tables >= 0).sum(axis=2)
    assert set(n_edges[real]) == {1, 2, 3}
    assert real.sum(axis=1).max() == 12
    n_symbols = (tables >= 0).any(axis=1).sum(axis=1)
    assert n_symbols.max() <= 18
    for table, states in zip(tables, real, strict=True):
        n_states = states.sum()
        assert states[:n_states].all()
        assert set(table[:n_states][table[:n_states] >= 0]) <= set(range(n_states))


def test_drawn_edges_lead_to_different_other_states_with_different_symbols():
    draws = grammar._drawn(Streams(6), 0)
    for symbols, targets in zip(draws.symbols[:200], draws.targets[:200], strict=True):
        n_states = int((targets >= 0).any(axis=1).sum())
        assert 4 <= n_states <= 12
        for state in range(n_states):
            labels, others = (set(row[row >= 0].tolist()) for row in (symbols[state], targets[state]))
            assert 1 <= len(labels) == len(others) == (symbols[state] >= 0).sum() <= 3
            assert others <= set(range(n_states)) - {state}
    assert set(np.unique(draws.symbols)) == set(range(-1, 18))


def test_minimising_keeps_the_language_and_leaves_no_two_states_alike():
    draws = grammar._tables(grammar._drawn(Streams(6), 0))[:200]
    names = grammar._classes(draws)
    n_smaller = 0
    for table, name in zip(draws, names, strict=True):
        small = grammar._normal_form(table, name)
        n_states = int((small >= 0).any(axis=1).sum())
        n_smaller += n_states < (table >= 0).any(axis=1).sum()
        for word in itertools.product(np.flatnonzero((table >= 0).any(axis=0))[:4], repeat=3):
            assert plain.says(table, word) == plain.says(small, word)
        for one, other in itertools.combinations(range(n_states), 2):
            assert tell_apart(small, one, other)
    assert n_smaller > 0


def tell_apart(table, one, other):
    """Whether some word is allowed from one state and not from the other: a walk over pairs of states."""
    waiting, seen = [(one, other)], set()
    while waiting:
        pair = waiting.pop()
        if pair in seen or pair[0] == pair[1]:
            continue
        seen.add(pair)
        first, second = table[pair[0]], table[pair[1]]
        if ((first >= 0) != (second >= 0)).any():
            return True
        waiting += [(int(a), int(b)) for a, b in zip(first, second, strict=True) if a >= 0]
    return False


def test_two_states_that_say_the_same_become_one():
    table = np.full((1, 12, 18), -1)
    # 0 -a-> 1, 0 -b-> 2, and both 1 and 2 -a-> 0: they are one state.
    table[0, 0, 0], table[0, 0, 1], table[0, 1, 0], table[0, 2, 0] = 1, 2, 0, 0
    small = grammar._normal_form(table[0], grammar._classes(table)[0])
    assert small[0, 0] == small[0, 1] == 1
    assert small[1, 0] == 0
    assert (small >= 0).sum() == 3


def test_the_filter_that_knows_the_automaton_is_uniform_over_what_is_allowed(told):
    tokens, automata = told[0]
    tables = TASK.tables()[automata]
    found = np.asarray(compiled(oracle.next_symbol)(jnp.asarray(tables), jnp.asarray(tokens.inputs)))
    for table, inputs, chances in zip(tables, tokens.inputs, found, strict=True):
        for state, chance in zip(plain.walk(table, inputs, SEPARATOR), chances, strict=True):
            allowed = table[state] >= 0
            np.testing.assert_allclose(chance, allowed / allowed.sum(), rtol=1e-6)

    @compiled
    def scores(found, tables, batch):
        logits = jnp.log(jnp.pad(found, ((0, 0), (0, 0), (0, 2))) + 1e-9)
        return [
            (oracle.legal_share(one, tables, batch), oracle.total_variation(one, tables, batch))
            for one in (logits, -logits, jnp.zeros_like(logits))
        ]

    right, wrong, uniform = scores(found, tables, tokens)
    assert right[0] == 1
    assert right[1] < 1e-6
    assert wrong[0] == 0
    assert uniform[1] > 0.5


def test_the_filter_that_knows_only_the_pool_is_bayes_rule(told):
    tokens, _ = told[0]
    inputs = tokens.inputs[:2, :20]
    found = np.asarray(compiled(oracle.pool_next_symbol)(jnp.asarray(TASK.tables()), jnp.asarray(inputs)))
    for sequence, chances in zip(inputs, found, strict=True):
        for t in range(len(sequence)):
            np.testing.assert_allclose(chances[t], bayes(TASK.tables(), sequence[: t + 1]), atol=1e-5)


def bayes(pool, prefix):
    """The mixture of next symbols of the automata that allow a prefix, by the probability that each gives to it."""
    total, mixture = 0.0, np.zeros(18)
    for table in pool:
        state, probability = 0, 1.0
        for token in prefix:
            if token >= SEPARATOR:
                state = 0
                continue
            allowed = table[state] >= 0
            if not allowed[token]:
                probability = 0.0
                break
            probability /= allowed.sum()
            state = int(table[state][token])
        if probability:
            allowed = table[state] >= 0
            total += probability
            mixture += probability * allowed / allowed.sum()
    return mixture / total


def test_an_illegal_symbol_holds_until_the_word_ends():
    table = np.full((1, 12, 18), -1)
    table[0, 0, 0] = table[0, 1, 0] = 1
    states = oracle.states(jnp.asarray(table), jnp.array([[0, 0, 5, 0, SEPARATOR, 0]]))
    np.testing.assert_array_equal(states[0], [1, 1, -1, -1, 0, 1])


def test_bad_settings_are_refused_before_anything_is_drawn():
    with pytest.raises(ConfigError, match="n_train=0 is out of range: it must be at least 1"):
        Languages(n_train=0)
