"""Attention and the linear family: beside plain loops, under extreme gates, known results, and what is refused."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from drawing import compiled
from faces import WIDTH, assert_close, layer
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_layers
from primordia.core.errors import ConfigError, UnknownNameError
from primordia.minds.layers import segments, table
from primordia.minds.layers.convolution import ShortConvolution
from primordia.minds.layers.entry import LayerSizes
from primordia.minds.layers.norms import RootMeanSquare, unit_length
from primordia.minds.layers.rule import Signals, stepwise
from primordia.minds.layers.rules.linear import MLSTM, GatedLinear, LinearAttention, Mamba2, RetNet
from primordia.minds.layers.rules.softmax import Sliding, Softmax

BATCH, HEADS, TIME, KEY, VALUE, WINDOW = 2, 2, 13, 6, 4, 4
SIZES = LayerSizes(width=8, n_heads=2, d_key=4)
RULES = {
    "softmax": Softmax(longest=TIME),
    "sliding": Sliding(window=WINDOW),
    "linear": LinearAttention(),
    "retnet": RetNet(),
    "mamba2": Mamba2(),
    "scalar-gla": GatedLinear(),
    "mlstm": MLSTM(),
}


def drawn(rule, seed, gates=(-0.0, -1e-3, -0.1, -2.0, -30.0), documents=0.2, size=1.0):
    """Signals of a stretch for a rule, with gates from those given."""
    generator = np.random.default_rng(seed)
    shape = (BATCH, HEADS, TIME)
    query, key = (unit_length(jnp.asarray(generator.normal(size=(*shape, KEY)), jnp.float32)) * size for _ in range(2))
    decay = jnp.asarray(generator.choice(gates, size=shape), jnp.float32) if rule.decay == "head" else None
    write = jnp.asarray(generator.uniform(size=shape), jnp.float32) if rule.writes else None
    value = jnp.asarray(generator.normal(size=(*shape, VALUE)), jnp.float32)
    reset = jnp.asarray(generator.uniform(size=(BATCH, TIME)) < documents)
    return rule.gated(Signals(query, key, value, decay, write, reset))


def faces_of(rule, signals):
    """Outputs by chunks, by steps and at once."""
    state = rule.init_state(BATCH, HEADS, KEY, VALUE)
    runs = rule.chunkwise(signals, state, 5), stepwise(rule, signals, state), rule.parallel(signals, state)
    return dict(zip(("chunks", "steps", "at once"), (out for out, _ in runs), strict=True))


by_faces = compiled(faces_of)


def oracle(name, signals):
    """Outputs of the plain loops."""
    outputs = np.zeros((BATCH, HEADS, TIME, VALUE))
    for b in range(BATCH):
        for h in range(HEADS):
            query, key, value = (np.asarray(part[b, h], np.float64) for part in signals[:3])
            reset = np.asarray(signals.reset[b])
            if name in ("softmax", "sliding"):
                window = WINDOW if name == "sliding" else None
                outputs[b, h] = plain_layers.softmax(query, key, value, reset, window)
                continue
            gate = np.ones(TIME) if signals.log_decay is None else np.exp(np.asarray(signals.log_decay[b, h], float))
            gate = np.full(TIME, 1 - 2.0 ** (-5 - h)) if name == "retnet" else gate
            write = np.ones(TIME) if signals.write is None else np.asarray(signals.write[b, h], float)
            if name == "mlstm":
                outputs[b, h] = plain_layers.mlstm(query, key, value, gate, write, reset)
            else:
                outputs[b, h] = plain_layers.linear(query, key, value, gate, write, reset)[0]
    return outputs


@pytest.mark.parametrize("name", RULES)
def test_faces_are_the_plain_loop(name):
    rule = RULES[name]
    signals = drawn(rule, 0, size=3.0 if name == "mlstm" else 1.0)
    wanted = oracle(name, signals)
    for face, found in by_faces(rule, signals).items():
        assert_close(found, wanted, (name, face), tolerance=2e-6)


def test_the_normaliser_of_mlstm_is_at_work_in_the_test_above():
    rule = RULES["mlstm"]
    signals = drawn(rule, 0, size=3.0)
    assert np.abs(oracle("scalar-gla", signals) - oracle("mlstm", signals)).max() > 1


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    gates=st.lists(st.sampled_from([-0.0, -1e-6, -0.02, -1.0, -7.0, -30.0, -500.0]), min_size=1, max_size=4),
    documents=st.sampled_from([0.0, 0.3, 1.0]),
)
def test_chunks_are_the_plain_loop_however_strongly_heads_forget(seed, gates, documents):
    rule = RULES["scalar-gla"]
    signals = drawn(rule, seed, gates=gates, documents=documents)
    assert_close(by_faces(rule, signals)["chunks"], oracle("scalar-gla", signals), gates)


def test_what_follows_a_strong_forgetting_keeps_its_last_bits():
    n_time = 256
    log_decay = jnp.where(jnp.arange(n_time) < n_time - 8, -30.0, -0.01)
    found = segments.elapsed(log_decay).between()[-1, -8:]
    assert_close(found, -0.01 * np.arange(7, -1, -1), "between", tolerance=2e-6)
    plain = jnp.cumsum(log_decay)
    assert float(jnp.abs((plain[-1] - plain[-8:]) - found).max()) > 1e-4, "a plain sum would do as well"


def test_gates_that_forget_everything_are_no_trouble():
    found = segments.elapsed(jnp.array([-0.1, -jnp.inf, -0.2]))
    assert np.isfinite(found.between()).all()
    assert float(found.until_end()[0]) == pytest.approx(segments.FORGOTTEN - 0.2)


def test_equal_scores_give_the_mean_of_what_is_seen():
    for rule, n_seen in ((RULES["softmax"], np.arange(1, TIME + 1)), (RULES["sliding"], [1, 2, 3] + [WINDOW] * 10)):
        signals = drawn(rule, 0, documents=0)._replace(query=jnp.zeros((BATCH, HEADS, TIME, KEY)))
        found = by_faces(rule, signals)["chunks"]
        value = np.asarray(signals.value, np.float64)
        for t, seen in enumerate(n_seen):
            assert_close(found[:, :, t], value[:, :, t + 1 - seen : t + 1].mean(axis=2), t)


def test_scores_that_would_overflow_are_still_weighed():
    rule = RULES["softmax"]
    signals = drawn(rule, 0, size=60.0)
    for face, found in by_faces(rule, signals).items():
        assert_close(found, oracle("softmax", signals), face, tolerance=2e-4)


def test_a_document_that_outgrows_the_cache_is_no_number():
    rule = Softmax(longest=TIME - 3)
    signals = drawn(rule, 0, documents=0)
    for face, found in by_faces(rule, signals).items():
        nothing = np.isnan(np.asarray(found)).all(axis=(0, 1, 3))
        np.testing.assert_array_equal(nothing, np.arange(TIME) >= TIME - 3, face)


@pytest.mark.parametrize("name", ["scalar-gla", "softmax"])
def test_gradients_through_chunks_are_those_of_the_plain_definition(name):
    rule = RULES[name]
    signals = drawn(rule, 3, gates=(-0.1, -1.0))
    weights = jnp.asarray(np.random.default_rng(4).normal(size=(BATCH, HEADS, TIME, VALUE)), jnp.float32)

    @compiled
    def slopes(given):
        def loss(given, face):
            return jnp.sum(weights * faces_of(rule, signals._replace(**given))[face])

        return [jax.grad(loss)(given, face) for face in ("chunks", "at once")]

    found, wanted = slopes({k: v for k, v in signals._asdict().items() if v is not None and k != "reset"})
    for part in wanted:
        assert_close(found[part], wanted[part], (name, part), tolerance=1e-4)


def test_retnet_heads_have_the_horizons_of_the_paper():
    signals = drawn(RULES["retnet"], 0)
    assert_close(np.exp(signals.log_decay[0, :, 0]), [1 - 1 / 32, 1 - 1 / 64], "decays", tolerance=1e-7)


def test_zero_keys_stay_zero_and_have_a_gradient():
    zero, gradient = compiled(jax.value_and_grad(lambda x: unit_length(x).sum()))(jnp.zeros(5))
    assert float(zero) == 0
    assert np.isfinite(gradient).all()
    assert float(jnp.abs(gradient).max()) <= 1e4 * (1 + 1e-6)
    assert_close(jnp.linalg.norm(unit_length(jnp.array([0.3, -0.1, 0.2]))), 1.0, "length", tolerance=1e-6)


def test_norms_keep_16_bits_but_count_in_32():
    x = jnp.full((2, 300), 200.0, jnp.bfloat16)
    assert RootMeanSquare(300)(x).dtype == jnp.bfloat16
    assert_close(RootMeanSquare(300)(x).astype(jnp.float32), np.ones((2, 300)), "norm")
    assert unit_length(x).dtype == jnp.float32


@pytest.mark.parametrize("name", ["scalar-gla", "softmax"])
def test_a_layer_in_16_bits_is_near_the_one_in_32_and_keeps_its_state_in_32(name):
    mixer = layer(name)
    x = jnp.asarray(np.random.default_rng(0).normal(size=(2, 13, WIDTH)), jnp.float32)
    run = compiled(lambda x: mixer.chunkwise(x, mixer.init_state(2), chunk=5))
    wanted, _ = run(x)
    found, state = run(x.astype(jnp.bfloat16))
    assert found.dtype == jnp.bfloat16
    assert {leaf.dtype for leaf in jax.tree.leaves(state)} <= {jnp.dtype(jnp.float32), jnp.dtype(jnp.int32)}
    error = jnp.sqrt(jnp.mean((found.astype(jnp.float32) - wanted) ** 2) / jnp.mean(wanted**2))
    assert 0 < error < 0.03  # 16 bits keep 8 of a number: 4e-3 for each rounding on the way


def test_the_convolution_is_a_convolution_wherever_it_is_cut():
    made = ShortConvolution(jax.random.key(0), 4, 3)
    x = np.random.default_rng(0).normal(size=(2, 9, 3)).astype(np.float32)
    reset = np.zeros((2, 9), bool)
    reset[1, [0, 4, 5]] = True
    wanted = np.zeros((2, 9, 3))
    for b, t in np.ndindex(2, 9):
        begin = max([0, *[s for s in range(t + 1) if reset[b, s]]])
        for lag in range(4):
            if t - lag >= begin:
                wanted[b, t] += x[b, t - lag].astype(np.float64) * np.asarray(made.weight, np.float64)[3 - lag]

    @compiled
    def in_two(x, reset):
        found = []
        for split in (2, 6):
            first, past = made(x[:, :split], made.init_state(2), reset[:, :split])
            second, _ = made(x[:, split:], past, reset[:, split:])
            found.append(jnp.concatenate([first, second], axis=1))
        return found

    for found in in_two(x, reset):
        assert_close(found, wanted, "in two", tolerance=1e-6)


def test_bad_input_is_refused_before_anything_is_compiled():
    key = jax.random.key(0)
    with pytest.raises(UnknownNameError, match="did you mean 'softmax'"):
        table.build("sotfmax", key, SIZES)
    for name, change, words in (
        ("softmax", {"d_key": 5}, r"d_key=5 is odd.* nearest is 6"),
        ("linear", {"n_heads": 0}, "n_heads=0"),
        ("sliding", {"window": 0}, "window=0"),
        ("softmax", {"longest": 0}, "longest=0"),
        ("linear", {"convolution": -1}, r"convolution=-1 .* nearest is 0"),
        ("hawk", {"convolution": -1}, r"convolution=-1 .* nearest is 0"),
    ):
        sizes = dataclasses.replace(SIZES, **change)
        with pytest.raises(ConfigError, match=words):
            jax.eval_shape(lambda name=name, sizes=sizes: table.build(name, key, sizes).init_state(1))
    x, short = (jax.ShapeDtypeStruct((1, n_time, WIDTH), jnp.float32) for n_time in (33, 9))
    mixer = layer("softmax")
    with pytest.raises(ConfigError, match=r"33 tokens is longer than softmax attention holds .longest=32.*at least 33"):
        jax.eval_shape(lambda x: mixer.parallel(x, mixer.init_state(1)), x)
    for mixer in map(layer, ("softmax", "sliding", "linear", "hawk")):
        with pytest.raises(ConfigError, match=r"chunk=0 .* nearest is 1"):
            jax.eval_shape(lambda x, mixer=mixer: mixer.chunkwise(x, mixer.init_state(1), chunk=0), short)
