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
from jaxtyping import Array, PRNGKeyArray

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
        of_teacher, of_inputs = jax.random.split(batch)
        teacher = jax.random.normal(of_teacher, (self.n_batch, self.n_inputs))
        scales = self.narrowing ** jnp.arange(self.n_inputs)
        inputs = scales * jax.random.normal(of_inputs, (self.n_batch, self.n_context + 1, self.n_inputs))
        outputs = jnp.einsum("bti,bi->bt", inputs, teacher)
        shown = outputs.at[:, -1].set(0.0)
        tokens = jnp.concatenate([inputs, shown[..., None]], axis=-1)
        answer = self_attention.run(self.model, weights, tokens)[:, -1, -1]
        return 0.5 * jnp.mean((answer - outputs[:, -1]) ** 2), {}


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
