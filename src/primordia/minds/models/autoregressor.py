"""Attention layers and nothing else that predict the next vector of a sequence (arXiv 2309.05858, "B").

A token is (guess, s_t, s_{t-1}), all of n channels, with a guess of 0: the constructed tokens of B, in which one layer
can do a step of gradient descent or a least-squares fit. Plain tokens have zeros in place of s_{t-1} and a code of the
position beside; a first layer must bring the earlier observation there. Every layer adds to the whole token, and the
guess after the last layer is the prediction of s_{t+1}.

Layers are those of `models.self_attention` (linear or softmax), or the mesa layer of B: for each head, with keys k_i,
values v_i and a query q of the token, it adds P Phi q with Phi = (sum_i v_i k_i^T) (sum_i k_i k_i^T + I/lambda)^{-1}.
We differ: B embeds plain tokens into 40 channels, gives positions to keys and queries of the first layer alone, and
normalises layers; here all can be read off as it stands.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from primordia.core.errors import ConfigError, UnknownNameError
from primordia.minds.layers.rule import Signals
from primordia.minds.layers.rules.recursive import RecursiveMesa
from primordia.minds.models import self_attention
from primordia.minds.models.self_attention import SelfAttention
from primordia.minds.models.weights import Weights
from primordia.minds.tasks.dynamics import constructed

Observed: TypeAlias = Float[Array, "batch time observed"]
Tokens: TypeAlias = Float[Array, "batch time channel"]
KINDS = ("linear", "softmax", "mesa")
LONGEST_WAVE = 10_000.0


@dataclasses.dataclass(frozen=True)
class Autoregressor:
    """The settings of a model.

    Args:
        n_observed: channels n of an observation.
        layers: the kind of each layer; softmax layers come first.
        n_position: channels of the position code of plain tokens (even); 0: tokens are constructed.
        n_heads: heads of a layer.
        d_key: channels of a query, key or value of a head.
        hidden: channels of the hidden layer (GELU) of an MLP after each layer; 0: no MLP.
        clip: tokens are cut off at this magnitude after every layer; 0: they are not.
        variance: of the first weights, times the number of their inputs.
        chunk: tokens of a chunk that the mesa layer keeps its states at the borders of.
    """

    n_observed: int
    layers: tuple[str, ...] = ("linear",)
    n_position: int = 0
    n_heads: int = 2
    d_key: int = 20
    hidden: int = 0
    clip: float = 0.0
    variance: float = 0.002
    chunk: int = 64

    def __post_init__(self) -> None:
        for kind in self.layers:
            if kind not in KINDS:
                raise UnknownNameError("kind of layer", kind, KINDS)
        if "softmax" in self.layers[self.n_softmax :]:
            raise ConfigError(
                f"The layers {', '.join(self.layers)} have a softmax after another kind; softmax layers come first."
            )
        if self.n_position % 2:
            raise ConfigError(f"n_position={self.n_position} is odd; the nearest even number is {self.n_position + 1}.")

    @property
    def n_softmax(self) -> int:
        """Softmax layers at the beginning."""
        return next((place for place, kind in enumerate(self.layers) if kind != "softmax"), len(self.layers))

    @property
    def attention(self) -> SelfAttention:
        """The model without what is special about mesa layers."""
        return SelfAttention(
            3 * self.n_observed + self.n_position,
            n_layers=len(self.layers),
            n_heads=self.n_heads,
            d_key=self.d_key,
            n_softmax=self.n_softmax,
            causal=True,
            hidden=self.hidden,
            clip=self.clip,
            variance=self.variance,
        )


def begin(model: Autoregressor, key: PRNGKeyArray) -> Weights:
    """Weights as of `self_attention.begin`; a mesa layer has "strength" [head] too, the logarithm of lambda, from 0."""
    weights = self_attention.begin(model.attention, key)
    for place, kind in enumerate(model.layers):
        if kind == "mesa":
            weights[f"layers/{place}/strength"] = jnp.zeros(model.n_heads)
    return weights


def tokens(model: Autoregressor, observed: Observed) -> Tokens:
    """What the first layer sees."""
    if not model.n_position:
        return constructed(observed)
    codes = jnp.broadcast_to(positions(observed.shape[1], model.n_position), (*observed.shape[:2], model.n_position))
    nothing = jnp.zeros_like(observed)
    return jnp.concatenate([nothing, observed, nothing, codes], axis=-1)


def positions(n_time: int, n_channels: int) -> Float[Array, "time channel"]:
    """Sines and cosines of the position, of wavelengths from 2 pi up (arXiv 1706.03762, section 3.5)."""
    waves = LONGEST_WAVE ** (-jnp.arange(n_channels // 2) / (n_channels // 2))
    angles = jnp.arange(n_time)[:, None] * waves
    return jnp.concatenate([jnp.sin(angles), jnp.cos(angles)], axis=1)


@functools.partial(jax.jit, static_argnums=0)
def states(model: Autoregressor, weights: Weights, observed: Observed) -> Float[Array, "layer batch time channel"]:
    """The tokens before the first layer and after each."""
    found = [tokens(model, observed)]
    for place, kind in enumerate(model.layers):
        if kind == "mesa":
            found.append(_mesa_layer(model, weights, found[-1], place))
        else:
            found.append(self_attention.layer(model.attention, weights, found[-1], place))
    return jnp.stack(found)


@functools.partial(jax.jit, static_argnums=0)
def predict(model: Autoregressor, weights: Weights, observed: Observed) -> Observed:
    """For every position the guess of the next observation, from what was observed up to there."""
    return states(model, weights, observed)[-1, ..., : model.n_observed]


def mesa_rule(model: Autoregressor, weights: Weights, place: int) -> RecursiveMesa:
    """The rule of mesa layer number `place`, with its strengths."""
    strength = weights[f"layers/{place}/strength"]
    return eqx.tree_at(lambda rule: rule.parameter, RecursiveMesa(model.n_heads), strength)


def _mesa_layer(model: Autoregressor, weights: Weights, before: Tokens, place: int) -> Tokens:
    prefix = f"layers/{place}/"
    query, key, value = (
        jnp.einsum("hkc,btc->bhtk", weights[prefix + name], before) for name in ("query", "key", "value")
    )
    rule = mesa_rule(model, weights, place)
    memory = rule.init_state(before.shape[0], model.n_heads, model.d_key, model.d_key)
    out, _ = rule.chunkwise(Signals(query, key, value), memory, model.chunk)
    after = before + jnp.einsum("hck,bhtk->btc", weights[prefix + "out"], out)
    if model.hidden:
        after = after + jax.nn.gelu(after @ weights[prefix + "up"].T) @ weights[prefix + "down"].T
    return jnp.clip(after, -model.clip, model.clip) if model.clip else after
