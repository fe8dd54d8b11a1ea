"""An attention layer trained in context, with weight decay on its four matrices (arXiv 2410.23819).

The task is ours, small enough for a laptop: tokens (x, y) with y = w.x and a new w ~ N(0, I) in each sequence, the last
token asks with y = 0. The inputs are not alike: the i-th has standard deviation `narrowing`^i, so that directions
differ in what they are worth, and a decay has something to give up first.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, NamedTuple, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from primordia.minds.models import self_attention
from primordia.minds.models.self_attention import SelfAttention
from primordia.minds.models.weights import Weights
from primordia.minds.training import update as updates
from primordia.minds.training.recipe import Recipe


@final
@dataclasses.dataclass(frozen=True)
class ContextLoss:
    """Half the mean squared error of the answer to the last token, for a batch drawn from a key.

    Args:
        n_inputs: channels of x.
        n_context: pairs that are shown.
        n_heads: heads of the layer.
        narrowing: ratio of the standard deviations of an input and the one before it.
        n_batch: sequences drawn.
    """

    n_inputs: int
    n_context: int
    n_heads: int
    narrowing: float
    n_batch: int

    @property
    def model(self) -> SelfAttention:
        """One layer of softmax attention; keys as wide as tokens, so that any rank is possible."""
        return SelfAttention(self.n_inputs + 1, n_heads=self.n_heads, n_softmax=1, variance=1.0)

    def __call__(self, weights: Weights, batch: PRNGKeyArray) -> tuple[Array, dict[str, Array]]:
        """The loss; no further scalars."""
        return _missed(self.model, weights, *drawn(self, batch)), {}


def drawn(loss: ContextLoss, key: PRNGKeyArray) -> tuple[Array, Array]:
    """Inputs [batch, pair, input] and their labels [batch, pair] by a new teacher in each sequence; the last asks."""
    of_teacher, of_inputs = jax.random.split(key)
    teacher = jax.random.normal(of_teacher, (loss.n_batch, loss.n_inputs))
    scales = loss.narrowing ** jnp.arange(loss.n_inputs)
    inputs = scales * jax.random.normal(of_inputs, (loss.n_batch, loss.n_context + 1, loss.n_inputs))
    return inputs, jnp.einsum("bti,bi->bt", inputs, teacher)


def losses_by_context(
    weights: Weights, sequences: tuple[Array, Array], counts: tuple[int, ...], *, loss: ContextLoss
) -> Float[np.ndarray, " count"]:
    """The loss on the same sequences, as `drawn`, after their first pairs only, for each number in `counts`.

    A softmax cannot be shown pairs that are not there, so each number is compiled for itself.
    """
    return np.array([_loss_after(weights, *sequences, count, loss=loss) for count in counts], np.float64)


@functools.partial(jax.jit, static_argnames=("count", "loss"))
def _loss_after(weights: Weights, inputs: Array, outputs: Array, count: int, *, loss: ContextLoss) -> Array:
    shown = (jnp.concatenate([one[:, :count], one[:, -1:]], axis=1) for one in (inputs, outputs))
    return _missed(loss.model, weights, *shown)


def _missed(model: SelfAttention, weights: Weights, inputs: Array, outputs: Array) -> Float[Array, ""]:
    """Half the mean squared error of the answers to the last tokens."""
    shown = outputs.at[:, -1].set(0.0)
    tokens = jnp.concatenate([inputs, shown[..., None]], axis=-1)
    answer = self_attention.run(model, weights, tokens)[:, -1, -1]
    return 0.5 * jnp.mean((answer - outputs[:, -1]) ** 2)


class Pair(NamedTuple):
    """Two factors of every head; what the layer does depends on left @ right.T alone. [head channel key]."""

    left: Array
    right: Array


def begin(loss: ContextLoss, recipe: Recipe, key: PRNGKeyArray) -> updates.Learner:
    """The learner before the first update."""
    return updates.begin(self_attention.begin(loss.model, key), recipe)


def pairs(weights: Weights) -> tuple[Pair, Pair]:
    """The factors of W_K^T W_Q and of P W_V."""
    layer = {name.rpartition("/")[2]: array for name, array in weights.items()}
    return (
        Pair(layer["key"].swapaxes(-1, -2), layer["query"].swapaxes(-1, -2)),
        Pair(layer["out"], layer["value"].swapaxes(-1, -2)),
    )


@functools.partial(jax.jit, static_argnames=("loss", "recipe"))
def update(
    learner: updates.Learner, key: Any, decay: Array | float, *, loss: ContextLoss, recipe: Recipe
) -> tuple[updates.Learner, Array, Array]:
    """The learner, its loss before, and whether all is finite: Adam, then decay of every matrix by peak * `decay`.

    That is AdamW's decoupled decay, here on the four matrices of attention and so on all weights there are.
    """
    moved, products = updates.update(learner, key, loss=loss, recipe=recipe)
    kept = 1 - recipe.peak * decay
    return (
        moved._replace(weights={name: kept * array for name, array in moved.weights.items()}),
        products["loss"],
        products["finite"],
    )
