"""Delta rules, channel gates, TTT and Hawk against loops over tokens in 64 bits, and what each promises by itself."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from drawing import compiled
from faces import filled
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_delta as plain
from primordia.core.errors import ConfigError
from primordia.minds.layers.hawk import POWER, Hawk
from primordia.minds.layers.rule import Signals, stepwise
from primordia.minds.layers.rules.delta import DeltaNet, GatedDelta, Longhorn
from primordia.minds.layers.rules.doubling import unit_lower_inverse
from primordia.minds.layers.rules.gla import ChannelGatedLinear
from primordia.minds.layers.rules.ttt import TTTLinear

N_BATCH, N_HEADS, N_TIME, D_KEY, D_VALUE = 2, 2, 37, 8, 6
CHUNK = 16
TOLERANCE = 1e-5


@functools.partial(compiled, static_argnames=("face", "chunk"))
def run(rule, signals, state, face, chunk=CHUNK):
    if face == "stepwise":
        return stepwise(rule, signals, state)
    return rule.parallel(signals, state) if face == "parallel" else rule.chunkwise(signals, state, chunk)


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def drawn(seed, d_value=D_VALUE, decay=None, strongest=-30.0):
    """Signals as 32-bit arrays: one token in five forgets nearly all; a state; and where documents may begin.

    The signals hold an array of resets in which none is, so that one compilation serves with and without documents.
    """
    rng = np.random.default_rng(seed)
    shape = (N_BATCH, N_HEADS, N_TIME)
    gates = {"head": shape, "channel": (*shape, D_KEY)}.get(decay)
    log_decay = None
    if gates:
        log_decay = np.where(rng.random(gates) < 0.2, strongest, np.log(rng.uniform(0.5, 1, gates)))
    found = Signals(
        unit(rng.normal(size=(*shape, D_KEY))),
        unit(rng.normal(size=(*shape, D_KEY))),
        rng.normal(size=(*shape, d_value)),
        log_decay,
        rng.uniform(0, 1, shape),
    )
    signals = Signals(*(None if part is None else jnp.asarray(part, jnp.float32) for part in found))
    signals = signals._replace(reset=jnp.zeros((N_BATCH, N_TIME), bool))
    state = jnp.asarray(rng.normal(size=(N_BATCH, N_HEADS, d_value, D_KEY)), jnp.float32)
    return signals, state, rng.random((N_BATCH, N_TIME)) < 0.1


def close(found, wanted, tolerance=TOLERANCE):
    wanted = np.asarray(wanted)
    assert np.isfinite(wanted).all()
    assert np.abs(np.asarray(found) - wanted).max() <= tolerance * np.abs(wanted).max()


@pytest.mark.parametrize(
    ("rule", "face"),
    [
        (GatedDelta(), "parallel"),
        (GatedDelta(), "chunkwise"),
        (GatedDelta(), "stepwise"),
        (DeltaNet(), "chunkwise"),
        (Longhorn(), "chunkwise"),
    ],
)
def test_delta_rules_are_the_loop(rule, face):
    signals, state, reset = drawn(1, decay=rule.decay)
    strength = np.asarray(signals.write, np.float64)
    if isinstance(rule, Longhorn):
        strength = strength / (1 + strength * np.sum(np.asarray(signals.key, np.float64) ** 2, axis=-1))
    wanted, end = plain.delta(*signals[:3], strength, signals.log_decay, reset, state)
    found, after = run(rule, signals._replace(reset=jnp.asarray(reset)), state, face)
    close(found, wanted)
    close(after, end)


@pytest.mark.parametrize("face", ["parallel", "chunkwise", "stepwise"])
def test_channel_gates_are_the_loop(face):
    signals, state, reset = drawn(2, decay="channel")
    wanted, end = plain.channel_gated(*signals[:4], reset, state)
    found, after = run(ChannelGatedLinear(), signals._replace(reset=jnp.asarray(reset)), state, face)
    close(found, wanted)
    close(after, end)


@settings(max_examples=10, deadline=None, database=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    strongest=st.sampled_from([0.0, -1e-3, -1.0, -30.0]),
    run_of_strong=st.integers(0, N_TIME),
)
def test_channel_gates_of_any_strength_stay_exact(seed, strongest, run_of_strong):
    signals, state, _ = drawn(seed, decay="channel", strongest=strongest)
    signals = signals._replace(log_decay=signals.log_decay.at[:, :, :run_of_strong, ::2].set(strongest))
    wanted, _ = plain.channel_gated(*signals[:4], None, state)
    close(run(ChannelGatedLinear(), signals, state, "chunkwise")[0], wanted)


def test_one_gate_in_all_channels_is_the_scalar_gate():
    signals, state, _ = drawn(3, decay="channel")
    same = signals._replace(log_decay=jnp.broadcast_to(signals.log_decay[..., :1], signals.log_decay.shape))
    wanted, _ = plain.delta(*signals[:3], np.zeros(signals.write.shape))  # nothing written: nothing read
    assert not wanted.any()
    found, _ = run(ChannelGatedLinear(), same, state, "chunkwise")
    total = np.cumsum(np.asarray(same.log_decay[..., 0], np.float64), axis=-1)
    apart = total[..., :, None] - total[..., None, :]
    pairs = np.tril(np.exp(np.minimum(apart, 0))) * np.einsum("bhtk,bhsk->bhts", signals.query, signals.key)
    wanted = pairs @ np.asarray(signals.value, np.float64)
    wanted += np.exp(total)[..., None] * np.einsum("bhtk,bhvk->bhtv", signals.query, state)
    close(found, wanted)


def test_a_full_step_on_orthogonal_keys_stores_every_value():
    """Known result: write strength 1, keys of length 1 at right angles: the memory is exact, and overwrites."""
    signals, state, _ = drawn(6)
    key = jnp.broadcast_to(jnp.eye(D_KEY)[jnp.arange(N_TIME) % D_KEY], signals.key.shape)
    signals = signals._replace(query=key, key=key, write=jnp.ones_like(signals.write))
    out, memory = run(DeltaNet(), signals, state, "chunkwise")
    close(out, signals.value)
    newest = N_TIME - 1 - (N_TIME - 1 - np.arange(D_KEY)) % D_KEY
    close(jnp.swapaxes(memory, -1, -2), signals.value[:, :, newest])


def test_longhorn_solves_its_objective():
    """Known result: the step is the minimum of |S - S_old|^2 + beta |v - S k|^2, where the gradient is zero."""
    signals, state, _ = drawn(4)
    one = Signals(*(part[:, :, 0] for part in signals[:3]), write=signals.write[:, :, 0])
    one = one._replace(key=3 * one.key)
    _, after = compiled(Longhorn().step)(one, state)
    error = one.value - jnp.einsum("bhvk,bhk->bhv", after, one.key)
    slope = after - state - one.write[..., None, None] * error[..., None] * one.key[..., None, :]
    assert np.abs(slope).max() < 1e-5


def identical_keys(n_time, beta):
    return np.tril(np.full((n_time, n_time), beta), -1)


inverse = compiled(unit_lower_inverse)


@pytest.mark.parametrize("n_time", [1, 5, 24, 64])
def test_doubling_inverts_what_a_solve_inverts(n_time):
    rng = np.random.default_rng(n_time)
    for below in (identical_keys(n_time, 0.95), np.tril(rng.normal(size=(n_time, n_time)) * n_time**-0.5, -1)):
        wanted = np.linalg.inv(np.eye(n_time) + below)
        given_above = below + np.triu(rng.normal(size=below.shape))  # what is not below is not read
        close(inverse(jnp.asarray(given_above, jnp.float32)), wanted)


def test_the_product_form_would_lose_all_digits():
    """The cautionary number: (I - M)(I + M^2)(I + M^4)… in 32 bits on identical keys, against doubling."""
    below = identical_keys(64, 0.95).astype(np.float32)
    wanted = np.linalg.inv(np.eye(64) + below.astype(np.float64))
    product, power = np.eye(64, dtype=np.float32) - below, below
    for _ in range(5):
        power = power @ power
        product = product @ (np.eye(64, dtype=np.float32) + power)
    assert np.abs(product - wanted).max() > 1e6
    assert np.abs(np.asarray(inverse(jnp.asarray(below))) - wanted).max() < 1e-5


def test_the_inverse_has_the_derivative_of_an_inverse():
    """The slope of sum(G * X), X the inverse of I + M, is -X' G X' below the diagonal."""
    rng = np.random.default_rng(0)
    below, weights = np.tril(0.3 * rng.normal(size=(12, 12)), -1), rng.normal(size=(12, 12))
    slope = compiled(jax.grad(lambda m: jnp.sum(jnp.asarray(weights, jnp.float32) * unit_lower_inverse(m))))
    whole = np.linalg.inv(np.eye(12) + below).T
    close(slope(jnp.asarray(below, jnp.float32)), -np.tril(whole @ weights @ whole, -1))


@functools.cache
def trained(batch):
    """A TTT rule whose norm and bias are not those of the beginning."""
    return filled(lambda: TTTLinear(jax.random.key(0), N_HEADS, D_KEY, batch))


@functools.cache
def trained_loop(batch, packed):
    signals, _, reset = drawn(5, d_value=D_KEY)
    rule, rate = trained(batch), np.asarray(signals.write, np.float64) / D_KEY
    learned = (rule.start, rule.start_bias, rule.scale, rule.shift)
    return plain.trained_at_test_time(*signals[:3], rate, *learned, batch, reset if packed else None)


@pytest.mark.parametrize(("face", "chunk"), [("parallel", 0), ("chunkwise", 16), ("chunkwise", 3), ("stepwise", 0)])
@pytest.mark.parametrize("packed", [False, True])
def test_ttt_is_the_loop(face, chunk, packed):
    """Mini-batches of 4: full several times in every stretch, and at other places in every row once documents begin."""
    signals, _, reset = drawn(5, d_value=D_KEY)
    rule = trained(4)
    signals = signals._replace(reset=jnp.asarray(reset)) if packed else signals
    state = rule.init_state(N_BATCH, N_HEADS, D_KEY, D_KEY)
    close(run(rule, signals, state, face, chunk)[0], trained_loop(4, packed))


def test_ttt_refuses_what_does_not_fit():
    with pytest.raises(ConfigError, match="d_value=6, d_key=8 do not fit"):
        trained(4).init_state(N_BATCH, N_HEADS, D_KEY, D_VALUE)
    with pytest.raises(ConfigError, match="batch=0 is out of range"):
        TTTLinear(jax.random.key(0), N_HEADS, D_KEY, 0)


@pytest.mark.parametrize("chunk", [0, -3])
def test_chunks_must_be_positive(chunk):
    signals, state, _ = drawn(1, decay="channel")
    for rule in (DeltaNet(), ChannelGatedLinear(), trained(4)):
        with pytest.raises(ConfigError, match=f"chunk={chunk} is out of range"):
            rule.chunkwise(signals, state, chunk)
    mixer = hawk()
    with pytest.raises(ConfigError, match=f"chunk={chunk} is out of range"):
        mixer.chunkwise(jnp.zeros((1, 4, 10)), mixer.init_state(1), chunk=chunk)


@functools.cache
def hawk():
    return filled(lambda: Hawk(jax.random.key(0), 10, N_HEADS, 4, 0))


def test_hawk_is_the_loop():
    """The recurrence read through an output map of ones and zeros, behind gates computed here once more."""
    mixer, n_time = hawk(), 11
    mixer = eqx.tree_at(lambda made: made.leak_bias, mixer, jnp.linspace(-3, 3, 4 * N_HEADS).reshape(N_HEADS, 4))
    x = np.random.default_rng(1).normal(size=(N_BATCH, n_time, 10)).astype(np.float32)
    reset = np.random.default_rng(0).random((N_BATCH, n_time)) < 0.2
    entered = x.astype(np.float64) @ np.asarray(mixer.into)
    heads = entered.reshape(N_BATCH, n_time, N_HEADS, 4)

    def gate(weight, bias):
        return 1 / (1 + np.exp(-(np.einsum("bthi,hij->bthj", heads, weight) + bias))).reshape(entered.shape)

    log_decay = -POWER * gate(mixer.leak_gate, mixer.leak_bias) * np.log1p(np.exp(-np.asarray(mixer.leak, np.float64)))
    memory = plain.gated_unit(gate(mixer.input_gate, mixer.input_bias) * entered, log_decay, reset)
    open_gate = np.asarray(jax.nn.gelu(jnp.asarray(x) @ mixer.gate), np.float64)
    wanted = (memory * open_gate) @ np.asarray(mixer.out, np.float64)
    given_to = (mixer, jnp.asarray(x), mixer.init_state(N_BATCH), jnp.asarray(reset))
    close(compiled(Hawk.parallel)(*given_to)[0], wanted)
    found, after = compiled(functools.partial(Hawk.chunkwise, chunk=4))(*given_to)
    close(found, wanted)
    close(after.memory, memory[:, -1])


def test_hawk_has_finite_gradients_where_nothing_leaks():
    """Known trap: the square root of 1 - a^2 has no gradient at a = 1."""
    mixer = eqx.tree_at(lambda made: made.leak, hawk(), jnp.full(N_HEADS * 4, 200.0))
    x, before = jnp.ones((1, 10)), mixer.init_state(1)._replace(begun=jnp.ones(1, bool))
    slopes = compiled(jax.grad(lambda made: jnp.sum(made.step(x, before)[0])))(mixer)
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(slopes))
