"""Associative recall against an adversary: of N items, one is asked for that the memory is likely to lack.

Source: arXiv 2408.10818 (the idea; sizes other than N = 20 are ours). A learner whose memory is smaller than N must
fail on some query if it is deterministic; one that also sees random numbers need not fail on any for sure.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from primordia.core.config import Spec
from primordia.minds.tasks.batch import Vectors
from primordia.minds.tasks.task import Task

PAPER = "arXiv 2408.10818"
LAWS = ("normal", "one-hot")


@final
@dataclasses.dataclass(frozen=True)
class AdversarialRecall(Task[Vectors]):
    """Tokens (key, value, asked, seed): N items with keys 0 … N - 1 in order, then one query whose value is asked for.

    Keys are one-hot, values are signs, `asked` is 1 at the query, whose value channels are 0. The seed is the same
    at all tokens; without channels for it a learner can only be deterministic.
    """

    n_items: Annotated[int, Spec("items shown", unit="items", ge=1, source=PAPER)] = 20
    n_bits: Annotated[int, Spec("signs of a value", ge=1, source="ours")] = 1
    n_seed: Annotated[int, Spec("channels of the random seed; 0: none", ge=0, source="ours")] = 0
    law: Annotated[str, Spec("law of the seed", choices=LAWS, source="ours")] = "normal"

    @property
    def n_channels(self) -> int:
        """Channels of a token."""
        return self.n_items + self.n_bits + 1 + self.n_seed

    @property
    def n_time(self) -> int:
        """Tokens of a sequence."""
        return self.n_items + 1

    def values(self, key: Array, n_batch: int) -> Float[Array, "batch item bit"]:
        """Random signs: what an adversary chooses from, together with the query."""
        return jax.random.rademacher(key, (n_batch, self.n_items, self.n_bits), jnp.float32)

    def seeds(self, key: Array, n_batch: int) -> Float[Array, "batch seed"]:
        """Random seeds."""
        if self.law == "normal" or not self.n_seed:
            return jax.random.normal(key, (n_batch, self.n_seed))
        return jax.nn.one_hot(jax.random.randint(key, (n_batch,), 0, self.n_seed), self.n_seed)

    def present(self, values: Float[Array, "item bit"], query: Int[Array, ""], seed: Float[Array, " seed"]) -> Vectors:
        """The sequence of one choice of values, query and seed; only the query is scored."""
        keys = jnp.concatenate([jnp.eye(self.n_items), jax.nn.one_hot(query, self.n_items)[None]])
        shown = jnp.concatenate([values, jnp.zeros((1, self.n_bits))])
        asked = jnp.zeros(self.n_time).at[-1].set(1)
        seeds = jnp.broadcast_to(seed, (self.n_time, self.n_seed))
        tokens = jnp.concatenate([keys, shown, asked[:, None], seeds], axis=1)
        return Vectors(tokens, jnp.broadcast_to(values[query], shown.shape), asked)

    def example(self, key: Array) -> Vectors:
        """One sequence with random values, query and seed."""
        key_values, key_query, key_seed = jax.random.split(key, 3)
        query = jax.random.randint(key_query, (), 0, self.n_items)
        return self.present(self.values(key_values, 1)[0], query, self.seeds(key_seed, 1)[0])

    def trials(self, values: Float[Array, "batch item bit"], seeds: Float[Array, "draw seed"]) -> Vectors:
        """Every query of every assignment with every seed; batch axes [input, draw], input = assignment x query."""
        queries = jnp.tile(jnp.arange(self.n_items), len(values))
        repeated = jnp.repeat(values, self.n_items, axis=0)
        over_seeds = jax.vmap(self.present, in_axes=(None, None, 0))
        return jax.vmap(over_seeds, in_axes=(0, 0, None))(repeated, queries, seeds)


def right(predictions: Float[Array, "*batch time bit"], batch: Vectors) -> Float[Array, "*batch"]:
    """1 where every sign at the query is right, else 0; a prediction of exactly 0 is wrong."""
    return (predictions[..., -1, :] * batch.targets[..., -1, :] > 0).all(axis=-1).astype(jnp.float32)


def worst_case(success: Float[Array, "input draw"]) -> Float[Array, ""]:
    """The smallest share of seeds that succeed, over inputs: what an adversary leaves who does not see the seed."""
    return jnp.min(jnp.mean(success, axis=1))


def majority_success(success: Float[Array, "input draw"], n_votes: int) -> Float[Array, " input"]:
    """For each input whether most of the first `n_votes` seeds are right, for values of one sign; a tie counts half."""
    share = jnp.mean(success[:, :n_votes], axis=1)
    return jnp.where(share == 0.5, 0.5, (share > 0.5).astype(jnp.float32))


def loss_quantile(losses: Float[Array, "input draw"], quantile: float = 0.95) -> Float[Array, ""]:
    """A quantile over inputs of the loss in the mean over seeds; the source shows the 95 % one."""
    return jnp.quantile(jnp.mean(losses, axis=1), quantile)


def q_norm_loss(losses: Float[Array, "input draw"], q: float) -> Float[Array, ""]:
    """(mean over inputs of (mean over seeds of the loss)^q)^(1/q): plain risk at q = 1, the worst input as q grows.

    Taken relative to the largest so that large powers neither overflow nor vanish; losses are not negative.
    """
    means = jnp.mean(losses, axis=1)
    largest = jax.lax.stop_gradient(jnp.maximum(jnp.max(means), jnp.finfo(means.dtype).tiny))
    return largest * jnp.mean((means / largest) ** q) ** (1 / q)
