"""Writing on: the slow twin that reads everything again for each token, batches, sampling, ends, refusals."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from calling_minds import _writing_compiles_in_little_time, filled  # noqa: F401  # used by pytest
from drawing import compiled
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core.errors import ConfigError
from primordia.minds.models import generate as generating
from primordia.minds.models.generate import generate
from primordia.minds.models.model import bounded, skeleton
from primordia.minds.models.sampling import Sampling, chosen, likely
from primordia.minds.models.spec import ModelSpec

SPEC = ModelSpec(19, 19, pattern="scalar-gla", n_blocks=1, width=16, n_heads=2, expansion=1.0, chunk=4)
PROMPTS = ((3, 1, 4, 1, 5, 9, 2), (6,), (5, 3, 5, 8))
GREEDY = Sampling(temperature=0)
DRAWN = Sampling(temperature=0.9, top_k=12, top_p=0.95)


@functools.lru_cache
def model():
    """A model whose weights are larger than at the beginning, so that its tokens differ."""
    return filled(SPEC, gain=2.0)


def keys(seed, n):
    return jax.random.split(jax.random.key(seed), n)


@functools.lru_cache
def written(sampling=GREEDY, n_tokens=9, end=None, seed=0):
    return generate(model(), PROMPTS, n_tokens, keys(seed, 3), sampling, end)


@compiled
def last_logits(model, tokens, n_seen):
    return model(tokens, face="parallel")[0][0, n_seen - 1]


def read_again(prompt, n_tokens, room=16):
    """The slow twin: for every token the whole text is read anew by the obvious definition."""
    text = list(prompt)
    for _ in range(n_tokens):
        filled = jnp.asarray([text + [0] * (room - len(text))])
        text.append(int(np.argmax(np.asarray(last_logits(model(), filled, len(text))))))
    return tuple(text[len(prompt) :])


def test_the_likeliest_tokens_are_those_of_reading_the_whole_text_again_for_each():
    assert written() == tuple(read_again(prompt, 9) for prompt in PROMPTS)
    assert len(set(written()[0])) > 2


def test_a_row_depends_on_its_own_prompt_and_key_alone():
    together = written(DRAWN)
    for place, prompt in enumerate(PROMPTS):
        assert generate(model(), [prompt], 9, keys(0, 3)[place : place + 1], DRAWN) == together[place : place + 1]


def test_the_same_keys_draw_the_same_tokens_and_others_do_not():
    assert generate(model(), PROMPTS, 9, keys(0, 3), DRAWN) == written(DRAWN)
    assert written(DRAWN, seed=1) != written(DRAWN)


def test_a_longer_text_begins_with_the_shorter_one():
    assert tuple(row[:9] for row in written(DRAWN, 14)) == written(DRAWN)


def test_rows_stop_before_the_token_that_ends_them():
    whole = written()
    end = whole[0][3]
    for found, row in zip(written(end=end), whole, strict=True):
        assert found == (row[: row.index(end)] if end in row else row)


def test_prompts_of_similar_lengths_share_one_compilation():
    shape = generating._filled_up(SPEC, PROMPTS, 5)[0].shape
    assert shape == generating._filled_up(SPEC, ((1, 2, 3, 4, 5), (1,), (2,)), 5)[0].shape == (3, 8)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"temperature": -0.1}, "temperature=-0.1 is out of range"),
        ({"temperature": float("nan")}, "temperature=nan"),
        ({"top_k": -1}, "top_k=-1"),
        ({"top_p": 0.0}, "top_p=0.0 is out of range: it must be above 0 and at most 1"),
        ({"top_p": 1.1}, "top_p=1.1"),
    ],
)
def test_sampling_that_has_no_meaning_is_refused(change, words):
    with pytest.raises(ConfigError, match=words):
        Sampling(**change)


@pytest.mark.parametrize(
    ("prompts", "n_tokens", "n_keys", "words"),
    [
        ((), 3, 0, "There is no prompt"),
        (((1,), ()), 3, 2, "Prompt 1 is empty"),
        (((1, 19, 2),), 3, 1, "Prompt 0 holds 19, which is no token: they go from 0 to 18"),
        (((1, -1, 2),), 3, 1, "Prompt 0 holds -1"),
        (((1,),), 0, 1, "n_tokens=0"),
        (((1,),), 3, 2, "give a key for each"),
    ],
)
def test_bad_prompts_are_refused(prompts, n_tokens, n_keys, words):
    with pytest.raises(ConfigError, match=words):
        generate(model(), prompts, n_tokens, keys(0, n_keys) if n_keys else jnp.zeros(0))


def test_a_model_of_vectors_cannot_write():
    spec = dataclasses.replace(SPEC, vectors=True)
    with pytest.raises(ConfigError, match="vectors"):
        generate(skeleton(spec), [(1,)], 3, keys(0, 1))


def test_text_that_outgrows_a_cache_is_refused():
    spec = dataclasses.replace(SPEC, pattern="softmax", longest=10)
    assert bounded(spec)
    with pytest.raises(ConfigError, match="11 tokens is longer than the layers of 'softmax' can hold: longest=10"):
        generate(skeleton(spec), [(1,) * 7], 4, keys(0, 1))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**30), top_k=st.sampled_from((0, 1, 3, 40)), top_p=st.sampled_from((0.01, 0.5, 0.9, 1.0)))
def test_only_likely_tokens_can_be_drawn(seed, top_k, top_p):
    """Held against the words of the definition, token by token."""
    logits = np.random.default_rng(seed).normal(size=(1, 7)).astype(np.float32) * 3
    order = np.argsort(-logits[0], kind="stable")
    allowed, together = [], 0.0
    kept = order[:top_k] if top_k else order
    weights = np.exp(logits[0, kept].astype(np.float64))
    for token, p in zip(kept, weights / weights.sum(), strict=True):
        if allowed and together >= top_p - 1e-6:
            break
        allowed.append(int(token))
        together += p
    sampling = Sampling(top_k=top_k, top_p=top_p)
    found = np.asarray(likely(jnp.asarray(logits[:, order]), sampling))[0]
    assert [int(token) for token in order[np.isfinite(found)]] == allowed
    assert int(chosen(jnp.asarray(logits), keys(seed, 1), sampling)[0]) in allowed


def test_tokens_are_drawn_as_often_as_their_probabilities_say():
    logits, draw = jnp.log(jnp.asarray([0.5, 0.3, 0.15, 0.05])), compiled(chosen, static_argnums=2)
    drawn = np.asarray(draw(jnp.tile(logits, (4000, 1)), keys(0, 4000), Sampling(temperature=1.0)))
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / 4000, [0.5, 0.3, 0.15, 0.05], atol=0.03)
    cold = np.asarray(draw(jnp.tile(logits, (4000, 1)), keys(1, 4000), Sampling(temperature=0.5)))
    np.testing.assert_allclose(np.bincount(cold, minlength=4)[0] / 4000, 0.25 / 0.365, atol=0.03)
    best = np.asarray(draw(jnp.tile(logits, (4000, 1)), keys(2, 4000), Sampling(top_k=2)))
    np.testing.assert_allclose(np.bincount(best, minlength=4) / 4000, [0.625, 0.375, 0, 0], atol=0.03)


@pytest.mark.slow
def test_the_memory_of_a_step_does_not_depend_on_the_length():
    def room(n_tokens):
        tokens, reset = jnp.zeros((1, 8), jnp.int32), jnp.zeros((1, 8), bool)
        asked = generating._written.lower(
            model(), tokens, reset, keys(0, 1), n_tokens=n_tokens, sampling=GREEDY, end=None
        )
        return asked.compile().memory_analysis().temp_size_in_bytes

    assert room(4096) - room(512) <= 4 * (4096 - 512)
