"""Models whose weights cost no compilation, and a run of a model of text without training, for tests."""

import dataclasses
import functools
from types import SimpleNamespace
from typing import Annotated

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from drawing import compiled

from primordia.core.config import Spec
from primordia.core.streams import Streams
from primordia.core.tools import Moment
from primordia.minds.models import generate as generating
from primordia.minds.models.model import skeleton
from primordia.minds.models.spec import ModelSpec
from primordia.minds.text.speaking import TextModel
from primordia.minds.text.tokens import Bytes

SPEC = ModelSpec(257, 257, pattern="scalar-gla", n_blocks=1, width=8, n_heads=1, chunk=4, expansion=1.0)


def filled(spec, seed=0, gain=1.0):
    """A model with weights drawn by NumPy: matrices of the usual size times `gain`, all else near 1 or -1."""
    rng = np.random.default_rng(seed)
    shapes = jax.tree_util.tree_leaves(skeleton(spec))
    drawn = [
        rng.choice((-1.0, 1.0), leaf.shape) + 0.1 * rng.normal(size=leaf.shape)
        if leaf.ndim < 2
        else gain * rng.normal(size=leaf.shape) * leaf.shape[0] ** -0.5
        for leaf in shapes
    ]
    return jax.tree.unflatten(jax.tree.structure(skeleton(spec)), [jnp.asarray(array, jnp.float32) for array in drawn])


@functools.lru_cache
def model():
    return filled(SPEC)


@functools.lru_cache
def ending_model():
    """A model that always ends the text: the stream is one vector, and only the last token's embedding points along."""
    embedding = jnp.zeros((257, 8)).at[:, 0].set(-4.0).at[Bytes.begin, 0].set(-12.0)
    return eqx.tree_at(lambda made: (made.embedding, made.norm.scale), model(), (embedding, jnp.ones(8)))


@dataclasses.dataclass(frozen=True)
class Config:
    """What a run must have."""

    seed: Annotated[int, Spec("seed", ge=0)] = 7


class Loud:
    """Stands in for an experiment that trains models of text."""

    name, version = "tests/loud", 1

    def __init__(self, ends=False):
        self.ends = ends

    def text_model(self, config, state):
        return TextModel(ending_model() if self.ends else model(), Bytes())


class Quiet:
    """Stands in for an experiment that trains something else."""

    name, version = "tests/quiet", 1


@pytest.fixture(autouse=True, scope="module")
def _writing_compiles_in_little_time():
    """For modules that import it: what `generate` compiles, compiled as the functions of tests are."""
    quick = compiled(generating._written.__wrapped__, static_argnames=("n_tokens", "sampling", "end"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generating, "_written", quick)
        yield


class FakeRuns(SimpleNamespace):
    """One run, and what was asked of it."""

    def __init__(self, experiment):
        super().__init__(experiment=experiment, asked=[])

    def moment(self, run, t=None):
        self.asked.append((run, t))
        return Moment(self.experiment, Config(), None, Streams(7), 12 if t is None else t, "a-run")
