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

DECODER = "decoder/"
"""What the names of a decoder's weights begin with."""


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
    """Cross-entropy of a model in nats, the mean over scored targets.

    Args:
        spec: the model.
        decoded: whether a decoder reads all answers from what the model has at the last token, and their positions.
    """

    spec: ModelSpec
    decoded: bool = False

    def __call__(self, weights: Weights, batch: Rows) -> tuple[Float[Array, ""], dict[str, Array]]:
        """The loss, and the number of scored targets as its weight."""
        logits = predicted(weights, batch, self.spec, self.decoded)
        return scoring.cross_entropy(logits, batch.tokens), {"weight": scoring.scored(batch.tokens).sum()}


@final
@dataclasses.dataclass(frozen=True)
class TokenExam:
    """The same loss with how often the largest logit is right, in all ("accuracy") and by position.

    "hits" and "losses" [time] are sums over rows, "counts" [time] is how many targets were scored there.

    Args:
        spec: the model.
        decoded: as in `TokenLoss`.
    """

    spec: ModelSpec
    decoded: bool = False

    def __call__(self, weights: Weights, batch: Rows) -> tuple[Float[Array, ""], dict[str, Array]]:
        """Loss and scores of given rows."""
        logits, tokens = predicted(weights, batch, self.spec, self.decoded), batch.tokens
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


@functools.partial(jax.jit, static_argnames=("spec", "n_decoded"))
def first(key: Array, *, spec: ModelSpec, n_decoded: int = 0) -> Weights:
    """The weights of a model before the first update, by name; with a decoder of `n_decoded` positions, if any."""
    if not n_decoded:
        return named(Model(key, spec))
    keys, n = jax.random.split(key, 4), spec.width
    return {
        **named(Model(keys[0], spec)),
        f"{DECODER}position": jax.random.normal(keys[1], (n_decoded, n)),
        f"{DECODER}up": jax.random.normal(keys[2], (n, 2 * n)) * n**-0.5,
        f"{DECODER}down": jax.random.normal(keys[3], (2 * n, n)) * (2 * n) ** -0.5,
    }


def of_model(weights: Weights) -> Weights:
    """The weights without those of a decoder."""
    return {name: array for name, array in weights.items() if not name.startswith(DECODER)}


def predicted(weights: Weights, batch: Rows, spec: ModelSpec, decoded: bool) -> Float[Array, "row time symbol"]:
    """The logits of every token; a decoder's have one hidden layer over the last token's stream and a position."""
    model = placed(skeleton(spec), of_model(weights))
    x, _ = model.stream(batch.tokens.inputs, reset=batch.reset)
    if decoded:
        last = x[:, -1:].astype(jnp.float32) + weights[f"{DECODER}position"]
        x = last + jax.nn.silu(last @ weights[f"{DECODER}up"]) @ weights[f"{DECODER}down"]
    return model.read(x).astype(jnp.float32)
