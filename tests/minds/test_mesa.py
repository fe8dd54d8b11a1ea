"""The mesa layers: beside plain recurrences, at their limits, their gradients, their solver, and what is refused."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from drawing import compiled
from faces import assert_close, assert_faces_agree
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_mesa
from primordia.core.errors import ConfigError, UnknownNameError
from primordia.minds.layers.heads import HeadMixer, HeadSizes
from primordia.minds.layers.mesa import chunked
from primordia.minds.layers.mesa.products import Memory
from primordia.minds.layers.mesa.rule import Mesa, Regulariser
from primordia.minds.layers.mesa.solver import Solver, conjugate_gradient
from primordia.minds.layers.rule import Signals, stepwise
from primordia.minds.layers.rules.linear import GatedLinear
from primordia.minds.layers.rules.recursive import RecursiveMesa

BATCH, HEADS, TIME, KEY, VALUE, CHUNK = 2, 2, 12, 5, 4, 5
RULE = Mesa(HEADS, KEY)
FLOOR = np.ones(KEY)


def drawn(seed, mildest=1.0, documents=0.2):
    """Signals of a stretch: unit keys and queries, forget gates from 0 to 1, documents."""
    generator = np.random.default_rng(seed)
    shape = (BATCH, HEADS, TIME)

    def unit():
        vectors = generator.normal(size=(*shape, KEY))
        return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)

    decay = generator.choice([-0.0, -1e-3, -0.1, -2.0, -30.0, -500.0], size=shape) * mildest
    write, value = generator.uniform(size=shape), generator.normal(size=(*shape, VALUE))
    reset = generator.uniform(size=(BATCH, TIME)) < documents
    return Signals(*(jnp.asarray(x, jnp.float32) for x in (unit(), unit(), value, decay, write)), jnp.asarray(reset))


@functools.partial(compiled, static_argnames="face")
def outputs(rule, signals, state, face):
    """Outputs and the state after them, by one face."""
    if face == "chunkwise":
        return rule.chunkwise(signals, state, CHUNK)
    return rule.parallel(signals, state) if face == "parallel" else stepwise(rule, signals, state)


def by_the_oracle(signals, floor=FLOOR, state=None):
    """Outputs and sums of all heads, in 64 bits."""
    sign = 1.0 if signals.sign is None else np.asarray(signals.sign)
    gate = sign * np.exp(np.asarray(signals.log_decay, np.float64))
    out, sums = np.zeros((BATCH, HEADS, TIME, VALUE)), []
    for b in range(BATCH):
        for h in range(HEADS):
            tokens = (x[b, h] for x in (signals.query, signals.key, signals.value, gate, signals.write))
            before = None if state is None else tuple(np.asarray(x, np.float64)[b, h] for x in state)
            out[b, h], after, _ = plain_mesa.mesa(*tokens, floor, signals.reset[b], before)
            sums.append(after)
    return out, Memory(*(np.array(x).reshape(BATCH, HEADS, -1, KEY) for x in zip(*sums, strict=True)))


def assert_as_the_oracle(signals, faces=("chunkwise", "parallel", "steps")):
    state = RULE.init_state(BATCH, HEADS, KEY, VALUE)
    first, before = by_the_oracle(signals)
    for face in faces:
        out, memory = outputs(RULE, signals, state, face)
        assert_close(out, first, face)
        assert_close(memory.keys, before.keys, face)
        assert_close(memory.values, before.values, face)
        second, _ = outputs(RULE, signals, memory, face)
        assert_close(second, by_the_oracle(signals, state=before)[0], (face, "carried on"))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([1e-3, 1.0]), st.sampled_from([0.0, 0.3]))
def test_mesa_is_its_recurrence_however_strongly_it_forgets(seed, mildest, documents):
    assert_as_the_oracle(drawn(seed, mildest, documents))


def test_tokens_that_are_all_the_same():
    signals = drawn(0, 0.0, 0.0)
    same = {name: jnp.broadcast_to(getattr(signals, name)[:, :, :1], getattr(signals, name).shape) for name in ("key",)}
    assert_as_the_oracle(signals._replace(**same, query=same["key"]))


def test_keys_of_length_zero_and_gates_of_exactly_zero_are_no_fault():
    signals = drawn(1)
    gone = signals.log_decay.at[:, :, 3].set(-jnp.inf)
    zeros = {"key": signals.key.at[:, :, 2:7].set(0), "query": signals.query.at[:, :, 4].set(0)}
    assert_as_the_oracle(signals._replace(log_decay=gone, **zeros))


def test_forget_gates_of_either_sign():
    rule = Mesa(HEADS, KEY, Regulariser(bound=49.0, init=50.0), signed=True)
    signals = rule.gated(drawn(2)._replace(log_decay=jax.nn.log_sigmoid(3 * drawn(3).value[..., 0])))
    assert (signals.sign < 0).any()
    assert (signals.sign > 0).any()
    wanted, _ = by_the_oracle(signals, np.full(KEY, 50.0))
    for face in ("chunkwise", "steps"):
        assert_close(outputs(rule, signals, rule.init_state(BATCH, HEADS, KEY, VALUE), face)[0], wanted, face)


def test_the_bound_of_the_forget_gate():
    signals = drawn(4, 0.0)
    assert_close(jnp.exp(RULE.gated(signals).log_decay), 1 - 0.0025 * np.asarray(signals.write) ** 2, "gate", 1e-6)
    assert (Mesa(HEADS, KEY, gate_bound=1.0).gated(signals).log_decay == signals.log_decay).all()


def test_lambda_begins_where_it_is_told():
    for bound, init in ((0.25, 1.0), (49.0, 50.0), (0.25, 1e6)):
        assert_close(Mesa(1, 3, Regulariser(bound, init)).floor, np.full((1, 3), init), (bound, init), 1e-6)


def test_no_step_from_the_query_is_gated_linear_attention():
    rule, signals = Mesa(HEADS, KEY, solver=Solver(0, start="query")), drawn(5)
    out, _ = outputs(rule, signals, rule.init_state(BATCH, HEADS, KEY, VALUE), "chunkwise")
    plain = GatedLinear()
    wanted, _ = outputs(plain, signals, plain.init_state(BATCH, HEADS, KEY, VALUE), "parallel")
    assert_close(out, wanted, "linear attention")


def test_queries_in_16_bits_are_computed_in_32():
    signals = drawn(6)
    half = signals._replace(**{name: getattr(signals, name).astype(jnp.bfloat16) for name in ("query", "key", "value")})
    back = half._replace(**{name: getattr(half, name).astype(jnp.float32) for name in ("query", "key", "value")})
    state = RULE.init_state(BATCH, HEADS, KEY, VALUE)
    out, _ = outputs(RULE, half, state, "chunkwise")
    assert out.dtype == jnp.float32
    assert_close(out, outputs(RULE, back, state, "chunkwise")[0], "16 bits", 1e-6)


# --- the gradient


@functools.partial(compiled, static_argnames="face")
def gradients(face, given, reset, sign):
    """Of a loss that sees every output and the state after the stretch, with respect to all that goes in."""

    def loss(given):
        rule, (query, key, value, log_decay, write), state = given
        signals = Signals(query, key, value, log_decay, write, reset, sign)
        out, end = outputs.__wrapped__(rule, signals, state, face)
        first, _ = outputs.__wrapped__(rule, signals, end, face)
        return sum(jnp.sum(jnp.sin(3 * each)) for each in (out, first, end.values, end.keys))

    return jax.grad(loss)(given)


def a_state(dtype):
    generator = np.random.default_rng(9)
    rows = generator.normal(size=(BATCH, HEADS, KEY, KEY))
    keys = 0.2 * rows @ np.swapaxes(rows, -1, -2)
    return Memory(jnp.asarray(generator.normal(size=(BATCH, HEADS, VALUE, KEY)), dtype), jnp.asarray(keys, dtype))


@pytest.mark.parametrize(("documents", "floor"), [(0.0, Regulariser(15.0, 20.0)), (0.3, Regulariser())])
def test_the_gradient_is_that_of_a_direct_solve(documents, floor):
    """In 64 bits to 1e-12: with signs, or with documents; through a carried prefix and the state after the stretch."""
    with jax.enable_x64(True):
        signals = drawn(7, 0.01, documents)
        signs = np.random.default_rng(8).choice([-1.0, 1.0], size=signals.write.shape)
        sign = None if documents else jnp.asarray(signs)
        rule = Mesa(HEADS, KEY, floor, Solver(40))
        given = jax.tree.map(lambda x: x.astype(jnp.float64), (rule, tuple(signals[:5]), a_state(jnp.float64)))
        found, wanted = (gradients(face, given, signals.reset, sign) for face in ("chunkwise", "parallel"))
        for name, one, other in zip("Λqkvγβ", jax.tree.leaves(found)[:6], jax.tree.leaves(wanted)[:6], strict=True):
            assert np.abs(one).max() > 1e-4, name
            assert np.abs(one - other).max() <= 1e-12 * max(1, np.abs(other).max()), name
        for one, other in zip(found[2], wanted[2], strict=True):
            assert np.abs(one - other).max() <= 1e-12 * np.abs(other).max()


def test_the_gradient_through_steps_is_that_through_chunks():
    """In 64 bits to 1e-12, from nothing stored: there the solver converges at once and has nothing left to divide."""
    with jax.enable_x64(True):
        signals = drawn(14, 0.01, 0.0)
        state = RULE.init_state(BATCH, HEADS, KEY, VALUE)
        rule = Mesa(HEADS, KEY, Regulariser(15.0, 20.0), Solver(40))
        given = jax.tree.map(lambda x: x.astype(jnp.float64), (rule, tuple(signals[:5]), state))

        found, wanted = (gradients(face, given, None, None) for face in ("steps", "chunkwise"))
        # The sums of keys are symmetric: only the symmetric part of their gradient has a meaning.
        whole = (
            [*jax.tree.leaves(each[:2]), each[2].values, each[2].keys + jnp.swapaxes(each[2].keys, -1, -2)]
            for each in (found, wanted)
        )
        for one, other in zip(*whole, strict=True):
            assert np.abs(one - other).max() <= 1e-12 * np.abs(other).max()


def test_the_gradient_beside_differences_of_the_plain_recurrence():
    signals = drawn(10, 0.01, 0.0)
    slope = jnp.cos(jnp.arange(TIME * VALUE).reshape(TIME, VALUE))
    state = RULE.init_state(BATCH, HEADS, KEY, VALUE)

    @compiled
    @jax.grad
    def found(given):
        rule, parts = given
        return jnp.sum(slope * rule.chunkwise(signals._replace(**parts), state, CHUNK)[0])

    parts = {name: getattr(signals, name) for name in ("query", "key", "value", "log_decay", "write")}
    rule, mine = found((RULE, parts))
    gate = np.exp(np.asarray(signals.log_decay, np.float64))
    floor = np.zeros((HEADS, KEY))
    for b in range(BATCH):
        for h in range(HEADS):
            tokens = (x[b, h] for x in (signals.query, signals.key, signals.value, gate, signals.write))
            wanted = plain_mesa.slopes(*tokens, FLOOR, slope)
            wanted[3] *= gate[b, h]  # the layer's gates are logarithms
            for name, other in zip(parts, wanted[:5], strict=True):
                assert_close(mine[name][b, h], other, name)
            floor[h] += wanted[5]
    rate = 1 / (1 + np.exp(-np.asarray(RULE.parameter, np.float64)))
    assert_close(rule.parameter, floor * rate, "Lambda")


# --- the solver


def systems(n, condition, seed=0):
    """Random symmetric positive matrices with eigenvalues from 1 to `condition`, and right sides."""
    generator = np.random.default_rng(seed)
    turns = np.linalg.qr(generator.normal(size=(n, 6, 6)))[0]
    values = np.geomspace(1, condition, 6)
    return turns * values @ np.swapaxes(turns, -1, -2), generator.normal(size=(n, 6))


@functools.partial(compiled, static_argnames="solver")
def solved_by(matrices, right, solver):
    def product(rows):
        return jnp.einsum("nij,nj->ni", matrices, rows)

    return conjugate_gradient(product, right, jnp.zeros_like(right), solver)


def solved(matrices, right, solver):
    return solved_by(jnp.asarray(matrices, jnp.float32), jnp.asarray(right, jnp.float32), solver)


def test_each_step_is_a_step_of_conjugate_gradients():
    matrices, right = systems(7, 30)
    for n_steps in (1, 3):
        found = solved(matrices, right, Solver(n_steps))
        wanted = [
            plain_mesa.conjugate_gradient(one, b, np.zeros(6), n_steps) for one, b in zip(matrices, right, strict=True)
        ]
        assert_close(found.rows, np.array(wanted), n_steps)
        assert (found.steps == n_steps).all()


def test_a_solution_that_is_found_stays():
    matrices, right = np.broadcast_to(np.eye(6), (3, 6, 6)), np.eye(6)[:3]
    found = solved(matrices, right, Solver(30))
    assert (np.asarray(found.rows) == right).all()
    assert (found.steps == 1).all()
    nothing = solved(matrices, np.zeros((3, 6)), Solver(30, 1e-4))
    assert (nothing.rows == 0).all()
    assert (nothing.steps == 0).all()


def test_a_row_stops_by_itself_whoever_it_is_solved_with():
    matrices, right = (np.concatenate(parts) for parts in zip(systems(3, 2), systems(3, 1000), strict=True))
    both = solved(matrices, right, Solver(30, 1e-3))
    assert both.steps[:3].max() < both.steps[3:].min()
    for row in range(6):
        alone = solved(matrices[[row] * 6], right[[row] * 6], Solver(30, 1e-3))
        assert (alone.rows[0] == both.rows[row]).all()
        assert alone.steps[0] == both.steps[row]


def test_a_smaller_tolerance_takes_more_steps_and_leaves_less():
    signals, state = drawn(11, 0.01), RULE.init_state(BATCH, HEADS, KEY, VALUE)
    wanted, counted = by_the_oracle(signals)[0], []
    for tolerance, error in ((1e-1, 0.3), (1e-6, 1e-5)):
        rule = Mesa(HEADS, KEY, solver=Solver(30, tolerance))
        assert_close(outputs(rule, signals, state, "chunkwise")[0], wanted, tolerance, error)
        counted.append(float(probed(rule, signals, state)["steps"].mean()))
    assert 0 < counted[0] < counted[1] < 30


@compiled
def probed(rule, signals, state):
    return rule.probes(signals, state)


def test_probes_say_what_the_solver_met():
    signals = drawn(12, 0.01, 0.0)
    seen = probed(Mesa(HEADS, KEY, solver=Solver(2)), signals, RULE.init_state(BATCH, HEADS, KEY, VALUE))
    assert {name: each.shape for name, each in seen.items()} == dict.fromkeys(seen, (BATCH, HEADS, TIME))
    gate = np.exp(np.asarray(signals.log_decay, np.float64))
    tokens = [x[1, 0] for x in (signals.query, signals.key, signals.value, gate, signals.write)]
    matrices = plain_mesa.mesa(*tokens, FLOOR)[2]
    assert_close(seen["condition"][1, 0], np.linalg.cond(matrices), "condition", 1e-4)
    for t in (3, 11):
        query = np.asarray(tokens[0][t], np.float64)
        found = plain_mesa.conjugate_gradient(matrices[t], query, query / np.diag(matrices[t]), 2)
        left = np.linalg.norm(query - matrices[t] @ found)
        np.testing.assert_allclose(seen["residual"][1, 0, t], left, rtol=1e-2, atol=1e-6)


def test_groups_of_chunks_divide_them_and_fit_the_cache():
    for n_chunks in (1, 7, 12, 256):
        for n_heads, d_key in ((1, 16), (8, 32), (4, 64), (512, 128)):
            group = chunked.together(n_chunks, n_heads, 32, d_key)
            assert n_chunks % group == 0
            assert group == 1 or group * n_heads * (32 * d_key + d_key**2) <= chunked.CACHE
    assert chunked.together(12, 1, 16, 16) == 12


def test_chunks_give_the_same_in_any_group(monkeypatch):
    signals, state = drawn(13), RULE.init_state(BATCH, HEADS, KEY, VALUE)
    wanted, _ = compiled(lambda signals: RULE.chunkwise(signals, state, 2))(signals)
    monkeypatch.setattr(chunked, "CACHE", 100)
    found, _ = compiled(lambda signals: RULE.chunkwise(signals, state, 2))(signals)
    assert chunked.together(6, 4, 2, KEY) == 1
    assert_close(found, wanted, "groups", 2e-6)


# --- recursive least squares


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([0.5, 1.0, 20.0]))
def test_recursion_is_least_squares_with_a_regulariser_that_fades(seed, strength):
    signals = drawn(seed, 0.05)
    signals = signals._replace(log_decay=jnp.maximum(signals.log_decay, -0.3), write=None)
    for forgets in (False, True):
        rule = RecursiveMesa(HEADS, strength, forgets)
        gate = np.exp(np.asarray(signals.log_decay, np.float64)) if forgets else np.ones((BATCH, HEADS, TIME))
        wanted = np.array(
            [
                [
                    plain_mesa.recursive(*(x[b, h] for x in (*signals[:3], gate)), strength, signals.reset[b])
                    for h in range(HEADS)
                ]
                for b in range(BATCH)
            ]
        )
        for face in ("chunkwise", "parallel", "steps") if forgets else ("chunkwise",):
            out, _ = outputs(rule, signals, rule.init_state(BATCH, HEADS, KEY, VALUE), face)
            assert_close(out, wanted, (face, forgets), 1e-4)


def test_the_gradient_with_respect_to_a_carried_inverse_is_symmetric_and_the_same_in_both_faces():
    """A state is symmetric: only the symmetric part of a gradient has a meaning, and both faces give that alone."""
    signals, rule = drawn(14, 0.01, 0.0)._replace(write=None), RecursiveMesa(HEADS)
    state = rule.init_state(BATCH, HEADS, KEY, VALUE)
    state = state._replace(values=a_state(jnp.float32).values)

    @compiled
    def slopes(state):
        def loss(state, face):
            more = (CHUNK,) if face == "chunkwise" else ()
            out, end = getattr(rule, face)(signals, state, *more)
            return jnp.sum(jnp.sin(3 * out)) + jnp.sum(jnp.sin(end.inverse))

        return [jax.grad(loss)(state, face).inverse for face in ("chunkwise", "parallel")]

    found, wanted = slopes(state)
    assert_close(found, wanted, "faces", 1e-4)
    assert_close(found, np.swapaxes(found, -1, -2), "symmetry", 1e-6)
    assert np.abs(wanted).max() > 0.1


@pytest.mark.slow
@pytest.mark.parametrize(
    "rule",
    [
        Mesa(2, 8, Regulariser(49.0, 50.0), signed=True),
        Mesa(2, 8, solver=Solver(40, 1e-6)),
        RecursiveMesa(2, 2.0, forgets=True),
    ],
    ids=["signed", "tolerance", "forgetting recursion"],
)
def test_three_faces_of_the_variants(rule):
    assert_faces_agree(HeadMixer(jax.random.key(0), HeadSizes(16, 2, 8, 8), rule), 16, n_time=11)


# --- what is refused


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Regulariser(0.0), ConfigError, "bound is 0.0; it must be above 0"),
        (lambda: Regulariser(-1.0, 1.0), ConfigError, "must be above 0"),
        (lambda: Regulariser(0.25, 0.25), ConfigError, "must begin above its bound 0.25"),
        (lambda: Solver(-1), ConfigError, "solver_steps=-1"),
        (lambda: Solver(1, 1.0), ConfigError, "solver_tolerance=1.0"),
        (lambda: Solver(1, -0.1), ConfigError, "solver_tolerance=-0.1"),
        (lambda: Solver(0, start="zero"), ConfigError, "always gives 0"),
        (lambda: Solver(1, start="diagnal"), UnknownNameError, "did you mean 'diagonal'"),
        (lambda: Mesa(1, 2, gate_bound=0.0), ConfigError, "gate_bound=0.0"),
        (lambda: RecursiveMesa(1, 0.0), ConfigError, "begins at 0.0; it must be above 0"),
        (lambda: RULE.chunkwise(drawn(0), RULE.init_state(BATCH, HEADS, KEY, VALUE), 0), ConfigError, "chunk=0"),
    ],
)
def test_bad_settings_are_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()
