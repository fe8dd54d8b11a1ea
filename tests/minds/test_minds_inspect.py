"""Views of matrices under the glass: the number under every pixel, names, and learned beside constructed weights."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core import config as configs
from primordia.core import findings, registry
from primordia.core.findings import Matrix, Table
from primordia.core.streams import Streams
from primordia.minds import pictures, tiles
from primordia.minds.experiments import gated_rnn_parts, gated_rnn_tiles, icl_parts, icl_tiles, mesa_parts, mesa_tiles
from primordia.minds.models import autoregressor, gated_rnn, self_attention
from primordia.minds.probes import gated
from primordia.minds.probes.attending import reads
from primordia.minds.probes.constructions import autoregressive_step

STREAMS = Streams(0)
SOME = {
    "minds/icl-regression": {},
    "minds/mesa-optimization": {"layers": "mesa, linear"},
    "minds/gated-rnn-attention": {},
    "minds/low-rank-weight-decay": {},
    "minds/randomized-transformers": {},
    "minds/mesanet": {"twin": "scalar-gla"},
}

COSTLY = ("minds/mesanet", "minds/randomized-transformers")


def begun(name: str, **changed):
    experiment = registry.load(name)
    config = configs.from_dict(experiment.Config, {**experiment.presets["small"].config, **changed})
    return experiment, config, experiment.init(config, STREAMS)


def tile(shape, seed=0, **changed):
    values = np.random.default_rng(seed).normal(size=shape)
    names = tiles.numbered("r", shape[0]), tiles.numbered("c", shape[1])
    return tiles.Tile(f"tile {seed}", values, *names, **changed)


shapes = st.lists(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=3), min_size=1,
                  max_size=3)  # fmt: skip


@given(shapes)
@settings(max_examples=6, deadline=None)
def test_under_every_pixel_lies_the_number_that_was_drawn_there(sizes):
    lines = [[tile(shape, 10 * line + at) for at, shape in enumerate(row)] for line, row in enumerate(sizes)]
    drawn = tiles.drawn(lines)
    seen = set()
    for row in range(0, drawn.shape[0], 3):
        for column in range(0, drawn.shape[1], 3):
            found = tiles.place(lines, row, column)
            if found is None:
                assert drawn[row, column] == pictures.SHADES
                continue
            one = lines[found.line][found.tile]
            assert drawn[row, column] == one.pixels[found.row, found.column]
            seen.add(found)
    # A factor of 3 and more leaves no number out.
    assert len(seen) == sum(rows * columns for row in sizes for rows, columns in row)


def test_outside_of_a_view_lies_nothing():
    lines = [[tile((2, 2))]]
    height, width = tiles.drawn(lines).shape
    assert tiles.place(lines, height - 1, width - 1) is not None
    for row, column in ((height, 0), (0, width), (-1, 0), (0, -1)):
        assert tiles.place(lines, row, column) is None
        assert tiles.inspected(lines, row, column) == ()


def test_a_hidden_tile_is_drawn_as_a_gap_and_still_says_its_number():
    one = tile((2, 2), hidden=True, others={"made": np.eye(2)})
    assert (tiles.drawn([[one]]) == pictures.SHADES).all()
    here, row, column, whole = tiles.inspected([[one]], 0, 0)
    assert dict(here.rows) == {"matrix": "tile 0", "row": "r1", "column": "c1", "value": one.values[0, 0], "made": 1.0}
    assert row.rows == (("c1", one.values[0, 0], 1.0), ("c2", one.values[0, 1], 0.0))
    assert column.rows == (("r1", one.values[0, 0], 1.0), ("r2", one.values[1, 0], 0.0))
    np.testing.assert_array_equal(whole.values, one.values)


def test_what_is_compared_has_one_scale():
    one = tile((2, 2), others={"constructed": np.full((2, 2), 9.0)})
    learned, made, apart = tiles.learned_and_constructed(one)
    assert learned.scale == made.scale == apart.scale
    assert learned.scale[1] == max(np.abs(each.values).max() for each in (learned, made, apart))
    np.testing.assert_array_equal(apart.values, learned.values - made.values)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in COSTLY else ()) for name in SOME]
)
def test_every_view_of_matrices_can_be_asked_what_stands_where(name):
    experiment, config, state = begun(name, **SOME[name])
    ((view, declared),) = experiment.views.items()
    drawn = declared.pixels(config, state, view)
    rng, answered = np.random.default_rng(0), 0
    for row, column in zip(*(rng.integers(0, size, 40) for size in drawn.shape), strict=True):
        found = experiment.inspect(config, state, STREAMS, 0, view, int(row), int(column))
        assert all(findings.fault(one) is None for one in found)
        if not found:
            assert drawn[row, column] == pictures.SHADES
            continue
        here, along, down, *whole = found
        said = dict(here.rows)
        number = list(said.values())[3]
        assert [cells[1] for cells in along.rows if cells[0] == said["column"]].count(number)
        assert [cells[1] for cells in down.rows if cells[0] == said["row"]].count(number)
        for matrix in whole:
            assert isinstance(matrix, Matrix)
            assert matrix.values[matrix.rows.index(said["row"]), matrix.columns.index(said["column"])] == number
            shade = pictures.heat([[number]], np.abs(matrix.values).max())[0, 0]
            own_scale = name != "minds/low-rank-weight-decay"
            assert drawn[row, column] in (shade, pictures.SHADES) or not own_scale
            answered += 1
    assert answered > 5
    assert experiment.inspect(config, state, STREAMS, 0, view, *drawn.shape) == ()


def test_a_learned_step_stands_beside_the_step_in_closed_form():
    _, config, state = begun("minds/icl-regression")
    (asking, moving), constructed = icl_tiles.weight_tiles(config, state.weights)
    n, rate = config.n_inputs, icl_parts.comparison(config).best.rate
    x_only = np.diag([1.0] * n + [0.0])
    wanted = np.zeros((n + 1, n + 1))
    wanted[n, n] = -rate / config.n_context
    for learned, made, closed in ((asking, constructed[0], x_only), (moving, constructed[1], wanted)):
        np.testing.assert_allclose(learned.others["constructed"], closed, rtol=1e-6)
        np.testing.assert_array_equal(made.values, learned.others["constructed"])
        np.testing.assert_array_equal(made.others["learned"], learned.values)
        assert learned.rows == (*tiles.numbered("x", n), "y")
    np.testing.assert_allclose(np.diag(asking.values)[:n].mean(), 1.0, rtol=1e-5)
    matrices = {one.title: one.values for one in icl_tiles.weight_matrices(config, state.weights)}
    np.testing.assert_array_equal(
        matrices["P W_V, learned less constructed"], moving.values - moving.others["constructed"]
    )
    # Rescaling the factors is all that was done: their product is that of the weights.
    own = self_attention.products(icl_parts.answerer(config).model, state.weights)
    product = np.kron(*(np.asarray(one[0], np.float64) for one in own))
    np.testing.assert_allclose(np.kron(asking.values, moving.values), product, atol=1e-5)


@pytest.mark.slow
def test_a_linear_layer_with_constructed_weights_adds_up_to_one_step():
    _, config, state = begun("minds/mesa-optimization", layers="linear", n_heads=2)
    n = config.n_observed
    rate = mesa_tiles.rate(config)
    made = self_attention.of_products(*autoregressive_step(n, rate))
    # Two heads that share the step, one of them with rescaled factors, add up to the same.
    halves = {
        name: np.concatenate([array * scale for scale in scales])
        for (name, array), scales in zip(made.items(), ((0.5, 1.5), (1, 1), (1, 1 / 3), (1, 1)), strict=True)
    }
    shared, wanted = mesa_tiles.algorithm_tile(config, halves, 0), np.zeros((9, 9))
    wanted[shared.rows.index("guess from s(t)"), shared.columns.index("s(t-1) . s(t)")] = rate
    np.testing.assert_allclose(shared.others["constructed"], wanted, rtol=1e-6)
    np.testing.assert_allclose(shared.values, wanted, rtol=1e-5, atol=1e-7)
    assert rate > 0
    assert not np.allclose(mesa_tiles.algorithm_tile(config, state.weights, 0).values, wanted)


@pytest.mark.slow
def test_attention_is_what_a_layer_takes_of_values():
    _, config, state = begun("minds/mesa-optimization", layers="softmax, mesa, linear")
    model, batch = mesa_parts.model(config), mesa_parts.beside(config).batch
    tokens = np.asarray(autoregressor.states(model, state.weights, batch.inputs[:2]), np.float64)
    taken = np.asarray(reads(state.weights, batch.inputs[:2], model=model), np.float64)
    assert (np.triu(taken[0, 0, 0], 1) == 0).all()
    np.testing.assert_allclose(taken[0].sum(-1), 1, rtol=1e-5)
    for layer in range(3):
        value, out = (np.asarray(state.weights[f"layers/{layer}/{name}"], np.float64) for name in ("value", "out"))
        added = np.einsum("hck,hkd,bhti,bid->btc", out, value, taken[layer], tokens[layer])
        np.testing.assert_allclose(tokens[layer] + added, tokens[layer + 1], atol=1e-5)
    titles = [one.title for one in mesa_tiles.attention_matrices(config, state.weights, mesa_parts.beside(config))]
    assert titles[0] == "Attention of layer 1 (softmax), head 1"
    assert len(titles) == 3 * config.n_heads


@pytest.mark.slow
def test_the_last_point_of_the_curve_over_pairs_is_the_loss():
    experiment, config, state = begun("minds/gated-rnn-attention", task="regression")
    chart = gated_rnn_parts.context_chart(config, state.weights)
    row = experiment.measure(config, state, STREAMS, 0)
    assert chart.lines["the recurrence"][-1] == (config.n_time, pytest.approx(row["test_loss"], rel=1e-4))
    assert chart.lines["one step of gradient descent"][-1] == (config.n_time, pytest.approx(row["gd_loss"]))
    # Shown fewer pairs, it answers as one to whom only those were given.
    batch = gated_rnn_parts.evaluation(config)
    for pairs, (_, loss) in enumerate(chart.lines["the recurrence"]):
        shown = jax.numpy.concatenate([batch.inputs[:, :pairs], batch.inputs[:, -1:]], axis=1)
        missed = np.asarray(gated_rnn.run(state.weights, shown)[:, -1] - batch.targets[:, -1], np.float64)
        assert loss == pytest.approx(0.5 * np.square(missed).sum(-1).mean(), rel=1e-4)


def test_the_mean_over_positions_is_the_loss_of_imitation():
    experiment, config, state = begun("minds/gated-rnn-attention")
    chart = gated_rnn_parts.context_chart(config, state.weights)
    row = experiment.measure(config, state, STREAMS, 0)
    losses, zero = (np.array([loss for _, loss in chart.lines[name]]) for name in ("the recurrence", "answering zero"))
    assert losses.mean() == pytest.approx(row["test_loss"], rel=1e-4)
    assert losses.mean() / zero.mean() == pytest.approx(row["unexplained"], rel=1e-4)


@pytest.mark.parametrize("task", ["teacher", "regression"])
def test_constructed_products_do_what_is_asked(task):
    _, config, state = begun("minds/gated-rnn-attention", task=task)
    made, batch = gated_rnn_tiles.constructed(config), gated_rnn_parts.evaluation(config)
    assert gated_rnn_parts.likeness(config, made) == pytest.approx(1.0, abs=1e-5)
    found = gated.channels(state.weights, batch)
    learned, wanted = gated_rnn_tiles.product_matrices(
        config, state.weights, np.asarray(found.decay), np.ones(config.n_hidden)
    )
    assert learned.columns == wanted.columns
    assert np.abs(learned.values).max(1) == pytest.approx(1.0)
    entering = np.asarray(gated.entering(state.weights), np.float64)
    x = np.random.default_rng(0).normal(size=len(gated_rnn_tiles.inputs_and_one(config)))
    x[-1] = 1.0
    worth = {" ".join((one, two)).removesuffix(" 1"): x[a] * x[b]
             for a, one in enumerate(gated_rnn_tiles.inputs_and_one(config))
             for b, two in enumerate(gated_rnn_tiles.inputs_and_one(config))}  # fmt: skip
    for name, coefficients in zip(learned.rows, learned.values, strict=True):
        place = int(name.split()[1])
        taken = x @ entering[place] @ x
        shown = sum(share * worth[product] for share, product in zip(coefficients, learned.columns, strict=True))
        scale = taken / shown
        largest = np.abs(np.where(np.eye(len(x)), 1, 2) * entering[place]).max()
        assert abs(scale) == pytest.approx(largest, rel=1e-6)


def test_least_squares_is_the_best_that_a_layer_of_attention_can_do():
    experiment, config, state = begun("minds/low-rank-weight-decay", factors=False, n_inputs=3, n_context=4, n_batch=8)
    table, chart, *matrices = experiment.findings(config, state, STREAMS, 0)
    assert isinstance(table, Table)
    layer, squares = (dict(line) for line in chart.lines.values())
    assert list(layer) == [1, 2, 4]
    assert squares[4] == pytest.approx(0, abs=1e-12)
    assert squares[1] > squares[2] > squares[4]
    assert all(layer[count] > squares[count] for count in layer)
    own = self_attention.products(experiment.loss(config).model, state.learner.weights)
    wanted = np.asarray(own[1][1], np.float64)
    np.testing.assert_allclose(matrices[3].values, wanted, atol=1e-5)
