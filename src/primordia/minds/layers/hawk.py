"""Hawk's layer: a vector of leaky sums whose leak depends on the token (the RG-LRU), between a convolution and a gate.

Symbols: r, i gates for the leak and the input; a what is kept; Lambda a learned number of each channel; c = 8.
    r_t = sigmoid(A x_t + b),    i_t = sigmoid(B x_t + b'),    a_t = sigmoid(Lambda)^(c r_t)
    h_t = a_t h_{t-1} + sqrt(1 - a_t^2) (i_t x_t), and h_t = i_t x_t where a document begins
Around it: x_t is a convolved linear map of the token, and the output is a linear map of h_t times the GeLU of another.

Source: De et al. 2024 (Griffin and Hawk, arXiv 2402.19427) and the authors' code (recurrentgemma): gates are linear
maps within blocks of channels, and sigmoid(Lambda) starts with its square uniform between 0.9^2 and 0.999^2. We differ:
blocks are as wide as a head, the recurrence as all heads together, and the three maps around it have no bias.
"""

from __future__ import annotations

from typing import NamedTuple, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from primordia.core.errors import ConfigError
from primordia.minds.layers.convolution import Past, ShortConvolution
from primordia.minds.layers.mixer import Mixer
from primordia.minds.layers.norms import wide

POWER = 8.0
"""The exponent c."""

SLOWEST, FASTEST = 0.999, 0.9
"""The range of sigmoid(Lambda) at its initialisation."""

SMALLEST = 1e-12
"""1 - a^2 counts as at least this: the square root has no gradient at 0."""


class HawkState(NamedTuple):
    """What the layer remembers.

    Args:
        past: inputs of the convolution.
        memory: the leaky sums, in 32 bits.
        begun: whether any token came before.
    """

    past: Past | None
    memory: Float[Array, "batch channel"]
    begun: Bool[Array, " batch"]


class _Move(NamedTuple):
    """h <- kept * h + added, of each token."""

    kept: Float[Array, "batch time channel"]
    added: Float[Array, "batch time channel"]


@final
class Hawk(Mixer):
    """The recurrent layer of Hawk. A sum of its own for each channel: no heads read each other's.

    Args:
        key: for the initial weights.
        width: channels of the residual stream.
        n_heads: blocks of the gates.
        d_key: channels of a block.
        convolution: width of the convolution; 0: none.
    """

    into: Float[Array, "width channel"]
    gate: Float[Array, "width channel"]
    convolution: ShortConvolution | None
    leak_gate: Float[Array, "head part part2"]
    leak_bias: Float[Array, "head part"]
    input_gate: Float[Array, "head part part2"]
    input_bias: Float[Array, "head part"]
    leak: Float[Array, " channel"]
    out: Float[Array, "channel width"]

    def __init__(self, key: Array, width: int, n_heads: int, d_key: int, convolution: int = 4) -> None:
        keys = jax.random.split(key, 7)
        n_channels = n_heads * d_key
        self.into = jax.random.normal(keys[0], (width, n_channels)) * width**-0.5
        self.gate = jax.random.normal(keys[1], (width, n_channels)) * width**-0.5
        self.convolution = ShortConvolution(keys[2], convolution, n_channels) if convolution else None
        self.leak_gate = jax.random.normal(keys[3], (n_heads, d_key, d_key)) * d_key**-0.5
        self.leak_bias = jnp.zeros((n_heads, d_key))
        self.input_gate = jax.random.normal(keys[4], (n_heads, d_key, d_key)) * d_key**-0.5
        self.input_bias = jnp.zeros((n_heads, d_key))
        kept = jnp.sqrt(jax.random.uniform(keys[5], (n_channels,), minval=FASTEST**2, maxval=SLOWEST**2))
        self.leak = jnp.log(kept) - jnp.log1p(-kept)
        self.out = jax.random.normal(keys[6], (n_channels, width)) * n_channels**-0.5

    def init_state(self, n_batch: int) -> HawkState:
        """Nothing came before."""
        past = self.convolution.init_state(n_batch) if self.convolution else None
        return HawkState(past, jnp.zeros((n_batch, self.leak.shape[0]), jnp.float32), jnp.zeros(n_batch, bool))

    def parallel(
        self, x: Array, state: HawkState, reset: Bool[Array, "batch time"] | None = None
    ) -> tuple[Array, HawkState]:
        """All tokens at once, as one scan of a tree's depth."""
        if not x.shape[1]:
            return x, state
        move, past = self._moves(x, state, reset)
        _, memory = jax.lax.associative_scan(_after, _beside(move, state.memory), axis=1)
        return self._written(memory[:, 1:], x), HawkState(past, memory[:, -1], jnp.ones_like(state.begun))

    def chunkwise(
        self, x: Array, state: HawkState, reset: Bool[Array, "batch time"] | None = None, *, chunk: int = 64
    ) -> tuple[Array, HawkState]:
        """All chunks side by side, token by token; then the state from chunk to chunk, and what it adds to each.

        Raises:
            ConfigError: `chunk` is not positive.
        """
        if chunk < 1:
            raise ConfigError(f"chunk={chunk} is out of range: it must be at least 1; the nearest is 1.")
        if not x.shape[1]:
            return x, state
        move, past = self._moves(x, state, reset)
        cut = _Move(_in_chunks(move.kept, chunk, 1.0), _in_chunks(move.added, chunk, 0.0))

        def token(before: _Move, one: _Move) -> tuple[_Move, _Move]:
            after = _Move(*_after(before, one))
            return after, after

        nothing = _Move(jnp.ones_like(cut.kept[0]), jnp.zeros_like(cut.added[0]))
        whole, within = jax.lax.scan(token, nothing, cut)

        def over(memory: Array, one: _Move) -> tuple[Array, Array]:
            return one.kept * memory + one.added, memory

        last, before = jax.lax.scan(over, state.memory, whole)
        memory = within.kept * before + within.added
        # [time in chunk, chunk, batch, channel] -> [batch, time, channel]
        flat = jnp.transpose(memory, (2, 1, 0, 3)).reshape(x.shape[0], -1, last.shape[-1])[:, : x.shape[1]]
        return self._written(flat, x), HawkState(past, last, jnp.ones_like(state.begun))

    def step(self, x: Array, state: HawkState, reset: Bool[Array, " batch"] | None = None) -> tuple[Array, HawkState]:
        """Leak, add, read."""
        x = x[:, None]
        move, past = self._moves(x, state, None if reset is None else reset[:, None])
        memory = move.kept[:, 0] * state.memory + move.added[:, 0]
        return self._written(memory[:, None], x)[:, 0], HawkState(past, memory, jnp.ones_like(state.begun))

    def probes(self, x: Array, state: HawkState, reset: Bool[Array, "batch time"] | None = None) -> dict[str, Array]:
        """What each channel of each head keeps from token to token."""
        kept = self._moves(x, state, reset)[0].kept
        return {"kept": jnp.moveaxis(kept.reshape(*x.shape[:2], self.leak_bias.shape[0], -1), 2, 1)}

    def _moves(
        self, x: Float[Array, "batch time width"], state: HawkState, reset: Bool[Array, "batch time"] | None
    ) -> tuple[_Move, Past | None]:
        """What each token does to the sums, in 32 bits or more."""
        entered, past = x @ self.into.astype(x.dtype), None
        if self.convolution is not None:
            assert state.past is not None
            entered, past = self.convolution(entered, state.past, reset)
        entered = wide(entered)
        r = jax.nn.sigmoid(_within_heads(entered, self.leak_gate, self.leak_bias))
        i = jax.nn.sigmoid(_within_heads(entered, self.input_gate, self.input_bias))
        log_kept = POWER * r * jax.nn.log_sigmoid(self.leak)
        scale = jnp.sqrt(jnp.maximum(-jnp.expm1(2 * log_kept), SMALLEST))
        begins = jnp.arange(x.shape[1]) == jnp.where(state.begun, -1, 0)[:, None]
        begins = (begins if reset is None else begins | reset)[..., None]
        kept = jnp.where(begins, 0, jnp.exp(log_kept))
        return _Move(kept, jnp.where(begins, 1, scale) * i * entered), past

    def _written(self, memory: Float[Array, "batch time channel"], x: Array) -> Array:
        """The sums, gated and back in the residual stream, in the type of `x`."""
        gate = jax.nn.gelu(x @ self.gate.astype(x.dtype))
        return (memory.astype(x.dtype) * gate) @ self.out.astype(x.dtype)


def _after(first: tuple[Array, Array], second: tuple[Array, Array]) -> tuple[Array, Array]:
    """Two moves as one."""
    return first[0] * second[0], second[0] * first[1] + second[1]


def _beside(move: _Move, memory: Float[Array, "batch channel"]) -> tuple[Array, Array]:
    """The moves behind one that sets the sums to `memory`."""
    begin = (jnp.zeros_like(memory)[:, None], memory[:, None])
    return jnp.concatenate([begin[0], move.kept], axis=1), jnp.concatenate([begin[1], move.added], axis=1)


def _in_chunks(moves: Float[Array, "batch time channel"], chunk: int, fill: float) -> Array:
    """Chunks side by side, axes [time in chunk, chunk, batch, channel]."""
    filled = jnp.pad(moves, ((0, 0), (0, -moves.shape[1] % chunk), (0, 0)), constant_values=fill)
    return jnp.transpose(filled.reshape(moves.shape[0], -1, chunk, moves.shape[2]), (2, 1, 0, 3))


def _within_heads(
    x: Float[Array, "batch time channel"], weight: Float[Array, "head part part2"], bias: Float[Array, "head part"]
) -> Float[Array, "batch time channel"]:
    """A linear map within each head's channels, in full precision on accelerators too."""
    heads = x.reshape(*x.shape[:2], *bias.shape)
    mapped = jnp.einsum("bthi,hij->bthj", heads, weight, precision=jax.lax.Precision.HIGHEST) + bias
    return mapped.reshape(x.shape)
