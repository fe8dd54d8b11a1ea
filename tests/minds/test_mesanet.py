"""minds/mesanet: settings that fit, scores, what heads read, twins, text, activations of 16 bits or computed again."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core import config as configs
from primordia.core.errors import BadInputError, CheckpointError, ConfigError, PrimordiaError
from primordia.core.streams import Streams
from primordia.minds.experiments import mesanet_looks, mesanet_parts, mesanet_tasks, mesanet_tiles
from primordia.minds.experiments.mesanet import MesaNet
from primordia.minds.models.spec import ModelSpec
from primordia.minds.probes.inside import Inside, inside
from primordia.minds.tasks.batch import Tokens
from primordia.minds.text.speaking import Speaker
from primordia.minds.training import token_loss
from primordia.minds.training.evaluation import evaluate
from primordia.minds.training.token_loss import Rows, TokenExam, TokenLoss, first

EXPERIMENT, STREAMS = MesaNet(), Streams(0)
BOTH = {"layers": "scalar-gla", "twin": "scalar-gla"}
SMALL = configs.override(EXPERIMENT.Config(), {**EXPERIMENT.presets["small"].config, **BOTH})
predicted = jax.jit(token_loss.predicted, static_argnames=("spec", "decoded"))
SPEC = ModelSpec(6, 6, pattern="scalar-gla", n_blocks=1, width=8, n_heads=2, d_key=4, expansion=1.0, chunk=8)


def small(**values):
    return configs.override(SMALL, values)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"layers": "mesaa"}, "There is no layer 'mesaa'; did you mean 'mesa'"),
        ({"twin": "softmaks"}, "There is no layer 'softmaks'; did you mean 'softmax'"),
        ({"layers": "mesa, softmax"}, "names 2 layers, more than n_blocks=1"),
        ({"n_heads": 3}, "width=8 cannot be divided among n_heads=3"),
        ({"n_pairs": 5}, "n_pairs=5 does not fit: it must be at most 4"),
        ({"n_batch": 3, "accumulate": 2}, "n_batch=3 cannot be divided into accumulate=2 parts"),
        ({"warmup": 4, "decay_until": 3}, "decay=3 is over before warmup=4 is"),
        ({"watch_solver": True}, "watch_solver=true needs a mesa layer"),
        ({"corpus": "manual"}, "task=recall and corpus='manual' do not go together"),
        ({"task": "text"}, "task=text needs a corpus"),
        ({"task": "parity"}, "n_symbols=18 does not fit task=parity"),
        ({"n_devices": 64, "n_batch": 64}, "n_devices=64 is more than there are"),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_anything_is_compiled(values, sentence, monkeypatch):
    monkeypatch.setattr(mesanet_parts, "first_weights", lambda *_: {"weight": np.zeros(1, np.float32)})
    with pytest.raises(PrimordiaError, match=sentence) as caught:
        EXPERIMENT.init(small(**values), STREAMS)
    assert caught.value.exit_code == 2


def test_a_chunk_that_is_not_positive_is_refused():
    with pytest.raises(ConfigError, match="chunk=0 is out of range: it must be from 1 to 1024; the nearest is 1"):
        small(chunk=0)


def test_text_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "bad.txt").write_bytes(b"fine\n" * 3 + b"\xff")
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "short.txt").write_text("One line.")
    said = {
        "bad": "is not UTF-8: byte 15",
        "empty": "is empty",
        "none": "There is no text",
        "short": "a single document",
    }
    for name, sentence in said.items():
        wanted = small(task="text", n_symbols=0, corpus=str(tmp_path / f"{name}.txt"))
        with pytest.raises(BadInputError, match=sentence):
            EXPERIMENT.init(wanted, STREAMS)


def test_attention_has_room_for_the_sequences_of_the_task():
    wanted = small(task="parity", n_symbols=0, layers="softmax", n_time=3000)
    assert mesanet_parts.spec(wanted, "softmax").longest == 3000
    assert mesanet_parts.spec(small(task="parity", n_symbols=0, n_time=40), "softmax").longest == 2048


def test_every_layer_with_a_solver_can_be_watched():
    for layers in ("mesa", "mesa-signed"):
        mesanet_parts.checked(small(layers=layers, watch_solver=True))


def weights(seed=0):
    return first(jax.random.key(seed), spec=SPEC)


def rows(seed=1, n=3, n_time=8):
    tokens = np.random.default_rng(seed).integers(0, 6, (n, n_time + 1)).astype(np.int32)
    targets = tokens[:, 1:].copy()
    targets[:, ::3] = -1
    return Rows(Tokens(jnp.asarray(tokens[:, :-1]), jnp.asarray(targets)))


@pytest.mark.parametrize(("n_heads", "n_blocks", "n_shown"), [(2, 2, 64), (8, 2, 39), (1, 64, 16)])
def test_what_heads_read_is_cut_to_fit_a_poster(monkeypatch, n_heads, n_blocks, n_shown):
    reads = np.zeros((1, n_heads, 64, 64))
    block = Inside(reads, None, None, {})
    monkeypatch.setattr(mesanet_tiles, "models", lambda config, state: {"model": ("mesa", None)})
    monkeypatch.setattr(mesanet_tiles, "insides", lambda *_: (block,) * n_blocks)
    monkeypatch.setattr(mesanet_tiles, "token_names", lambda config: tuple(map(str, range(64))))
    drawn = mesanet_tiles.draw_reads(dataclasses.replace(SMALL, n_heads=n_heads, n_blocks=n_blocks), None)
    factor = max(1, 320 // max(n_blocks * (n_shown + 1) - 1, n_heads * (n_shown + 1) - 1))
    assert drawn.shape == tuple(factor * (n * (n_shown + 1) - 1) for n in (n_blocks, n_heads))


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000))
def test_scores_are_those_of_a_loop(seed):
    given_rows = rows(seed)
    found = evaluate(weights(), [given_rows], loss=TokenExam(SPEC))
    logits = np.asarray(predicted(weights(), given_rows, spec=SPEC, decoded=False), np.float64)
    targets = np.asarray(given_rows.tokens.targets)
    losses, hits, counts = np.zeros(8), np.zeros(8), np.zeros(8)
    for row in range(3):
        for place in range(8):
            if targets[row, place] >= 0:
                line = logits[row, place]
                losses[place] += np.log(np.exp(line - line.max()).sum()) + line.max() - line[targets[row, place]]
                hits[place] += line.argmax() == targets[row, place]
                counts[place] += 1
    np.testing.assert_allclose(found["losses"], losses, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(found["hits"], hits)
    np.testing.assert_array_equal(found["counts"], counts)
    assert float(found["loss"]) == pytest.approx(losses.sum() / counts.sum(), rel=1e-4)
    assert float(found["accuracy"]) == pytest.approx(hits.sum() / counts.sum())


def test_what_heads_read_is_the_sum_over_gates_and_keys_that_makes_their_output():
    (block,) = inside(weights(), rows().tokens.inputs, spec=SPEC)
    reads, forget, write = (np.asarray(part, np.float64) for part in (block.reads, block.forget, block.write))
    assert reads.shape == (3, 2, 8, 8)
    assert np.all(np.triu(reads, 1) == 0)
    assert np.all((forget > 0) & (forget < 1))
    # A token reads itself with its input gate times query.key, and an earlier one with all forget gates in between.
    mixer_weights = {name.removeprefix("blocks/0/mixer/"): array for name, array in weights().items()}
    assert "query_key" in mixer_weights
    own = np.einsum("bhtt->bht", reads) / write
    assert np.all(np.abs(own) <= 1 + 1e-5), "queries and keys have length 1"
    later = np.abs(reads) / np.cumprod(forget, -1)[..., :, None] * np.cumprod(forget, -1)[..., None, :]
    assert np.all(np.tril(later / write[..., None, :], 0) <= 1 + 1e-4)


@pytest.mark.slow
def test_activations_that_are_computed_again_give_the_same_gradient_and_half_of_the_bits_nearly():
    def slope(spec):
        (loss, _), gradient = jax.jit(jax.value_and_grad(TokenLoss(spec), has_aux=True))(weights(), rows())
        return float(loss), gradient

    loss, gradient = slope(SPEC)
    again, same = slope(dataclasses.replace(SPEC, remat=True))
    assert again == pytest.approx(loss, rel=1e-6)
    for name, array in gradient.items():
        np.testing.assert_allclose(same[name], array, rtol=1e-4, atol=1e-6, err_msg=name)
    rough, close = slope(dataclasses.replace(SPEC, half=True))
    assert rough == pytest.approx(loss, rel=0.02)
    assert all(array.dtype == jnp.float32 for array in close.values())


def test_a_model_and_a_twin_that_begin_alike_stay_alike():
    state = EXPERIMENT.init(SMALL, STREAMS)
    assert not np.array_equal(state.learner.weights["embedding"], state.twin.weights["embedding"])
    after, row = EXPERIMENT.step(SMALL, state._replace(twin=state.learner), STREAMS, 0)
    assert row["loss"] == row["twin_loss"]
    for name, array in after.learner.weights.items():
        assert np.asarray(array).tobytes() == np.asarray(after.twin.weights[name]).tobytes()


def test_a_finite_set_shows_only_its_examples():
    few = small(n_examples=3)
    seen = {row.tobytes() for t in range(12) for row in np.asarray(mesanet_parts.batch(few, STREAMS, t).tokens.inputs)}
    assert len(seen) == 3
    evaluated = {row.tobytes() for row in np.asarray(mesanet_parts.evaluation_rows(few, STREAMS).tokens.inputs)}
    assert not seen & evaluated


@pytest.mark.parametrize(
    ("values", "answers"),
    [
        ({"n_pairs": 4}, 4),
        ({"task": "parity"}, 2),
        ({"task": "mad-recall"}, 8),
        ({"task": "mad-noisy"}, 8),
        ({"task": "mad-copy"}, 14),
        ({"task": "regbench"}, 18),
        ({"task": "text", "corpus": "manual"}, 257),
    ],
)
def test_a_guess_knows_how_many_answers_there_are(values, answers):
    own = {"n_symbols": 0, "n_time": 0} if "task" in values else {}
    config = small(**own, **values)
    assert mesanet_tasks.n_answers(config) == answers
    if config.task not in ("recall", "parity", "text", "regbench"):
        targets = np.asarray(mesanet_parts.evaluation_rows(config, STREAMS).tokens.targets)
        assert len(np.unique(targets[targets >= 0])) <= answers


@pytest.fixture
def letters(tmp_path):
    for place in range(4):
        (tmp_path / f"{place}.txt").write_text("abc " * 20 + str(place))
    return small(task="text", corpus=str(tmp_path), n_symbols=0, twin="")


@pytest.mark.thorough
def test_a_model_of_text_speaks_and_notices_other_text(letters):
    from primordia.minds.text import corpora

    assert isinstance(EXPERIMENT, Speaker)
    state, row = EXPERIMENT.step(letters, EXPERIMENT.init(letters, STREAMS), STREAMS, 0)
    measured = EXPERIMENT.measure(letters, state, STREAMS, 1)
    assert row["loss"] == pytest.approx(np.log(257), abs=1)
    # Every byte and one beginning for each document is predicted; the text has almost only the former.
    assert measured["bits_per_byte"] == pytest.approx(measured["evaluation_loss"] / np.log(2), rel=0.05)
    speaks = EXPERIMENT.text_model(letters, state)
    assert speaks.tokens.n_tokens == 257
    assert speaks.model.embedding.shape == (257, 8)
    with pytest.raises(BadInputError, match="learns task=recall"):
        EXPERIMENT.text_model(SMALL, None)
    corpora.corpus.cache_clear()
    other = state._replace(corpus=np.zeros(32, np.uint8))
    with pytest.raises(CheckpointError, match="has changed since the run began"):
        EXPERIMENT.step(letters, other, STREAMS, 1)


def test_a_decoder_sees_only_the_last_token():
    config = small(task="mad-compress", n_symbols=6, n_time=8, twin="")
    made = mesanet_parts.first_weights(config, "scalar-gla", STREAMS, "weights")
    spec, given_rows = mesanet_parts.spec(config, "scalar-gla"), rows()
    whole = predicted(made, given_rows, spec=spec, decoded=True)
    assert whole.shape == (3, 8, 6)
    plain = predicted(
        {name: made[name] for name in made if "decoder" not in name}, given_rows, spec=spec, decoded=False
    )
    assert not np.allclose(whole, plain)
    blind = {**made, "decoder/position": jnp.zeros_like(made["decoder/position"])}
    same = np.asarray(predicted(blind, given_rows, spec=spec, decoded=True))
    np.testing.assert_allclose(same, np.repeat(same[:, :1], 8, axis=1), atol=1e-6)


@pytest.mark.slow
def test_findings_say_how_many_pairs_are_remembered():
    state = EXPERIMENT.init(SMALL, STREAMS)
    found = {one.title: one for one in mesanet_looks.findings(SMALL, state, STREAMS, 0)}
    assert [row[0] for row in found["Accuracy by number of pairs"].rows] == [1, 2, 4]
    chart = found["Accuracy by position"]
    assert list(chart.lines) == ["model (scalar-gla)", "twin (scalar-gla)", "guess"]
    assert all(x > 4 for x, _ in chart.lines["model (scalar-gla)"]), "queries come after the pairs"


def test_many_positions_are_taken_together_and_text_has_its_loss():
    score = {"counts": np.full(64, 2), "hits": np.arange(64), "losses": 2.0 * np.arange(64)}
    chart = mesanet_looks.by_position(SMALL, {"model": score})
    assert (chart.title, len(chart.lines["model"])) == ("Accuracy by position", 32)
    assert chart.lines["model"][1] == (3.5, 5 / 4)
    chart = mesanet_looks.by_position(small(task="text", corpus="manual", n_symbols=0), {"model": score})
    assert (chart.title, chart.lines["model"][1]) == ("Loss by position", (3.5, 2.5))
    assert chart.lines["guess"][0] == (1.5, pytest.approx(np.log(257)))


def test_each_number_of_a_head_stands_under_its_name(monkeypatch):
    shown = {
        name: np.full((1, 1, 3), value) for name, value in (("steps", 7.0), ("residual", 1e-6), ("condition", 9.0))
    }
    block = Inside(None, np.full((1, 1, 3), 0.9), np.full((1, 1, 3), 0.4), shown)
    table = mesanet_looks.heads(SMALL, {"model (mesa)": (block,)})
    (row,) = table.rows
    found = dict(zip(table.columns, row, strict=True))
    assert found["solver steps"] == pytest.approx(7)
    assert found["residual"] == pytest.approx(1e-6)
    assert found["condition number"] == pytest.approx(9)
    assert found["forget gate"] == pytest.approx(0.9)
    assert found["input gate"] == pytest.approx(0.4)
