"""Models: what is refused, what the faces share, the first loss, sizes, loops over repeated blocks, 16 bits."""

import dataclasses
import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from calling_minds import filled
from drawing import compiled
from faces import assert_close
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core.errors import CheckpointError, ConfigError, UnknownNameError
from primordia.minds.claims.models import CLAIMS
from primordia.minds.layers.table import LAYERS
from primordia.minds.models import sizes
from primordia.minds.models.model import Model, bounded, skeleton
from primordia.minds.models.pattern import layers
from primordia.minds.models.spec import ModelSpec
from primordia.minds.models.weights import named, placed

SPEC = ModelSpec(37, 37, pattern="scalar-gla", n_blocks=2, width=16, n_heads=2, chunk=4, longest=32)


@functools.lru_cache
def model():
    return filled(SPEC)


@functools.lru_cache
def begun():
    """A model as training begins with it."""
    spec = dataclasses.replace(SPEC, n_inputs=512, n_outputs=512, n_blocks=3, width=64)
    return compiled(Model, static_argnums=1)(jax.random.key(0), spec)


def tokens(n_batch=2, n_time=13, n_tokens=37, seed=1):
    return jnp.asarray(np.random.default_rng(seed).integers(0, n_tokens, (n_batch, n_time)))


@compiled
def logits_of(model, inputs, reset=None):
    return model(inputs, None, reset)[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"chunk": 0}, "chunk=0 is out of range: it must be at least 1"),
        ({"n_heads": 3}, "width=16 cannot be divided among n_heads=3: the nearest width that can is 15"),
        ({"n_heads": 0}, "n_heads=0"),
        ({"n_blocks": 0}, "n_blocks=0"),
        ({"expansion": -1.0}, "expansion=-1.0"),
        ({"cap": math.nan}, "cap=nan"),
        ({"n_outputs": 5}, "n_outputs=5 must be n_inputs=37"),
        ({"n_blocks": 1, "pattern": "scalar-gla, scalar-gla"}, "names 2 layers, more than n_blocks=1"),
    ],
)
def test_what_cannot_be_built_is_refused_when_the_settings_are_put_together(change, words):
    with pytest.raises(ConfigError, match=words.replace("(", r"\(")):
        dataclasses.replace(SPEC, **change)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("scalar-gal", "There is no layer 'scalar-gal'; did you mean 'scalar-gla'"),
        ("", "There is no layer ''"),
        ("scalar-gla,,scalar-gla", "There is no layer ''"),
    ],
)
def test_an_unknown_layer_is_refused_with_the_nearest_name(pattern, words):
    with pytest.raises(UnknownNameError, match=words):
        dataclasses.replace(SPEC, pattern=pattern)


def test_a_key_size_of_its_own_needs_no_division():
    assert dataclasses.replace(SPEC, n_heads=3, d_key=7).key_size == 7
    assert SPEC.key_size == 8


def test_a_pattern_begins_again_when_its_names_run_out():
    assert layers("scalar-gla , scalar-gla", 3) == ("scalar-gla",) * 3


def test_a_model_begins_with_the_loss_of_logits_of_variance_1():
    # ln V + 1/2. A token's own embedding is what the stream begins with; tied logits must not predict it therefore.
    inputs = tokens(8, 33, 512)
    stream, logits = compiled(lambda model, x: (model.stream(x)[0], model(x)[0]))(begun(), inputs[:, :-1])
    p = np.asarray(jax.nn.log_softmax(logits))
    loss = -np.take_along_axis(p, np.asarray(inputs)[:, 1:, None], axis=-1).mean()
    assert abs(loss - math.log(512) - 0.5) < 0.15, loss
    assert 0.8 < float(np.sqrt(np.square(stream).mean())) < 3


def test_weights_begin_with_variance_1_over_their_inputs_and_smaller_where_they_write_into_the_stream():
    weights = named(begun())
    for name, wanted in (
        ("embedding", 64**-0.5),
        ("blocks/1/mixer/value", 64**-0.5),
        ("blocks/1/mlp/up", 64**-0.5),
        ("blocks/1/mixer/out", 64**-0.5 * (2 / 3) ** 0.5),
        ("blocks/1/mlp/down", 192**-0.5 * (2 / 3) ** 0.5),
    ):
        assert float(np.std(weights[name])) == pytest.approx(wanted, rel=0.05), name


@pytest.mark.parametrize("pattern", ["softmax,scalar-gla"])
def test_steps_and_stretches_give_the_same_logits(pattern):
    tried, inputs = filled(dataclasses.replace(SPEC, pattern=pattern)), tokens()
    reset = jnp.zeros(inputs.shape, bool).at[0, 5].set(True)
    whole = logits_of(tried, inputs, reset)
    parallel = compiled(lambda model, x, reset: model(x, None, reset, face="parallel")[0])(tried, inputs, reset)
    assert_close(parallel, whole, "parallel")
    step, state = compiled(lambda model, *given: model.step(*given)), tried.init_state(2)
    for t in range(inputs.shape[1]):
        out, state = step(tried, inputs[:, t], state, reset[:, t])
        assert_close(out, whole[:, t], t)


def test_a_document_does_not_see_the_one_before():
    inputs = tokens()
    reset = jnp.zeros(inputs.shape, bool).at[:, 6].set(True)
    other = inputs.at[:, :6].set((inputs[:, :6] + 1) % 37)
    assert_close(logits_of(model(), other, reset)[:, 6:], logits_of(model(), inputs, reset)[:, 6:], "document")
    assert not np.allclose(logits_of(model(), other)[:, 6:], logits_of(model(), inputs)[:, 6:], atol=1e-4)


@settings(max_examples=10, deadline=None)
@given(place=st.integers(0, 12), token=st.integers(0, 36), seed=st.integers(0, 9))
def test_no_position_sees_what_comes_after_it(place, token, seed):
    inputs = tokens(seed=seed)
    changed = np.asarray(logits_of(model(), inputs.at[:, place].set(token)))
    np.testing.assert_array_equal(changed[:, :place], np.asarray(logits_of(model(), inputs))[:, :place])


def test_a_loop_over_the_repetitions_gives_the_logits_of_the_blocks_one_by_one():
    plain, inputs = filled(dataclasses.replace(SPEC, n_blocks=3, expansion=1.0)), tokens()
    rolled = placed(skeleton(dataclasses.replace(plain.spec, rolled=True)), named(plain))
    assert_close(logits_of(rolled, inputs), logits_of(plain, inputs), "logits")


@pytest.mark.slow
def test_a_loop_over_the_repetitions_and_what_is_left_over_gives_states_and_gradients_too():
    plain, inputs = filled(dataclasses.replace(SPEC, n_blocks=5, pattern="scalar-gla,linear", convolution=0)), tokens()
    rolled = placed(skeleton(dataclasses.replace(plain.spec, rolled=True, remat=True)), named(plain))

    @compiled
    def both(model):
        logits, state = model(inputs)
        return logits, state, jax.grad(lambda model: (model(inputs)[0] ** 2).mean())(model)

    (logits, state, slope), (found, found_state, found_slope) = both(plain), both(rolled)
    assert_close(found, logits, "logits")
    for one, other in zip(jax.tree.leaves(found_state), jax.tree.leaves(state), strict=True):
        assert_close(one, other, "state")
    assert named(found_slope).keys() == named(slope).keys()
    for name, array in named(slope).items():
        assert_close(named(found_slope)[name], array, name)


def test_16_bits_stay_near_32_and_weights_states_and_logits_keep_32():
    inputs = tokens(n_tokens=512)
    half = placed(skeleton(dataclasses.replace(begun().spec, half=True)), named(begun()))
    wide, (found, state) = logits_of(begun(), inputs), compiled(lambda model: model(inputs))(half)
    assert found.dtype == jnp.float32
    assert {leaf.dtype.name for leaf in jax.tree.leaves(state)} <= {"float32", "int32"}
    assert {leaf.dtype.name for leaf in named(half).values()} == {"float32"}
    # One rounding to 16 bits is off by 0.2 %; some ten of them follow one another in three blocks.
    assert 1e-3 < np.sqrt(np.square(found - wide).mean() / np.square(wide).mean()) < 0.03


def test_a_model_of_vectors_maps_vectors_to_vectors_without_a_cap():
    spec = dataclasses.replace(SPEC, vectors=True, n_inputs=3, n_outputs=2, n_blocks=1)
    vectors = jnp.asarray(np.random.default_rng(0).normal(size=(2, 6, 3)), jnp.float32)
    out = logits_of(filled(spec, gain=100.0), vectors)
    assert out.shape == (2, 6, 2)
    assert np.abs(out).max() > spec.cap


def test_weights_that_do_not_fit_are_all_named():
    weights = named(model())
    weights["blocks/9/mlp/up"] = weights.pop("blocks/0/mlp/up")
    weights["embedding"] = jnp.zeros((2, 2))
    with pytest.raises(CheckpointError) as failure:
        placed(skeleton(SPEC), weights)
    said = str(failure.value)
    assert all(part in said for part in ("blocks/0/mlp/up is missing", "blocks/9/mlp/up is unknown", "embedding is (2"))


@pytest.mark.parametrize(("name", "n_millions"), [("140M", 146), ("440M", 433), ("940M", 936)])
def test_the_sizes_of_the_paper_have_its_numbers_of_parameters(name, n_millions):
    spec = sizes.sized(name, pattern="scalar-gla")
    exact = sizes.n_parameters(spec)
    assert exact == pytest.approx(n_millions * 1e6, rel=0.01)
    assert sizes.n_parameters_in_short(spec) == 50_257 * spec.width + 13 * spec.width**2 * spec.n_blocks
    assert 0 < exact - sizes.n_parameters_in_short(spec) < 0.002 * exact


def test_the_claim_about_the_sizes_holds_and_would_notice_other_widths(monkeypatch):
    (claim,) = CLAIMS
    assert claim.expected.holds(claim.measure(claim.setup).value)
    monkeypatch.setitem(sizes.SIZES, "140M", (14, 6, 780))
    assert not claim.expected.holds(claim.measure(claim.setup).value)


def test_parameters_are_counted_as_they_are_made():
    assert sizes.n_parameters(begun().spec) == sum(leaf.size for leaf in jax.tree.leaves(begun()))


def test_an_unknown_size_names_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean '140M'"):
        sizes.sized("140m", pattern="scalar-gla")


def test_operations_follow_the_counts_of_the_specification():
    spec = dataclasses.replace(sizes.sized("940M", pattern="scalar-gla"), solver_steps=30)
    # At chunks of 64 and 128 channels: 98k for linear attention, 2.10M for 30 solver steps. The delta rule: 180k with
    # an explicit inverse; ours is 8Cd + 6d^2 + C^2.
    assert sizes.head_flops("scalar-gla", spec, 2048) == pytest.approx(98e3, rel=0.01)
    assert sizes.head_flops("gated-deltanet", spec, 2048) == pytest.approx(168e3, rel=0.01)
    assert sizes.head_flops("mesa", spec, 2048) == pytest.approx(2.10e6, rel=0.01)
    assert sizes.flops_per_token(spec, 2048) == pytest.approx(2 * 50_257 * 1536 + 28 * (61.3e6 + 1.2e6), rel=0.01)
    assert set(sizes.COSTS) <= set(LAYERS)


def test_a_model_without_a_cache_takes_any_length():
    assert not bounded(SPEC)
    assert logits_of(model(), tokens(1, 40)).shape == (1, 40, 37)


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_can_be_in_a_model(name):
    # What writes into the stream has one name in every layer, since it begins smaller in deep models.
    made = skeleton(dataclasses.replace(SPEC, pattern=name, n_blocks=1))
    assert made.blocks[0].mixer.out.shape[1] == SPEC.width
    assert sizes.head_flops(name, SPEC, 64) >= 0
