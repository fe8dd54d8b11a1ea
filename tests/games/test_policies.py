"""Policies against plain Python, carried memory against one sequence, slopes over long lives, and lent layers."""

import functools
import importlib.metadata

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_policies
from primordia.core import layers
from primordia.core.errors import BadInputError, ConfigError, UnknownNameError
from primordia.games.policies import table
from primordia.games.policies.gru import Gru
from primordia.games.policies.hawk import Hawk
from primordia.games.policies.policy import log_probability
from primordia.games.policies.rg_lru import RgLru
from primordia.games.policies.sequence import Carried, Sequence
from primordia.games.policies.tabular import Tabular

N_SEEN, N_ACTIONS, N_STEPS = 3, 2, 9
GRU, RG_LRU = Gru(N_SEEN, N_ACTIONS, 4), RgLru(N_SEEN, N_ACTIONS, 4, 2)
HAWK = Hawk(N_SEEN, N_ACTIONS, 6, 4, 2, 5)
MESA = Sequence("minds/mesa", N_SEEN, N_ACTIONS, 8)
LONG_HAWK, LONG_MESA = (pytest.param(policy, marks=pytest.mark.slow) for policy in (HAWK, MESA))
"""Those that take long to compile, for tests that a smaller policy witnesses as well."""
TWINS = {
    "gru": (GRU, plain_policies.gru),
    "rg-lru": (RG_LRU, plain_policies.rg_lru),
    "hawk": (HAWK, plain_policies.hawk),
}


def named(policy):
    return type(policy).__name__


@functools.partial(jax.jit, static_argnames="policy")
def lived(policy, weights, memory, observations):
    """What is said over a stretch, and the memory after it."""

    def step(memory, seen):
        acting = policy.act(weights, memory, seen)
        return acting.memory, (acting.logits, acting.value)

    memory, said = jax.lax.scan(step, memory, observations)
    return said, memory


@functools.partial(jax.jit, static_argnames="policy")
def drawn(policy, key):
    """Weights with nothing left at zero: a normal number added to every one."""
    first, noise = jax.random.split(key)
    leaves, structure = jax.tree.flatten(policy.weights(first))
    keys = jax.random.split(noise, len(leaves))
    noisy = [leaf + 0.3 * jax.random.normal(one, leaf.shape) for leaf, one in zip(leaves, keys, strict=True)]
    return jax.tree.unflatten(structure, noisy)


def seen(seed, n_steps=N_STEPS):
    return np.random.default_rng(seed).normal(size=(n_steps, N_SEEN)).astype(np.float32)


def as_64(tree):
    return jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), tree)


@pytest.mark.parametrize("name", TWINS)
@given(seed=st.integers(0, 2**31 - 1))
@settings(max_examples=5, deadline=None)
def test_a_recurrent_policy_is_its_plain_twin(name, seed):
    policy, twin = TWINS[name]
    weights, observations = drawn(policy, jax.random.key(seed)), seen(seed)
    (logits, values), memory = lived(policy, weights, policy.begin(), observations)
    expected = twin(as_64(weights), observations.astype(np.float64))
    assert np.allclose(logits, [one[0] for one in expected], atol=2e-5)
    assert np.allclose(values, [one[1] for one in expected], atol=2e-5)
    state = max(jax.tree.leaves(memory), key=lambda leaf: leaf.size if leaf.ndim == 1 else 0)
    assert np.allclose(state, expected[-1][2], atol=2e-5)


@pytest.mark.parametrize("policy", [GRU, RG_LRU, HAWK, LONG_MESA], ids=named)
def test_a_memory_carried_on_is_one_long_sequence(policy):
    weights, observations = drawn(policy, jax.random.key(1)), seen(1, 2 * N_STEPS)
    (whole, _), memory = lived(policy, weights, policy.begin(), observations)
    (first, _), carried = lived(policy, weights, policy.begin(), observations[:N_STEPS])
    (second, _), carried = lived(policy, weights, carried, observations[N_STEPS:])
    assert np.array_equal(whole, np.concatenate([first, second]))
    assert jax.tree.all(jax.tree.map(np.array_equal, memory, carried))
    (anew, _), _ = lived(policy, weights, policy.begin(), observations[N_STEPS:])
    assert not np.allclose(anew, second, atol=1e-4), "the memory makes no difference"


@pytest.mark.parametrize("policy", [GRU, RG_LRU, LONG_HAWK, LONG_MESA], ids=named)
def test_slopes_stay_finite_over_a_long_life(policy):
    @jax.jit
    def slope(weights, observations):
        def said(weights):
            (logits, values), _ = lived(policy, weights, policy.begin(), observations)
            return jax.nn.log_softmax(logits)[:, 0].sum() + values.sum()

        return jax.grad(said)(weights)

    for observations in (seen(2, 2000), np.zeros((2000, N_SEEN), np.float32)):
        found = slope(drawn(policy, jax.random.key(2)), observations)
        assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found))


@pytest.mark.parametrize("policy", [Tabular(N_SEEN), GRU, LONG_HAWK], ids=named)
def test_a_fresh_agent_without_spread_plays_every_action_alike(policy):
    said = jax.jit(lambda key: policy.act(policy.weights(key), policy.begin(), jnp.eye(N_SEEN)[0]))(jax.random.key(0))
    assert said.logits.shape == (N_ACTIONS,)
    assert said.value == 0
    if not isinstance(policy, Tabular):
        assert not np.asarray(said.logits).any()


def test_a_table_is_its_rows():
    policy = Tabular(N_SEEN, N_ACTIONS)
    weights = policy.weights(jax.random.key(3))
    weights["values"] = jnp.arange(3.0)
    for row in range(N_SEEN):
        said = policy.act(weights, (), jnp.eye(N_SEEN)[row])
        assert np.array_equal(said.logits, weights["logits"][row])
        assert said.value == row


def test_log_probability_is_that_of_the_action_taken():
    found = log_probability(jnp.log(jnp.array([[0.2, 0.8], [0.5, 0.5]])), jnp.array([1, 0]))
    assert np.allclose(np.exp(found), [0.8, 0.5])


def test_one_policy_is_batched_over_games_and_over_weights():
    @jax.jit
    def said(keys, observations):
        weights = jax.vmap(lambda key: drawn(GRU, key))(keys)
        memory = jnp.broadcast_to(GRU.begin(), (2, 3, GRU.n_units))
        over_games = jax.vmap(GRU.act, in_axes=(None, 0, 0))
        alone = GRU.act(jax.tree.map(lambda leaf: leaf[1], weights), GRU.begin(), observations[1, 2])
        return jax.vmap(over_games)(weights, memory, observations).logits[1, 2], alone.logits

    together, alone = said(jax.random.split(jax.random.key(4), 2), jnp.asarray(seen(5, 6)).reshape(2, 3, N_SEEN))
    assert np.allclose(together, alone, atol=1e-5)


def test_a_lent_layer_is_the_wings_own_over_a_batch_of_one():
    from primordia.minds.layers.mixer import stepwise

    layer = layers.make("minds/mesa", jax.random.key(6), 8)
    tokens = jnp.asarray(np.random.default_rng(6).normal(size=(N_STEPS, 8)), jnp.float32)
    expected, _ = jax.jit(stepwise)(layer.mixer, tokens[None], layer.mixer.init_state(1))

    def step(memory, token):
        out, memory = layer.step(token, memory)
        return memory, out

    _, found = jax.jit(lambda tokens: jax.lax.scan(step, layer.begin(), tokens))(tokens)
    assert np.allclose(found, expected[0], atol=1e-5)


@pytest.mark.slow
def test_a_learned_beginning_of_a_lent_layer_is_taken_from_the_weights():
    policy = Sequence("minds/ttt", N_SEEN, N_ACTIONS, 8)

    @jax.jit
    def said(weights):
        learned = policy._placed(weights["layer"]).begin()
        memories = policy.begin(), Carried(learned, jnp.ones((), bool))
        return learned, [policy.act(weights, memory, jnp.ones(N_SEEN)).logits for memory in memories]

    learned, (first, second) = said(drawn(policy, jax.random.key(7)))
    assert any(np.asarray(leaf).any() for leaf in jax.tree.leaves(learned))
    assert np.array_equal(first, second)


@pytest.mark.slow
def test_a_policy_over_a_lent_layer_learns_to_repeat_what_came_two_steps_before():
    import optax

    optimiser = optax.adam(1e-2)

    @jax.jit
    def learned(weights, key):
        def loss(weights, bits):
            observations = jnp.stack([bits, 1 - bits, jnp.ones_like(bits)], -1).astype(jnp.float32)
            logits = jax.vmap(lambda one: lived(MESA, weights, MESA.begin(), one)[0][0])(observations)
            return -log_probability(logits[:, 2:], bits[:, :-2]).mean()

        def update(state, key):
            bits = jax.random.bernoulli(key, shape=(16, 12)).astype(jnp.int32)
            value, slope = jax.value_and_grad(loss)(state[0], bits)
            changes, remembered = optimiser.update(slope, state[1])
            return (optax.apply_updates(state[0], changes), remembered), value

        return jax.lax.scan(update, (weights, optimiser.init(weights)), jax.random.split(key, 150))[1]

    losses = learned(MESA.weights(jax.random.key(8)), jax.random.key(9))
    assert losses[0] == pytest.approx(np.log(2), abs=1e-5)
    assert losses[-10:].mean() < 0.3


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("hawc", UnknownNameError, "did you mean 'hawk'"),
        ("minds/mess", UnknownNameError, "did you mean 'mesa'"),
        ("mind/mesa", UnknownNameError, "There is no wing that lends sequence layers 'mind'; did you mean 'minds'"),
    ],
)
def test_an_unknown_policy_is_refused_with_the_nearest(name, error, said):
    with pytest.raises(error, match=said):
        table.build(name, N_SEEN, N_ACTIONS)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Gru(5, 2, 0), "n_units=0 is out of range"),
        (lambda: Tabular(0, 2), "n_observed=0 is out of range"),
        (lambda: RgLru(5, 2, 7, 2), "n_units=7 cannot be cut into n_blocks=2 equal blocks: .* the nearest is 8"),
        (lambda: Hawk(5, 2, 8, 9, 2), "n_units=9 cannot be cut"),
        (lambda: Sequence("mesa"), "must name a wing and its layer, such as 'minds/mesa'"),
        (lambda: Sequence("minds/mesa", 5, 2, 10), "width=10 must be a multiple of 4; the nearest is 8"),
    ],
)
def test_sizes_that_do_not_fit_are_refused_before_anything_is_compiled(make, said):
    with pytest.raises(ConfigError, match=said):
        make()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ModuleNotFoundError("No module named 'equinox'", name="equinox"),
            r"'minds/mesa' cannot be lent: equinox is not installed; `pip install 'primordia\[minds\]'` brings it",
        ),
        (ValueError("of no use"), "'minds/mesa' cannot be lent: ValueError: of no use"),
    ],
)
def test_a_wing_that_cannot_be_imported_says_why(monkeypatch, error, said):
    class Broken:
        name = "minds"
        dist = importlib.metadata.distribution("primordia")

        def load(self):
            raise error

    monkeypatch.setattr(layers.importlib.metadata, "entry_points", lambda group: [Broken()])
    with pytest.raises(BadInputError, match=said):
        layers.make("minds/mesa", None, 8)


@pytest.mark.parametrize("name", ["tabular", "gru", "rg-lru", "hawk", "minds/mesa"])
def test_the_table_builds_every_family(name):
    policy = table.build(name, N_SEEN, N_ACTIONS, 8)
    assert (policy.n_observed, policy.n_actions) == (N_SEEN, N_ACTIONS)
    assert hash(policy) == hash(table.build(name, N_SEEN, N_ACTIONS, 8))
