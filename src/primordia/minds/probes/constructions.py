"""Weights written down, not learned: self-attention layers that do a known algorithm, from the papers' propositions.

Each function gives the two products W_K^T W_Q and P W_V of every head, [head, channel, channel]; use
`models.self_attention.of_products` to place them into a layer. Only these products matter to a linear layer.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class Products(NamedTuple):
    """What one layer's function depends on.

    Args:
        asking: W_K^T W_Q: the bilinear form of key token and query token.
        moving: P W_V: what a value token adds.
    """

    asking: Float[Array, "head channel channel"]
    moving: Float[Array, "head channel channel"]


def gradient_step(
    n_inputs: int,
    rate: float | Array,
    n_context: int,
    start: Float[Array, "output input"] | None = None,
    n_outputs: int = 1,
) -> Products:
    """One step of gradient descent on 1/(2N) sum_i ||W x_i - y_i||^2 from `start`: arXiv 2212.07677, proposition 1.

    Tokens are (x_i, y_i), the query (x, -W_0 x), with `start` 0 also (x, 0). After the layer the y of a token is
    y - (Delta W) x; so the prediction is minus the y of the query. Symbols: W_0 `start`, eta `rate`, N `n_context`.

    Args:
        n_inputs: channels of x.
        rate: the step size eta.
        n_context: pairs N in the context, without the query.
        start: the readout before the step; None: zero.
        n_outputs: channels of y, where there is no `start`.
    """
    return curved_step(n_inputs, rate, n_context, 0.0, start, n_outputs)


@functools.partial(jax.jit, static_argnames=("n_inputs", "n_context", "n_outputs"))
def curved_step(
    n_inputs: int,
    rate: float | Array,
    n_context: int,
    curvature: float | Array,
    start: Float[Array, "output input"] | None = None,
    n_outputs: int = 1,
) -> Products:
    """The step of `gradient_step`, in which also x becomes (I - gamma X X^T) x: GD++ of arXiv 2212.07677.

    X X^T is the sum over the context, not its mean; `curvature` is gamma.
    """
    w = jnp.zeros((n_outputs, n_inputs)) if start is None else jnp.asarray(start)
    n_outputs = w.shape[0]
    n = n_inputs + n_outputs
    asking = jnp.zeros((n, n), w.dtype).at[:n_inputs, :n_inputs].set(jnp.eye(n_inputs, dtype=w.dtype))
    value = jnp.zeros((n, n), w.dtype).at[:n_inputs, :n_inputs].set(jnp.eye(n_inputs, dtype=w.dtype))
    value = value.at[n_inputs:, :n_inputs].set(w).at[n_inputs:, n_inputs:].set(-jnp.eye(n_outputs, dtype=w.dtype))
    scale = jnp.concatenate(
        [jnp.full(n_inputs, -jnp.asarray(curvature, w.dtype)), jnp.full(n_outputs, rate / n_context, w.dtype)]
    )
    return Products(asking[None], (scale[:, None] * value)[None])


def copying(n_channels: int, n_positions: int, strength: float = 1.0) -> Products:
    """Every token receives the one after it: arXiv 2212.07677, proposition 3.

    Tokens are (content, room, position): two times `n_channels` and a one-hot code of `n_positions`. The content of
    token j + 1 is added to the room of token j. Exact for a linear layer with `strength` 1, and for a softmax as
    `strength` grows; the last token, which has none after it, gets nothing from the first and a mean from the second.
    """
    first, room = 2 * n_channels, slice(n_channels, 2 * n_channels)
    n = first + n_positions
    places = jnp.arange(n_positions - 1)
    asking = jnp.zeros((n, n)).at[first + places + 1, first + places].set(strength)
    moving = jnp.zeros((n, n)).at[room, :n_channels].set(jnp.eye(n_channels))
    return Products(asking[None], moving[None])


def autoregressive_step(
    n_state: int, rate: float | Array, start: Float[Array, "state state"] | None = None
) -> Products:
    """A step of gradient descent on a sequence's own past: arXiv 2309.05858, proposition 1; attention is causal.

    Tokens are (Phi_0 s_t, s_t, s_{t-1}), three times `n_state` channels. To the first part is added
    -eta grad L_t(Phi_0) s_t, with L_t(Phi) = 1/2 sum_{t' < t} ||s_{t'+1} - Phi s_{t'}||^2.
    Symbols: Phi_0 `start` (None: zero), eta `rate`.
    """
    n, identity = 3 * n_state, jnp.eye(n_state)
    first, now, before = (slice(part * n_state, (part + 1) * n_state) for part in range(3))
    moving = jnp.zeros((n, n)).at[first, now].set(rate * identity)
    if start is not None:
        moving = moving.at[first, before].set(-rate * jnp.asarray(start))
    asking = jnp.zeros((n, n)).at[before, now].set(identity)
    return Products(asking[None], moving[None])
