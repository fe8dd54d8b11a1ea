"""How a layer with a seed answers its inputs: one by one, by majority, and against an adversary (arXiv 2408.10818)."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from primordia.minds.models import seeded_recall
from primordia.minds.models.seeded_recall import SeededRecall
from primordia.minds.models.weights import Weights
from primordia.minds.training import worst_case

Maps = Float[np.ndarray[Any, Any], "draw question item"]


class Answers(NamedTuple):
    """What becomes of each input over many seeds.

    Args:
        right: whether the answer with each seed is right, 0 or 1.
        success: the share of seeds with the right answer.
        loss: the mean loss over seeds.
    """

    right: Float[Array, "draw input"]
    success: Float[Array, " input"]
    loss: Float[Array, " input"]


@functools.partial(jax.jit, static_argnames=("model", "n_inputs", "n_draws"))
def answers(weights: Weights, key: PRNGKeyArray, *, model: SeededRecall, n_inputs: int, n_draws: int) -> Answers:
    """Answers to fresh inputs with fresh seeds; a model without seed has one draw that matters."""
    of_inputs, of_seeds = jax.random.split(key)
    questions = worst_case.draw_questions(of_inputs, model.n_items, n_inputs)
    margin = worst_case.margins(model, weights, questions, seeded_recall.draw_seeds(model, of_seeds, n_draws))
    right = (margin > 0).astype(jnp.float32)
    return Answers(right, jnp.mean(right, axis=0), jnp.mean(worst_case.losses(margin), axis=0))


def majority(right: Float[np.ndarray[Any, Any], "draw input"], n_votes: int) -> float:
    """The share of inputs that most of `n_votes` (odd) seeds answer right; the mean over as many votes as there are."""
    n_polls = right.shape[0] // n_votes
    polls = np.asarray(right)[: n_polls * n_votes].reshape(n_polls, n_votes, -1)
    return float((polls.mean(1) > 0.5).mean())


@functools.partial(jax.jit, static_argnames=("model", "n_draws"))
def drawn_maps(
    weights: Weights, key: PRNGKeyArray, *, model: SeededRecall, n_draws: int
) -> Float[Array, "draw question item"]:
    """The maps of fresh seeds."""
    return seeded_recall.maps(model, weights, seeded_recall.draw_seeds(model, key, n_draws))


def attacked(known: Maps, fresh: Maps) -> Float[np.ndarray[Any, Any], " question"]:
    """The success that an adversary leaves to each question, who picks the values but does not see the seed.

    It starts from the values that pull hardest against the mean map and flips one value at a time for as long as the
    success falls. A value and its opposite are one case, since the maps are linear; so the value asked for is +1.

    Args:
        known: maps of seeds that the adversary learns from.
        fresh: maps of other seeds, on which the values it picked are judged.
    """
    left = []
    for question in range(known.shape[1]):
        rows = np.asarray(known[:, question], np.float64)
        values = np.where(rows.mean(0) > 0, -1.0, 1.0)
        values[question] = 1.0
        while True:
            margin = rows @ values
            flipped = ((margin[:, None] - 2 * rows * values) > 0).mean(0)
            flipped[question] = np.inf
            best = int(flipped.argmin())
            if flipped[best] >= (margin > 0).mean():
                break
            values[best] *= -1
        left.append(float((np.asarray(fresh[:, question], np.float64) @ values > 0).mean()))
    return np.array(left)


def safe(drawn: Maps) -> Float[np.ndarray[Any, Any], " question"]:
    """The share of seeds with which each question is answered right whatever the values are.

    For a given seed that is so just where the row of the map is diagonally dominant, with a diagonal above 0. No map
    of rank M has more than M such rows, so the mean over questions is at most M / N.
    """
    drawn = np.asarray(drawn, np.float64)
    own = np.einsum("rjj->rj", drawn)
    return np.asarray((own > np.abs(drawn).sum(-1) - np.abs(own)).mean(0))
