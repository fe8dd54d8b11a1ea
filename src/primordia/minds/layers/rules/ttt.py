"""TTT-linear: the state is a small linear model that descends its own loss while it reads, in mini-batches.

Symbols: W the weights [value, key] and b the bias of the small model; LN a layer norm with learned scale and shift;
eta the learning rate of a token; m the tokens in a mini-batch; W' the weights where the token's mini-batch began.
    loss_t(W, b) = 1/2 |LN(W k_t + b) - (v_t - k_t)|^2
    W_t = W_{t-1} - eta_t dloss_t/dW (W'),    b likewise,    o_t = q_t + LN(W_t q_t + b_t)
With g_t the gradient of loss_t before the norm, dloss/dW = g_t k_t^T: within a mini-batch all g_t are known at once,
and W_t q_t = W' q_t - sum_s eta_s (k_s.q_t) g_s is a product of matrices (the dual form).

Source: Sun et al. 2024, arXiv 2407.04620, and the authors' code: learning rate sigmoid / d, m = 16, learned starting
weights and bias. We differ: queries and keys come from the layer around, of length 1 and without rotation; the rate has
no learned factor for the place within a mini-batch (1/place at their start); there is no gate on the output.
Ours also says what happens at the edges: a mini-batch may be cut by the end of a stretch and goes on in the next one,
and a document begins with a mini-batch of its own and the starting weights.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple, final

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from primordia.core.errors import ConfigError
from primordia.minds.layers import segments
from primordia.minds.layers.norms import EPSILON
from primordia.minds.layers.rule import Rule, Signals, by_time, part
from primordia.minds.layers.rules.products import by_columns, by_rows, product

BATCH = 16
"""Tokens in a mini-batch."""

START_SCALE = 0.02
"""Standard deviation of the starting weights at their initialisation."""


class Weights(NamedTuple):
    """Weights and bias of the small models."""

    matrix: Float[Array, "batch head value key"]
    bias: Float[Array, "batch head value"]


class Memory(NamedTuple):
    """What TTT remembers.

    Args:
        now: the weights after the last token.
        begin: the weights where the open mini-batch began, at which its gradients are taken.
        n_read: tokens in the open mini-batch; a full one is closed by the next token.
    """

    now: Weights
    begin: Weights
    n_read: Int[Array, "batch head"]


@final
class TTTLinear(Rule):
    """A linear model trained at test time. The value must have as many channels as the key.

    Args:
        key: for the starting weights.
        n_heads: heads.
        d_key: channels of keys and of values.
        batch: tokens in a mini-batch.

    Raises:
        ConfigError: `batch` is not positive.
    """

    start: Float[Array, "head value key"]
    start_bias: Float[Array, "head value"]
    scale: Float[Array, "head value"]
    shift: Float[Array, "head value"]
    batch: int = eqx.field(static=True)
    writes: ClassVar[bool] = True

    def __init__(self, key: Array, n_heads: int, d_key: int, batch: int = BATCH) -> None:
        if batch < 1:
            raise ConfigError(f"batch={batch} is out of range: it must be at least 1; the nearest is 1.")
        self.start = START_SCALE * jax.random.normal(key, (n_heads, d_key, d_key))
        self.start_bias = jnp.zeros((n_heads, d_key))
        self.scale = jnp.ones((n_heads, d_key))
        self.shift = jnp.zeros((n_heads, d_key))
        self.batch = batch

    def init_state(self, n_batch: int, n_heads: int, d_key: int, d_value: int) -> Memory:
        """The learned starting weights, and an empty mini-batch.

        Raises:
            ConfigError: heads or channels are not those of the weights.
        """
        if (n_heads, d_value, d_key) != self.start.shape:
            raise ConfigError(
                f"n_heads={n_heads}, d_value={d_value}, d_key={d_key} do not fit starting weights of shape "
                f"{self.start.shape}: heads and channels must be those, with as many of a value as of a key."
            )
        fresh = self._fresh(n_batch)
        return Memory(fresh, fresh, jnp.zeros((n_batch, n_heads), jnp.int32))

    def parallel(self, signals: Signals, state: Memory) -> tuple[Array, Memory]:
        """The definition, token by token with automatic gradients: mini-batches cannot be computed at once."""

        def loss(weights: Weights, one: Signals) -> Array:
            return 0.5 * jnp.sum((self._normed(_applied(weights, one.key)) - (one.value - one.key)) ** 2)

        def move(state: Memory, one: Signals) -> tuple[Memory, Array]:
            state = self._opened(state, one.reset)
            slopes = jax.grad(loss)(state.begin, one)
            rate = _rate(one)
            now = Weights(
                state.now.matrix - rate[..., None, None] * slopes.matrix, state.now.bias - rate[..., None] * slopes.bias
            )
            return Memory(now, state.begin, state.n_read + 1), one.query + self._normed(_applied(now, one.query))

        state, outputs = jax.lax.scan(move, state, by_time(_typed(signals, state)))
        return jnp.moveaxis(outputs, 0, 2), state

    def chunkwise(self, signals: Signals, state: Memory, chunk: int) -> tuple[Array, Memory]:
        """A scan over chunks no longer than a mini-batch, each in the dual form."""
        n_time, size = signals.key.shape[2], min(chunk, self.batch)
        n_whole = n_time - n_time % max(size, 1)
        found = []

        def move(state: Memory, one: Signals) -> tuple[Memory, Array]:
            outputs, state = self._chunk(one, state)
            return state, outputs

        cut = segments.chunks(part(signals, 0, n_whole), size)
        if n_whole > 0:
            state, outputs = jax.lax.scan(move, state, cut)
            found.append(segments.joined(outputs, n_whole))
        if n_whole < n_time:
            # Tokens that fill a chunk would count in the mini-batch; the rest is a shorter chunk instead.
            outputs, state = self._chunk(part(signals, n_whole, n_time), state)
            found.append(outputs)
        return jnp.concatenate(found, axis=2), state

    def step(self, signals: Signals, state: Memory) -> tuple[Array, Memory]:
        """Open a mini-batch where one is due, descend, read."""
        signals = _typed(signals, state)
        state = self._opened(state, signals.reset)
        slope = self._slope(_applied(state.begin, signals.key), signals)
        now = Weights(state.now.matrix - slope[..., :, None] * signals.key[..., None, :], state.now.bias - slope)
        out = signals.query + self._normed(_applied(now, signals.query))
        return out, Memory(now, state.begin, state.n_read + 1)

    def _opened(self, state: Memory, reset: Bool[Array, " batch"] | None) -> Memory:
        """The state with a mini-batch that has room for a token."""
        full = state.n_read >= self.batch
        begin, n_read = _chosen(full, state.now, state.begin), jnp.where(full, 0, state.n_read)
        if reset is None:
            return Memory(state.now, begin, n_read)
        fresh = self._fresh(full.shape[0])
        return Memory(
            _chosen(reset[:, None], fresh, state.now),
            _chosen(reset[:, None], fresh, begin),
            jnp.where(reset[:, None], 0, n_read),
        )

    def _chunk(self, signals: Signals, state: Memory) -> tuple[Array, Memory]:
        """The outputs of at most a mini-batch of tokens, and the state after them.

        The tokens of a row are in the mini-batch that the state left open, in the next one, or in one of a document
        that begins in this chunk: that has the starting weights, and cannot be full before the chunk ends.
        """
        signals = _typed(signals, state)
        n_time = signals.key.shape[2]
        sight = segments.sight(signals.reset, signals.key.shape[0], n_time)
        before, pairs = sight.before[:, None, :, None], sight.pairs[:, None]
        place = (state.n_read[..., None] + jnp.arange(n_time))[..., None]
        is_open, is_next = before & (place < self.batch), before & (place >= self.batch)

        slope = self._slope(_applied(state.begin, signals.key), signals)
        asked = _applied(state.now, signals.query)
        if signals.reset is not None:
            fresh = self._fresh(signals.key.shape[0])
            slope = jnp.where(before, slope, self._slope(_applied(fresh, signals.key), signals))
            asked = jnp.where(before, asked, _applied(fresh, signals.query))
        open_slope = jnp.where(is_open, slope, 0)
        # The next mini-batch begins where the open one ends. The 1 stands for the bias, a weight of an input 1.
        reached = _applied(state.now, signals.key) - product(by_rows(signals.key, signals.key) + 1, open_slope)
        slope = jnp.where(is_next, self._slope(reached, signals), slope)
        read = jnp.where(pairs, by_rows(signals.query, signals.key) + 1, 0)
        out = signals.query + self._normed(asked - product(read, slope))

        ended = _descended(state.now, open_slope, signals.key)
        n_read = place[:, :, -1, 0] + 1
        begin = _chosen(is_next[..., -1, 0], ended, state.begin)
        n_read = jnp.where(n_read > self.batch, n_read - self.batch, n_read)
        now = state.now
        if signals.reset is not None:
            through = sight.through[:, None]
            now, begin = _chosen(through, now, fresh), _chosen(through, begin, fresh)
            n_read = jnp.where(through, n_read, jnp.sum(sight.after, axis=-1)[:, None])
        now = _descended(now, jnp.where(sight.after[:, None, :, None], slope, 0), signals.key)
        return out, Memory(now, begin, n_read)

    def _fresh(self, n_batch: int) -> Weights:
        """The starting weights for every row."""
        return Weights(*(jnp.broadcast_to(w, (n_batch, *w.shape)) for w in (self.start, self.start_bias)))

    def _normed(self, x: Float[Array, "batch head *time value"]) -> Float[Array, "batch head *time value"]:
        """The layer norm."""
        return _centred(x)[0] * _over_time(self.scale, x) + _over_time(self.shift, x)

    def _slope(
        self, reached: Float[Array, "batch head *time value"], signals: Signals
    ) -> Float[Array, "batch head *time value"]:
        """Learning rate times gradient of the loss, where the small model's output before the norm is `reached`."""
        unit, inverse = _centred(reached)
        scale = _over_time(self.scale, reached)
        error = (unit * scale + _over_time(self.shift, reached) - (signals.value - signals.key)) * scale
        along = jnp.mean(error * unit, axis=-1, keepdims=True)
        slope = (error - jnp.mean(error, axis=-1, keepdims=True) - unit * along) * inverse
        return _rate(signals)[..., None] * slope


def _centred(x: Array) -> tuple[Array, Array]:
    """The last axis with mean 0 and variance 1, and the inverse of the deviation that it had."""
    off = x - jnp.mean(x, axis=-1, keepdims=True)
    inverse = jax.lax.rsqrt(jnp.mean(off**2, axis=-1, keepdims=True) + EPSILON)
    return off * inverse, inverse


def _rate(signals: Signals) -> Float[Array, "batch head *time"]:
    """The learning rate of each token."""
    assert signals.write is not None
    return signals.write / signals.key.shape[-1]


def _applied(weights: Weights, x: Float[Array, "batch head *time key"]) -> Float[Array, "batch head *time value"]:
    """What the small models make of `x`, before the norm."""
    return jnp.einsum("bh...k,bhvk->bh...v", x, weights.matrix) + _over_time(weights.bias, x)


def _descended(weights: Weights, slope: Float[Array, "batch head time value"], key: Array) -> Weights:
    """The weights after the steps of all tokens."""
    return Weights(weights.matrix - by_columns(slope, key), weights.bias - jnp.sum(slope, axis=2))


def _over_time(per_head: Float[Array, "*batch head value"], x: Float[Array, "batch head *time channel"]) -> Array:
    """What each head has, beside something with or without an axis of time."""
    return per_head if x.ndim == 3 else per_head[..., None, :]


def _chosen(where: Bool[Array, "batch #head"], one: Weights, other: Weights) -> Weights:
    return Weights(
        jnp.where(where[..., None, None], one.matrix, other.matrix), jnp.where(where[..., None], one.bias, other.bias)
    )


def _typed(signals: Signals, state: Memory) -> Signals:
    """The signals in the type of the state, for all but the resets."""
    dtype = state.now.matrix.dtype
    typed = (None if array is None else array.astype(dtype) for array in signals)
    return Signals(*typed)._replace(reset=signals.reset)
