"""How much each token takes of the value of each earlier one, in every layer and head of an attention-only model."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.minds.layers.rule import Signals
from primordia.minds.models import autoregressor, self_attention
from primordia.minds.models.autoregressor import Autoregressor, Observed
from primordia.minds.models.weights import Weights


@functools.partial(jax.jit, static_argnames="model")
def reads(weights: Weights, observed: Observed, *, model: Autoregressor) -> Float[Array, "layer batch head token read"]:
    """The weights of values in what a head adds to a token; zero for tokens that come later.

    Of a mesa layer these are k_i^T (sum k k^T + I/lambda)^{-1} q: what it puts out where token i has the i-th unit
    vector for a value. Memory grows with the square of time.
    """
    before = autoregressor.states(model, weights, observed)
    found = []
    for place, kind in enumerate(model.layers):
        of = _solved if kind == "mesa" else _attended
        found.append(of(model, weights, before[place], place))
    return jnp.stack(found)


def _attended(model: Autoregressor, weights: Weights, tokens: autoregressor.Tokens, place: int) -> Array:
    return self_attention.attention(model.attention, weights, tokens, place)


def _solved(model: Autoregressor, weights: Weights, tokens: autoregressor.Tokens, place: int) -> Array:
    n_batch, n_time, _ = tokens.shape
    query, key = (jnp.einsum("hkc,btc->bhtk", weights[f"layers/{place}/{name}"], tokens) for name in ("query", "key"))
    units = jnp.broadcast_to(jnp.eye(n_time), (n_batch, model.n_heads, n_time, n_time))
    rule = autoregressor.mesa_rule(model, weights, place)
    memory = rule.init_state(n_batch, model.n_heads, model.d_key, n_time)
    return rule.chunkwise(Signals(query, key, units), memory, model.chunk)[0]
