"""Training: the optimiser against NumPy, batches in parts and on devices, evaluation, and what happens to NaN."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_adam
from primordia.core.errors import ConfigError
from primordia.core.streams import Streams
from primordia.minds.training.course import course
from primordia.minds.training.diverged import DivergedError
from primordia.minds.training.evaluation import evaluate
from primordia.minds.training.recipe import Recipe
from primordia.minds.training.update import begin, learning_rate, update


@dataclasses.dataclass(frozen=True)
class Bowl:
    """Half the mean squared distance of x W + b from y; rows with weight 0 do not count."""

    def __call__(self, weights, batch):
        x, y, counts = batch
        error = x @ weights["matrix"] + weights["bias"] - y
        total = counts.sum()
        loss = 0.5 * ((error**2).sum(-1) * counts).sum() / jnp.maximum(total, 1)
        return loss, {"weight": total}


@dataclasses.dataclass(frozen=True)
class Drawn(Bowl):
    """The same, on a batch that is drawn from a key."""

    n: int = 8

    def draw(self, key):
        first, second, third = jax.random.split(key, 3)
        counts = jax.random.bernoulli(third, 0.7, (self.n,)).astype(jnp.float32)
        return jax.random.normal(first, (self.n, 3)), jax.random.normal(second, (self.n, 2)), counts


@dataclasses.dataclass(frozen=True)
class Broken(Bowl):
    """Its gradient is not finite from the row whose first number is 7 on: the root of zero has no slope."""

    def __call__(self, weights, batch):
        loss, products = super().__call__(weights, batch)
        nothing = 0.0 * weights["matrix"][0, 0]
        return loss + jnp.sqrt(jnp.where((batch[0][:, 0] == 7).any(), nothing, nothing + 1.0)), products


def start(seed=0):
    first, second = jax.random.split(jax.random.key(seed))
    return {"matrix": jax.random.normal(first, (3, 2)), "bias": jax.random.normal(second, (2,))}


def batch(seed=1, n=8):
    return Drawn(n=n).draw(jax.random.key(seed))


def plain_gradient(batch):
    x, y, counts = (np.asarray(part, np.float64) for part in batch)

    def gradient(weights):
        error = (x @ weights["matrix"] + weights["bias"] - y) * counts[:, None] / counts.sum()
        return {"matrix": x.T @ error, "bias": error.sum(0)}

    return gradient


def close(found, wanted, tolerance=1e-5):
    assert found.keys() == wanted.keys()
    for name in wanted:
        np.testing.assert_allclose(found[name], wanted[name], atol=tolerance, rtol=tolerance, err_msg=name)


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(peak=0.05, clip=0.0),
        Recipe(peak=0.1, warmup=4, start=0.01, clip=0.3, weight_decay=0.2, average=0.9),
        Recipe(peak=0.1, warmup=3, decay=9, floor=0.2, beta1=0.8, beta2=0.95, epsilon=1e-3),
        Recipe(peak=0.1, decay=6, floor=0.0),
    ],
)
def test_twelve_updates_are_those_of_a_plain_adam(recipe):
    rows = batch()
    learner = begin(start(), recipe)
    for _ in range(12):
        learner, _ = update(learner, rows, loss=Bowl(), recipe=recipe)
    weights, average = plain_adam.train(start(), plain_gradient(rows), 12, recipe, {"matrix"})
    close(learner.weights, weights)
    if recipe.average:
        close(learner.average, average)
    else:
        assert learner.average is None
    for t in range(12):
        wanted = plain_adam.rate(t, recipe.peak, recipe.warmup, recipe.decay, recipe.start, recipe.floor)
        assert learning_rate(recipe, t) == pytest.approx(wanted, rel=1e-5)


def test_weight_decay_leaves_embeddings_and_vectors_alone():
    weights = {"embedding": jnp.ones((2, 2)), "blocks/0/matrix": jnp.ones((2, 2)), "norm": jnp.ones(2)}
    recipe = Recipe(peak=0.1, weight_decay=0.5)

    learner, _ = update(begin(weights, recipe), jnp.zeros(1), loss=Nothing(), recipe=recipe)
    assert float(learner.weights["embedding"][0, 0]) == 1
    assert float(learner.weights["norm"][0]) == 1
    assert float(learner.weights["blocks/0/matrix"][0, 0]) == pytest.approx(0.95)


@dataclasses.dataclass(frozen=True)
class Nothing:
    """A loss without a slope."""

    def __call__(self, weights, batch):
        return sum(array.sum() for array in weights.values()) * 0.0, {}


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_a_batch_in_parts_gives_the_update_of_the_whole(seed):
    whole, rows = Recipe(peak=0.1), Drawn().draw(jax.random.key(seed))
    for drawn in (lambda: jax.random.key(seed), lambda: rows):
        wanted, said = update(begin(start(), whole), drawn(), loss=Drawn(), recipe=whole)
        for n in (2, 4):
            recipe = dataclasses.replace(whole, accumulate=n)
            found, saying = update(begin(start(), recipe), drawn(), loss=Drawn(), recipe=recipe)
            close(found.weights, wanted.weights)
            assert float(saying["loss"]) == pytest.approx(float(said["loss"]), rel=1e-5)
            assert "weight" not in saying


def test_a_loss_that_draws_by_itself_gets_a_key_for_each_part():
    @dataclasses.dataclass(frozen=True)
    class Uniform:
        def __call__(self, weights, key):
            return jax.random.uniform(key) + 0 * weights["bias"].sum(), {}

    recipe = Recipe(accumulate=4)
    _, said = update(begin(start(), recipe), jax.random.key(3), loss=Uniform(), recipe=recipe)
    wanted = np.mean([float(jax.random.uniform(one)) for one in jax.random.split(jax.random.key(3), 4)])
    assert float(said["loss"]) == pytest.approx(wanted, rel=1e-6)


def test_rows_that_do_not_divide_are_refused():
    recipe = Recipe(accumulate=3)
    with pytest.raises(ConfigError, match=r"accumulate=3 does not divide a batch of 8 rows .* nearest is 2"):
        update(begin(start(), recipe), batch(), loss=Bowl(), recipe=recipe)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"clip": -1.0}, "clip=-1 is out of range: it must be from 0"),
        ({"peak": float("nan")}, "peak=nan is out of range"),
        ({"accumulate": 0}, "accumulate=0 is out of range: it must be at least 1; the nearest is 1"),
        ({"average": 1.0}, "average=1 is out of range"),
        ({"warmup": 10, "decay": 10}, "decay=10 is over before warmup=10 is.* at least 11"),
    ],
)
def test_a_recipe_refuses_what_it_cannot_do(values, sentence):
    with pytest.raises(ConfigError, match=sentence):
        Recipe(**values)


def test_more_devices_than_there_are_are_refused():
    there = len(jax.devices())
    with pytest.raises(ConfigError, match=f"n_devices={there + 1} is more than there are: {there} .* nearest is"):
        begin(start(), Recipe(n_devices=there + 1))


TWO_DEVICES = """
import dataclasses, jax, numpy as np
from primordia.minds.training.recipe import Recipe
from primordia.minds.training.update import begin, update
from minds.test_training import Bowl, Drawn, batch, start
from primordia.minds.training.course import course
assert len(jax.devices()) == 2
drawing = Recipe(peak=0.1, accumulate=2, average=0.5)
for recipe, given, loss in ((Recipe(peak=0.1), batch, Bowl()), (drawing, jax.random.key, Drawn())):
    two = dataclasses.replace(recipe, n_devices=2)
    one, said = course(begin(start(), recipe), lambda t: given(5), 0, 20, loss=loss, recipe=recipe, order=dict)
    both, saying = course(begin(start(), two), lambda t: given(5), 0, 20, loss=loss, recipe=two, order=dict)
    assert abs(said["loss"] - saying["loss"]) < 1e-5, (said, saying)
    for name in one.weights:
        assert len(both.weights[name].sharding.device_set) == 2
        np.testing.assert_allclose(one.weights[name], both.weights[name], atol=1e-5)
print("equal")
"""


@pytest.mark.thorough
def test_two_devices_give_the_updates_of_one():
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=2"
    done = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
        env={**os.environ, "XLA_FLAGS": flags},
        timeout=120,
    )
    assert done.stdout.strip() == "equal", done.stderr[-2000:]


def hit(t, at):
    x, y, counts = batch(t)
    return (x.at[0, 0].set(7.0), y, counts) if t == at else (x, y, counts)


def run(loss, batch, t, n, learner=None, recipe: Any = None):
    recipe = recipe or Recipe(peak=0.01)
    learner = learner or begin(start(), recipe)
    return course(learner, batch, t, n, loss=loss, recipe=recipe, order=lambda: ["bias", "matrix"])


@pytest.mark.parametrize("chunk", [1, 3, 10])
def test_a_gradient_that_is_not_finite_stops_the_run_at_its_update(chunk):
    learner, t = None, 0
    while t + chunk <= 4:
        learner, _ = run(Broken(), lambda place: hit(place, 4), t, chunk, learner)
        t += chunk
    with pytest.raises(DivergedError) as caught:
        run(Broken(), lambda place: hit(place, 4), t, chunk, learner)
    assert caught.value.t == 4
    assert "in update 5: the first tensor that is not finite is the gradient of matrix;" in str(caught.value)
    assert "learning rate below 0.01" in str(caught.value)
    assert caught.value.exit_code == 1


def test_a_loss_that_is_not_finite_is_named():
    x, y, counts = batch()
    with pytest.raises(DivergedError, match=r"the loss is inf and the first tensor .* is the gradient of bias;"):
        run(Bowl(), lambda t: (x, y.at[0].set(jnp.inf), counts.at[0].set(1)), 0, 2)
    with pytest.raises(DivergedError, match="update 1: the loss is inf; the checkpoints"):
        run(Bowl(), lambda t: (x, y.at[0].set(1e25), counts.at[0].set(1)), 0, 2)


def test_a_loss_that_draws_from_a_key_is_named_too():
    learner = begin({**start(), "bias": jnp.array([0.0, jnp.nan])}, Recipe())
    with pytest.raises(DivergedError, match=r"update 3: the loss is nan and the first tensor .* weight bias"):
        run(Drawn(), lambda t: Streams(0).key("batch", t), 2, 2, learner, Recipe())


def test_a_weight_that_was_not_finite_before_is_named():
    recipe = Recipe()
    learner = begin({**start(), "bias": jnp.array([0.0, jnp.nan])}, recipe)
    with pytest.raises(DivergedError, match=r"the loss is nan and the first tensor .* weight bias"):
        run(Bowl(), lambda t: batch(), 0, 1, learner, recipe)


def test_chunks_give_the_bits_of_single_updates():
    one, _ = run(Bowl(), batch, 0, 6)
    other, _ = run(Bowl(), batch, 0, 4)
    other, _ = run(Bowl(), batch, 4, 2, other)
    for first, second in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        assert np.asarray(first).tobytes() == np.asarray(second).tobytes()


def test_evaluation_is_the_mean_over_its_batches_however_they_are_given():
    def keys():
        return [Streams(4).key("evaluation", place) for place in range(3)]

    rows = [Drawn().draw(key) for key in keys()]
    wanted = np.mean([float(Bowl()(start(), one)[0]) for one in rows])
    for batches in (keys(), rows):
        assert float(evaluate(start(), batches, loss=Drawn())["loss"]) == pytest.approx(wanted, rel=1e-5)
