"""A linear attention layer that stores fewer items than it is shown, with keys and queries that depend on a seed.

Every item i has a name and a value of +1 or -1. With seed r its key k_i(r) and the query q_i(r) of a question about it
are written by two small networks (one hidden layer, GELU) that see name and seed; the layer holds the memory
sum_i v_i k_i and answers the sign of q_j . memory when asked for item j. For a given seed that is a linear map of the
values, of rank at most the memory's size: the map A(r) [question, item] with A_ji = q_j . k_i.

The idea is that of arXiv 2408.10818; sizes, networks and the form of the seed are ours.
"""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from primordia.core.errors import ConfigError
from primordia.minds.models.weights import Weights


@dataclasses.dataclass(frozen=True)
class SeededRecall:
    """The settings of the layer.

    Args:
        n_items: items that are shown.
        n_memory: channels of a key: the numbers that the memory holds.
        n_seed: channels of the seed, each N(0, 1); 0: no seed, the layer is deterministic.
        n_hidden: hidden units of each network.
    """

    n_items: int
    n_memory: int
    n_seed: int
    n_hidden: int = 64

    def __post_init__(self) -> None:
        for name, least in (("n_items", 2), ("n_memory", 1), ("n_seed", 0), ("n_hidden", 1)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name}={getattr(self, name)} is out of range: it must be at least {least}.")


def begin(model: SeededRecall, key: PRNGKeyArray) -> Weights:
    """Normal weights, each with a variance of one over its inputs; a name is one input."""
    weights = {}
    for network, network_key in zip(("key", "query"), jax.random.split(key, 2), strict=True):
        of_name, of_seed, of_out = jax.random.split(network_key, 3)
        weights[f"{network}/name"] = jax.random.normal(of_name, (model.n_items, model.n_hidden))
        if model.n_seed:
            scale = model.n_seed**-0.5
            weights[f"{network}/seed"] = scale * jax.random.normal(of_seed, (model.n_seed, model.n_hidden))
        weights[f"{network}/bias"] = jnp.zeros(model.n_hidden)
        scale = model.n_hidden**-0.5
        weights[f"{network}/out"] = scale * jax.random.normal(of_out, (model.n_hidden, model.n_memory))
    return weights


def draw_seeds(model: SeededRecall, key: PRNGKeyArray, n_draws: int) -> Float[Array, "draw seed"]:
    """Seeds; without channels where the layer is deterministic."""
    return jax.random.normal(key, (n_draws, model.n_seed))


def maps(model: SeededRecall, weights: Weights, seeds: Float[Array, "draw seed"]) -> Float[Array, "draw question item"]:
    """What the layer does for each seed: the linear map from the values to the answers, before their sign."""
    keys, queries = (_written(model, weights, network, seeds) for network in ("key", "query"))
    return jnp.einsum("rjm,rim->rji", queries, keys)


def _written(
    model: SeededRecall, weights: Weights, network: str, seeds: Float[Array, "draw seed"]
) -> Float[Array, "draw item memory"]:
    inner = weights[f"{network}/name"] + weights[f"{network}/bias"]
    inner = jnp.broadcast_to(inner, (seeds.shape[0], *inner.shape))
    if model.n_seed:
        inner = inner + (seeds @ weights[f"{network}/seed"])[:, None]
    return jax.nn.gelu(inner) @ weights[f"{network}/out"]
