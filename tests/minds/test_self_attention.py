"""Self-attention layers against a loop in 64 bits, and the propositions' weights against the algorithms they do."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles import plain_regression as plain

from primordia.core.errors import ConfigError
from primordia.minds.models import self_attention as attention
from primordia.minds.probes import constructions
from primordia.minds.probes.linear import linear_readout

RUN = jax.jit(attention.run, static_argnums=0)


def heads_of(weights, place, n_heads):
    names = ("query", "key", "value", "out")
    return [
        [np.asarray(weights[f"layers/{place}/{name}"], np.float64)[head] for name in names] for head in range(n_heads)
    ]


def draw(seed, *shape):
    return np.random.Generator(np.random.PCG64(seed)).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("kind", ["linear", "softmax", "causal"])
def test_two_layers_are_the_loop(kind):
    model = attention.SelfAttention(
        5, n_layers=2, n_heads=2, d_key=3, n_softmax=int(kind == "softmax"), causal=kind == "causal", variance=1.0
    )
    weights = attention.begin(model, jax.random.key(1))
    tokens = draw(0, 2, 7, 5)
    wanted = []
    for sequence in tokens:
        for place in range(2):
            sequence = plain.attention_layer(
                sequence, heads_of(weights, place, 2), causal=model.causal, softmax=place < model.n_softmax
            )
        wanted.append(sequence)
    found = RUN(model, weights, jnp.asarray(tokens))
    np.testing.assert_allclose(found, wanted, rtol=2e-4, atol=2e-4)


def test_tied_layers_share_weights_and_clipping_and_damping_act():
    model = attention.SelfAttention(4, n_layers=3, tied=True, clip=0.5, damping=0.75, variance=1.0)
    weights = attention.begin(model, jax.random.key(0))
    assert {name.split("/")[1] for name in weights} == {"0"}
    tokens = draw(3, 1, 6, 4)
    sequence = np.float64(tokens[0])
    for _ in range(3):
        moved = plain.attention_layer(sequence, heads_of(weights, 0, 1)) - sequence
        sequence = np.clip(sequence + 0.75 * moved, -0.5, 0.5)
    found = attention.states(model, weights, tokens)
    np.testing.assert_array_equal(found[0], tokens)
    np.testing.assert_allclose(found[3, 0], sequence, atol=1e-5)


@given(seed=st.integers(0, 2**31))
@settings(max_examples=5, deadline=None)
def test_a_query_changes_no_other_token_and_the_order_of_the_context_does_not_matter(seed):
    model = attention.SelfAttention(5, n_layers=2, n_heads=2, d_key=3, variance=1.0)
    weights = attention.begin(model, jax.random.key(1))
    tokens, other = draw(seed, 2, 7, 5), draw(seed + 1, 2, 7, 5)
    other[:, :-1] = tokens[:, :-1]
    found = RUN(model, weights, jnp.asarray(tokens))
    np.testing.assert_array_equal(found[:, :-1], RUN(model, weights, jnp.asarray(other))[:, :-1])
    turned = RUN(model, weights, jnp.asarray(np.concatenate([tokens[:, -2::-1], tokens[:, -1:]], axis=1)))
    np.testing.assert_allclose(found[:, -1], turned[:, -1], rtol=1e-3, atol=1e-4)


def test_proposition_1_is_a_step_of_gradient_descent_from_any_readout():
    n, n_out, n_context, rate = 6, 3, 9, 0.7
    xs, ys, query, start = draw(1, n_context, n), draw(2, n_context, n_out), draw(3, n), draw(4, n_out, n)
    made = constructions.gradient_step(n, rate, n_context, jnp.asarray(start))
    tokens = np.concatenate(
        [np.concatenate([xs, ys], 1), np.concatenate([query, -start @ query])[None]], dtype=np.float32
    )
    model = attention.SelfAttention(n + n_out)
    found = attention.run(model, attention.of_products(*made), jnp.asarray(tokens)[None])[0]
    change = plain.descent(xs, ys, rate, 1, start) - start
    np.testing.assert_allclose(-found[-1, n:], (start + change) @ query, atol=1e-5)
    np.testing.assert_allclose(found[:-1, n:], ys - xs @ change.T, atol=1e-5)
    np.testing.assert_array_equal(found[:, :n], tokens[:, :n])


def test_curved_steps_are_gd_plus_plus():
    n, n_context = 4, 6
    xs, ys, query = draw(1, n_context, n) / 2, draw(2, n_context, 1), draw(3, n)
    model = attention.SelfAttention(n + 1, n_layers=3, tied=True)
    made = constructions.curved_step(n, 0.9, n_context, 0.2)
    tokens = np.concatenate([np.concatenate([xs, ys], 1), np.append(query, 0)[None]]).astype(np.float32)
    found = attention.run(model, attention.of_products(*made), jnp.asarray(tokens)[None])
    wanted = plain.curved_descent(xs, ys, query, 0.9, 0.2, 3)
    np.testing.assert_allclose(-found[0, -1, n:], wanted, atol=1e-5)


def test_proposition_3_moves_the_next_token():
    n_channels, n_time = 3, 5
    content = draw(0, n_time, n_channels)
    tokens = np.concatenate([content, np.zeros_like(content), np.eye(n_time, dtype=np.float32)], axis=1)
    wanted = np.concatenate([content[1:], np.zeros((1, n_channels))])
    for softmax, strength in ((0, 1.0), (1, 60.0)):
        model = attention.SelfAttention(2 * n_channels + n_time, n_queries=0, n_softmax=softmax)
        made = constructions.copying(n_channels, n_time, strength)
        found = attention.run(model, attention.of_products(*made), jnp.asarray(tokens)[None])[0, :, n_channels:6]
        np.testing.assert_allclose(found[:-1], wanted[:-1], atol=1e-5)
        if not softmax:
            np.testing.assert_allclose(found[-1], 0, atol=1e-6)


def test_the_autoregressive_step_descends_on_the_past():
    n, n_time, rate = 3, 6, 0.3
    sequence, start = draw(0, n_time, n) / 2, draw(1, n, n) / 2
    before = np.concatenate([np.zeros((1, n)), sequence[:-1]])
    # The first token has no predecessor: it must add nothing, and its key is zero.
    tokens = np.concatenate([sequence @ start.T, sequence, before], axis=1).astype(np.float32)
    made = constructions.autoregressive_step(n, rate, jnp.asarray(start))
    model = attention.SelfAttention(3 * n, causal=True)
    found = attention.run(model, attention.of_products(*made), jnp.asarray(tokens)[None])[0, :, :n]
    np.testing.assert_allclose(found, plain.sequence_step(np.float64(sequence), rate, np.float64(start)), atol=1e-5)


def test_products_do_not_see_a_rescaling_of_their_factors():
    model = attention.SelfAttention(4, n_heads=2, d_key=2, variance=1.0)
    weights = attention.begin(model, jax.random.key(2))
    scaled = {name: array * {"query": 2.0, "key": 0.5}.get(name.split("/")[-1], 1.0) for name, array in weights.items()}
    for one, other in zip(attention.products(model, weights), attention.products(model, scaled), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_settings_are_held_to_their_range_before_anything_is_compiled():
    with pytest.raises(ConfigError, match=r"n_layers=0 is out of range: it must be at least 1"):
        attention.SelfAttention(4, n_layers=0)
    with pytest.raises(ConfigError, match=r"n_softmax=1 of 3 tied layers.*nearest are 0 and 3"):
        attention.SelfAttention(4, n_layers=3, tied=True, n_softmax=1)


def test_a_linear_probe_reads_what_is_there_and_only_that():
    hidden, noise = draw(0, 400, 2, 3), draw(1, 400, 2, 3)
    target = hidden[..., :2] * 3 + 1
    activations = np.stack([hidden * 1e-3, noise])
    found = linear_readout(jnp.asarray(activations), jnp.asarray(target), 1e-5)
    assert (np.asarray(found.explained[0]) > 0.999).all()
    assert (np.abs(np.asarray(found.explained[1])) < 0.1).all()
    fitted = np.concatenate([activations[0, :200, 1], np.ones((200, 1))], 1)
    wanted = np.linalg.lstsq(fitted.astype(np.float64), target[:200, 1].astype(np.float64), rcond=None)[0]
    np.testing.assert_allclose(found.weights[0, 1], wanted, rtol=1e-3, atol=1e-2)
