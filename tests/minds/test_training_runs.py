"""Runs that train: a loss that is not finite ends them as failed, with a sentence and a good checkpoint."""

import dataclasses
import json
from typing import Annotated

import pytest

from primordia.core.config import Spec
from primordia.core.experiment import KnownResult, Paper, Preset
from primordia.engine import checkpoints, launch
from primordia.engine.folder import RunFolder
from primordia.minds.experiments.training import METRICS, TrainingExperiment
from primordia.minds.training.diverged import DivergedError
from primordia.minds.training.recipe import Recipe
from primordia.minds.training.update import Learner


@dataclasses.dataclass(frozen=True)
class Edge:
    """A loss that falls along the weight and has no value once the weight is below zero."""

    def __call__(self, weights, batch):
        return weights["weight"] ** 1.5, {}


@dataclasses.dataclass(frozen=True)
class EdgeConfig:
    seed: Annotated[int, Spec("seed", "dimensionless", ge=0, le=9, source="ours")] = 0
    rate: Annotated[float, Spec("learning rate", ge=0.0, le=1.0, source="ours")] = 0.1


class OverTheEdge(TrainingExperiment[EdgeConfig]):
    """A weight walks down from 1 by its learning rate in every update (Adam's first steps have its size)."""

    name = "tests/edge"
    version = 1
    summary = "A weight that walks below zero."
    Config = EdgeConfig
    metrics = METRICS
    source = Paper("none", "none", 2026, "none", "ours")
    presets = {"small": Preset("Small.", {}, {"steps": 4, "every": 2})}  # noqa: RUF012

    def weights(self, config, streams):
        import jax.numpy as jnp

        return {"weight": jnp.ones(())}

    def loss(self, config):
        return Edge()

    def recipe(self, config):
        return Recipe(peak=config.rate, clip=0.0)

    def known_result(self, config):
        return KnownResult("One is one.", "arithmetic", 1, lambda: 1)


ADDRESS = f"{__name__}:OverTheEdge"


def test_a_run_that_diverges_fails_with_a_sentence_and_keeps_its_last_good_checkpoint(root):
    config, schedule = launch.resolve(OverTheEdge(), None, {}, {"steps": 60, "every": 2, "checkpoint_every": 4})
    with pytest.raises(DivergedError):
        launch.start(OverTheEdge(), config, schedule, root=root, address=ADDRESS)
    folder = RunFolder(next(root.glob("*/*/*")))
    record = folder.record()
    assert record["status"] == "failed"
    assert "the loss is nan and the first tensor that is not finite is the gradient of weight;" in record["reason"]
    diverged = int(record["reason"].split("in update ")[1].split(":")[0])
    assert 4 < max(checkpoints.steps(folder.checkpoints)) < diverged
    assert all(row["loss"] >= 0 for row in folder.metrics.read() if "loss" in row)

    with pytest.raises(DivergedError, match=f"in update {diverged}: the loss is nan"):
        launch.resume(folder)
    at = max(checkpoints.steps(folder.checkpoints))
    assert at < diverged
    done = launch.fork(folder, at, {"rate": 0.001}, {"steps": diverged + 4}, root=root)
    assert done.status == "finished"


@dataclasses.dataclass(frozen=True)
class Steep:
    """A loss whose gradients are finite, but not the sum of their squares in 32 bits."""

    def __call__(self, weights, batch):
        return weights["flat"] + 1e30 * weights["steep"], {}


def test_a_norm_that_overflows_names_the_largest_tensor():
    import jax.numpy as jnp

    from primordia.minds.training.course import course
    from primordia.minds.training.update import begin

    recipe = Recipe(peak=0.1, clip=0.0)
    learner = begin({"flat": jnp.ones(()), "steep": jnp.ones(())}, recipe)
    with pytest.raises(DivergedError, match="the largest of which is the gradient of steep; the checkpoints"):
        course(learner, lambda t: jnp.zeros(()), 0, 1, loss=Steep(), recipe=recipe, order=learner.weights.keys)


def test_an_update_leaves_its_learner_as_it_was():
    from primordia.core.streams import Streams

    experiment, config = OverTheEdge(), EdgeConfig()
    before = experiment.init(config, Streams(0))
    after, row = experiment.step(config, before, Streams(0), 0)
    assert isinstance(after, Learner)
    assert float(before.weights["weight"]) == 1
    assert float(after.weights["weight"]) == pytest.approx(0.9, abs=1e-3)
    assert json.loads(json.dumps(row)) == {"loss": 1.0, "gradient_norm": 1.5}
