"""The loss of in-context regression: how far the answer to a query is from the truth."""

from __future__ import annotations

import dataclasses
import functools
from typing import final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.minds.models import self_attention
from primordia.minds.models.self_attention import SelfAttention
from primordia.minds.models.weights import Weights
from primordia.minds.tasks.regression import Episode, Regression, interleaved, joint

Inputs = Float[Array, "batch pair input"]
Labels = Float[Array, "batch pair 1"]


@final
@dataclasses.dataclass(frozen=True)
class Answerer:
    """How a model of attention layers is asked.

    Its answer is minus what the layers add to the channel of y in the last token (arXiv 2212.07677, proposition 1: the
    layers move the targets, not the readout). Tokens are written as the format says; labels have one channel.

    Args:
        model: the layers.
        tokens: "joint" or "interleaved".
    """

    model: SelfAttention
    tokens: str = "joint"

    def __call__(self, weights: Weights, x: Inputs, y: Labels) -> Float[Array, " batch"]:
        """The answers to the queries, which are the last pairs; their labels are not looked at."""
        return self.read(shown := self.shown(x, y), self_attention.run(self.model, weights, shown))

    def shown(self, x: Inputs, y: Labels) -> self_attention.Tokens:
        """The tokens that the model gets."""
        return (joint if self.tokens == "joint" else interleaved)(x, y).inputs

    def read(self, before: self_attention.Tokens, after: self_attention.Tokens) -> Float[Array, " batch"]:
        """The answers, from the tokens as shown and as the layers left them."""
        # Interleaved tokens hold x in the first half and a code of the position in the second; y shares x's last one.
        channel = -1 if self.tokens == "joint" else before.shape[-1] // 2 - 1
        return before[:, -1, channel] - after[:, -1, channel]


@final
@dataclasses.dataclass(frozen=True)
class QueryLoss:
    """Half the mean squared error of the answers to fresh problems, or to those of a fixed set.

    Args:
        answerer: the model and how it is asked.
        task: where problems come from; its format of tokens is the answerer's.
        n_batch: problems of an update.
        n_problems: problems of the fixed set; 0: every problem is fresh.
        set_seed: what the fixed set is drawn with.
    """

    answerer: Answerer
    task: Regression
    n_batch: int
    n_problems: int = 0
    set_seed: int = 0

    def draw(self, key: Array) -> Episode:
        """The problems of an update."""
        if not self.n_problems:
            return self.task.episodes(key, self.n_batch)
        chosen = jax.random.randint(key, (self.n_batch,), 0, self.n_problems)
        set_key = jax.random.key(self.set_seed)
        return jax.vmap(lambda index: self.task.episode(jax.random.fold_in(set_key, index)))(chosen)

    def __call__(self, weights: Weights, batch: Episode) -> tuple[Float[Array, ""], dict[str, Array]]:
        """The loss of a batch, and no further scalars."""
        return half_square(self.answerer(weights, batch.x, batch.y), batch.y), {}


def half_square(answers: Float[Array, " batch"], y: Labels) -> Float[Array, ""]:
    """Half the mean squared distance of answers to the labels of the queries."""
    return 0.5 * jnp.mean((answers - y[:, -1, 0]) ** 2)


@functools.partial(jax.jit, static_argnames="answerer")
def answered(weights: Weights, problems: Episode, *, answerer: Answerer) -> Float[Array, ""]:
    """The loss on given problems."""
    return half_square(answerer(weights, problems.x, problems.y), problems.y)
