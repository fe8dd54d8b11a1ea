"""minds/gated-rnn-attention: the recurrence against a loop in 64 bits, and its constructions against attention."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles import plain_regression as plain

from primordia.core.errors import ConfigError
from primordia.core.streams import Streams
from primordia.minds.claims.gated_rnn import CLAIMS
from primordia.minds.experiments import gated_rnn_parts as parts
from primordia.minds.experiments.gated_rnn_attention import GatedRnnAttention
from primordia.minds.experiments.gated_rnn_settings import GatedRnnConfig
from primordia.minds.models import gated_rnn, self_attention
from primordia.minds.probes import gated
from primordia.minds.tasks.attention_teacher import AttentionTeacher, TeacherWeights, attended
from primordia.minds.tasks.batch import Vectors
from primordia.minds.tasks.task import drawn

TASK = AttentionTeacher(3, 7, 5)
BATCH = drawn(TASK, jax.random.key(0), 4)
RUN = jax.jit(gated_rnn.run)
MAKERS = {"generic": gated.generic, "compact": gated.compact}


def looped(weights, x):
    arrays = {name: np.asarray(array, np.float64) for name, array in weights.items()}
    decay = np.sin(arrays["angle"]) ** 2
    return plain.gated_recurrence(
        x, decay, (arrays["in_m"], arrays["in_x"]), (arrays["out_m"], arrays["out_x"]), arrays["readout"]
    )


def test_a_recurrence_is_the_loop():
    model = gated_rnn.GatedRecurrence(3, 2, 5, 4)
    weights = gated_rnn.begin(model, jax.random.key(1))
    wanted = [looped(weights, x) for x in np.asarray(BATCH.inputs)]
    np.testing.assert_allclose(RUN(weights, BATCH.inputs), wanted, rtol=1e-4, atol=1e-4)
    decays = np.asarray(gated_rnn.decays(weights))
    assert ((decays >= 0) & (decays <= 1)).all()
    angles = gated_rnn.angle_of(jnp.asarray([0.0, 0.3, 1.0]))
    np.testing.assert_allclose(gated_rnn.decays({"angle": angles}), [0, 0.3, 1], rtol=1e-6)


@pytest.mark.parametrize(("construction", "n_hidden"), [("generic", 12), ("compact", 9)])
def test_a_constructed_recurrence_is_the_teacher(construction, n_hidden):
    made = MAKERS[construction](TASK.teacher())
    assert made["angle"].shape == (n_hidden,)
    np.testing.assert_allclose(RUN(made, BATCH.inputs), BATCH.targets, rtol=1e-4, atol=1e-3)


@given(seed=st.integers(0, 2**31 - 1))
@settings(max_examples=5, deadline=None)
def test_both_constructions_agree_for_any_teacher(seed):
    teacher = TeacherWeights(*jax.random.normal(jax.random.key(seed), (3, 3, 3)))
    wanted = np.asarray(attended(teacher, BATCH.inputs))
    for make in MAKERS.values():
        np.testing.assert_allclose(RUN(make(teacher), BATCH.inputs), wanted, atol=1e-4 * np.abs(wanted).max())


def test_the_teacher_is_a_layer_of_linear_attention():
    teacher = TASK.teacher()
    model = self_attention.SelfAttention(3, causal=True)
    weights = {
        "layers/0/query": teacher.query[None],
        "layers/0/key": teacher.key[None],
        "layers/0/value": teacher.value[None],
        "layers/0/out": jnp.eye(3)[None],
    }
    wanted = self_attention.run(model, weights, BATCH.inputs) - BATCH.inputs
    np.testing.assert_allclose(BATCH.targets, wanted, rtol=1e-4, atol=1e-4)


def test_every_constructed_channel_matters_and_an_added_one_does_not():
    made = gated.compact(TASK.teacher())
    found = gated.channels(made, BATCH)
    assert (np.asarray(found.importance) > 1e-4).all()
    assert sorted(np.asarray(found.decay).round(6)) == [0] * 3 + [1] * 6
    np.testing.assert_allclose(gated.share_at_ends(found), 1)
    wider = {
        **made,
        "angle": jnp.append(made["angle"], gated_rnn.angle_of(jnp.asarray(0.5))),
        "in_m": jnp.concatenate([made["in_m"], jnp.ones((1, 4))]),
        "in_x": jnp.concatenate([made["in_x"], jnp.ones((1, 4))]),
        "out_m": jnp.insert(made["out_m"], -1, 0, axis=1),
        "out_x": jnp.insert(made["out_x"], -1, 0, axis=1),
    }
    added = gated.channels(wider, BATCH)
    assert abs(float(added.importance[-1])) < 1e-7
    used = gated.Channels(jnp.asarray([0.0, 0.5, 1.0]), jnp.asarray([1.0, 2.0, 1.0]))
    np.testing.assert_allclose(gated.share_at_ends(used), 0.5)


def test_what_the_past_leaves_behind_is_the_linear_model_of_attention():
    teacher = TASK.teacher()
    found = gated.query_models(gated.generic(teacher), BATCH.inputs)
    value, key, query = (np.asarray(matrix, np.float64) for matrix in (teacher.value, teacher.key, teacher.query))
    for model, x in zip(found, np.float64(BATCH.inputs), strict=True):
        past = sum(np.outer(value @ z, key @ z) for z in x[:-1]) @ query
        last = x[-1]
        # The last token also sees itself: W_V x (W_K x . W_Q x), by the product rule.
        turn = key.T @ query
        own = value * (last @ turn @ last) + np.outer(value @ last, (turn + turn.T) @ last)
        np.testing.assert_allclose(model, past + own, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(gated.mean_cosine(found, -2 * found), -1, rtol=1e-6)


def test_what_enters_is_a_symmetric_form():
    weights = gated_rnn.begin(gated_rnn.GatedRecurrence(3, 2, 5, 4), jax.random.key(1))
    forms = np.asarray(gated.entering(weights))
    x = np.append(np.asarray(BATCH.inputs[0, 0]), 1)
    wanted = (np.asarray(weights["in_m"]) @ x) * (np.asarray(weights["in_x"]) @ x)
    np.testing.assert_allclose(np.einsum("hij,i,j->h", forms, x, x), wanted, rtol=1e-4)


@pytest.mark.slow
def test_a_short_training_finds_some_of_it():
    config = GatedRnnConfig(n_channels=2, n_time=5, n_hidden=10, n_gated=10, n_batch=64, n_evaluation=64, decay=1000)
    experiment, streams = GatedRnnAttention(), Streams(0)
    learner, _ = experiment.advance(config, experiment.init(config, streams), streams, 0, 1000)
    row = experiment.measure(config, learner, streams, 1000)
    assert row["unexplained"] < 0.05
    assert row["cosine"] > 0.98


def test_a_recurrence_that_sums_up_y_x_is_as_like_a_step_of_descent_as_can_be():
    config = GatedRnnConfig(task="regression", n_channels=2, n_time=4, n_evaluation=16)
    of_x, of_y = np.eye(2, 4, dtype=np.float32), np.eye(2, 4, 2, dtype=np.float32)
    square = [np.concatenate([part, np.zeros((2, 4), np.float32)]) for part in (of_x, of_x, of_y)]
    made = gated.generic(TeacherWeights(*square))
    made["readout"] = made["readout"][:2]
    np.testing.assert_allclose(parts.likeness(config, made), 1, rtol=1e-5)
    np.testing.assert_allclose(parts.likeness(config, {**made, "readout": -made["readout"]}), -1, rtol=1e-5)


def test_sizes_are_held_to_their_range():
    with pytest.raises(ConfigError, match="n_hidden=0 is out of range: it must be at least 1"):
        gated_rnn.GatedRecurrence(3, 2, 0, 4)
    assert isinstance(BATCH, Vectors)


@pytest.mark.slow
@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim.tier == "quick"], ids=lambda claim: claim.id)
def test_quick_claims_hold(claim):
    assert claim.expected.holds(claim.measure(claim.setup).value)
