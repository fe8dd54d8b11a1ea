"""Self-attention and nothing else, in few enough weights to be read: the models that in-context learning was found in.

Papers: arXiv 2212.07677 ("A"), arXiv 2309.05858 ("B"). A layer adds to token j

    sum_h P_h sum_i W_V,h e_i  s(e_i^T W_K,h^T W_Q,h e_j)

where s is the identity (linear self-attention) or a softmax over i. No bias, no norm, no division by the root of the
key size. In A the sum runs over the tokens of the context, all but the last `n_queries`; in B over the tokens up to j.
We differ in that the softmax is not scaled either, and that the heads' value size is the key size.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from primordia.core.errors import ConfigError
from primordia.minds.models.weights import Weights

Tokens: TypeAlias = Float[Array, "batch time channel"]
CUT = 0.87962566103423978
"""Standard deviation of a normal distribution of width one that is cut off at two."""


@dataclasses.dataclass(frozen=True)
class SelfAttention:
    """The settings of a model of self-attention layers; `begin` draws its weights and `run` applies it.

    Args:
        n_channels: channels of a token.
        n_layers: layers that are applied one after the other.
        tied: whether all of them have the weights of the first (a loop).
        n_heads: heads of a layer.
        d_key: channels of a query, key or value of a head; 0: those of a token.
        n_softmax: layers from the first on whose attention is a softmax; the others are linear.
        causal: whether a token sees itself and what came before it; otherwise the whole context.
        n_queries: last tokens that ask only: they are neither keys nor values, unless attention is causal.
        hidden: channels of the hidden layer (GELU) of an MLP after each layer; 0: no MLP.
        clip: tokens are cut off at this magnitude after every layer; 0: they are not.
        damping: what a layer adds is multiplied by this.
        variance: weights are drawn from a normal distribution cut off at two standard deviations, with this variance
            divided by the number of their inputs.
    """

    n_channels: int
    n_layers: int = 1
    tied: bool = False
    n_heads: int = 1
    d_key: int = 0
    n_softmax: int = 0
    causal: bool = False
    n_queries: int = 1
    hidden: int = 0
    clip: float = 0.0
    damping: float = 1.0
    variance: float = 0.002

    def __post_init__(self) -> None:
        for name, least in (("n_channels", 1), ("n_layers", 1), ("n_heads", 1), ("d_key", 0), ("n_queries", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name}={getattr(self, name)} is out of range: it must be at least {least}.")
        if self.tied and 0 < self.n_softmax < self.n_layers:
            raise ConfigError(
                f"n_softmax={self.n_softmax} of {self.n_layers} tied layers: layers that share weights are all softmax "
                f"or all linear; the nearest are 0 and {self.n_layers}."
            )

    @property
    def size(self) -> int:
        """Channels of a query, key or value of a head."""
        return self.d_key or self.n_channels

    @property
    def n_sets(self) -> int:
        """Layers with weights of their own."""
        return 1 if self.tied else self.n_layers


@functools.partial(jax.jit, static_argnames="model")
def begin(model: SelfAttention, key: PRNGKeyArray) -> Weights:
    """Weights by name: "layers/0/query", "key", "value" [head, size, channel], "out" [head, channel, size], and so on.

    A layer with an MLP also has "up" [hidden, channel] and "down" [channel, hidden].
    """
    heads, size, channels = model.n_heads, model.size, model.n_channels
    shapes = {name: ((heads, size, channels), channels) for name in ("query", "key", "value")}
    shapes["out"] = ((heads, channels, size), heads * size)
    if model.hidden:
        shapes["up"] = ((model.hidden, channels), channels)
        shapes["down"] = ((channels, model.hidden), model.hidden)
    weights = {}
    for layer, layer_key in enumerate(jax.random.split(key, model.n_sets)):
        for (name, (shape, n_inputs)), part in zip(
            shapes.items(), jax.random.split(layer_key, len(shapes)), strict=True
        ):
            width = (model.variance / n_inputs) ** 0.5 / CUT
            weights[f"layers/{layer}/{name}"] = width * jax.random.truncated_normal(part, -2.0, 2.0, shape)
    return weights


@functools.partial(jax.jit, static_argnames="model")
def run(model: SelfAttention, weights: Weights, tokens: Tokens) -> Tokens:
    """The tokens after the last layer."""
    for place in range(model.n_layers):
        tokens = layer(model, weights, tokens, place)
    return tokens


@functools.partial(jax.jit, static_argnames="model")
def states(model: SelfAttention, weights: Weights, tokens: Tokens) -> Float[Array, "layer batch time channel"]:
    """The tokens before the first layer and after each."""
    found = [tokens]
    for place in range(model.n_layers):
        found.append(layer(model, weights, found[-1], place))
    return jnp.stack(found)


@functools.partial(jax.jit, static_argnames=("model", "place"))
def layer(model: SelfAttention, weights: Weights, tokens: Tokens, place: int) -> Tokens:
    """The tokens after layer number `place`. Costs batch * time^2 * heads * size."""
    prefix = f"layers/{0 if model.tied else place}/"
    scores = attention(model, weights, tokens, place)
    values = jnp.einsum("hkc,bic->bihk", weights[prefix + "value"], tokens[:, : scores.shape[-1]])
    mixed = jnp.einsum("bhji,bihk->bjhk", scores, values)
    after = tokens + model.damping * jnp.einsum("hck,bjhk->bjc", weights[prefix + "out"], mixed)
    if model.hidden:
        inner = jax.nn.gelu(after @ weights[prefix + "up"].T)
        after = after + inner @ weights[prefix + "down"].T
    return jnp.clip(after, -model.clip, model.clip) if model.clip else after


def attention(
    model: SelfAttention, weights: Weights, tokens: Tokens, place: int
) -> Float[Array, "batch head query key"]:
    """How much each token takes of each token it may see; zero for those it may not."""
    prefix = f"layers/{0 if model.tied else place}/"
    n_time = tokens.shape[1]
    seen = tokens if model.causal else tokens[:, : n_time - model.n_queries]
    queries = jnp.einsum("hkc,bjc->bjhk", weights[prefix + "query"], tokens)
    keys = jnp.einsum("hkc,bic->bihk", weights[prefix + "key"], seen)
    scores = jnp.einsum("bjhk,bihk->bhji", queries, keys)
    allowed = jnp.tril(jnp.ones((n_time, n_time), bool)) if model.causal else jnp.ones(scores.shape[-2:], bool)
    if place < model.n_softmax:
        return jax.nn.softmax(jnp.where(allowed, scores, -jnp.inf), axis=-1)
    return jnp.where(allowed, scores, 0.0)


@functools.partial(jax.jit, static_argnames=("model", "place"))
def products(
    model: SelfAttention, weights: Weights, place: int = 0
) -> tuple[Float[Array, "head channel channel"], Float[Array, "head channel channel"]]:
    """The two products that a linear layer's function depends on: W_K^T W_Q and P W_V, for each head."""
    prefix = f"layers/{0 if model.tied else place}/"
    asking = jnp.einsum("hkc,hkd->hcd", weights[prefix + "key"], weights[prefix + "query"])
    moving = jnp.einsum("hck,hkd->hcd", weights[prefix + "out"], weights[prefix + "value"])
    return asking, moving


def of_products(
    asking: Float[Array, "head channel channel"], moving: Float[Array, "head channel channel"], place: int = 0
) -> Weights:
    """Weights of a layer, keys as wide as tokens, whose products are these: W_K and P are the identity."""
    identity = jnp.broadcast_to(jnp.eye(asking.shape[-1], dtype=asking.dtype), asking.shape)
    names = {"query": asking, "key": identity, "value": moving, "out": identity}
    return {f"layers/{place}/{name}": array for name, array in names.items()}
