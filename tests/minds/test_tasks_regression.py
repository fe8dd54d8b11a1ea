"""In-context regression: its tokens, its laws, and the learners it is held against."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minds.drawing import compiled
from oracles import plain_tasks as plain
from primordia.core.errors import ConfigError
from primordia.minds.tasks.oracles import regression as oracle
from primordia.minds.tasks.regression import Regression, Sine, interleaved

SMALL = Regression(n_inputs=3, n_outputs=2, n_context=5)


@functools.cache
def both(task):
    """Four problems as arrays and as tokens, compiled together."""
    return compiled(lambda key: (task.episodes(key, 4), task.draw(key, 4)))(jax.random.key(0))


def test_joint_tokens_are_pairs_and_the_query_shows_no_label():
    episode, batch = both(SMALL)
    np.testing.assert_array_equal(batch.inputs[:, :, :3], episode.x)
    np.testing.assert_array_equal(batch.inputs[:, :-1, 3:], episode.y[:, :-1])
    assert not np.asarray(batch.inputs)[:, -1, 3:].any()
    np.testing.assert_array_equal(batch.targets[:, -1], episode.y[:, -1])
    wanted = np.einsum("bpi,boi->bpo", episode.x, episode.teacher)
    np.testing.assert_allclose(episode.y, wanted, atol=1e-6)
    np.testing.assert_array_equal(batch.weight, np.tile([0, 0, 0, 0, 0, 1], (4, 1)))
    assert batch.inputs.shape == (4, SMALL.n_time, SMALL.n_channels)


def test_interleaved_tokens_equal_the_plain_twin_and_no_label_of_the_query_is_shown():
    task = Regression(n_inputs=4, n_context=3, tokens="interleaved")
    episode, batch = both(task)
    assert batch.inputs.shape == (4, task.n_time, task.n_channels)
    for one in range(4):
        wanted = plain.interleaved(np.asarray(episode.x[one]), np.asarray(episode.y[one]))
        np.testing.assert_allclose(batch.inputs[one], wanted, atol=1e-6)
    np.testing.assert_array_equal(batch.targets[:, -1], episode.y[:, -1])
    np.testing.assert_array_equal(np.asarray(batch.weight).sum(axis=0), [0, 0, 0, 0, 0, 0, 4])


def test_an_example_depends_on_key_and_index_alone():
    _, many = both(SMALL)
    picked = compiled(SMALL.draw_indexed)(jax.random.key(0), jnp.array([3, 1]))
    other = compiled(SMALL.draw_indexed)(jax.random.key(1), jnp.array([3, 1]))
    np.testing.assert_array_equal(picked.inputs, np.asarray(many.inputs)[[3, 1]])
    assert not np.array_equal(picked.inputs, other.inputs)


def test_uniform_inputs_have_the_half_width_of_the_notebook():
    x = np.asarray(_standard().x)
    assert np.abs(x).max() <= 0.5
    # The variance of 440,000 uniform draws scatters by 0.0001 around 1/12.
    assert abs(x.var() - 1 / 12) < 5e-4


def test_other_laws_are_divided_by_the_norm_of_the_context():
    task = Regression(n_inputs=3, n_context=5, inputs="mixed", half_width=2.0)
    x = np.asarray(compiled(lambda key: task.episodes(key, 64))(jax.random.key(5)).x)
    np.testing.assert_allclose(np.linalg.norm(x[:, :-1].reshape(64, -1), axis=1), 2.0, rtol=1e-5)
    # Only exponential draws have one sign: a third of 64 is 21, sd 3.8.
    assert 5 < (x > 0).all(axis=(1, 2)).sum() < 40


def test_labels_are_corrupted_and_noised_in_the_context_alone():
    tasks = (SMALL, dataclasses.replace(SMALL, n_corrupted=3), dataclasses.replace(SMALL, noise=0.1))
    key = jax.random.key(0)
    clean, wrong, noised = compiled(lambda key: tuple(task.episodes(key, 4) for task in tasks))(key)
    np.testing.assert_array_equal((np.asarray(clean.y) != np.asarray(wrong.y)).any(axis=2).sum(axis=1), 3)
    assert (np.asarray(clean.y)[:, :-1] != np.asarray(noised.y)[:, :-1]).all()
    for other in (wrong, noised):
        np.testing.assert_array_equal(other.y[:, -1], clean.y[:, -1])
        np.testing.assert_array_equal(other.x, clean.x)


def test_sines_have_the_text_s_law_and_in_the_notebook_one_draw_decides_amplitude_and_phase():
    tasks = (Sine(n_context=400), Sine(n_context=6, smallest=0.1, largest=0.5, coupled=True))
    fresh, coupled = compiled(lambda key: tuple(task.draw(key, 16) for task in tasks))(jax.random.key(7))
    amplitude = np.abs(np.asarray(fresh.targets)).max(axis=(1, 2))
    assert (amplitude <= 5).all()
    assert amplitude.max() > 2
    x, y = np.asarray(coupled.inputs)[:, :, 0], np.asarray(coupled.targets)[:, :, 0]
    shares = np.linspace(0, 1, 4001)[:, None, None]
    curve = (0.1 + 0.4 * shares) * np.sin(x + np.pi * shares)
    assert np.abs(curve - y).max(axis=2).min(axis=0).max() < 1e-3


def learners(x, y, query, rates, corrections):
    return {
        "descent": oracle.gradient_descent(x, y, query, 4.0, 3),
        "start": oracle.gradient_descent(x, y, query, 0.0, 1, start=jnp.ones((2, 3))),
        "corrected": oracle.corrected_descent(x, y, query, rates, corrections),
        "not corrected": oracle.corrected_descent(x, y, query, jnp.full(3, 4.0), jnp.zeros(3)),
        "ridge": oracle.ridge(x, y, query, 0.1),
        "kernel": oracle.kernel_regression(x, y, query, 2.0),
    }


def test_learners_equal_their_plain_twins():
    episode, _ = both(SMALL)
    x, y, query = episode.x[:, :-1], episode.y[:, :-1], episode.x[:, -1]
    rates, corrections = jnp.array([5.0, 7.0, 3.0]), jnp.array([0.2, 0.1, 0.3])
    found = compiled(learners)(x, y, query, rates, corrections)
    for one in range(4):
        problem = tuple(np.asarray(part[one], np.float64) for part in (x, y, query))
        wanted = {
            "descent": plain.gradient_descent(*problem, 4.0, 3),
            "start": np.ones((2, 3)) @ problem[2],
            "corrected": plain.corrected_descent(*problem, np.asarray(rates), np.asarray(corrections)),
            "not corrected": plain.gradient_descent(*problem, 4.0, 3),
            "ridge": plain.ridge(*problem, 0.1),
            "kernel": plain.kernel_regression(*problem, 2.0),
        }
        for name, prediction in wanted.items():
            np.testing.assert_allclose(found[name][one], prediction, atol=2e-5, err_msg=name)


def test_one_step_of_descent_in_closed_form():
    best = oracle.one_step(10, 10)
    # Stated in the derivation: 1/2 * 1/12 * 10 * (1 - 10 / 19.8), and 10 * 12 / 19.8.
    assert best.loss == pytest.approx(0.206229, abs=5e-7)
    assert best.rate == pytest.approx(6.060606, abs=5e-7)
    assert oracle.one_step(10, 10, 1.0).loss == pytest.approx(4 * best.loss)


@settings(max_examples=5, deadline=None)
@given(half_width=st.floats(0.2, 2.0), share=st.floats(0.3, 1.5))
def test_the_closed_form_is_the_mean_over_problems_at_any_rate(half_width, share):
    """The expected loss is a parabola of the rate, with its vertex where the closed form says."""
    best = oracle.one_step(10, 10, half_width)
    episode = of_width(half_width)
    found = half_mean_square(episode, jnp.float32(share * best.rate))
    nothing = 0.5 * half_width**2 / 3 * 10
    wanted = best.loss + (nothing - best.loss) * (1 - share) ** 2
    # 4000 problems: the loss of one scatters by about one and a half times its mean.
    assert found == pytest.approx(wanted, rel=0.12)


def of_width(half_width):
    episode = _standard()
    return episode._replace(x=episode.x * 2 * half_width, y=episode.y * 2 * half_width)


@functools.cache
def _standard():
    return compiled(lambda key: Regression().episodes(key, 4000))(jax.random.key(12))


@compiled
def half_mean_square(episode, rate):
    x, y = episode.x, episode.y
    found = oracle.gradient_descent(x[:, :-1], y[:, :-1], x[:, -1], rate)
    return 0.5 * jnp.mean((found - y[:, -1]) ** 2)


@compiled
def run_and_expected(episode, rates, corrections):
    x, y = episode.x, episode.y
    found = oracle.corrected_descent(x[:, :-1], y[:, :-1], x[:, -1], rates, corrections)
    expected = oracle.expected_loss(oracle.eigenvalues(x[:, :-1]), 10, rates, corrections)
    return 0.5 * jnp.mean((found - y[:, -1]) ** 2), expected


def test_expected_losses_of_spectra_agree_with_running_the_learners():
    for rates, corrections in (([6.0, 6.0], [0.0, 0.0]), ([13.0, 11.0], [0.17, 0.1])):
        found, expected = run_and_expected(_standard(), jnp.array(rates), jnp.array(corrections))
        assert float(found) == pytest.approx(float(expected), rel=0.08)


@pytest.mark.slow
def test_the_search_for_the_best_rate_finds_the_closed_form():
    spectra = oracle.eigenvalues(_standard().x[:, :-1])
    best = oracle.best_descent(spectra, 10, 1, corrected=False)
    exact = oracle.one_step(10, 10)
    # The scatter of the mean spectrum of 4000 contexts; the search itself is exact to 1e-4.
    assert best.rate == pytest.approx(exact.rate, rel=0.02)
    assert best.loss == pytest.approx(exact.loss, rel=0.02)
    corrected = oracle.best_descent(spectra, 10, 2, corrected=True)
    for factor in (0.97, 1.03):
        rates, corrections = jnp.full(2, corrected.rate), jnp.full(2, corrected.correction)
        assert oracle.expected_loss(spectra, 10, factor * rates, corrections) > corrected.loss
        assert oracle.expected_loss(spectra, 10, rates, factor * corrections) > corrected.loss


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: Regression(n_inputs=0), "n_inputs=0 is out of range"),
        (lambda: Regression(n_corrupted=11), "n_corrupted=11 does not fit: it must be at most n_context=10"),
        (lambda: Regression(inputs="unifrom"), "the nearest is uniform"),
        (lambda: Regression(tokens="interleaved", n_outputs=11), "n_outputs=11 does not fit"),
        (lambda: Sine(smallest=6), "smallest=6.0 does not fit: it must be at most largest=5"),
        (lambda: interleaved(jnp.zeros((2, 1)), jnp.zeros((2, 3))), "y has 3 channels"),
    ],
)
def test_bad_settings_are_refused_before_anything_is_compiled(made, words):
    with pytest.raises(ConfigError, match=words):
        made()


def test_a_task_is_hashable_and_equal_by_its_settings():
    assert Regression(half_width=1) == Regression(half_width=1.0)
    assert hash(Regression()) == hash(Regression())
