"""A loss between the mean and the worst case over inputs, of an answer that depends on a seed (arXiv 2408.10818).

For inputs x, seeds r and a loss l(x, r):

    L_q = ( mean over x of ( mean over r of l(x, r) )^q )^(1/q)

With q = 1 it is the usual mean; with growing q it becomes the worst input's expected loss, and a learner gains from
answering every input now and then rather than some always and others never.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from primordia.core.errors import ConfigError
from primordia.minds.models import seeded_recall
from primordia.minds.models.seeded_recall import SeededRecall
from primordia.minds.models.weights import Weights

TINY = 1e-30
"""In place of a loss of 0, of which a root has no slope."""


class Questions(NamedTuple):
    """What the learner is shown and asked: the inputs x.

    Args:
        values: +1 or -1 for each item.
        asked: the item that is asked for.
    """

    values: Float[Array, "input item"]
    asked: Int[Array, " input"]


@final
@dataclasses.dataclass(frozen=True)
class WorstCase:
    """L_q of the cross-entropy of the answers, for inputs and seeds drawn from a key; all inputs share the seeds.

    Args:
        model: the layer.
        exponent: q, at least 1.
        n_draws: seeds that an expected loss is estimated with.
        n_inputs: inputs drawn.
    """

    model: SeededRecall
    exponent: float
    n_draws: int
    n_inputs: int

    def __post_init__(self) -> None:
        if not self.exponent >= 1:
            raise ConfigError(f"exponent={self.exponent} is out of range: it must be at least 1.")

    def __call__(self, weights: Weights, batch: PRNGKeyArray) -> tuple[Array, dict[str, Array]]:
        """The loss; no further scalars."""
        of_seeds, of_inputs = jax.random.split(batch)
        questions = draw_questions(of_inputs, self.model.n_items, self.n_inputs)
        seeds = seeded_recall.draw_seeds(self.model, of_seeds, self.n_draws)
        expected = jnp.mean(losses(margins(self.model, weights, questions, seeds)), axis=0)
        return power_mean(expected, self.exponent), {}


def draw_questions(key: PRNGKeyArray, n_items: int, n_inputs: int) -> Questions:
    """Fair values, and each item is asked for alike."""
    of_values, of_asked = jax.random.split(key)
    values = jax.random.rademacher(of_values, (n_inputs, n_items), dtype=jnp.float32)
    return Questions(values, jax.random.randint(of_asked, (n_inputs,), 0, n_items))


def margins(
    model: SeededRecall, weights: Weights, questions: Questions, seeds: Float[Array, "draw seed"]
) -> Float[Array, "draw input"]:
    """The answers times the right ones: an answer is right where this is above 0."""
    rows = seeded_recall.maps(model, weights, seeds)[:, questions.asked]
    right = jnp.take_along_axis(questions.values, questions.asked[:, None], axis=1)[:, 0]
    return jnp.einsum("rxi,xi->rx", rows, questions.values) * right


def losses(margin: Float[Array, "*draw input"]) -> Float[Array, "*draw input"]:
    """Cross-entropy in nats."""
    return jax.nn.softplus(-margin)


def power_mean(losses: Float[Array, " input"], exponent: float) -> Float[Array, ""]:
    """The root of the mean power, in shares of the largest, since a large power of a small loss would vanish."""
    largest = jnp.maximum(jax.lax.stop_gradient(jnp.max(losses)), TINY)
    return largest * jnp.maximum(jnp.mean((losses / largest) ** exponent), TINY) ** (1 / exponent)
