"""The loss of a model of tokens, and how its predictions are scored."""

from __future__ import annotations

import dataclasses
import functools
from typing import NamedTuple, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from primordia.minds.models.model import Model, skeleton
from primordia.minds.models.spec import ModelSpec
from primordia.minds.models.weights import Weights, named, placed
from primordia.minds.tasks import batch as scoring
from primordia.minds.tasks.batch import Tokens
from primordia.minds.tasks.task import Task


class Rows(NamedTuple):
    """Sequences to learn from.

    Args:
        tokens: inputs and targets, [row, time].
        reset: whether a token begins a document; None: none does but the first.
    """

    tokens: Tokens
    reset: Bool[Array, "row time"] | None = None


@final
@dataclasses.dataclass(frozen=True)
class TokenLoss:
    """Cross-entropy of a model in nats, the mean over scored targets."""

    spec: ModelSpec

    def __call__(self, weights: Weights, batch: Rows) -> tuple[Float[Array, ""], dict[str, Array]]:
        """The loss, and the number of scored targets as its weight."""
        logits = predicted(weights, batch, self.spec)
        return scoring.cross_entropy(logits, batch.tokens), {"weight": scoring.scored(batch.tokens).sum()}


@final
@dataclasses.dataclass(frozen=True)
class TokenExam:
    """The same loss with how often the largest logit is right, in all ("accuracy") and by position.

    "hits" and "losses" [time] are sums over rows, "counts" [time] is how many targets were scored there.
    """

    spec: ModelSpec

    def __call__(self, weights: Weights, batch: Rows) -> tuple[Float[Array, ""], dict[str, Array]]:
        """Loss and scores of given rows."""
        logits, tokens = predicted(weights, batch, self.spec), batch.tokens
        return scoring.cross_entropy(logits, tokens), {
            "accuracy": scoring.accuracy(logits, tokens),
            "hits": scoring.token_hits(logits, tokens).sum(0),
            "losses": scoring.token_cross_entropies(logits, tokens).sum(0),
            "counts": scoring.scored(tokens).sum(0),
        }


@functools.partial(jax.jit, static_argnames=("task", "n_rows", "n_examples"))
def fresh(key: Array, examples: Array, *, task: Task[Tokens], n_rows: int, n_examples: int = 0) -> Rows:
    """Rows of a task.

    Args:
        key: what they are drawn with.
        examples: the key of a finite training set.
        task: what they are examples of.
        n_rows: how many.
        n_examples: size of the finite set, of which rows are drawn with replacement; 0: every row is new.
    """
    if not n_examples:
        return Rows(task.draw(key, n_rows))
    return Rows(task.draw_indexed(examples, jax.random.randint(key, (n_rows,), 0, n_examples)))


@functools.partial(jax.jit, static_argnames="spec")
def first(key: Array, *, spec: ModelSpec) -> Weights:
    """The weights of a model before the first update, by name."""
    return named(Model(key, spec))


def predicted(weights: Weights, batch: Rows, spec: ModelSpec) -> Float[Array, "row time symbol"]:
    """The logits of every token."""
    logits, _ = placed(skeleton(spec), weights)(batch.tokens.inputs, reset=batch.reset)
    return logits.astype(jnp.float32)
